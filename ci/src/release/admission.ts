// The policy at work: what is stored about a release and an environment becomes facts, `may` prints the answers, and a
// deployment asks before anything is changed.
import { dag } from "@dagger.io/dagger"
import type { Config, Environment, EnvironmentName } from "../config/config"
import type { Promote } from "../config/promote"
import { step, type Part } from "../report/parts"
import { isRed } from "../report/stages"
import {
  decide,
  decisionTable,
  refusalOf,
  type ApprovalFact,
  type Decision,
  type HoldFact,
  type OverrideFact,
  type Question,
  type UncountedFact,
  type VerdictFact,
} from "./policy"
import type { Entry, StoredStatement } from "./entries"
import {
  counted,
  referencesOf,
  subjectOf,
  verdictsOn,
  type Records,
  type ReleaseRecord,
  type VerdictEntry,
} from "./record"

/** What a caller says of a promotion. */
export interface Promotion {
  /** The change ticket. */
  ticket: string
  /** The person who deploys against the rules; empty for nobody. */
  overrideBy: string
  overrideReason: string
}

export const noPromotion: Promotion = { ticket: "", overrideBy: "", overrideReason: "" }

/** Where entries about an environment are stored. */
export const scopeOf = (environment: string): string => `environment-${environment}`

/** Returns the text that names all digests of a release: what an approval or an override is of. */
export const subjectText = (record: ReleaseRecord): string => subjectOf(record).join()

/** How long overrides are shown in the reports of later deployments, in seconds. */
const shownFor = 90 * 86_400

/** An override as it is stored, for the reports of later deployments. */
export interface StoredOverride extends OverrideFact {
  commit: string
}

/** What is stored about a release and an environment. */
export interface Stored {
  verdicts: VerdictFact[]
  approvals: ApprovalFact[]
  holds: HoldFact[]
  overrides: StoredOverride[]
  /** Why verdicts do not count, by step. */
  uncounted: UncountedFact[]
}

/** Reads what is stored about a release and an environment. */
export async function storedOf(
  records: Pick<Records, "entries" | "found">,
  record: ReleaseRecord,
  name: string,
): Promise<Stored> {
  const [found, environment] = await Promise.all([records.found(record.tree), records.entries(scopeOf(name))])
  const own = counted(found)
  return {
    uncounted: found.flatMap(uncountedFact),
    verdicts: verdictsOn(record, own).map(verdictFact),
    approvals: ofKind<ApprovalFact>(own, "approval"),
    holds: holdsIn(environment),
    overrides: ofKind<StoredOverride>(environment, "override"),
  }
}

function ofKind<T>(entries: Entry[], kind: string): T[] {
  const found = entries.filter((entry) => entry.kind === kind)
  return found.map(({ subject = [], ...fields }) => ({ ...fields, subject: subject.join() }) as unknown as T)
}

function uncountedFact({ entry, name, uncounted }: StoredStatement): UncountedFact[] {
  if (uncounted === undefined) return []
  return [
    {
      step: entry?.kind === "verdict" ? (entry.step as UncountedFact["step"]) : undefined,
      reason: `${name.split(".")[1]} ${uncounted}`,
    },
  ]
}

function verdictFact({ step, tree, commit, passed, at, stages }: VerdictEntry): VerdictFact {
  const red = stages.find(isRed)
  return { step, tree, commit, passed, at, ...(red ? { culprit: `${red.name}: ${red.reason}` } : {}) }
}

/** Returns the holds of an environment; those that a person has lifted are marked. */
export function holdsIn(entries: Entry[]): HoldFact[] {
  const lifted = new Set(ofKind<{ holds: string[] }>(entries, "release").flatMap(({ holds }) => holds))
  return ofKind<HoldFact>(entries, "hold").map((hold) => ({ ...hold, released: lifted.has(hold.id) }))
}

/** Returns the question whether a release may go to an environment, from what is stored. */
export function questionOf(
  { name, promote }: { name: EnvironmentName; promote: Promote },
  record: ReleaseRecord,
  stored: Stored,
  { promotion, now }: { promotion: Promotion; now: number },
): Question {
  const subject = subjectText(record)
  const { overrideBy: by, overrideReason: reason } = promotion
  return {
    environment: name,
    policy: promote,
    release: {
      tree: record.tree,
      commit: record.sha,
      commitTime: Date.parse(record.commitTime) / 1000,
      author: record.author,
      subject,
    },
    verdicts: stored.verdicts,
    approvals: stored.approvals,
    holds: stored.holds,
    uncounted: stored.uncounted,
    ticket: promotion.ticket,
    ...(by ? { override: { environment: name, subject, at: now, by, reason } } : {}),
    now,
  }
}

/** Refuses a promotion that cannot be recorded as it is given. */
export function checkPromotion({ overrideBy, overrideReason }: Promotion): void {
  if (!overrideBy.trim() !== !overrideReason.trim())
    throw new Error("override-by, override-reason: give both, a person and why, or neither")
}

/** Returns the line of earlier deployments against the rules; empty if there are none. */
export function overridesText(overrides: StoredOverride[], now: number): string {
  const recent = overrides.filter(({ at }) => now - at <= shownFor)
  const newest = recent.at(-1)
  if (!newest) return ""
  const day = new Date(1000 * newest.at).toISOString().slice(0, 10)
  const last = `${newest.commit.slice(0, 12)} on ${day} by ${newest.by}: ${newest.reason}`
  return `${recent.length} deployed against the rules in the last 90 days: ${last}`
}

/** Where a release wants to go. */
export interface PromotionTarget {
  name: EnvironmentName
  environment: Pick<Environment, "promote">
  promotion?: Promotion
}

/** Asks the rules about a release; `earlier` is the line of deployments against them. */
async function decisionOn(
  { name, environment: { promote }, promotion = noPromotion }: PromotionTarget,
  record: ReleaseRecord,
  records: Pick<Records, "entries" | "found">,
): Promise<{ decision: Decision; earlier: string }> {
  const now = Date.now() / 1000
  const stored = await storedOf(records, record, name)
  const decision = decide(questionOf({ name, promote }, record, stored, { promotion, now }))
  return { decision, earlier: overridesText(stored.overrides, now) }
}

/**
 * The stage `<environment>:policy`, before anything is deployed: green if the rules of `promote` allow it, or if somebody overrides
 * them, which is stored first.
 */
export async function admission(
  target: PromotionTarget,
  record: ReleaseRecord,
  records: Pick<Records, "entries" | "found" | "append">,
): Promise<Part> {
  const { name, promotion = noPromotion } = target
  return step(`${name}:policy`, async () => {
    checkPromotion(promotion)
    const { decision, earlier } = await decisionOn(target, record, records)
    const reports = dag.directory().withNewFile("policy.txt", `${decisionTable(decision)}\n`)
    const refused = refusalOf(decision)
    if (refused) return { status: "failed", reason: refused, reports }
    const { override } = decision
    if (override) await records.append(overrideEntry(override, record), referencesOf(record))
    return { reason: admittedText(decision, earlier), reports }
  })
}

/** Returns an override as it is stored: with the digests of what it lets in. */
export function overrideEntry({ subject: _, ...override }: OverrideFact, record: ReleaseRecord): Entry {
  const { sha: commit, tree: release } = record
  return { ...override, kind: "override", tree: scopeOf(override.environment), commit, release }
}

/** Returns why a release was let in: what was asked, and who has overridden it. */
export function admittedText({ answers, override }: Decision, earlier: string): string {
  const asked = answers.map(({ rule }) => rule).join(", ")
  const refused = answers.filter(({ allowed }) => !allowed).map(({ rule }) => rule)
  const said = override
    ? `against the rules (${refused.join(", ")}) by ${override.by}: ${override.reason}`
    : `allowed by ${asked}`
  return earlier ? `${said}; ${earlier}` : said
}

/** Returns the answers of all rules for a release, for people. */
export async function mayTable(
  target: PromotionTarget,
  record: ReleaseRecord,
  records: Pick<Records, "entries" | "found">,
): Promise<string> {
  const { decision, earlier } = await decisionOn(target, record, records)
  return `${decisionTable(decision)}\n${earlier ? `${earlier}\n` : ""}`
}

/** What stays of the rules where targets end with the call: verdicts. No clock and no person has a say over a rehearsal. */
export function rehearsedRules({ requires, approvals }: Promote): Promote {
  return { requires, windows: [], freezes: [], approvals: { ...approvals, count: 0 } }
}

/** Returns a configuration with the rules of a rehearsal. */
export function rehearsed(config: Config): Config {
  return withRules(config, rehearsedRules)
}

/** Returns a configuration without rules, for what is not promoted. */
export function unpromoted(config: Config): Config {
  return withRules(config, (promote) => ({ ...rehearsedRules(promote), requires: [] }))
}

function withRules(config: Config, change: (promote: Promote) => Promote): Config {
  const environments = Object.fromEntries(
    Object.entries(config.environments).map(([name, one]) => [name, { ...one, promote: change(one.promote) }]),
  )
  return { ...config, environments }
}

/** Stores that nothing may be deployed to an environment, with more facts of the hold. */
export async function storeHold(
  records: Pick<Records, "append">,
  name: EnvironmentName,
  facts: { by: string; reason: string; commit?: string; badCommitTime?: number },
): Promise<void> {
  await records.append({ kind: "hold", tree: scopeOf(name), environment: name, at: Date.now() / 1000, ...facts })
}

/** Stores that a release was rolled back: it and older ones are held until a person lifts it or a newer one goes out. */
export async function holdAfterRollback(
  records: Pick<Records, "append">,
  name: EnvironmentName,
  record: Pick<ReleaseRecord, "sha" | "commitTime">,
  cause: string,
): Promise<void> {
  await storeHold(records, name, {
    by: "rollback",
    reason: `${record.sha.slice(0, 12)} was rolled back: ${cause}`,
    commit: record.sha,
    badCommitTime: Date.parse(record.commitTime) / 1000,
  })
}
