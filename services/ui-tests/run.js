// Runs all tests against BASE_URL with the browser at SELENIUM_REMOTE_URL, one file after the other, and leaves the reports in
// OUT_DIR. The exit code is the verdict: 0 only when at least one test ran and none failed or was skipped.
import { createWriteStream, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { finished } from "node:stream/promises"
import { run } from "node:test"
import { junit, spec } from "node:test/reporters"
import { baseUrl, outDir, remoteUrl } from "./lib/settings.js"

/** How long to wait for the page and the browser to be there at all, in milliseconds. */
const patience = 10_000

/** A test that takes longer has failed, in milliseconds. */
const longest = 90_000

/** Asks `url` until `accept` takes its answer; throws with the last reason when patience is at an end. */
async function reachable(what, url, accept) {
  const end = Date.now() + patience
  for (;;) {
    let reason
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(Math.max(1, Math.min(3_000, end - Date.now()))) })
      if (await accept(answer)) return
      reason = `it answered ${answer.status} with something else`
    } catch (error) {
      reason = error.cause?.code ?? error.cause?.message ?? error.message
    }
    if (Date.now() + 500 > end) throw new Error(`${what} ${url} cannot be used: ${reason}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Takes away what an earlier run has left, and nothing else. */
function clear() {
  mkdirSync(outDir, { recursive: true })
  for (const name of readdirSync(outDir))
    if (/^(\d+-.*\.png|.*\.console\.txt|axe-.*\.json|junit\.xml)$/.test(name)) rmSync(join(outDir, name))
}

/** Leaves a JUnit file that says why no test could run, and ends. */
function giveUp(reason) {
  const text = reason.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`)
  writeFileSync(
    join(outDir, "junit.xml"),
    `<?xml version="1.0" encoding="utf-8"?>\n<testsuites><testsuite name="ui-tests" tests="1" failures="1"><testcase name="tests can run"><failure message="${text}"/></testcase></testsuite></testsuites>\n`,
  )
  console.error(`ui-tests: ${reason}`)
  process.exit(2)
}

clear()
try {
  await Promise.all([
    reachable("BASE_URL", `${baseUrl}/`, async (answer) => answer.ok && (await answer.text()).includes('id="app"')),
    reachable(
      "SELENIUM_REMOTE_URL",
      `${remoteUrl}/status`,
      async (answer) => answer.ok && (await answer.json()).value?.ready === true,
    ),
  ])
} catch (error) {
  giveUp(error.message)
}

// Names given as arguments choose files, for example: node run.js feedback
const folder = join(import.meta.dirname, "tests")
const files = readdirSync(folder)
  .filter(
    (name) =>
      name.endsWith(".test.js") &&
      (process.argv.length < 3 || process.argv.slice(2).some((part) => name.includes(part))),
  )
  .sort()
  .map((name) => join(folder, name))
if (files.length === 0) giveUp("no test file has that name, so no test ran")

const began = Date.now()
const counts = { passed: 0, failed: 0, skipped: 0 }
const events = run({ files, concurrency: false, timeout: longest })
events.on("test:pass", ({ name, details, skip, todo }) => {
  // A file without a test is reported as a test that passed, by the file's name.
  if (details.type !== "suite" && !name.endsWith(".test.js"))
    counts[skip !== undefined || todo !== undefined ? "skipped" : "passed"]++
})
events.on("test:fail", ({ details }) => {
  if (details.type !== "suite") counts.failed++
})
events.compose(new spec()).pipe(process.stdout)
const report = events.compose(junit).pipe(createWriteStream(join(outDir, "junit.xml")))
await finished(report)

const { passed, failed, skipped } = counts
const green = passed > 0 && failed === 0 && skipped === 0
console.log(
  `\n${green ? "GREEN" : "RED"}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${((Date.now() - began) / 1000).toFixed(1)} s; reports in ${outDir}`,
)
if (passed + failed + skipped === 0) giveUp("no test ran")
process.exit(green ? 0 : 1)
