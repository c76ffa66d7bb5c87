import { firstLine } from "./shared/clock"

// Reads what wapiti has written, and judges it: pure functions over text.

/** The modules of a scan that names none; README.md says why these. */
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

/** Wapiti's levels, from 0. */
const levels = ["info", "low", "medium", "high", "critical"]

/** Something that wapiti has found, once for each place, however many of its payloads have shown it. */
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

/** What a scan has found. */
export interface Outcome {
  /** Where the scan began. */
  target: string
  /** How many URLs and forms the crawl has found. */
  urls: number
  /** The worst first. */
  findings: Finding[]
  /** What wapiti calls anomalies: requests of an attack that were answered with 500, or not at all. */
  anomalies: number
  /** What wapiti says of each category. */
  categories: Record<string, { desc?: string; sol?: string }>
}

export interface Limits {
  maxHigh: number
  maxMedium: number
  maxLow: number
  minUrls: number
}

/** Whether a scan is good enough, why, and by which figure. */
export interface Judgement {
  passed: boolean
  reason: string
  value: number
  limit: number
  unit: string
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

/** Reads wapiti's JSON report; undefined when there is none. */
export function outcome(report: string): Outcome | undefined {
  if (report.trim() === "") return undefined
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

/** What is wrong with the limits, in words; empty when they can be used. */
export function limitFault({ minUrls, ...most }: Limits): string {
  for (const [name, limit] of Object.entries(most))
    if (limit < -1) return `${name}: ${limit} is not a number of findings, or -1 for no limit`
  return minUrls < 1 ? `minUrls: ${minUrls} is not 1 or more; a scan of no URL has tested nothing` : ""
}

/** The addresses to begin with, besides the first. What begins with a slash is of the same origin; anything else has to be an address of it. */
export function startUrls(url: string, more: string[]): string[] {
  return more.map((one) => {
    const address = one.startsWith("/") ? new URL(url).origin + one : one
    if (!URL.canParse(address) || new URL(address).origin !== new URL(url).origin)
      throw new Error(
        `start: ${JSON.stringify(one)} is neither a path that begins with a slash nor an address of ${new URL(url).origin}`,
      )
    return address
  })
}

/** What kept a scan from being complete, in words; empty when nothing did. `modules` are those that were asked for. */
export function incomplete(output: string, modules: string[]): string {
  const lines = plainLines(output)
  const cut = lines.find((line) => /Max (scan|attack) time was reached/.test(line))
  if (cut) return `the scan was cut short: ${/module (\S+),/.exec(cut)?.[1] ?? "the crawl"} did not end within scanTime`
  const launched = lines.map((line) => /Launching module (\S+)/.exec(line)?.[1])
  const missing = modules.filter((module) => !launched.includes(module))
  return missing.length
    ? `${missing.join(", ")} did not run: ${lines.find((line) => /unable to find|seems broken|unable to import/i.test(line)) ?? "wapiti does not say why"}`
    : ""
}

/** Whether the scan keeps to the limits. What is wrong is said with the worst finding. */
export function judge(found: Outcome, { maxHigh, maxMedium, maxLow, minUrls }: Limits): Judgement {
  if (found.urls < minUrls)
    return {
      passed: false,
      reason: `only ${found.urls} URLs and forms were found, at least ${minUrls} are wanted`,
      value: found.urls,
      limit: minUrls,
      unit: "URLs",
    }
  const classes = [
    { name: "high", limit: maxHigh, of: found.findings.filter(({ level }) => level >= 3) },
    { name: "medium", limit: maxMedium, of: found.findings.filter(({ level }) => level === 2) },
    { name: "low", limit: maxLow, of: found.findings.filter(({ level }) => level <= 1) },
  ]
  const limited = classes.filter(({ limit }) => limit >= 0)
  const above = limited.filter(({ of, limit }) => of.length > limit)
  const counted = above.length ? above : limited
  const value = counted.reduce((sum, { of }) => sum + of.length, 0)
  const limit = counted.reduce((sum, one) => sum + one.limit, 0)
  if (above.length)
    return {
      passed: false,
      reason: `${place(above[0]!.of[0]!)}${value > 1 ? ` (${value - 1} more)` : ""}`,
      value,
      limit,
      unit: "findings",
    }
  const counts = classes.map(({ name, of }) => `${of.length} ${name}`).join(", ")
  return { passed: true, reason: `${found.urls} URLs and forms, findings: ${counts}`, value, limit, unit: "findings" }
}

/** Where a finding is: `SQL Injection in GET /search?name=`. */
function place({ category, method, path, parameter, info }: Finding): string {
  const at = `${category} in ${method} ${path}`
  if (parameter) return method === "GET" ? `${at}?${parameter}=` : `${at} (${parameter})`
  return `${at}: ${firstLine(info)}`
}

/** The findings in SARIF 2.1.0, which code hosts and editors read. */
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
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, null, 1)}\n`
}

function plainLines(output: string): string[] {
  return output
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
}

/** Why there is no report, in one line. */
export function trouble(output: string): string {
  const lines = plainLines(output).filter((line) => !/^[\s_/\\|.`'()<>-]+$/.test(line))
  return firstLine(
    lines.find((line) => /cannot be reached|\berror\b|invalid|unable|exception/i.test(line)) ?? lines.at(-1) ?? "",
  )
}
