// A release: which one a source is, the sealed record of what it became, and where records are stored.
import { createHmac, timingSafeEqual } from "node:crypto"
import { Directory, dag } from "@dagger.io/dagger"
import { goFolders } from "../checks/inputs"
import type { Config, EnvironmentName } from "../config/config"
import { dockerfileOf, hasDockerfile } from "../config/dockerfile"
import { recordsRepository } from "../config/repositories"
import { verdictOf, type Stage } from "../report/stages"
import { unique } from "../report/unique"
import { registryAccess, withLogin, type Registry } from "./targets"

/** The commit of a source, and the tree that decides whether a release is the same one. */
export interface Identity {
  sha: string
  commitTime: string
  branch: string
  /** The email address of the commit's author. */
  author: string
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
  const [commit, commitTime, branch, author, tree, dirty] = await Promise.all([
    found.commit(),
    found.time(),
    found.branch(),
    found.author(),
    found.tree(),
    found.dirty(),
  ])
  // Uncommitted changes are named by their content, so that an edit never meets the release of another edit.
  return {
    sha: dirty ? `${commit}-dirty-${tree.slice(0, 12)}` : commit,
    commitTime,
    branch,
    author,
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
  /** Ids of the deployments whose newest verdict of this step is green. */
  deployments?: string[]
}

/** What a tree became, by digest. It is written once; verdicts of it are entries of their own. */
export interface StoredRelease {
  format: 2
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
  /** Who wrote the commit. */
  author?: string
}

/** A release with the newest verdict of each step. It is the ticket from one step to the next. */
export interface ReleaseRecord extends StoredRelease {
  verdicts: Partial<Record<JudgedStep, Verdict>>
}

/** A step that gives a verdict. */
export type JudgedStep = "pr" | EnvironmentName

/**
 * What happened to a release, or to an environment: a verdict, an approval, a hold. Entries are only ever added, each
 * under a name of its own: nothing that was said can be overwritten, and two writers at once lose nothing.
 */
export interface Entry {
  /** `verdict` or another word of lower-case letters. */
  kind: string
  /** The tree that it is about; for what is about no release, a name such as `environment-prod`. */
  tree: string
  /** Seconds since 1970. */
  at: number
  [field: string]: unknown
}

/** The verdict of a step on a release. */
export interface VerdictEntry extends Entry {
  kind: "verdict"
  step: JudgedStep
  commit: string
  passed: boolean
  stages: Verdict["stages"]
  /** The digests that were judged; none if it is the source that was judged. */
  subject: string[]
  /** Id of the deployment that was judged. */
  deployment?: string
}

/** Returns the digests of a release: what a verdict on it is about. */
export function subjectOf({ images, chart, files }: StoredRelease): string[] {
  return [...new Set([...Object.values(images), chart, files].map((reference) => reference.split("@").at(-1)!))].sort()
}

/**
 * Returns a text that holds a value, with its seal: an HMAC-SHA-256 (RFC 2104) of all other lines. Nobody without the
 * key can change a byte unnoticed.
 */
export function sealed(value: object, key: string): string {
  const text = `${JSON.stringify(value, null, 1)}\n`
  return `${text}seal ${sealOf(text, key)}\n`
}

/** Reads a sealed text; throws if it was altered or sealed with another key. */
export function openSealed(sealedText: string, key: string): unknown {
  const match = /^([\s\S]*\n)seal ([0-9a-f]{64})\n$/.exec(sealedText)
  if (!match) throw new Error("the release record has no seal: it was not written by this pipeline, or was altered")
  const [, text, seal] = match
  if (!timingSafeEqual(Buffer.from(seal!, "hex"), Buffer.from(sealOf(text!, key), "hex")))
    throw new Error("the release record does not fit its seal: it was altered, or sealed with another record key")
  return JSON.parse(text!)
}

function sealOf(text: string, key: string): string {
  return createHmac("sha256", key).update(text).digest("hex")
}

/** Returns the entry of a step's verdict on a release, or, without digests, on its source. */
export function verdictEntry(
  { tree, sha, subject, deployment }: { tree: string; sha: string; subject: string[]; deployment?: string },
  step: JudgedStep,
  stages: Stage[],
  at = Date.now() / 1000,
): VerdictEntry {
  const numbers = stages.map(({ name, status, reason, value, limit, unit, atMost }) => ({
    name,
    status,
    reason,
    value,
    limit,
    unit,
    atMost,
  }))
  const { passed } = verdictOf(stages)
  return { kind: "verdict", tree, at, step, commit: sha, passed, subject, deployment, stages: numbers }
}

/** Returns the record with verdicts, oldest first. The newest of each step counts. */
export function withVerdicts(record: ReleaseRecord, entries: VerdictEntry[]): ReleaseRecord {
  const verdicts = { ...record.verdicts }
  for (const { step, passed, at, stages, deployment } of entries) {
    const others = (verdicts[step]?.deployments ?? []).filter((id) => id !== deployment)
    const deployments = passed && deployment !== undefined ? [...others, deployment] : others
    const known = deployments.length > 0 ? { deployments } : {}
    verdicts[step] = { passed, at: new Date(1000 * at).toISOString(), stages, ...known }
  }
  return { ...record, verdicts }
}

/** A place for small texts by name. */
export interface RecordStore {
  /** Returns the texts whose name is `prefix`, or begins with it and a dot, by name. Any failure is thrown. */
  read: (prefix: string) => Promise<Record<string, string>>
  write: (name: string, text: string) => Promise<void>
}

/** There is no record of that release. */
export class NoRecord extends Error {}

const treeForm = /^[0-9a-f]{64}(-dirty)?$/
const commitForm = /^[0-9a-f]{40}(-dirty-[0-9a-f]{12})?$/

/** The sealed records of a store, and what is said of them. */
export class Records {
  constructor(
    private readonly store: RecordStore,
    private readonly key: string,
    /** What to do when there is no record, for the error. */
    private readonly advice = "publish it first",
  ) {}

  /**
   * Returns the record of a tree or a commit; undefined if there is none. Throws if it was altered, if it is another
   * release's under this name, or if it cannot be read.
   */
  async find(release: string): Promise<ReleaseRecord | undefined> {
    if (commitForm.test(release)) {
      const tree = await this.treeOf(release)
      return tree === undefined ? undefined : this.find(tree)
    }
    if (!treeForm.test(release))
      throw new Error(
        `release: ${JSON.stringify(release)} is not allowed; the full hash of a commit, or of a tree as its record has it`,
      )
    const texts = await this.store.read(release)
    if (texts[release] === undefined) return undefined
    const stored = openSealed(texts[release], this.key) as StoredRelease
    if ((stored.format as number) !== 2)
      throw new Error(`the release record has the format ${String(stored.format)}; this pipeline reads format 2`)
    if (stored.tree !== release) throw new Error(misplaced(release, `the tree ${short(stored.tree)}`))
    return withVerdicts({ ...stored, verdicts: {} }, verdictsOn(stored, this.open(release, texts)))
  }

  /** Returns the tree that a commit was published with; undefined if it was not. */
  private async treeOf(commit: string): Promise<string | undefined> {
    const text = (await this.store.read(commit))[commit]
    if (text === undefined) return undefined
    const found = openSealed(text, this.key) as CommitName
    if (found.commit !== commit) throw new Error(misplaced(commit, `the commit ${short(String(found.commit))}`))
    return found.tree
  }

  /** Returns the record of a tree or a commit; throws NoRecord if there is none. */
  async read(release: string): Promise<ReleaseRecord> {
    const found = await this.find(release)
    if (!found) throw new NoRecord(`there is no release record of ${short(release)}: ${this.advice}`)
    return found
  }

  /**
   * Writes the record of a release, unless its tree has one: the same tree is the same release. Gives the commit its
   * name. Returns the record that the tree has.
   */
  async add(release: StoredRelease): Promise<ReleaseRecord> {
    const found = await this.find(release.tree)
    if (!found) await this.store.write(release.tree, sealed(release, this.key))
    await this.name(release.sha, release.tree)
    return found ?? { ...release, verdicts: {} }
  }

  /** Lets a commit name the release of its tree. */
  async name(commit: string, tree: string): Promise<void> {
    if ((await this.treeOf(commit)) === tree) return
    const name: CommitName = { format: 2, commit, tree }
    await this.store.write(commit, sealed(name, this.key))
  }

  /** Adds an entry. */
  async append(entry: Entry): Promise<void> {
    if (!/^[a-z]{1,16}$/.test(entry.kind) || !/^\w[\w-]{0,79}$/.test(entry.tree))
      throw new Error(`entry: no name can be made of the kind ${entry.kind} and the tree ${entry.tree}`)
    const id = `${entry.tree}.${entry.kind}.${Math.round(1000 * entry.at)}-${unique()}`
    await this.store.write(id, sealed({ ...entry, id }, this.key))
  }

  /** Returns all entries of a tree, oldest first. */
  async entries(tree: string): Promise<Entry[]> {
    return this.open(tree, await this.store.read(tree))
  }

  /** Returns all verdicts on a release, and on its source, oldest first. */
  async history(record: StoredRelease): Promise<VerdictEntry[]> {
    return verdictsOn(record, await this.entries(record.tree))
  }

  /** Opens the entries among the texts of a tree; throws if one was altered, or copied from elsewhere. */
  private open(tree: string, texts: Record<string, string>): Entry[] {
    const entries = Object.entries(texts)
      .filter(([name]) => name !== tree)
      .map(([name, text]) => {
        const entry = openSealed(text, this.key) as Entry
        if (entry.id !== name || entry.tree !== tree) throw new Error(misplaced(name, String(entry.id)))
        return entry
      })
    return entries.sort((one, other) => one.at - other.at)
  }

  /** Adds a step's verdict, on a deployment where there is one; returns the record with it. */
  async judge(record: ReleaseRecord, step: JudgedStep, stages: Stage[], deployment?: string): Promise<ReleaseRecord> {
    const entry = verdictEntry({ ...record, subject: subjectOf(record), deployment }, step, stages)
    await this.append(entry)
    return withVerdicts(record, [entry])
  }
}

/** What is stored under the name of a commit. */
interface CommitName {
  format: 2
  commit: string
  tree: string
}

/** Returns the verdicts that are about a release's own digests, or about its source alone. */
export function verdictsOn(release: StoredRelease, entries: Entry[]): VerdictEntry[] {
  const subject = subjectOf(release).join()
  return (entries.filter(({ kind }) => kind === "verdict") as VerdictEntry[]).filter(
    (entry) => entry.subject.length === 0 || entry.subject.join() === subject,
  )
}

const short = (name: string): string => name.slice(0, 12)

function misplaced(name: string, other: string): string {
  return (
    `releases:${name} holds what was written for ${other}: somebody has copied it there; ` +
    "delete that tag, and find out who can write to the registry"
  )
}

/** The records that lie beside the images in a registry. */
export function recordsIn(registry: Registry, key: string): Records {
  const repository = `${registry.address}/${recordsRepository}`
  const access = () => ({ ...registryAccess(registry), nonce: unique() })
  const store: RecordStore = {
    read: async (prefix) => {
      const found = await withLogin(dag.registry(), registry)
        .pullTagged(repository, { prefix, ...access() })
        .sync()
      const paths = await found.glob(`*/${file}`)
      return Object.fromEntries(
        await Promise.all(
          paths.map(async (path) => [path.slice(0, -file.length - 1), await found.file(path).contents()] as const),
        ),
      )
    },
    write: async (name, text) =>
      void (await withLogin(dag.registry(), registry).pushFiles(
        dag.directory().withNewFile(file, text),
        [`${repository}:${name}`],
        access(),
      )),
  }
  const where = `publish it to ${registry.address} first`
  const forgets =
    " (an ephemeral registry is gone with the call: run `npm run rehearse`, or give a registry that stays)"
  return new Records(store, key, registry.ephemeral ? where + forgets : where)
}

/** The file of an artefact that holds a record. */
const file = "release.txt"
