// All statements about a release, read from the registry.
import { Directory } from "@dagger.io/dagger"
import { openSource } from "../config/source"
import { scopeOf } from "./admission"
import { openRecords, type DeliverOptions } from "./deliver"
import type { StoredStatement } from "./entries"
import type { Trust } from "./evidence"
import { identify, type Records, type ReleaseRecord } from "./record"
import { registryOf, type TargetOptions } from "./targets"

/** All statements about a release, and the keys that count. */
export interface StoredEvidence {
  found: StoredStatement[]
  trust: Trust
}

/** Reads all statements about a release, whatever speaks against them. */
export async function evidenceIn(
  checkout: Directory,
  release: string,
  options: TargetOptions & Pick<DeliverOptions, "recordKey" | "slackJob">,
): Promise<StoredEvidence> {
  const { source, config } = await openSource(checkout)
  const registry = registryOf(config, options)
  if (!registry) throw new Error("registry: missing; the evidence is stored there (`with-registry --service …`)")
  const records = await openRecords(config, registry, options)
  const name = release || (await identify(checkout, source, config)).tree
  return { found: await evidenceOn(records, name, Object.keys(config.environments)), trust: records.trust }
}

/** Returns what is stored of a release: of its tree, of its commit, and what was decided about it in environments. */
export async function evidenceOn(
  records: Pick<Records, "found" | "resolve">,
  release: string,
  environments: string[],
): Promise<StoredStatement[]> {
  const tree = await records.resolve(release)
  const own = await records.found(tree)
  const commits = own.flatMap(({ entry }) =>
    entry?.kind === "published" ? [(entry.release as ReleaseRecord).sha] : [],
  )
  const scopes = [...new Set(commits), ...environments.map(scopeOf)]
  const others = (await Promise.all(scopes.map((scope) => records.found(scope)))).flat()
  const isOfRelease = ({ entry }: StoredStatement) =>
    entry !== undefined && (entry.release === tree || (entry.kind === "hold" && commits.includes(String(entry.commit))))
  return [...own, ...others.filter(isOfRelease)]
}
