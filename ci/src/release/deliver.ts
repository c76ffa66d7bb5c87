// The one path by which a release gets into an environment, and back out of it.
import { Directory, Secret } from "@dagger.io/dagger"
import type { Config, Environment, EnvironmentName } from "../config/config"
import { openSource, readConfig } from "../config/source"
import { admission, holdAfterRollback, type Promotion } from "./admission"
import { notify, type EndedStep, type Slack } from "../report/notify"
import { allPassed, decidedPart, errorText, notRun, type Part } from "../report/parts"
import { isRed, oneLine } from "../report/stages"
import { unique } from "../report/unique"
import { createdBy, runEnvironment, type Place } from "./environment"
import { identify, recordsIn, type Records, type ReleaseRecord } from "./record"
import { findTarget, rollbackByEvidence, rollbackTo } from "./rollback"
import { clusterOf, registryOf, secretsOf, type Cluster, type Registry, type TargetOptions } from "./targets"
import { consequenceOf, notBack, type Target } from "./way-back"

/** What a caller gives for a deployment. */
export interface DeliverOptions extends TargetOptions, Promotion {
  /** The full hash of the release's commit or tree; the source's own release if it is empty. */
  release: string
  faults: string[]
  /** Key of the release records' seal. */
  recordKey?: Secret
  /** Values of the environment's Kubernetes Secret, by key. */
  secrets: Record<string, Secret | undefined>
  slackWebhook?: Secret
}

/** Delivers a release from its record alone to an environment that exists. */
export async function deliver(name: EnvironmentName, checkout: Directory, options: DeliverOptions): Promise<Part[]> {
  const { source, config } = await openSource(checkout)
  const environment = environmentOf(config, name)
  const cluster = clusterOf(environment, options)
  if (!cluster) throw new Error(`environments.${name}.${goneCluster}`)
  const registry = registryOf(config, options)
  if (!registry) throw new Error(goneRegistry)
  const records = recordsIn(registry, await recordKeyOf(options.recordKey))
  const record = await records.read(options.release || (await identify(checkout, source, config)).tree)
  const holder = `${name} of ${record.sha.slice(0, 12)}`
  const place = deliveryPlace(name, config, { registry, cluster }, { ...options, holder })
  return (await deliverTo(place, record, records, { webhook: options.slackWebhook })).parts
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

/** Returns the key that seals release records. A registry that stays needs the same key in every call. */
export async function recordKeyOf(recordKey?: Secret): Promise<string> {
  if (recordKey) return recordKey.plaintext()
  throw new Error(
    "record-key: missing; it seals the release records of the registry: " +
      "`with-record-key --key env://RECORD_KEY`; `npm run pipeline`: `--record-key env://RECORD_KEY`",
  )
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
  const policy = await admission(place, record, records)
  if (!allPassed([policy])) {
    const refused = [policy, notRun([`${name}:deploy`], "the policy refuses it")]
    const sent = await told({ step: name, parts: refused, commit: record.sha }, config, slack)
    return { parts: [...refused, ...sent], record }
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
      id,
    )
  })
  parts.push(
    ...written,
    ...(await told({ step: name, parts: [...parts, ...written], commit: record.sha }, config, slack)),
  )
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

/** Reports a step to Slack; a row that changes no verdict if Slack has not taken the message. */
async function told(ended: EndedStep, config: Config, slack: Slack): Promise<Part[]> {
  const reason = await notify(ended, config, slack)
  if (!reason) return []
  const facts = { seconds: 0, cached: false, exitCode: -1, tolerated: true }
  const next = "the verdict is as it is: tell whoever waits for the message"
  return [decidedPart({ name: `${ended.step}:slack`, status: "inconclusive", reason, next, ...facts })]
}

/**
 * Goes back to the last release that is known to be good in an environment, checks that it answers, and reports it. If it
 * already runs, nothing is changed.
 */
export async function goBack(
  source: Directory,
  name: string,
  options: TargetOptions & Pick<DeliverOptions, "recordKey" | "slackWebhook">,
): Promise<Part[]> {
  const config = await readConfig(source)
  const environment = environmentOf(config, name)
  const cluster = clusterOf(environment, options)
  if (!cluster) throw new Error(`environments.${name}.${goneCluster}`)
  const registry = registryOf(config, options)
  if (!registry) throw new Error(goneRegistry)
  const records = recordsIn(registry, await recordKeyOf(options.recordKey))
  // A rollback needs no values of the environment's Secret: that stays as it is.
  const place: Place = {
    name: name as EnvironmentName,
    config,
    environment,
    registry,
    cluster,
    secrets: {},
    faults: [],
    holder: "rollback",
  }
  const names = { name: "rollback:helm", after: "rollback:health" }
  const { parts, target } = await rollbackByEvidence(place, records, names)
  const webhook = options.slackWebhook
  return [...parts, ...(await told({ step: "rollback", parts, commit: target?.release ?? "" }, config, { webhook }))]
}
