// The pure parts of modules/terraform: what terraform and checkov have written, read. And what our own configuration keeps to.
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import * as general from "../../modules/terraform/src/read"
import * as checkov from "../../modules/terraform/src/read-checkov"
import * as plan from "../../modules/terraform/src/read-plan"
import * as tests from "../../modules/terraform/src/read-tests"
import { hclfmtScript } from "../../modules/terraform/src/scripts"
import { assignments } from "../../modules/terraform/src/shared/arguments"

const read = { ...general, ...checkov, ...plan, ...tests }
const terraform = join(import.meta.dirname, "../../terraform")

describe("arguments", () => {
  it.each([
    ["stack", "stack"],
    ["./stack/", "stack"],
    [".", "."],
    ["./", "."],
    ["", "."],
  ])("the path %j is %j", (path, clean) => expect(read.cleanPath(path)).toBe(clean))
  it.each(["..", "a/../../b", "/etc"])("the path %j is refused", (path) =>
    expect(() => read.cleanPath(path)).toThrow("leads out of the source"),
  )
  it("are pairs, whatever the values hold; a wrong one is not repeated", () => {
    expect(assignments("vars", ["a=1", "b=x=y\nz"])).toEqual([
      ["a", "1"],
      ["b", "x=y\nz"],
    ])
    expect(() => assignments("vars", ["=canary"])).toThrow('vars: "" is not NAME=value')
  })
  it.each([
    ["5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10", true],
    ["5ba2eb1b", false],
    ["-force", false],
  ])("%s is a lock's ID: %s", (id, is) => expect(read.isLockId(id)).toBe(is))
})

describe("fmt and validate", () => {
  it("names files, not lines of the difference", () =>
    expect(
      read
        .unformattedAt(
          "stack/main.tf\n--- old/stack/main.tf\n+++ new/stack/main.tf\n@@ -1,2 +1,2 @@\n-a\n+  b.tf\n env/dev.tfvars\n" +
            "env/dev.tfvars\n--- old/env/dev.tfvars\n+++ new/env/dev.tfvars\n@@ -1,1 +1,1 @@\n-a\n+b\n",
        )
        .map(({ file }) => file),
    ).toEqual(["stack/main.tf", "env/dev.tfvars"]))
  it("reads errors with their place, and leaves warnings", () => {
    const diagnostics = [
      { severity: "warning", summary: "Old" },
      {
        severity: "error",
        summary: "Reference to undeclared input variable",
        detail: 'An input variable with the name "nope"\nhas not been declared.',
        range: { filename: "main.tf", start: { line: 7 } },
      },
      { severity: "error", summary: "Invalid" },
    ]
    expect(read.validateErrors(JSON.stringify({ valid: false, diagnostics }), "stack")).toEqual([
      'stack/main.tf:7: Reference to undeclared input variable: An input variable with the name "nope" has not been declared.',
      "Invalid",
    ])
    expect(read.validateErrors("", ".")).toEqual([])
  })
  it("reads the first error of a text with bars and without", () => {
    expect(
      read.firstError(
        "╷\n│ Error: Unsupported block type\n│ \n│   on main.tf line 2:\n│    2: x {\n│ \n│ Blocks of type x are not expected here.\n╵\n",
        "stack",
      ),
    ).toBe("stack/main.tf:2: Unsupported block type: Blocks of type x are not expected here.")
    expect(
      read.firstError(
        "Initializing…\n\nError: Failed to query available provider packages\n\nCould not retrieve\n",
        ".",
      ),
    ).toBe("Failed to query available provider packages: Could not retrieve")
    expect(read.firstError("all well\n", ".")).toBe("")
  })
})

describe("the files that hclfmt formats instead of Terraform", () => {
  it("are those of terraform fmt: none that is hidden or in a hidden folder, none of another kind", () => {
    const folder = mkdtempSync(join(tmpdir(), "hclfmt-"))
    const hidden = [".terraform/modules/a/main.tf", "a/.terraform/b.tf", ".#main.tf"]
    const others = ["README.md", "a/main.tf.json"]
    const formatted = ["main.tf", "a/b c.tfvars", "a/tests/x.tftest.hcl"]
    try {
      for (const file of [...hidden, ...others, ...formatted]) {
        mkdirSync(join(folder, dirname(file)), { recursive: true })
        writeFileSync(join(folder, file), "x\n")
      }
      // An hclfmt that would change every file.
      writeFileSync(join(folder, "hclfmt"), "#!/bin/sh\necho formatted\n")
      chmodSync(join(folder, "hclfmt"), 0o755)
      const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` }
      const { stdout, status } = spawnSync("bash", ["-c", hclfmtScript], { cwd: folder, env, encoding: "utf8" })
      expect(status).toBe(3)
      expect(stdout.split("\n").filter((line) => /^[\w. /#]+\.\w+$/.test(line) && !line.startsWith("--"))).toEqual(
        formatted.sort(),
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe("test", () => {
  const suite = (cases: string): string =>
    `<?xml version="1.0"?><testsuites>\n<testsuite name="tests/a.tftest.hcl" tests="3">${cases}</testsuite></testsuites>`
  it("counts cases", () =>
    expect(
      read.testOutcome(
        suite(
          '<testcase name="a"></testcase><testcase name="b"><skipped message="x"><![CDATA[y]]></skipped></testcase>',
        ),
      ),
    ).toEqual({ tests: 2, skipped: 1, failing: 0, first: "" }))
  it("names the first that failed by its own words", () => {
    const words =
      '\nError: Test assertion failed\n\n  on tests/a.tftest.hcl line 10, in run "b":\n' +
      '  10:     condition     = output.dish == "salad"\n    ├────────────────\n    │ output.dish is "soup"\n\nthe dish has to be salad\n'
    expect(
      read.testOutcome(
        suite(
          `<testcase name="a"></testcase><testcase name="b"><failure message="Test run failed"><![CDATA[${words}]]></failure></testcase>`,
        ),
      )?.first,
    ).toBe("tests/a.tftest.hcl: b: the dish has to be salad")
  })
  it("knows that there is none", () =>
    expect([read.testOutcome(""), read.testOutcome("<testsuites></testsuites>")]).toEqual([
      undefined,
      { tests: 0, skipped: 0, failing: 0, first: "" },
    ]))
})

describe("plan and apply", () => {
  const lines = (...all: object[]): string => all.map((line) => JSON.stringify(line)).join("\n")
  const summary = { type: "change_summary", changes: { add: 2, change: 1, remove: 3, import: 0, operation: "plan" } }
  const planned = { type: "planned_change", change: { resource: { addr: "aws_vpc.this" }, action: "replace" } }
  it("counts what a plan changes, and lists it", () => {
    expect(read.changesOf(lines({ type: "version" }, planned, summary))).toEqual({
      add: 2,
      change: 1,
      destroy: 3,
      resources: [{ address: "aws_vpc.this", action: "replace" }],
    })
    expect(read.changesOf(`no json\n${lines(planned)}`)).toBeUndefined()
    expect(read.describe({ add: 2, change: 1, destroy: 3, resources: [] })).toBe("2 to add, 1 to change, 3 to destroy")
    expect(read.describe({ add: 0, change: 0, destroy: 0, resources: [] })).toBe("No changes")
  })
  it("keeps sensitive outputs back", () =>
    expect(
      read.outputsOf(
        lines(
          { type: "outputs", outputs: { old: { sensitive: false, value: 1 } } },
          {
            type: "outputs",
            outputs: {
              name: { sensitive: false, value: "dev" },
              password: { sensitive: true, value: "canary" },
              later: { sensitive: false },
            },
          },
        ),
      ),
    ).toEqual({ name: "dev" }))
  it("finds the first error", () => {
    expect(
      read.jsonError(
        lines(summary, {
          type: "diagnostic",
          diagnostic: {
            severity: "error",
            summary: "creating VPC",
            detail: "AccessDenied",
            range: { filename: "main.tf", start: { line: 3 } },
          },
        }),
        "stack",
      ),
    ).toBe("stack/main.tf:3: creating VPC: AccessDenied")
    expect(read.jsonError(lines(summary), "stack")).toBe("")
  })

  const info =
    "Lock Info:\n  ID:        5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10\n  Path:      bucket/dev/stack.tfstate\n" +
    "  Operation: OperationTypeApply\n  Who:       root@build-7\n  Version:   1.11.4\n" +
    "  Created:   2026-11-25 12:00:00.123456789 +0000 UTC\n  Info:      \n"
  const held = lines({
    type: "diagnostic",
    diagnostic: {
      severity: "error",
      summary: "Error acquiring the state lock",
      detail: `Error message: operation error S3: PutObject, https response error StatusCode: 412\n${info}\nTerraform acquires a state lock`,
    },
  })
  const now = Date.parse("2026-11-25T12:30:05Z")
  it("names the holder of a lock and its age, of JSON and of text", () => {
    const lock = {
      id: "5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10",
      who: "root@build-7",
      operation: "apply",
      created: "2026-11-25T12:00:00.123Z",
      seconds: 1805,
    }
    expect(read.lockOf(held, now)).toEqual(lock)
    expect(read.lockOf(`│ Error: Error acquiring the state lock\n│ \n${info.replace(/^/gm, "│ ")}`, now)).toEqual(lock)
    expect(read.describeLock(lock)).toBe(
      "the state is locked by root@build-7 (apply) for 30 min, since 2026-11-25T12:00:00.123Z: " +
        "wait for that run; only when it is certainly gone, call unlock --lock-id=5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10",
    )
  })
  it.each([
    [5, "for 5 s"],
    [7199, "for 119 min"],
    [90000, "for 25 h"],
    [-1, "since then"],
  ])("a lock of %d seconds is told as %s", (seconds, told) =>
    expect(read.describeLock({ id: "i", who: "w", operation: "plan", created: "then", seconds })).toContain(told),
  )
  it("leaves colours out", () => expect(read.withoutColours("\u001b[31mFailed\u001b[0m")).toBe("Failed"))
  it("knows that another error is no lock", () =>
    expect(
      read.lockOf(lines({ type: "diagnostic", diagnostic: { severity: "error", summary: "No bucket" } }), now),
    ).toBeUndefined())
})

describe("security", () => {
  const check = (id: string, comment?: string) => ({
    check_id: id,
    check_name: "Ensure it",
    resource: "aws_x.y",
    file_path: "/stack/main.tf",
    file_line_range: [4, 9],
    check_result: { suppress_comment: comment },
  })
  const report = (failed: object[], skipped: object[] = [], errors: string[] = []): string =>
    JSON.stringify({
      results: {
        passed_checks: [check("CKV_1")],
        failed_checks: failed,
        skipped_checks: skipped,
        parsing_errors: errors,
      },
    })
  it("counts, and names what failed with its place", () =>
    expect(
      read.securityOutcome(report([check("CKV_2")], [check("CKV_3", "the office's own network")], ["/bad.tf"])),
    ).toEqual({
      passed: 1,
      failed: ["stack/main.tf:4: aws_x.y: Ensure it (CKV_2)"],
      skipped: 1,
      unexplained: [],
      unread: ["/bad.tf"],
    }))
  it.each(["No comment provided", "", " "])("takes a skip with the reason %j as a finding", (comment) =>
    expect(read.securityOutcome(report([], [check("CKV_3", comment)]))?.unexplained).toEqual([
      "stack/main.tf:4: aws_x.y: Ensure it (CKV_3) is skipped without a reason",
    ]),
  )
  it("knows an empty run, and none", () => {
    expect(read.securityOutcome('{"passed": 0, "failed": 0, "checkov_version": "3.3.30"}')).toEqual({
      passed: 0,
      failed: [],
      skipped: 0,
      unexplained: [],
      unread: [],
    })
    expect(read.securityOutcome("")).toBeUndefined()
  })
})

describe("our configuration", () => {
  const files = readdirSync(terraform, { recursive: true, encoding: "utf8" }).filter(
    (file) => !file.includes(".terraform/"),
  )
  const text = (file: string): string => readFileSync(join(terraform, file), "utf8")
  const environments = ["dev", "stage", "prod"]

  it("pins the provider to one version, with the registry's hashes and this platform's", () => {
    for (const root of ["stack", "shared"]) {
      expect(text(`${root}/versions.tf`)).toContain('version = "5.100.0"')
      const lock = text(`${root}/.terraform.lock.hcl`)
      expect(lock).toMatch(/version {5}= "5\.100\.0"/)
      expect(lock.match(/"h1:/g)?.length).toBe(1)
      expect(lock.match(/"zh:[0-9a-f]{64}"/g)?.length).toBe(15)
    }
  })
  it("has values and a state of its own for each environment", () => {
    const keys = environments.map((name) => /^key +?= "(.*)"$/m.exec(text(`stack/env/${name}.s3.tfbackend`))![1])
    expect(keys).toEqual(environments.map((name) => `${name}/stack.tfstate`))
    for (const name of environments)
      expect(text(`stack/env/${name}.tfvars`)).toMatch(new RegExp(`^environment +?= "${name}"$`, "m"))
    const ranges = environments.map((name) => /^cidr +?= "(.*)"$/m.exec(text(`stack/env/${name}.tfvars`))![1])
    expect(new Set(ranges).size).toBe(3)
  })
  it("locks the state by a file beside it, and encrypts it", () => {
    for (const root of ["stack", "shared"])
      expect(text(`${root}/versions.tf`).replace(/ +/g, " ")).toMatch(
        /backend "s3" \{\n use_lockfile = true\n encrypt = true\n \}/,
      )
  })
  it("lets each environment's role be taken by that environment's branches alone", () => {
    const branches = environments.map((name) => /branches +?= \[(.*)\]/.exec(text(`stack/env/${name}.tfvars`))![1])
    expect(branches).toEqual(['"develop"', '"release/*", "hotfix/*"', '"master"'])
  })
  it("describes every variable and output, and skips no check without a reason", () => {
    for (const file of files.filter((file) => /(variables|outputs)\.tf$/.test(file))) {
      for (const [block, name] of text(file).matchAll(/^(?:variable|output) "(\w+)" \{[\s\S]*?^\}/gm))
        expect(block, `${file}: ${name}`).toMatch(/description += "\S/)
    }
    for (const file of files.filter((file) => file.endsWith(".tf")))
      for (const [line] of text(file).matchAll(/checkov:skip=.*/g)) expect(line, file).toMatch(/checkov:skip=\w+:\s?\S/)
  })
  it("holds neither an account nor an address of anyone", () => {
    for (const file of files.filter((file) => /\.(tf|tfvars|tfbackend)$/.test(file))) {
      for (const [, account] of text(file).matchAll(/arn:aws:\w+:[\w-]*:(\d{12}):/g))
        expect(["000000000000", "123456789012"], file).toContain(account)
      for (const [, range] of text(file).matchAll(/public_access_cidrs = \["([^"]+)"\]/g))
        expect(range, file).toBe("203.0.113.0/24")
    }
  })
})
