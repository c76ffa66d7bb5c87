// Checks what callers give, and says in plain words what AWS answers: pure functions. AWS's own text is not always passed on: where a signature is wrong it
// repeats the signed headers, and a session token is one of them.

/** The address of a service of AWS in a region. */
export function addressOf(service: string, region: string): string {
  return `https://${service === "ecr" ? "api.ecr" : service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`
}

/** The region, if it has the form of one; that it exists shows when its address does. */
export function checkedRegion(region: string): string {
  if (!/^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/.test(region))
    throw new Error(
      `region: ${JSON.stringify(region.slice(0, 100))} is none of AWS's; one such as eu-central-1 is wanted`,
    )
  return region
}

/** An endpoint other than AWS's own, without a slash at the end; empty for AWS's own. */
export function checkedEndpoint(endpoint: string): string {
  if (endpoint !== "" && !(/^https?:\/\//.test(endpoint) && URL.canParse(endpoint)))
    throw new Error(
      `endpoint: ${JSON.stringify(endpoint.slice(0, 200))} is not an address such as https://vpce-1.api.ecr.eu-central-1.vpce.amazonaws.com`,
    )
  return endpoint.replace(/\/+$/, "")
}

/** A part of the credentials, without the line end that files have; one that cannot be right is an error that does not repeat it. */
export function checkedKey(name: string, value: string): string {
  const trimmed = value.trim()
  if (trimmed === "") throw new Error(`${name}: the secret is empty`)
  if (/[^\x21-\x7e]/.test(trimmed))
    throw new Error(`${name}: the secret holds blanks or characters that no such key has`)
  return trimmed
}

/** Repository names by ECR's rule, each once; one that ECR would refuse is an error. */
export function checkedRepositories(names: string[]): string[] {
  if (names.length === 0) throw new Error("repositories: at least one is wanted, such as team/api")
  for (const name of names)
    if (
      name.length < 2 ||
      name.length > 256 ||
      !/^([a-z0-9]+([._-][a-z0-9]+)*\/)*[a-z0-9]+([._-][a-z0-9]+)*$/.test(name)
    )
      throw new Error(
        `repositories: ${JSON.stringify(name.slice(0, 300))} is no repository's name: 2 to 256 small letters, digits and single . _ - between them, parts separated by /`,
      )
  return [...new Set(names)]
}

/** A tag by the registry's rule. */
export function checkedTag(tag: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag))
    throw new Error(
      `tag: ${JSON.stringify(tag.slice(0, 200))} is no tag: up to 128 letters, digits and _ . - (not at the start)`,
    )
  return tag
}

/** What is known of an error of the SDK's or of the network's. */
export interface Failure {
  name?: string
  message?: string
  code?: string
  $metadata?: { httpStatusCode?: number }
  cause?: { code?: string }
}

/** What an error means and what to do, in one line. `doing` is the call, such as `ecr:GetAuthorizationToken`; `secrets` must not be repeated. */
export function explain(error: Failure, doing: string, region: string, address: string, secrets: string[]): string {
  const name = error.name ?? ""
  const code = error.code ?? error.cause?.code ?? ""
  const said = withoutSecrets((error.message ?? "").split("\n")[0]!.slice(0, 300), secrets)
  if (/^(ExpiredToken|ExpiredTokenException|RequestExpired)$/.test(name))
    return `${doing}: the credentials have expired: get new ones (or this machine's clock is wrong)`
  if (/^(InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature)$/.test(name))
    return `${doing}: wrong signature: the secret key does not belong to the access key (or this machine's clock is wrong)`
  if (/^(UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId)$/.test(name))
    return `${doing}: AWS does not know these credentials: the access key is wrong, deleted or inactive, or a session token is missing`
  if (/^AccessDenied/.test(name)) return `${doing}: access denied: ${said || "the credentials lack the right"}`
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || /getaddrinfo/.test(error.message ?? ""))
    return `${doing}: ${new URL(address).host} is not known: is there a region ${region}, and does the engine reach AWS?`
  if (/^(TimeoutError|AbortError)$/.test(name)) return `${doing}: no answer from ${new URL(address).host} in time`
  if (/^E[A-Z]+$/.test(code) || /^(ConnectionRefused|FailedToOpenSocket)$/.test(code))
    return `${doing}: ${new URL(address).host} cannot be reached (${code})`
  const status = error.$metadata?.httpStatusCode
  return `${doing}: ${name || "error"}${status ? ` (HTTP ${status})` : ""}: ${said}`
}

/** A text in which none of the secrets is left. */
export function withoutSecrets(text: string, secrets: string[]): string {
  return secrets.filter((secret) => secret !== "").reduce((left, secret) => left.replaceAll(secret, "***"), text)
}

/** The user and the password of an authorization token. */
export function readToken(token: string): { user: string; password: string } {
  const [user, ...rest] = Buffer.from(token, "base64").toString("utf8").split(":")
  if (!user || rest.length === 0) throw new Error("ecr:GetAuthorizationToken: the token is not a user and a password")
  return { user, password: rest.join(":") }
}
