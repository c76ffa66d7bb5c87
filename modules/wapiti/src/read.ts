// Reads wapiti's report and output, and compares the findings with the limits: pure functions over text.
import { firstLine } from "./shared/clock"
import { isWhole, notTested, plainLines, type Ended } from "./shared/words"
import { type FindingLimits, type Judgement, type Severity, countFindings, findingLimitFault } from "./shared/scan"

/** The modules of a scan for which none are given; README.md explains the choice. */
export const usualModules = [
  "xss",
  "permanentxss",
  "sql",
  "file",
  "redirect",
  "crlf",
  "csp",
  "cookieflags",
  "http_headers",
]

/** The names of wapiti's levels, from 0. */
const levels = ["info", "low", "medium", "high", "critical"]

/** A finding: one for each place, however many of wapiti's payloads revealed it. */
export interface Finding {
  /** Wapiti's category, such as `SQL Injection`. */
  category: string
  /** 0 info, 1 low, 2 medium, 3 high, 4 critical. */
  level: number
  method: string
  path: string
  parameter: string
  info: string
}

/** The content of wapiti's report. */
export interface Outcome {
  /** The address where the scan began. */
  target: string
  /** Number of URLs and forms that the crawl found. */
  urls: number
  /** The most serious first. */
  findings: Finding[]
  /** Number of wapiti's anomalies: requests of an attack that were answered with 500 or not at all. */
  anomalies: number
  /** Wapiti's description of each category, and its advice. */
  categories: Record<string, { desc?: string; sol?: string }>
}

/** What a scan has to keep to. */
export interface Limits extends FindingLimits {
  minUrls: number
}

interface Report {
  classifications?: Record<string, { desc?: string; sol?: string }>
  vulnerabilities: Record<
    string,
    { method: string; path: string; info: string; level: number; parameter: string | null }[]
  >
  anomalies?: Record<string, unknown[]>
  infos: { target: string; crawled_pages_nbr: number }
}

/** Reads wapiti's JSON report; undefined if the file is missing, or half of it. */
export function outcome(report: string): Outcome | undefined {
  if (!isWhole(report)) return undefined
  const { classifications = {}, vulnerabilities, anomalies = {}, infos } = JSON.parse(report) as Report
  const findings = new Map<string, Finding>()
  for (const [category, found] of Object.entries(vulnerabilities))
    for (const { method, path, info, level, parameter } of found) {
      const finding = { category, level, method, path, parameter: parameter ?? "", info }
      const place = JSON.stringify([category, level, method, path, parameter || info])
      if (!findings.has(place)) findings.set(place, finding)
    }
  return {
    target: infos.target,
    urls: infos.crawled_pages_nbr,
    findings: [...findings.values()].sort((a, b) => b.level - a.level),
    anomalies: Object.values(anomalies).flat().length,
    categories: classifications,
  }
}

/** Why the limits make no sense; "" if they do. */
export function limitFault({ minUrls, ...findings }: Limits): string {
  const fault = findingLimitFault(findings)
  return fault === "" && minUrls < 1 ? `minUrls: ${minUrls} is less than 1; a scan of no URL tests nothing` : fault
}

/** What wapiti prints about a module that it cannot run. */
const failedImport = /unable to find|seems broken|unable to import/i

/** Why the scan is incomplete; "" if it is complete. `modules` are the requested ones. */
export function incomplete(output: string, modules: string[]): string {
  const lines = plainLines(output)
  const cut = lines.find((line) => /Max (scan|attack) time was reached/.test(line))
  if (cut) return `scan incomplete: ${/module (\S+),/.exec(cut)?.[1] ?? "the crawl"} did not end within scanTime`
  const launched = lines.map((line) => /Launching module (\S+)/.exec(line)?.[1])
  const missing = modules.filter((module) => !launched.includes(module))
  return missing.length
    ? `${missing.join(", ")} did not run: ${lines.find((line) => failedImport.test(line)) ?? "no reason in the output"}`
    : ""
}

/** Compares the scan with its limits. The reason of a failure names the most serious finding. */
export function judge(found: Outcome, limits: Limits): Judgement {
  const { minUrls } = limits
  if (found.urls < minUrls)
    return {
      passed: false,
      reason: `${found.urls} URLs and forms found, at least ${minUrls} required`,
      value: found.urls,
      limit: minUrls,
      unit: "URLs",
    }
  const { worst, value, limit, counts } = countFindings(found.findings, severity, limits)
  const reason = worst
    ? `${place(worst)}${value > 1 ? ` (${value - 1} more)` : ""}`
    : `${found.urls} URLs and forms, findings: ${counts}`
  return { passed: !worst, reason, value, limit, unit: "findings" }
}

/** What a scan comes to. `found` is missing where wapiti wrote no report, or half of one. */
export function verdictOf(
  ended: Ended,
  { found, output }: { found: Outcome | undefined; output: string },
  { limits, modules }: { limits: Limits; modules: string[] },
): Judgement | { passed: false; reason: string } {
  if (ended.timedOut) return { passed: false, reason: "" }
  if (!found || ended.exitCode !== 0) return { passed: false, reason: notTested("wapiti", ended, output, trouble) }
  const judged = judge(found, limits)
  const lacking = judged.passed ? incomplete(output, modules) : ""
  return lacking ? { passed: false, reason: lacking } : judged
}

function severity({ level }: Finding): Severity {
  return level >= 3 ? "high" : level === 2 ? "medium" : "low"
}

/** A finding with its place: `SQL Injection in GET /search?name=`. */
function place({ category, method, path, parameter, info }: Finding): string {
  const at = `${category} in ${method} ${path}`
  if (parameter) return method === "GET" ? `${at}?${parameter}=` : `${at} (${parameter})`
  return `${at}: ${firstLine(info)}`
}

/** The findings in SARIF 2.1.0, the format that code hosts and editors read. */
export function sarif({ findings, target, categories }: Outcome): string {
  const used = [...new Set(findings.map(({ category }) => category))]
  const run = {
    tool: {
      driver: {
        name: "wapiti",
        rules: used.map((id) => ({
          id,
          shortDescription: { text: id },
          fullDescription: { text: categories[id]?.desc || id },
          help: { text: categories[id]?.sol || id },
        })),
      },
    },
    results: findings.map((finding) => ({
      ruleId: finding.category,
      ruleIndex: used.indexOf(finding.category),
      level: finding.level >= 3 ? "error" : finding.level === 2 ? "warning" : "note",
      message: { text: `${place(finding)}${finding.parameter ? `: ${finding.info}` : ""}` },
      locations: [{ physicalLocation: { artifactLocation: { uri: new URL(finding.path, target).href } } }],
      properties: { severity: levels[finding.level] },
    })),
  }
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }
  return `${JSON.stringify(log, null, 1)}\n`
}

/** The line of wapiti's output that says why there is no report. */
export function trouble(output: string): string {
  const lines = plainLines(output).filter((line) => !/^[\s_/\\|.`'()<>-]+$/.test(line))
  return firstLine(
    lines.find((line) => /cannot be reached|\berror\b|invalid|unable|exception/i.test(line)) ?? lines.at(-1) ?? "",
  )
}
