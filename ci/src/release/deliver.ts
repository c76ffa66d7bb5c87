// The one path by which a release gets into an environment, and back out of it.
import { Directory, Secret } from "@dagger.io/dagger"
import type { Config, Environment, EnvironmentName } from "../config/config"
import { openSource, readConfig } from "../config/source"
import { notify, type Slack } from "../report/notify"
import { allPassed, type Part } from "../report/parts"
import { health, rollback, runEnvironment, type Place } from "./environment"
import { identify, recordsIn, type Records, type ReleaseRecord } from "./record"
import { clusterOf, registryOf, secretsOf, type Cluster, type Registry, type TargetOptions } from "./targets"

/** What a caller gives for a deployment. */
export interface DeliverOptions extends TargetOptions {
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
  { faults, secrets, holder }: Pick<DeliverOptions, "faults" | "secrets"> & { holder: string },
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
  }
}

/**
 * Runs a release in an environment, writes the verdict into its record, and reports it. Production that is red goes
 * back to the revision before.
 */
export async function deliverTo(
  place: Place,
  record: ReleaseRecord,
  records: Records,
  slack: Slack,
): Promise<{ parts: Part[]; record: ReleaseRecord }> {
  const { name, config } = place
  const parts = await runEnvironment(place, record)
  const deployed = parts[0]!.stages[0]!.exitCode !== -1
  if (name === "prod" && deployed && !allPassed(parts))
    parts.push(await rollback(place, "prod:rollback"), await health(place, "", "prod:after"))
  const stages = parts.flatMap((part) => part.stages)
  const judged = await records.judge(record, name, stages)
  await notify({ step: name, parts, commit: record.sha }, config, slack)
  return { parts, record: judged }
}

/** Goes back to the revision before in an environment, whatever state the release is in. */
export async function goBack(
  source: Directory,
  name: string,
  options: TargetOptions & { slackWebhook?: Secret },
): Promise<Part> {
  const config = await readConfig(source)
  const environment = environmentOf(config, name)
  const cluster = clusterOf(environment, options)
  if (!cluster) throw new Error(`environments.${name}.${goneCluster}`)
  const part = await rollback({ environment, cluster, holder: "rollback" }, "rollback:helm")
  await notify({ step: "rollback", parts: [part], commit: "" }, config, { webhook: options.slackWebhook })
  return part
}
