// Decides whether a deployment is rolled back, and to what: by what this run has created, by what was judged, and by the
// releases that are known to be good. Pure.
import type { EnvironmentName } from "../config/types"
import { isRed, oneLine, type Stage } from "../report/stages"
import type { ReleaseRecord } from "./record"

/** One revision of a Helm release, as modules/helm `history` gives it. */
export interface Revision {
  revision: number
  status: string
  description: string
  labels: Record<string, string>
}

/** What a revision was made of: a commit, and the id of the run that deployed it. */
export interface Deployment {
  release: string
  id: string
}

/** Returns helm's argument that notes a deployment in its revision. */
export function deploymentLabels({ release, id }: Deployment): string[] {
  return ["--labels", `release=${release},deployment=${id}`]
}

/**
 * Returns the deployment whose content a revision has; undefined if this pipeline did not make it. A rollback has that of
 * its target. helm copies labels to each later revision, so they count only where they appear first.
 */
export function deploymentOf(history: Revision[], { revision, description, labels }: Revision): Deployment | undefined {
  const { release, deployment: id } = labels
  const own = release && id ? { release, id } : undefined
  const target = /^Rollback to (\d+)$/.exec(description)?.[1]
  if (target !== undefined) {
    const original = history.find((one) => one.revision === Number(target) && one.revision < revision)
    // The original may be older than what helm keeps.
    return original ? deploymentOf(history, original) : own
  }
  const copied = history.some((one) => one.revision < revision && id && one.labels.deployment === id)
  return copied ? undefined : own
}

/** Whether a deployment to an environment ended with a green verdict there. */
export function isKnownGood(record: ReleaseRecord, environment: EnvironmentName, id: string): boolean {
  return record.verdicts[environment]?.deployments?.includes(id) ?? false
}

/** A revision that is known to be good. */
export interface Target {
  revision: number
  release: string
  /** Whether it is what runs now. */
  runs: boolean
}

/** Returns the newest revision whose deployment is known to be good; undefined if there is none. */
export async function lastGood(
  history: Revision[],
  isGood: (deployment: Deployment) => Promise<boolean>,
): Promise<Target | undefined> {
  const newestFirst = [...history].sort((one, other) => other.revision - one.revision)
  for (const one of newestFirst.filter(({ status }) => status === "deployed" || status === "superseded")) {
    const deployment = deploymentOf(history, one)
    if (!deployment || !(await isGood(deployment))) continue
    return { revision: one.revision, release: deployment.release, runs: one === newestFirst[0] }
  }
  return undefined
}

/** What follows a deployment. */
export interface Consequence {
  /** `hold`: nothing is rolled back, and a person decides. `nothing`: there is nothing to roll back. */
  action: "keep" | "nothing" | "hold" | "back"
  reason: string
}

/**
 * Returns what follows from the stages of a deployment, the deployment first. `created` is the revision that this run has
 * created, 0 for none, undefined if it is unknown. Only a red judgement of what runs rolls back: a stage that is
 * inconclusive or could not run says nothing about the product.
 */
export function consequenceOf(stages: Stage[], created: number | undefined): Consequence {
  const deploy = stages[0]!
  const open = stages.filter((stage) => isRed(stage) || stage.status === "skipped")
  const said = ({ name, status, reason }: Stage): string => `${name} ${status}: ${oneLine(reason, 160)}`
  if (!open.length) return { action: "keep", reason: "" }
  if (created === 0)
    return { action: "nothing", reason: `nothing was deployed, so nothing is rolled back: ${said(deploy)}` }
  if (created === undefined)
    return { action: "hold", reason: `it is not known whether this run has deployed anything: ${said(deploy)}` }
  const red = open.find(({ status, exitCode }) => status === "failed" && exitCode !== -1)
  if (red) return { action: "back", reason: said(red) }
  return { action: "hold", reason: `the release could not be judged, and stays: ${said(open[0]!)}` }
}

/** Returns the row of a deployment that is not rolled back. */
export function notBack(name: string, { action, reason }: Consequence): Stage {
  const stage = { name, reason, seconds: 0, cached: false, exitCode: 0 }
  if (action === "nothing") return { ...stage, status: "notApplicable" }
  return {
    ...stage,
    status: "inconclusive",
    next: "a person decides: run the step again to judge the release, or run `rollback` to go back",
  }
}

/** Returns why nothing can be rolled back, as the reason of a red row. */
export function nothingGood(environment: EnvironmentName): string {
  return (
    `no earlier release in ${environment} is known to be good (deployed by this pipeline with a green verdict), ` +
    `so nothing is rolled back: deploy one with \`${environment} --release <hash>\``
  )
}
