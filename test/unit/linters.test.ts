// What helm lint and terraform fmt print, read into findings and one line; what a repository holds for the linters.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as ci from "../../ci/src/images"
import { parseConfig } from "../../ci/src/config/config"
import { chartFolders, golangciConfig, notYaml } from "../../ci/src/checks/paths"
import { images as helmImages } from "../../modules/helm/src/images"
import * as helm from "../../modules/helm/src/read"
import { images as terraformImages } from "../../modules/terraform/src/images"
import * as terraform from "../../modules/terraform/src/read"
import { fmtScript, hclfmtScript } from "../../modules/terraform/src/scripts"

describe("yamllint", () => {
  it("looks neither at charts' templates and dependencies, nor at vendored code and test data", () =>
    expect(
      notYaml(["charts/a [b]/Chart.yaml", "Chart.yaml"], ["services/x/vendor/modules.txt", "vendor/modules.txt"]),
    ).toEqual([
      "charts/a \\[b\\]/templates",
      "charts/a \\[b\\]/charts",
      "templates",
      "charts",
      "services/x/vendor",
      "vendor",
      "**/testdata",
      "**/.terraform",
    ]))
})

describe("helm lint", () => {
  const output = `engine.go:214: [INFO] Missing required value: text
==> Linting charts/demo
[INFO] Chart.yaml: icon is recommended
[ERROR] Chart.yaml: version is required
[ERROR] values.yaml: unable to parse YAML: error converting YAML to JSON: yaml: line 3: did not find expected node content
[WARNING] templates/web.yaml: object name does not conform to Kubernetes naming requirements: "A"
[ERROR] templates/: template: demo/templates/web.yaml:6:12: executing "demo/templates/web.yaml" at <index .Values.prices 0>: error calling index:
reflect: slice index out of range
[ERROR] templates/: parse error at (demo/charts/sub/templates/_x.tpl:2): unexpected "}" in operand

Error: 1 chart(s) linted, 1 chart(s) failed
`
  const findings = helm.lintFindings(output, "charts/demo")
  it("is read with files from the source's root, and lines of templates alone where they are the template's", () =>
    expect(findings.map(({ file, line, level, rule, text }) => [file, line, level, rule, text])).toEqual([
      ["charts/demo/Chart.yaml", 0, "error", "Chart.yaml", "version is required"],
      [
        "charts/demo/values.yaml",
        3,
        "error",
        "values.yaml",
        "unable to parse YAML: error converting YAML to JSON: yaml: line 3: did not find expected node content",
      ],
      [
        "charts/demo/templates/web.yaml",
        0,
        "warning",
        "template",
        'object name does not conform to Kubernetes naming requirements: "A"',
      ],
      [
        "charts/demo/templates/web.yaml",
        6,
        "error",
        "template",
        "at <index .Values.prices 0>: error calling index: reflect: slice index out of range",
      ],
      ["charts/demo/charts/sub/templates/_x.tpl", 2, "error", "template", 'parse error: unexpected "}" in operand'],
    ]))
  it("is told once, with the first values that bring it about", () => {
    const [one] = helm.lintFindings(output, "charts/demo")
    const merged = helm.mergedFindings([
      { findings: [], values: [] },
      { findings: [one!], values: ["qa.yaml"] },
      { findings: [one!], values: ["prod.yaml"] },
    ])
    expect(helm.describeLint(merged)).toBe("charts/demo/Chart.yaml version is required (with qa.yaml)")
    expect(helm.describeLint(helm.mergedFindings([{ findings, values: [] }]))).toBe(
      "charts/demo/Chart.yaml version is required, and 4 more",
    )
  })
  it("finds nothing in a clean chart", () =>
    expect(
      helm.lintFindings(
        "==> Linting x\n[INFO] Chart.yaml: icon is recommended\n\n1 chart(s) linted, 0 chart(s) failed\n",
        ".",
      ),
    ).toEqual([]))
})

describe("terraform fmt", () => {
  const diff =
    "faults/main.tf\n--- old/faults/main.tf\n+++ new/faults/main.tf\n@@ -1,6 +1,6 @@\n # Faults.\n terraform " +
    "{\n-    required_version = 1\n+  required_version = 1\n }\n \nb.tf\n--- old/b.tf\n+++ new/b.tf\n@@ " +
    "-10,2 +10,2 @@\n-a=1\n+a = 1\n"
  it("is read with the first line that would change", () =>
    expect(terraform.unformattedAt(diff).map(({ file, line }) => [file, line])).toEqual([
      ["faults/main.tf", 3],
      ["b.tf", 10],
    ]))
  it("takes no line of a file for a diff", () =>
    expect(terraform.unformattedAt(`${diff}--- old/c.tf\n+++ other\n`).map(({ file }) => file)).toEqual([
      "faults/main.tf",
      "b.tf",
    ]))
  it.each([
    ['{"variable": {}}', ""],
    ["\ufeff{}", ""],
    ['{"variable": {', "cannot read net/main.tf.json: "],
    ["[", "cannot read net/main.tf.json: "],
    ["1", "cannot read net/main.tf.json: it holds no object"],
  ])("reads a configuration in JSON: %j", (text, fault) =>
    expect(terraform.jsonFault("net/main.tf.json", text)).toMatch(new RegExp(`^${fault}${fault ? "" : "$"}`)),
  )
  it("names the first, and how many more", () =>
    expect(terraform.describeFindings(terraform.unformattedAt(diff))).toBe(
      "faults/main.tf:3 is not formatted (and 1 more file)",
    ))
})

describe.each([
  ["terraform", fmtScript],
  ["hclfmt", hclfmtScript],
])("the layout by %s", (tool, script) => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "fmt-"))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Formatters that put one blank around \`=\`, and cannot read a file with \`BROKEN\`, as the real ones say it. */
  const standIns: Record<string, string> = {
    hclfmt: `#!/bin/bash
file="\${@: -1}"
if [ "$1" != -check ]; then exec sed 's/ *= */ = /' "$file"; fi
if grep -q BROKEN "$file"; then printf '\nError: Invalid expression\n\n  on %s line 2:\n\nno.\n' "$file" >&2; exit 1; fi
`,
    terraform: `#!/bin/bash
if [ "\${@: -1}" = . ]; then exit 0; fi
text=$(cat)
if [[ $text = *BROKEN* ]]; then printf '\nError: Invalid expression\n\n  on <stdin> line 2:\n\nno.\n' >&2; exit 2; fi
sed 's/ *= */ = /' <<< "$text"
`,
  }
  const run = (files: Record<string, string>) => {
    mkdirSync(join(folder, "src"))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "src", name), text)
    for (const [name, text] of Object.entries(standIns)) writeFileSync(join(folder, name), text, { mode: 0o755 })
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script.replaceAll("/tmp/", `${folder}/`)], {
      cwd: join(folder, "src"),
      encoding: "utf8",
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    })
    const lint = terraform.readLint({ exitCode: status!, timedOut: false, seconds: 1 }, stdout + stderr, tool)
    return { status, broken: lint.broken, places: lint.findings.map(({ file, line }) => `${file}:${line}`) }
  }

  it("knows OpenTofu's files", () =>
    expect(run({ "a b.tofu": "x = 1\ny=2\n", "c.tofu": "x = 1\n" })).toEqual({
      ...{ status: 3, broken: "", places: ["a b.tofu:2"] },
    }))
  it("does not take for formatted what it cannot read", () =>
    expect(run({ "a.tofu": "x=1\n", "b.tofu": "x = 1\nBROKEN\n" })).toEqual({
      ...{ status: 2, broken: "cannot read b.tofu:2: Invalid expression: no.", places: ["a.tofu:1"] },
    }))
})

describe("what a repository holds", () => {
  it("charts, without the sub-charts of one", () =>
    expect(
      chartFolders([
        "charts/b/Chart.yaml",
        "charts/b/charts/sub/Chart.yaml",
        "charts/a/Chart.yaml",
        "other/Chart.yaml",
      ]),
    ).toEqual(["charts/a", "charts/b", "other"]))
  it("a chart at the root", () => expect(chartFolders(["Chart.yaml", "charts/sub/Chart.yaml"])).toEqual(["."]))
  it.each([
    ["services/api", ["services/api/.golangci.toml", ".golangci.yml"], "services/api/.golangci.toml"],
    ["services/api", ["services/.golangci.yaml", ".golangci.yml"], "services/.golangci.yaml"],
    ["services/api", ["services/web/.golangci.yml"], undefined],
    [".", [".golangci.json"], ".golangci.json"],
  ])("for the module at %s, of %j, the configuration %s", (path, files, config) =>
    expect(golangciConfig(path, files)).toBe(config),
  )
  it("exclusions in delivery.yaml", () => {
    expect(
      parseConfig("services:\n  a: { path: a, kind: go }\ngates:\n  lint: { exclusions: [test/**] }\n").lint,
    ).toEqual({ exclusions: ["test/**"] })
    expect(() => parseConfig("services:\n  lint: { path: a, kind: go }\n")).toThrow(
      "the name is taken by the stage lint:yaml",
    )
  })
})

it("the images of linters that the pipeline waits for are those that the modules name", () => {
  expect(ci.images.helm).toBe(helmImages.helm)
  expect(ci.images.debian).toBe(helmImages.debian)
  expect(ci.images.golang).toBe(terraformImages.golang)
  expect(readFileSync(join(import.meta.dirname, "../../engine/images/golangci-lint.yaml"), "utf8")).toContain(
    "golangci/golangci-lint:v2.15.0",
  )
})
