// Git Flow on a real repository through the engine. The decisions and the script by themselves are test/unit/gitflow.test.ts.
// inputs: modules/gitflow
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

let folder: string
const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
    cwd: folder,
    encoding: "utf8",
  }).trim()
async function call(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", "modules/gitflow", "call", ...args], {
    cwd: repository,
    seconds: 400,
  })
  return code === 0 ? stdout.trim() : `error: ${stderr.trim()}`
}
const hostile = "hotfix/$(touch${IFS}x)'`id`"

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gitflow-live-"))
  git("init", "--quiet", "--initial-branch=develop")
  mkdirSync(join(folder, "services"))
  writeFileSync(join(folder, "services/main.go"), "package main\n")
  writeFileSync(join(folder, "README.md"), "one\n")
  git("add", ".")
  git("commit", "--quiet", "-m", "first '$(id)' `x`\n\nmore")
  git("tag", "v1.0.0")
  // What a hostile repository could have git run.
  git("config", "core.fsmonitor", "touch /tmp/fsmonitor-ran; echo")
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("gitflow", () => {
  it("finds the same hash after a merge that changes nothing of the paths, and another after one that does", async () => {
    const before = await call("trees", `--source=${folder}`, "--paths=services")
    expect(before).toMatch(/^[0-9a-f]{64}$/)
    git("-c", "core.fsmonitor=false", "checkout", "--quiet", "-b", "release/1.1")
    writeFileSync(join(folder, "README.md"), "two\n")
    git("-c", "core.fsmonitor=false", "commit", "--quiet", "-am", "docs")
    git("-c", "core.fsmonitor=false", "checkout", "--quiet", "-b", "master", "develop")
    git("-c", "core.fsmonitor=false", "merge", "--quiet", "--no-ff", "-m", "merge", "release/1.1")
    expect(await call("trees", `--source=${folder}`, "--paths=./services/")).toBe(before)
    writeFileSync(join(folder, "services/main.go"), "package main // changed\n")
    expect(await call("trees", `--source=${folder}`, "--paths=services")).toBe(before)
    expect(await call("of-source", `--source=${folder}`, "--paths=services", "changed")).toBe("services/main.go")
    git("-c", "core.fsmonitor=false", "commit", "--quiet", "-am", "change")
    expect(await call("trees", `--source=${folder}`, "--paths=services")).not.toBe(before)
  })
  it("tells a branch whose name means harm, and decides by it", async () => {
    git("-c", "core.fsmonitor=false", "checkout", "--quiet", "-b", hostile)
    expect(await call("of-source", `--source=${folder}`, "branch")).toBe(hostile)
    expect(await call("of-source", `--source=${folder}`, "commit")).toBe(git("rev-parse", "HEAD"))
    expect(await call("pipeline", `--branch=${hostile}`, "reason")).toBe(`${hostile} is checked first, then staged`)
  })
  it("says what is wrong with a source or a path", async () => {
    expect(await call("trees", `--source=${folder}`, "--paths=none")).toMatch(
      /^error: [\s\S]*paths: none is not in commit/,
    )
    expect(await call("trees", `--source=${join(folder, "services")}`, "--paths=.")).toContain(
      "the source is not a git repository: it has no .git",
    )
    expect(await call("version", "--branch=develop", "--tags=v1.0.0")).toContain(
      "branch: develop gets no version; master, release/* and hotfix/* do",
    )
  })
})
