// Makes a cluster's token and kubeconfig, and reads what EKS answers: pure functions.
import { credentialsTrouble } from "./shared/aws"
import { Keys, Request, Scope, presigned } from "./sign"

/** Seconds for which the request inside a token is signed, as in AWS's own tools. A cluster accepts the token for 15 minutes. */
const signedFor = 60

/**
 * The token of a cluster: the address of a signed GetCallerIdentity request. A header binds the request to the cluster,
 * which sends it to AWS's security token service and learns who signed it.
 */
export function tokenFor(cluster: string, address: string, keys: Keys, scope: Omit<Scope, "service">): string {
  const request: Request = {
    method: "GET",
    address,
    path: "/",
    query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
    headers: { "x-k8s-aws-id": cluster },
  }
  const url = presigned(request, keys, { ...scope, service: "sts" }, signedFor)
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`
}

/** A kubeconfig for one cluster. It is written as JSON, which is valid YAML, so that no value can be misread. */
export function kubeconfigFor(cluster: string, endpoint: string, ca: string, token: string): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: cluster, cluster: { server: endpoint, "certificate-authority-data": ca } }],
    users: [{ name: cluster, user: { token } }],
    contexts: [{ name: cluster, context: { cluster, user: cluster } }],
    "current-context": cluster,
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** The cluster's name, if EKS allows it. */
export function checkedCluster(cluster: string): string {
  if (!/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/.test(cluster))
    throw new Error(
      `cluster: ${JSON.stringify(cluster.slice(0, 200))} is not a cluster name: up to 100 letters, digits, - and _`,
    )
  return cluster
}

/** The address of the cluster's API server, which has to be https. */
export function checkedEndpoint(endpoint: string): string {
  const clean = endpoint.replace(/\/+$/, "")
  if (!/^https:\/\/[^\s/]+$/.test(clean) || !URL.canParse(endpoint)) {
    const example = "https://ABC.gr7.eu-central-1.eks.amazonaws.com"
    throw new Error(`endpoint: ${JSON.stringify(endpoint.slice(0, 200))} is not an address such as ${example}`)
  }
  return clean
}

/** The cluster's certificate authority in base64, as EKS returns it; PEM text is accepted as well. */
export function checkedCa(ca: string): string {
  const text = ca.trim()
  const pem = text.startsWith("-----BEGIN CERTIFICATE-----") ? text : Buffer.from(text, "base64").toString("latin1")
  if (!pem.startsWith("-----BEGIN CERTIFICATE-----"))
    throw new Error("ca: neither a PEM certificate nor one encoded in base64")
  return text === pem ? Buffer.from(`${pem}\n`).toString("base64") : text
}

/** What EKS returns about a cluster. */
export interface Described {
  endpoint: string
  ca: string
  status: string
  version: string
}

interface Answer {
  cluster?: { endpoint?: string; certificateAuthority?: { data?: string }; status?: string; version?: string }
  __type?: string
  code?: string
  message?: string
  Message?: string
}

/** Reads the answer of DescribeCluster; an error when it is a refusal, or when the cluster has no endpoint yet. */
export function readCluster(status: number, body: string, cluster: string, region: string): Described {
  const answer = parsed(body)
  if (status !== 200)
    throw new Error(
      `eks:DescribeCluster: ${refusal(status, answer, body) || `there is no cluster ${cluster} in ${region}`}`,
    )
  const found = answer.cluster
  const ca = found?.certificateAuthority?.data
  if (!found?.endpoint || !ca) {
    const state = found?.status ? `: its status is ${found.status}` : ""
    throw new Error(`cluster ${cluster} has no endpoint and certificate authority yet${state}`)
  }
  return { endpoint: found.endpoint, ca, status: found.status ?? "", version: found.version ?? "" }
}

/** Why AWS refused, without any part of an answer that may repeat signed headers; empty when there is no such cluster. */
function refusal(status: number, answer: Answer, body: string): string {
  const code = String(answer.__type ?? answer.code ?? /<Code>(\w+)</.exec(body)?.[1] ?? "").replace(/^.*#/, "")
  const text = String(answer.message ?? answer.Message ?? /<Message>([^<]*)</.exec(body)?.[1] ?? "")
  const message = text.split("\n")[0]!.slice(0, 300)
  const trouble = credentialsTrouble({ code, message })
  if (trouble) return trouble
  if (status === 404 || /^ResourceNotFound/.test(code)) return ""
  return `${code || "error"} (HTTP ${status})${message ? `: ${message}` : ""}`
}

function parsed(body: string): Answer {
  try {
    return JSON.parse(body) as Answer
  } catch {
    return {}
  }
}
