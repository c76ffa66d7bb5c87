import { ordered, type Finding, type Reading } from "./shared/sarif"
import { couldNotRun, plainText, type Ended } from "./shared/words"

// Reads the JSON report of eslint: pure functions over text.

/** The content of a report. */
export interface Scan {
  findings: Finding[]
  /** Number of files that eslint read. */
  files: number
  /** Files that eslint could not parse, as `file:line: error`. */
  errors: string[]
}

/** Reads a run of eslint, which exits with 1 after findings and with 2 after an error. */
export function readRun(
  ended: Ended,
  { report, output }: { report: string; output: string },
  workdir: string,
): Reading {
  const broken = (reason: string): Reading => ({ findings: [], clean: "", broken: reason })
  if (ended.timedOut || ended.exitCode > 1 || !report.trim().startsWith("[")) {
    const [, file] = /^Occurred while linting (.+?)(?::\d+)?$/m.exec(plainText(output)) ?? []
    const at = file ? ` (at ${file.replace(`${workdir}/`, "")})` : ""
    return broken(couldNotRun("eslint", ended, output) + at)
  }
  const { findings, files, errors } = readScan(report, workdir)
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ""
  const unread = first && `eslint cannot read ${first}${more}`
  return {
    findings: ordered(findings),
    clean: `no finding in ${files} files`,
    broken: unread ?? (files === 0 ? "no file was scanned" : ""),
  }
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
