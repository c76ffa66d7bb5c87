// The key of a green pull request: it depends on everything that the result depends on, and on nothing else.
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { keyOfRun, knownReports, noteReports } from "../../engine/src/known.js"
import { pathsBelow } from "../../engine/src/paths.js"

let folder: string
let code: string
let paths: ReturnType<typeof pathsBelow>
const write = (path: string, text: string, below = folder) => {
  mkdirSync(dirname(join(below, path)), { recursive: true })
  writeFileSync(join(below, path), text)
}
const git = (...args: string[]) =>
  execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
    stdio: "pipe",
    encoding: "utf8",
  })
const key = (...args: string[]) => keyOfRun(folder, args, paths, code)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "known-"))
  code = mkdtempSync(join(tmpdir(), "known-code-"))
  paths = pathsBelow(join(code, "state"))
  write("a.go", "package a\n")
  write(".gitignore", "*.env\nnode_modules/\nstate/\n")
  git("init", "--quiet", "--initial-branch=main")
  git("add", ".")
  git("commit", "--quiet", "--message=one")
  execFileSync("git", ["init", "--quiet", code])
  write(".gitignore", "state/\n", code)
})
afterEach(() => [folder, code].forEach((one) => rmSync(one, { recursive: true })))

describe("a run", () => {
  it.each<[string, () => void]>([
    ["an edited file", () => write("a.go", "package b\n")],
    ["a new file", () => write("b.go", "package a\n")],
    ["a new file in a folder called dist", () => write("dist/b.go", "package a\n")],
    ["another mode", () => execFileSync("chmod", ["+x", join(folder, "a.go")])],
    ["a commit without a change", () => git("commit", "--quiet", "--allow-empty", "--message=two")],
    ["a branch elsewhere", () => git("branch", "develop")],
    ["another branch checked out", () => git("checkout", "--quiet", "-b", "develop")],
    ["the pipeline's own code", () => write("ci.ts", "x", code)],
    ["another image", () => write("state/images/x.json", "{}", code)],
  ])("has another key after %s", (_, change) => {
    const before = key()
    expect(before).toMatch(/^[0-9a-f]{16}$/)
    change()
    expect(key()).toMatch(/^[0-9a-f]{16}$/)
    expect(key()).not.toBe(before)
  })
  it("has another key with other arguments", () => expect(key("--only=a")).not.toBe(key()))
  it("has the same key after a change that no check reads, and leaves the clone unchanged", () => {
    const before = key()
    write("node_modules/x/index.js", "generated")
    write("secret.env", "ignored by git")
    git("update-index", "--force-write-index")
    const objects = readdirSync(join(folder, ".git/objects")).length
    write("c.go", "package c\n")
    key()
    rmSync(join(folder, "c.go"))
    expect(key()).toBe(before)
    expect(readdirSync(join(folder, ".git/objects"))).toHaveLength(objects)
    expect(git("status", "--porcelain")).toBe("")
  })
  it.each(["delivery-reports/result.json", "services/a/node_modules/b/c.js"])(
    "has the same key after %s, which git does not ignore",
    (file) => {
      write(".gitignore", "")
      const before = key()
      write(file, "generated")
      expect(key()).toBe(before)
    },
  )
  it("has no key with a repository inside, whose files git does not name", () => {
    execFileSync("git", ["clone", "--quiet", folder, join(folder, "inner")])
    expect(key()).toBeUndefined()
  })
  it.each(["node_modules", "linked"])("has a key where %s is an ignored link to a folder", (link) => {
    write(".gitignore", "node_modules\nlinked\n")
    symlinkSync(tmpdir(), join(folder, link))
    expect(key()).toBe(key())
    expect(key()).toBeDefined()
  })
  it("outside of git has no key", () => {
    rmSync(join(folder, ".git"), { recursive: true })
    expect(key()).toBeUndefined()
  })
})

describe("reports", () => {
  it("are valid for a day", () => {
    expect(knownReports("k", paths)).toBeUndefined()
    noteReports("k", '{"result.json":"{}"}', paths)
    expect(knownReports("k", paths)).toEqual({ "result.json": "{}" })
    utimesSync(join(paths.state, "known/k"), 0, Date.now() / 1000 - 25 * 3600)
    expect(knownReports("k", paths)).toBeUndefined()
  })
  it("with an inconclusive stage are valid for an hour", () => {
    const note = (status: string) =>
      noteReports("k", JSON.stringify({ "result.json": JSON.stringify({ stages: [{ status }] }) }), paths)
    const aged = (minutes: number) => {
      utimesSync(join(paths.state, "known/k"), 0, Date.now() / 1000 - minutes * 60)
      return knownReports("k", paths) !== undefined
    }
    note("inconclusive")
    expect([aged(50), aged(70)]).toEqual([true, false])
    note("passed")
    expect(aged(70)).toBe(true)
  })
  it("are removed when there are many", () => {
    for (let i = 0; i < 25; i++) noteReports(`k${i}`, "{}", paths)
    expect(readdirSync(join(paths.state, "known"))).toHaveLength(20)
  })
})
