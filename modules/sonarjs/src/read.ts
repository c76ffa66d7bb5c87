import type { Finding } from "./shared/sarif"

// Reads what eslint has written: pure functions over text.

/** What eslint's JSON report says. */
export interface Scan {
  findings: Finding[]
  /** How many files it has looked at. */
  files: number
  /** What it could not parse, as `file:line: why`. */
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

/** Reads a report; files are named from the folder that is mounted at `workdir`. */
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
