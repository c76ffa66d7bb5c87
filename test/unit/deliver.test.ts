// What a release needs on its way: its record, the chart's values, and the gate of its users' feedback. Pure.
import { readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { parseConfig, type Config } from "../../ci/src/config/config"
import { analysisQueries, chartSettings } from "../../ci/src/release/environment"
import { mirrored } from "../../ci/src/release/ephemeral"
import { wentBack } from "../../ci/src/release/deliver"
import { feedbackResult } from "../../ci/src/release/feedback"
import type { Stage } from "../../ci/src/report/stages"
import { withClosed } from "../../ci/src/release/product"
import { secretsOf } from "../../ci/src/release/targets"
import { repository } from "../../engine/src/paths"

const images = { api: "registry:5000/api@sha256:1" }

describe("the chart's values of a deployment", () => {
  const config = (chart: string): Config =>
    parseConfig(
      `services:\n  api: { path: a, kind: go }\n${chart}environments:\n  dev: { appMode: qa, appUrl: "https://a.example", namespace: dev, values: v.yaml, port: 30090 }\n`,
    )
  const settings = (chart: string, ephemeral: boolean, faults: string[] = []): string[] => {
    const whole = config(chart)
    const cluster = { ephemeral } as Parameters<typeof chartSettings>[0]["cluster"]
    return chartSettings({ config: whole, environment: whole.environments.dev!, cluster, faults }, images)
  }
  it("have usual paths", () =>
    expect(settings("", true, ["api.FAULT_LATENCY=1s"])).toEqual([
      "images.api.repository=registry:5000/api",
      "images.api.digest=sha256:1",
      "appMode=qa",
      "appUrl=https://a.example",
      "service.nodePort=30090",
      "faults.api.FAULT_LATENCY=1s",
    ]))
  it("have the chart's own paths, and no node port on a real cluster", () => {
    const chart =
      'chart: { path: c, values: { image: "<service>.image", appMode: mode, appUrl: global.url, nodePort: port } }\n'
    expect(settings(chart, false)).toEqual([
      "api.image.repository=registry:5000/api",
      "api.image.digest=sha256:1",
      "mode=qa",
      "global.url=https://a.example",
    ])
    expect(settings(chart, true)).toContain("port=30090")
  })
})

describe("the Kubernetes Secret of an environment", () => {
  const environment = parseConfig(
    'services:\n  a: { path: a, kind: go }\nenvironments:\n  dev: { appMode: qa, appUrl: "https://a.example", namespace: dev, values: v.yaml, secrets: { database: { user: postgres, password: random } } }\n',
  ).environments.dev!
  type Given = Parameters<typeof secretsOf>[2]
  const value = {} as NonNullable<Given[string]>
  const cluster = (ephemeral: boolean) => ({ ephemeral }) as Parameters<typeof secretsOf>[1]

  it("has the values of the caller, and on an ephemeral cluster others of its own", () => {
    expect(Object.keys(secretsOf(environment, cluster(true), {}))).toEqual(["user", "password"])
    expect(secretsOf(environment, cluster(true), { user: value }).user).toBe(value)
    expect(secretsOf(environment, cluster(false), { user: value, password: value, more: value })).toEqual({
      user: value,
      password: value,
    })
  })
  it("is an error on a real cluster if the caller lacks one", () =>
    expect(() => secretsOf(environment, cluster(false), { user: value })).toThrow("secrets: password missing"))
})

describe("the settings of a product whose part is unreachable", () => {
  const text =
    "upstream menu { server menu:8080; } url=http://menu:8080/x redis://redis:6379/0 http://old-menu:8080 menu:80801"
  it("have no address of that part, and all of the others", () =>
    expect(withClosed(text, ["menu"], () => 8080)).toBe(
      "upstream menu { server 127.0.0.1:9; } url=http://127.0.0.1:9/x redis://redis:6379/0 http://old-menu:8080 menu:80801",
    ))
  it("are as they were if all is reachable", () => expect(withClosed(text, [], () => 8080)).toBe(text))
})

describe("an analysis", () => {
  it("asks for the metrics that the gate names, in the namespace", () => {
    const gate = { window: 60, interval: 5, errors: 1, p95: 500, requests: "hits_total", durations: "answer_seconds" }
    expect(analysisQueries(gate, "shop")).toEqual({
      errorRate:
        '100 * (sum(rate(hits_total{namespace="shop",status=~"5.."}[20s])) or vector(0)) / sum(rate(hits_total{namespace="shop"}[20s]))',
      p95: '1000 * histogram_quantile(0.95, sum by (le) (rate(answer_seconds_bucket{namespace="shop"}[20s])))',
    })
  })
})

it.each([
  ["redis:7.0", "docker.io", "library/redis:7.0"],
  ["prom/prometheus:v3", "docker.io", "prom/prometheus:v3"],
  ["quay.io/shop/tool:1", "quay.io", "shop/tool:1"],
  ["registry:5000/tool:1", "registry:5000", "tool:1"],
])("the image %s is mirrored from %s as %s", (name, host, path) => expect(mirrored(name)).toEqual({ host, path }))

it("the images of the chart are those that its values name", () => {
  const values = readFileSync(join(repository, "charts/restaurant/values.yaml"), "utf8")
  const named = [...values.matchAll(/^ {2}image: (\S+)$/gm)].map(([, image]) => image)
  const { chart } = parseConfig(readFileSync(join(repository, "delivery.yaml"), "utf8"))
  expect([...chart.images].sort()).toEqual(named.sort())
})

describe("open feedback", () => {
  const gate = (blocker: number, critical: number) => ({ path: "/feedback", blocker, critical })
  it("has its number against its limit", () =>
    expect(feedbackResult({ blocker: ["a", "b"], critical: [] }, gate(2, 0))).toEqual({
      status: "passed",
      reason: "2 open blockers, 0 open criticals",
      value: 2,
      limit: 2,
      unit: "open blockers",
    }))
  it("that exceeds its limit is red, with its number and its first text", () => {
    expect(feedbackResult({ blocker: ["the menu is empty"] }, gate(0, -1))).toEqual({
      status: "failed",
      reason: '1 open blocker on this version, 0 allowed: "the menu is empty"',
      value: 1,
      limit: 0,
      unit: "open blockers",
    })
    expect(feedbackResult({ blocker: [], critical: ["a", "b"] }, gate(0, 1))).toMatchObject({
      status: "failed",
      reason: '2 open criticals on this version, 1 allowed: "a"',
      ...{ value: 2, limit: 1, unit: "open criticals" },
    })
  })
  it("without a limit has no number", () => {
    expect(feedbackResult({ critical: ["a"] }, gate(-1, 3))).toMatchObject({
      value: 1,
      limit: 3,
      unit: "open criticals",
    })
    expect(feedbackResult({}, gate(-1, -1))).toEqual({ status: "passed", reason: "no severity has a limit" })
  })
})

describe("a deployment to production", () => {
  const src = join(repository, "ci/src")
  /** The files of ci/src that a file imports, directly or through others. Types alone count too. */
  function reached(file: string, found = new Set<string>()): Set<string> {
    if (found.has(file)) return found
    found.add(file)
    for (const [, from] of readFileSync(join(src, file), "utf8").matchAll(/from "(\.[^"]+)"/g))
      if (!from!.endsWith(".json")) reached(relative(src, resolve(src, dirname(file), `${from}.ts`)), found)
    return found
  }
  it("imports nothing of the rehearsal", () => {
    const files = [...reached("release/deliver.ts")]
    expect(files).toContain("release/environment.ts")
    expect(
      files.filter((file) => /^release\/(rehearse|ephemeral|alone|probe|product|baseline|publish)/.test(file)),
    ).toEqual([])
  })
})

describe("what holds production", () => {
  const stageOf = (name: string, status: Stage["status"], reason = "why") => ({
    ...{ name, status, reason, seconds: 0, cached: false, exitCode: 0 },
  })
  const partsOf = (...stages: Stage[]) =>
    stages.map((one) => ({ folder: one.name, stages: [one], files: {}, reports: {} }))

  it("is that it went back, with the first red line", () => {
    const parts = partsOf(
      stageOf("prod:deploy", "passed"),
      stageOf("prod:health", "failed", "no answer"),
      stageOf("prod:rollback", "passed"),
    )
    expect(wentBack("prod", parts)).toBe("prod:health: no answer")
  })

  it.each([
    ["a red release that could not go back", "failed", "failed"],
    ["a red release of which nothing is known to be good", "failed", "inconclusive"],
    ["a green release", "passed", "passed"],
  ] as const)("is not %s", (_, health, rollback) => {
    expect(
      wentBack("prod", partsOf(stageOf("prod:health", health), stageOf("prod:rollback", rollback))),
    ).toBeUndefined()
  })
})
