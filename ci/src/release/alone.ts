// Steps on targets that live as long as the call: publish to a registry, and dev on a cluster of its own.
import { Directory } from "@dagger.io/dagger"
import type { Access } from "../checks/private"
import { openSource } from "../config/source"
import { slackOf, tell, tellingErrors, type SlackOptions } from "../report/notify"
import type { Part } from "../report/parts"
import { unique } from "../report/unique"
import { unpromoted } from "./admission"
import { deliver, deliverTo, environmentOf, deliveryPlace, openRecords, told, type DeliverOptions } from "./deliver"
import { ephemeralCluster, ephemeralRegistry, installPrometheus, seed } from "./ephemeral"
import { ownEvidence } from "./evidence"
import { publish } from "./publish"
import { identify, recordsIn } from "./record"
import { registryOf, type TargetOptions } from "./targets"

/**
 * Publishes a release to the registry that the caller gives or delivery.yaml names, else to one that is gone with the
 * call.
 */
export async function publishRelease(
  checkout: Directory,
  options: TargetOptions & SlackOptions & Pick<DeliverOptions, "recordKey" | "slackJob"> & { access: Access },
): Promise<Part[]> {
  const { source, config } = await openSource(checkout)
  const identity = await identify(checkout, source, config)
  const { sha: commit, branch, author } = identity
  const telling = tell("publish", { commit, branch, author }, config, slackOf(options))
  const part = await tellingErrors(telling.failed, async () => {
    const given = registryOf(config, options)
    const registry = given ?? (await ephemeralRegistry(unique()))
    const isKept = given !== undefined || options.recordKey !== undefined
    const records = isKept
      ? await openRecords(config, registry, options, "publisher")
      : recordsIn(registry, ownEvidence())
    return (await publish({ source, config, identity, registry, records, access: options.access })).part
  })
  return [part, ...(await told(telling, "publish", [part]))]
}

/**
 * Delivers to dev. If delivery.yaml names no registry and no cluster and the caller gives none, both are made for the
 * call, and the release is published first.
 */
export async function deliverDev(checkout: Directory, options: DeliverOptions & { access: Access }): Promise<Part[]> {
  const { source, config } = await openSource(checkout)
  const environment = environmentOf(config, "dev")
  const ephemeral = environment.cluster === "ephemeral" && !options.kubeconfig && !registryOf(config, options)
  if (!ephemeral) return deliver("dev", checkout, options)

  const registry = await ephemeralRegistry(unique())
  const records = recordsIn(registry, ownEvidence())
  const identity = await identify(checkout, source, config)
  const published = await publish({ source, config, identity, registry, records, access: options.access })
  if (!published.record) return [published.part]
  const [cluster] = await Promise.all([ephemeralCluster(registry, config, unique()), seed(registry, config)])
  if (environment.gates.analysis) await installPrometheus(source, config, cluster)
  const holder = `dev of ${published.record.sha.slice(0, 12)}`
  // What is published and deployed in one call is not promoted from anywhere.
  const place = deliveryPlace("dev", unpromoted(config), { registry, cluster }, { ...options, holder })
  return (await deliverTo(place, published.record, records, slackOf(options))).parts
}
