import type { Finding } from "./shared/sarif"

// Reads what govulncheck and npm audit have written: pure functions over text.

/** What a tool has found, or why its database has not answered. */
export interface Answer {
  findings: Finding[]
  /** Why the database could not be asked; empty when it was. */
  unreachable: string
  /** What went wrong otherwise; empty when nothing did. */
  trouble: string
}

interface Message {
  osv?: { id: string; aliases?: string[]; summary?: string }
  finding?: { osv: string; fixed_version?: string; trace: { module: string; version?: string; package?: string }[] }
}

/** The number of the first line of a text that holds one of the words, from 1; 0 if there is none. */
function lineOf(text: string, ...words: string[]): number {
  const lines = text.split("\n")
  for (const word of words) {
    const at = lines.findIndex((line) => line.includes(word))
    if (at >= 0) return at + 1
  }
  return 0
}

/** Reads the stream of JSON values that `govulncheck -format json` prints, one after the other and over several lines each. */
export function messages(text: string): Message[] {
  // Each value begins with a brace at a line's beginning, and nothing inside of one does.
  return text
    .split(/^(?=\{)/m)
    .filter((part) => part.trim() !== "")
    .map((part) => JSON.parse(part) as Message)
}

/**
 * The findings of `govulncheck -scan package`, each once. A package that is imported and vulnerable is an error: Go's database tells no severity. Where only the module is known to be
 * vulnerable and none of the packages is imported, it is a note.
 */
export function readGovulncheck(text: string, path: string, goMod: string): Finding[] {
  const all = messages(text)
  const known = new Map(all.flatMap(({ osv }) => (osv ? [[osv.id, osv] as const] : [])))
  const found = new Map<string, Finding>()
  for (const { finding } of all) {
    if (!finding) continue
    const { module, version = "", package: imported } = finding.trace[0]!
    // Go's own library is there as a whole: what is not imported of it says nothing.
    if (module === "stdlib" && !imported) continue
    const key = `${finding.osv} ${module}`
    if (found.get(key)?.level === "error") continue
    const { summary = "", aliases = [] } = known.get(finding.osv) ?? {}
    const cve = aliases.find((one) => one.startsWith("CVE-"))
    const what = `${module}@${version.replace(/^v/, module === "stdlib" ? "go" : "v")}`
    found.set(key, {
      tool: "govulncheck",
      rule: finding.osv,
      text: `${what}: ${summary.replace(/\.$/, "")}${cve ? ` (${cve})` : ""}; ${finding.fixed_version ? `fixed in ${finding.fixed_version}` : "there is no fixed version"}${imported ? "" : "; the packages that have it are not imported"}`,
      file: path === "." ? "go.mod" : `${path}/go.mod`,
      // A module's line in go.mod has its name and a version; the standard library's is that of the Go version.
      line:
        module === "stdlib" ? lineOf(goMod, "toolchain ", "go ") : lineOf(goMod, `${module} ${version}`, `${module} `),
      column: 0,
      level: imported ? "error" : "note",
    })
  }
  return [...found.values()]
}

/** What govulncheck says where its database does not answer, or is none. */
const asksDatabase =
  /^govulncheck: (?:fetching vulnerabilities|creating client): |^(?:creating client|fetching vulnerabilities): /

/** What a run of govulncheck came to. */
export function govulncheckAnswer({
  exitCode,
  timedOut,
  printed,
  said,
  database,
  path,
  goMod,
}: {
  exitCode: number
  timedOut: boolean
  printed: string
  said: string
  database: string
  path: string
  goMod: string
}): Answer {
  const lines = said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const refused = lines.find((line) => asksDatabase.test(line))
  if (timedOut) return { findings: [], unreachable: `${database} has not answered in time`, trouble: "" }
  if (exitCode !== 0 && refused)
    return {
      findings: [],
      unreachable: `${database} could not be read: ${refused.replace(asksDatabase, "").replace(/^Get "[^"]*": /, "")}`,
      trouble: "",
    }
  if (exitCode !== 0 || printed === "")
    return {
      findings: [],
      unreachable: "",
      trouble:
        lines.find((line) => !line.startsWith("go: downloading")) ?? `govulncheck ended with ${exitCode} and no report`,
    }
  return { findings: readGovulncheck(printed, path, goMod), unreachable: "", trouble: "" }
}

interface Audit {
  auditReportVersion?: number
  vulnerabilities?: Record<
    string,
    {
      nodes: string[]
      fixAvailable: boolean | { name: string; version: string }
      via: (string | { name: string; title: string; url: string; severity: string; range: string })[]
    }
  >
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

/** Where a range of vulnerable versions ends, as what mends it. */
function fixOf(range: string, fix: boolean | { name: string; version: string }): string {
  const end = /<\s*(\d[^\s|]*)\s*$/.exec(range)?.[1]
  if (end) return `fixed in ${end}`
  return typeof fix === "object" ? `mended by ${fix.name} ${fix.version}` : "there is no fixed version"
}

/** The findings of `npm audit --json`, each once for each version that is installed. */
export function readAudit(text: string, path: string, lockfile: string): Finding[] {
  const { packages = {} } = JSON.parse(lockfile) as { packages?: Record<string, { version?: string }> }
  const found = new Map<string, Finding>()
  for (const { nodes, via, fixAvailable } of Object.values((JSON.parse(text) as Audit).vulnerabilities ?? {})) {
    for (const one of via) {
      if (typeof one === "string") continue
      const rule = /(GHSA-[\w-]+)/.exec(one.url)?.[1] ?? one.url
      for (const node of nodes.length ? nodes : [`node_modules/${one.name}`]) {
        const version = packages[node]?.version ?? ""
        found.set(`${rule} ${one.name} ${version}`, {
          tool: "npm audit",
          rule,
          text: `${one.name}@${version}: ${one.title.replace(/\.$/, "")} (${one.severity}); ${fixOf(one.range, fixAvailable)}`,
          file: path === "." ? "package-lock.json" : `${path}/package-lock.json`,
          line: lineOf(lockfile, `"${node}": {`),
          column: 0,
          level: levels[one.severity] ?? "warning",
        })
      }
    }
  }
  return [...found.values()]
}

/** What npm says where the fault is the project's, not the registry's. */
const ownFaults = ["ENOLOCK", "EUSAGE", "EJSONPARSE", "ELOCKVERIFY"]

/** What a run of npm audit came to. */
export function auditAnswer({
  timedOut,
  printed,
  said,
  registry,
  path,
  lockfile,
}: {
  timedOut: boolean
  printed: string
  said: string
  registry: string
  path: string
  lockfile: string
}): Answer {
  if (timedOut) return { findings: [], unreachable: `${registry} has not answered in time`, trouble: "" }
  let report: Audit
  try {
    report = JSON.parse(printed) as Audit
  } catch {
    return {
      findings: [],
      unreachable: "",
      trouble:
        said
          .split("\n")
          .map((line) => line.trim())
          .find((line) => line !== "") ?? "npm audit has left no report",
    }
  }
  if (report.auditReportVersion !== undefined)
    return { findings: readAudit(printed, path, lockfile), unreachable: "", trouble: "" }
  const why = report.message ?? report.error?.summary ?? "npm audit has left no report"
  return ownFaults.includes(report.error?.code ?? "")
    ? { findings: [], unreachable: "", trouble: why }
    : { findings: [], unreachable: `${registry} could not be asked: ${why.replace(/\s+/g, " ")}`, trouble: "" }
}
