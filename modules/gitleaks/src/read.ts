// Reads what gitleaks has written, and puts it into the formats that other tools read: pure functions over text.
import { sarif as sarifOf } from "./shared/sarif"

/** A secret that was found; the secret itself is never in it. */
export interface Finding {
  rule: string
  description: string
  file: string
  line: number
  /** The commit that added it; empty when it is in the files as they are now. */
  commit: string
  fingerprint: string
}

/** The findings of gitleaks' JSON report. */
export function findings(report: string): Finding[] {
  if (report.trim() === "") return []
  const list = JSON.parse(report) as {
    RuleID: string
    Description: string
    File: string
    StartLine: number
    Commit: string
    Fingerprint: string
  }[]
  return list.map((f) => ({
    rule: f.RuleID,
    description: f.Description,
    file: f.File,
    line: f.StartLine,
    commit: f.Commit,
    fingerprint: f.Fingerprint,
  }))
}

/** The number of commits that gitleaks says it has read; undefined when it does not say. */
export function commitsScanned(log: string): number | undefined {
  const match = /(\d+) commits scanned/.exec(log)
  return match ? Number(match[1]) : undefined
}

/** The errors of a scan. gitleaks ends with 0 when git could not read the repository, so its log decides. */
export function scanErrors(log: string): string[] {
  return log
    .split("\n")
    .filter((l) => / (ERR|FTL) /.test(l))
    .map((l) => l.replace(/^.*? (ERR|FTL) /, "").trim())
    .filter((l) => !l.includes('"stderr is not empty"'))
}

/** Findings of the files first, then those of the history that are no longer in the files. */
export function merged(history: Finding[], files: Finding[]): Finding[] {
  const standing = new Set(files.map(place))
  return [...files, ...history.filter((f) => !standing.has(place(f)))]
}

/** One line that says what to look at first. */
export function describe(all: Finding[]): string {
  const first = all[0]
  if (!first) return ""
  const where = first.commit ? ` in commit ${first.commit.slice(0, 10)}` : ""
  const rest = all.length > 1 ? ` (and ${all.length - 1} more)` : ""
  return `secret in ${place(first)}${where}${rest}`
}

/** The findings as SARIF 2.1.0. */
export function sarif(all: Finding[]): string {
  return sarifOf(
    ["gitleaks"],
    all.map(({ rule, description, file, line, commit, fingerprint }) => ({
      tool: "gitleaks",
      rule,
      text: commit ? `${description} In commit ${commit}.` : description,
      file,
      line: Math.max(1, line),
      column: 0,
      about: description,
      fingerprints: { "gitleaks/v1": fingerprint },
    })),
  )
}

/** A JUnit file: one passing case, or a failing case for each finding. */
export function junit(all: Finding[]): string {
  const text = (s: string): string => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
  const cases = all.map(
    (f) =>
      `  <testcase classname="${text(f.rule)}" name="${text(place(f))}"><failure message="${text(describe([f]))}">${text(f.description)}</failure></testcase>`,
  )
  const body = cases.length > 0 ? cases.join("\n") : '  <testcase classname="gitleaks" name="no secret"/>'
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n <testsuite name="gitleaks" tests="${Math.max(1, all.length)}" failures="${all.length}">\n${body}\n </testsuite>\n</testsuites>\n`
}

function place(f: Finding): string {
  return `${f.file}:${f.line} ${f.rule}`
}
