// The contract of test/unit/contract.test.ts on the tools themselves, one call for each: an input with a finding, with a file that
// the tool cannot read, or with a dependency that no cache has and no network gives. Neither is passed over, and no download,
// warning or traceback is taken for a finding.
// inputs: modules
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

const folder = mkdtempSync(join(tmpdir(), "contract-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A folder with files; a text `-> x` makes a link to x. */
function source(name: string, files: Record<string, string | Buffer>): string {
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, name, file)
    mkdirSync(dirname(path), { recursive: true })
    if (typeof content === "string" && content.startsWith("-> ")) symlinkSync(content.slice(3), path)
    else writeFileSync(path, content)
  }
  return join(folder, name)
}

const latin = Buffer.from("name: Erdgescho\xdf\n", "latin1")
const go = { "go.mod": "module example.com/x\n\ngo 1.24\n" }
/** A module that no cache has: the name is new. */
const unknown = `example.invalid/never/x${Date.now()}`
const cold = {
  "go.mod": `module example.com/x\n\ngo 1.24\n\nrequire ${unknown} v1.0.0\n`,
  "main.go": `package main\n\nimport _ "${unknown}"\n\nfunc main() {}\n`,
}
const broken = {
  ...go,
  "main.go": 'package main\n\nimport "os"\n\nfunc main() { os.Remove("x") }\n',
  "two.go": "package main\n\nfunc {\n",
}
const chart = { "Chart.yaml": "apiVersion: v2\nname: [\n", "templates/a.yaml": "a: 1\n" }
const rules = "groups:\n- name: a\n  rules:\n  - alert: X\n    expr: up ==\n"

/** The module, its function and flags; the files; what the reason has to say. */
const cases: [module: string, call: string[], files: Record<string, string | Buffer>, says: RegExp][] = [
  [
    "yamllint",
    ["lint"],
    { "a: b.yaml": "x: 1\nx: 2\n", "latin.yaml": latin, "gone.yaml": "-> nowhere", "nul.yaml": "a: \0\n" },
    /yaml failed: a: b\.yaml:2 duplication of key "x" in mapping \(key-duplicates\), and 3 more/,
  ],
  ["helm", ["lint"], chart, /charts failed: Chart\.yaml(:\d+)? unable to parse YAML/],
  [
    "terraform",
    ["lint", "--image=example/none:1.0"],
    { "a.tf": "x    = 1\n", "b.tofu": 'variable "a" {\n  default = \n', "c.tf.json": "{}" },
    /terraform:lint failed: cannot read b\.tofu:2: Invalid expression.*; a\.tf:1 is not formatted/,
  ],
  [
    "gitleaks",
    ["scan-files"],
    { ".gitleaks.toml": "[[rules", "a.txt": "a\n" },
    /files failed: could not run: gitleaks: .*config/,
  ],
  ["prometheus", ["check"], { "r.yaml": rules }, /rules failed: r\.yaml: 5:11: group "a"/],
  [
    "sonarjs",
    ["scan"],
    { "a.js": "eval(process.argv[2])\n", "b.js": "function {\n" },
    /sast failed: eslint cannot read b\.js:1: Parsing error.*; a\.js:1 /,
  ],
  ["gosec", ["scan"], broken, /sast failed: .*two\.go:3/],
  ["golangci-lint", ["lint"], broken, /lint failed: .*two\.go:3/],
  ["audit", ["scan"], cold, new RegExp(`audit (failed|inconclusive): .*${unknown}`)],
  ["cyclonedx", ["sbom"], cold, new RegExp(`sbom failed: .*${unknown}`)],
]

it.concurrent.each(cases)("%s tells what it found and what it could not read", async (module, call, files, says) => {
  const from = source(module, files)
  const flag = module === "prometheus" ? "--rules" : "--source"
  const command = ["--silent", "-m", `modules/${module}`, "call", ...call, `${flag}=${from}`]
  const { code, stdout, stderr } = await dagger([...command, "verdict"], { cwd: repository, seconds: 580 })
  expect(code, stdout).not.toBe(0)
  expect(stderr).toMatch(says)
  const verdict = stderr.split("\n").find((line) => says.test(line))!
  expect(verdict).not.toMatch(/\u001b|go: downloading|Traceback|Warning/)
})
