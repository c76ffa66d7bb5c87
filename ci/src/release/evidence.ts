// Signed statements: in-toto statements in DSSE envelopes, as Sigstore bundles that stock cosign verifies with no network.
// They are made here and not by cosign: a signature takes 0.1 ms, and the call of a module seconds.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto"
import {
  holders,
  publicKey,
  publicKeyText,
  readPublicKey,
  type EvidenceSettings,
  type Holder,
  type PublicKey,
} from "../config/evidence"

/** What a statement is about. */
export interface Subject {
  name: string
  /** Algorithm and hexadecimal digits. */
  digest: Record<string, string>
}

/** An in-toto statement, https://github.com/in-toto/attestation. */
export interface Statement {
  _type: "https://in-toto.io/Statement/v1"
  subject: Subject[]
  predicateType: string
  predicate: Record<string, unknown>
}

/** A private key that signs. */
export interface Signer {
  key: KeyObject
  publicKey: PublicKey
}

/** The public keys whose signatures count, by who holds the private ones. */
export class Trust {
  constructor(private readonly keys: Partial<Record<Holder, PublicKey[]>>) {}

  get all(): PublicKey[] {
    const byId = new Map(Object.values(this.keys).flatMap((list) => list.map((one) => [one.id, one] as const)))
    return [...byId.values()]
  }

  keysOf(holder: Holder): PublicKey[] {
    return this.keys[holder] ?? []
  }

  /** Returns who holds a key; nobody if it is not listed. */
  holdersOf(id: string): Holder[] {
    return holders.filter((holder) => this.keysOf(holder).some((key) => key.id === id))
  }
}

/** How statements are signed, and whose count. */
export interface EvidenceKeys {
  /** The keys at hand; none where statements are only read. */
  signers: Signer[]
  trust: Trust
  /** Where the pipeline runs: the address of a CI job, or `laptop`. */
  builder: string
}

/** A statement does not fit its signature, or is none. */
export class Altered extends Error {}

/** A statement is signed with a key that is not listed. */
export class UnknownKey extends Error {}

const payloadType = "application/vnd.in-toto+json"
const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

/** A Sigstore bundle of a statement, https://docs.sigstore.dev/about/bundle. */
interface Bundle {
  mediaType: string
  verificationMaterial: { publicKey: { hint: string } }
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] }
}

/** What is signed of a payload: the pre-authentication encoding of DSSE. */
function encoded(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload])
}

const hintOf = (id: string): string => Buffer.from(id, "hex").toString("base64")

/** Returns a statement signed, as the text of a bundle. */
export function signed(statement: Statement, { key, publicKey: { id } }: Signer): string {
  const payload = Buffer.from(JSON.stringify(statement))
  const bundle: Bundle = {
    mediaType,
    verificationMaterial: { publicKey: { hint: hintOf(id) } },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType,
      signatures: [{ sig: sign("sha256", encoded(payload), { key, dsaEncoding: "der" }).toString("base64") }],
    },
  }
  return `${JSON.stringify(bundle)}\n`
}

/**
 * Returns the statement of a bundle, and the name of the key that signed it. Throws UnknownKey if that is not listed, and
 * Altered if the text is no bundle or does not fit its signature.
 */
export function opened(text: string, keys: PublicKey[]): { statement: Statement; key: string } {
  const { payload, signature, hint } = partsOf(text)
  const found = keys.find(({ key }) => verify("sha256", encoded(payload), { key, dsaEncoding: "der" }, signature))
  if (!found && !keys.some(({ id }) => hintOf(id) === hint))
    throw new UnknownKey(
      `signed with the key ${shortKey(Buffer.from(hint, "base64").toString("hex"))}, which is not listed`,
    )
  if (!found) throw new Altered("the statement does not fit its signature: it was altered")
  return { statement: JSON.parse(payload.toString("utf8")) as Statement, key: found.id }
}

function partsOf(text: string): { payload: Buffer; signature: Buffer; hint: string } {
  try {
    const bundle = JSON.parse(text) as Bundle
    const { payload, payloadType: type, signatures } = bundle.dsseEnvelope
    if (bundle.mediaType !== mediaType || type !== payloadType || signatures.length !== 1) throw new Error("other form")
    return {
      payload: Buffer.from(payload, "base64"),
      signature: Buffer.from(signatures[0]!.sig, "base64"),
      hint: bundle.verificationMaterial.publicKey.hint,
    }
  } catch {
    throw new Altered("the text is no signed statement: it was not written by this pipeline, or was altered")
  }
}

/** The first digits of a key's name, as people compare them. */
export const shortKey = (id: string): string => id.slice(0, 12) || "without a name"

/** Reads a private key: PEM, or the base64 of it, which fits on one line. Throws an Error that never repeats the text. */
export function readSigner(text: string): Signer {
  const allowed = "an ECDSA key on P-256 without a passphrase: `openssl ecparam -name prime256v1 -genkey -noout`"
  const decoded = text.includes("-----BEGIN")
    ? text.replaceAll("\\n", "\n")
    : Buffer.from(text, "base64").toString("utf8")
  if (/BEGIN ENCRYPTED/.test(decoded)) throw new Error(`record-key: the key has a passphrase; allowed: ${allowed}`)
  try {
    const key = createPrivateKey(decoded.trim())
    return { key, publicKey: publicKey(createPublicKey(key)) }
  } catch {
    throw new Error(`record-key: not a private key that signs; allowed: ${allowed}`)
  }
}

/** Returns the keys that a configuration lists. */
export function trustOf({ keys }: EvidenceSettings): Trust {
  return new Trust(
    Object.fromEntries(Object.entries(keys).map(([holder, texts]) => [holder, texts.map((one) => readPublicKey(one))])),
  )
}

/** What a caller gives for evidence. */
export interface EvidenceInput {
  settings: EvidenceSettings
  /** The private key as the caller gives it. */
  key?: string
  builder?: string
  /** Whether the registry is one of the caller's own, where the caller's key may stand for all. */
  ephemeral: boolean
}

/**
 * Returns how statements are signed and whose count. With `writer`, the caller's key has to be that one's: what could not
 * be signed in the end is refused before anything is done.
 */
export function evidenceFor({ settings, key, builder, ephemeral }: EvidenceInput, writer?: Holder): EvidenceKeys {
  const signer = key === undefined ? undefined : readSigner(key)
  const isListed = Object.values(settings.keys).some((list) => list.length > 0)
  if (!isListed && !ephemeral)
    throw new Error(
      `evidence.keys: missing in delivery.yaml; it lists whose signatures count${signer ? `: ${pasted(signer, writer)}` : ""}`,
    )
  if (!signer && (writer || !isListed)) throw new Error(noKey(writer))
  // A registry of the caller's own, and nobody listed: one key stands for all.
  const trust = isListed ? trustOf(settings) : new Trust(allHolders(signer!.publicKey))
  if (writer && !trust.holdersOf(signer!.publicKey.id).includes(writer))
    throw new Error(notListed(signer!, writer, trust))
  return { signers: signer ? [signer] : [], trust, builder: builder || "laptop" }
}

function noKey(writer: Holder = "publisher"): string {
  return (
    `record-key: missing; the private key of ${writer}, which signs what is stored in the registry: ` +
    "`with-record-key --key env://RECORD_KEY`; `npm run pipeline`: `--record-key env://RECORD_KEY`"
  )
}

function notListed(signer: Signer, writer: Holder, trust: Trust): string {
  const { id } = signer.publicKey
  const others = trust.holdersOf(id)
  const whose = others.length ? `it is the key of ${others.join(", ")}` : "nobody's key is that one"
  return (
    `record-key: ${shortKey(id)} is not a key of ${writer}: ${whose} in evidence.keys of delivery.yaml; give the key of ` +
    `${writer}, or list it: ${pasted(signer, writer)}`
  )
}

/** The lines that list a key. */
function pasted({ publicKey: one }: Signer, writer: Holder = "publisher"): string {
  return `evidence: { keys: { ${writer}: [${publicKeyText(one)}] } }`
}

/** Returns keys of its own for each holder: for targets that end with the call. */
export function ownEvidence(): EvidenceKeys {
  const signers = holders.map(() => {
    const { privateKey, publicKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    return { key: privateKey, publicKey: publicKey(key) }
  })
  const trust = new Trust(Object.fromEntries(holders.map((holder, i) => [holder, [signers[i]!.publicKey]])))
  return { signers, trust, builder: "laptop" }
}

/** Returns keys that sign everything with one holder's key, as somebody would who has no other: for a rehearsal. */
export function claiming(keys: EvidenceKeys, holder: Holder): EvidenceKeys {
  const signer = signerOf(keys, holder)
  return { ...keys, signers: [signer], trust: new Trust(allHolders(signer.publicKey)) }
}

function allHolders(key: PublicKey): Partial<Record<Holder, PublicKey[]>> {
  return Object.fromEntries(holders.map((holder) => [holder, [key]]))
}

/** Returns the key of a holder; throws if it is not at hand. */
export function signerOf({ signers, trust }: EvidenceKeys, holder: Holder): Signer {
  const found = signers.find(({ publicKey: { id } }) => trust.holdersOf(id).includes(holder))
  if (found) return found
  throw new Error(signers.length ? notListed(signers[0]!, holder, trust) : noKey(holder))
}
