// Reads references and what the scripts have written: pure functions.

/** One image that was asked to be in the registry. */
export interface Pushed {
  /** As it was asked for, with its tag. */
  reference: string
  /** The same by digest: what to deploy. */
  byDigest: string
  digest: string
  /** False when the registry had it already. */
  pushed: boolean
}

const referenceForm =
  /^(?<name>[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+):(?<tag>[\w][\w.-]{0,127})$/

/** The part of `host/path:tag` before the tag. An error for anything else: no tag, `latest`, capitals, a digest. */
export function nameOf(reference: string): string {
  const match = referenceForm.exec(reference)
  if (!match)
    throw new Error(
      `references: ${JSON.stringify(reference)} is not allowed; host/path:tag, such as registry:5000/shop/api:6a57497`,
    )
  if (match.groups!.tag === "latest")
    throw new Error(`references: ${reference}: the tag latest is not allowed; a tag says which version it is`)
  return match.groups!.name!
}

/** Reads what the push script prints: a line an image, `pushed|there <digest> <reference>`. */
export function parsePushed(output: string): Pushed[] {
  return output
    .split("\n")
    .map((line) => /^(pushed|there) (sha256:[0-9a-f]{64}) (\S+)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, what, digest, reference]) => ({
      reference: reference!,
      byDigest: `${nameOf(reference!)}@${digest}`,
      digest: digest!,
      pushed: what === "pushed",
    }))
}

/** crane's own error in one line a person understands, without its `Error:` and its request. */
export function trouble(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const line = lines.filter((line) => /^error/i.test(line)).at(-1) ?? lines.at(-1) ?? ""
  const reason = /UNAUTHORIZED|401/.test(line)
    ? "the registry refuses the user or password"
    : /DENIED|403/.test(line)
      ? "the registry denies this user what was asked"
      : ""
  const said = line.replace(/^error: /i, "").slice(0, 400)
  return reason ? `${reason} (${said})` : said
}
