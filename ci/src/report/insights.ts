// How well delivery works, from stored evidence alone: DORA's five measures for each environment. Pure.
//
// The measures are those of https://dora.dev/guides/dora-metrics/ (2025), with what evidence can say of them:
// - Deployment frequency: deployments in the period. A release that is judged again is one deployment.
// - Change lead time: from the commit that was built to its first green verdict in the environment.
// - Change fail rate: deployments that were red, of all that were judged. One that could not be judged, or deployed nothing, is none.
// - Failed deployment recovery time: from the red verdict to the next green one there; 0 if it went back by itself within its run.
// - Deployment rework rate: deployments that came while the one before was red, of all: nobody had planned them.
import type { EnvironmentName } from "../config/config"
import type { Stage } from "./stages"

/** What is stored of a release or an environment; `at` is in seconds since 1970. */
interface Entry {
  kind: string
  tree: string
  at: number
  [field: string]: unknown
}

/** The verdict of a step, as it is stored. */
interface VerdictEntry extends Entry {
  step: string
  passed: boolean
  stages: Pick<Stage, "name" | "status">[]
  /** Id of the deployment that was judged. */
  deployment?: string
}

/** A deployment, by its verdicts. Times are seconds since 1970. */
export interface JudgedDeployment {
  tree: string
  at: number
  outcome: "green" | "red" | "undecided"
  /** Whether it went back by itself. */
  isBack: boolean
}

/** A length of time: its median, and the value that nine of ten do not exceed; in seconds. */
export interface Span {
  count: number
  median: number
  p90: number
}

/** What happened on one day, in UTC. */
export interface Day {
  day: string
  green: number
  red: number
  undecided: number
}

/** The measures of one environment. */
export interface Measures {
  environment: EnvironmentName
  deployments: number
  perDay: number
  leadTime?: Span
  failed: number
  /** Percent; undefined if nothing was judged. */
  failRate?: number
  recoveryTime?: Span
  /** Since when it is not green, if the newest deployment that was judged is red and nothing has come back. */
  redSince?: number
  rework: number
  reworkRate?: number
  undecided: number
  days: Day[]
}

export interface Insights {
  from: number
  to: number
  environments: Measures[]
}

/** What insights are of. */
export interface History {
  /** When the commit of each tree was made, in RFC 3339. */
  releases: { tree: string; commitTime: string }[]
  entries: Entry[]
}

const environments: EnvironmentName[] = ["dev", "stage", "prod"]
const day = 86_400

/** Returns a period in seconds; throws if it is none. */
export function periodOf(since: string): number {
  const [, count, unit] = /^([1-9]\d{0,3})([hdw])$/.exec(since) ?? []
  if (!count) throw new Error(`since: ${JSON.stringify(since)} is not allowed; a number with h, d or w, such as 30d`)
  return Number(count) * { h: 3600, d: day, w: 7 * day }[unit as "h" | "d" | "w"]
}

/** Returns the measures of each environment that anything was ever deployed to, over the period that ends now. */
export function insightsOf({ releases, entries }: History, period: number, now: number): Insights {
  const from = now - period
  const committed = new Map(releases.map(({ tree, commitTime }) => [tree, Date.parse(commitTime) / 1000]))
  const measured = environments.flatMap((environment) => {
    const all = deploymentsTo(environment, entries).filter(({ at }) => at <= now)
    return all.length ? [measuresOf(environment, all, { committed, from, to: now })] : []
  })
  return { from, to: now, environments: measured }
}

/** Returns the deployments to an environment, oldest first. */
export function deploymentsTo(environment: EnvironmentName, entries: Entry[]): JudgedDeployment[] {
  const verdicts = (entries as VerdictEntry[])
    .filter(({ kind, step }) => kind === "verdict" && step === environment)
    .sort((one, other) => one.at - other.at)
  const found = new Map<string, JudgedDeployment>()
  for (const [i, verdict] of verdicts.entries()) {
    const judged = judgedAs(environment, verdict)
    if (!judged) continue
    const key = verdict.deployment ?? `verdict ${i}`
    const first = found.get(key)
    found.set(key, { tree: verdict.tree, at: first?.at ?? verdict.at, ...judged })
  }
  return [...found.values()].sort((one, other) => one.at - other.at)
}

/** Stages after a deployment that say nothing of the product. */
const beside = ["policy", "files", "slack", "hold", "rollback", "after", "record"]

/** Returns how a deployment ended; undefined if nothing was deployed. */
function judgedAs(
  environment: string,
  { passed, stages }: VerdictEntry,
): Omit<JudgedDeployment, "tree" | "at"> | undefined {
  const statusOf = (name: string) => stages.find((stage) => stage.name === `${environment}:${name}`)?.status
  const isBack = statusOf("rollback") === "passed"
  if (passed) return { outcome: "green", isBack }
  if (statusOf("rollback") === "notApplicable" && statusOf("deploy") !== "passed") return undefined
  const isRed = stages.some(
    ({ name, status }) => status === "failed" && !beside.some((one) => name === `${environment}:${one}`),
  )
  return { outcome: isRed ? "red" : "undecided", isBack }
}

/** What measures are taken over. */
interface Over {
  /** When each tree was committed. */
  committed: Map<string, number>
  from: number
  to: number
}

function measuresOf(environment: EnvironmentName, all: JudgedDeployment[], { committed, from, to }: Over): Measures {
  const isInside = ({ at }: { at: number }) => at >= from
  const deployments = all.filter(isInside)
  const judged = all.filter(({ outcome }) => outcome !== "undecided")
  const failed = judged.filter((one) => one.outcome === "red" && isInside(one))
  const firstGreen = new Map<string, JudgedDeployment>()
  for (const one of judged) if (one.outcome === "green" && !firstGreen.has(one.tree)) firstGreen.set(one.tree, one)
  const leads = [...firstGreen.values()]
    .filter((one) => isInside(one) && committed.has(one.tree))
    .map(({ tree, at }) => Math.max(0, at - committed.get(tree)!))
  const rework = judged.filter((one, i) => isInside(one) && judged[i - 1]?.outcome === "red")
  const judgedInside = judged.filter(isInside)
  const last = judged.at(-1)
  return {
    environment,
    deployments: deployments.length,
    perDay: deployments.length / ((to - from) / day),
    leadTime: spanOf(leads),
    failed: failed.length,
    failRate: rateOf(failed.length, judgedInside.length),
    recoveryTime: spanOf(
      recoveries(judged)
        .filter(isInside)
        .map(({ seconds }) => seconds),
    ),
    redSince: last?.outcome === "red" && !last.isBack ? sinceWhen(judged) : undefined,
    rework: rework.length,
    reworkRate: rateOf(rework.length, judgedInside.length),
    undecided: deployments.length - judgedInside.length,
    days: daysOf(deployments, from, to),
  }
}

/** How long each time of red lasted, by when it ended. Several red deployments in a row are one. */
function recoveries(judged: JudgedDeployment[]): { at: number; seconds: number }[] {
  const found: { at: number; seconds: number }[] = []
  let since: number | undefined
  for (const { outcome, at, isBack } of judged) {
    if (outcome === "red") since ??= at
    if (since === undefined || (outcome === "red" && !isBack)) continue
    found.push({ at, seconds: at - since })
    since = undefined
  }
  return found
}

/** When the time of red began that has not ended. */
function sinceWhen(judged: JudgedDeployment[]): number {
  const ended = judged.findLastIndex(({ outcome, isBack }) => outcome === "green" || isBack)
  return judged[ended + 1]!.at
}

const rateOf = (part: number, all: number): number | undefined => (all ? (100 * part) / all : undefined)

/** Returns median and ninth decile; undefined of nothing. */
export function spanOf(seconds: number[]): Span | undefined {
  if (!seconds.length) return undefined
  const sorted = [...seconds].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { count: sorted.length, median, p90: sorted[Math.ceil(0.9 * sorted.length) - 1]! }
}

function daysOf(deployments: JudgedDeployment[], from: number, to: number): Day[] {
  const days: Day[] = []
  for (let at = Math.floor(from / day) * day; at <= to; at += day) {
    const within = deployments.filter((one) => one.at >= at && one.at < at + day)
    const count = (outcome: JudgedDeployment["outcome"]) => within.filter((one) => one.outcome === outcome).length
    days.push({
      day: new Date(1000 * at).toISOString().slice(0, 10),
      ...{ green: count("green"), red: count("red"), undecided: count("undecided") },
    })
  }
  return days
}
