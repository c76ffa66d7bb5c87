// Node projects of other people: npm, pnpm, yarn and bun, workspaces, install scripts, packages of other folders, plain
// JavaScript, five test runners, React, Svelte and Vue; all in one run of `pr`.
// inputs: ci modules dagger.json test/pipeline/shop.ts test/fixtures/node
import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository, runPr, type Run } from "./shop"

const folder = mkdtempSync(join(tmpdir(), "node-projects-"))
const source = join(folder, "repository")
let run: Run

beforeAll(async () => {
  cpSync(join(repository, "test/fixtures/node"), source, { recursive: true })
  const git = (...args: string[]) => execFileSync("git", args, { cwd: source })
  git("init", "--quiet", "--initial-branch=develop")
  git("add", "--all")
  const user = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
  git(...user, "commit", "--quiet", "-m", "Node projects")
  run = await runPr(source, "--only=lint,typecheck,test,build,coverage", "--skip=lint:yaml")
}, 600_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("Node projects", () => {
  it.each([
    ["shop", "2 tests", 100],
    ["till", "2 tests", 100],
    ["rates", "2 tests, 1 skipped", 100],
    ["notes", "3 tests, 1 skipped", 100],
    ["clock", "2 tests", 100],
    ["plain", "1 tests", 100],
  ])("%s: %s with JUnit and coverage", (service, reason, coverage) => {
    const stage = run.stages[`${service}:test`]!
    expect(stage, run.table).toMatchObject({ reason: expect.stringContaining(reason) as string, exitCode: 0 })
    expect(stage.value).toBeGreaterThanOrEqual(coverage)
    const reports = join(run.reports, service, "test")
    expect(readFileSync(join(reports, "junit.xml"), "utf8")).toContain("<testcase")
    expect(readFileSync(join(reports, "coverage/lcov.info"), "utf8")).toContain("DA:")
  })
  it("a runner that measures nothing is no fault, and the line says what to do", () => {
    expect(run.stages["views:test"]).toMatchObject({
      status: "passed",
      reason: "3 tests; coverage is not measured: add @vitest/coverage-v8 to devDependencies to measure coverage",
    })
    expect(run.stages["linked:test"]).toMatchObject({
      status: "passed",
      reason: expect.stringContaining("exit code 0 of"),
    })
  })
  it("what has no script does not apply, tests too", () => {
    for (const step of ["lint", "typecheck", "build"])
      expect(run.stages[`drafts:${step}`]!.reason).toBe(`package.json has no script ${step}`)
    expect(run.stages["drafts:test"]).toMatchObject({
      status: "notApplicable",
      reason: "package.json has no script test, so there is no test",
    })
  })
  it("a program of a workspace is there for the build", () => expect(run.stages["shop:build"]!.status).toBe("passed"))
  it("coverage is that of the repository's files", () => {
    const files = JSON.parse(readFileSync(join(run.reports, "coverage/total/files.json"), "utf8")) as { file: string }[]
    const names = files.map(({ file }) => file)
    expect(names).toEqual(
      expect.arrayContaining(["npm/apps/shop/basket.js", "pnpm/apps/till/till.js", "plain/server.js"]),
    )
    expect(names.filter((name) => name.includes("node_modules") || name.startsWith("/"))).toEqual([])
  })
})
