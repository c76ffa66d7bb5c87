// Reads references and the output of the scripts: pure functions.

/** An image that is in the registry after a push. */
export interface Pushed {
  /** Its reference, with the tag. */
  reference: string
  /** Its reference by digest: what to deploy. */
  byDigest: string
  digest: string
  /** False when it existed already. */
  pushed: boolean
}

const referenceForm =
  /^(?<name>[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+):(?<tag>[\w][\w.-]{0,127})$/

/** The part of `host/path:tag` before the tag. An error for anything else: no tag, `latest`, capitals, a digest. */
export function nameOf(reference: string): string {
  const match = referenceForm.exec(reference)
  if (!match)
    throw new Error(
      `reference: ${JSON.stringify(reference)} is not host/path:tag, such as registry:5000/shop/api:6a57497`,
    )
  if (match.groups!.tag === "latest")
    throw new Error(`reference: ${reference}: the tag latest is not allowed, because a tag names a version`)
  return match.groups!.name!
}

/** Returns the beginning of tags as it is; throws if no tag can begin so. */
export function checkedPrefix(prefix: string): string {
  if (/^(\w[\w.-]{0,127})?$/.test(prefix)) return prefix
  throw new Error(
    `prefix: ${JSON.stringify(prefix)} is not the beginning of a tag, such as 6a57497; empty for all tags`,
  )
}

/** Reads the output of the push script: one line for each image, `pushed|exists <digest> <reference>`. */
export function parsePushed(output: string): Pushed[] {
  return output
    .split("\n")
    .map((line) => /^(pushed|exists) (sha256:[0-9a-f]{64}) (\S+)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, what, digest, reference]) => ({
      reference: reference!,
      byDigest: `${nameOf(reference!)}@${digest}`,
      digest: digest!,
      pushed: what === "pushed",
    }))
}

/** crane's error in one line, without its `Error:`; for a refusal, in plain words first. */
export function trouble(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const error = lines.findLast((line) => /^error/i.test(line)) ?? lines.at(-1) ?? ""
  const text = error.replace(/^error: /i, "").slice(0, 400)
  const refusal = refusalOf(error)
  return refusal ? `${refusal} (${text})` : text
}

function refusalOf(error: string): string {
  if (/authorization token has expired/i.test(error)) return "the registry's login has expired: get a new one"
  if (/UNAUTHORIZED|\b401 Unauthorized/.test(error)) return "the registry rejects the user or password"
  if (/DENIED|\b403 Forbidden/.test(error)) return "the user lacks the permission for this request"
  return ""
}
