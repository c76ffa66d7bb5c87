// Generated from modules/shared/scan.ts by `npm run sync`; do not edit.
// What scanners of a running service have in common: start addresses, and findings compared with limits. Pure functions.

/** How serious a finding is: critical counts as high, informational as low. */
export type Severity = "high" | "medium" | "low"

/** The number of findings of each severity that is allowed; -1 for no limit. */
export interface FindingLimits {
  maxHigh: number
  maxMedium: number
  maxLow: number
}

/** Whether a scan keeps to its limits, why, and the figure that decides. */
export interface Judgement {
  passed: boolean
  reason: string
  value: number
  limit: number
  unit: string
}

/** Findings compared with their limits. */
export interface Counted<F> {
  /** The first finding of the most serious severity above its limit; undefined if all limits hold. */
  worst?: F
  /** Number of findings of the severities above their limits; if there is none, of all severities with a limit. */
  value: number
  /** The sum of the limits that `value` is compared with. */
  limit: number
  /** Such as `0 high, 1 medium, 4 low`. */
  counts: string
}

/** Compares findings with their limits. `findings` has the most serious first. */
export function countFindings<F>(
  findings: F[],
  severity: (finding: F) => Severity,
  { maxHigh, maxMedium, maxLow }: FindingLimits,
): Counted<F> {
  const classes = [
    { name: "high", limit: maxHigh },
    { name: "medium", limit: maxMedium },
    { name: "low", limit: maxLow },
  ].map((one) => ({ ...one, found: findings.filter((finding) => severity(finding) === one.name) }))
  const limited = classes.filter(({ limit }) => limit >= 0)
  const above = limited.filter(({ found, limit }) => found.length > limit)
  const counted = above.length ? above : limited
  return {
    worst: above[0]?.found[0],
    value: counted.reduce((sum, { found }) => sum + found.length, 0),
    limit: counted.reduce((sum, { limit }) => sum + limit, 0),
    counts: classes.map(({ name, found }) => `${found.length} ${name}`).join(", "),
  }
}

/** Why the limits make no sense; "" if they do. */
export function findingLimitFault({ maxHigh, maxMedium, maxLow }: FindingLimits): string {
  for (const [name, limit] of Object.entries({ maxHigh, maxMedium, maxLow }))
    if (limit < -1) return `${name}: ${limit} is not a number of findings, or -1 for no limit`
  return ""
}

/**
 * The addresses to visit in addition to what the crawler finds: paths that begin with a slash, or URLs of the origin of
 * `url`. Throws for anything else.
 */
export function startUrls(url: string, more: string[]): string[] {
  const { origin } = new URL(url)
  return more.map((one) => {
    const address = one.startsWith("/") ? origin + one : one
    if (!URL.canParse(address) || new URL(address).origin !== origin)
      throw new Error(
        `start: ${JSON.stringify(one)} is neither a path that begins with a slash nor an address of ${origin}`,
      )
    return address
  })
}
