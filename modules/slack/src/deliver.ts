// Gives a message to Slack. Runs by itself under node (which takes the types away) inside the container, and imports no other file for that reason;
// everything here can be called without an engine. Nothing that it says holds a token or a webhook's address: whoever has the latter can post.
import { readFileSync, writeFileSync } from "node:fs"

/** What to deliver, and where. */
export interface Delivery {
  /** The message's JSON as text. */
  message: string
  /** The address of an incoming webhook; empty for a token. */
  webhook: string
  /** A bot's token; empty for a webhook. */
  token: string
  channel: string
  /** Slack's API, without a slash at the end. */
  api: string
  /** Whether http will do: for a stand-in. A secret goes to a real host by https only. */
  plain: boolean
  /** Seconds for one answer. */
  timeout: number
  attempts: number
}

/** What came of it. */
export interface Outcome {
  delivered: boolean
  reason: string
  /** How often Slack was asked. */
  attempts: number
  /** The message's own name, for a thread or an update; only an API token gets one. */
  ts?: string
  channel?: string
}

/** What one answer means: delivered, final, or worth another attempt after some seconds. */
export type Answer =
  | { kind: "delivered"; ts?: string; channel?: string }
  | { kind: "refused"; reason: string }
  | { kind: "again"; reason: string; wait: number }

/** The most seconds that a delivery waits because Slack says so; if it says more, no earlier attempt would help. */
export const longestWait = 30

/** Errors that Slack calls temporary: https://api.slack.com/methods/chat.postMessage#errors */
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

/** The first thing in a message that Slack would not take, with its place and the limit; empty when there is none. */
export function problem(message: unknown): string {
  if (typeof message !== "object" || message === null || Array.isArray(message))
    return "the message is not a JSON object with text and blocks"
  const { text, blocks, token } = message as Json
  if (token !== undefined) return "token: a message holds none; give it as the argument"
  if (text !== undefined && typeof text !== "string") return `text: a string is wanted, not ${kindOf(text)}`
  if (blocks !== undefined && !Array.isArray(blocks)) return `blocks: a list is wanted, not ${kindOf(blocks)}`
  if (!text && !(blocks as unknown[] | undefined)?.length) return "the message has neither text nor blocks"
  if (typeof text === "string" && text.length > 40_000) return tooLong("text", text, 40_000)
  const list = (blocks ?? []) as unknown[]
  if (list.length > 50) return `blocks: ${list.length} blocks, Slack takes at most 50`
  for (const [i, block] of list.entries()) {
    const wrong = blockProblem(`blocks[${i}]`, block)
    if (wrong) return wrong
  }
  const size = JSON.stringify(list).length
  if (size > 13_200) return `blocks: ${number(size)} characters in all, Slack takes about 13,200`
  return ""
}

function blockProblem(place: string, block: unknown): string {
  if (typeof block !== "object" || block === null || typeof (block as Json).type !== "string")
    return `${place}: an object with a type is wanted`
  const { type, text, fields, elements } = block as Json
  if (type === "header") return textProblem(`${place}.text`, text, 150)
  if (type === "section") {
    if (text === undefined && fields === undefined) return `${place}: a section has text or fields`
    const wrong = text === undefined ? "" : textProblem(`${place}.text`, text, 3000)
    if (wrong || fields === undefined) return wrong
    if (!Array.isArray(fields) || fields.length < 1 || fields.length > 10)
      return `${place}.fields: ${Array.isArray(fields) ? fields.length : kindOf(fields)}, Slack takes 1 to 10`
    return firstOf(fields.map((field, i) => textProblem(`${place}.fields[${i}]`, field, 2000)))
  }
  const most = { context: 10, actions: 25 }[type as string]
  if (most === undefined) return ""
  if (!Array.isArray(elements) || elements.length < 1 || elements.length > most)
    return `${place}.elements: ${Array.isArray(elements) ? elements.length : kindOf(elements)}, Slack takes 1 to ${most}`
  return ""
}

function textProblem(place: string, text: unknown, most: number): string {
  const value = (text as Json | null | undefined)?.text
  if (typeof value !== "string") return `${place}: an object with type and text is wanted`
  if (value === "") return `${place}.text is empty`
  return value.length > most ? tooLong(`${place}.text`, value, most) : ""
}

const firstOf = (problems: string[]): string => problems.find((wrong) => wrong !== "") ?? ""
const tooLong = (place: string, value: string, most: number): string =>
  `${place}: ${number(value.length)} characters, Slack takes at most ${number(most)}`
const number = (value: number): string => value.toLocaleString("en-US")
const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`

/** What Slack's answer means. `body` is what a webhook answers as text (`ok`, `no_service`) or the API as JSON. */
export function judge(status: number, retryAfter: string | null, body: string, attempt: number): Answer {
  const answer = parsed(body)
  const error = answer ? String(answer.error ?? "") : body.trim()
  // Slack's errors are words such as invalid_auth. Anything else was said by something in between, and is not repeated.
  const word = /^[a-z][a-z_]{1,60}$/.test(error) ? error : ""
  if (status === 429 || word === "ratelimited" || word === "rate_limited") {
    const asked = Number(retryAfter ?? "")
    const wait = Number.isFinite(asked) && asked > 0 ? Math.ceil(asked) : attempt
    return wait > longestWait
      ? { kind: "refused", reason: `rate limited for ${wait} s, longer than a delivery waits (${longestWait} s)` }
      : { kind: "again", reason: "rate limited", wait }
  }
  if (status >= 500 || temporary.includes(word))
    return { kind: "again", reason: word || `Slack answers ${status}`, wait: attempt }
  if (status >= 200 && status < 300) {
    if (answer?.ok === true)
      return { kind: "delivered", ts: answer.ts as string | undefined, channel: answer.channel as string | undefined }
    if (!answer && body.trim() === "ok") return { kind: "delivered" }
  }
  if (!word) return { kind: "refused", reason: `answers ${status}, but not as Slack does: is the address right?` }
  const details = (answer?.response_metadata as { messages?: string[] } | undefined)?.messages?.[0]
  const needs = typeof answer?.needed === "string" ? `needs ${answer.needed}` : details
  return { kind: "refused", reason: needs ? `${word} (${needs.slice(0, 200)})` : word }
}

function parsed(body: string): Json | undefined {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

/** The request for a delivery, or what is wrong with the delivery. */
export function request({
  message,
  webhook,
  token,
  channel,
  api,
  plain,
}: Delivery): { url: string; headers: Record<string, string>; body: string } | string {
  if ((webhook === "") === (token === ""))
    return webhook === ""
      ? "neither a webhook nor a token is given"
      : "a webhook and a token are given: one of them is wanted"
  if (webhook !== "" && channel !== "")
    return `channel ${channel}: a webhook has a channel of its own; a token can choose one`
  if (token !== "" && channel === "") return "a token wants a channel, such as #deploys or C0123456789"
  if (/[^\x21-\x7e]/.test(webhook + token))
    return `the ${webhook ? "webhook" : "token"} holds blanks or characters that no ${webhook ? "address" : "token"} has`
  const url = webhook || `${api}/chat.postMessage`
  const scheme = URL.canParse(url) ? new URL(url).protocol : ""
  if (scheme !== "https:" && !(plain && scheme === "http:"))
    return `the ${webhook ? "webhook" : "address of the API"} does not begin with https://${scheme === "http:" ? " (http is for a target, a stand-in, only)" : ""}`
  const content = parsed(message)
  if (!content) return "the message is not a JSON object with text and blocks"
  const wrong = problem(content)
  if (wrong) return wrong
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" }
  if (token) headers.authorization = `Bearer ${token}`
  return { url, headers, body: JSON.stringify(token ? { ...content, channel } : content) }
}

/** Delivers: what is worth another attempt gets one, until there were enough. Says each attempt by `say`, and never throws. */
export async function deliver(
  delivery: Delivery,
  say: (line: string) => void,
  sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds)),
): Promise<Outcome> {
  const asked = request(delivery)
  if (typeof asked === "string") return { delivered: false, reason: asked, attempts: 0 }
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(asked, delivery.timeout, attempt)
    say(`attempt ${attempt} of ${delivery.attempts}: ${answer.kind === "delivered" ? "delivered" : answer.reason}`)
    if (answer.kind === "delivered")
      return {
        delivered: true,
        reason: `delivered${answer.channel ? ` to ${answer.channel}` : ""}`,
        attempts: attempt,
        ts: answer.ts,
        channel: answer.channel,
      }
    if (answer.kind === "refused") return { delivered: false, reason: answer.reason, attempts: attempt }
    if (attempt >= delivery.attempts)
      return {
        delivered: false,
        reason: `${answer.reason}, gave up after ${attempt} attempt${attempt > 1 ? "s" : ""}`,
        attempts: attempt,
      }
    await sleep(answer.wait)
  }
}

async function ask(
  { url, headers, body }: { url: string; headers: Record<string, string>; body: string },
  timeout: number,
  attempt: number,
): Promise<Answer> {
  try {
    // Not followed: a redirection would take the secret to another host.
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
    // The message of an error may hold the address; its code does not.
    const reason =
      name === "TimeoutError" ? `no answer within ${timeout} s` : `cannot be reached (${cause?.code ?? name})`
    return { kind: "again", reason, wait: attempt }
  }
}

/** What the container runs: settings from its environment, the message from a file, the outcome to a report. */
export async function main(): Promise<void> {
  const env = process.env
  const outcome = await deliver(
    {
      message: readFileSync("/slack/message.json", "utf8"),
      webhook: (env.SLACK_WEBHOOK ?? "").trim(),
      token: (env.SLACK_TOKEN ?? "").trim(),
      channel: env.SLACK_CHANNEL ?? "",
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
