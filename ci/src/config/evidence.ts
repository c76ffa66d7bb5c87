// Whose signatures count: the public keys of `evidence` in delivery.yaml, by who holds the private ones.
import { createHash, createPublicKey, type KeyObject } from "node:crypto"
import type { Fault } from "./cross-check"
import type { EnvironmentName } from "./types"

/** Who signs: the publisher signs what is built and checked, each environment what happened there. */
export type Holder = "publisher" | EnvironmentName
export const holders: Holder[] = ["publisher", "dev", "stage", "prod"]

/** The setting `evidence`: public keys as PEM, or as the base64 inside of it. */
export interface EvidenceSettings {
  keys: Partial<Record<Holder, string[]>>
}

/** A public key, and its name: the SHA-256 of its SubjectPublicKeyInfo in hexadecimal digits. */
export interface PublicKey {
  id: string
  key: KeyObject
}

const allowed =
  "allowed: an ECDSA key on P-256, as PEM or as the base64 in it; `openssl pkey -in KEY -pubout` prints it"

/** Reads a public key; throws an Error that says what is allowed, and never repeats the text. */
export function readPublicKey(text: string): PublicKey {
  if (/PRIVATE KEY/.test(text))
    throw new Error(`a private key: take it out of the file, and make a new one; ${allowed}`)
  const base64 = text.replace(/-----(BEGIN|END) PUBLIC KEY-----/g, "").replace(/\s/g, "")
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" })
  } catch {
    throw new Error(`no public key; ${allowed}`)
  }
  return publicKey(key)
}

/** Returns a key with its name; throws if it is of another kind than those that sign. */
export function publicKey(key: KeyObject): PublicKey {
  const isP256 = key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1"
  if (!isP256) throw new Error(`a key of another kind (${String(key.asymmetricKeyType)}); ${allowed}`)
  const der = key.export({ type: "spki", format: "der" })
  return { id: createHash("sha256").update(der).digest("hex"), key }
}

/** Returns a public key as one line, as delivery.yaml takes it. */
export function publicKeyText({ key }: PublicKey): string {
  return key.export({ type: "spki", format: "der" }).toString("base64")
}

/** Returns what is wrong with the keys. */
export function evidenceFaults({ keys }: EvidenceSettings): Fault[] {
  return Object.entries(keys).flatMap(([holder, texts]) =>
    texts.flatMap((text, i) => {
      try {
        readPublicKey(text)
        return []
      } catch (error) {
        return [{ path: ["evidence", "keys", holder, String(i)], fault: (error as Error).message }]
      }
    }),
  )
}
