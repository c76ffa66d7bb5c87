// A stand-in of a forge for tests and rehearsals: one repository with pull request 7, its comments and statuses, in the
// words of GitHub, Gitea, GitLab or Bitbucket Cloud. Like publish.ts it runs under node without other files. It checks
// what our requests use and is no complete forge. Written from their public API descriptions.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"

/** What the stand-in has: a token that may write, one that may only read, one repository with one pull request. */
export const known = {
  token: "forge-good",
  reader: "forge-reader",
  repository: "shop/web",
  pull: 7,
  /** The newest commit of the pull request. */
  head: "6a57497bcae011ae584da337ef8feb7ba971aace",
}

/** The ways to misbehave; `limit-once` refuses the first request only. */
export const faults = ["", "outage", "limit", "limit-once", "silence"]

type Json = Record<string, unknown>

interface Site {
  kind: string
  comments: { id: number; body: string }[]
  statuses: Json[]
  next: number
}

/** An answer: status and value. */
type Answer = [number, unknown?]

/** The server, not yet listening. `head` is the pull request's newest commit. */
export function standIn(kind: string, fault = "", head = known.head): Server {
  const site: Site = { kind, comments: [], statuses: [], next: 1 }
  let requests = 0
  return createServer((request, response) => {
    const parts: Buffer[] = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const path = (request.url ?? "").replace(/\?.*$/, "")
      if (path === "/_log") return json(response, [200, { comments: site.comments, statuses: site.statuses }])
      if (path === "/_requests") return json(response, [200, requests])
      if (path === "/") return json(response, [200, {}])
      requests++
      if (fault === "silence") return
      if (fault === "outage") return json(response, [502, { message: "bad gateway" }])
      if (fault === "limit" || (fault === "limit-once" && requests === 1)) {
        response.setHeader("retry-after", "1")
        return json(response, [429, { message: "API rate limit exceeded" }])
      }
      json(response, answerOf(site, request, Buffer.concat(parts).toString("utf8"), head))
    })
  })
}

function answerOf(site: Site, request: IncomingMessage, text: string, head: string): Answer {
  const path = (request.url ?? "").replace(/\?.*$/, "")
  const method = request.method ?? "GET"
  const right = rightOf(site.kind, request)
  if (!right) return [401, { message: "Bad credentials" }]
  const route = routes(site.kind).find((one) => one.method === method && one.path.test(path))
  if (!route) return [404, { message: "Not Found" }]
  // A token that may only read may not know what it may not write: GitHub answers 403, with these words.
  if (method !== "GET" && right === "read") return [403, { message: "Resource not accessible by integration" }]
  let body: Json = {}
  try {
    if (text) body = JSON.parse(text) as Json
  } catch {
    return [400, { message: "Problems parsing JSON" }]
  }
  const named = route.path.exec(path)![1] ?? ""
  return route.run(site, { named, body, head })
}

/** Returns what a request's token may do; undefined if it is not known, or not said in the forge's way. */
function rightOf(kind: string, { headers }: IncomingMessage): "read" | "write" | undefined {
  const given = {
    github: /^Bearer (.*)/.exec(headers.authorization ?? "")?.[1],
    bitbucket: /^Bearer (.*)/.exec(headers.authorization ?? "")?.[1],
    gitea: /^token (.*)/.exec(headers.authorization ?? "")?.[1],
    gitlab: [headers["private-token"]].flat()[0],
  }[kind]
  if (given === known.token) return "write"
  return given === known.reader ? "read" : undefined
}

interface Call {
  /** What the path names: a comment's number, or a commit. */
  named: string
  body: Json
  head: string
}

interface Route {
  method: string
  path: RegExp
  run: (site: Site, call: Call) => Answer
}

/** Returns the routes of a kind of forge, with where it puts a comment's text and what it calls a state. */
function routes(kind: string): Route[] {
  const { repository, pull } = known
  if (kind === "gitlab") {
    const root = `/projects/${encodeURIComponent(repository)}`
    const notes = `${root}/merge_requests/${pull}/notes`
    return common({
      pull: [`${root}/merge_requests/${pull}`, (head) => ({ iid: pull, sha: head })],
      list: [notes, (comments) => comments],
      one: ["PUT", `${notes}/(\\d+)`],
      status: [`${root}/statuses/([0-9a-f]+)`, ["pending", "running", "success", "failed", "canceled"], 255],
      bodyOf: ({ body }) => body,
      most: 1_000_000,
    })
  }
  if (kind === "bitbucket") {
    const root = `/repositories/${repository}`
    const comments = `${root}/pullrequests/${pull}/comments`
    return common({
      pull: [`${root}/pullrequests/${pull}`, (head) => ({ id: pull, source: { commit: { hash: head.slice(0, 12) } } })],
      list: [comments, (found) => ({ values: found.map(({ id, body }) => ({ id, content: { raw: body } })) })],
      one: ["PUT", `${comments}/(\\d+)`],
      status: [`${root}/commit/([0-9a-f]+)/statuses/build`, ["INPROGRESS", "SUCCESSFUL", "FAILED", "STOPPED"], 255],
      bodyOf: ({ content }) => (content as Json | undefined)?.raw,
      most: 32_768,
    })
  }
  const root = `/repos/${repository}`
  return common({
    pull: [`${root}/pulls/${pull}`, (head) => ({ number: pull, head: { sha: head } })],
    list: [`${root}/issues/${pull}/comments`, (comments) => comments],
    one: ["PATCH", `${root}/issues/comments/(\\d+)`],
    status: [`${root}/statuses/([0-9a-f]+)`, ["error", "failure", "pending", "success"], 140],
    bodyOf: ({ body }) => body,
    most: 65_536,
  })
}

interface Words {
  pull: [path: string, value: (head: string) => Json]
  list: [path: string, value: (comments: Site["comments"]) => unknown]
  one: [method: string, path: string]
  status: [path: string, states: string[], most: number]
  bodyOf: (body: Json) => unknown
  /** Characters of a comment. */
  most: number
}

function common({ pull, list, one, status, bodyOf, most }: Words): Route[] {
  const exactly = (path: string) => new RegExp(`^${path}$`)
  const textIn = (body: Json): string | Answer => {
    const text = bodyOf(body)
    if (typeof text !== "string" || text === "") return [422, { message: "Validation Failed: body is missing" }]
    return text.length > most ? [422, { message: `Validation Failed: body is too long (maximum is ${most})` }] : text
  }
  return [
    { method: "GET", path: exactly(pull[0]), run: (_, { head }) => [200, pull[1](head)] },
    { method: "GET", path: exactly(list[0]), run: ({ comments }) => [200, list[1](comments)] },
    {
      method: "POST",
      path: exactly(list[0]),
      run: (site, { body }) => {
        const text = textIn(body)
        if (typeof text !== "string") return text
        const comment = { id: site.next++, body: text }
        site.comments.push(comment)
        return [201, comment]
      },
    },
    {
      method: one[0],
      path: exactly(one[1]),
      run: ({ comments }, { named, body }) => {
        const found = comments.find(({ id }) => id === Number(named))
        const text = textIn(body)
        if (!found) return [404, { message: "Not Found" }]
        if (typeof text !== "string") return text
        found.body = text
        return [200, found]
      },
    },
    {
      method: "DELETE",
      path: exactly(one[1]),
      run: (site, { named }) => {
        const others = site.comments.filter(({ id }) => id !== Number(named))
        if (others.length === site.comments.length) return [404, { message: "Not Found" }]
        site.comments = others
        return [204]
      },
    },
    {
      method: "POST",
      path: exactly(status[0]),
      run: (site, { named: sha, body, head }) => {
        if (sha !== head && !/^0/.test(sha)) return [422, { message: `No commit found for SHA: ${sha}` }]
        if (!status[1].includes(String(body.state))) return [422, { message: "Validation Failed: state" }]
        if (typeof body.description === "string" && body.description.length > status[2])
          return [422, { message: `description is too long (maximum is ${status[2]} characters)` }]
        const last = site.statuses.filter((one) => one.sha === sha && one.context === (body.context ?? body.key)).at(-1)
        if (site.kind === "gitlab" && last?.state === body.state)
          return [400, { message: `Cannot transition status via :run from :${String(body.state)}` }]
        site.statuses.push({ ...body, context: body.context ?? body.key, sha })
        return [201, body]
      },
    },
  ]
}

function json(response: ServerResponse, [status, value]: Answer): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" })
  response.end(value === undefined ? undefined : JSON.stringify(value))
}
