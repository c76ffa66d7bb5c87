// The one path by which a release gets into an environment, and back out of it.
import { Directory, Secret } from "@dagger.io/dagger"
import type { Config, Environment, EnvironmentName, Step } from "../config/config"
import type { Holder } from "../config/evidence"
import { openSource, readConfig } from "../config/source"
import { admission, holdAfterRollback, type Promotion } from "./admission"
import {
  errorTeller,
  slackOf,
  tell,
  tellingErrors,
  type Facts,
  type Slack,
  type SlackOptions,
  type Telling,
} from "../report/notify"
import { allPassed, decidedPart, errorText, notRun, type Part } from "../report/parts"
import { isRed, oneLine } from "../report/stages"
import { unique } from "../report/unique"
import { createdBy, runEnvironment, type Place } from "./environment"
import { evidenceFor } from "./evidence"
import { identify, recordsIn, type Records, type ReleaseRecord } from "./record"
import { findTarget, rollbackByEvidence, rollbackTo } from "./rollback"
import { clusterOf, registryOf, secretsOf, type Cluster, type Registry, type TargetOptions } from "./targets"
import { consequenceOf, notBack, type Target } from "./way-back"

/** What a caller gives for a deployment. */
export interface DeliverOptions extends TargetOptions, Promotion, SlackOptions {
  /** The full hash of the release's commit or tree; the source's own release if it is empty. */
  release: string
  faults: string[]
  /** The private key that signs what is stored. */
  recordKey?: Secret
  /** Values of the environment's Kubernetes Secret, by key. */
  secrets: Record<string, Secret | undefined>
}

/** Delivers a release from its record alone to an environment that exists. */
export async function deliver(name: EnvironmentName, checkout: Directory, options: DeliverOptions): Promise<Part[]> {
  const { source, config } = await openSource(checkout)
  const prepare = async () => {
    const targets = lastingTargets(name, config, options)
    const records = await openRecords(config, targets.registry, options, name)
    const record = await records.read(options.release || (await identify(checkout, source, config)).tree)
    const holder = `${name} of ${record.sha.slice(0, 12)}`
    return { place: deliveryPlace(name, config, targets, { ...options, holder }), record, records }
  }
  const slack = slackOf(options)
  const teller = errorTeller(name, { commit: options.release }, config, slack)
  const { place, record, records } = await tellingErrors(teller, prepare)
  return (await deliverTo(place, record, records, slack)).parts
}

/** Returns the registry and the cluster of an environment; throws if one of them is gone with the call that made it. */
function lastingTargets(
  name: string,
  config: Config,
  options: TargetOptions,
): { registry: Registry; cluster: Cluster } {
  const cluster = clusterOf(environmentOf(config, name), options)
  if (!cluster) throw new Error(`environments.${name}.${goneCluster}`)
  const registry = registryOf(config, options)
  if (!registry) throw new Error(goneRegistry)
  return { registry, cluster }
}

const goneCluster =
  "cluster is ephemeral: it is gone with the call that made it, and there is nothing to work on. " +
  "Give the cluster (`with-cluster --kubeconfig`; `npm run pipeline`: `--kubeconfig`), " +
  "name an EKS cluster in delivery.yaml, or run `npm run rehearse` for the whole chain"
const goneRegistry =
  "registry is ephemeral: it is gone with the call that made it, and there is no release record. " +
  "Give the registry (`with-registry --service`; `npm run pipeline`: `--registry`), " +
  "name a registry in delivery.yaml, or run `npm run rehearse` for the whole chain"

/** Returns an environment's settings; throws if delivery.yaml does not have it. */
export function environmentOf({ environments }: Config, name: string): Environment {
  const environment = environments[name as EnvironmentName]
  if (environment) return environment
  const allowed = Object.keys(environments).join(", ") || "none"
  throw new Error(`environments.${name}: delivery.yaml does not have this environment; it has: ${allowed}`)
}

/**
 * Returns the records of a registry. With `writer`, the caller's key has to be that one's: what could not be signed in the
 * end is refused before anything is done. Without, no key is needed where delivery.yaml lists the public ones.
 */
export async function openRecords(
  { evidence: settings }: Config,
  registry: Registry,
  { recordKey, slackJob }: Pick<DeliverOptions, "recordKey" | "slackJob">,
  writer?: Holder,
): Promise<Records> {
  const key = await recordKey?.plaintext()
  return recordsIn(registry, evidenceFor({ settings, key, builder: slackJob, ephemeral: registry.ephemeral }, writer))
}

/** Returns the place of an environment: its settings, targets and secrets. */
export function deliveryPlace(
  name: EnvironmentName,
  config: Config,
  { registry, cluster }: { registry: Registry; cluster: Cluster },
  {
    faults,
    secrets,
    holder,
    ...promotion
  }: Pick<DeliverOptions, "faults" | "secrets"> & Promotion & { holder: string },
): Place {
  const environment = environmentOf(config, name)
  return {
    name,
    config,
    environment,
    registry,
    cluster,
    secrets: secretsOf(environment, cluster, secrets),
    faults,
    holder,
    promotion,
  }
}

/**
 * Runs a release in an environment, writes the verdict into its record, and reports it. Production that is judged red goes
 * back to the last release that is known to be good. What fails after the deployment is a row of its own.
 */
export async function deliverTo(
  place: Place,
  record: ReleaseRecord,
  records: Records,
  slack: Slack,
): Promise<{ parts: Part[]; record: ReleaseRecord }> {
  const { name, config } = place
  const telling = tell(name, { commit: record.sha, author: record.author }, config, slack)
  return tellingErrors(telling.failed, () => judged(place, record, records, telling))
}

async function judged(
  place: Place,
  record: ReleaseRecord,
  records: Records,
  telling: Telling,
): Promise<{ parts: Part[]; record: ReleaseRecord }> {
  const { name } = place
  const began = Date.now() / 1000
  const policy = await admission(place, record, records)
  if (!allPassed([policy])) {
    const refused = [policy, notRun([`${name}:deploy`], "the policy refuses it")]
    return { parts: [...refused, ...(await told(telling, name, refused))], record }
  }
  const id = unique()
  // Looked up before the deployment, while the registry answers. If it does not, it is looked up when it is needed.
  const target = name === "prod" ? await findTarget(place, records, 5).catch(() => undefined) : undefined
  const parts = await runEnvironment(place, record, id)
  if (name === "prod") parts.push(...(await answer(place, parts, { records, target })))
  const cause = wentBack(name, parts)
  if (cause !== undefined)
    parts.push(
      ...(await unlessFailed(`${name}:hold`, "the environment is not held", () =>
        holdAfterRollback(records, name, record, cause),
      )),
    )
  let judged = record
  const written = await unlessFailed(`${name}:record`, "the verdict is not in the release record", async () => {
    judged = await records.judge(
      record,
      name,
      parts.flatMap((part) => part.stages),
      { deployment: id, began },
    )
  })
  parts.push(...written)
  parts.push(...(await told(telling, name, [policy, ...parts])))
  return { parts: [policy, ...parts], record: judged }
}

/** Rolls a deployment back if it was judged red; says why if it is not. */
async function answer(
  place: Place,
  parts: Part[],
  { records, target }: { records: Records; target?: Target },
): Promise<Part[]> {
  const stages = parts.flatMap((part) => part.stages)
  const created = createdBy(parts[0]!)
  const consequence = consequenceOf(stages, created)
  if (consequence.action === "keep") return []
  const [name, after] = [`${place.name}:rollback`, `${place.name}:after`]
  if (consequence.action !== "back") return [decidedPart(notBack(name, consequence))]
  const names = { name, after, from: created }
  if (target) return rollbackTo(place, { ...target, runs: false }, names)
  return (await rollbackByEvidence(place, records, names)).parts
}

/** Returns why an environment went back to another release; undefined if it did not. */
export function wentBack(name: string, parts: Part[]): string | undefined {
  const stages = parts.flatMap((part) => part.stages)
  const isBack = stages.some((stage) => stage.name === `${name}:rollback` && stage.status === "passed")
  const first = stages.find(isRed)
  return isBack && first ? oneLine(`${first.name}: ${first.reason}`, 200) : undefined
}

/** Runs work that follows a verdict; a red row if it fails, so that no verdict and no report is lost. */
async function unlessFailed(name: string, what: string, work: () => Promise<void>): Promise<Part[]> {
  try {
    await work()
    return []
  } catch (error) {
    const reason = `${what}: ${oneLine(errorText(error), 240)}`
    return [decidedPart({ name, status: "failed", reason, seconds: 0, cached: false, exitCode: -1 })]
  }
}

/** Tells Slack how a step has ended; a row that changes no verdict if Slack has not taken the message. */
export async function told(telling: Telling, step: Step, parts: Part[], facts: Partial<Facts> = {}): Promise<Part[]> {
  const reason = await telling.end(parts, facts)
  if (!reason) return []
  const more = { seconds: 0, cached: false, exitCode: -1, tolerated: true }
  const next = "the verdict is as it is: tell whoever waits for the message"
  return [decidedPart({ name: `${step}:slack`, status: "inconclusive", reason, next, ...more })]
}

/**
 * Goes back to the last release that is known to be good in an environment, checks that it answers, and reports it. If it
 * already runs, nothing is changed.
 */
export async function goBack(
  source: Directory,
  name: string,
  options: TargetOptions & SlackOptions & Pick<DeliverOptions, "recordKey" | "slackJob">,
): Promise<Part[]> {
  const config = await readConfig(source)
  const slack = slackOf(options)
  const nothing = { commit: "" }
  const { place, records } = await tellingErrors(errorTeller("rollback", nothing, config, slack), async () => {
    const targets = lastingTargets(name, config, options)
    const records = await openRecords(config, targets.registry, options)
    const environment = environmentOf(config, name)
    // A rollback needs no values of the environment's Secret: that stays as it is.
    const without = { secrets: {}, faults: [], holder: "rollback" }
    const place: Place = { name: name as EnvironmentName, config, environment, ...targets, ...without }
    return { place, records }
  })
  const telling = tell("rollback", nothing, config, slack)
  const names = { name: "rollback:helm", after: "rollback:health" }
  const { parts, target } = await tellingErrors(telling.failed, () => rollbackByEvidence(place, records, names))
  return [...parts, ...(await told(telling, "rollback", parts, { commit: target?.release ?? "" }))]
}
