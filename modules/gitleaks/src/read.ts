// Reads what gitleaks has written, and puts it into the formats that other tools read: pure functions over text.
import { sarif as sarifOf } from "./shared/sarif"
import { couldNotRun, plainText, type Ended } from "./shared/words"

/** A secret that was found; the secret itself is never in it. */
export interface Finding {
  rule: string
  description: string
  file: string
  line: number
  /** The last line of the text in which it was found, where gitleaks names it. */
  endLine?: number
  /** The commit that added it; empty when it is in the files as they are now. */
  commit: string
  fingerprint: string
}

/** The findings of gitleaks' JSON report, without those in the file `except`. */
export function findings(report: string, except = ""): Finding[] {
  if (!isList(report)) return []
  const list = JSON.parse(report) as {
    RuleID: string
    Description: string
    File: string
    StartLine: number
    EndLine?: number
    Commit: string
    Fingerprint: string
  }[]
  const counted = list.filter(({ File: file }) => except === "" || file !== except)
  return counted.map((f) => ({
    rule: f.RuleID,
    description: f.Description,
    file: f.File,
    line: f.StartLine,
    endLine: f.EndLine,
    commit: f.Commit,
    fingerprint: f.Fingerprint,
  }))
}

/** The file that rules extend (`[extend] path = …`), from the repository's root; empty when there is none. */
export function extendedFile(toml: string): string {
  const value = `(?:"([^"]*)"|'([^']*)')`
  const section = /^[ \t]*\[extend\][ \t]*(?:#.*)?$([\s\S]*?)(?=^[ \t]*\[|(?![\s\S]))/m.exec(toml)?.[1] ?? ""
  const match =
    new RegExp(`^[ \\t]*path[ \\t]*=[ \\t]*${value}`, "m").exec(section) ??
    new RegExp(`^[ \\t]*extend\\.path[ \\t]*=[ \\t]*${value}`, "m").exec(toml) ??
    new RegExp(`^[ \\t]*extend[ \\t]*=[ \\t]*\\{[^}\\n]*\\bpath[ \\t]*=[ \\t]*${value}`, "m").exec(toml)
  return match?.[1] ?? match?.[2] ?? ""
}

/** A file of a source that a caller names, without `./` before it; an error if it leads out of the source. */
export function ownFile(argument: string, file: string): string {
  const clean = file.replace(/^(?:\.\/+)+/, "")
  if (clean.startsWith("/") || clean.split("/").includes(".."))
    throw new Error(`${argument}: ${JSON.stringify(file)} leads out of the source; give a file in it`)
  return clean
}

/**
 * The findings of a baseline, a JSON report of gitleaks, as entries of .gitleaksignore: gitleaks itself compares them with
 * commits alone, and the files have the same ones. An error if it is no report.
 */
export function baselineEntries(report: string, file: string): string {
  if (!isList(report))
    throw new Error(`baseline: ${file} is no JSON report of gitleaks; write one with --report-format json`)
  return findings(report)
    .map((one) => `${one.commit ? `${one.commit}:` : ""}${one.file}:${one.rule}:${one.line}\n`)
    .join("")
}

/** A finding in the files that may be the one that an entry of .gitleaksignore accepts in a commit. */
export interface Candidate {
  /** Position of the finding in its list. */
  index: number
  /** Commit and line that the entry names. */
  commit: string
  line: number
  /** Where the finding is now. */
  file: string
  start: number
  end: number
}

/**
 * The findings in the files that entries `<commit>:<file>:<rule>:<line>` may accept: the same rule in the same file. Whether one
 * is accepted depends on the text there (acceptScript), because lines move, and another secret may take an accepted one's place.
 */
export function candidates(ignored: string, standing: Finding[]): Candidate[] {
  const entries = ignored
    .split(/\r?\n/)
    .map((line) => /^([0-9a-f]{40}|[0-9a-f]{64}):(.+):([^:]+):(\d+)$/.exec(line.trim()))
    .filter((match) => match !== null)
  return standing.flatMap(({ file, rule, line, endLine = line }, index) =>
    entries
      .filter(([, , entryFile, entryRule]) => entryFile === file && entryRule === rule && !/[\t\n]/.test(file))
      .map(([, commit, , , number]) => ({
        index,
        commit: commit!,
        line: Number(number),
        file,
        start: line,
        end: endLine,
      })),
  )
}

/** The candidates as acceptScript reads them: one a line, with tabs between the fields. */
export function candidateLines(all: Candidate[]): string {
  return all
    .map(({ index, commit, line, start, end, file }) => `${[index, commit, line, start, end, file].join("\t")}\n`)
    .join("")
}

/** The number of commits that gitleaks says it has read; undefined when it does not say. */
export function commitsScanned(log: string): number | undefined {
  const match = /(\d+) commits scanned/.exec(log)
  return match ? Number(match[1]) : undefined
}

/** The exit code of gitleaks when it found a secret: one that it uses for nothing else. */
export const found = 3

/** Why a scan is not complete; "" if it is. `report` is the JSON that gitleaks writes even if it finds nothing. */
export function troubleOf(ended: Ended, report: string, log: string): string {
  const [error] = scanErrors(log)
  if (ended.timedOut || (error === undefined && ended.exitCode !== 0 && ended.exitCode !== found))
    return couldNotRun("gitleaks", ended, log)
  if (error !== undefined) return `could not run: gitleaks: ${error}`
  if (!isList(report)) return couldNotRun("gitleaks", ended, log)
  return ended.exitCode === found && findings(report).length === 0 ? couldNotRun("gitleaks", ended, log) : ""
}

function isList(report: string): boolean {
  try {
    return Array.isArray(JSON.parse(report))
  } catch {
    return false
  }
}

/** The errors of a scan. gitleaks ends with 0 when git could not read the repository, so its log decides. */
export function scanErrors(log: string): string[] {
  return plainText(log)
    .split("\n")
    .filter((l) => / (ERR|FTL) /.test(l))
    .map((l) => l.replace(/^.*? (ERR|FTL) /, "").trim())
    .filter((l) => !l.includes('"stderr is not empty"'))
}

/**
 * Findings of the files first, then those of the history that are no longer in the files. gitleaks names a text twice that two of
 * its passes find; it counts once.
 */
export function merged(history: Finding[], files: Finding[]): Finding[] {
  const standing = new Set(files.map(place))
  const all = [...files, ...history.filter((f) => !standing.has(place(f)))]
  return [...new Map(all.map((one) => [`${one.commit} ${place(one)}`, one])).values()]
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
    all.map(({ rule, description, file, line, endLine, commit, fingerprint }) => ({
      tool: "gitleaks",
      rule,
      text: commit ? `${description} In commit ${commit}.` : description,
      file,
      line: Math.max(1, line),
      ...(endLine !== undefined && endLine >= line ? { endLine: Math.max(1, endLine) } : {}),
      column: 0,
      about: description,
      fingerprints: { "gitleaks/v1": fingerprint },
    })),
  )
}

/** A JUnit file: one passing case, or a failing case for each finding. */
export function junit(all: Finding[]): string {
  const text = (s: string): string => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
  const cases = all.map((f) => {
    const failure = `<failure message="${text(describe([f]))}">${text(f.description)}</failure>`
    return `  <testcase classname="${text(f.rule)}" name="${text(place(f))}">${failure}</testcase>`
  })
  const body = cases.length > 0 ? cases.join("\n") : '  <testcase classname="gitleaks" name="no secret"/>'
  const counts = `tests="${Math.max(1, all.length)}" failures="${all.length}"`
  const suite = ` <testsuite name="gitleaks" ${counts}>\n${body}\n </testsuite>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suite}\n</testsuites>\n`
}

function place(f: Finding): string {
  return `${f.file}:${f.line} ${f.rule}`
}
