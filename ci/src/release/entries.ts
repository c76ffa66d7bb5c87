// What is stored about a release or an environment: entries as signed statements, and whose signature each of them needs. Pure.
import { createHash } from "node:crypto"
import { holders, type Holder } from "../config/evidence"
import {
  Altered,
  UnknownKey,
  opened,
  shortKey,
  signed,
  signerOf,
  type EvidenceKeys,
  type Statement,
  type Subject,
} from "./evidence"

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
  /** The digests that it is about, sorted; none if that is no artefact. As read, those of the signed statement. */
  subject?: string[]
  [field: string]: unknown
}

/** An entry as it was found, with what speaks against it. */
export interface StoredStatement {
  /** The name that it is stored under. */
  name: string
  /** The bundle. */
  text: string
  /** Missing if the signature does not vouch for it. */
  entry?: Entry
  /** The key that signed it, and who holds that. */
  key?: string
  signedBy: Holder[]
  /** Why it does not count, though nothing was tampered with. */
  uncounted?: string
  /** Why nothing here can be trusted until somebody has looked. */
  refused?: string
}

/** Returns the type of an entry's statement. */
export const typeOf = (kind: string): string => `urn:delivery:${kind}:v1`

/** The names of subjects that are no artefacts of a registry. */
const sourceName = "source"
const commitName = "commit"
const environmentName = "environment"
const isArtefact = ({ name }: Subject): boolean => ![sourceName, commitName, environmentName].includes(name)

/** Returns what a statement on references by digest is about. */
export function subjectsOf(references: string[]): Subject[] {
  return references.map((reference) => {
    const [name, digest = ""] = reference.split("@")
    const [algorithm, value] = digest.split(":")
    if (!name || !algorithm || !value) throw new Error(`${JSON.stringify(reference)} is no reference by digest`)
    return { name, digest: { [algorithm]: value } }
  })
}

/** What an entry is about if it is about no artefact: a source, a commit and its source, or an environment. */
function scopeSubject({ kind, tree: scope, release }: Entry): Subject[] {
  const source = (tree: string): Subject => ({ name: sourceName, digest: { sha256: tree.slice(0, 64) } })
  if (kind === "commit")
    return [{ name: commitName, digest: { gitCommit: scope.slice(0, 40) } }, source(String(release))]
  if (/^[0-9a-f]{64}/.test(scope)) return [source(scope)]
  return [{ name: environmentName, digest: { sha256: createHash("sha256").update(scope).digest("hex") } }]
}

function digestsOf(subject: Subject[]): string[] {
  const digests = subject
    .filter(isArtefact)
    .flatMap(({ digest }) => Object.entries(digest).map(([algorithm, value]) => `${algorithm}:${value}`))
  return [...new Set(digests)].sort()
}

/** Returns the holder whose signature an entry needs; undefined if nobody may say such a thing. */
export function holderOf({ kind, tree, step, environment }: Entry): Holder | undefined {
  if (kind === "published" || kind === "commit") return "publisher"
  if (kind === "verdict") return step === "pr" ? "publisher" : environmentHolder(step)
  const scope = /^environment-(.+)$/.exec(tree)?.[1]
  return scope === undefined || scope === environment ? environmentHolder(environment) : undefined
}

function environmentHolder(name: unknown): Holder | undefined {
  return holders.find((holder) => holder === name && holder !== "publisher")
}

/** Returns an entry as a signed statement about references by digest, or about its scope alone. */
export function signedEntry(entry: Entry, references: string[], evidence: EvidenceKeys): string {
  const holder = holderOf(entry)
  if (!holder) throw new Error(`entry: nobody's signature is right for the kind ${entry.kind} on ${entry.tree}`)
  const { subject: _, ...predicate } = entry
  const statement: Statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: references.length ? subjectsOf(references) : scopeSubject(entry),
    predicateType: typeOf(entry.kind),
    predicate,
  }
  return signed(statement, signerOf(evidence, holder))
}

/** Reads what is stored under a name of a scope, and says what speaks against it. */
export function examine(scope: string, name: string, text: string, { trust }: EvidenceKeys): StoredStatement {
  let found: { statement: Statement; key: string }
  try {
    found = opened(text, trust.all)
  } catch (error) {
    const { message } = error as Error
    if (error instanceof UnknownKey) return { name, text, signedBy: [], uncounted: message }
    if (error instanceof Altered) return { name, text, signedBy: [], refused: `releases:${name}: ${message}` }
    throw error
  }
  const { statement, key } = found
  const signedBy = trust.holdersOf(key)
  const entry = { ...statement.predicate, subject: digestsOf(statement.subject) } as Entry
  const all: StoredStatement = { name, text, entry, key, signedBy }
  if (entry.id !== name || entry.tree !== scope) return { ...all, refused: misplaced(name, String(entry.id)) }
  return { ...all, uncounted: faultOf(statement, entry, { key, signedBy }) }
}

/** Returns why a statement that is signed with a listed key does not count; undefined if it does. */
function faultOf(
  { predicateType, subject }: Statement,
  entry: Entry,
  { key, signedBy }: { key: string; signedBy: Holder[] },
): string | undefined {
  if (predicateType !== typeOf(entry.kind)) return `the type ${predicateType} is not that of the kind ${entry.kind}`
  const holder = holderOf(entry)
  const what = `${entry.kind}${typeof entry.step === "string" ? ` of ${entry.step}` : ""}`
  if (!holder) return `nobody may sign a ${what} on ${entry.tree.slice(0, 20)}`
  if (!signedBy.includes(holder))
    return `a ${what} counts with a key of ${holder}; it is signed with ${shortKey(key)} of ${signedBy.join(", ")}`
  const own = scopeSubject(entry).map((one) => JSON.stringify(one))
  const other = subject.find((one) => !isArtefact(one) && !own.includes(JSON.stringify(one)))
  if (other || !subject.length) return `its subject is ${other ? `another ${other.name}` : "missing"}`
  return undefined
}

export function misplaced(name: string, other: string): string {
  return (
    `releases:${name} holds what was written for ${other}: somebody has copied it there; ` +
    "delete that tag, and find out who can write to the registry"
  )
}
