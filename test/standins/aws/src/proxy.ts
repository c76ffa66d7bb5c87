// A proxy before ministack, whose registry accepts any password: here it accepts those that GetAuthorizationToken has given, as
// long as they are valid. There is an EKS cluster `shop` (nothing runs behind its address) with a certificate authority, which
// ministack leaves empty. All other requests pass unchanged. It runs under node, in a container. Requests to /_tokens change its
// behavior: `?refuse=2` rejects the next two passwords, `?expire` ends all that exist; the answer is how many were given so far.
import { randomBytes } from "node:crypto"
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from "node:http"

/** How long a password lives, as ECR's do. */
const lifetime = 12 * 3600 * 1000

/** What ministack's clusters get for a certificate authority: no real one, as there is no real cluster. */
const authority = Buffer.from("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").toString("base64")

/** Makes the cluster `shop`, by the key that may do everything. */
export async function makeCluster(backend: { host: string; port: number }): Promise<void> {
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

/** Listens at `port`, and passes on to `backend` (host and port). */
export function serve(port: number, backend: { host: string; port: number }): void {
  const ends = new Map<string, number>()
  let given = 0
  let refuse = 0

  function control(url: URL, answer: ServerResponse): void {
    refuse = Number(url.searchParams.get("refuse") ?? refuse)
    if (url.searchParams.has("expire")) for (const password of ends.keys()) ends.set(password, 0)
    answer.end(JSON.stringify({ given }))
  }

  /** Whether the registry lets this request in; if not, it has been answered. */
  function allowed(question: IncomingMessage, answer: ServerResponse): boolean {
    const [user, password] = Buffer.from((question.headers.authorization ?? "").replace(/^Basic /, ""), "base64")
      .toString()
      .split(":")
    const end = ends.get(password ?? "")
    if (user !== "AWS" || end === undefined) {
      answer
        .writeHead(401, {
          "www-authenticate": `Basic realm="http://${question.headers.host}/",service="ecr.amazonaws.com"`,
          "docker-distribution-api-version": "registry/2.0",
        })
        .end("Not Authorized\n")
      return false
    }
    if (end < Date.now()) {
      answer.writeHead(403, { "content-type": "application/json" }).end(
        JSON.stringify({
          errors: [{ code: "DENIED", message: "Your authorization token has expired. Reauthenticate and try again." }],
        }),
      )
      return false
    }
    return true
  }

  /** An answer with this host for the registry's own, with a password that is checked, and with a certificate authority. */
  function rewritten(text: string, host: string, isToken: boolean): string {
    const here = text
      .replace('"certificateAuthority": {"data": ""}', `"certificateAuthority": {"data": "${authority}"}`)
      .replace(/\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/g, host)
    if (!isToken) return here
    const password = randomBytes(24).toString("base64url")
    given++
    if (refuse > 0) refuse--
    else ends.set(password, Date.now() + lifetime)
    const json = JSON.parse(here) as { authorizationData: Record<string, unknown>[] }
    for (const data of json.authorizationData)
      Object.assign(data, {
        authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"),
        proxyEndpoint: `http://${host}`,
        expiresAt: Math.floor((Date.now() + lifetime) / 1000),
      })
    return JSON.stringify(json)
  }

  createServer((question, answer) => {
    const url = new URL(question.url ?? "/", "http://proxy")
    if (url.pathname === "/_tokens") return control(url, answer)
    const headers = { ...question.headers }
    if (/^\/v2(\/|$)/.test(url.pathname)) {
      if (!allowed(question, answer)) return
      delete headers.authorization
    }
    const target = String(question.headers["x-amz-target"] ?? "")
    const passed = ask({ ...backend, method: question.method, path: question.url, headers }, (reply) => {
      const status = reply.statusCode ?? 502
      if (!target.startsWith("AmazonEC2ContainerRegistry") && !url.pathname.startsWith("/clusters/"))
        return void reply.pipe(answer.writeHead(status, reply.headers))
      const parts: Buffer[] = []
      reply.on("data", (part: Buffer) => parts.push(part))
      reply.on("end", () => {
        const { "content-length": _, ...kept } = reply.headers
        answer
          .writeHead(status, kept)
          .end(
            rewritten(
              Buffer.concat(parts).toString(),
              question.headers.host ?? "",
              status === 200 && target.endsWith(".GetAuthorizationToken"),
            ),
          )
      })
    })
    passed.on("error", (error) => answer.writeHead(502).end(String(error)))
    question.pipe(passed)
  }).listen(port)
}
