import type { Finding } from "./shared/sarif"

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
 * finding is the linter's own rule where the message starts with one, else the name of the linter.
 */
export function readLint(report: string, workdir: string): Lint {
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
        text: text.trim(),
        file: file.replace(`${workdir}/`, ""),
        line,
        column: column ?? 0,
        level: levels[(severity ?? "").toLowerCase()] ?? "error",
      }),
    ),
    linters: (about?.Linters ?? []).filter(({ Enabled: enabled }) => enabled).map(({ Name: name }) => name),
    error: about?.Error ?? "",
  }
}

/** The error message in the log of golangci-lint, without the prefix `level=error msg="…"`. */
export function errorIn(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const line = lines.find((one) => /^level=error|^Error: /.test(one)) ?? lines.at(-1) ?? ""
  return line
    .replace(/^level=error msg="(.*)"$/, "$1")
    .replace(/^Error: /, "")
    .replaceAll('\\"', '"')
}
