// Analyses on an existing SonarQube: one that the module serves, with a token of its own. The reading of its answers is
// tested in test/unit/scanners.test.ts.
// inputs: modules/sonarqube test/fixtures/sonar ci/src/report/executions.ts
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { testExecutions } from "../../ci/src/report/executions"
import { bringUp, freePort, type Up } from "../lib/up"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

let server: Up
let port: number
let token: string

/** An analysis on the server, as its result. */
async function analyze(
  ...args: string[]
): Promise<{ status: string; reason: string; exitCode: number; value?: number }> {
  const fixture = join(repository, "test/fixtures/sonar")
  const { code, stdout, stderr } = await dagger(
    [
      "--silent",
      "-m",
      "modules/sonarqube",
      "call",
      "analyze",
      `--source=${fixture}`,
      "--project-key=shop",
      ...args,
      "reports",
      "file",
      "--path=result.json",
      "contents",
    ],
    {
      ...{ cwd: repository, seconds: 600, env: { SONAR_TOKEN: token } },
    },
  )
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as { status: string; reason: string; exitCode: number }
}
const there = (...args: string[]) =>
  analyze(
    `--host-url=http://sonar:${port}`,
    `--service=tcp://127.0.0.1:${port}`,
    "--token=env://SONAR_TOKEN",
    "--wait=120",
    ...args,
  )

/** Asks the server as its administrator. */
async function ask(
  path: string,
  parameters: Record<string, string>,
  method = "POST",
): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/${path}?${new URLSearchParams(parameters)}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from("admin:admin").toString("base64")}` },
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  const text = await answer.text()
  return text ? (JSON.parse(text) as Record<string, unknown>) : {}
}

beforeAll(async () => {
  port = await freePort()
  server = await bringUp(
    [
      "-m",
      "modules/sonarqube",
      "call",
      "server",
      "--volume=",
      `--instance=test-${Date.now()}`,
      "up",
      `--ports=${port}:9000`,
    ],
    repository,
    400,
  )
  for (let i = 0; ; i++) {
    const { status } = (await fetch(`http://127.0.0.1:${port}/api/system/status`).then(
      (answer) => answer.json(),
      () => ({}),
    )) as { status?: string }
    if (status === "UP") break
    if (i > 240) throw new Error(`the server does not come up: ${status}`)
    await new Promise((done) => setTimeout(done, 1000))
  }
  await ask("projects/create", { project: "shop", name: "shop" })
  await ask("qualitygates/create", { name: "ours" })
  const { conditions } = (await ask("qualitygates/show", { name: "ours" }, "GET")) as { conditions: { id: string }[] }
  for (const { id } of conditions) await ask("qualitygates/delete_condition", { id })
  await ask("qualitygates/create_condition", { gateName: "ours", metric: "ncloc", op: "GT", error: "3" })
  await ask("qualitygates/select", { gateName: "ours", projectKey: "shop" })
  token = String((await ask("user_tokens/generate", { name: "test", type: "GLOBAL_ANALYSIS_TOKEN" })).token)
})
afterAll(() => server?.stop())

describe("SonarQube that stays", () => {
  it("is red by its own gate, whatever conditions are given", async () =>
    expect(await there("--conditions=bugs > 0")).toMatchObject({
      status: "failed",
      value: 1,
      exitCode: 1,
      reason: "ncloc 6 > 3",
    }))
  it("is green when that gate is, asked anew", async () => {
    const { conditions } = (await ask("qualitygates/show", { name: "ours" }, "GET")) as { conditions: { id: string }[] }
    await ask("qualitygates/update_condition", { id: conditions[0]!.id, metric: "ncloc", op: "GT", error: "500" })
    expect(await there()).toMatchObject({ status: "passed", value: 0, reason: "1 conditions hold; 0 issues" })
  })
  it("knows how many tests there are, which failed, and in which file", async () => {
    const reports = mkdtempSync(join(tmpdir(), "sonar-"))
    const cases = [
      '<testcase classname="src/price.test.js" name="adds the tax" time="0.25"/>',
      '<testcase classname="src/price.test.js" name="names the price" time="0.5">',
      '<failure message="no">0.01 &lt; 1</failure></testcase>',
    ]
    const junit = `<testsuites><testsuite name="x">${cases.join("")}</testsuite></testsuites>`
    try {
      writeFileSync(
        join(reports, "tests.xml"),
        testExecutions([{ text: junit, path: "." }], () => true),
      )
      expect(await there(`--coverage=${reports}`)).toMatchObject({ status: "passed" })
    } finally {
      rmSync(reports, { recursive: true, force: true })
    }
    const { component } = (await ask(
      "measures/component",
      { component: "shop:src/price.test.js", metricKeys: "tests,test_failures,test_execution_time" },
      "GET",
    )) as { component: { measures: { metric: string; value: string }[] } }
    expect(Object.fromEntries(component.measures.map(({ metric, value }) => [metric, value]))).toEqual({
      tests: "2",
      test_failures: "1",
      test_execution_time: "750",
    })
  })
  it("whose gate does not answer in time is red, and says how far it is", async () =>
    expect(await there("--gate-timeout=0")).toMatchObject({
      status: "failed",
      exitCode: 9,
      reason: expect.stringMatching(
        /^no answer of the quality gate within 0 s: the analysis is (PENDING|IN_PROGRESS) at http:\/\/sonar:\d+$/,
      ),
    }))
  it("that refuses the token is red", async () => {
    const good = token
    token = "squ_0000000000000000000000000000000000000000"
    try {
      expect(await there()).toMatchObject({
        status: "failed",
        exitCode: 4,
        reason: `http://sonar:${port} rejects the token: it is not valid there`,
      })
    } finally {
      token = good
    }
  })
  it("that cannot be reached is red, with why", async () =>
    expect(await analyze("--host-url=http://127.0.0.1:9", "--token=env://SONAR_TOKEN", "--wait=3")).toMatchObject({
      status: "failed",
      exitCode: 7,
      reason: expect.stringMatching(/^http:\/\/127\.0\.0\.1:9 cannot be reached: .+ \(tried for 3 s\)$/),
    }))
  it("for which no token is given is red before anything runs", async () =>
    expect(await analyze("--host-url=http://127.0.0.1:9", "--wait=1")).toMatchObject({
      status: "failed",
      exitCode: -1,
      reason: expect.stringContaining("token: missing; http://127.0.0.1:9 requires one"),
    }))
})
