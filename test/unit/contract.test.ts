// What every module that judges a source or an address keeps to, on outputs that its tool has really written: a clean input
// passes; a finding fails with its place; a tool that crashes could not run, with its last words, whatever its exit code; what it
// cannot read is never "no finding"; and downloads, warnings and progress are never findings.
// test/modules/contract.test.ts runs the tools themselves.
import { describe, expect, it } from "vitest"
import { moduleNames } from "../../engine/src/sync"
import * as audit from "../../modules/audit/src/read"
import * as checkov from "../../modules/terraform/src/read-checkov"
import { isBom } from "../../modules/cyclonedx/src/sbom"
import * as gitleaks from "../../modules/gitleaks/src/read"
import * as golangci from "../../modules/golangci-lint/src/read"
import * as golang from "../../modules/golang/src/read"
import * as gosec from "../../modules/gosec/src/read"
import * as health from "../../modules/health/src/read"
import * as helm from "../../modules/helm/src/read"
import * as jmeter from "../../modules/jmeter/src/read"
import * as newman from "../../modules/newman/src/read"
import * as prometheus from "../../modules/prometheus/src/read"
import * as selenium from "../../modules/selenium/src/read"
import { concluded, type Finding, type Reading } from "../../modules/shared/sarif"
import { couldNotRun, type Ended } from "../../modules/shared/words"
import * as sonarjs from "../../modules/sonarjs/src/read"
import * as sonarqube from "../../modules/sonarqube/src/read"
import * as terraform from "../../modules/terraform/src/read"
import * as wapiti from "../../modules/wapiti/src/read"
import * as yamllint from "../../modules/yamllint/src/read"
import * as zap from "../../modules/zap/src/read"
import { readApi } from "../lib/module-api"

/** What a module makes of a run. */
interface Verdict {
  passed: boolean
  reason: string
  /** The places of its findings, such as `main.go:3`. */
  places: string[]
}

/** A recorded run: the report that the tool wrote ("" for none), and what it printed beside. */
interface Recorded {
  exitCode?: number
  report?: string
  output?: string
}

/** A tool of a module, with a run of each kind. */
interface Contract {
  module: string
  tool: string
  read: (ended: Ended, report: string, output: string) => Verdict
  clean: Recorded
  /** What the tool prints beside its report where caches are cold, or things are old. */
  chatter: string
  finding: Recorded & { place: string }
  crash: Recorded & { words: string }
  /** Exit codes of a crash, where the tool's end is not read from its report too. */
  crashes?: number[]
  /** A file that the tool cannot read; the reason or a finding names it. */
  unreadable?: Recorded & { file: string }
}

const ended = (exitCode = 0): Ended => ({ exitCode, timedOut: false, seconds: 1 })
const placeOf = ({ file, line }: Finding): string => (line > 0 ? `${file}:${line}` : file)
const concludedOf = (reading: Reading): Verdict => ({ ...concluded(reading), places: reading.findings.map(placeOf) })
const json = (value: unknown): string => JSON.stringify(value)

const goPanic =
  "go: downloading golang.org/x/tools v0.30.0\n" +
  "\u001b[31mpanic: runtime error: invalid memory address or nil pointer dereference [recovered]\u001b[0m\n" +
  "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x5f2a31]\n\ngoroutine 1 [running]:\n" +
  "main.main()\n\t/go/pkg/mod/x/main.go:12 +0x1d\nexit status 2\n"
const goWords = "panic: runtime error: invalid memory address or nil pointer dereference"
const pythonTraceback =
  'Traceback (most recent call last):\n  File "/usr/lib/x.py", line 8, in <module>\n    sys.exit(run())\n' +
  "             ^^^^^\nMemoryError: out of memory\n"
const nodeCrash =
  "(node:12) [DEP0040] DeprecationWarning: The `punycode` module is deprecated.\n\n/usr/lib/node_modules/x/index.js:3\n" +
  "    throw new RangeError(1)\n    ^\n\nRangeError: Maximum call stack size exceeded\n    at x (/usr/lib/x.js:1:1)\n\n" +
  "Node.js v24.1.0\n"
const nodeWords = "RangeError: Maximum call stack size exceeded"
const goDownloads = "go: downloading golang.org/x/tools v0.30.0\ngo: downloading github.com/a/b v1.2.3\n"

const gosecReport = (more: object): string =>
  json({ "Golang errors": {}, Issues: [], Stats: { files: 1, lines: 9 }, GosecVersion: "dev", ...more })
const gosecLog =
  "[gosec] 2026/11/30 02:49:05 Including rules: default\n[gosec] 2026/11/30 02:49:05 Import directory: /src/api\n" +
  "[gosec] 2026/11/30 02:49:07 Checking file: /src/api/main.go\n"
const golangciReport = (issues: object[], error = ""): string =>
  json({
    Issues: issues,
    Report: { Linters: [{ Name: "errcheck", Enabled: true }], ...(error ? { Error: error } : {}) },
  })
const golangciIssue = (linter: string, text: string) => ({
  FromLinter: linter,
  Text: text,
  Pos: { Filename: "/src/api/main.go", Line: 7, Column: 2 },
})
const eslintFile = (messages: object[]) => json([{ filePath: "/src/web/a.ts", messages }])
const diff = (file: string): string =>
  `${file}\n--- old/${file}\n+++ new/${file}\n@@ -1,3 +1,3 @@\n variable "a" {\n-  default   =   1\n+  default = 1\n }\n`
const hclError = (file: string): string =>
  `\n\u001b[31mError: Invalid expression\u001b[0m\n\n  on ${file} line 2, in variable "a":\n   2:   default = \n\n` +
  "Expected the start of an expression, but found an invalid expression token.\n\n"
const terraformWarning =
  "╷\n│ Warning: Unable to open CLI configuration file\n│\n│ The CLI configuration file does not exist.\n╵\n"
const checkovReport = (results: object): string =>
  json({ results: { passed_checks: [{}], failed_checks: [], skipped_checks: [], parsing_errors: [], ...results } })
const readCheckov = (ended: Ended, report: string, output: string): Verdict => {
  const found = checkov.securityOutcome(report)
  if (!found) return { passed: false, reason: couldNotRun("checkov", ended, output), places: [] }
  const reason = found.unread[0] ?? found.failed[0] ?? ""
  return { passed: reason === "", reason, places: found.failed.map((text) => text.split(": ")[0]!) }
}
const cve = {
  finding: {
    osv: "GO-2026-0001",
    fixed_version: "v1.2.4",
    trace: [{ module: "example.com/a", version: "v1.2.3", package: "example.com/a" }],
  },
}
const readAnswer = ({ findings, unreachable, trouble }: audit.Answer): Verdict => ({
  ...concluded({ findings, broken: trouble || unreachable, clean: "no known vulnerability" }),
  places: findings.map(placeOf),
})
const lockfile = '{\n "packages": {\n  "node_modules/left": {\n   "version": "1.0.0"\n  }\n }\n}'
const advisory = {
  nodes: ["node_modules/left"],
  fixAvailable: false,
  via: [{ name: "left", title: "Bad", url: "https://x/GHSA-aaaa-bbbb-cccc", severity: "high", range: "<1.0.1" }],
}
const newmanReport = (failures: object[]): string =>
  json({ run: { stats: { requests: { total: 1, pending: 0 }, assertions: { total: 1, pending: 0 } }, failures } })
const jtl = (success: boolean): string =>
  "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage\n" +
  `1767225600000,12,GET /menu,${success ? "200,OK" : "500,Internal Server Error"},load 1-1,${success},\n`
const wapitiReport = (vulnerabilities: object): string =>
  json({ vulnerabilities, anomalies: {}, infos: { target: "http://product:1/", crawled_pages_nbr: 3 } })
const attack = { method: "GET", path: "/search", info: "found it", level: 4, parameter: "name" }
const zapReport = (alerts: object[]): string =>
  json({
    ...{ rules: { active: 2, passive: 1 }, plan: { info: [], error: [] } },
    ...{ urls: [{ url: "http://product:1/", status: 200 }], alerts },
  })
const alert = {
  ...{ name: "SQL Injection", risk: "High", confidence: "Medium", method: "GET", param: "name" },
  url: "http://product:1/search?name=x",
}
const scanLimits = { maxHigh: 0, maxMedium: 0, maxLow: 0, minUrls: 1, minRules: 1 }

/** Verdict of a module that tests an address: the places of its findings are those in the reason. */
const tested = ({ passed, reason }: { passed: boolean; reason: string }, place: string): Verdict => ({
  ...{ passed, reason },
  places: reason.includes(place) ? [place] : [],
})

/** A run of one of the tools of golang's lint: `name` is that of its files. */
const readGo =
  (name: "gofmt" | "vet" | "staticcheck", errors: "gofmtErrors" | "vetErrors" | "staticcheckErrors") =>
  ({ exitCode }: Ended, report: string, output: string): Verdict => {
    const none = { gofmt: "", gofmtErrors: "", vet: "", vetErrors: "", staticcheck: "", staticcheckErrors: "" }
    const files = { ...none, generated: "", [name]: report, [errors]: output, exits: `${name} ${exitCode}\n` }
    const findings = golang.lintFindings(files, "api", "/src/api")
    const trouble = golang.lintTrouble(files)
    const broken = trouble ? couldNotRun(trouble.tool, ended(trouble.exitCode), trouble.output) : ""
    return concludedOf({ findings, broken, clean: "found nothing" })
  }
const vetFinding = { posn: "/src/api/main.go:7:2", message: "wrong" }
const vetReport = `# example.com/x\n${JSON.stringify({ "example.com/x": { printf: [vetFinding] } }, null, "\t")}\n`
const goParse = "main.go:3:6: expected 'IDENT', found '{'\n"

const contracts: Contract[] = [
  {
    ...{ module: "golang", tool: "gofmt", crashes: [1, 2, 3, 128] },
    read: readGo("gofmt", "gofmtErrors"),
    clean: {},
    chatter: "",
    finding: { report: "a b.go\n", place: "api/a b.go" },
    crash: { exitCode: 2, output: goPanic, words: goWords },
    unreadable: { exitCode: 2, output: goParse, file: "api/main.go:3" },
  },
  {
    ...{ module: "golang", tool: "go vet", crashes: [1, 2, 3, 128] },
    read: readGo("vet", "vetErrors"),
    clean: {},
    chatter: goDownloads,
    finding: { exitCode: 1, report: vetReport, place: "api/main.go:7" },
    crash: { exitCode: 2, output: goPanic, words: goWords },
    unreadable: { exitCode: 1, output: `# example.com/x\nvet: ${goParse}`, file: "api/main.go:3" },
  },
  {
    ...{ module: "golang", tool: "staticcheck", crashes: [1, 2, 3, 128] },
    read: readGo("staticcheck", "staticcheckErrors"),
    clean: {},
    chatter: `${goDownloads}warning: "./..." matched no packages\n`,
    finding: {
      exitCode: 1,
      report: json({
        code: "SA4006",
        message: "never used",
        location: { file: "/src/api/main.go", line: 7, column: 2 },
      }),
      place: "api/main.go:7",
    },
    crash: { exitCode: 2, output: goPanic, words: goWords },
  },
  {
    ...{ module: "gitleaks", tool: "gitleaks" },
    read: (ended, report, log) => {
      const findings = gitleaks.findings(report)
      const trouble = gitleaks.troubleOf(ended, report, log)
      const reason = [gitleaks.describe(findings), trouble].filter((part) => part).join("; ")
      return { passed: reason === "", reason, places: findings.map(({ file, line }) => `${file}:${line}`) }
    },
    clean: { report: "[]", output: "2:49AM INF 3 commits scanned.\n2:49AM INF no leaks found\n" },
    chatter: "2:49AM WRN skipping file: too large max_size=1MB, size=3MB path=big.bin\n",
    finding: {
      exitCode: 3,
      report: json([{ RuleID: "k", Description: "d", File: "a b.env", StartLine: 2, Commit: "", Fingerprint: "f" }]),
      output: "2:49AM WRN leaks found: 1\n",
      place: "a b.env:2",
    },
    crash: { exitCode: 2, output: goPanic, words: goWords },
    unreadable: {
      exitCode: 1,
      output:
        "\u001b[90m2:49AM\u001b[0m \u001b[31mFTL\u001b[0m \u001b[1mFailed to load extended config, " +
        "err: open ci/company.toml: no such file or directory\u001b[0m\n",
      file: "ci/company.toml",
    },
  },
  {
    ...{ module: "gosec", tool: "gosec" },
    read: (ended, report, log) => concludedOf(gosec.readRun(ended, { report, log }, { path: "api", workdir: "/src" })),
    clean: { report: gosecReport({}), output: gosecLog },
    chatter: goDownloads,
    finding: {
      report: gosecReport({
        Issues: [
          {
            ...{ severity: "HIGH", rule_id: "G204", details: "Subprocess" },
            file: "/src/api/main.go",
            line: "5",
            column: "2",
          },
        ],
      }),
      output: gosecLog,
      place: "api/main.go:5",
    },
    crash: { exitCode: 2, output: gosecLog + goPanic, words: goWords },
    unreadable: {
      report: gosecReport({
        "Golang errors": { "/src/api/two.go": [{ line: 3, error: "expected 'IDENT', found '{'" }] },
      }),
      output: gosecLog,
      file: "api/two.go:3",
    },
  },
  {
    ...{ module: "golangci-lint", tool: "golangci-lint" },
    read: (ended, report, log) =>
      concludedOf(golangci.readRun(ended, { report, log }, { path: "api", workdir: "/src" })),
    clean: { report: golangciReport([]) },
    chatter: `${goDownloads}level=warning msg="[config_reader] The configuration option \`x\` is deprecated"\n`,
    finding: { report: golangciReport([golangciIssue("errcheck", "not checked")]), place: "api/main.go:7" },
    crash: { exitCode: 2, output: goPanic, words: goWords },
    unreadable: {
      exitCode: 7,
      report: golangciReport([golangciIssue("typecheck", "undefined: x")]),
      output: 'level=error msg="Running error: context loading failed: no go files to analyze"\n',
      file: "api/main.go:7",
    },
  },
  {
    ...{ module: "sonarjs", tool: "eslint" },
    read: (ended, report, output) => concludedOf(sonarjs.readRun(ended, { report, output }, "/src")),
    clean: { report: eslintFile([]) },
    chatter: "npm warn deprecated glob@7.2.3: not supported\n(node:1) ExperimentalWarning: x\n",
    finding: {
      exitCode: 1,
      report: eslintFile([{ ruleId: "sonarjs/code-eval", severity: 2, message: "no eval", line: 4, column: 1 }]),
      place: "web/a.ts:4",
    },
    crash: {
      exitCode: 2,
      output:
        "\nOops! Something went wrong! :(\n\nESLint: 9.39.5\n\nRangeError: Maximum call stack size exceeded\n" +
        'Occurred while linting /src/web/a.ts:3\nRule: "sonarjs/slow-regex"\n    at x (/tool/x.js:1:1)\n',
      words: `${nodeWords} (at web/a.ts)`,
    },
    unreadable: {
      exitCode: 1,
      report: eslintFile([{ ruleId: null, fatal: true, severity: 2, message: "Parsing error: x", line: 2, column: 1 }]),
      file: "web/a.ts:2",
    },
  },
  {
    ...{ module: "yamllint", tool: "yamllint" },
    read: (ended, report, output) => {
      const lint = yamllint.readRun(ended, { "yamllint.json": report, "output.txt": output, "config.txt": "" })
      return { ...concluded({ ...lint, findings: lint.errors }), places: lint.errors.map(placeOf) }
    },
    clean: { report: json({ files: 2, problems: [], crashes: [] }) },
    chatter: "/opt/x.py:3: DeprecationWarning: x is deprecated\n  import x\n",
    finding: {
      report: json({
        ...{ files: 1, crashes: [] },
        problems: [{ file: "a: b.yaml", line: 2, column: 1, level: "error", text: "twice", rule: "key-duplicates" }],
      }),
      place: "a: b.yaml:2",
    },
    crash: { exitCode: 1, output: pythonTraceback, words: "MemoryError: out of memory" },
    unreadable: {
      report: json({ files: 1, problems: [], crashes: [{ file: "deep.yaml", error: "RecursionError: too deep" }] }),
      file: "deep.yaml",
    },
  },
  {
    ...{ module: "helm", tool: "helm lint" },
    read: (ended, report, log) =>
      concludedOf(helm.readRuns(ended, [{ chart: "charts/app", values: [] }], { outputs: [report], log })),
    clean: { report: "==> Linting charts/app\n[INFO] Chart.yaml: icon\n\n1 chart(s) linted, 0 chart(s) failed\n" },
    chatter: "WARNING: Kubernetes configuration file is group-readable. This is insecure.\n",
    finding: {
      exitCode: 1,
      report:
        "==> Linting charts/app\n[ERROR] templates/: parse error at (app/templates/service.yaml:17): unclosed action\n\n" +
        "Error: 1 chart(s) linted, 1 chart(s) failed\n",
      place: "charts/app/templates/service.yaml:17",
    },
    crash: { exitCode: 2, output: goPanic, report: goPanic, words: goWords },
    unreadable: {
      exitCode: 1,
      report:
        "==> Linting charts/app\n[ERROR] Chart.yaml: unable to parse YAML\n\terror converting YAML to JSON: yaml: line 1: no\n" +
        "[ERROR] : unable to load chart\n\tcannot load Chart.yaml: x\n\nError: 1 chart(s) linted, 1 chart(s) failed\n",
      file: "charts/app/Chart.yaml",
    },
  },
  ...["terraform fmt", "hclfmt"].map((tool): Contract => ({
    ...{ module: "terraform", tool },
    read: (ended, _, output) => concludedOf(terraform.readLint(ended, output, tool)),
    clean: {},
    chatter: terraformWarning,
    finding: { exitCode: 3, output: diff("net/main.tf"), place: "net/main.tf:2" },
    crash: { exitCode: 2, output: goPanic, words: goWords },
    unreadable: { exitCode: 2, output: hclError("net/main.tf"), file: "net/main.tf:2" },
  })),
  {
    ...{ module: "terraform", tool: "checkov" },
    read: readCheckov,
    clean: { report: checkovReport({}) },
    chatter: "2026-11-30 02:49:05 WARNING Failed to download module x\n",
    finding: {
      exitCode: 1,
      report: checkovReport({
        failed_checks: [
          {
            ...{ check_id: "CKV_1", check_name: "open", resource: "a.b", check_result: {} },
            ...{ file_path: "/net/main.tf", file_line_range: [3, 9] },
          },
        ],
      }),
      place: "net/main.tf:3",
    },
    crash: {
      exitCode: 2,
      report: '{"results": {"passed',
      output: pythonTraceback,
      words: "MemoryError: out of memory",
    },
    unreadable: { report: checkovReport({ parsing_errors: ["/src/net/main.tf"] }), file: "net/main.tf" },
  },
  {
    ...{ module: "audit", tool: "govulncheck" },
    read: ({ exitCode, timedOut }, printed, said) => {
      const place = { path: "api", goMod: "module x\n\nrequire example.com/a v1.2.3\n", database: "https://db" }
      return readAnswer(audit.govulncheckAnswer({ exitCode, timedOut, printed, said, ...place }))
    },
    clean: { report: '{\n  "config": {\n    "protocol_version": "v1.0.0"\n  }\n}\n' },
    chatter: goDownloads,
    finding: { report: `${JSON.stringify(cve, null, 1)}\n`, place: "api/go.mod:3" },
    crash: { exitCode: 2, report: '{\n  "config": {\n', output: goPanic, words: goWords },
    unreadable: {
      exitCode: 1,
      output: "govulncheck: loading packages: main.go:3:6: expected 'IDENT', found '{'\n",
      file: "main.go:3",
    },
  },
  {
    ...{ module: "audit", tool: "npm audit" },
    read: ({ exitCode, timedOut }, printed, said) =>
      readAnswer(
        audit.auditAnswer({
          exitCode,
          timedOut,
          printed,
          said,
          registry: "https://r",
          lock: { path: "web/package-lock.json", lockfile },
        }),
      ),
    clean: { report: json({ auditReportVersion: 2, vulnerabilities: {} }) },
    chatter: "npm warn config production Use `--omit=dev` instead.\n",
    finding: {
      exitCode: 1,
      report: json({ auditReportVersion: 2, vulnerabilities: { left: advisory } }),
      place: "web/package-lock.json:3",
    },
    crash: { exitCode: 7, report: '{"auditReport', output: nodeCrash, words: nodeWords },
    unreadable: {
      exitCode: 1,
      report: json({ error: { code: "EJSONPARSE", summary: "Invalid package-lock.json" } }),
      file: "package-lock.json",
    },
  },
  {
    ...{ module: "cyclonedx", tool: "cyclonedx-gomod" },
    read: (ended, report, output) =>
      ended.exitCode === 0 && isBom(report)
        ? { passed: true, reason: "1 dependency", places: [] }
        : { passed: false, reason: couldNotRun("cyclonedx-gomod", ended, output), places: [] },
    clean: { report: json({ bomFormat: "CycloneDX" }) },
    chatter: goDownloads,
    // It lists dependencies, and finds nothing: what is refused is a licence, which ci judges.
    finding: { exitCode: 1, output: "2:59AM ERR go.mod:3: unknown directive\n", place: "" },
    crash: { exitCode: 2, report: '{"bomFormat": "Cyc', output: goPanic, words: goWords },
    unreadable: {
      exitCode: 1,
      output: '\u001b[90m2:59AM\u001b[0m \u001b[31mERR\u001b[0m error="go.mod:3: unknown directive: requir"\n',
      file: "go.mod:3",
    },
  },
  {
    ...{ module: "newman", tool: "newman" },
    read: (ended, report, output) => tested(newman.verdictOf(ended, { report, output }), "orders: Get it"),
    clean: { report: newmanReport([]) },
    chatter: "(node:12) [DEP0176] DeprecationWarning: fs.R_OK is deprecated\n",
    finding: {
      exitCode: 1,
      report: newmanReport([
        {
          error: { name: "AssertionError", message: "expected 1 to equal 2", test: "status" },
          ...{ source: { name: "Get it" }, parent: { name: "orders" } },
        },
      ]),
      place: "orders: Get it",
    },
    crash: { exitCode: 1, report: '{"run": {"sta', output: nodeCrash, words: nodeWords },
    unreadable: {
      exitCode: 1,
      output: 'error: collection could not be loaded\n  unable to read data from file "orders.json"\n',
      file: "collection could not be loaded",
    },
  },
  {
    ...{ module: "jmeter", tool: "jmeter" },
    read: (ended, report, output) => {
      const limits = { maxP95: 0, maxErrors: 0, minSamples: 1 }
      const run = { results: report === "" ? undefined : report, output }
      return tested(jmeter.verdictOf(ended, run, { setup: [], limits }), "GET /menu")
    },
    clean: { report: jtl(true) },
    chatter: "WARN StatusConsoleListener The use of package scanning is deprecated\nCreating summariser <summary>\n",
    finding: { report: jtl(false), place: "GET /menu" },
    crash: {
      exitCode: 1,
      output:
        "Creating summariser <summary>\nError in NonGUIDriver java.lang.IllegalArgumentException: x\n" +
        "\tat org.apache.jmeter.JMeter.run(JMeter.java:1)\nCaused by: java.lang.OutOfMemoryError: Java heap space\n",
      words: "java.lang.OutOfMemoryError: Java heap space",
    },
  },
  {
    ...{ module: "prometheus", tool: "promtool check rules" },
    read: (ended, _, output) => tested(prometheus.rulesVerdict(ended, output), "rules.yaml: 5:11"),
    clean: { output: "Checking rules.yaml\n  SUCCESS: 1 rules found\n\n" },
    chatter:
      'time=2026-11-30T02:58:59.525Z level=WARN source=rulefmt.go:369 msg="only the first document is processed"\n',
    finding: {
      exitCode: 1,
      output: 'Checking rules.yaml\n  FAILED:\nrules.yaml: 5:11: group "a", rule 1, "X": could not parse expression\n',
      place: "rules.yaml: 5:11",
    },
    crash: { exitCode: 2, output: goPanic, words: goWords },
    unreadable: {
      exitCode: 1,
      output: "Checking latin.yaml\n  FAILED:\nlatin.yaml: yaml: incomplete UTF-8 octet sequence\n",
      file: "latin.yaml",
    },
  },
  {
    ...{ module: "wapiti", tool: "wapiti" },
    read: (ended, report, output) => {
      const run = { found: wapiti.outcome(report), output }
      return tested(wapiti.verdictOf(ended, run, { limits: scanLimits, modules: [] }), "/search?name=")
    },
    clean: { report: wapitiReport({}) },
    chatter: "[*] You are lucky! Full moon tonight.\n/opt/x.py:3: SyntaxWarning: invalid escape sequence\n",
    finding: { report: wapitiReport({ "SQL Injection": [attack] }), place: "/search?name=" },
    crash: { exitCode: 1, report: '{"vulnera', output: pythonTraceback, words: "MemoryError: out of memory" },
  },
  {
    ...{ module: "zap", tool: "zap" },
    read: (ended, report, output) => {
      const run = { found: zap.outcome(report), output }
      return tested(zap.verdictOf(ended, run, { limits: scanLimits, minutes: 1 }), "/search?name=")
    },
    clean: { report: zapReport([]) },
    chatter: "12 [main] INFO  org.zaproxy.zap.Z - started\n13 [main] WARN  org.x.Y - old\n",
    finding: { report: zapReport([alert]), place: "/search?name=" },
    crash: {
      exitCode: 1,
      output: `12 [main] INFO  org.x.Y - z\n${pythonTraceback}`,
      words: "MemoryError: out of memory",
    },
  },
]

/** Modules whose contract other tests hold, and which. */
const elsewhere: Record<string, string> = {
  node: "test/unit/node.test.ts: the project's own scripts",
  dockerfile: "test/unit/dockerfile.test.ts: builds and scans an image",
  health: "test/unit/health.test.ts: its report is its own program's",
  selenium: "test/unit/selenium.test.ts: the project's own tests",
  sonarqube: "test/unit/scanners.test.ts: the server's gate",
}

/** A module is a checker if one of its functions gives a verdict on a source or an address. */
const verdicts = ["check", "lint", "scan", "scanFiles", "test", "run", "analyze", "sbom"]
const checkers = moduleNames().filter((name) => {
  const { objects, main } = readApi(name)
  return (objects.get(main) ?? []).some((one) => verdicts.includes(one.name) && /^(Result|Report)$/.test(one.type))
})

it("holds all modules that are checkers", () =>
  expect([...new Set([...contracts.map(({ module }) => module), ...Object.keys(elsewhere)])].sort()).toEqual(checkers))

describe.each(contracts)("$tool", ({ read, clean, chatter, finding, crash, unreadable, ...of }) => {
  const crashes = of.crashes ?? [0, 1, 2, 3, 128]
  const verdict = ({ exitCode, report = "", output = "" }: Recorded): Verdict => read(ended(exitCode), report, output)

  it("passes a clean input", () => expect(verdict(clean)).toMatchObject({ passed: true, places: [] }))

  it("takes no chatter for a finding", () => {
    const output = `${chatter}${clean.output ?? ""}`
    expect(verdict({ ...clean, output })).toMatchObject({ passed: true, places: [] })
    const found = verdict({ ...finding, output: `${chatter}${finding.output ?? ""}` })
    expect(found.places).toEqual(verdict(finding).places)
    for (const line of chatter.split("\n")) if (line !== "") expect(found.reason).not.toContain(line)
  })

  it("fails with a finding, at its place", () => {
    const found = verdict(finding)
    expect(found.passed).toBe(false)
    expect(found.reason).toContain(finding.place)
    if (finding.place !== "") expect(found.places).toContain(finding.place)
  })

  it.each(crashes)("could not run after a crash with exit code %d, and says its last words", (exitCode) => {
    const { passed, reason, places } = verdict({ ...crash, exitCode })
    expect({ passed, places }).toEqual({ passed: false, places: [] })
    expect(reason).toContain("could not run: ")
    expect(reason).toContain(crash.words)
    expect(reason).not.toMatch(/\u001b|downloading|Warning|goroutine|Traceback/)
  })

  it("says so when it was killed, or said nothing", () => {
    const report = crash.report ?? ""
    expect(verdict({ exitCode: 128, report, output: "ended by signal 9\n" }).reason).toMatch(
      /could not run: .*(signal 9|said nothing|panic: )/,
    )
    expect(verdict({ exitCode: 2, report: "" }).reason).toMatch(/could not run: .*(said nothing|no report)/)
  })

  it.runIf(unreadable)("names what it could not read, and does not pass", () => {
    const { passed, reason, places } = verdict(unreadable!)
    expect(passed).toBe(false)
    expect(`${reason}\n${places.join("\n")}`).toContain(unreadable!.file)
    expect(reason).not.toContain("\u001b")
  })
})

describe("the modules whose contract is elsewhere", () => {
  it("could not run without their report", () => {
    expect(health.parseSeen("")).toBeUndefined()
    expect(selenium.outcome("")).toBeUndefined()
    expect(sonarqube.scannerTrouble("12:00 INFO x\n12:01 ERROR no space left\n")).toBe("no space left")
  })
})
