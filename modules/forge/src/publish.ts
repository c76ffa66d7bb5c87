// Shows a verdict on a pull request: one comment that is replaced in place, and a status of the commit. Runs under node
// inside the container (which strips the types), so it imports only what lies beside it; everything here can be called
// without an engine. No output holds the token.
import { readFileSync, writeFileSync } from "node:fs"

/** What is shown, and where. */
export interface Showing {
  kind: Kind
  /** Address of the forge's API, without a slash at the end. */
  api: string
  /** Path of the repository, such as `shop/web`. */
  repository: string
  /** Number of the pull request; 0 for none: only the commit gets its status. */
  pull: number
  /** The full hash of the commit. */
  commit: string
  token: string
  /** Name of the status and of the comment: each name has one of both. */
  context: string
  state: State
  /** One line beside the status. */
  description: string
  /** Web page behind the status; "" for none. */
  url: string
  /** The comment, in Markdown; "" leaves it alone. */
  body: string
  /** Whether http is allowed, which is for a stand-in: a token goes to a real host by https only. */
  plain: boolean
  /** Seconds for one request. */
  timeout: number
  /** Attempts of one request. */
  attempts: number
}

export type Kind = "github" | "gitlab" | "gitea" | "bitbucket"
export const kinds: Kind[] = ["github", "gitlab", "gitea", "bitbucket"]
export type State = "pending" | "success" | "failure" | "error"
export const states: State[] = ["pending", "success", "failure", "error"]

/** What came of it. */
export interface Outcome {
  shown: boolean
  reason: string
  /** Requests that were made. */
  requests: number
}

/** The longest wait in seconds that a forge may ask for; for a longer one the delivery gives up. */
export const longestWait = 30

/** A request to a forge: a path below the API's address. */
interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  path: string
  body?: object
}

/** A comment on a pull request. */
interface Comment {
  id: number
  body: string
}

type Json = Record<string, unknown>

/** How one kind of forge says it. */
interface Dialect {
  headers: (token: string) => Record<string, string>
  /** Characters of a comment. */
  mostOfBody: number
  /** Characters of a status' description. */
  mostOfDescription: number
  head: (pull: number) => string
  headIn: (pull: Json) => string
  comments: (pull: number, page: number) => string
  commentsIn: (answer: unknown) => Comment[]
  add: (pull: number, body: string) => Request
  replace: (pull: number, id: number, body: string) => Request
  remove: (pull: number, id: number) => Request
  status: (showing: Showing) => Request
  /** Whether an answer other than 2xx means that the status is set already. */
  isSet?: (status: number, body: string) => boolean
}

/** Comments of one page that is asked for; a shorter page is the last one. */
const pageSize = 100
/** Pages that are read: of more comments, the oldest matter least. */
const mostPages = 20

const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])
const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** GitHub's REST API (https://docs.github.com/rest), which Gitea's follows in all but a few words. */
function githubLike(repository: string, headers: Dialect["headers"]): Dialect {
  const root = `/repos/${repository.split("/").map(encodeURIComponent).join("/")}`
  return {
    headers,
    mostOfBody: 65_000,
    mostOfDescription: 140,
    head: (pull) => `${root}/pulls/${pull}`,
    headIn: (pull) => text((pull.head as Json | undefined)?.sha),
    comments: (pull, page) => `${root}/issues/${pull}/comments?per_page=${pageSize}&limit=${pageSize}&page=${page}`,
    commentsIn: (answer) => list(answer).map(({ id, body }) => ({ id: Number(id), body: text(body) })),
    add: (pull, body) => ({ method: "POST", path: `${root}/issues/${pull}/comments`, body: { body } }),
    replace: (_, id, body) => ({ method: "PATCH", path: `${root}/issues/comments/${id}`, body: { body } }),
    remove: (_, id) => ({ method: "DELETE", path: `${root}/issues/comments/${id}` }),
    status: (showing) => ({ method: "POST", path: `${root}/statuses/${showing.commit}`, body: statusOf(showing) }),
  }
}

function statusOf({ context, state, description, url }: Showing): object {
  return { context, state, description, ...(url ? { target_url: url } : {}) }
}

/** GitLab's REST API (https://docs.gitlab.com/api/notes, https://docs.gitlab.com/api/commits). */
function gitlab(repository: string): Dialect {
  const root = `/projects/${encodeURIComponent(repository)}`
  const words: Record<State, string> = { pending: "running", success: "success", failure: "failed", error: "failed" }
  return {
    headers: (token) => ({ "private-token": token }),
    mostOfBody: 1_000_000,
    mostOfDescription: 255,
    head: (pull) => `${root}/merge_requests/${pull}`,
    headIn: (pull) => text(pull.sha),
    comments: (pull, page) => `${root}/merge_requests/${pull}/notes?per_page=${pageSize}&sort=asc&page=${page}`,
    commentsIn: (answer) => list(answer).map(({ id, body }) => ({ id: Number(id), body: text(body) })),
    add: (pull, body) => ({ method: "POST", path: `${root}/merge_requests/${pull}/notes`, body: { body } }),
    replace: (pull, id, body) => ({
      method: "PUT",
      path: `${root}/merge_requests/${pull}/notes/${id}`,
      body: { body },
    }),
    remove: (pull, id) => ({ method: "DELETE", path: `${root}/merge_requests/${pull}/notes/${id}` }),
    status: (showing) => ({
      method: "POST",
      path: `${root}/statuses/${showing.commit}`,
      body: { ...statusOf(showing), state: words[showing.state] },
    }),
    // A state that is set again is an error there.
    isSet: (status, body) => status === 400 && /Cannot transition status via :\w+ from :(\w+)/.test(body),
  }
}

/** Bitbucket Cloud's REST API (https://developer.atlassian.com/cloud/bitbucket/rest). */
function bitbucket(repository: string): Dialect {
  const root = `/repositories/${repository.split("/").map(encodeURIComponent).join("/")}`
  const words: Record<State, string> = {
    pending: "INPROGRESS",
    success: "SUCCESSFUL",
    failure: "FAILED",
    error: "FAILED",
  }
  const comment = (pull: number, id: number) => `${root}/pullrequests/${pull}/comments/${id}`
  return {
    headers: (token) => ({ authorization: `Bearer ${token}` }),
    mostOfBody: 32_000,
    mostOfDescription: 255,
    head: (pull) => `${root}/pullrequests/${pull}`,
    headIn: (pull) => text(((pull.source as Json | undefined)?.commit as Json | undefined)?.hash),
    comments: (pull, page) => `${root}/pullrequests/${pull}/comments?pagelen=${pageSize}&page=${page}`,
    commentsIn: (answer) =>
      list((answer as Json | undefined)?.values)
        .filter(({ deleted }) => deleted !== true)
        .map(({ id, content }) => ({ id: Number(id), body: text((content as Json | undefined)?.raw) })),
    add: (pull, raw) => ({ method: "POST", path: `${root}/pullrequests/${pull}/comments`, body: { content: { raw } } }),
    replace: (pull, id, raw) => ({ method: "PUT", path: comment(pull, id), body: { content: { raw } } }),
    remove: (pull, id) => ({ method: "DELETE", path: comment(pull, id) }),
    status: ({ commit, context, state, description, url }) => ({
      method: "POST",
      path: `${root}/commit/${commit}/statuses/build`,
      // Its key has at most 40 characters, and an address is required.
      body: {
        key: context.slice(0, 40),
        name: context,
        state: words[state],
        description,
        url: url || `https://bitbucket.org/${repository}`,
      },
    }),
  }
}

/** Returns how a forge of a kind says it for a repository. */
export function dialectOf(kind: Kind, repository: string): Dialect {
  if (kind === "gitlab") return gitlab(repository)
  if (kind === "bitbucket") return bitbucket(repository)
  if (kind === "gitea") return githubLike(repository, (token) => ({ authorization: `token ${token}` }))
  return githubLike(repository, (token) => ({
    authorization: `Bearer ${token}`,
    accept: "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
  }))
}

/** Returns what is wrong with the settings of a showing; "" for nothing. */
export function problem({ kind, api, repository, pull, commit, token, context, state, url, plain }: Showing): string {
  const allowed = (name: string, value: string, values: string[]) =>
    values.includes(value) ? "" : `${name}: ${JSON.stringify(value)} is not allowed; allowed: ${values.join(", ")}`
  const scheme = URL.canParse(api) ? new URL(api).protocol : ""
  const checks = [
    allowed("kind", kind, kinds),
    allowed("state", state, states),
    token === "" ? "token: required" : "",
    /[^\x21-\x7e]/.test(token) ? "token: contains blanks or characters that are not allowed" : "",
    scheme === "https:" || (plain && scheme === "http:")
      ? ""
      : `api: not an https address${scheme === "http:" ? " (http requires a service)" : ""}`,
    /^[\w.~-]+(\/[\w.~-]+)+$/.test(repository)
      ? ""
      : `repository: ${JSON.stringify(repository)} is not allowed; a path such as shop/web is`,
    Number.isInteger(pull) && pull >= 0 ? "" : `pull: ${pull} is not allowed; a number from 1, or 0 for none, is`,
    /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)
      ? ""
      : `commit: ${JSON.stringify(commit)} is not allowed; a full hash of 40 or 64 digits is`,
    /^[\w./: -]{1,100}$/.test(context)
      ? ""
      : `context: ${JSON.stringify(context)} is not allowed; 1 to 100 letters, digits, . / : _ - and spaces are`,
    url === "" || /^https?:\/\/[^\s<>"]+$/.test(url) ? "" : `url: ${JSON.stringify(url)} is not a web address`,
  ]
  return checks.find((wrong) => wrong !== "") ?? ""
}

/** Returns the first line of a comment, by which it is found again. No forge shows it: it is a reference to nothing. */
export function markerOf(context: string): string {
  return `[//]: # (delivery: ${context})`
}

/** Returns a comment's text with its marker, within the forge's limit. */
export function commentOf(context: string, body: string, most: number): string {
  const whole = `${markerOf(context)}\n\n${body}`
  if (whole.length <= most) return whole
  const note = "\n\n… the rest is in the reports"
  const kept = whole.slice(0, most - note.length - 4)
  // A fence that was cut is closed: what follows would be part of it.
  const open = (kept.match(/^```/gm) ?? []).length % 2 === 1
  return `${kept}${open ? "\n```" : ""}${note}`
}

/** An answer that is none, in words. */
class Refused extends Error {}

/** How requests are sent: prints a line about each that fails, and waits between attempts. */
interface Sending {
  showing: Showing
  dialect: Dialect
  print: (line: string) => void
  sleep: (seconds: number) => Promise<void>
}

/** Sends requests with retries; counts them. */
class Client {
  requests = 0
  // Types only are stripped where this runs: no parameter properties.
  private readonly sending: Sending

  constructor(sending: Sending) {
    this.sending = sending
  }

  /** Returns the answer's JSON; throws what the forge, the network or the rights refused. */
  async send(request: Request, isFine?: (status: number, body: string) => boolean): Promise<unknown> {
    const { showing, print, sleep } = this.sending
    for (let attempt = 1; ; attempt++) {
      const answer = await this.once(request, attempt, isFine)
      if ("json" in answer) return answer.json
      print(`${request.method} ${pathOf(request)}, attempt ${attempt} of ${showing.attempts}: ${answer.reason}`)
      if (!answer.wait) throw new Refused(answer.reason)
      if (attempt >= showing.attempts)
        throw new Refused(`${answer.reason}, gave up after ${attempt} attempt${attempt > 1 ? "s" : ""}`)
      await sleep(answer.wait)
    }
  }

  private async once(
    { method, path, body }: Request,
    attempt: number,
    isFine?: (status: number, body: string) => boolean,
  ): Promise<{ json: unknown } | { reason: string; wait?: number }> {
    const { showing, dialect } = this.sending
    this.requests++
    let answer: Response
    let said: string
    try {
      // Redirects are not followed: they would send the token to another host.
      answer = await fetch(`${showing.api}${path}`, {
        method,
        headers: {
          "user-agent": "delivery-pipeline",
          ...(body ? { "content-type": "application/json" } : {}),
          ...dialect.headers(showing.token),
        },
        body: body ? JSON.stringify(body) : undefined,
        redirect: "manual",
        signal: AbortSignal.timeout(1000 * showing.timeout),
      })
      said = await answer.text()
    } catch (error) {
      const { name, cause } = error as Error & { cause?: { code?: string } }
      // The message of an error may contain the address; its code does not.
      const why =
        name === "TimeoutError" ? `no answer within ${showing.timeout} s` : `cannot be reached (${cause?.code ?? name})`
      return { reason: why, wait: attempt }
    }
    if (answer.ok || isFine?.(answer.status, said)) return { json: parsed(said) }
    return judged(answer.status, answer.headers, said, attempt)
  }
}

function pathOf({ path }: Request): string {
  return path.replace(/\?.*$/, "")
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer) as unknown
  } catch {
    return undefined
  }
}

/** Interprets an answer that is not 2xx: whether it is worth another attempt, and what it means. */
export function judged(
  status: number,
  headers: Pick<Headers, "get">,
  body: string,
  attempt: number,
): { reason: string; wait?: number } {
  const said = saidIn(parsed(body))
  const limited =
    status === 429 || (status === 403 && (headers.get("x-ratelimit-remaining") === "0" || headers.get("retry-after")))
  if (limited) {
    const asked = Number(headers.get("retry-after") ?? "")
    const wait = Number.isFinite(asked) && asked > 0 ? Math.ceil(asked) : attempt
    return wait > longestWait
      ? { reason: `rate limited for ${wait} s, longer than the limit of ${longestWait} s` }
      : { reason: "rate limited", wait }
  }
  if (status >= 500) return { reason: `answers ${status}`, wait: attempt }
  const meaning: Record<number, string> = {
    401: "the token is not valid, or has expired",
    403: "the token may not write here (a fork's token never may)",
    404: "not found: the repository, the pull request or the commit, or the token may not see it",
    422: "refused as it is",
  }
  return { reason: `${status} ${meaning[status] ?? "refused"}${said ? `: ${said}` : ""}` }
}

/** Returns a forge's own words, on one line. */
function saidIn(answer: unknown): string {
  const { message, error } = (typeof answer === "object" && answer !== null ? answer : {}) as Json
  const text = [message, (error as Json | undefined)?.message, error].find(
    (one) => typeof one === "string" && one !== "",
  )
  return typeof text === "string" ? text.replace(/\s+/g, " ").slice(0, 160) : ""
}

/**
 * Sets the status of the commit, then writes the comment. The comment belongs to the newest commit of the pull request: a run of
 * an older one leaves it alone. Never throws.
 */
export async function show(
  showing: Showing,
  print: (line: string) => void,
  sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds)),
): Promise<Outcome> {
  const wrong = problem(showing)
  if (wrong) return { shown: false, reason: wrong, requests: 0 }
  const dialect = dialectOf(showing.kind, showing.repository)
  const client = new Client({ showing, dialect, print, sleep })
  const parts: string[] = []
  const failures: string[] = []
  // One that is refused does not keep the other back.
  for (const [what, work] of [
    ["status", () => setStatus(showing, dialect, client)],
    ["comment", () => writeComment(showing, dialect, client)],
  ] as const)
    try {
      const done = await work()
      if (done) parts.push(done)
    } catch (error) {
      failures.push(`${what}: ${error instanceof Refused ? error.message : String(error)}`)
    }
  return {
    shown: failures.length === 0,
    reason: [...failures, ...parts].join("; "),
    requests: client.requests,
  }
}

async function setStatus(showing: Showing, dialect: Dialect, client: Client): Promise<string> {
  const { description, state, commit } = showing
  const clean = description.replace(/\s+/g, " ").trim()
  const most = dialect.mostOfDescription
  const short = clean.length > most ? `${clean.slice(0, most - 1)}…` : clean
  await client.send(dialect.status({ ...showing, description: short }), dialect.isSet)
  return `${state} on ${commit.slice(0, 12)}`
}

async function writeComment(showing: Showing, dialect: Dialect, client: Client): Promise<string> {
  const { pull, commit, body, context } = showing
  if (pull === 0 || body === "") return ""
  const head = dialect.headIn(((await client.send({ method: "GET", path: dialect.head(pull) })) ?? {}) as Json)
  // Bitbucket gives the first twelve digits.
  if (head !== "" && !commit.startsWith(head))
    return `comment left alone: the pull request is at ${head.slice(0, 12)} now`
  const whole = commentOf(context, body, dialect.mostOfBody)
  const replaced = await replaceFirst(await ours(showing, dialect, client))
  if (replaced !== undefined) return `comment ${replaced} updated`
  await client.send(dialect.add(pull, whole))
  // Two runs that began at once, or an answer that came too late, leave two: the first stays.
  const found = await ours(showing, dialect, client)
  if (found.length < 2) return `comment ${found[0]?.id ?? ""} added`
  return `comment ${await replaceFirst(found)} updated`

  /** Replaces the first comment that the token may write, and removes the others; returns its number. */
  async function replaceFirst(found: Comment[]): Promise<number | undefined> {
    let kept: number | undefined
    for (const { id } of found)
      try {
        await client.send(kept === undefined ? dialect.replace(pull, id, whole) : dialect.remove(pull, id))
        kept ??= id
      } catch (error) {
        // Somebody else's comment with our first line, or one that is gone: not ours to keep.
        if (!(error instanceof Refused) || !/^40[34] /.test(error.message)) throw error
      }
    return kept
  }
}

/** Returns the comments of this name, the oldest first. */
async function ours({ pull, context }: Showing, dialect: Dialect, client: Client): Promise<Comment[]> {
  const found: Comment[] = []
  for (let page = 1; page <= mostPages; page++) {
    const comments = dialect.commentsIn(await client.send({ method: "GET", path: dialect.comments(pull, page) }))
    const known = new Set(found.map(({ id }) => id))
    const fresh = comments.filter(({ id }) => !known.has(id))
    found.push(...fresh)
    // A forge that knows no pages gives all comments each time.
    if (comments.length < pageSize || fresh.length === 0) break
  }
  const marker = markerOf(context)
  return found.filter(({ body }) => body.split(/\r?\n/, 1)[0] === marker).sort((a, b) => a.id - b.id)
}

/** The program of the container: settings and texts from files, the outcome to a report. */
export async function main(): Promise<void> {
  const settings = JSON.parse(readFileSync("/forge/settings.json", "utf8")) as Omit<Showing, "token" | "body">
  const token = (process.env.FORGE_TOKEN ?? "").trim()
  const body = readFileSync("/forge/body.md", "utf8")
  const outcome = await show({ ...settings, token, body }, (line) => console.log(line))
  console.log(outcome.reason)
  writeFileSync("/report/outcome.json", `${JSON.stringify(outcome, null, 1)}\n`)
  process.exit(outcome.shown ? 0 : outcome.requests === 0 ? 2 : 1)
}
