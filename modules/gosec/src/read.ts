import type { Finding } from "./shared/sarif"

// Reads what gosec has written: pure functions over text.

/** What gosec's JSON report says. */
export interface Scan {
  findings: Finding[]
  /** How many files it has looked at. */
  files: number
  /** What it could not read, as `file:line: why`. */
  errors: string[]
}

interface Report {
  "Golang errors"?: Record<string, { line: number; error: string }[]>
  Issues?: {
    severity: string
    rule_id: string
    details: string
    file: string
    line: string
    column: string
    cwe?: { id: string } | null
  }[]
  Stats?: { files: number }
}

/** Reads the report of the module at `path`; files are named from the root of the source, which is mounted at `workdir`. High severity is an error, medium a warning, low a note. */
export function readScan(report: string, workdir: string, path: string): Scan {
  const { Issues: issues, Stats: stats, "Golang errors": broken } = JSON.parse(report) as Report
  const local = (file: string): string => file.replace(`${workdir}/`, "")
  const below = path === "." ? "" : `${path}/`
  const levels: Record<string, Finding["level"]> = { HIGH: "error", MEDIUM: "warning", LOW: "note" }
  return {
    findings: (issues ?? []).map(({ severity, rule_id, details, file, line, column, cwe }) => ({
      tool: "gosec",
      rule: rule_id,
      text: `${details}${cwe?.id ? ` (CWE-${cwe.id})` : ""}`,
      file: local(file),
      // A finding of several lines is told as `3-5`.
      line: Number.parseInt(line, 10) || 0,
      column: Number.parseInt(column, 10) || 0,
      level: levels[severity] ?? "note",
    })),
    files: stats?.files ?? 0,
    // What does not compile is told without a file, in the compiler's words, with files named from the module.
    errors: Object.entries(broken ?? {}).flatMap(([file, list]) =>
      list.map(({ line, error }) =>
        file
          ? `${local(file)}${line > 0 ? `:${line}` : ""}: ${error}`
          : `${below}${error.split("\n").find((text) => !text.startsWith("#")) ?? error}`,
      ),
    ),
  }
}
