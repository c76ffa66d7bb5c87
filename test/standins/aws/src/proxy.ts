// A strict ECR before ministack, whose registry takes any password and any push. The rules are in ecr.ts: repositories
// have to exist, tags are immutable as their repository says, passwords are those of GetAuthorizationToken and end, and
// users and roles have the rights of their policies. There is an EKS cluster `shop` (nothing runs behind its address)
// with a certificate authority, which ministack leaves empty. All other requests pass unchanged. It runs under node, in
// a container. Requests to /_tokens change its behavior: `?refuse=2` rejects the next two passwords, `?expire` ends all
// that exist, `?expire=3` after three more requests to the registry; the answer is how many were given so far.
import { randomBytes } from "node:crypto"
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Ecr, type Question, type Refusal } from "./ecr.ts"

/** What ministack's clusters get for a certificate authority: no real one, as there is no real cluster. */
const authority = Buffer.from("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").toString("base64")

/** Makes the cluster `shop`, by the key that may do everything. */
export async function makeCluster(backend: Backend): Promise<void> {
  const post = async (service: string, path: string, type: string, body: string): Promise<void> => {
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=x`
    const answer = await fetch(`http://${backend.host}:${backend.port}${path}`, {
      method: "POST",
      headers: { "content-type": type, authorization },
      body,
      signal: AbortSignal.timeout(30_000),
    })
    if (!answer.ok) throw new Error(`${service} ${path}: ${answer.status} ${await answer.text()}`)
  }
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "eks.amazonaws.com" }, Action: "sts:AssumeRole" }],
  }
  await post(
    "iam",
    "/",
    "application/x-www-form-urlencoded",
    String(
      new URLSearchParams({
        Action: "CreateRole",
        Version: "2010-05-08",
        RoleName: "eks",
        AssumeRolePolicyDocument: JSON.stringify(trust),
      }),
    ),
  )
  const cluster = {
    name: "shop",
    version: "1.34",
    roleArn: "arn:aws:iam::000000000000:role/eks",
    resourcesVpcConfig: { subnetIds: ["subnet-1", "subnet-2"] },
  }
  await post("eks", "/clusters", "application/json", JSON.stringify(cluster))
}

/** A host and port. */
export interface Backend {
  host: string
  port: number
}

/**
 * Listens at the ports, and passes on to the APIs of AWS at `api` and to the registry at `registry`, which is the same
 * by default.
 */
export function serve(ports: number[], api: Backend, registry: Backend = api): Server[] {
  const ecr = new Ecr()
  let given = 0
  let refuse = 0

  function control(url: URL, answer: ServerResponse): void {
    refuse = Number(url.searchParams.get("refuse") ?? refuse)
    if (url.searchParams.has("expire")) ecr.expire(Number(url.searchParams.get("expire")))
    answer.end(JSON.stringify({ given }))
  }

  /** An answer with this host for the registry's own, with a password that is checked, and with a certificate authority. */
  function rewritten(text: string, question: Question, isToken: boolean): string {
    const host = String(question.headers.host ?? "")
    const here = text
      .replace('"certificateAuthority": {"data": ""}', `"certificateAuthority": {"data": "${authority}"}`)
      .replace(/\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/g, host)
    if (!isToken) return here
    const password = randomBytes(24).toString("base64url")
    given++
    const end = refuse > 0 ? Date.now() : ecr.issue(password, question)
    if (refuse > 0) refuse--
    const json = JSON.parse(here) as { authorizationData: Record<string, unknown>[] }
    for (const data of json.authorizationData)
      Object.assign(data, {
        authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"),
        proxyEndpoint: `http://${host}`,
        expiresAt: Math.floor(end / 1000),
      })
    return JSON.stringify(json)
  }

  /** Passes a request to the registry on, unless ECR refuses it. */
  function toRegistry(question: Question, incoming: IncomingMessage, answer: ServerResponse): void {
    const refusal = ecr.refusal(question)
    if (refusal) return refuseWith(refusal, incoming, answer)
    const { authorization: _, ...headers } = incoming.headers
    // ECR mounts no layer of another repository unless the account has asked for it.
    const url = question.url.replace(/[?&](mount|from)=[^&]*/g, "")
    const passed = ask({ ...registry, method: question.method, path: url, headers }, (reply) => {
      ecr.answered(question, reply.statusCode ?? 502)
      reply.pipe(answer.writeHead(reply.statusCode ?? 502, reply.headers))
    })
    passed.on("error", (error) => {
      ecr.answered(question, 502)
      answer.writeHead(502).end(String(error))
    })
    incoming.pipe(passed)
  }

  /** Passes a request to an API of AWS on, and learns from it. */
  async function toApi(question: Question, incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming)
    question.body = body.toString()
    const passed = ask({ ...api, method: question.method, path: question.url, headers: incoming.headers }, (reply) => {
      void bytesOf(reply).then((bytes) => {
        const status = reply.statusCode ?? 502
        const { "content-length": _, "transfer-encoding": _chunked, ...kept } = reply.headers
        ecr.learn(question, { status, body: bytes.toString() })
        const target = String(question.headers["x-amz-target"] ?? "")
        const rewrites = target.startsWith("AmazonEC2ContainerRegistry") || question.url.startsWith("/clusters/")
        const isToken = status === 200 && target.endsWith(".GetAuthorizationToken")
        answer.writeHead(status, kept).end(rewrites ? rewritten(bytes.toString(), question, isToken) : bytes)
      })
    })
    passed.on("error", (error) => answer.writeHead(502).end(String(error)))
    passed.end(body)
  }

  function answerTo(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method = "GET", url = "/", headers } = incoming
    const path = new URL(url, "http://proxy")
    const question: Question = { method, url, headers }
    if (path.pathname === "/_tokens") control(path, answer)
    else if (/^\/v2(\/|$)/.test(path.pathname)) toRegistry(question, incoming, answer)
    else void toApi(question, incoming, answer).catch(() => answer.destroy())
  }

  return ports.map((port) => createServer(answerTo).listen(port))
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function refuseWith(
  { status, code, message, hangsUp }: Refusal,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  if (hangsUp) return void incoming.destroy()
  // What the client still sends is read: it would not see the answer otherwise.
  incoming.resume()
  if (status === 401) {
    const realm = `Basic realm="http://${incoming.headers.host}/",service="ecr.amazonaws.com"`
    answer.writeHead(401, { "www-authenticate": realm, "docker-distribution-api-version": "registry/2.0" })
    return void answer.end(`${message}\n`)
  }
  answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ errors: [{ code, message }] }))
}
