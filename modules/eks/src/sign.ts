// AWS Signature Version 4, after "Signature Version 4 signing process" in the AWS IAM user guide: a canonical request, a
// string to sign, and a key derived from the secret key by date, region and service. Pure functions.
import { createHash, createHmac } from "node:crypto"

export interface Keys {
  accessKey: string
  secretKey: string
  /** Empty for credentials that are not temporary. */
  sessionToken: string
}

export interface Request {
  method: string
  /** Scheme and host, such as `https://sts.eu-central-1.amazonaws.com`; a port is part of the host. */
  address: string
  /** Begins with a slash and contains no character that would have to be encoded. */
  path: string
  query: Record<string, string>
  /** Headers to sign beside `host`, by their names in lower case. */
  headers: Record<string, string>
}

export interface Scope {
  region: string
  service: string
  date: Date
}

/** The address of a request that is signed in its query and valid for `expires` seconds. Its user has to send the request's headers. */
export function presigned(request: Request, keys: Keys, scope: Scope, expires: number): string {
  const query: Record<string, string> = {
    ...request.query,
    "X-Amz-Algorithm": algorithm,
    "X-Amz-Credential": `${keys.accessKey}/${credentialScope(scope)}`,
    "X-Amz-Date": stamp(scope.date),
    "X-Amz-Expires": String(expires),
    "X-Amz-SignedHeaders": signedNames(allHeaders(request)),
    ...(keys.sessionToken ? { "X-Amz-Security-Token": keys.sessionToken } : {}),
  }
  const signature = sign({ ...request, query }, keys, scope)
  return `${request.address}${request.path}?${canonicalQuery(query)}&X-Amz-Signature=${signature}`
}

/** The headers of a request without a body, with the signature among them. */
export function signedHeaders(request: Request, keys: Keys, scope: Scope): Record<string, string> {
  const headers: Record<string, string> = {
    ...request.headers,
    "x-amz-date": stamp(scope.date),
    ...(keys.sessionToken ? { "x-amz-security-token": keys.sessionToken } : {}),
  }
  const signature = sign({ ...request, headers }, keys, scope)
  const names = signedNames(allHeaders({ ...request, headers }))
  return {
    ...headers,
    authorization: `${algorithm} Credential=${keys.accessKey}/${credentialScope(scope)}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

const algorithm = "AWS4-HMAC-SHA256"

/** The signature of a request without a body. */
function sign(request: Request, keys: Keys, scope: Scope): string {
  const headers = allHeaders(request)
  const lines = names(headers).map((name) => `${name}:${headers[name]!.trim().replace(/ +/g, " ")}\n`)
  const canonical = [
    request.method,
    request.path,
    canonicalQuery(request.query),
    lines.join(""),
    signedNames(headers),
    sha256(""),
  ].join("\n")
  const toSign = [algorithm, stamp(scope.date), credentialScope(scope), sha256(canonical)].join("\n")
  const key = [day(scope.date), scope.region, scope.service, "aws4_request"].reduce<string | Buffer>(
    (key, part) => hmac(key, part).digest(),
    `AWS4${keys.secretKey}`,
  )
  return hmac(key, toSign).digest("hex")
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text)
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")
const stamp = (date: Date): string => date.toISOString().replace(/[-:]|\.\d{3}/g, "")
const day = (date: Date): string => stamp(date).slice(0, 8)
const credentialScope = ({ date, region, service }: Scope): string => `${day(date)}/${region}/${service}/aws4_request`
const allHeaders = ({ address, headers }: Request): Record<string, string> => ({
  ...headers,
  host: new URL(address).host,
})
const names = (headers: Record<string, string>): string[] => Object.keys(headers).sort()
const signedNames = (headers: Record<string, string>): string => names(headers).join(";")

/** The query with everything encoded but letters, digits and - _ . ~, and the parameters sorted in that form. */
function canonicalQuery(query: Record<string, string>): string {
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return Object.entries(query)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")
}
