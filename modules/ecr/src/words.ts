// Checks arguments, and says in plain words why AWS refused a request: pure functions. AWS's own message is not always passed
// on: for a wrong signature it repeats the signed headers, and a session token is one of them.
import { credentialsTrouble } from "./shared/aws"

/** An endpoint other than AWS's own, without a slash at the end; empty for AWS's own. */
export function checkedEndpoint(endpoint: string): string {
  if (endpoint !== "" && !(/^https?:\/\//.test(endpoint) && URL.canParse(endpoint))) {
    const example = "https://vpce-1.api.ecr.eu-central-1.vpce.amazonaws.com"
    throw new Error(`endpoint: ${JSON.stringify(endpoint.slice(0, 200))} is not an address such as ${example}`)
  }
  return endpoint.replace(/\/+$/, "")
}

const repositoryForm = /^([a-z0-9]+([._-][a-z0-9]+)*\/)*[a-z0-9]+([._-][a-z0-9]+)*$/

/** Repository names, each once; a name that ECR would refuse is an error. */
export function checkedRepositories(names: string[]): string[] {
  if (names.length === 0) throw new Error("repositories: give at least one, such as team/api")
  for (const name of names)
    if (name.length < 2 || name.length > 256 || !repositoryForm.test(name))
      throw new Error(
        `repositories: ${JSON.stringify(name.slice(0, 300))} is not a repository name: ` +
          "2 to 256 lower-case letters, digits and single . _ - between them, parts separated by /",
      )
  return [...new Set(names)]
}

/** A tag, if a registry allows it. */
export function checkedTag(tag: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag))
    throw new Error(
      `tag: ${JSON.stringify(tag.slice(0, 200))} is not a tag: ` +
        "up to 128 letters, digits and _ . -, not beginning with . or -",
    )
  return tag
}

/** The fields of an error of AWS's SDK, or of the network. */
export interface Failure {
  name?: string
  message?: string
  code?: string
  $metadata?: { httpStatusCode?: number }
  cause?: { code?: string }
}

/** The call that failed, for `explain`. */
export interface Attempt {
  /** AWS's name of it, such as `ecr:GetAuthorizationToken`. */
  action: string
  region: string
  /** Where the request was sent. */
  address: string
  /** Texts that must not be repeated. */
  secrets: string[]
}

/** What an error means and what to do, in one line. */
export function explain(error: Failure, { action, region, address, secrets }: Attempt): string {
  const code = error.code ?? error.cause?.code ?? ""
  const message = withoutSecrets((error.message ?? "").split("\n")[0]!.slice(0, 300), secrets)
  const trouble =
    credentialsTrouble({ code: error.name ?? "", message }) ||
    networkTrouble(error, code, new URL(address).host, region)
  if (trouble) return `${action}: ${trouble}`
  const status = error.$metadata?.httpStatusCode
  return `${action}: ${error.name || "error"}${status ? ` (HTTP ${status})` : ""}: ${message}`
}

function networkTrouble({ name = "", message = "" }: Failure, code: string, host: string, region: string): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || /getaddrinfo/.test(message))
    return `${host} cannot be resolved: does the region ${region} exist, and can the engine reach AWS?`
  if (/^(TimeoutError|AbortError)$/.test(name)) return `${host} did not answer in time`
  if (/^E[A-Z]+$/.test(code) || /^(ConnectionRefused|FailedToOpenSocket)$/.test(code))
    return `${host} cannot be reached (${code})`
  return ""
}

/** A text with every secret in it replaced by `***`. */
export function withoutSecrets(text: string, secrets: string[]): string {
  return secrets.filter((secret) => secret !== "").reduce((left, secret) => left.replaceAll(secret, "***"), text)
}

/** The user and the password of an authorization token. */
export function readToken(token: string): { user: string; password: string } {
  const [user, ...rest] = Buffer.from(token, "base64").toString("utf8").split(":")
  if (!user || rest.length === 0) throw new Error("ecr:GetAuthorizationToken: the token is not a user and a password")
  return { user, password: rest.join(":") }
}
