// Which findings of scanners count: those at or above the threshold that are not suppressed.
import type { Config, Severity, Suppression } from "../config/config"
import { mergedSarif, type Finding } from "../report/sarif"
import type { Part } from "../report/parts"
import type { Stage } from "../report/stages"
import { finished } from "./results"

const severities: Record<string, number> = { error: 2, warning: 1, note: 0, none: 0 }
const threshold: Record<Severity, number> = { high: 2, medium: 1, low: 0 }

/** Returns the suppression of a finding, if there is one. */
export function suppressionOf({ rule, file }: Finding, suppressions: Suppression[]): Suppression | undefined {
  return suppressions.find((one) => one.rule === rule && (file === one.path || file.startsWith(`${one.path}/`)))
}

/**
 * Returns a scanner's stage, failed if a finding counts. `today` is YYYY-MM-DD: a suppression that ended before it has no
 * effect.
 */
export function judgeFindings(
  stage: Stage,
  found: Finding[],
  { severity, suppressions, today }: { severity: Severity; suppressions: Suppression[]; today: string },
): Stage {
  const bad = found.filter(({ level }) => (severities[level] ?? 1) >= threshold[severity])
  const known = (one: Finding) => suppressionOf(one, suppressions)
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

/** Returns today as YYYY-MM-DD. */
export function today(): string {
  return new Date().toISOString().slice(0, 10)
}

/**
 * Returns a function that fails a scanner's stage when an unsuppressed finding reaches the threshold. A stage that has not ended
 * stays as it is.
 */
export function countFindings(
  { sast, suppressions }: Pick<Config, "sast" | "suppressions">,
  { severity = sast, ended = finished }: { severity?: Severity; ended?: (stage: Stage) => boolean } = {},
): (part: Part) => Part {
  return (part) => {
    const sarif = Object.entries(part.reports).filter(([path]) => path.endsWith(".sarif"))
    const { found } = mergedSarif(sarif.map(([, text]) => ({ stage: part.folder, text })))
    const judged = (stage: Stage) => judgeFindings(stage, found, { severity, suppressions, today: today() })
    return { ...part, stages: part.stages.map((stage) => (ended(stage) ? judged(stage) : stage)) }
  }
}
