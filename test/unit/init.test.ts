// `npm run pipeline -- init` on repositories of its own. Needs git, no engine.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { initCommand } from "../../engine/src/init"

let root = ""
const said: string[] = []
const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}
const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: root })
const written = () => parseConfig(readFileSync(join(root, "delivery.yaml"), "utf8"))

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "init-"))
  said.length = 0
  for (const name of ["log", "error"] as const)
    vi.spyOn(console, name).mockImplementation((text: string) => said.push(text))
  write("api/go.mod", "module example.com/api\n")
  write("api/main.go", "package main\n")
  write("old/go.mod", "module example.com/old\n")
  write("old/main.go", "package main\n")
  write(".gitignore", "old/\n")
  git("init", "--quiet", "--initial-branch=trunk")
  git("add", "--all")
  git("commit", "--quiet", "-m", "first")
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(root, { recursive: true, force: true })
})

describe("init", () => {
  it("writes what git's files hold, and what to do next", () => {
    expect(initCommand(root, join(root, "reports"))).toBe(0)
    expect(Object.keys(written().services)).toEqual(["api"])
    expect(said.join("\n")).toMatch(/api +go +api +go\.mod of example\.com\/api[\s\S]*Nothing was measured: run/)
  })
  it("begins the gates at the last run, and names the branch", () => {
    git("branch", "main")
    const stages = [{ name: "api:test", status: "passed", value: 71.9, unit: "%" }]
    write("out/result.json", JSON.stringify({ pipeline: "pr", stages }))
    expect(initCommand(root, join(root, "out"))).toBe(0)
    expect([written().services.api!.coverage, written().branches.develop]).toEqual([71, "main"])
  })
  it("overwrites nothing, and needs the root of a repository", () => {
    write("delivery.yaml", "services: {}\n")
    expect(initCommand(root, join(root, "reports"))).toBe(2)
    expect([said[0], readFileSync(join(root, "delivery.yaml"), "utf8")]).toEqual([
      expect.stringContaining("init does not overwrite it"),
      "services: {}\n",
    ])
    expect(initCommand(join(root, "api"), join(root, "reports"))).toBe(2)
    expect([said[1], existsSync(join(root, "api/delivery.yaml"))]).toEqual([
      expect.stringContaining("is not the root of a git repository"),
      false,
    ])
  })
})
