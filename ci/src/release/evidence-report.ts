// The evidence of a release for people and for stock cosign: a table, the statements as JSON, and a folder of bundles. Pure.
import type { Holder } from "../config/evidence"
import { opened, shortKey, type Trust } from "./evidence"
import { typeOf, type Entry, type StoredStatement } from "./entries"

/** Returns what is stored, oldest first; what cannot be read is last. */
export function oldestFirst(found: StoredStatement[]): StoredStatement[] {
  return [...found].sort((one, other) => (one.entry?.at ?? Infinity) - (other.entry?.at ?? Infinity))
}

/** Returns what speaks against a statement; undefined if it counts. */
export const against = ({ refused, uncounted }: StoredStatement): string | undefined => refused ?? uncounted

/** Returns what a statement says, in few words. */
export function saying({ kind, step, passed, stages, by, reason, environment, tree, release, commit }: Entry): string {
  const short = (name: unknown): string => String(name).slice(0, 12)
  if (kind === "published") return `published from ${short((release as { sha?: string } | undefined)?.sha)}`
  if (kind === "commit") return `commit ${short(tree)} is the tree ${short(release)}`
  if (kind === "verdict") {
    const all = (stages as unknown[] | undefined) ?? []
    return `${String(step)} ${passed === true ? "green" : "red"} (${all.length} stages) at ${short(commit)}`
  }
  const where = typeof environment === "string" ? ` for ${environment}` : ""
  const why = typeof reason === "string" && reason ? `: ${reason}` : ""
  return `${kind}${where} by ${String(by)}${why}`
}

/** Returns a table of all statements: time, what, whose key, where it was said; and below it what does not count. */
export function evidenceTable(found: StoredStatement[]): string {
  const rows = oldestFirst(found).map((one) => {
    const { entry, key, signedBy, name } = one
    const time = entry ? new Date(1000 * entry.at).toISOString().replace(/\.\d+Z$/, "Z") : "?"
    const what = entry ? saying(entry) : name
    const whose = key === undefined ? "?" : `${signedBy.join(", ")} (${shortKey(key)})`
    return [
      against(one) === undefined ? "✔" : "✘",
      time,
      what,
      whose,
      typeof entry?.builder === "string" ? entry.builder : "?",
    ]
  })
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    row.map((cell, column) => (column < 4 ? cell.padEnd(widths[column]!) : cell)).join("  "),
  )
  const faults = faultsOf(found)
  return `${[...lines, ...(faults.length ? ["", ...faults] : [])].join("\n")}\n`
}

/** Returns a line for each statement that does not count. */
export function faultsOf(found: StoredStatement[]): string[] {
  return oldestFirst(found).flatMap(({ name, refused, uncounted }) => {
    if (refused !== undefined) return [refused]
    return uncounted === undefined ? [] : [`${name}: ${uncounted}`]
  })
}

/** Returns one line that all statements count; throws an Error that names those that do not, or that there is none. */
export function verdictOnEvidence(count: number, faults: string[]): string {
  if (!count) throw new Error("there is no statement about this release: publish it first")
  if (faults.length) throw new Error(`${faults.length} of ${count} statements do not count:\n${faults.join("\n")}`)
  return `${count} statements verified: signature, signer, subject and name\n`
}

/** Returns the statements that a listed key has signed, with whose key that is, as JSON. */
export function evidenceJson(found: StoredStatement[], trust: Trust): string {
  const statements = oldestFirst(found).map((one) => {
    const { name, key, signedBy, refused, uncounted } = one
    const statement = key === undefined ? undefined : opened(one.text, trust.all).statement
    return { name, key, signedBy, refused, uncounted, statement }
  })
  return `${JSON.stringify(statements, null, 1)}\n`
}

/**
 * Returns the files of a folder that verifies with stock cosign and nothing of ours: bundles, public keys, and a script.
 * What does not count is left out.
 */
export function exported(found: StoredStatement[], trust: Trust): Record<string, string> {
  const files: Record<string, string> = {}
  const calls: string[] = []
  const counting = oldestFirst(found).filter((one) => against(one) === undefined && one.entry && one.key)
  counting.forEach(({ entry, key, text }, i) => {
    const { kind, step, environment } = entry!
    const number = String(i + 1).padStart(2, "0")
    const place = [step, environment].find((name) => typeof name === "string")
    const file = `${number}-${[kind, place].filter(Boolean).join("-")}.sigstore.json`
    const holder = holderName(trust.holdersOf(key!))
    const keyFile = `keys/${holder}-${shortKey(key!)}.pub`
    const publicKey = trust.all.find(({ id }) => id === key)!
    files[file] = text
    files[keyFile] = publicKey.key.export({ type: "spki", format: "pem" }) as string
    const { statement } = opened(text, [publicKey])
    const digest = statement.subject.find((one) => one.digest.sha256)!.digest.sha256!
    calls.push(cosignCall({ file, keyFile, kind, digest }))
  })
  files["verify.sh"] = ["#!/bin/sh", ...scriptHead, "set -e", ...calls, ""].join("\n")
  files["statements.json"] = evidenceJson(found, trust)
  files["table.txt"] = evidenceTable(found)
  return files
}

const holderName = (names: Holder[]): string => names.join("-")

const scriptHead = [
  "# Verifies each statement with cosign 3 and no network: the key of its signer, its type, and the digest of its first subject.",
  "# Compare the keys with those that you were given another way: whoever made this folder could have put others here.",
  'cd "$(dirname "$0")"',
]

/** The call of stock cosign that verifies a bundle. There is no transparency log: the key alone is what counts. */
export function cosignCall({
  file,
  keyFile,
  kind,
  digest,
}: Record<"file" | "keyFile" | "kind" | "digest", string>): string {
  return [
    `echo "${file}"`,
    `cosign verify-blob-attestation --bundle ${file} --key ${keyFile} --type ${typeOf(kind)} \\`,
    `  --digest ${digest} --digestAlg sha256 --insecure-ignore-tlog=true`,
  ].join("\n")
}
