// Reads the report of a ZAP run, and compares the findings with the limits: pure functions over text.
import { firstLine } from "./shared/clock"
import { isWhole, notTested, type Ended } from "./shared/words"
import { type FindingLimits, type Judgement, type Severity, countFindings, findingLimitFault } from "./shared/scan"

/** A finding: one for each kind and parameter, with the first place where it occurs. */
export interface Finding {
  name: string
  /** 0 informational, 1 low, 2 medium, 3 high. */
  risk: number
  method: string
  url: string
  parameter: string
}

/** The content of zap.json. */
export interface Outcome {
  /** Number of URLs that the spider visited and that were answered with a status below 400. */
  urls: number
  /** Number of active and passive rules that were enabled. */
  rules: number
  /** The most serious first. */
  findings: Finding[]
  /** ZAP's messages about the plan. */
  info: string[]
  errors: string[]
}

/** What a run has to keep to. */
export interface Limits extends FindingLimits {
  minUrls: number
  minRules: number
}

interface Report {
  rules: { active: number; passive: number }
  plan: { info: string[]; error: string[] }
  urls: { url: string; status: number }[]
  alerts: { name: string; risk: string; confidence: string; method: string; url: string; param: string }[]
}

const risks = ["Informational", "Low", "Medium", "High"]

/** Reads zap.json; undefined if the file is missing, or half of it. Throws for a risk that ZAP does not define. */
export function outcome(report: string): Outcome | undefined {
  if (!isWhole(report)) return undefined
  const { rules, plan, urls, alerts } = JSON.parse(report) as Report
  const findings = new Map<string, Finding>()
  for (const { name, risk, confidence, method, url, param } of alerts) {
    if (confidence === "False Positive") continue
    if (!risks.includes(risk))
      throw new Error(`zap.json: the risk ${JSON.stringify(risk)} is not one of ${risks.join(", ")}`)
    const kind = JSON.stringify([name, risk, param])
    if (!findings.has(kind)) findings.set(kind, { name, risk: risks.indexOf(risk), method, url, parameter: param })
  }
  return {
    urls: new Set(urls.filter(({ status }) => status > 0 && status < 400).map(({ url }) => url)).size,
    rules: rules.active + rules.passive,
    findings: [...findings.values()].sort((a, b) => b.risk - a.risk),
    info: plan.info,
    errors: plan.error,
  }
}

/** Why the limits make no sense; "" if they do. */
export function limitFault({ minUrls, minRules, ...findings }: Limits): string {
  const fault = findingLimitFault(findings)
  if (fault !== "") return fault
  if (minRules < 0) return `minRules: ${minRules} is less than 0`
  return minUrls < 1 ? `minUrls: ${minUrls} is less than 1; a run that visits no URL tests nothing` : ""
}

/** The job of the plan that used up its time and so was cut short; "" if none did. */
function cutShort(info: string[], minutes: number): string {
  const taken = info.map((line) =>
    /^Job (spider|passiveScan-wait|activeScan) finished, time taken: (\d+):(\d+):(\d+)/.exec(line),
  )
  return (
    taken.find((job) => job && Number(job[2]) * 3600 + Number(job[3]) * 60 + Number(job[4]) >= 60 * minutes)?.[1] ?? ""
  )
}

/**
 * Compares the run with its limits. The reason of a failure names the most serious finding.
 * `minutes` is the time that the spider and the active scan had.
 */
export function judge(found: Outcome, limits: Limits, minutes: number): Judgement {
  const { minUrls, minRules } = limits
  if (found.rules < minRules) {
    const reason =
      found.rules === 0
        ? "no scan rules loaded: ZAP looked for nothing"
        : `${found.rules} scan rules loaded, at least ${minRules} required`
    return { passed: false, reason, value: found.rules, limit: minRules, unit: "rules" }
  }
  if (found.urls < minUrls) {
    const reason = `${found.urls} URLs visited, at least ${minUrls} required`
    return { passed: false, reason, value: found.urls, limit: minUrls, unit: "URLs" }
  }
  const { worst, value, limit, counts } = countFindings(found.findings, severity, limits)
  const judged = (passed: boolean, reason: string): Judgement => ({ passed, reason, value, limit, unit: "findings" })
  if (worst) return judged(false, `${place(worst)}${value > 1 ? ` (${value - 1} more)` : ""}`)
  if (found.errors.length) return judged(false, `ZAP's plan failed: ${firstLine(found.errors[0]!)}`)
  const cut = cutShort(found.info, minutes)
  if (cut) return judged(false, `scan incomplete: ${cut} did not end within scanTime`)
  if (found.rules === 0) return judged(true, `${found.urls} URLs visited; no scan rules loaded: ZAP looked for nothing`)
  return judged(true, `${found.urls} URLs, ${found.rules} rules, findings: ${counts}`)
}

/** What a run comes to. `found` is missing where there is no zap.json, or half of one. */
export function verdictOf(
  ended: Ended,
  { found, output }: { found: Outcome | undefined; output: string },
  { limits, minutes }: { limits: Limits; minutes: number },
): Judgement | { passed: false; reason: string } {
  if (ended.timedOut) return { passed: false, reason: "" }
  if (!found || ended.exitCode !== 0) return { passed: false, reason: notTested("zap", ended, output, trouble) }
  return judge(found, limits, minutes)
}

function severity({ risk }: Finding): Severity {
  return risk === 3 ? "high" : risk === 2 ? "medium" : "low"
}

/** A finding with its place: `SQL Injection in GET /search?name=`. */
function place({ name, method, url, parameter }: Finding): string {
  const at = `${name} in ${method} ${new URL(url).pathname}`
  if (!parameter) return at
  return new URL(url).searchParams.has(parameter) ? `${at}?${parameter}=` : `${at} (${parameter})`
}

/** The line of the output that says why there is no report, without ZAP's log of what it starts. */
export function trouble(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/ (INFO|WARN) +org\./.test(line))
  return firstLine(
    lines.find((line) => /cannot be reached|did not start/.test(line)) ??
      lines.find((line) => /failed to start|\bERROR\b|error|exception/i.test(line)) ??
      lines.at(-1) ??
      "",
  )
}
