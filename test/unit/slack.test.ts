// Deliveries to Slack without an engine: its limits, what each answer means, and whole deliveries to the stand-in on this machine's loopback.
import type { AddressInfo } from "node:net"
import type { Server } from "node:http"
import { afterEach, describe, expect, it } from "vitest"
import { type Delivery, deliver, judge, problem, request } from "../../modules/slack/src/deliver"
import { faults, standIn } from "../../modules/slack/src/stand-in"

const text = (length: number, type = "mrkdwn"): object => ({ type, text: "x".repeat(length) })
const section = (length: number): object => ({ type: "section", text: text(length) })

describe("a message", () => {
  it("may be as large as Slack takes it", () => {
    expect(problem({ text: "x".repeat(40_000) })).toBe("")
    expect(problem({ text: "x", blocks: Array.from({ length: 50 }, () => ({ type: "divider" })) })).toBe("")
    expect(
      problem({
        blocks: [
          { type: "header", text: text(150, "plain_text") },
          section(3000),
          { type: "section", fields: [text(2000), ...Array.from({ length: 9 }, () => text(1))] },
        ],
      }),
    ).toBe("")
  })
  it.each([
    [
      "51 blocks",
      { blocks: Array.from({ length: 51 }, () => ({ type: "divider" })) },
      "blocks: 51 blocks, Slack accepts at most 50",
    ],
    [
      "a long section",
      { blocks: [{ type: "divider" }, section(3412)] },
      "blocks[1].text.text: 3,412 characters, Slack accepts at most 3,000",
    ],
    [
      "a long header",
      { blocks: [{ type: "header", text: text(151, "plain_text") }] },
      "blocks[0].text.text: 151 characters, Slack accepts at most 150",
    ],
    [
      "a long field",
      { blocks: [{ type: "section", fields: [text(1), text(2001)] }] },
      "blocks[0].fields[1].text: 2,001 characters, Slack accepts at most 2,000",
    ],
    [
      "11 fields",
      { blocks: [{ type: "section", fields: Array.from({ length: 11 }, () => text(1)) }] },
      "blocks[0].fields: 11, Slack accepts 1 to 10",
    ],
    [
      "an empty header",
      { blocks: [{ type: "header", text: { type: "plain_text", text: "" } }] },
      "blocks[0].text.text is empty",
    ],
    ["a section with nothing", { blocks: [{ type: "section" }] }, "blocks[0]: a section needs text or fields"],
    [
      "a context with nothing",
      { blocks: [{ type: "context", elements: [] }] },
      "blocks[0].elements: 0, Slack accepts 1 to 10",
    ],
    ["a block that is none", { blocks: ["x"] }, "blocks[0]: expected an object with a type"],
    ["much in all", { blocks: Array.from({ length: 5 }, () => section(2700)) }, "blocks: 13,"],
    ["a long text", { text: "x".repeat(40_001) }, "text: 40,001 characters, Slack accepts at most 40,000"],
    ["a text that is none", { text: 7 }, "text: expected a string, not a number"],
    ["nothing", {}, "the message has neither text nor blocks"],
    ["a list", [], "the message is not a JSON object with text and blocks"],
    ["a token", { text: "x", token: "xoxb-1" }, "token: not allowed in a message"],
  ])("with %s is refused, and its place is named", (_, message, wrong) => expect(problem(message)).toContain(wrong))
})

describe("an answer", () => {
  it.each([
    [200, null, "ok", { kind: "delivered" }],
    [200, null, '{"ok":true,"ts":"1.2","channel":"C1"}', { kind: "delivered", ts: "1.2", channel: "C1" }],
    [200, null, '{"ok":false,"error":"invalid_auth"}', { kind: "refused", reason: "invalid_auth" }],
    [
      200,
      null,
      '{"ok":false,"error":"missing_scope","needed":"chat:write"}',
      { kind: "refused", reason: "missing_scope (needs chat:write)" },
    ],
    [
      200,
      null,
      '{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] unsupported type: x [json-pointer:/blocks/0/type]"]}}',
      { kind: "refused", reason: "invalid_blocks ([ERROR] unsupported type: x [json-pointer:/blocks/0/type])" },
    ],
    [200, null, '{"ok":false,"error":"internal_error"}', { kind: "retry", reason: "internal_error", wait: 2 }],
    [404, null, "no_service", { kind: "refused", reason: "no_service" }],
    [429, "7", "rate_limited", { kind: "retry", reason: "rate limited", wait: 7 }],
    [429, null, '{"ok":false,"error":"ratelimited"}', { kind: "retry", reason: "rate limited", wait: 2 }],
    [429, "120", "", { kind: "refused", reason: "rate limited for 120 s, longer than the limit of 30 s" }],
    [503, null, "<html>", { kind: "retry", reason: "Slack answers 503", wait: 2 }],
    [
      200,
      null,
      "<html>log in</html>",
      { kind: "refused", reason: "answers 200, but not as Slack does: check the address" },
    ],
    [302, null, "", { kind: "refused", reason: "answers 302, but not as Slack does: check the address" }],
    [
      403,
      null,
      "Access to https://hooks.slack.com/services/SECRET is blocked",
      { kind: "refused", reason: "answers 403, but not as Slack does: check the address" },
    ],
  ])("%i, %s, %s", (status, retryAfter, body, meaning) => expect(judge(status, retryAfter, body, 2)).toEqual(meaning))
})

const delivery: Delivery = {
  message: '{"text":"hello"}',
  webhook: "",
  token: "xoxb-good",
  channel: "#deploys",
  update: "",
  thread: "",
  api: "https://slack.com/api",
  plain: false,
  timeout: 1,
  attempts: 3,
}

describe("a delivery", () => {
  it("goes to the API with a token, or to the webhook", () => {
    expect(request(delivery)).toEqual({
      url: "https://slack.com/api/chat.postMessage",
      headers: { "content-type": "application/json; charset=utf-8", authorization: "Bearer xoxb-good" },
      body: '{"text":"hello","channel":"#deploys"}',
    })
    expect(
      request({ ...delivery, token: "", channel: "", webhook: "https://hooks.slack.com/services/T1/B1/x" }),
    ).toMatchObject({ url: "https://hooks.slack.com/services/T1/B1/x", body: '{"text":"hello"}' })
  })
  it.each([
    ["no secret", { token: "" }, "webhook or token: required"],
    ["two secrets", { webhook: "https://x" }, "webhook and token: pass only one of them"],
    ["no channel", { channel: "" }, "channel: required with a token, such as #deploys or C0123456789"],
    [
      "a channel for a webhook",
      { token: "", webhook: "https://x" },
      "channel #deploys: not allowed with a webhook, which has a channel of its own",
    ],
    ["a secret by http", { api: "http://slack.com/api" }, "api: not an https address (http requires a service)"],
    ["a webhook that is none", { token: "", channel: "", webhook: "CANARY" }, "webhook: not an https address"],
    ["a token of two lines", { token: "CANARY\nx" }, "token: contains blanks or characters that are not allowed"],
    ["an update of nothing", { update: "now" }, 'update: "now" is not the ts of a message, such as 1767225600.000100'],
    [
      "a thread of a webhook",
      { token: "", channel: "", webhook: "https://x", thread: "1767225600.000100" },
      "thread: not allowed with a webhook, which only posts new messages",
    ],
    [
      "an update in a thread",
      { update: "1767225600.000100", thread: "1767225600.000100" },
      "update and thread: pass only one of them",
    ],
    ["no JSON", { message: "hello" }, "the message is not a JSON object with text and blocks"],
  ])("with %s is not begun, and the secret is not repeated", (_, change, wrong) => {
    expect(request({ ...delivery, ...change })).toBe(wrong)
    expect(wrong).not.toContain("CANARY")
  })
})

describe("deliveries to the stand-in", () => {
  let server: Server
  const waits: number[] = []
  const said: string[] = []
  afterEach(() => {
    server.close()
    server.closeAllConnections()
    waits.length = said.length = 0
  })
  async function to(fault: string, change: Partial<Delivery> = {}, timeout = 1) {
    server = standIn(fault)
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const full = { ...delivery, api: `${base}/api`, plain: true, timeout, ...change }
    if (full.webhook) full.webhook = base + full.webhook
    const outcome = await deliver(
      full,
      (line) => said.push(line),
      async (seconds) => void waits.push(seconds),
    )
    const log = async (path: string): Promise<unknown> => (await fetch(base + path)).json()
    return { outcome, accepted: (await log("/_log")) as Record<string, unknown>[], asked: await log("/_requests") }
  }
  const webhook = (path: string): Partial<Delivery> => ({ token: "", channel: "", webhook: path })

  it("arrive once, by token and by webhook", async () => {
    expect(await to("")).toMatchObject({
      outcome: { delivered: true, reason: "delivered to C1", attempts: 1, channel: "C1" },
      accepted: [{ via: "post", text: "hello" }],
      asked: 1,
    })
    server.close()
    expect(await to("", webhook("/services/T1/B1/good"))).toMatchObject({
      outcome: { delivered: true, reason: "delivered", attempts: 1 },
      accepted: [{ via: "webhook", text: "hello" }],
      asked: 1,
    })
  })
  it("replace a message in place by the channel's ID, and reply in its thread", async () => {
    server = standIn()
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const send = (change: Partial<Delivery>) =>
      deliver({ ...delivery, api: `${base}/api`, plain: true, ...change }, () => undefined)
    const first = await send({ message: '{"text":"running"}' })
    const to = { channel: first.channel! }
    expect(await send({ ...to, message: '{"text":"red"}', update: first.ts! })).toMatchObject({ delivered: true })
    expect(await send({ ...to, message: '{"text":"why"}', thread: first.ts! })).toMatchObject({ delivered: true })
    expect(await (await fetch(`${base}/_log`)).json()).toMatchObject([
      { text: "red", ts: first.ts, updates: 1 },
      { text: "why", thread_ts: first.ts },
    ])
    const refused = [
      await send({ channel: "#deploys", update: first.ts! }),
      await send({ ...to, update: "1.1" }),
      await send({ ...to, thread: "1.1" }),
    ]
    expect(refused.map(({ reason }) => reason)).toEqual(["channel_not_found", "message_not_found", "thread_not_found"])
  })
  const hostile = [
    ..."'\"`\\$(touch /tmp/x) ${HOME} %s \n\r\t\u0000\u2028 <!channel> <@U1> &lt; ; rm -rf / | é 🚀 ",
    "x".repeat(4000),
  ].join("")
  it.each([
    ["a token", {}],
    ["a webhook", webhook("/services/T1/B1/good")],
  ])("leave hostile text as it is, with %s", async (_, way) => {
    const blocks = [{ type: "section", text: { type: "mrkdwn", text: hostile.slice(0, 3000) } }]
    const { accepted } = await to("", { ...way, message: JSON.stringify({ text: hostile, blocks }) })
    expect(accepted).toMatchObject([{ text: hostile, blocks }])
  })
  it.each([
    ["outage", "Slack answers 500, gave up after 3 attempts", [1, 2]],
    ["limit", "rate limited, gave up after 3 attempts", [1, 1]],
    ["silence", "no answer within 0.2 s, gave up after 3 attempts", [1, 2]],
  ])("with %s are tried three times, and then there is a reason", async (fault, reason, waited) => {
    const { outcome, accepted, asked } = await to(fault, {}, 0.2)
    expect({ outcome, accepted, asked, waits }).toMatchObject({
      outcome: { delivered: false, reason, attempts: 3 },
      accepted: [],
      asked: 3,
      waits: waited,
    })
  })
  it("arrive after a limit, once", async () => {
    const { outcome, accepted } = await to("limit-once", webhook("/services/T1/B1/good"))
    expect({ outcome, count: accepted.length, waits }).toMatchObject({
      outcome: { delivered: true, attempts: 2 },
      count: 1,
      waits: [1],
    })
    expect(said).toEqual(["attempt 1 of 3: rate limited", "attempt 2 of 3: delivered"])
  })
  it.each([
    ["a wrong token", { token: "xoxb-bad" }, "invalid_auth"],
    ["a token without the scope", { token: "xoxb-noscope" }, "missing_scope (needs chat:write)"],
    ["no such channel", { channel: "#nowhere" }, "channel_not_found"],
    ["an archived channel", { channel: "#archived" }, "is_archived"],
    ["no such webhook", webhook("/services/T1/B1/gone"), "no_service"],
    [
      "a block that Slack does not know",
      { message: '{"text":"x","blocks":[{"type":"poem"}]}' },
      "invalid_blocks ([ERROR] unsupported type: poem [json-pointer:/blocks/0/type])",
    ],
  ])("with %s are final at once", async (_, change, reason) => {
    const { outcome, asked } = await to("", change)
    expect({ outcome, asked }).toMatchObject({ outcome: { delivered: false, reason, attempts: 1 }, asked: 1 })
  })
  it("to where nothing listens say so, without the address", async () => {
    server = standIn()
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const { port } = server.address() as AddressInfo
    await new Promise((done) => server.close(done))
    const outcome = await deliver(
      {
        ...delivery,
        token: "",
        channel: "",
        plain: true,
        webhook: `http://127.0.0.1:${port}/services/CANARY`,
        attempts: 1,
      },
      (line) => said.push(line),
    )
    expect(outcome).toEqual({
      delivered: false,
      reason: "cannot be reached (ECONNREFUSED), gave up after 1 attempt",
      attempts: 1,
    })
    expect(said.join()).not.toContain("CANARY")
  })
  it("know the faults that the module offers", () =>
    expect(faults).toEqual(["", "outage", "limit", "limit-once", "silence"]))
})
