// What runs inside the container, as a file: node /opt/check.mjs SETTINGS, with the settings as JSON.

/**
 * Asks each address every half second until it has answered well `times` times in a row, for at most `wait` seconds, each time over a new
 * connection, so that each replica may get its turn. Ends with 0 when all did, else with 1, and leaves what it saw in /report/health.json.
 */
export const checkScript = `import { writeFileSync } from "node:fs"

const { urls, version, times, wait } = JSON.parse(process.argv[2])
const end = Date.now() + 1000 * wait
// What a request may take, also one that begins just before the end: a shorter one would hide what is wrong.
const patience = 5000
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

async function ask(url) {
  try {
    const answer = await fetch(url, { redirect: "manual", headers: { connection: "close", accept: "application/json, */*" }, signal: AbortSignal.timeout(patience) })
    const body = await answer.text()
    return { status: answer.status, body: body.slice(0, 20000) }
  } catch (error) {
    return { trouble: error.name === "TimeoutError" ? "no answer within " + patience / 1000 + " s" : error.cause?.code || error.cause?.message || error.message }
  }
}

function shaOf(body) {
  try {
    const { sha } = JSON.parse(body) ?? {}
    return typeof sha === "string" ? sha : undefined
  } catch {
    return undefined
  }
}

/** What is wrong with an answer; nothing when it is as it has to be. */
function fault(url, { status, body, trouble }) {
  if (trouble) return "cannot be reached: " + trouble
  if (status !== 200) return "answers " + status + ", expected 200"
  if (version === "") return undefined
  const sha = shaOf(body)
  if (sha === undefined) return /\\/version(\\.json)?$/.test(new URL(url).pathname) ? "tells no version, expected " + version : undefined
  return sha === version ? undefined : "serves version " + sha + ", expected " + version
}

async function watch({ name, url }) {
  const started = Date.now()
  const seen = { name, url, healthy: false, asked: 0, seconds: 0, fault: "" }
  for (let row = 0; ; await pause(500)) {
    const answer = await ask(url)
    seen.asked++
    const wrong = fault(url, answer)
    if (answer.body !== undefined) seen.sha = shaOf(answer.body)
    if (wrong !== undefined && wrong !== seen.fault) console.log(name + ": " + wrong)
    row = wrong === undefined ? row + 1 : 0
    seen.fault = wrong ?? ""
    if (row >= times) {
      seen.healthy = true
      break
    }
    if (Date.now() >= end) {
      seen.fault ||= "answers well " + row + " times in a row, expected " + times
      break
    }
  }
  seen.seconds = (Date.now() - started) / 1000
  console.log(name + ": " + (seen.healthy ? "healthy after " + seen.seconds + " s" : seen.fault + " (tried for " + wait + " s)"))
  return seen
}

const all = await Promise.all(urls.map(watch))
writeFileSync("/report/health.json", JSON.stringify(all, null, 1) + "\\n")
process.exit(all.every(({ healthy }) => healthy) ? 0 : 1)
`

/**
 * Asks an address again and again, over a new connection each time, and answers at a port of its own with what came: the number of requests and runs of answers of
 * one kind, in the order of asking. An answer is good when it is below 500 and came within the time.
 */
export const probeScript = `import { createServer } from "node:http"

const { url, every, timeout, port } = JSON.parse(process.argv[2])
const answers = []

async function ask() {
  const asked = Date.now() / 1000
  const at = answers.push(undefined) - 1
  let good = false
  let last
  try {
    const answer = await fetch(url, { redirect: "manual", headers: { connection: "close", "cache-control": "no-cache" }, signal: AbortSignal.timeout(timeout) })
    await answer.arrayBuffer()
    good = answer.status < 500
    last = "answers " + answer.status
  } catch (error) {
    last = error.name === "TimeoutError" ? "no answer within " + timeout / 1000 + " s" : error.cause?.code || error.cause?.message || error.message
  }
  answers[at] = { good, asked, last }
}

function log() {
  const ended = answers.filter((answer) => answer)
  const runs = []
  for (const { good, asked, last } of ended) {
    const run = runs.at(-1)
    if (run?.good === good) Object.assign(run, { to: asked, count: run.count + 1, last })
    else runs.push({ good, from: asked, to: asked, count: 1, last })
  }
  return { asked: ended.length, runs }
}

setInterval(ask, every)
createServer((request, answer) => answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(log()))).listen(port)
`
