// A stand-in of Slack for tests and rehearsals: an incoming webhook, chat.postMessage and chat.update over HTTP with
// Slack's answers, and the accepted messages at /_log. Like deliver.ts it runs under node without other files. It checks what
// our messages use and is no complete Slack. Written from Slack's public documentation.
import { createServer, type Server, type ServerResponse } from "node:http"

/** The workspace: one webhook, tokens with and without the right scope. */
export const known = {
  webhook: "/services/T1/B1/good",
  token: "xoxb-good",
  unscoped: "xoxb-noscope",
}

/** The ways to misbehave; `limit-once` refuses the first message only. */
export const faults = ["", "outage", "limit", "limit-once", "silence"]

type Json = Record<string, unknown>

/** What the stand-in has: channels by their IDs, and the messages that it accepted. */
interface Site {
  channels: Record<string, string>
  log: Json[]
}

/** The server, not yet listening. It has one open channel, and an archived one. */
export function standIn(fault = "", channel = "deploys"): Server {
  const log: Json[] = []
  const workspace: Site = { channels: { C1: channel, C2: "archived" }, log }
  let requests = 0
  return createServer((request, response) => {
    const parts: Buffer[] = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const url = request.url ?? ""
      if (url === "/_log") return json(response, log)
      if (url === "/_requests") return json(response, requests)
      // Only posts count and meet the fault: a readiness check is a GET.
      if (request.method !== "POST") return words(response, 404, "no_such_page")
      requests++
      if (fault === "silence") return
      if (fault === "outage") return words(response, 500, "server error")
      if (fault === "limit" || (fault === "limit-once" && requests === 1)) {
        response.setHeader("retry-after", "1")
        return url.startsWith("/api/")
          ? json(response, { ok: false, error: "ratelimited" }, 429)
          : words(response, 429, "rate_limited")
      }
      const body = Buffer.concat(parts).toString("utf8")
      if (url.startsWith("/services/")) return webhook(url, body, response, log)
      const authorization = String(request.headers.authorization ?? "")
      if (url === "/api/chat.postMessage") return post(authorization, body, response, workspace)
      if (url === "/api/chat.update") return update(authorization, body, response, workspace)
      if (url.startsWith("/api/")) return json(response, { ok: false, error: "unknown_method" })
      words(response, 404, "no_such_page")
    })
  })
}

function webhook(url: string, body: string, response: ServerResponse, log: Json[]): void {
  if (url !== known.webhook) return words(response, 404, "no_service")
  const message = parsed(body)
  if (!message) return words(response, 400, "invalid_payload")
  if (!message.text && !message.blocks) return words(response, 400, "no_text")
  if (wrongBlock(message.blocks)) return words(response, 400, "invalid_blocks")
  log.push({ via: "webhook", ...message })
  words(response, 200, "ok")
}

/** A request of the API that Slack would accept, with its channel's ID; or Slack's error. */
function accepted(
  authorization: string,
  body: string,
  channels: Site["channels"],
): { message: Json; channel: string } | { error: string; more?: Json } {
  const token = authorization.replace(/^Bearer /, "")
  if (token === "") return { error: "not_authed" }
  if (token === known.unscoped)
    return { error: "missing_scope", more: { needed: "chat:write", provided: "channels:read" } }
  if (token !== known.token) return { error: "invalid_auth" }
  const message = parsed(body)
  if (!message) return { error: "invalid_json" }
  const channel = Object.entries(channels).find(([id, name]) =>
    [id, name, `#${name}`].includes(String(message.channel)),
  )
  if (!channel) return { error: "channel_not_found" }
  if (channel[1] === "archived") return { error: "is_archived" }
  if (!message.text && !message.blocks) return { error: "no_text" }
  const wrong = wrongBlock(message.blocks)
  if (wrong)
    return { error: "invalid_blocks", more: { errors: [wrong], response_metadata: { messages: [`[ERROR] ${wrong}`] } } }
  return { message, channel: channel[0] }
}

function post(authorization: string, body: string, response: ServerResponse, { channels, log }: Site): void {
  const request = accepted(authorization, body, channels)
  if ("error" in request) return json(response, { ok: false, error: request.error, ...request.more })
  const { message, channel } = request
  const { thread_ts: thread } = message
  if (thread !== undefined && !log.some(({ ts }) => ts === thread))
    return json(response, { ok: false, error: "thread_not_found" })
  const ts = `${Math.floor(Date.now() / 1000)}.${String(log.length + 1).padStart(6, "0")}`
  log.push({ via: "post", ...message, channel, ts })
  json(response, { ok: true, channel, ts, message: { text: message.text, blocks: message.blocks } })
}

/** Replaces a message: by the channel's ID only, as Slack wants it (https://docs.slack.dev/reference/methods/chat.update). */
function update(authorization: string, body: string, response: ServerResponse, { channels, log }: Site): void {
  const request = accepted(authorization, body, channels)
  if ("error" in request) return json(response, { ok: false, error: request.error, ...request.more })
  const { message, channel } = request
  if (message.channel !== channel) return json(response, { ok: false, error: "channel_not_found" })
  const old = log.find((one) => one.ts === message.ts && one.channel === channel && one.via === "post")
  if (!old) return json(response, { ok: false, error: "message_not_found" })
  Object.assign(old, message, { channel, updates: Number(old.updates ?? 0) + 1 })
  json(response, { ok: true, channel, ts: old.ts, text: message.text })
}

/** The first block that Slack would refuse, with Slack's JSON pointer; "" if there is none. */
function wrongBlock(blocks: unknown): string {
  if (blocks === undefined) return ""
  if (!Array.isArray(blocks)) return "must be an array [json-pointer:/blocks]"
  if (blocks.length > 50) return "no more than 50 items allowed [json-pointer:/blocks]"
  const limits: Record<string, number> = { header: 150, section: 3000 }
  const kinds = ["header", "section", "context", "actions", "divider", "image", "markdown", "rich_text"]
  for (const [i, block] of (blocks as Json[]).entries()) {
    if (!kinds.includes(String(block?.type)))
      return `unsupported type: ${String(block?.type)} [json-pointer:/blocks/${i}/type]`
    const limit = limits[String(block.type)]
    const text = (block.text as Json | undefined)?.text
    if (
      limit &&
      (text !== undefined || block.type === "header") &&
      (typeof text !== "string" || text.length < 1 || text.length > limit)
    )
      return `must be between 1 and ${limit} characters [json-pointer:/blocks/${i}/text/text]`
    if (block.type === "section" && text === undefined && !Array.isArray(block.fields))
      return `missing required field: text or fields [json-pointer:/blocks/${i}]`
    for (const [j, field] of ((block.fields as Json[] | undefined) ?? []).entries())
      if (j > 9 || typeof field?.text !== "string" || field.text.length < 1 || field.text.length > 2000)
        return `1 to 10 fields of 1 to 2000 characters [json-pointer:/blocks/${i}/fields/${j}]`
  }
  return ""
}

function parsed(body: string): Json | undefined {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(value))
}

function words(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/html" }).end(text)
}
