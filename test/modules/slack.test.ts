// Deliveries to Slack through the engine: what arrives, how a failure looks, and that no secret is shown. How answers are
// interpreted is tested in test/unit/slack.test.ts.
// inputs: modules/slack test/fixtures/slack
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bringUp, freePort, type Up } from "../lib/up"
import { repository } from "../pipeline/shop"
import { dagger, type Result } from "../sdk/dagger"

// The webhook is a real one of the stand-in; the canary stands for a token that Slack does not know.
const env = { HOOK: "", GONE: "", CANARY: "xoxb-canary-4f1b7c", GOOD: "xoxb-good" }
const hostile = [..."'\"`\\$(touch /tmp/x) ${HOME} %s \n\t <!channel> <@U1> ; | é 🚀 ", "x".repeat(4000)].join("")
let folder: string
let port: number
const ups: Up[] = []

async function standIn(fault: string): Promise<number> {
  const free = await freePort()
  ups.push(
    await bringUp(
      ["--silent", "-m", "modules/slack", "call", "stand-in", `--fault=${fault}`, "up", "--ports", `${free}:8080`],
      repository,
    ),
  )
  return free
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "slack-"))
  writeFileSync(
    join(folder, "hostile.json"),
    JSON.stringify({
      text: hostile,
      blocks: [{ type: "section", text: { type: "mrkdwn", text: hostile.slice(0, 3000) } }],
    }),
  )
  writeFileSync(
    join(folder, "long.json"),
    JSON.stringify({ text: "x", blocks: [{ type: "header", text: { type: "plain_text", text: "x".repeat(151) } }] }),
  )
  port = await standIn("")
  env.HOOK = `http://slack:${port}/services/T1/B1/good`
  env.GONE = `http://slack:${port}/services/T1/B1/canary-4f1b7c`
})
afterAll(async () => {
  await Promise.all(ups.map(({ stop }) => stop()))
  rmSync(folder, { recursive: true, force: true })
})

const post = (to: number, args: string[], ...what: string[]): Promise<Result> =>
  dagger(
    [
      "-m",
      "modules/slack",
      "call",
      "--progress=plain",
      "post",
      `--message=${folder}/hostile.json`,
      `--service=tcp://127.0.0.1:${to}`,
      ...args,
      ...what,
    ],
    { cwd: repository, env, seconds: 400 },
  )
const token = (to: number, name: string, channel = "deploys"): string[] => [
  `--token=env://${name}`,
  `--channel=${channel}`,
  `--api=http://slack:${to}/api`,
]
const log = async (): Promise<Record<string, unknown>[]> =>
  (await fetch(`http://127.0.0.1:${port}/_log`)).json() as Promise<Record<string, unknown>[]>

describe("slack", () => {
  it("hostile text arrives as it is, each time although nothing has changed", async () => {
    for (const times of [1, 2]) {
      expect((await post(port, ["--webhook=env://HOOK"], "verdict")).stdout).toBe("delivered")
      const accepted = await log()
      expect(accepted).toHaveLength(times)
      expect(accepted.at(-1)).toMatchObject({
        via: "webhook",
        text: hostile,
        blocks: [{ text: { text: hostile.slice(0, 3000) } }],
      })
    }
  })
  it("a wrong token is a result and no error, its reports are complete, and it is seen nowhere", async () => {
    const before = (await log()).length
    const { code, stdout, stderr } = await post(
      port,
      token(port, "CANARY"),
      "reports",
      "export",
      `--path=${folder}/reports`,
    )
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(readdirSync(join(folder, "reports")).sort()).toEqual(["outcome.json", "output.txt", "result.json"])
    expect(JSON.parse(readFileSync(join(folder, "reports/result.json"), "utf8"))).toMatchObject({
      name: "slack",
      status: "failed",
      reason: "invalid_auth",
      exitCode: 1,
      value: 1,
      unit: "attempts",
    })
    const all =
      stdout +
      stderr +
      readdirSync(join(folder, "reports"))
        .map((file) => readFileSync(join(folder, "reports", file), "utf8"))
        .join("")
    expect(all).not.toContain(env.CANARY)
    expect(await log()).toHaveLength(before)
  })
  it("a webhook that is gone fails the verdict, without its address", async () => {
    const { code, stderr } = await post(port, ["--webhook=env://GONE"], "verdict")
    expect(code).not.toBe(0)
    expect(stderr).toContain("slack failed: no_service")
    expect(stderr).not.toContain("canary-4f1b7c")
  })
  it("a message over a limit is not sent, and an argument that is wrong is a result, too", async () => {
    const before = (await log()).length
    expect((await post(port, ["--webhook=env://HOOK", `--message=${folder}/long.json`], "reason")).stdout).toBe(
      "blocks[0].text.text: 151 characters, Slack accepts at most 150",
    )
    expect((await post(port, ["--webhook=env://HOOK", "--timeout=0"], "reason")).stdout).toBe(
      "could not run: timeout: 0 is not allowed; 1 to 120 is",
    )
    expect(await log()).toHaveLength(before)
  })
  it.each([
    ["outage", "reason", "Slack answers 500, gave up after 2 attempts"],
    ["silence", "reason", "no answer within 1 s, gave up after 2 attempts"],
    ["limit-once", "value", "2"],
  ])("%s: the result says so, within its limit", async (fault, what, printed) => {
    const down = await standIn(fault)
    const { code, stdout } = await post(down, [...token(down, "GOOD"), "--timeout=1", "--attempts=2"], what)
    expect({ code, stdout }).toEqual({ code: 0, stdout: printed })
  })
})
