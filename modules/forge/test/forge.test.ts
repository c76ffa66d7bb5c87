// What each kind of forge is asked for, and what is left there: whole showings to the stand-in on this machine's loopback.
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { commentOf, judged, kinds, markerOf, problem, show, type Kind, type Showing } from "../src/publish"
import { known, standIn } from "../src/stand-in"

const showing: Showing = {
  kind: "github",
  api: "https://api.github.com",
  repository: known.repository,
  pull: known.pull,
  commit: known.head,
  token: known.token,
  context: "delivery/pr",
  state: "success",
  description: "12 passed",
  url: "https://ci.example/7",
  body: "**GREEN**",
  plain: false,
  timeout: 1,
  attempts: 3,
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

async function site(kind: Kind, fault = "", head = known.head) {
  const server = standIn(kind, fault, head)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const waits: number[] = []
  const said: string[] = []
  return {
    waits,
    said,
    to: (change: Partial<Showing> = {}) =>
      show(
        { ...showing, kind, api, plain: true, ...change },
        (line) => said.push(line),
        async (wait) => void waits.push(wait),
      ),
    has: async () =>
      (await (await fetch(`${api}/_log`)).json()) as {
        comments: { id: number; body: string }[]
        statuses: Record<string, unknown>[]
      },
    // What another one writes, in GitHub's words.
    write: (body: string) =>
      fetch(`${api}/repos/shop/web/issues/7/comments`, {
        method: "POST",
        headers: { authorization: `Bearer ${known.token}` },
        body: JSON.stringify({ body }),
      }),
  }
}

describe.each(kinds)("a verdict on %s", (kind) => {
  it("is one comment that is replaced in place, and a status", async () => {
    const { to, has } = await site(kind)
    expect(await to({ state: "pending", body: "running" })).toMatchObject({
      shown: true,
      reason: "pending on 6a57497bcae0; comment 1 added",
    })
    expect(await to()).toMatchObject({ shown: true, reason: "success on 6a57497bcae0; comment 1 updated" })
    const { comments, statuses } = await has()
    expect(comments).toEqual([{ id: 1, body: `${markerOf("delivery/pr")}\n\n**GREEN**` }])
    expect(statuses).toHaveLength(2)
    expect(statuses[1]).toMatchObject({ description: "12 passed", sha: known.head })
  })
  it("may be set again, although nothing has changed", async () => {
    const { to } = await site(kind)
    await to()
    expect(await to()).toMatchObject({ shown: true })
  })
  it("has a comment of its own for another name", async () => {
    const { to, has } = await site(kind)
    await to()
    await to({ context: "delivery/stage" })
    expect((await has()).comments).toHaveLength(2)
  })
  it("keeps to the limits of comments and descriptions", async () => {
    const { to, has } = await site(kind)
    const body = `\`\`\`text\n${"x".repeat(1_200_000)}`
    expect(await to({ body, description: `${"y".repeat(400)}\n` })).toMatchObject({ shown: true })
    expect((await has()).comments[0]!.body).toMatch(/\n```\n\n… the rest is in the reports$/)
  })
  it("of an older commit leaves the comment of the newest one alone", async () => {
    const { to, has } = await site(kind, "", "f".repeat(40))
    expect(await to({ commit: `0${"e".repeat(39)}` })).toMatchObject({
      shown: true,
      reason: "success on 0eeeeeeeeeee; comment left alone: the pull request is at ffffffffffff now",
    })
    expect((await has()).comments).toEqual([])
  })
  it("of two runs at once is one comment in the end", async () => {
    const { to, has } = await site(kind)
    const [first, second] = await Promise.all([to({ body: "one" }), to({ body: "two" })])
    expect([first, second]).toMatchObject([{ shown: true }, { shown: true }])
    expect((await has()).comments).toHaveLength(1)
  })
  it("without a pull request is a status alone", async () => {
    const { to, has } = await site(kind)
    expect(await to({ pull: 0 })).toMatchObject({ shown: true, reason: "success on 6a57497bcae0" })
    expect((await has()).comments).toEqual([])
  })
  it.each([
    [
      "a token that is not known",
      { token: "forge-bad" },
      /^status: 401 the token is not valid, or has expired: Bad credentials; comment: 401/,
    ],
    [
      "a token that may only read",
      { token: known.reader },
      /^status: 403 the token may not write here .* Resource not accessible by integration; comment: 403/,
    ],
    ["a pull request that is not there", { pull: 8 }, /^comment: 404 not found: .*; success on 6a57497bcae0$/],
    ["another repository", { repository: "shop/nothing" }, /^status: 404 not found/],
  ])("with %s says so, and the token nowhere", async (_, change, reason) => {
    const { to, said } = await site(kind)
    const outcome = await to(change)
    expect(outcome).toMatchObject({ shown: false, reason: expect.stringMatching(reason) as string })
    expect(JSON.stringify([outcome, said])).not.toContain("forge-")
  })
  it.each([
    ["outage", "answers 502, gave up after 2 attempts", [1, 1]],
    ["limit", "rate limited, gave up after 2 attempts", [1, 1]],
    ["silence", "no answer within 0.2 s, gave up after 2 attempts", [1, 1]],
  ])("bears a forge with %s", async (fault, reason, waited) => {
    const { to, waits } = await site(kind, fault)
    expect(await to({ timeout: 0.2, attempts: 2 })).toMatchObject({
      shown: false,
      reason: `status: ${reason}; comment: ${reason}`,
    })
    expect(waits).toEqual(waited)
  })
  it("waits as long as the forge asks for", async () => {
    const { to, waits } = await site(kind, "limit-once")
    expect(await to()).toMatchObject({ shown: true })
    expect(waits).toEqual([1])
  })
})

describe("a comment", () => {
  it("is found among hundreds of others, and not taken from a person who quotes it", async () => {
    const { to, has, write } = await site("gitea")
    await to()
    await write(`see ${markerOf("delivery/pr")}`)
    for (let i = 0; i < 120; i++) await write(`comment ${i}`)
    await to({ body: "new" })
    const { comments } = await has()
    expect(comments.filter(({ body }) => body.startsWith(markerOf("delivery/pr")))).toEqual([
      { id: 1, body: `${markerOf("delivery/pr")}\n\nnew` },
    ])
  })
  it("that is short is as it was given", () =>
    expect(commentOf("a", "text", 1000)).toBe("[//]: # (delivery: a)\n\ntext"))
})

describe("settings", () => {
  it.each([
    ["kind", { kind: "cvs" as Kind }, 'kind: "cvs" is not allowed; allowed: github, gitlab, gitea, bitbucket'],
    ["state", { state: "green" as Showing["state"] }, 'state: "green" is not allowed; allowed: pending'],
    ["an address by http", { api: "http://api.github.com" }, "api: not an https address (http requires a service)"],
    ["a repository", { repository: "../x y" }, 'repository: "../x y" is not allowed; a path such as shop/web is'],
    ["a pull request", { pull: 1.5 }, "pull: 1.5 is not allowed"],
    ["a commit", { commit: "6a57497" }, 'commit: "6a57497" is not allowed; a full hash'],
    ["a context", { context: "a)\nb" }, 'context: "a)\\nb" is not allowed'],
    ["a web page", { url: "javascript:alert(1)" }, 'url: "javascript:alert(1)" is not a web address'],
    ["no token", { token: "" }, "token: required"],
    ["a token of two lines", { token: "a\nb" }, "token: contains blanks or characters"],
  ])("with a wrong %s are refused before anything is sent", async (_, change, wrong) => {
    expect(problem({ ...showing, ...change })).toContain(wrong)
    expect(await show({ ...showing, ...change }, () => undefined)).toMatchObject({ shown: false, requests: 0 })
  })
})

describe("an answer", () => {
  const headers = (values: Record<string, string> = {}) => new Headers(values)
  it("of GitHub's second limit is a 403 that asks for a wait", () =>
    expect(judged(403, headers({ "retry-after": "5" }), '{"message":"secondary rate limit"}', 1)).toEqual({
      reason: "rate limited",
      wait: 5,
    }))
  it("that asks for an hour ends it", () =>
    expect(judged(429, headers({ "retry-after": "3600" }), "", 1)).toEqual({
      reason: "rate limited for 3600 s, longer than the limit of 30 s",
    }))
  it("of something in between is not repeated", () =>
    expect(judged(418, headers(), "<html>secret</html>", 1)).toEqual({ reason: "418 refused" }))
})
