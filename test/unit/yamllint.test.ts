// The module yamllint without an engine: its program, on a yamllint of the same shape as the real one, and what is read of it.
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { concluded, describe as tell } from "../../modules/shared/sarif"
import { readRun } from "../../modules/yamllint/src/read"
import { lintScript } from "../../modules/yamllint/src/scripts"

const problem = { line: 4, column: 1, level: "error" }
const report = (problems: object[], crashes: object[] = [], files = 3): string =>
  JSON.stringify({ files, problems, crashes })
const ended = { exitCode: 0, timedOut: false, seconds: 1 }
const read = (json: string, more: Partial<Record<"output.txt" | "config.txt", string>> = {}, exitCode = 0) =>
  readRun({ ...ended, exitCode }, { "yamllint.json": json, "output.txt": "", "config.txt": "\n", ...more })

describe("yamllint", () => {
  const found = report([
    { ...problem, file: "menu.yaml", text: 'duplication of key "price" in mapping', rule: "key-duplicates" },
    { ...problem, line: 3, file: "a b: c.yml", text: "syntax error: expected ',' (syntax)", rule: "syntax" },
    { ...problem, line: 1, level: "warning", file: "a.yaml", text: "missing document start", rule: "document-start" },
  ])
  it("is read from its report, errors first", () =>
    expect(read(found).findings.map(({ file, line, level, rule, text }) => [file, line, level, rule, text])).toEqual([
      ["a b: c.yml", 3, "error", "syntax", "expected ','"],
      ["menu.yaml", 4, "error", "key-duplicates", 'duplication of key "price" in mapping'],
      ["a.yaml", 1, "warning", "document-start", "missing document start"],
    ]))
  it("names the first, and how many more", () =>
    expect(tell(read(found).errors)).toBe("a b: c.yml:3 expected ',' (syntax), and 1 more"))
  it("says by which rules", () =>
    expect(read(report([]), { "config.txt": ".yamllint\n" }).clean).toBe("no error in 3 files, by .yamllint"))
  it("is not clean where nothing was checked", () => {
    expect(read(report([], [], 0)).broken).toBe("no file was checked")
    expect(read(report([], [], 0), { "config.txt": ".yamllint\n" }).broken).toBe(
      "no file was checked: .yamllint leaves all out",
    )
  })
  it("could not run where it refuses its configuration, or leaves no report", () => {
    const said = { "output.txt": 'invalid config: no such rule: "nosuch"\n' }
    expect(read("", said, 3).broken).toBe('could not run: yamllint: invalid config: no such rule: "nosuch"')
    expect(read("").broken).toBe("could not run: yamllint ended with exit code 0 and no report")
  })
  it("names the file at which it crashed, beside what it found in others", () => {
    const { passed, reason } = concluded(
      read(
        report(
          [{ ...problem, file: "b.yaml", text: "twice", rule: "key-duplicates" }],
          [{ file: "deep.yaml", error: "RecursionError: maximum recursion depth exceeded" }],
        ),
      ),
    )
    expect(passed).toBe(false)
    expect(reason).toBe(
      "could not run: yamllint on deep.yaml: RecursionError: maximum recursion depth exceeded; " +
        "b.yaml:4 twice (key-duplicates)",
    )
  })
})

/** A package yamllint with what the program uses of the real one; it fails as that does, at files with these words. */
const standIn: Record<string, string> = {
  "yamllint/__init__.py": "",
  "yamllint/linter.py": `
class Problem:
    def __init__(self, line, desc, rule, level="error"):
        self.line, self.column, self.desc, self.rule, self.level = line, 1, desc, rule, level

class ReaderError(Exception):
    character, position = 0, 9

def run(file, conf, path):
    text = file.read().decode()
    if "NUL" in text:
        raise ReaderError()
    if "DEEP" in text:
        raise RecursionError("maximum recursion depth exceeded")
    return [Problem(n, "no X", "x") for n, line in enumerate(text.split("\\n"), 1) if "X" in line]
`,
  "yamllint/cli.py": `
import os, sys
from yamllint import linter
PROBLEM_LEVELS = {None: 0, "warning": 1, "error": 2}

def show_problems(problems, file, args_format, no_warn):
    raise Exception("not replaced")

def run(args):
    if "REFUSED" in open(args[1]).read():
        print("invalid config: unknown option", file=sys.stderr)
        sys.exit(-1)
    worst = 0
    for file in sorted(f for f in os.listdir(".") if f.endswith(".yaml")):
        with open("./" + file, mode="rb") as f:
            problems = linter.run(f, None, file)
        worst = max(worst, show_problems(problems, "./" + file, args_format="auto", no_warn=False))
    sys.exit(1 if worst == 2 else 0)
`,
}

describe("the program", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "yamllint-"))
    for (const [file, text] of Object.entries(standIn)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    mkdirSync(join(folder, "bin"))
    writeFileSync(join(folder, "bin/yamllint"), "#!/usr/bin/env python3\n")
    chmodSync(join(folder, "bin/yamllint"), 0o755)
    mkdirSync(join(folder, "src"))
    mkdirSync(join(folder, "report"))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const run = (files: Record<string, string | Buffer>, rules = "rules: {}") => {
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, "src", file), content)
    const script = lintScript.replaceAll("/tmp/", `${folder}/`).replaceAll("/report/", `${folder}/report/`)
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script, "lint", rules], {
      cwd: join(folder, "src"),
      encoding: "utf8",
      env: { ...process.env, PYTHONPATH: folder, PATH: `${join(folder, "bin")}:${process.env.PATH}` },
    })
    const text = (file: string): string =>
      existsSync(join(folder, "report", file)) ? readFileSync(join(folder, "report", file), "utf8") : ""
    const texts = { "yamllint.json": text("yamllint.json"), "config.txt": text("config.txt") }
    return readRun({ ...ended, exitCode: status ?? -1 }, { ...texts, "output.txt": stdout + stderr })
  }
  const places = ({ findings }: ReturnType<typeof run>): unknown[] =>
    findings.map(({ file, line, rule, text }) => [file, line, rule, text])

  it("names files that it cannot read, and goes on with the others", () => {
    symlinkSync("nowhere", join(folder, "src/gone.yaml"))
    const latin = Buffer.from("kitchen: ground\nfloor: Erdgescho\xdf\n", "latin1")
    expect(places(run({ "a b.yaml": latin, "b: c.yaml": "a\nX\n", "nul.yaml": "a: 1\nb: NUL\n" }))).toEqual([
      ["a b.yaml", 2, "encoding", "cannot be read: not UTF-8"],
      ["b: c.yaml", 2, "x", "no X"],
      ["gone.yaml", 1, "file", "cannot be read: No such file or directory"],
      ["nul.yaml", 2, "encoding", "cannot be read: the character #x0000 is not allowed in YAML"],
    ])
  })
  it("names the file at which yamllint crashes, and goes on", () => {
    const lint = run({ "a.yaml": "DEEP", "b.yaml": "X" })
    expect(lint.broken).toBe("could not run: yamllint on a.yaml: RecursionError: maximum recursion depth exceeded")
    expect(places(lint)).toEqual([["b.yaml", 1, "x", "no X"]])
  })
  it("fails with the words of a yamllint that refuses its configuration", () =>
    expect(run({ "a.yaml": "a: 1" }, "REFUSED").broken).toBe("could not run: yamllint: invalid config: unknown option"))
  it("takes the source's own rules", () =>
    expect(run({ "a.yaml": "a: 1", ".yamllint": "rules: {}" }).clean).toBe("no error in 1 files, by .yamllint"))
})
