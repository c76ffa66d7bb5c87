import {
  ExecError,
  GraphQLRequestError,
  NotAwaitedRequestError,
  UnknownDaggerError,
  type Extensions,
} from "./errors.js"
import { post } from "./http.js"
import { traceparent } from "./trace.js"

interface GraphQLReply {
  data?: unknown
  errors?: { message: string; extensions?: Extensions }[]
}

type Document = string | { document?: string; query?: string; variables?: Record<string, unknown> }

/** A GraphQL client of the session that started this process. */
export class GraphQLClient {
  constructor(
    private readonly url: string,
    private readonly authorization: string,
  ) {}

  async rawRequest(query: string, variables?: Record<string, unknown>): Promise<GraphQLReply> {
    const headers: Record<string, string> = { "content-type": "application/json", authorization: this.authorization }
    const parent = traceparent()
    if (parent) headers.traceparent = parent
    let reply
    try {
      reply = await post(this.url, headers, JSON.stringify({ query, variables }))
    } catch (cause) {
      const code = (cause as { code?: string }).code
      if (code === "ECONNREFUSED" || code === "ConnectionRefused") {
        throw new NotAwaitedRequestError(
          "The session has ended: a function started a call and returned without awaiting it.",
          { cause },
        )
      }
      throw new UnknownDaggerError(`The request to the engine failed: ${(cause as Error).message}`, { cause })
    }
    let parsed: GraphQLReply
    try {
      parsed = JSON.parse(reply.text) as GraphQLReply
    } catch (cause) {
      throw new UnknownDaggerError(`The engine's answer (${reply.status}) is not JSON: ${reply.text.slice(0, 500)}`, {
        cause,
      })
    }
    const first = parsed.errors?.[0]
    if (first) {
      const message = first.message || "API error"
      if (first.extensions?._type === "EXEC_ERROR") throw new ExecError(message, first.extensions)
      throw new GraphQLRequestError(message, { query, variables }, parsed)
    }
    if (reply.status >= 400)
      throw new UnknownDaggerError(`The engine answered ${reply.status}: ${reply.text.slice(0, 500)}`)
    return parsed
  }

  async request<T = unknown>(document: Document, variables?: Record<string, unknown>): Promise<T> {
    const query = typeof document === "string" ? document : (document.document ?? document.query ?? "")
    const values = typeof document === "string" ? variables : (document.variables ?? variables)
    return (await this.rawRequest(query, values)).data as T
  }
}

/** The client of the session that the environment names; undefined where it names none. */
export function clientFromEnvironment(
  env: Record<string, string | undefined> = process.env,
): GraphQLClient | undefined {
  const port = env.DAGGER_SESSION_PORT
  if (!port) return undefined
  const token = env.DAGGER_SESSION_TOKEN
  if (!token) throw new Error("DAGGER_SESSION_TOKEN must be set when DAGGER_SESSION_PORT is")
  return new GraphQLClient(`http://127.0.0.1:${port}/query`, "Basic " + Buffer.from(token + ":").toString("base64"))
}

let current: GraphQLClient | undefined

/** The client that `dag` uses. */
export const session = {
  set(client: GraphQLClient | undefined): void {
    current = client
  },
  get(): GraphQLClient {
    current ??= clientFromEnvironment()
    if (!current) {
      throw new Error("No Dagger session: run this inside `dagger run …`, or as a function of a module.")
    }
    return current
  },
}
