// What findings of scanners count for: those that are bad enough, and not suppressed.
import type { Severity, Suppression } from "../config/config"
import type { Found } from "../report/merge"
import type { Stage } from "../report/stages"

const severities: Record<string, number> = { error: 2, warning: 1, note: 0, none: 0 }
const threshold: Record<Severity, number> = { high: 2, medium: 1, low: 0 }

/** The suppression that a finding falls under, if there is one. */
export function suppressionOf({ rule, file }: Found, suppressions: Suppression[]): Suppression | undefined {
  return suppressions.find((one) => one.rule === rule && (file === one.path || file.startsWith(`${one.path}/`)))
}

/**
 * A scanner's stage, judged by its findings: red when one counts. A scan that went wrong stays as it is. `today` is YYYY-MM-DD: a suppression that ended before it
 * silences nothing.
 */
export function judgeFindings(
  stage: Stage,
  found: Found[],
  { severity, suppressions, today }: { severity: Severity; suppressions: Suppression[]; today: string },
): Stage {
  const bad = found.filter(({ level }) => (severities[level] ?? 1) >= threshold[severity])
  const known = (one: Found) => suppressionOf(one, suppressions)
  const counted = bad.filter((one) => (known(one)?.until ?? "") < today)
  const gate = { ...stage, value: counted.length, limit: 0, atMost: true, unit: "findings" }
  const [first] = counted
  if (!first) {
    const rest = [
      bad.length ? `${bad.length} suppressed` : "",
      found.length > bad.length ? `${found.length - bad.length} below ${severity}` : "",
    ].filter((text) => text !== "")
    return {
      ...gate,
      status: "passed",
      reason: rest.length ? `no finding that counts: ${rest.join(", ")}` : stage.reason,
    }
  }
  const ended = known(first)
  const more = counted.length > 1 ? ` (and ${counted.length - 1} more)` : ""
  const why = ended ? `; its suppression ended on ${ended.until}: ${ended.reason}` : ""
  return {
    ...gate,
    status: "failed",
    reason: `${first.file}${first.line ? `:${first.line}` : ""} ${first.text.replace(/\.$/, "")} [${first.rule}]${why}${more}`,
  }
}
