// Stands before ministack, whose registry takes any password: here it takes those that GetAuthorizationToken gave, for as long as they live. Everything else
// passes as it is. Runs by itself under node, in a container. At /_tokens its behaviour can be changed: `?refuse=2` has the next two passwords refused,
// `?expire` ends all that there are, and the answer is how many were given so far.
import { randomBytes } from "node:crypto"
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from "node:http"

/** How long a password lives, as ECR's do. */
const lifetime = 12 * 3600 * 1000

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
    const [user, password] = Buffer.from((question.headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString().split(":")
    const end = ends.get(password ?? "")
    if (user !== "AWS" || end === undefined) {
      answer.writeHead(401, { "www-authenticate": `Basic realm="http://${question.headers.host}/",service="ecr.amazonaws.com"`, "docker-distribution-api-version": "registry/2.0" }).end("Not Authorized\n")
      return false
    }
    if (end < Date.now()) {
      answer.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ errors: [{ code: "DENIED", message: "Your authorization token has expired. Reauthenticate and try again." }] }))
      return false
    }
    return true
  }

  /** ECR's answer with this host for its own, and a password that is checked. */
  function rewritten(text: string, host: string, isToken: boolean): string {
    const here = text.replace(/\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/g, host)
    if (!isToken) return here
    const password = randomBytes(24).toString("base64url")
    given++
    if (refuse > 0) refuse--
    else ends.set(password, Date.now() + lifetime)
    const json = JSON.parse(here) as { authorizationData: Record<string, unknown>[] }
    for (const data of json.authorizationData) Object.assign(data, { authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"), proxyEndpoint: `http://${host}`, expiresAt: Math.floor((Date.now() + lifetime) / 1000) })
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
      if (!target.startsWith("AmazonEC2ContainerRegistry")) return void reply.pipe(answer.writeHead(status, reply.headers))
      const parts: Buffer[] = []
      reply.on("data", (part: Buffer) => parts.push(part))
      reply.on("end", () => {
        const { "content-length": _, ...kept } = reply.headers
        answer.writeHead(status, kept).end(rewritten(Buffer.concat(parts).toString(), question.headers.host ?? "", status === 200 && target.endsWith(".GetAuthorizationToken")))
      })
    })
    passed.on("error", (error) => answer.writeHead(502).end(String(error)))
    question.pipe(passed)
  }).listen(port)
}
