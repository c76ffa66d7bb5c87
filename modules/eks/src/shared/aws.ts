// Generated from modules/shared/aws.ts by `npm run sync`; do not edit.
// Shared by the modules that call AWS: service addresses, checks of arguments, and what a refusal means. Pure functions.
import "./bun"

/** The address of an AWS service in a region, such as `https://sts.eu-central-1.amazonaws.com`. */
export function addressOf(service: string, region: string): string {
  const host = service === "ecr" ? "api.ecr" : service
  return `https://${host}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`
}

/** The region, if it has the form of one; whether it exists shows when its address is resolved. */
export function checkedRegion(region: string): string {
  if (!/^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/.test(region))
    throw new Error(`region: ${JSON.stringify(region.slice(0, 100))} is not an AWS region such as eu-central-1`)
  return region
}

/** A part of the credentials, without surrounding blanks. The error for an impossible value does not repeat it. */
export function checkedKey(name: string, value: string): string {
  const trimmed = value.trim()
  if (trimmed === "") throw new Error(`${name}: the secret is empty`)
  if (/[^\x21-\x7e]/.test(trimmed))
    throw new Error(`${name}: the secret contains blanks or characters that are not allowed in a key`)
  return trimmed
}

/** The words and numbers in which AWS refuses a request. */
export interface Refusal {
  /** AWS's error code, such as `AccessDeniedException`. */
  code: string
  /** The first line of AWS's message. */
  message: string
}

/** What is wrong with the credentials of a refused request, and what to do; empty when the refusal has another cause. */
export function credentialsTrouble({ code, message }: Refusal): string {
  if (/^ExpiredToken|^RequestExpired/.test(code) || /expired/i.test(message))
    return "the credentials have expired: get new ones (or correct this machine's clock)"
  if (/Signature/.test(code) || /signature/i.test(message))
    return "wrong signature: the secret key does not belong to the access key (or this machine's clock is wrong)"
  const unknown = /^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId)/
  if (unknown.test(code) || /security token included in the request is invalid/i.test(message))
    return "AWS does not know these credentials: the access key is wrong, deleted or inactive, or a session token is missing"
  if (/^AccessDenied/.test(code)) return `access denied: ${message || "the credentials lack the permission"}`
  return ""
}
