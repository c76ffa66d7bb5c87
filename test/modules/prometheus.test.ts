// Watching by a real Prometheus, and by one that is out of order: what is not known is never green.
// inputs: modules/prometheus test/fixtures/watcher
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { parts } from "../lib/parts"
import { dagger } from "../sdk/dagger"

let folder: string
const servers: (() => void)[] = []
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "prometheus-"))))
afterAll(() => {
  for (const close of servers) close()
  rmSync(folder, { recursive: true, force: true })
})

/** Serves at a free port of this machine's loopback until the tests end. */
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  servers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** Calls a module, which has to succeed; what it printed. */
async function call(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", module, "call", ...args], {
    cwd: repository,
    seconds: 300,
  })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

/** Calls a module, which has to fail; what it said. */
async function failing(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", module, "call", ...args], {
    cwd: repository,
    seconds: 300,
  })
  expect(code, stdout).not.toBe(0)
  return stderr
}

const watcher = "test/fixtures/watcher"
const analyze = (port: number, ...args: string[]): string[] => [
  ...["with-query", "--name=error rate", "--query=errors", "--limit=0.01", "--unit=%"],
  ...["analyze", `--url=http://prometheus:${port}`, `--service=tcp://127.0.0.1:${port}`],
  ...["--window=3", "--interval=1", ...args],
]
const answers = (value: string): string =>
  JSON.stringify({ status: "success", data: { resultType: "vector", result: [{ metric: {}, value: [0, value] }] } })

describe.concurrent("an analysis", () => {
  it("of a real Prometheus is red, green or inconclusive, each with its reason", async () => {
    const all = JSON.parse(await call(watcher, "cases", `--parts=${parts()}`)) as Record<
      string,
      [string, string, number, number, string, string, string]
    >
    const said = (name: string): string => all[name]!.slice(0, 2).join(": ")
    expect(said("green")).toBe("passed: it 0 u at most, limit 0 u (4 samples)")
    expect(said("red")).toMatch(/^failed: it 0\.5 u > 0\.1 u \(2 samples, first at \d{4}-\d\d-\d\dT[\d:.]+Z\)$/)
    expect(said("oneOfTwo")).toMatch(/^failed: not fine 3 u > 2 u \(2 samples/)
    expect(said("largest")).toMatch(/^failed: it 1 u > 0 u /)
    expect(said("infinite")).toMatch(/^failed: it infinite u > 5 u /)
    expect(said("absent")).toBe("inconclusive: it: no number in 4 of 4 samples: no data")
    expect(said("notANumber")).toBe("inconclusive: it: no number in 4 of 4 samples: NaN")
    expect(said("unfinished")).toMatch(/^inconclusive: it: Prometheus answered 400 bad_data: .*parse error/)
    expect(said("range")).toBe("inconclusive: it: the query gives a matrix; a vector or a scalar is expected")
    expect(all.red!.slice(2, 6)).toEqual([0.5, 0.1, "u", "output.txt result.json samples.json"])
    expect(JSON.parse(all.absent![6]).queries[0].samples).toHaveLength(4)
  })

  it.each<[string, RequestListener, string]>([
    [
      "an error of its own",
      (_, to) => void to.writeHead(503).end('{"status":"error","errorType":"unavailable","error":"starting"}'),
      "Prometheus http://prometheus:PORT/-/ready cannot be reached: answers 503 (tried for 2 s)",
    ],
    [
      "errors only for queries",
      (asked, to) =>
        void to
          .writeHead(asked.url === "/-/ready" ? 200 : 500)
          .end('{"status":"error","errorType":"internal","error":"out of memory"}'),
      "error rate: no number in 4 of 4 samples: Prometheus answered 500: out of memory",
    ],
    [
      "an error of a proxy",
      (asked, to) => void to.writeHead(asked.url === "/-/ready" ? 200 : 502).end("<html>"),
      "error rate: no number in 4 of 4 samples: Prometheus answered 502 and no JSON",
    ],
    [
      "silence",
      (asked, to) => void (asked.url === "/-/ready" && to.end()),
      "error rate: no number in 4 of 4 samples: Prometheus did not answer in time",
    ],
    [
      "a page",
      (_, to) => void to.end("<html>"),
      "error rate: no number in 4 of 4 samples: Prometheus answered 200 and no JSON",
    ],
  ])("is inconclusive when it meets %s", async (_, listener, reason) => {
    const port = await serve(listener)
    const ran = await call(
      "modules/prometheus",
      ...analyze(
        port,
        `--wait=${reason.includes("for 2 s") ? 2 : 30}`,
        "reports",
        "file",
        "--path=result.json",
        "contents",
      ),
    )
    expect(JSON.parse(ran)).toMatchObject({
      status: "inconclusive",
      reason: reason.replace("PORT", String(port)),
      unit: "",
    })
  })

  it("goes on past a few samples without a number, and past one over the limit, and asks again each time", async () => {
    let asked = 0
    const values = ["NaN", "0.5", "0.002", "0.003"]
    const port = await serve(
      (request, to) => void to.end(request.url === "/-/ready" ? "" : answers(values[asked++ % 4]!)),
    )
    for (const times of [1, 2]) {
      expect(await call("modules/prometheus", ...analyze(port, "reason"))).toBe(
        "error rate 0.5% over its limit of 0.01% fewer than 2 times in a row (4 samples)",
      )
      expect(asked).toBe(4 * times)
    }
  })

  it("does not end inside a row over the limit", async () => {
    let asked = 0
    const port = await serve(
      (request, to) => void to.end(request.url === "/-/ready" ? "" : answers(++asked < 4 ? "0" : "0.31")),
    )
    expect(await failing("modules/prometheus", ...analyze(port, "verdict"))).toMatch(
      /analysis failed: error rate 0\.31% > 0\.01% \(2 samples, first at /,
    )
    expect(asked).toBe(5)
  })

  it("is inconclusive when Prometheus dies while it is asked, and does not hang", async () => {
    expect(await call(watcher, "ends", `--parts=${parts()}`)).toMatch(
      /^inconclusive: it: no number in \d+ of \d+ samples: Prometheus (did not answer in time|cannot be reached: .*)$/,
    )
  })

  it("refuses what makes no sense before it asks", async () => {
    const port = await serve((_, to) => void to.end())
    const two = ["with-query", "--name=error rate", "--query=x", "--limit=2"]
    expect(await failing("modules/prometheus", ...two, ...analyze(port, "verdict"))).toContain(
      'name: duplicate query "error rate"',
    )
    expect(await failing("modules/prometheus", ...analyze(port).slice(5), "verdict")).toContain(
      "no queries: call with-query first",
    )
    expect(await failing("modules/prometheus", ...analyze(port, "--interval=0", "verdict"))).toContain(
      "interval: 0 is less than 1",
    )
  })
})

describe.concurrent("a query and rules", () => {
  it("a query gives what Prometheus says", async () =>
    expect(await call(watcher, "query", "--query=vector(2)")).toMatch(/^\{\} => 2 @\[/))
  it("a query's error is the call's", async () => {
    const port = await serve(
      (asked, to) =>
        void to
          .writeHead(asked.url === "/-/ready" ? 200 : 400, { "Content-Type": "application/json" })
          .end('{"status":"error","errorType":"bad_data","error":"no such thing"}'),
    )
    expect(
      await failing(
        "modules/prometheus",
        "instant-query",
        `--url=http://prometheus:${port}`,
        `--service=tcp://127.0.0.1:${port}`,
        "--query=x",
      ),
    ).toContain("no such thing")
  })

  it("the platform's rules and their tests pass", async () => {
    expect(await call("modules/prometheus", "check", "--rules=charts/platform/files", "verdict")).toBe("5 rules")
  })
  it.each([
    [
      "an expression that is none",
      { "a.yaml": "groups: [{ name: g, rules: [{ alert: A, expr: 'rate(' }] }]\n" },
      "parse error",
    ],
    [
      "a rule that is there twice",
      { "a.yaml": "groups: [{ name: g, rules: [{ alert: A, expr: up }, { alert: A, expr: up }] }]\n" },
      "duplicate",
    ],
    ["no rule in its file", { "a.yaml": "groups: []\n" }, "no rules found"],
    ["no file", { "readme.txt": "none\n" }, "no rule files found"],
    [
      "a test that fails",
      {
        "a.yaml": "groups: [{ name: g, rules: [{ alert: Down, expr: up == 0 }] }]\n",
        "a.test.yaml":
          "rule_files: [a.yaml]\ntests: [{ interval: 1m, input_series: [{ series: 'up', values: 1x3 }], " +
          "alert_rule_test: [{ eval_time: 2m, alertname: Down, exp_alerts: [{ exp_labels: {} }] }] }]\n",
      },
      "Down",
    ],
  ])("%s is red", async (name, files, why) => {
    const rules = mkdtempSync(join(folder, "rules-"))
    for (const [file, content] of Object.entries(files)) writeFileSync(join(rules, file), content)
    await call("modules/prometheus", "check", `--rules=${rules}`, "reports", "export", `--path=${rules}-report`)
    const { status, reason } = JSON.parse(readFileSync(`${rules}-report/result.json`, "utf8")) as {
      status: string
      reason: string
    }
    expect(status, name).toBe("failed")
    expect(reason, readFileSync(`${rules}-report/output.txt`, "utf8")).toContain(why)
  })
})
