// Which findings of scanners count: those at or above the threshold that are not suppressed.
import type { Config, Severity, Suppression } from "../config/config"
import { mergedSarif, type Finding } from "../report/sarif"
import type { Part } from "../report/parts"
import { nextStepWithScope } from "../report/next-steps"
import type { Compared, Stage } from "../report/stages"
import { finished } from "./results"
import { knownText } from "./scope"

const severities: Record<string, number> = { error: 2, warning: 1, note: 0, none: 0 }
const threshold: Record<Severity, number> = { high: 2, medium: 1, low: 0 }

/** Returns the suppression of a finding, if there is one. */
export function suppressionOf({ rule, file }: Finding, suppressions: Suppression[]): Suppression | undefined {
  return suppressions.find((one) => one.rule === rule && (file === one.path || file.startsWith(`${one.path}/`)))
}

/** What findings count. */
export interface Judging {
  severity: Severity
  suppressions: Suppression[]
  /** As YYYY-MM-DD: a suppression that ended before it has no effect. */
  today: string
  /** With `gates.scope: new`: how the findings compare with those of the base. */
  compared?: Compared
}

/** Returns a scanner's stage, failed if a finding counts that is not known. */
export function judgeFindings(stage: Stage, found: Finding[], judging: Judging): Stage {
  const { severity, suppressions, today, compared } = judging
  const isBad = ({ level }: Finding) => (severities[level] ?? 1) >= threshold[severity]
  const suppression = (one: Finding) => suppressionOf(one, suppressions)
  const isUnsuppressed = (one: Finding) => (suppression(one)?.until ?? "") < today
  const bad = found.filter(isBad)
  const unsuppressed = bad.filter(isUnsuppressed)
  const counted = unsuppressed.filter(({ known }) => !known)
  const known = unsuppressed.length - counted.length
  const earlier = compared?.before?.filter((one) => isBad(one) && isUnsuppressed(one)).length
  const gate = {
    ...stage,
    value: counted.length,
    limit: 0,
    atMost: true,
    unit: "findings",
    ...(known ? { known } : {}),
  }
  const [first] = counted
  if (!first) {
    const suppressed = bad.length - unsuppressed.length
    const rest = [
      suppressed ? `${suppressed} suppressed` : "",
      found.length > bad.length ? `${found.length - bad.length} below ${severity}` : "",
    ].filter((text) => text !== "")
    const others = rest.length ? `no finding that counts: ${rest.join(", ")}` : stage.reason
    return {
      ...gate,
      status: "passed",
      reason: known ? [knownText(known, 0, compared!, earlier), ...rest].join("; ") : others,
    }
  }
  const ended = suppression(first)
  const more = counted.length > 1 ? ` (and ${counted.length - 1} more)` : ""
  const why = ended ? `; its suppression ended on ${ended.until}: ${ended.reason}` : ""
  return {
    ...gate,
    status: "failed",
    reason: `${placeText(first)} ${first.text.replace(/\.$/, "")} [${first.rule}]${why}${more}${besides(known, compared)}`,
    next: acceptance(first, judging),
  }
}

/** How long a proposed suppression lasts, in days. */
const proposedDays = 90

/** Returns the next step for a finding: the suppression that would accept it, to copy. */
function acceptance({ rule, file, tool }: Finding, { today, compared }: Judging): string {
  const until = new Date(Date.parse(today) + proposedDays * 24 * 3600 * 1000).toISOString().slice(0, 10)
  const quoted = (text: string) => (/^[A-Za-z][\w./-]*$/.test(text) ? text : JSON.stringify(text))
  const entry = `{ rule: ${quoted(rule)}, path: ${quoted(file)}, reason: "…", until: ${until} }`
  const old = compared ? "" : "; old ones: gates.scope: new"
  return `${tool === "gitleaks" ? "revoke" : "correct"} it, or suppressions: - ${entry}${old}`
}

function placeText({ file, line }: Finding): string {
  return `${file}${line ? `:${line}` : ""}`
}

/** Returns what is said behind the first new finding: how many are known, or why none is. */
function besides(known: number, compared: Compared | undefined): string {
  if (!compared) return ""
  const note = compared.note ? `; ${compared.note}` : ""
  return compared.base === "" ? note : `; ${known} known${note}`
}

/**
 * Returns a service's lint stage, whose tools decide what a finding is: with `gates.scope: new` it has passed if all of them are
 * known. A stage that failed in any other way than by findings stays red.
 */
export function judgeLint(stage: Stage, found: Finding[], compared: Compared | undefined): Stage {
  if (!compared || stage.status !== "failed") return stage
  // Warnings fail a linter only if they are all that it has, and its options say so.
  const errors = found.filter(({ level }) => level === "error")
  const counted = errors.length ? errors : found
  const fresh = counted.filter(({ known }) => !known)
  const known = counted.length - fresh.length
  const gate = { ...stage, value: fresh.length, limit: 0, atMost: true, unit: "findings", ...(known ? { known } : {}) }
  const [first] = fresh
  if (!first && compared.base !== "")
    return {
      ...gate,
      status: "passed",
      exitCode: 0,
      reason: knownText(known, 0, compared, compared.before?.length),
    }
  const next = compared.base === "" ? undefined : nextStepWithScope(stage)
  if (!first || !known) return { ...gate, reason: `${stage.reason}${besides(known, compared)}`, next }
  const more = fresh.length > 1 ? ` (and ${fresh.length - 1} more)` : ""
  // Some tools name the file themselves.
  const place = first.line === 0 && first.text.startsWith(first.file) ? "" : `${placeText(first)} `
  const reason = `${place}${first.text} [${first.rule}]${more}${besides(known, compared)}`
  return { ...gate, reason, next }
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
    const { compared } = part
    const isJudged = (stage: Stage) => stage.status !== "notApplicable" && ended(stage)
    const judged = (stage: Stage) => judgeFindings(stage, found, { severity, suppressions, today: today(), compared })
    return { ...part, stages: part.stages.map((stage) => (isJudged(stage) ? judged(stage) : stage)) }
  }
}
