// A repository of thirty services: what an edit costs follows from what it can change, by content.
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ranIn, runPr, type Run } from "../pipeline/shop"

const count = 30
const names = Array.from({ length: count }, (_, i) => `s${String(i + 1).padStart(2, "0")}`)
const steps = ["lint", "test", "build"]
let root: string
const runs: Run[] = []

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}
const git = (...args: string[]) =>
  execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { stdio: "pipe" })
const source = (name: string, number: number): string =>
  `// Package main is the service ${name}.\npackage main\n\nfunc number() int { return ${number} }\n\nfunc main() { println(number()) }\n`

/** A service with a test that runs all of it. */
function service(name: string): void {
  write(`services/${name}/go.mod`, `module example.com/${name}\n\ngo 1.25\n`)
  write(`services/${name}/main.go`, source(name, 1))
  write(
    `services/${name}/main_test.go`,
    'package main\n\nimport "testing"\n\nfunc TestNumber(t *testing.T) {\n\tmain()\n\tif number() < 1 {\n\t\tt.Error("none")\n\t}\n}\n',
  )
  write(`services/${name}/README.md`, `The service ${name}.\n`)
}

async function pr(...args: string[]): Promise<Run> {
  const run = await runPr(root, ...args)
  runs.push(run)
  return run
}

/** The stages of services whose tools ran in that run. */
const ran = (run: Run): string[] => ranIn(run).filter((name) => /^s\d\d:/.test(name))

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "monorepo-"))
  for (const name of names) service(name)
  const inputs = (name: string) => (name === "s02" ? ", inputs: [services/s01]" : "")
  const lines = names.map((name) => `  ${name}: { path: services/${name}, kind: go${inputs(name)} }`)
  // s02 calls s01: its tests read s01's folder, as tests of a contract do.
  write("delivery.yaml", `services:\n${lines.join("\n")}\n`)
  write("README.md", `Thirty services, ${Date.now()}.\n`)
  git("init", "--quiet", "--initial-branch=develop")
  git("add", ".")
  git("commit", "--quiet", "--message=Thirty services")
  await pr()
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
  for (const run of runs) rmSync(run.reports, { recursive: true, force: true })
})

describe("thirty services", () => {
  it("are checked in one run, whose table fits a screen", () => {
    const [first] = runs
    expect(first!.table, first!.output.slice(-3000)).toMatch(/^GREEN/m)
    expect(Object.keys(first!.stages)).toHaveLength(1 + count * steps.length + 10)
    expect(first!.stages["sast:js"]).toMatchObject({
      status: "notApplicable",
      reason: "no service is of the kind node",
    })
    expect(first!.table.split("\n").length).toBeLessThanOrEqual(25)
  })
  it("run nothing when nothing has changed", async () => expect(ran(await pr())).toEqual([]))
  it("run nothing when the root's README or a service's has changed", async () => {
    write("README.md", `Thirty services and a sign, ${Date.now()}.\n`)
    write("services/s07/README.md", `The service s07, and why, ${Date.now()}.\n`)
    expect(ran(await pr())).toEqual([])
  })
  it("run the one that has changed, and no other", async () => {
    write("services/s09/main.go", source("s09", Date.now()))
    const run = await pr()
    expect(ran(run)).toEqual(steps.map((step) => `s09:${step}`))
    expect(run.stages["coverage:changed"]).toMatchObject({ status: "passed", value: 100 })
  })
  it("run a client with the service whose contract it reads", async () => {
    write("services/s01/main.go", source("s01", Date.now()))
    expect(ran(await pr()).sort()).toEqual(
      ["s01", "s02"].flatMap((name) => steps.map((step) => `${name}:${step}`)).sort(),
    )
  })
  it("run whatever is in the cache when all is asked for", async () =>
    expect(ran(await pr("--all", "--only=s03", `--attempt=${Date.now()}`)).sort()).toEqual(
      steps.map((step) => `s03:${step}`).sort(),
    ))
})
