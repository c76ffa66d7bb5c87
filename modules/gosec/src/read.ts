import { knownTrouble } from "./shared/go-output"
import { ordered, type Finding, type Reading } from "./shared/sarif"
import { couldNotRun, type Ended } from "./shared/words"

// Reads the JSON report of gosec: pure functions over text.

/** The content of a report. */
export interface Scan {
  findings: Finding[]
  /** Number of files that gosec read. */
  files: number
  /** Files that gosec could not read, as `file:line: error`. */
  errors: string[]
}

/** The folders that gosec has to leave out beside vendor, as an expression for its `-exclude-dir`. */
export const excludedFolders = "(^|/)(testdata|[_.][^/]+)(/|$)"

/** Whether a file belongs to a package and is not a test, which cannot be attacked. */
export function isScanned(file: string): boolean {
  return file.endsWith(".go") && !file.endsWith("_test.go") && !/(^|\/)(vendor|testdata|[_.][^/]+)\//.test(file)
}

/** The tool, with the module that it runs on. */
const on = (path: string): string => (path === "." ? "gosec" : `gosec on ${path}`)

/** Reads the run on the module at `path`: the report of gosec, and its log. */
export function readRun(
  ended: Ended,
  { report, log, cgo = "" }: { report: string; log: string; cgo?: string },
  { path, workdir }: { path: string; workdir: string },
): Reading & { files: number; unread: string[] } {
  const broken = (reason: string) => ({ findings: [], files: 0, unread: [], clean: "", broken: reason })
  // gosec writes no report when it finds no package.
  if (ended.timedOut || ended.exitCode !== 0 || !report.trim().startsWith("{")) {
    if (ended.timedOut) return broken(`${couldNotRun("gosec", ended, log)} in ${path}`)
    const known = knownTrouble(log)
    return broken(known ? `${path}: ${known}` : couldNotRun(on(path), ended, log))
  }
  const { findings, files, errors } = readScan(report, workdir, path)
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more errors)` : ""
  // gosec sees what cgo made of such files, and leaves that out.
  const withC = cgo.split("\n").filter((line) => line !== "")
  const failure = first && `gosec cannot read ${first}${more}; the module has to compile`
  return {
    findings: ordered(findings),
    files,
    clean: `no finding in ${files} files`,
    unread: withC.map((file) => file.replace(`${workdir}/`, "")),
    broken: failure ?? (files === 0 && withC.length === 0 ? `${path}: no file was scanned` : ""),
  }
}

/** What a scan says of files that gosec cannot read; empty if there are none. */
export function unreadText([first, ...more]: string[]): string {
  if (first === undefined) return ""
  return `gosec does not read files that compile C: ${first}${more.length > 0 ? ` and ${more.length} more` : ""}`
}

/** An embedded file that is not there, such as a page that another build makes: gosec has read the package's sources. */
const missingEmbed = /^pattern .*: no matching files found$/

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

/**
 * Reads the report of the module at `path`. File names are relative to the source, which is mounted at `workdir`.
 * Severity high becomes error, medium warning, low note.
 */
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
      // gosec gives `3-5` for a finding of several lines.
      line: Number.parseInt(line, 10) || 0,
      column: Number.parseInt(column, 10) || 0,
      level: levels[severity] ?? "note",
    })),
    files: stats?.files ?? 0,
    // A compile error has no file of its own: the compiler's message names it, relative to the module.
    errors: Object.entries(broken ?? {}).flatMap(([file, list]) =>
      list
        .filter(({ error }) => !missingEmbed.test(error))
        .map(({ line, error }) =>
          file
            ? `${local(file)}${line > 0 ? `:${line}` : ""}: ${error}`
            : `${below}${error.split("\n").find((text) => !text.startsWith("#")) ?? error}`,
        ),
    ),
  }
}
