import { firstLine } from "./shared/clock"

// Reads what the run has written, and judges it: pure functions over text.

/** Something that ZAP has found, once for each kind and parameter, with the first place of it. */
export interface Finding {
  name: string
  /** 0 informational, 1 low, 2 medium, 3 high. */
  risk: number
  method: string
  url: string
  parameter: string
}

/** What a run has found. */
export interface Outcome {
  /** How many URLs of the address the spider has visited that were answered with less than 400. */
  urls: number
  /** How many active and passive rules were on. */
  rules: number
  /** The worst first. */
  findings: Finding[]
  /** What ZAP says of the plan. */
  info: string[]
  errors: string[]
}

export interface Limits {
  maxHigh: number
  maxMedium: number
  maxLow: number
  minUrls: number
  minRules: number
}

/** Whether a run is good enough, why, and by which figure. */
export interface Judgement {
  passed: boolean
  reason: string
  value: number
  limit: number
  unit: string
}

interface Report {
  rules: { active: number; passive: number }
  plan: { info: string[]; error: string[] }
  urls: { url: string; status: number }[]
  alerts: { name: string; risk: string; confidence: string; method: string; url: string; param: string }[]
}

const risks = ["Informational", "Low", "Medium", "High"]

/** Reads zap.json; undefined when there is none. */
export function outcome(report: string): Outcome | undefined {
  if (report.trim() === "") return undefined
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

/** What is wrong with the limits, in words; empty when they can be used. */
export function limitFault({ minUrls, minRules, ...most }: Limits): string {
  for (const [name, limit] of Object.entries(most))
    if (limit < -1) return `${name}: ${limit} is not a number of findings, or -1 for no limit`
  if (minRules < 0) return `minRules: ${minRules} is not 0 or more`
  return minUrls < 1 ? `minUrls: ${minUrls} is not 1 or more; a run that has seen no URL has tested nothing` : ""
}

/** The addresses to ask for, besides what the spider finds. What begins with a slash is of the same origin; anything else has to be an address of it. */
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

/** Which job of the plan used up its time, so that it was cut short; empty when none did. */
function cutShort(info: string[], minutes: number): string {
  const taken = info.map((line) =>
    /^Job (spider|passiveScan-wait|activeScan) finished, time taken: (\d+):(\d+):(\d+)/.exec(line),
  )
  return (
    taken.find((job) => job && Number(job[2]) * 3600 + Number(job[3]) * 60 + Number(job[4]) >= 60 * minutes)?.[1] ?? ""
  )
}

/** Whether the run keeps to the limits. What is wrong is said with the worst finding. `minutes` is what the spider and the active scan could take. */
export function judge(
  found: Outcome,
  { maxHigh, maxMedium, maxLow, minUrls, minRules }: Limits,
  minutes: number,
): Judgement {
  if (found.rules < minRules) {
    const reason =
      found.rules === 0
        ? "no scan rule is loaded: nothing was looked for"
        : `only ${found.rules} scan rules are loaded, at least ${minRules} are wanted`
    return { passed: false, reason, value: found.rules, limit: minRules, unit: "rules" }
  }
  if (found.urls < minUrls)
    return {
      passed: false,
      reason: `only ${found.urls} URLs were visited, at least ${minUrls} are wanted`,
      value: found.urls,
      limit: minUrls,
      unit: "URLs",
    }
  const classes = [
    { name: "high", limit: maxHigh, of: found.findings.filter(({ risk }) => risk === 3) },
    { name: "medium", limit: maxMedium, of: found.findings.filter(({ risk }) => risk === 2) },
    { name: "low", limit: maxLow, of: found.findings.filter(({ risk }) => risk <= 1) },
  ]
  const limited = classes.filter(({ limit }) => limit >= 0)
  const above = limited.filter(({ of, limit }) => of.length > limit)
  const counted = above.length ? above : limited
  const value = counted.reduce((sum, { of }) => sum + of.length, 0)
  const limit = counted.reduce((sum, one) => sum + one.limit, 0)
  const judged = (passed: boolean, reason: string): Judgement => ({ passed, reason, value, limit, unit: "findings" })
  if (above.length) return judged(false, `${place(above[0]!.of[0]!)}${value > 1 ? ` (${value - 1} more)` : ""}`)
  if (found.errors.length) return judged(false, `ZAP's plan failed: ${firstLine(found.errors[0]!)}`)
  const cut = cutShort(found.info, minutes)
  if (cut) return judged(false, `the scan was cut short: ${cut} did not end within scanTime`)
  if (found.rules === 0)
    return judged(true, `${found.urls} URLs were visited; no scan rule is loaded, so nothing was looked for`)
  return judged(
    true,
    `${found.urls} URLs, ${found.rules} rules, findings: ${classes.map(({ name, of }) => `${of.length} ${name}`).join(", ")}`,
  )
}

/** Where a finding is: `SQL Injection in GET /search?name=`. */
function place({ name, method, url, parameter }: Finding): string {
  const at = `${name} in ${method} ${new URL(url).pathname}`
  if (!parameter) return at
  return new URL(url).searchParams.has(parameter) ? `${at}?${parameter}=` : `${at} (${parameter})`
}

/** Why there is no report, in one line: what the script or ZAP says, past ZAP's own log of what it starts. */
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
