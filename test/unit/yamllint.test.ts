// The module yamllint without an engine: what yamllint prints is read into findings and one line.
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { describe as tell, ordered } from "../../modules/shared/sarif"
import * as yamllint from "../../modules/yamllint/src/read"
import { lintScript } from "../../modules/yamllint/src/scripts"

describe("yamllint", () => {
  const output = [
    './menu.yaml:4:1: [error] duplication of key "price" in mapping (key-duplicates)',
    "deep/a b.yml:3:1: [error] syntax error: expected ',' or ']', but got '<stream end>' (syntax)",
    './menu.yaml:1:1: [warning] missing document start "---" (document-start)',
    "anything else",
  ].join("\n")
  it("is read line by line, errors first", () =>
    expect(ordered(yamllint.findingsIn(output))).toEqual([
      {
        tool: "yamllint",
        rule: "syntax",
        text: "expected ',' or ']', but got '<stream end>'",
        file: "deep/a b.yml",
        line: 3,
        column: 1,
        level: "error",
      },
      {
        tool: "yamllint",
        rule: "key-duplicates",
        text: 'duplication of key "price" in mapping',
        file: "menu.yaml",
        line: 4,
        column: 1,
        level: "error",
      },
      {
        tool: "yamllint",
        rule: "document-start",
        text: 'missing document start "---"',
        file: "menu.yaml",
        line: 1,
        column: 1,
        level: "warning",
      },
    ]))
  it("names the first, and how many more", () =>
    expect(tell(yamllint.findingsIn(output))).toBe(
      'menu.yaml:4 duplication of key "price" in mapping (key-duplicates), and 2 more',
    ))
  it("has nothing to say of nothing", () => expect(tell(yamllint.findingsIn(""))).toBe(""))
})

describe("a yamllint that crashes", () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "yamllint-"))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /**
   * Runs the script on two files with a yamllint that, as the real one, ends at a file that it cannot decode: the one
   * with an `X`. `error` is the last line of its traceback.
   */
  const run = (error: string) => {
    mkdirSync(join(folder, "src"))
    mkdirSync(join(folder, "report"))
    writeFileSync(join(folder, "src/a b.yaml"), "kitchen: ground\nname: X\n")
    writeFileSync(join(folder, "src/b.yaml"), "replicas: 2\nreplicas: 3\n")
    const finding = 'b.yaml:2:1: [error] duplication of key "replicas" in mapping (key-duplicates)'
    const tool = `#!/bin/bash
for last; do :; done
if [[ "$*" = *--list-files* ]]; then printf '%s\\n' './a b.yaml' ./b.yaml; exit; fi
files=$last; if [ "$last" = . ]; then files='./a b.yaml'; fi
if grep -q X "$files"; then
  printf 'Traceback (most recent call last):\\n  File "x"\\n%s\\n' ${JSON.stringify(error)} >&2; exit 1
fi
echo '${finding}'; exit 1
`
    writeFileSync(join(folder, "yamllint"), tool)
    chmodSync(join(folder, "yamllint"), 0o755)
    const script = lintScript.replaceAll("/tmp/", `${folder}/`).replaceAll("/report/", `${folder}/report/`)
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script, "lint", "rules: {}"], {
      cwd: join(folder, "src"),
      encoding: "utf8",
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    })
    const report = join(folder, "report/yamllint.txt")
    const findings = yamllint.findingsIn(existsSync(report) ? readFileSync(report, "utf8") : "")
    return { status, output: stdout + stderr, places: findings.map(({ file, line, rule }) => [file, line, rule]) }
  }

  it("at a file that is not UTF-8 names the file, and goes on with the others", () =>
    expect(
      run("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xfc in position 22: invalid start byte"),
    ).toMatchObject({
      status: 0,
      places: [
        ["a b.yaml", 2, "encoding"],
        ["b.yaml", 2, "key-duplicates"],
      ],
    }))
  it("for another reason is a failure with its last words", () => {
    const { status, output } = run("RecursionError: maximum recursion depth exceeded")
    expect(status).toBe(3)
    expect(yamllint.failureIn(output)).toBe("could not run: RecursionError: maximum recursion depth exceeded")
  })
  it("is told from one that refuses its configuration", () => {
    expect(yamllint.failureIn("invalid config: unknown option\n")).toBe("invalid config: unknown option")
    expect(yamllint.failureIn("")).toBe("")
  })
})
