// gates.scope: new, on a repository with an old finding of each kind: no change is green, and a seeded fault of each kind is red
// for that alone.
// inputs: ci modules dagger.json test/pipeline/shop.ts test/fixtures/vulndb
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository, runPr, type Run } from "./shop"

/** Tokens that were never ones: put together here, so that no committed file looks like it holds a secret. */
const token = (end: string): string => ["ghp", "_", "x7Kq2VbN9mRt4LwZ8cYp3Hs6Dj1FgAe0", end].join("")

const root = mkdtempSync(join(tmpdir(), "scope-"))
const runs: Run[] = []

function write(file: string, content: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), content)
}

function git(...args: string[]): string {
  const user = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
  return execFileSync("git", [...user, ...args], { cwd: root, encoding: "utf8" })
}

function commit(message: string): void {
  git("add", "--all")
  git("commit", "--quiet", "-m", message)
}

async function pr(): Promise<Run> {
  const run = await runPr(root, "--only=secrets,lint,sast,dependencies")
  runs.push(run)
  return run
}

/** A Go file with a finding of each linter: gofmt does not like it, vet finds the format, gosec the hash. */
const goFile = (name: string): string => `package main

import (
	"crypto/md5"
	"fmt"
)

func ${name}(text string) string {
  fmt.Printf("%d\\n", text)
	sum := md5.Sum([]byte(text))
	return string(sum[:])
}
`

const evaluated = "export function run(text) {\n  return eval(text)\n}\n"
const gates = `gates:
  scope: new
  dependencies: { database: { go: vulndb, npm: "http://127.0.0.1:9" }, licences: { deny: [MIT] } }
`
const lockfile = (...packages: [string, string][]): string =>
  JSON.stringify({
    name: "web",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name: "web", dependencies: Object.fromEntries(packages) },
      ...Object.fromEntries(
        packages.map(([name, version]) => [`node_modules/${name}`, { version, license: "MIT" }] as const),
      ),
    },
  })
const manifest = (...packages: [string, string][]): string =>
  JSON.stringify({ name: "web", private: true, dependencies: Object.fromEntries(packages) })

beforeAll(() => {
  git("init", "--quiet", "--initial-branch=develop")
  write("delivery.yaml", `services:\n  api: { path: api, kind: go }\n  web: { path: web, kind: node }\n${gates}`)
  write("api/go.mod", "module example.com/api\n\ngo 1.25\n")
  write("api/main.go", `package main\n\nfunc main() { println(old("a")) }\n`)
  write("api/old.go", goFile("old"))
  write("web/package.json", manifest(["ms", "2.1.3"]))
  write("web/package-lock.json", lockfile(["ms", "2.1.3"]))
  write("web/src/old.js", evaluated)
  write("menu.yaml", "dish: soup\nprice: 450\nprice: 540\n")
  write("network/old.tf", 'terraform {\n    required_version = ">= 1.11"\n}\n')
  write("charts/a/Chart.yaml", "apiVersion: v2\nname: a\n")
  write("notes.txt", `token = "${token("UiOk")}"\n`)
  cpSync(join(repository, "test/fixtures/vulndb"), join(root, "vulndb"), { recursive: true })
  commit("Everything that was there before")
  git("checkout", "--quiet", "-b", "feature/x")
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
  for (const run of runs) rmSync(run.reports, { recursive: true, force: true })
})

const withFindings = [
  "secrets",
  "api:lint",
  "lint:yaml",
  "lint:helm",
  "lint:terraform",
  "sast:go",
  "sast:js",
  "dependencies",
]

describe("with gates.scope: new", () => {
  it("old findings of each kind hold nobody: they are told as known, and marked", async () => {
    write("README.md", "A shop.\n")
    commit("Add a readme")
    const run = await pr()
    expect(run.table, run.output.slice(-3000)).toMatch(/^GREEN/m)
    for (const name of withFindings) {
      const { status, reason } = run.stages[name]!
      expect([status, reason], name).toEqual([
        expect.stringMatching(/^(passed|inconclusive)$/),
        expect.stringMatching(/^(\d+ known findings?.*, 0 new|vulnerabilities are not known)/),
      ])
    }
    expect(run.stages["sast:go"]!.reason).toMatch(/^\d+ known findings? \(\d+ at develop\), 0 new$/)
    const log = JSON.parse(readFileSync(join(run.reports, "findings.sarif"), "utf8")) as {
      runs: { results: { baselineState?: string }[] }[]
    }
    const states = log.runs.flatMap(({ results }) => results.map(({ baselineState }) => baselineState))
    expect([...new Set(states)]).toEqual(["unchanged"])
    expect(states.length).toBeGreaterThanOrEqual(withFindings.length)
  })

  it("a new finding of each kind holds, and is the only one that does", async () => {
    write("api/fresh.go", goFile("fresh"))
    write("api/main.go", `package main\n\nfunc main() { println(old("a"), fresh("b")) }\n`)
    write("web/package.json", manifest(["ms", "2.1.3"], ["he", "1.2.0"]))
    write("web/package-lock.json", lockfile(["ms", "2.1.3"], ["he", "1.2.0"]))
    write("web/src/fresh.js", evaluated)
    write("fresh.yaml", "dish: soup\ndish: salad\n")
    write("network/fresh.tf", 'terraform {\n    required_version = ">= 1.11"\n}\n')
    write("charts/b/Chart.yaml", "apiVersion: v2\nname: b\n")
    write("fresh.txt", `token = "${token("Uv9Q")}"\n`)
    commit("One new fault of each kind")
    const run = await pr()
    const reasons = Object.fromEntries(Object.values(run.stages).map(({ name, reason }) => [name, reason]))
    for (const name of withFindings) expect(run.stages[name]!.status, `${name}: ${reasons[name]}`).toBe("failed")
    expect(reasons).toMatchObject({
      secrets: expect.stringMatching(/^fresh\.txt:1 .*; 1 known$/),
      "api:lint": expect.stringMatching(/^api\/fresh\.go.*; \d+ known$/),
      "lint:yaml": expect.stringMatching(/^fresh\.yaml:2 .*; 1 known$/),
      "lint:helm": expect.stringMatching(/^charts\/b\/.*; \d+ known$/),
      "lint:terraform": expect.stringMatching(/^network\/fresh\.tf.*; 1 known$/),
      "sast:go": expect.stringMatching(/^api\/fresh\.go:\d+ .*; \d+ known$/),
      "sast:js": expect.stringMatching(/^web\/src\/fresh\.js:2 .*; 1 known$/),
      dependencies: expect.stringMatching(/^web\/package-lock\.json he@1\.2\.0 .*\[licence:MIT\]; 1 known$/),
    })
  })

  it("without its base, all findings count, and each stage says why", async () => {
    git("branch", "-m", "develop", "elsewhere")
    const run = await pr()
    expect(run.stages["sast:js"]).toMatchObject({
      status: "failed",
      value: 2,
      reason: expect.stringContaining("all findings count: there is no branch develop or master to compare with"),
    })
  })
})
