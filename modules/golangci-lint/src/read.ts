import { joined } from "./shared/folders"
import { knownTrouble } from "./shared/go-output"
import { ordered, type Finding, type Reading } from "./shared/sarif"
import { couldNotRun, plainText, type Ended } from "./shared/words"

// Reads the report and the log of golangci-lint: pure functions over text.

/** The content of a JSON report. */
export interface Lint {
  findings: Finding[]
  /** Names of the linters that ran. */
  linters: string[]
  /** The error message of golangci-lint; empty when it completed. */
  error: string
}

interface Report {
  Issues?:
    | {
        FromLinter: string
        Text: string
        Severity?: string
        Pos: { Filename: string; Line: number; Column?: number }
      }[]
    | null
  Report?: { Error?: string; Linters?: { Name: string; Enabled?: boolean }[] } | null
}

/**
 * Reads the report of one module. File names are relative to the source, which is mounted at `workdir`. The rule of a
 * finding is the linter's own rule where the message starts with one, else the name of the linter. `path` is the folder of the
 * module: what the compiler says of a package names files from there.
 */
export function readLint(report: string, workdir: string, path: string = "."): Lint {
  const { Issues: issues, Report: about } = JSON.parse(report) as Report
  const levels: Record<string, Finding["level"]> = { warning: "warning", info: "note", low: "note", medium: "warning" }
  return {
    findings: (issues ?? []).map(
      ({
        FromLinter: linter,
        Text: text,
        Severity: severity,
        Pos: { Filename: file, Line: line, Column: column },
      }) => ({
        tool: "golangci-lint",
        // `SA4006: …` of staticcheck, `G404: …` of gosec, `exported: …` of revive.
        rule: /^[A-Z]+\d+(?=: )/.exec(text)?.[0] ?? linter,
        ...(compilerPlace(text, path) ?? {
          text: text.trim(),
          file: file.replace(`${workdir}/`, ""),
          line,
          column: column ?? 0,
        }),
        level: levels[(severity ?? "").toLowerCase()] ?? "error",
      }),
    ),
    linters: (about?.Linters ?? []).filter(({ Enabled: enabled }) => enabled).map(({ Name: name }) => name),
    error: about?.Error ?? "",
  }
}

/**
 * The place in a compiler's message about a package: `: # example.com/x`, then `./two.go:3:6: syntax error`. golangci-lint
 * gives the first line of the package's first file instead.
 */
function compilerPlace(text: string, path: string): Pick<Finding, "text" | "file" | "line" | "column"> | undefined {
  const [, file, line, column = "0", message] =
    /^[\s:]*# \S.*\n(?:\.\/)?([^\n:]+\.go):(\d+)(?::(\d+))?: (.*)/.exec(text) ?? []
  if (file === undefined) return undefined
  return { text: message!, file: joined(path, file) ?? file, line: Number(line), column: Number(column) }
}

/** The tool, with the module that it runs on. */
const on = (path: string): string => (path === "." ? "golangci-lint" : `golangci-lint on ${path}`)

/** Reads the run on the module at `path`: the report of golangci-lint, and its log. */
export function readRun(
  ended: Ended,
  { report, log }: { report: string; log: string },
  { path, workdir }: { path: string; workdir: string },
): Reading & { linters: string[] } {
  const broken = (reason: string) => ({ findings: [], linters: [], clean: "", broken: reason })
  const isRead = report.trim().startsWith("{")
  const known = ended.timedOut || ended.exitCode === 0 ? "" : knownTrouble(log)
  if (ended.timedOut) return broken(`${couldNotRun("golangci-lint", ended, log)} in ${path}`)
  if (known || !isRead) return broken(known ? `${path}: ${known}` : couldNotRun(on(path), ended, errorIn(log) || log))
  const { findings, linters, error } = readLint(report, workdir, path)
  const failure = ended.exitCode !== 0 ? errorIn(log) || `exit code ${ended.exitCode}` : error
  // A compile error is a finding with its place, and an error without one.
  const isTold = findings.some(({ rule }) => rule === "typecheck")
  return {
    findings: ordered(findings),
    linters,
    clean: `no finding of ${linters.length} linters`,
    broken: failure === "" || isTold ? "" : `could not run: ${on(path)}: ${failure}`,
  }
}

/** The error message in the log of golangci-lint, without the prefix `level=error msg="…"`. */
export function errorIn(output: string): string {
  const lines = plainText(output)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const line = lines.find((one) => /^level=error|^Error: /.test(one)) ?? ""
  return line
    .replace(/^level=error msg="(.*)"$/, "$1")
    .replace(/^Error: /, "")
    .replaceAll('\\"', '"')
}
