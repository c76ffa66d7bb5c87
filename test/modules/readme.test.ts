// Runs the calls of the modules' READMEs as they stand there, so that a README cannot go stale. They run as another team would
// run them: from a repository outside this tree that has files to work on and none of our modules.
import { execFileSync } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagger } from "../sdk/dagger"
import { moduleNames } from "../../engine/src/sync.js"
import { notePart, unchangedPart } from "../../engine/src/unchanged.js"
import { serveFolder, type Served } from "../lib/serve"
import { bringUp, type Up } from "../lib/up"

const repository = join(import.meta.dirname, "../..")

// A module whose calls were all green with the same README, code and files need not be called again (docs/decisions/0029).
const file = "test/modules/readme.test.ts"
const inputsOf = (module: string): string[] => [
  `modules/${module}`,
  // Its calls need images in a registry.
  ...(module === "cosign" ? ["modules/registry"] : []),
  "charts",
  "services",
  "terraform",
  "test/fixtures",
  "test/standins",
  "LICENSE",
  "delivery.yaml",
]
const modules = moduleNames().filter((module) => {
  const green =
    process.env.DELIVERY_TEST === "all" ? undefined : unchangedPart({ file, name: module, inputs: inputsOf(module) })
  if (green)
    console.log(
      "unchanged since it was green, not run again (DELIVERY_TEST=all runs it): " +
        `the README of ${module}, ${green.tests} tests, ${green.at.slice(0, 16).replace("T", " ")}`,
    )
  return !green
})

/** The calls of a README's sh blocks, each with what its output has to hold. A line that ends with a backslash continues. */
function callsIn(readme: string): { call: string; prints: string }[] {
  const lines = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap((block) =>
    block[1]!.replace(/\\\n\s*/g, "").split("\n"),
  )
  return lines.flatMap((call, i) =>
    call.startsWith("dagger ") ? [{ call, prints: /^# prints (.+)$/.exec(lines[i + 1] ?? "")?.[1] ?? "" }] : [],
  )
}

/** Splits a command line in which whole words stand in double quotes, and nothing else is special. The module is named by where it is. */
function words(call: string): string[] {
  if (/['\\$`]/.test(call)) throw new Error(`this test does not know such quotes: ${call}`)
  const all = call.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""))
  return all.slice(1).map((word, i, rest) => (rest[i - 1] === "-m" ? join(repository, word) : word))
}

/** A repository of another team's: with what the calls work on, and a history, without our modules. */
function elsewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), "another-team-"))
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      stdio: "pipe",
    })
  const kept = (from: string) => !/\/(node_modules|sdk|dist|coverage|\.git)$/.test(from)
  for (const name of ["charts", "services", "terraform", "test/fixtures", "test/standins", "LICENSE", "delivery.yaml"])
    cpSync(join(repository, name), join(folder, name), { recursive: true, filter: kept })
  writeFileSync(join(folder, "cosign.pub"), pair.publicKey)
  writeFileSync(join(folder, "other.pub"), keyPair().publicKey)
  writeFileSync(join(folder, "verdict.json"), '{ "step": "stage", "passed": true }\n')
  git("init", "--quiet", "--initial-branch=main")
  git("add", ".")
  git("commit", "--quiet", "--message=What we make")
  return folder
}

/** A new key pair, in PEM. */
function keyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  })
}
const pair = keyPair()

/** What the READMEs' calls take from the environment: they go to stand-ins, and none of these opens anything real. */
const env = {
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  SLACK_TOKEN: "xoxb-good",
  FORGE_TOKEN: "forge-good",
  NPMRC: "fund=false\n",
  COSIGN_KEY: pair.privateKey,
}

// What is tested live in those calls.
let page: Served
const cwd = elsewhere()
beforeAll(async () => void (page = await serveFolder(join(repository, "test/fixtures/page"), 8099)))
afterAll(() => {
  page.close()
  rmSync(cwd, { recursive: true })
})

// A file without a test is an error.
if (modules.length === 0)
  it("every module's README is as it was when its calls were green", () => expect(modules).toEqual([]))

describe.concurrent.each(modules)("the README of %s", (module) => {
  const readme = readFileSync(join(repository, "modules", module, "README.md"), "utf8")
  const all = callsIn(readme)
  // The calls of a README that says so need each other; all others run side by side.
  const inOrder = /one after\s+another/.test(readme)
  // Services that the other calls want: up as long as those run.
  const services = all.filter(({ call }) => / up --ports \d/.test(call))
  const calls = all.filter((one) => !services.includes(one))
  let up: Up[] = []
  beforeAll(
    async () => void (up = await Promise.all(services.map(({ call }) => bringUp(["--silent", ...words(call)], cwd)))),
  )
  afterAll(async ({}, suite) => {
    await Promise.all(up.map(({ stop }) => stop()))
    const states = suite.tasks.map((task) => task.result?.state)
    if (states.length > 0 && states.every((state) => state === "pass"))
      notePart({ file, name: module, inputs: inputsOf(module) }, states.length)
  })

  it("calls every function of the module, and says of each call what it prints", async () => {
    expect(calls.filter(({ prints }) => prints === "")).toEqual([])
    const listed = await dagger(["-m", join(repository, "modules", module), "functions", "--silent"], { cwd })
    const functions = listed.stdout
      .split("\n")
      .slice(1)
      .map((l) => l.split(/\s+/)[0]!)
      .filter((name) => name !== "")
    expect(functions.length).toBeGreaterThan(1)
    // In a chain every function counts: `call with-login --username ci … push …`.
    const called = new Set(all.flatMap(({ call }) => call.replace(/^.*? call /, "").split(" ")))
    expect(functions.filter((name) => !called.has(name))).toEqual([])
  })

  // Long enough for caches that are empty: v0.19.10's engine may end when a call is broken off (docs/decisions/0033).
  const run = inOrder ? it.sequential : it
  run.each(calls)("$call", async ({ call, prints }) => {
    const { code, stdout, stderr } = await dagger(["--silent", ...words(call)], { cwd, env, seconds: 570 })
    expect(stderr.slice(-2000) + stdout).toContain(prints)
    expect(code).toBe(0)
  })
})
