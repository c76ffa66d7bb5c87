// The folder of the reports: a run replaces what an earlier one wrote there, and nothing of anybody else.
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { claimReports, clearReports } from "../../engine/src/reports-folder"

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "reports-"))
  folder = join(parent, "deep/reports")
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

describe("the folder of the reports", () => {
  it("is made, with a marker that keeps it out of git, and is taken again", () => {
    claimReports(folder)
    writeFileSync(join(folder, "index.html"), "")
    execFileSync("git", ["init", "--quiet"], { cwd: parent })
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: parent, encoding: "utf8" })).toBe("")
    claimReports(folder)
    expect(readdirSync(folder).sort()).toEqual([".gitignore", "index.html"])
  })
  it("may be there and empty", () => {
    mkdirSync(folder, { recursive: true })
    claimReports(folder)
    expect(readdirSync(folder)).toEqual([".gitignore"])
  })
  it.each([
    ["sources", "main.go", "package main\n"],
    ["a .gitignore of somebody else", ".gitignore", "*\n"],
  ])("is refused if it has %s, and nothing in it is touched", (_, file, text) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, file), text)
    expect(() => claimReports(folder)).toThrow(/was not made by the pipeline.*name another one, or remove it/)
    expect(readFileSync(join(folder, file), "utf8")).toBe(text)
    expect(readdirSync(folder)).toEqual([file])
  })
  it("is refused if it is a file", () => {
    writeFileSync(join(parent, "file"), "")
    expect(() => claimReports(join(parent, "file"))).toThrow(/was not made by the pipeline/)
  })
  it("loses the reports of the run before, but not its marker", () => {
    claimReports(folder)
    mkdirSync(join(folder, "api"))
    for (const file of ["api/junit.xml", "index.html", "dagger.log"]) writeFileSync(join(folder, file), "")
    clearReports(folder, ["dagger.log"])
    expect(readdirSync(folder).sort()).toEqual([".gitignore", "dagger.log"])
  })
})
