// Delivers a message to Slack. Runs under node inside the container (which strips the types), so it imports no other
// file; everything here can be called without an engine. No output holds a token or a webhook's URL.
import { readFileSync, writeFileSync } from "node:fs"

/** A message and its destination. */
export interface Delivery {
  /** The message as JSON text. */
  message: string
  /** URL of an incoming webhook; "" for a token. */
  webhook: string
  /** Bot token; "" for a webhook. */
  token: string
  channel: string
  /** ID (`ts`) of the message to replace; "" for a new one. */
  update: string
  /** ID (`ts`) of the message to reply to in its thread; "" for none. */
  thread: string
  /** Address of Slack's API, without a slash at the end. */
  api: string
  /** Whether http is allowed, which is for a stand-in: a secret goes to a real host by https only. */
  plain: boolean
  /** Seconds for one attempt. */
  timeout: number
  attempts: number
}

/** The result of a delivery. */
export interface Outcome {
  delivered: boolean
  reason: string
  /** Number of requests to Slack. */
  attempts: number
  /** Slack's ID of the message, for a thread or an update; only a token gets one. */
  ts?: string
  channel?: string
}

/** What one answer means: delivered, refused for good, or worth a retry after some seconds. */
export type Answer =
  | { kind: "delivered"; ts?: string; channel?: string }
  | { kind: "refused"; reason: string }
  | { kind: "retry"; reason: string; wait: number }

/** The longest wait in seconds that Slack may request; for a longer one the delivery gives up. */
export const longestWait = 30

/** Errors that Slack documents as temporary: https://api.slack.com/methods/chat.postMessage#errors */
const temporary = [
  "fatal_error",
  "internal_error",
  "ratelimited",
  "rate_limited",
  "request_timeout",
  "rollup_error",
  "service_unavailable",
  "team_added_to_org",
]

type Json = Record<string, unknown>

/** The first part of a message that Slack would refuse, with its place and the limit; "" if there is none. */
export function problem(message: unknown): string {
  if (typeof message !== "object" || message === null || Array.isArray(message))
    return "the message is not a JSON object with text and blocks"
  const { text, blocks, token } = message as Json
  if (token !== undefined) return "token: not allowed in a message; use the argument token"
  if (text !== undefined && typeof text !== "string") return `text: expected a string, not ${kindOf(text)}`
  if (blocks !== undefined && !Array.isArray(blocks)) return `blocks: expected a list, not ${kindOf(blocks)}`
  if (!text && !(blocks as unknown[] | undefined)?.length) return "the message has neither text nor blocks"
  if (typeof text === "string" && text.length > 40_000) return tooLong("text", text, 40_000)
  const list = (blocks ?? []) as unknown[]
  if (list.length > 50) return `blocks: ${list.length} blocks, Slack accepts at most 50`
  for (const [i, block] of list.entries()) {
    const wrong = blockProblem(`blocks[${i}]`, block)
    if (wrong) return wrong
  }
  const size = JSON.stringify(list).length
  if (size > 13_200) return `blocks: ${number(size)} characters in all, Slack accepts about 13,200`
  return ""
}

function blockProblem(place: string, block: unknown): string {
  if (typeof block !== "object" || block === null || typeof (block as Json).type !== "string")
    return `${place}: expected an object with a type`
  const { type, text, fields, elements } = block as Json
  if (type === "header") return textProblem(`${place}.text`, text, 150)
  if (type === "section") {
    if (text === undefined && fields === undefined) return `${place}: a section needs text or fields`
    const wrong = text === undefined ? "" : textProblem(`${place}.text`, text, 3000)
    if (wrong || fields === undefined) return wrong
    if (!Array.isArray(fields) || fields.length < 1 || fields.length > 10)
      return `${place}.fields: ${Array.isArray(fields) ? fields.length : kindOf(fields)}, Slack accepts 1 to 10`
    return firstOf(fields.map((field, i) => textProblem(`${place}.fields[${i}]`, field, 2000)))
  }
  const most = { context: 10, actions: 25 }[type as string]
  if (most === undefined) return ""
  if (!Array.isArray(elements) || elements.length < 1 || elements.length > most)
    return `${place}.elements: ${Array.isArray(elements) ? elements.length : kindOf(elements)}, Slack accepts 1 to ${most}`
  return ""
}

function textProblem(place: string, text: unknown, most: number): string {
  const value = (text as Json | null | undefined)?.text
  if (typeof value !== "string") return `${place}: expected an object with type and text`
  if (value === "") return `${place}.text is empty`
  return value.length > most ? tooLong(`${place}.text`, value, most) : ""
}

const firstOf = (problems: string[]): string => problems.find((wrong) => wrong !== "") ?? ""
const tooLong = (place: string, value: string, most: number): string =>
  `${place}: ${number(value.length)} characters, Slack accepts at most ${number(most)}`
const number = (value: number): string => value.toLocaleString("en-US")
const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`

/** Interprets Slack's answer: the text of a webhook (`ok`, `no_service`) or the JSON of the API. */
export function judge(status: number, retryAfter: string | null, body: string, attempt: number): Answer {
  const answer = parsed(body)
  const error = answer ? textOf(answer.error) : body.trim()
  // Slack's errors are words such as invalid_auth. Other text comes from something in between and is not repeated.
  const word = /^[a-z][a-z_]{1,60}$/.test(error) ? error : ""
  if (status === 429 || word === "ratelimited" || word === "rate_limited") {
    const requested = Number(retryAfter ?? "")
    const wait = Number.isFinite(requested) && requested > 0 ? Math.ceil(requested) : attempt
    return wait > longestWait
      ? { kind: "refused", reason: `rate limited for ${wait} s, longer than the limit of ${longestWait} s` }
      : { kind: "retry", reason: "rate limited", wait }
  }
  if (status >= 500 || temporary.includes(word))
    return { kind: "retry", reason: word || `Slack answers ${status}`, wait: attempt }
  if (status >= 200 && status < 300) {
    if (answer?.ok === true)
      return { kind: "delivered", ts: answer.ts as string | undefined, channel: answer.channel as string | undefined }
    if (!answer && body.trim() === "ok") return { kind: "delivered" }
  }
  if (!word) return { kind: "refused", reason: `answers ${status}, but not as Slack does: check the address` }
  const details = (answer?.response_metadata as { messages?: string[] } | undefined)?.messages?.[0]
  const needs = typeof answer?.needed === "string" ? `needs ${answer.needed}` : details
  return { kind: "refused", reason: needs ? `${word} (${needs.slice(0, 200)})` : word }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : ""
}

function parsed(body: string): Json | undefined {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

/** The request of a delivery, or as text what is wrong with its settings. */
export function request({
  message,
  webhook,
  token,
  channel,
  update,
  thread,
  api,
  plain,
}: Delivery): { url: string; headers: Record<string, string>; body: string } | string {
  if ((webhook === "") === (token === ""))
    return webhook === "" ? "webhook or token: required" : "webhook and token: pass only one of them"
  if (webhook !== "" && channel !== "")
    return `channel ${channel}: not allowed with a webhook, which has a channel of its own`
  if (token !== "" && channel === "") return "channel: required with a token, such as #deploys or C0123456789"
  for (const [name, ts] of Object.entries({ update, thread })) {
    if (ts !== "" && !/^\d{1,12}\.\d{1,9}$/.test(ts))
      return `${name}: ${JSON.stringify(ts)} is not the ts of a message, such as 1767225600.000100`
    if (ts !== "" && webhook !== "") return `${name}: not allowed with a webhook, which only posts new messages`
  }
  if (update !== "" && thread !== "") return "update and thread: pass only one of them"
  if (/[^\x21-\x7e]/.test(webhook + token))
    return `${webhook ? "webhook" : "token"}: contains blanks or characters that are not allowed`
  const url = webhook || `${api}/${update ? "chat.update" : "chat.postMessage"}`
  const scheme = URL.canParse(url) ? new URL(url).protocol : ""
  if (scheme !== "https:" && !(plain && scheme === "http:"))
    return `${webhook ? "webhook" : "api"}: not an https address${scheme === "http:" ? " (http requires a service)" : ""}`
  const content = parsed(message)
  if (!content) return "the message is not a JSON object with text and blocks"
  const wrong = problem(content)
  if (wrong) return wrong
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" }
  if (token) headers.authorization = `Bearer ${token}`
  const place = token ? { channel, ...(update ? { ts: update } : thread ? { thread_ts: thread } : {}) } : {}
  return { url, headers, body: JSON.stringify({ ...content, ...place }) }
}

/**
 * Delivers a message with up to `attempts` attempts and passes a line about each to `print`. Never throws.
 */
export async function deliver(
  delivery: Delivery,
  print: (line: string) => void,
  sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds)),
): Promise<Outcome> {
  const checked = request(delivery)
  if (typeof checked === "string") return { delivered: false, reason: checked, attempts: 0 }
  for (let attempts = 1; ; attempts++) {
    const answer = await send(checked, delivery.timeout, attempts)
    print(`attempt ${attempts} of ${delivery.attempts}: ${answer.kind === "delivered" ? "delivered" : answer.reason}`)
    if (answer.kind === "delivered") {
      const { ts, channel } = answer
      return { delivered: true, reason: `delivered${channel ? ` to ${channel}` : ""}`, attempts, ts, channel }
    }
    if (answer.kind === "refused") return { delivered: false, reason: answer.reason, attempts }
    if (attempts >= delivery.attempts) {
      const count = `${attempts} attempt${attempts > 1 ? "s" : ""}`
      return { delivered: false, reason: `${answer.reason}, gave up after ${count}`, attempts }
    }
    await sleep(answer.wait)
  }
}

async function send(
  { url, headers, body }: { url: string; headers: Record<string, string>; body: string },
  timeout: number,
  attempt: number,
): Promise<Answer> {
  try {
    // Redirects are not followed: they would send the secret to another host.
    const answer = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(1000 * timeout),
    })
    return judge(answer.status, answer.headers.get("retry-after"), await answer.text(), attempt)
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } }
    // The message of an error may contain the address; its code does not.
    const reason =
      name === "TimeoutError" ? `no answer within ${timeout} s` : `cannot be reached (${cause?.code ?? name})`
    return { kind: "retry", reason, wait: attempt }
  }
}

/** The program of the container: settings from the environment, the message from a file, the outcome to a report. */
export async function main(): Promise<void> {
  const env = process.env
  const outcome = await deliver(
    {
      message: readFileSync("/slack/message.json", "utf8"),
      webhook: (env.SLACK_WEBHOOK ?? "").trim(),
      token: (env.SLACK_TOKEN ?? "").trim(),
      channel: env.SLACK_CHANNEL ?? "",
      update: env.SLACK_UPDATE ?? "",
      thread: env.SLACK_THREAD ?? "",
      api: env.SLACK_API ?? "",
      plain: env.SLACK_PLAIN === "yes",
      timeout: Number(env.SLACK_TIMEOUT),
      attempts: Number(env.SLACK_ATTEMPTS),
    },
    (line) => console.log(line),
  )
  if (outcome.attempts === 0) console.log(outcome.reason)
  writeFileSync("/report/outcome.json", `${JSON.stringify(outcome, null, 1)}\n`)
  process.exit(outcome.delivered ? 0 : outcome.attempts === 0 ? 2 : 1)
}
