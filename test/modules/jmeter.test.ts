// JMeter on something live: its exit code is 0 whatever happened, so each way to be bad is shown red.
// inputs: modules/jmeter test/fixtures/page test/fixtures/load
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { serveFolder, type Served } from "../lib/serve"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

let page: Served
let broken: Served
let folder: string
beforeAll(async () => {
  page = await serveFolder(join(repository, "test/fixtures/page"))
  broken = await serveFolder(join(repository, "test/fixtures/page"), 0, 503)
  folder = mkdtempSync(join(tmpdir(), "jmeter-"))
})
afterAll(() => {
  page.close()
  broken.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Calls the module, which has to succeed; what it printed. */
async function call(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", "modules/jmeter", "call", ...args], {
    cwd: repository,
    seconds: 300,
  })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

const plan = "--plan=test/fixtures/load/page.jmx"
const run = (served: Served, ...args: string[]): string[] => [
  "run",
  plan,
  `--url=http://product:${served.port}`,
  `--service=tcp://127.0.0.1:${served.port}`,
  ...args,
]
const asked = (): number => page.requests.filter((path) => path === "/greeting.json").length

describe("jmeter", () => {
  it("is green within its limits, and puts its load on again although nothing has changed", async () => {
    const before = asked()
    for (const times of [1, 2]) {
      expect(await call(...run(page, "--max-p-95=5000", "verdict"))).toMatch(
        /^20 samples, 0 % failed, p95 \d+ ms \(limit 5000 ms\), [\d.]+ samples\/s$/,
      )
      expect(asked()).toBe(before + 10 * times)
    }
  })
  it("is red above the time that it may take, with the label that is slowest, and its reports are complete", async () => {
    await call(...run(page, "--max-p-95=1", "--name=menus", "reports", "export", `--path=${folder}/slow`))
    const result = JSON.parse(readFileSync(join(folder, "slow/result.json"), "utf8"))
    expect(result).toMatchObject({
      name: "menus",
      status: "failed",
      exitCode: 0,
      limit: 1,
      unit: "ms",
      samples: 20,
      errors: 0,
    })
    expect(result.reason).toMatch(/^p95 \d+ ms > 1 ms; worst: the (page|greeting), \d+ ms$/)
    expect(result.value).toBe(result.p95)
    expect(readFileSync(join(folder, "slow/results.jtl"), "utf8").split("\n")).toHaveLength(23)
    expect(readFileSync(join(folder, "slow/junit.xml"), "utf8")).toContain('tests="3" failures="0"')
    expect(
      JSON.parse(readFileSync(join(folder, "slow/labels.json"), "utf8")).map(
        ({ label, samples }: { label: string; samples: number }) => [label, samples],
      ),
    ).toEqual(
      expect.arrayContaining([
        ["set up: the page", 1],
        ["the page", 10],
        ["the greeting", 10],
      ]),
    )
    expect(readFileSync(join(folder, "slow/dashboard/index.html"), "utf8")).toContain("Apache JMeter Dashboard")
  })
})

describe.concurrent("jmeter is red", () => {
  it("above the share of samples that may fail, with the label that fails most", async () => {
    expect(await call(...run(page, "--properties=path=/gone.json", "--max-errors=10", "reason"))).toBe(
      "50 % of 20 samples failed (limit 10 %); worst: the greeting, 10 of 10: 404 Not Found",
    )
  })
  it("when no samples taken, and when too few were", async () => {
    expect(await call(...run(page, "--properties=loops=0", "reason"))).toBe("no samples taken")
    expect(await call(...run(page, "--min-samples=21", "reason"))).toBe("20 samples taken, at least 21 required")
  })
  it("before any load when a file that the plan reads is missing, and reads it from its data", async () => {
    const users = run(page).map((arg) => (arg === plan ? "--plan=test/fixtures/load/users.jmx" : arg))
    expect(await call(...users, "reason")).toBe(
      "could not run: plan: reads users.csv, not found in data; pass the folder that has it",
    )
    expect(await call(...users, "--data=test/fixtures/load", "reason")).toMatch(/^6 samples, 0 % failed,/)
  })
  it("when all samples failed behind a redirect, whose steps do not count", async () => {
    const server = createServer((request, response) => {
      if (request.url !== "/start") return void response.end("hello")
      response.writeHead(302, { location: "/hello" }).end()
    })
    await once(server.listen(0, "127.0.0.1"), "listening")
    const { port } = server.address() as AddressInfo
    const args = [`--url=http://product:${port}`, `--service=tcp://127.0.0.1:${port}`, "--max-errors=50", "reason"]
    try {
      expect(await call("run", "--plan=test/fixtures/load/redirect.jmx", ...args)).toMatch(
        /^100 % of 10 samples failed \(limit 50 %\); worst: start, 10 of 10: /,
      )
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
  it("when the set-up failed, which ends the plan before its load", async () => {
    expect(await call(...run(page, "--properties=before=/gone", "reason"))).toBe(
      "the plan's set-up or tear-down failed: set up: the page: 404 Not Found",
    )
  })
  it("within the limit when nothing answers, or a proxy alone", async () => {
    const free = await serveFolder(folder)
    free.close()
    expect(await call(...run(free, "--wait=3", "reason"))).toMatch(
      /^http:\/\/product:\d+ cannot be reached: .+ \(tried for 3 s\)$/,
    )
    expect(await call(...run(broken, "--wait=3", "reason"))).toBe(
      `http://product:${broken.port} cannot be reached: answers 503 (tried for 3 s)`,
    )
    expect(await call(...run(free, "--wait=3", "exit-code"))).toBe("7")
  })
  it("when its time is over", async () => {
    expect(await call(...run(page, "--properties=loops=-1", "--timeout=12", "reason"))).toMatch(
      /^timed out after \d+ s(: \d+ samples written)?$/,
    )
  })
  it("before anything runs when the plan or a limit makes no sense", async () => {
    expect(await call("run", "--plan=package.json", "--url=http://product:1", "reason")).toBe(
      "could not run: plan: not a JMeter test plan (no jmeterTestPlan element)",
    )
    expect(await call("run", plan, "--url=http://product:1", "--min-samples=0", "reason")).toBe(
      "could not run: minSamples: 0 is less than 1; a run without a sample tests nothing",
    )
  })
})
