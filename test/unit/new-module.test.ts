// `npm run new-module NAME` in a copy of this repository: the module that it writes passes the tests of modules.
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { newModule } from "../../engine/src/new-module"
import { repository } from "../../engine/src/paths"
import { drift } from "../../engine/src/sync"

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "new-module-"))
  const isSource = (from: string): boolean => !/\/(sdk|node_modules)$/.test(from) || from.endsWith("engine/sdk")
  for (const name of ["modules", "engine", "ci", "test/unit", "test/lib"])
    cpSync(join(repository, name), join(root, name), { recursive: true, filter: isSource })
  const files = ["README.md", "CONTRIBUTING.md", ".gitattributes", "package.json", "tsconfig.json", "vitest.config.ts"]
  for (const name of files) cpSync(join(repository, name), join(root, name))
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe("npm run new-module", () => {
  const readme = (): string[] => readFileSync(join(root, "README.md"), "utf8").split("\n")

  it("touches the module's own folder and its row in README.md", () => {
    const before = readme()
    const written = newModule("shell-check", root)
    expect(written.filter((file) => !file.startsWith("modules/shell-check/"))).toEqual(["README.md"])
    for (const file of written) expect(existsSync(join(root, file)), file).toBe(true)
    const row = "| [shell-check](modules/shell-check/README.md) | merge conflict markers in text files |"
    const after = readme()
    const at = after.indexOf(row)
    expect(after[at - 1]).toContain("| [selenium](")
    expect(after[at + 1]).toContain("| [slack](")
    const sameText = (line: string): string => line.replace(/\d+ modules/, "N modules")
    expect(after.toSpliced(at, 1).map(sameText)).toEqual(before.map(sameText))
  })
  it("leaves no trace of the sample's name", () => {
    const text = (file: string): string => readFileSync(join(root, "modules/shell-check", file), "utf8")
    for (const file of ["README.md", "src/index.ts", "src/read.ts", "dagger.json", "examples/go.go"])
      expect(text(file)).not.toMatch(/sample/i)
    expect(text("src/index.ts")).toContain("export class ShellCheck {")
    expect(text("examples/typescript.ts")).toContain("dag.shellCheck().lint(")
    expect(text("examples/go.go")).toContain("func (m *Examples) ShellCheckLint(")
    expect(existsSync(join(root, "modules/shell-check/test/shell-check.test.ts"))).toBe(true)
  })
  // It starts a test runner of its own.
  it("makes a module that passes its own tests and those of all modules", { timeout: 240_000 }, () => {
    expect(drift(root)).toEqual([])
    const files = ["modules", "conformance", "examples", "sync", "client-types"].map(
      (name) => `test/unit/${name}.test.ts`,
    )
    const vitest = join(root, "node_modules/vitest/vitest.mjs")
    const run = spawnSync(
      process.execPath,
      [vitest, "run", "--project", "unit", "--reporter=dot", ...files, "modules/shell-check", "-t", "shell-check"],
      { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
    )
    expect(run.stdout + run.stderr).toMatch(/Tests +\d\d+ passed/)
    expect(run.status, run.stdout + run.stderr).toBe(0)
  })

  it.each([
    ["helm", "modules/helm exists already"],
    ["shared", "shared is reserved: Dagger or this repository uses that name"],
    ["container", "container is reserved"],
    ["Shell", '"Shell" cannot be a module\'s name: use lower-case letters, digits and single hyphens'],
    ["shell check", "cannot be a module's name"],
    ["../x", "cannot be a module's name"],
    ["a--b", "cannot be a module's name"],
    ["1a", "cannot be a module's name"],
    ["", "cannot be a module's name"],
  ])("refuses %j", (name, problem) => expect(() => newModule(name, root)).toThrow(problem))
})
