import type { Finding } from "./shared/sarif"
import { couldNotRun } from "./shared/words"

// Reads the output of govulncheck and npm audit: pure functions over text.

/** The answer of one tool: its findings, or why there is none. */
export interface Answer {
  findings: Finding[]
  /** Why the database did not answer; empty when it did. */
  unreachable: string
  /** Any other error; empty when there was none. */
  trouble: string
}

const answered = (findings: Finding[]): Answer => ({ findings, unreachable: "", trouble: "" })
const silent = (unreachable: string): Answer => ({ findings: [], unreachable, trouble: "" })
const broken = (trouble: string): Answer => ({ findings: [], unreachable: "", trouble })

/** The answer for a lock file that cannot be read: nothing is known, which is no good news. */
export function notRead(manifest: string, why: string): { manifest: string; answer: Answer } {
  return { manifest, answer: silent(`${manifest} is not read: ${why}`) }
}

interface Osv {
  id: string
  aliases?: string[]
  summary?: string
}
interface Vulnerable {
  osv: string
  fixed_version?: string
  trace: { module: string; version?: string; package?: string }[]
}
interface Message {
  osv?: Osv
  finding?: Vulnerable
}

/** The lines of a text that are not blank, trimmed. */
function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
}

/** The number of the first line that contains the first of the words that occurs, from 1; 0 when none does. */
function lineOf(text: string, ...words: string[]): number {
  const lines = text.split("\n")
  for (const word of words) {
    const at = lines.findIndex((line) => line.includes(word))
    if (at >= 0) return at + 1
  }
  return 0
}

/** Reads the stream of JSON values of `govulncheck -format json`, each of which spans several lines. */
export function messages(text: string): Message[] {
  // A value starts with a brace at the start of a line; no line inside a value does.
  return text
    .split(/^(?=\{)/m)
    .filter((part) => part.trim() !== "")
    .map((part) => JSON.parse(part) as Message)
}

/**
 * The findings of `govulncheck -scan package`, each once. An imported vulnerable package is an error, because Go's
 * database has no severities. It is a note when only the module is vulnerable and none of those packages is imported.
 */
export function readGovulncheck(text: string, path: string, goMod: string): Finding[] {
  const all = messages(text)
  const known = new Map(all.flatMap(({ osv }) => (osv ? [[osv.id, osv] as const] : [])))
  const found = new Map<string, Finding>()
  for (const { finding } of all) {
    if (!finding) continue
    const { module, package: imported } = finding.trace[0]!
    // The standard library is always present as a whole: a package that is not imported is no finding.
    if (module === "stdlib" && !imported) continue
    const key = `${finding.osv} ${module}`
    if (found.get(key)?.level === "error") continue
    found.set(key, goFinding(finding, known.get(finding.osv), path, goMod))
  }
  return [...found.values()]
}

function goFinding(
  { osv, fixed_version: fixed, trace }: Vulnerable,
  entry: Osv | undefined,
  path: string,
  goMod: string,
): Finding {
  const { module, version = "", package: imported } = trace[0]!
  const ofGo = module === "stdlib"
  const cve = entry?.aliases?.find((one) => one.startsWith("CVE-"))
  const what = `${module}@${version.replace(/^v/, ofGo ? "go" : "v")}`
  const summary = `${(entry?.summary ?? "").replace(/\.$/, "")}${cve ? ` (${cve})` : ""}`
  const fix = fixed ? `fixed in ${fixed}` : "no fixed version"
  return {
    tool: "govulncheck",
    rule: osv,
    text: `${what}: ${summary}; ${fix}${imported ? "" : "; the vulnerable packages are not imported"}`,
    file: path === "." ? "go.mod" : `${path}/go.mod`,
    // A module's line in go.mod has its name and version; the standard library is placed at the Go version.
    line: ofGo ? lineOf(goMod, "toolchain ", "go ") : lineOf(goMod, `${module} ${version}`, `${module} `),
    column: 0,
    level: imported ? "error" : "note",
  }
}

/** What govulncheck prints before its error when the database does not answer or is not one. */
const databaseError =
  /^govulncheck: (?:fetching vulnerabilities|creating client): |^(?:creating client|fetching vulnerabilities): /

/** The run of a tool, as its answer is read from it. */
interface Run {
  exitCode: number
  timedOut: boolean
  /** Standard output: the tool's report. */
  printed: string
  /** Standard error. */
  said: string
}

/** Whether a stream of JSON values has an end: half a report, of a tool that crashed, has none. */
function isComplete(printed: string): boolean {
  try {
    return messages(printed).length > 0
  } catch {
    return false
  }
}

/** The answer of govulncheck for the module at `path`; `database` is named when it did not answer. */
export function govulncheckAnswer(run: Run & { database: string; path: string; goMod: string }): Answer {
  const { exitCode, timedOut, printed, said, database, path, goMod } = run
  if (timedOut) return silent(`${database} did not answer in time`)
  const lines = linesOf(said)
  const refused = lines.find((line) => databaseError.test(line))
  if (exitCode !== 0 && refused) {
    const why = refused.replace(databaseError, "").replace(/^Get "[^"]*": /, "")
    return silent(`${database} could not be read: ${why}`)
  }
  const read = exitCode === 0 && isComplete(printed) ? readGovulncheck(printed, path, goMod) : undefined
  return read ? answered(read) : broken(couldNotRun("govulncheck", { exitCode, timedOut, seconds: 0 }, said))
}

type Fix = boolean | { name: string; version: string }

interface Vulnerability {
  nodes: string[]
  fixAvailable: Fix
  via: (string | { name: string; title: string; url: string; severity: string; range: string })[]
}
interface Audit {
  auditReportVersion?: number
  vulnerabilities?: Record<string, Vulnerability>
  message?: string
  error?: { code?: string; summary?: string }
}

const levels: Record<string, Finding["level"]> = {
  critical: "error",
  high: "error",
  moderate: "warning",
  low: "note",
  info: "note",
}

/** Which version fixes a finding: the end of the vulnerable range, else the package that npm proposes. */
function fixOf(range: string, fix: Fix): string {
  const end = /<\s*(\d[^\s|]*)\s*$/.exec(range)?.[1]
  if (end) return `fixed in ${end}`
  return typeof fix === "object" ? `fixed by ${fix.name} ${fix.version}` : "no fixed version"
}

/** The lock file that npm audit has read. */
interface AuditedLock {
  /** Its path in the source. */
  path: string
  /** Its text as npm has read it. */
  lockfile: string
  /** The lines of npm's keys in the file itself, if that is one of another package manager. */
  lines?: Record<string, number>
}

/** The findings of `npm audit --json`, each once for each installed version. */
export function readAudit(text: string, { path, lockfile, lines }: AuditedLock): Finding[] {
  const { packages = {} } = JSON.parse(lockfile) as { packages?: Record<string, { version?: string }> }
  const found = new Map<string, Finding>()
  for (const { nodes, via, fixAvailable } of Object.values((JSON.parse(text) as Audit).vulnerabilities ?? {})) {
    for (const one of via) {
      if (typeof one === "string") continue
      const { name, title, url, severity, range } = one
      const rule = /(GHSA-[\w-]+)/.exec(url)?.[1] ?? url
      for (const node of nodes.length ? nodes : [`node_modules/${name}`]) {
        const version = packages[node]?.version ?? ""
        found.set(`${rule} ${name} ${version}`, {
          tool: "npm audit",
          rule,
          text: `${name}@${version}: ${title.replace(/\.$/, "")} (${severity}); ${fixOf(range, fixAvailable)}`,
          file: path,
          line: lines ? (lines[node] ?? 0) : lineOf(lockfile, `"${node}": {`),
          column: 0,
          level: levels[severity] ?? "warning",
        })
      }
    }
  }
  return [...found.values()]
}

/** npm's error codes for a fault of the project, not of the registry. */
const projectErrors = ["ENOLOCK", "EUSAGE", "EJSONPARSE", "ELOCKVERIFY"]
const noReport = "npm audit wrote no report"

/** The answer of npm audit for a lock file; `registry` is named when it did not answer. */
export function auditAnswer(
  run: Omit<Run, "exitCode"> & { exitCode?: number; registry: string; lock: AuditedLock },
): Answer {
  const { exitCode = 1, timedOut, printed, said, registry, lock } = run
  if (timedOut) return silent(`${registry} did not answer in time`)
  let report: Audit
  try {
    report = JSON.parse(printed) as Audit
  } catch {
    return broken(couldNotRun("npm audit", { exitCode, timedOut, seconds: 0 }, said))
  }
  if (report.auditReportVersion !== undefined) return answered(readAudit(printed, lock))
  const why = report.message ?? report.error?.summary ?? noReport
  return projectErrors.includes(report.error?.code ?? "")
    ? broken(why)
    : silent(`${registry} could not be queried: ${why.replace(/\s+/g, " ")}`)
}
