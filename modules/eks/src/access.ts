// What a cluster takes as a token, and the kubeconfig with it: pure functions.
import { Keys, Request, presigned } from "./sign"

/** Seconds that the request inside a token is signed for, as AWS's own tools have it. A cluster takes the token for 15 minutes. */
const signedFor = 60

/** The address of a service of AWS in a region. */
export function addressOf(service: string, region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`
}

/** The token of a cluster: the address of a signed request that asks the security token service who signed it, bound to the cluster by a header. */
export function tokenFor(cluster: string, region: string, address: string, keys: Keys, date: Date): string {
  const request: Request = {
    method: "GET",
    address,
    path: "/",
    query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
    headers: { "x-k8s-aws-id": cluster },
  }
  const url = presigned(request, keys, { region, service: "sts", date }, signedFor)
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`
}

/** A kubeconfig for one cluster. It is JSON, which is YAML as well, so that no value can be taken for anything else. */
export function kubeconfigFor(cluster: string, endpoint: string, ca: string, token: string): string {
  return `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: cluster, cluster: { server: endpoint, "certificate-authority-data": ca } }],
      users: [{ name: cluster, user: { token } }],
      contexts: [{ name: cluster, context: { cluster, user: cluster } }],
      "current-context": cluster,
    },
    null,
    2,
  )}\n`
}

/** The cluster's name by EKS's rule. */
export function checkedCluster(cluster: string): string {
  if (!/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/.test(cluster))
    throw new Error(
      `cluster: ${JSON.stringify(cluster.slice(0, 200))} is no cluster's name: up to 100 letters, digits, - and _`,
    )
  return cluster
}

/** The region, if it has the form of one. */
export function checkedRegion(region: string): string {
  if (!/^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/.test(region))
    throw new Error(
      `region: ${JSON.stringify(region.slice(0, 100))} is none of AWS's; one such as eu-central-1 is wanted`,
    )
  return region
}

/** A part of the credentials, without the line end that files have; one that cannot be right is an error that does not repeat it. */
export function checkedKey(name: string, value: string): string {
  const trimmed = value.trim()
  if (trimmed === "") throw new Error(`${name}: the secret is empty`)
  if (/[^\x21-\x7e]/.test(trimmed))
    throw new Error(`${name}: the secret holds blanks or characters that no such key has`)
  return trimmed
}

/** The cluster's endpoint, which is an https address. */
export function checkedEndpoint(endpoint: string): string {
  if (!/^https:\/\/[^\s/]+$/.test(endpoint.replace(/\/+$/, "")) || !URL.canParse(endpoint))
    throw new Error(
      `endpoint: ${JSON.stringify(endpoint.slice(0, 200))} is not an address such as https://ABC.gr7.eu-central-1.eks.amazonaws.com`,
    )
  return endpoint.replace(/\/+$/, "")
}

/** The cluster's certificate authority in base64, as EKS gives it; a PEM text is taken, too. */
export function checkedCa(ca: string): string {
  const text = ca.trim()
  const pem = text.startsWith("-----BEGIN CERTIFICATE-----") ? text : Buffer.from(text, "base64").toString("latin1")
  if (!pem.startsWith("-----BEGIN CERTIFICATE-----")) throw new Error("ca: neither a PEM certificate nor one in base64")
  return text === pem ? Buffer.from(`${pem}\n`).toString("base64") : text
}

/** What EKS tells of a cluster. */
export interface Described {
  endpoint: string
  ca: string
  status: string
  version: string
}

/** Reads the answer of DescribeCluster; an error when it is none, or when the cluster has no endpoint yet. */
export function readCluster(status: number, body: string, cluster: string, region: string): Described {
  const answer = parsed(body)
  if (status !== 200) throw new Error(`eks:DescribeCluster: ${refusal(status, answer, body, cluster, region)}`)
  const found = answer.cluster as
    { endpoint?: string; certificateAuthority?: { data?: string }; status?: string; version?: string } | undefined
  if (!found?.endpoint || !found.certificateAuthority?.data)
    throw new Error(
      `cluster ${cluster} has no endpoint and certificate authority yet${found?.status ? `: it is ${found.status}` : ""}`,
    )
  return {
    endpoint: found.endpoint,
    ca: found.certificateAuthority.data,
    status: found.status ?? "",
    version: found.version ?? "",
  }
}

/** In plain words, without the text of an answer that may repeat signed headers. */
function refusal(
  status: number,
  answer: Record<string, unknown>,
  body: string,
  cluster: string,
  region: string,
): string {
  const code = String(answer.__type ?? answer.code ?? /<Code>(\w+)</.exec(body)?.[1] ?? "").replace(/^.*#/, "")
  const said = String(answer.message ?? answer.Message ?? /<Message>([^<]*)</.exec(body)?.[1] ?? "")
    .split("\n")[0]!
    .slice(0, 300)
  if (/^ExpiredToken|^RequestExpired/.test(code) || /expired/i.test(said))
    return "the credentials have expired: get new ones (or this machine's clock is wrong)"
  if (/Signature/.test(code) || /signature/i.test(said))
    return "wrong signature: the secret key does not belong to the access key (or this machine's clock is wrong)"
  if (
    /^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId)/.test(code) ||
    /security token included in the request is invalid/i.test(said)
  )
    return "AWS does not know these credentials: the access key is wrong, deleted or inactive, or a session token is missing"
  if (/^AccessDenied/.test(code)) return `access denied: ${said || "the credentials lack the right"}`
  if (status === 404 || /^ResourceNotFound/.test(code)) return `there is no cluster ${cluster} in ${region}`
  return `${code || "error"} (HTTP ${status})${said ? `: ${said}` : ""}`
}

function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>
  } catch {
    return {}
  }
}
