// All statements about a release, read from the registry.
import { Directory } from "@dagger.io/dagger"
import { openSource } from "../config/source"
import { insightsOf, periodOf, type Insights } from "../report/insights"
import { scopeOf } from "./admission"
import { openRecords, type DeliverOptions } from "./deliver"
import type { StoredStatement } from "./entries"
import type { Trust } from "./evidence"
import { identify, type Records, type ReleaseRecord, type StoredRelease } from "./record"
import { registryOf, type TargetOptions } from "./targets"

/** All statements about a release, and the keys that count. */
export interface StoredEvidence {
  found: StoredStatement[]
  trust: Trust
}

type EvidenceOptions = TargetOptions & Pick<DeliverOptions, "recordKey" | "slackJob">

/** Opens the records of the registry that the caller gives or delivery.yaml names. */
async function openEvidence(checkout: Directory, options: EvidenceOptions) {
  const { source, config } = await openSource(checkout)
  const registry = registryOf(config, options)
  if (!registry) throw new Error("registry: missing; the evidence is stored there (`with-registry --service …`)")
  return { source, config, records: await openRecords(config, registry, options) }
}

/** Reads all statements about a release, whatever speaks against them. */
export async function evidenceIn(
  checkout: Directory,
  release: string,
  options: EvidenceOptions,
): Promise<StoredEvidence> {
  const { source, config, records } = await openEvidence(checkout, options)
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

/** Returns the measures of delivery over a period that ends now, from all that is stored. */
export async function storedInsights(checkout: Directory, since: string, options: EvidenceOptions): Promise<Insights> {
  periodOf(since)
  const { records } = await openEvidence(checkout, options)
  return measuredIn(records, since, Date.now() / 1000)
}

/** Returns the measures of delivery from all entries that count. */
export async function measuredIn(records: Pick<Records, "all">, since: string, now: number): Promise<Insights> {
  const entries = await records.all()
  const releases = entries.filter(({ kind }) => kind === "published").map(({ release }) => release as StoredRelease)
  return insightsOf({ releases, entries }, periodOf(since), now)
}
