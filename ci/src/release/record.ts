// A release: which one a source is, the signed record of what it became, and where records are stored.
import { Directory, dag } from "@dagger.io/dagger"
import { goFolders } from "../checks/inputs"
import type { Config, EnvironmentName } from "../config/config"
import { dockerfileOf, hasDockerfile } from "../config/dockerfile"
import { recordsRepository } from "../config/repositories"
import { verdictOf, type Stage } from "../report/stages"
import { unique } from "../report/unique"
import { version } from "../version"
import { examine, signedEntry, type Entry, type StoredStatement } from "./entries"
import type { EvidenceKeys } from "./evidence"
import { loggedIn } from "./login"
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

/** What a tree became, by digest. The publisher signs it once; verdicts of it are entries of their own. */
export interface StoredRelease {
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
  /** The branch that was checked out. */
  branch?: string
}

/** A release with the newest verdict of each step. It is the ticket from one step to the next. */
export interface ReleaseRecord extends StoredRelease {
  verdicts: Partial<Record<JudgedStep, Verdict>>
}

/** A step that gives a verdict. */
export type JudgedStep = "pr" | EnvironmentName

/** The verdict of a step on a release. */
export interface VerdictEntry extends Entry {
  kind: "verdict"
  step: JudgedStep
  commit: string
  branch?: string
  passed: boolean
  stages: Verdict["stages"]
  /** The digests that were judged; none if it is the source that was judged. */
  subject: string[]
  /** Id of the deployment that was judged. */
  deployment?: string
  /** RFC 3339. */
  startedOn?: string
  finishedOn: string
}

/** Returns all references of a release. */
export function referencesOf({ images, chart, files }: StoredRelease): string[] {
  return [...Object.values(images), chart, files]
}

/** Returns the digests of a release: what a verdict on it is about. */
export function subjectOf(release: StoredRelease): string[] {
  return [...new Set(referencesOf(release).map((reference) => reference.split("@").at(-1)!))].sort()
}

/** What a verdict is of. */
export interface Judged {
  tree: string
  sha: string
  branch?: string
  deployment?: string
  /** When the step began, in seconds since 1970. */
  began?: number
}

/** Returns the entry of a step's verdict. */
export function verdictEntry(
  { tree, sha, branch, deployment, began }: Judged,
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
  const times = { startedOn: began === undefined ? undefined : iso(began), finishedOn: iso(at) }
  const what = { step, commit: sha, branch, passed, deployment, ...times, stages: numbers }
  return { kind: "verdict", tree, at, subject: [], ...what }
}

const iso = (seconds: number): string => new Date(1000 * seconds).toISOString()

/** Returns the record with verdicts, oldest first. The newest of each step counts. */
export function withVerdicts(record: ReleaseRecord, entries: VerdictEntry[]): ReleaseRecord {
  const verdicts = { ...record.verdicts }
  for (const { step, passed, at, stages, deployment } of entries) {
    const others = (verdicts[step]?.deployments ?? []).filter((id) => id !== deployment)
    const deployments = passed && deployment !== undefined ? [...others, deployment] : others
    const known = deployments.length > 0 ? { deployments } : {}
    verdicts[step] = { passed, at: iso(at), stages, ...known }
  }
  return { ...record, verdicts }
}

/** A place for small texts by name. */
export interface RecordStore {
  /** Returns the texts whose name is `prefix`, or begins with it and a dot, by name; all of them if it is empty. Any failure is thrown. */
  read: (prefix: string) => Promise<Record<string, string>>
  write: (name: string, text: string) => Promise<void>
}

/** There is no record of that release. */
export class NoRecord extends Error {}

const treeForm = /^[0-9a-f]{64}(-dirty)?$/
const commitForm = /^[0-9a-f]{40}(-dirty-[0-9a-f]{12})?$/

/** The signed records of a store, and what is said of them. */
export class Records {
  constructor(
    private readonly store: RecordStore,
    private readonly evidence: EvidenceKeys,
    /** What to do when there is no record, for the error. */
    private readonly advice = "publish it first",
  ) {}

  /**
   * Returns the record of a tree or a commit; undefined if there is none that counts. Throws if a statement of it was
   * altered, or is another release's under this name, or if it cannot be read.
   */
  async find(release: string): Promise<ReleaseRecord | undefined> {
    const { tree } = await this.treeOf(release)
    return tree === undefined ? undefined : recordIn(tree, counted(await this.found(tree)))
  }

  /** Returns the record of a tree or a commit; throws NoRecord if there is none. */
  async read(release: string): Promise<ReleaseRecord> {
    const { tree, uncounted } = await this.treeOf(release)
    const found = tree === undefined ? [] : await this.found(tree)
    const record = tree === undefined ? undefined : recordIn(tree, counted(found))
    if (record) return record
    throw this.noRecord(release, [...uncounted, ...found.flatMap((one) => one.uncounted ?? [])])
  }

  private noRecord(release: string, [first]: string[]): NoRecord {
    const without = first === undefined ? "" : `; what is stored of it does not count: ${first}`
    return new NoRecord(`there is no release record of ${short(release)}: ${this.advice}${without}`)
  }

  /** Returns the tree that a name of a release stands for, and why statements about the name do not count. */
  private async treeOf(release: string): Promise<{ tree?: string; uncounted: string[] }> {
    if (treeForm.test(release)) return { tree: release, uncounted: [] }
    if (!commitForm.test(release))
      throw new Error(
        `release: ${JSON.stringify(release)} is not allowed; the full hash of a commit, or of a tree as its record has it`,
      )
    const found = await this.found(release)
    const named = counted(found).filter(({ kind }) => kind === "commit") as unknown as CommitName[]
    return { tree: named.at(-1)?.release, uncounted: found.flatMap((one) => one.uncounted ?? []) }
  }

  /** Returns the tree of a tree or a commit; throws NoRecord if no statement that counts names one. */
  async resolve(release: string): Promise<string> {
    const { tree, uncounted } = await this.treeOf(release)
    if (tree === undefined) throw this.noRecord(release, uncounted)
    return tree
  }

  /** The keys whose signatures count. */
  get trust(): EvidenceKeys["trust"] {
    return this.evidence.trust
  }

  /**
   * Writes the record of a release, unless its tree has one: the same tree is the same release. Gives the commit its
   * name. Returns the record that the tree has.
   */
  async add(release: StoredRelease): Promise<ReleaseRecord> {
    const found = await this.find(release.tree)
    if (!found) {
      const entry = { kind: "published", tree: release.tree, at: Date.now() / 1000, release }
      await this.append(entry, referencesOf(release))
    }
    await this.name(release.sha, release.tree)
    return found ?? { ...release, verdicts: {} }
  }

  /** Lets a commit name the release of its tree. */
  async name(commit: string, tree: string): Promise<void> {
    if ((await this.treeOf(commit)).tree === tree) return
    await this.append({ kind: "commit", tree: commit, at: Date.now() / 1000, release: tree })
  }

  /** Signs an entry about references by digest, or about its tree or environment alone, and adds it. */
  async append(entry: Entry, references: string[] = []): Promise<void> {
    if (!/^[a-z]{1,16}$/.test(entry.kind) || !/^\w[\w-]{0,79}$/.test(entry.tree))
      throw new Error(`entry: no name can be made of the kind ${entry.kind} and the tree ${entry.tree}`)
    const id = `${entry.tree}.${entry.kind}.${Math.round(1000 * entry.at)}-${unique()}`
    const whole = { ...entry, id, builder: this.evidence.builder, pipeline: version }
    await this.store.write(id, signedEntry(whole, references, this.evidence))
  }

  /** Returns all that is stored of a tree, a commit or an environment, by name, with what speaks against it. */
  async found(scope: string): Promise<StoredStatement[]> {
    const texts = await this.store.read(scope)
    return Object.entries(texts).map(([name, text]) => examine(scope, name, text, this.evidence))
  }

  /** Returns all entries of a tree that count, oldest first; throws if one was altered, or copied from elsewhere. */
  async entries(tree: string): Promise<Entry[]> {
    return counted(await this.found(tree))
  }

  /** Returns all entries of all trees and environments that count, oldest first. */
  async all(): Promise<Entry[]> {
    const texts = await this.store.read("")
    return counted(Object.entries(texts).map(([name, text]) => examine(name.split(".")[0]!, name, text, this.evidence)))
  }

  /** Returns all verdicts on a release, and on its source, oldest first. */
  async history(record: StoredRelease): Promise<VerdictEntry[]> {
    return verdictsOn(record, await this.entries(record.tree))
  }

  /** Adds a step's verdict, on a deployment where there is one; returns the record with it. */
  async judge(
    record: ReleaseRecord,
    step: JudgedStep,
    stages: Stage[],
    { deployment, began }: Pick<Judged, "deployment" | "began"> = {},
  ): Promise<ReleaseRecord> {
    const { tree, sha, branch } = record
    const entry = verdictEntry({ tree, sha, branch, deployment, began }, step, stages)
    await this.append(entry, referencesOf(record))
    return withVerdicts(record, [entry])
  }
}

/** What is stored under the name of a commit. */
interface CommitName {
  /** The tree. */
  release: string
}

/** Returns the entries that count, oldest first; throws if one was altered, or copied from elsewhere. */
export function counted(found: StoredStatement[]): Entry[] {
  const refused = found.find((one) => one.refused !== undefined)
  if (refused) throw new Error(refused.refused)
  const entries = found.flatMap(({ entry, uncounted }) => (entry && uncounted === undefined ? [entry] : []))
  // Of two verdicts at one moment the red one comes last, so that it counts.
  const isRed = ({ passed }: Entry) => Number(passed === false)
  return entries.sort((one, other) => one.at - other.at || isRed(one) - isRed(other))
}

/** Returns the record in a tree's entries: the oldest statement of its publisher, which verdicts are about. */
function recordIn(tree: string, entries: Entry[]): ReleaseRecord | undefined {
  const published = entries.filter(({ kind }) => kind === "published") as unknown as Published[]
  const fits = ({ release, subject }: Published) =>
    release.tree === tree && subject.join() === subjectOf(release).join()
  const release = published.find(fits)?.release
  return release && withVerdicts({ ...release, verdicts: {} }, verdictsOn(release, entries))
}

/** The entry of a release. */
interface Published {
  subject: string[]
  release: StoredRelease
}

/** Returns the verdicts that are about a release's own digests, and those of the checks about its source alone. */
export function verdictsOn(release: StoredRelease, entries: Entry[]): VerdictEntry[] {
  const subject = subjectOf(release).join()
  return (entries.filter(({ kind }) => kind === "verdict") as VerdictEntry[]).filter(
    (entry) => entry.subject.join() === subject || (entry.subject.length === 0 && entry.step === "pr"),
  )
}

const short = (name: string): string => name.slice(0, 12)

/** The records that lie beside the images in a registry. */
export function recordsIn(registry: Registry, evidence: EvidenceKeys): Records {
  const repository = `${registry.address}/${recordsRepository}`
  const access = () => ({ ...registryAccess(registry), nonce: unique() })
  const store: RecordStore = {
    read: async (prefix) => {
      const found = await loggedIn(registry, () =>
        withLogin(dag.registry(), registry)
          .pullTagged(repository, { prefix, ...access() })
          .sync(),
      )
      const paths = await found.glob(`*/${file}`)
      return Object.fromEntries(
        await Promise.all(
          paths.map(async (path) => [path.slice(0, -file.length - 1), await found.file(path).contents()] as const),
        ),
      )
    },
    write: async (name, text) =>
      void (await loggedIn(registry, () =>
        withLogin(dag.registry(), registry).pushFiles(
          dag.directory().withNewFile(file, text),
          [`${repository}:${name}`],
          access(),
        ),
      )),
  }
  const where = `publish it to ${registry.address} first`
  const forgets =
    " (an ephemeral registry is gone with the call: run `npm run rehearse`, or give a registry that stays)"
  return new Records(store, evidence, registry.ephemeral ? where + forgets : where)
}

/** The file of an artefact that holds a signed statement. */
const file = "evidence.sigstore.json"
