import type { Finding } from "./shared/sarif"

// Reads the JSON report of eslint: pure functions over text.

/** The content of a report. */
export interface Scan {
  findings: Finding[]
  /** Number of files that eslint read. */
  files: number
  /** Files that eslint could not parse, as `file:line: error`. */
  errors: string[]
}

type Report = {
  filePath: string
  messages: {
    ruleId: string | null
    severity: number
    fatal?: boolean
    message: string
    line?: number
    column?: number
  }[]
}[]

/** Reads a report. File names are relative to the folder that is mounted at `workdir`. */
export function readScan(report: string, workdir: string): Scan {
  const files = (JSON.parse(report) as Report).map(({ filePath, messages }) => ({
    file: filePath.replace(`${workdir}/`, ""),
    messages,
  }))
  const all = files.flatMap(({ file, messages }) => messages.map((message) => ({ file, ...message })))
  return {
    findings: all
      .filter(({ fatal, ruleId }) => !fatal && ruleId !== null)
      .map(({ file, ruleId, severity, message, line = 0, column = 0 }) => ({
        tool: "eslint-plugin-sonarjs",
        rule: ruleId!,
        text: message,
        file,
        line,
        column,
        level: severity === 2 ? "error" : "warning",
      })),
    files: files.length,
    errors: all
      .filter(({ fatal }) => fatal)
      .map(({ file, line, message }) => `${file}${line ? `:${line}` : ""}: ${message}`),
  }
}
