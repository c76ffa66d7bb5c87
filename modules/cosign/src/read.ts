// Checks arguments, and reads what the scripts print: pure functions.
import { lastWords } from "./shared/words"

/** What one key says of one image. */
export interface Check {
  reference: string
  /** Number of the key. */
  key: number
  exitCode: number
  /** What cosign found: of an attestation, the DSSE envelopes. */
  found: unknown[]
  /** What cosign said beside. */
  words: string
}

/** An in-toto statement that was verified, and whose key verified it. */
export interface Signed {
  reference: string
  identity: string
  statement: Statement
}

/** An in-toto statement. */
export interface Statement {
  _type: string
  subject: { name: string; digest: Record<string, string> }[]
  predicateType: string
  predicate: unknown
}

const referenceForm =
  /^(?<host>[a-z0-9.-]+(?::\d+)?)(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+(?::\w[\w.-]{0,127}|@sha256:[0-9a-f]{64})$/

/** Returns the one host of all references; throws if one is no reference, or if there are several hosts. */
export function hostOf(references: string[]): string {
  const hosts = references.map((reference) => {
    const host = referenceForm.exec(reference)?.groups?.host
    if (host === undefined)
      throw new Error(
        `references: ${JSON.stringify(reference)} is not host/path@sha256:digest or host/path:tag, ` +
          "such as registry:5000/shop/api:6a57497",
      )
    return host
  })
  const [host, ...others] = new Set(hosts)
  if (host === undefined || others.length > 0)
    throw new Error(`references: the hosts are ${[...new Set(hosts)].join(", ") || "none"}; images of one are needed`)
  return host
}

/** Returns a predicate type as it is; throws if it is neither a word of cosign nor a URI. */
export function checkedType(type: string): string {
  if (/^([a-z0-9]+|[a-z][a-z0-9+.-]*:\S+)$/.test(type)) return type
  throw new Error(
    `type: ${JSON.stringify(type)} is neither a URI nor a word of cosign, such as https://example.com/verdict/1 or cyclonedx`,
  )
}

/** Returns a public key as it is; throws if it is none, above all if it is a private one. */
export function checkedPublicKey(identity: string, text: string): string {
  if (/PRIVATE KEY/.test(text))
    throw new Error(`with-trusted: the key of ${identity} is a private key; a verifier gets the public one`)
  if (/^\s*-----BEGIN PUBLIC KEY-----[\s\S]+-----END PUBLIC KEY-----\s*$/.test(text)) return text
  throw new Error(`with-trusted: the key of ${identity} is not a public key in PEM, "-----BEGIN PUBLIC KEY-----"`)
}

/** Reads the output of the verify script. */
export function parseChecks(output: string): Check[] {
  return output
    .split(/^@@ /m)
    .slice(1)
    .map((part) => {
      const [head = "", ...lines] = part.split("\n")
      const [, key, exitCode, reference] = /^(\d+) (\d+) (\S+)/.exec(head)!
      const found = lines.filter((line) => /^[[{]/.test(line)).map((line) => JSON.parse(line) as unknown)
      const words = lines.filter((line) => line.startsWith("! ")).map((line) => line.slice(2))
      return { reference: reference!, key: Number(key), exitCode: Number(exitCode), found, words: words.join("\n") }
    })
}

/** Reads the statements that were verified. `identities` are the names of the keys, in order. */
export function statementsOf(checks: Check[], identities: string[]): Signed[] {
  return checks
    .filter(({ exitCode }) => exitCode === 0)
    .flatMap(({ reference, key, found }) =>
      (found as { payload: string }[]).map(({ payload }) => ({
        reference,
        identity: identities[key]!,
        statement: JSON.parse(Buffer.from(payload, "base64").toString("utf8")) as Statement,
      })),
    )
}

/** What was found of all references. */
export interface Outcome {
  passed: boolean
  reason: string
  /** How many references have a signature of a trusted key. */
  count: number
}

/** Sums up the checks: each reference needs at least one key that verifies it. */
export function outcomeOf(references: string[], checks: Check[], identities: string[]): Outcome {
  const each = references.map((reference) => {
    const own = checks.filter((check) => check.reference === reference)
    const signers = own.filter(({ exitCode }) => exitCode === 0).map(({ key }) => identities[key]!)
    return { reference, signers, problem: signers.length > 0 ? undefined : problemOf(own, identities) }
  })
  const bad = each.find(({ problem }) => problem !== undefined)
  const count = each.filter(({ problem }) => problem === undefined).length
  if (bad) return { passed: false, reason: `${bad.reference} ${bad.problem}`, count }
  const signers = [...new Set(each.flatMap((one) => one.signers))]
  return { passed: true, reason: `${count} of ${count} signed by ${signers.join(", ")}`, count }
}

/** Says why no key verifies a reference. */
function problemOf(checks: Check[], identities: string[]): string {
  const said = checks.map(({ words }) => words).join("\n")
  const other = /none of the attestations matched the predicate type: (\S+), found: (\S*)/.exec(said)
  if (other) {
    const others = other[2]!.split(",").join(", ") || "none"
    return `has no statement of the type ${other[1]!} by ${identities.join(", ")}; of other types: ${others}`
  }
  if (/digest does not match any digest in statement/.test(said))
    return "has a signature of another digest: it was copied from another image"
  if (/accepted signatures do not match threshold/.test(said))
    return `is signed with a key that is not trusted, or its signature was altered; trusted: ${identities.join(", ")}`
  if (/no signatures found|no matching attestations: *$/m.test(said)) return "is not signed"
  return `could not be verified: ${troubleOf(said) || "cosign said nothing"}`
}

/** Says in one line why cosign could not do its work, a refusal in plain words first. */
export function troubleOf(output: string): string {
  const text = lastWords(output.replaceAll("error during command execution: ", "Error: "))
  if (/UNAUTHORIZED|401/.test(text)) return `the registry rejects the user or password (${text})`
  if (/DENIED|403/.test(text)) return `the user lacks the permission for this request (${text})`
  if (/decrypt|passphrase/i.test(text)) return `the passphrase does not open the key (${text})`
  return text
}
