// A release: which one a source is, the sealed record of what it became, and where records are stored.
import { createHmac, timingSafeEqual } from "node:crypto"
import { Directory, dag } from "@dagger.io/dagger"
import { goFolders } from "../checks/inputs"
import type { Config, EnvironmentName } from "../config/config"
import { dockerfileOf, hasDockerfile } from "../config/dockerfile"
import { isRed, verdictOf, type Stage } from "../report/stages"
import { unique } from "../report/unique"
import { pullFiles, registryAccess, withLogin, type Registry } from "./targets"

/** The commit of a source, and the tree that decides whether a release is the same one. */
export interface Identity {
  sha: string
  commitTime: string
  branch: string
  /** A hash of the files that make the release. */
  tree: string
  dirty: boolean
}

/** The folders and files whose content makes a release. */
async function deliveredPaths(source: Directory, { services, chart, suites }: Config): Promise<string[]> {
  const delivered = Object.values(services).filter(({ image }) => image)
  const folders = await Promise.all(delivered.map(({ path, inputs }) => goFolders(source, path, inputs)))
  const dockerfiles = await Promise.all(delivered.filter(hasDockerfile).map((service) => dockerfileOf(source, service)))
  const contexts = delivered.flatMap(({ dockerfile }) => dockerfile?.context ?? [])
  const tests = [suites.api?.collection, suites.ui, suites.load].filter((path) => path !== undefined)
  return [
    ...new Set([
      ...folders.flat(),
      ...contexts,
      ...dockerfiles.flatMap((file) => file ?? []),
      chart.path,
      ...tests,
      "delivery.yaml",
    ]),
  ].sort()
}

/** Returns commit, time, branch and tree of a checkout and its source. */
export async function identify(checkout: Directory, source: Directory, config: Config): Promise<Identity> {
  const found = dag.gitflow().ofSource(checkout, { paths: await deliveredPaths(source, config) })
  const [commit, commitTime, branch, tree, dirty] = await Promise.all([
    found.commit(),
    found.time(),
    found.branch(),
    found.tree(),
    found.dirty(),
  ])
  // Uncommitted changes are named by their content, so that an edit never meets the release of another edit.
  return {
    sha: dirty ? `${commit}-dirty-${tree.slice(0, 12)}` : commit,
    commitTime,
    branch,
    tree: dirty ? `${tree}-dirty` : tree,
    dirty,
  }
}

/** What one step found, as the record holds it. */
export interface Verdict {
  passed: boolean
  /** RFC 3339. */
  at: string
  stages: Pick<Stage, "name" | "status" | "reason" | "value" | "limit" | "unit" | "atMost">[]
}

/** What a commit became, by digest, and the verdict of each step. It is the ticket from one step to the next. */
export interface ReleaseRecord {
  format: 1
  /** The delivered files, as git names them: a merge that changed nothing in them has the same tree. */
  tree: string
  /** The commit that was built: the images' tag, and the version that the product gives. */
  sha: string
  commitTime: string
  /** References by digest. */
  images: Record<string, string>
  chart: string
  /** delivery.yaml and the suites of this commit. */
  files: string
  verdicts: Partial<Record<"pr" | EnvironmentName, Verdict>>
}

/**
 * Returns the record's text with its seal: an HMAC-SHA-256 (RFC 2104) of all other lines. Nobody without the key can
 * change a byte unnoticed.
 */
export function sealed(record: ReleaseRecord, key: string): string {
  const text = `${JSON.stringify(record, null, 1)}\n`
  return `${text}seal ${sealOf(text, key)}\n`
}

/** Reads a sealed record; throws if it was altered or sealed with another key. */
export function openSealed(sealedText: string, key: string): ReleaseRecord {
  const match = /^([\s\S]*\n)seal ([0-9a-f]{64})\n$/.exec(sealedText)
  if (!match) throw new Error("the release record has no seal: it was not written by this pipeline, or was altered")
  const [, text, seal] = match
  if (!timingSafeEqual(Buffer.from(seal!, "hex"), Buffer.from(sealOf(text!, key), "hex")))
    throw new Error("the release record does not fit its seal: it was altered, or sealed with another record key")
  const record = JSON.parse(text!) as ReleaseRecord
  if (record.format !== 1)
    throw new Error(`the release record has the format ${String(record.format)}; this pipeline reads format 1`)
  return record
}

function sealOf(text: string, key: string): string {
  return createHmac("sha256", key).update(text).digest("hex")
}

/** The step whose verdict must be green before a release may go to an environment. */
export const needs: Partial<Record<EnvironmentName, EnvironmentName>> = { prod: "stage" }

/** Returns why a record may not be deployed to an environment; undefined if it may. */
export function refusal(record: ReleaseRecord, to: EnvironmentName): string | undefined {
  const before = needs[to]
  if (!before) return undefined
  const verdict = record.verdicts[before]
  const short = record.sha.slice(0, 12)
  if (!verdict) return `${short} has no ${before} verdict: it was never tested there; run ${before} first`
  if (verdict.passed) return undefined
  const culprit = verdict.stages.find(isRed)
  return `${short} has a red ${before} verdict of ${verdict.at}${culprit ? `: ${culprit.name}: ${culprit.reason}` : ""}`
}

/** Returns the record with a step's verdict. It replaces an earlier verdict of the same step. */
export function withVerdict(
  record: ReleaseRecord,
  step: "pr" | EnvironmentName,
  { stages, passed, at }: { stages: Stage[]; passed: boolean; at: Date },
): ReleaseRecord {
  const numbers = stages.map(({ name, status, reason, value, limit, unit, atMost }) => ({
    name,
    status,
    reason,
    value,
    limit,
    unit,
    atMost,
  }))
  return { ...record, verdicts: { ...record.verdicts, [step]: { passed, at: at.toISOString(), stages: numbers } } }
}

/** A place for the texts of records, each under the names of its tree and of its commit. */
export interface RecordStore {
  /** Returns the text under a name; undefined if there is none. Any other failure is thrown. */
  read: (name: string) => Promise<string | undefined>
  write: (names: string[], text: string) => Promise<void>
}

/** There is no record of that release. */
export class NoRecord extends Error {}

/** The sealed records of a store. */
export class Records {
  constructor(
    private readonly store: RecordStore,
    private readonly key: string,
    /** What to do when there is no record, for the error. */
    private readonly advice = "publish it first",
  ) {}

  /**
   * Returns the record of a tree or a commit; undefined if there is none. Throws if it was altered or cannot be read.
   */
  async find(release: string): Promise<ReleaseRecord | undefined> {
    if (!/^([0-9a-f]{40}(-dirty-[0-9a-f]{12})?|[0-9a-f]{64}(-dirty)?)$/.test(release))
      throw new Error(
        `release: ${JSON.stringify(release)} is not allowed; the full hash of a commit, or of a tree as its record has it`,
      )
    const text = await this.store.read(release)
    return text === undefined ? undefined : openSealed(text, this.key)
  }

  /** Returns the record of a tree or a commit; throws NoRecord if there is none. */
  async read(release: string): Promise<ReleaseRecord> {
    const found = await this.find(release)
    if (!found) throw new NoRecord(`there is no release record of ${release.slice(0, 12)}: ${this.advice}`)
    return found
  }

  async write(record: ReleaseRecord): Promise<void> {
    await this.store.write([...new Set([record.tree, record.sha])], sealed(record, this.key))
  }

  /** Writes a step's verdict into the record; returns the new record. */
  async judge(record: ReleaseRecord, step: EnvironmentName | "pr", stages: Stage[]): Promise<ReleaseRecord> {
    const judged = withVerdict(record, step, { stages, passed: verdictOf(stages).passed, at: new Date() })
    await this.write(judged)
    return judged
  }
}

/** The records that lie beside the images in a registry. */
export function recordsIn(registry: Registry, key: string): Records {
  const reference = (name: string): string => `${registry.address}/releases:${name}`
  const store: RecordStore = {
    read: async (name) => {
      const files = await pullFiles(reference(name), registry, { optional: true })
      return (await files.entries()).includes(file) ? files.file(file).contents() : undefined
    },
    write: async (names, text) =>
      void (await withLogin(dag.registry(), registry).pushFiles(
        dag.directory().withNewFile(file, text),
        names.map(reference),
        { ...registryAccess(registry), nonce: unique() },
      )),
  }
  const where = `publish it to ${registry.address} first`
  const forgets =
    " (an ephemeral registry is gone with the call: run `npm run rehearse`, or give a registry that stays)"
  return new Records(store, key, registry.ephemeral ? where + forgets : where)
}

/** The file of an artefact that holds a record. */
const file = "release.txt"
