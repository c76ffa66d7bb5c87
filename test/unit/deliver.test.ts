// What a release needs on its way: its record, the chart's values, and the gate of its users' feedback. Pure.
import { readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { parseConfig, type Config } from "../../ci/src/config/config"
import { analysisQueries, chartSettings } from "../../ci/src/release/environment"
import { mirrored } from "../../ci/src/release/ephemeral"
import { wentBack } from "../../ci/src/release/deliver"
import { feedbackResult } from "../../ci/src/release/feedback"
import { releasedAlready } from "../../ci/src/release/publish"
import {
  NoRecord,
  Records,
  sealed,
  subjectOf,
  verdictEntry,
  type RecordStore,
  type StoredRelease,
} from "../../ci/src/release/record"
import type { Stage } from "../../ci/src/report/stages"
import { withClosed } from "../../ci/src/release/product"
import { secretsOf } from "../../ci/src/release/targets"
import { repository } from "../../engine/src/paths"

const release: StoredRelease = {
  format: 2,
  tree: "a".repeat(64),
  sha: "6a57497bcae011ae584da337ef8feb7ba971aace",
  commitTime: "2026-01-31T12:00:00Z",
  images: { api: "registry:5000/api@sha256:1" },
  chart: "c@sha256:2",
  files: "f@sha256:3",
}
const stages = (status: Stage["status"]): Stage[] => [
  { name: "stage:api", status, reason: "why", seconds: 1, cached: false, exitCode: 0 },
]

/** A registry whose tags are immutable, as far as records need one. */
class Tags implements RecordStore {
  constructor(public texts: Record<string, string> = {}) {}
  read = async (prefix: string) =>
    Object.fromEntries(Object.entries(this.texts).filter(([name]) => name === prefix || name.startsWith(`${prefix}.`)))
  write = async (name: string, text: string) => {
    if (name in this.texts) throw new Error(`the tag ${name} is immutable`)
    this.texts[name] = text
  }
}
/** A registry with one release. */
async function published(): Promise<{ tags: Tags; records: Records }> {
  const tags = new Tags()
  const records = new Records(tags, "key")
  await records.add(release)
  return { tags, records }
}

describe("a release that is published again", () => {
  it("has the verdicts of its record, and nothing is written", async () => {
    const { tags, records } = await published()
    await records.judge(await records.read(release.tree), "stage", stages("failed"))
    const before = { ...tags.texts }
    expect((await records.add(release)).verdicts.stage).toMatchObject({ passed: false })
    expect(tags.texts).toEqual(before)
  })
  it("by a merge, which has the same tree, is the release that was tested, with its verdicts", async () => {
    const { records } = await published()
    await records.judge(await records.read(release.tree), "stage", stages("passed"))
    const merge = "0".repeat(40)
    const found = await records.add({ ...release, sha: merge, images: { api: "registry:5000/api@sha256:9" } })
    expect(found).toMatchObject({ sha: release.sha, images: release.images, verdicts: { stage: { passed: true } } })
    for (const name of [release.tree, release.sha, merge])
      expect(await records.read(name)).toMatchObject({ sha: release.sha, verdicts: { stage: { passed: true } } })
    expect(releasedAlready(found).reason).toBe(
      "the tree aaaaaaaaaaaa is released as 6a57497bcae0 already: its images and verdicts stay",
    )
  })
  it("is an error if its record is altered or of another key, and nothing is written", async () => {
    const text = sealed(release, "key")
    for (const bad of [text.replace("sha256:1", "sha256:7"), sealed(release, "other"), "nothing"]) {
      const tags = new Tags({ [release.tree]: bad })
      await expect(new Records(tags, "key").add(release)).rejects.toThrow(/seal/)
      expect(Object.keys(tags.texts)).toEqual([release.tree])
    }
  })
  it("is an error if the registry cannot be read, and nothing is written", async () => {
    const tags = new Tags()
    tags.read = () => Promise.reject(new Error("503 Service Unavailable"))
    await expect(new Records(tags, "key").add(release)).rejects.toThrow("503 Service Unavailable")
    expect(tags.texts).toEqual({})
  })
})

describe("the record of a release", () => {
  it("that is missing is an error of its own type, with what to do", async () => {
    const records = new Records(new Tags(), "key", "publish it to r:5000 first")
    await expect(records.read(release.sha)).rejects.toThrow(NoRecord)
    await expect(records.read(release.sha)).rejects.toThrow(
      "there is no release record of 6a57497bcae0: publish it to r:5000 first",
    )
  })
  it.each(["", "6a57497", "master", "../x"])("%j names none", async (name) =>
    expect(new Records(new Tags(), "key").find(name)).rejects.toThrow("is not allowed; the full hash"),
  )
  it("of an older format is refused", async () => {
    const tags = new Tags({ [release.tree]: sealed({ ...release, format: 1, verdicts: {} }, "key") })
    await expect(new Records(tags, "key").read(release.tree)).rejects.toThrow("this pipeline reads format 2")
  })
  it("that was copied to the name of another tree or commit is refused", async () => {
    const { tags, records } = await published()
    const [tree, commit] = ["b".repeat(64), "1".repeat(40)]
    tags.texts[tree] = tags.texts[release.tree]!
    tags.texts[commit] = tags.texts[release.sha]!
    await expect(records.read(tree)).rejects.toThrow(
      `releases:${tree} holds what was written for the tree aaaaaaaaaaaa: somebody has copied it there`,
    )
    await expect(records.read(commit)).rejects.toThrow(
      `releases:${commit} holds what was written for the commit 6a57497bcae0`,
    )
  })
})

describe("what is said of a release", () => {
  it("by two steps at once is there twice, and a registry with immutable tags takes it", async () => {
    const { tags, records } = await published()
    const before = await records.read(release.tree)
    await Promise.all([
      records.judge(before, "dev", stages("passed")),
      records.judge(before, "stage", stages("failed")),
    ])
    await records.judge(before, "stage", stages("passed"))
    const { verdicts } = await records.read(release.tree)
    expect([verdicts.dev!.passed, verdicts.stage!.passed]).toEqual([true, true])
    expect((await records.history(before)).map(({ step, passed }) => [step, passed])).toHaveLength(3)
    expect(Object.keys(tags.texts).filter((name) => /^a{64}\.verdict\.\d+-[0-9a-f]{16}$/.test(name))).toHaveLength(3)
  })
  it("is in order of time, whatever the order of its names: an old green one that is told again changes nothing", async () => {
    const { tags, records } = await published()
    const at = (seconds: number, status: Stage["status"]) =>
      verdictEntry({ ...release, subject: subjectOf(release) }, "stage", stages(status), seconds)
    await records.append(at(2000, "failed"))
    await records.append(at(1000, "passed"))
    expect((await records.read(release.tree)).verdicts.stage!.passed).toBe(false)
    const green = Object.keys(tags.texts).find((name) => name.includes(".verdict.1000000-"))!
    const replayed = `${release.tree}.verdict.9000000-0123456789abcdef`
    tags.texts[replayed] = tags.texts[green]!
    await expect(records.read(release.tree)).rejects.toThrow(`releases:${replayed} holds what was written for ${green}`)
  })
  it("of another tree, or by another key, is refused; of other digests it does not count", async () => {
    const { tags, records } = await published()
    const other = { ...release, images: { api: "registry:5000/api@sha256:9" } }
    await records.append(verdictEntry({ ...other, subject: subjectOf(other) }, "stage", stages("passed")))
    expect((await records.read(release.tree)).verdicts).toEqual({})
    const tree = "b".repeat(64)
    await records.append(verdictEntry({ ...other, tree, subject: [] }, "stage", stages("passed")))
    const name = Object.keys(tags.texts).find((one) => one.startsWith(tree))!
    const moved = name.replace(tree, release.tree)
    const foreign = new Tags({ ...tags.texts, [moved]: tags.texts[name]! })
    await expect(new Records(foreign, "key").read(release.tree)).rejects.toThrow("somebody has copied it there")
    const forged = sealed({ kind: "verdict", id: moved, tree: release.tree }, "other")
    await expect(new Records(new Tags({ ...tags.texts, [moved]: forged }), "key").read(release.tree)).rejects.toThrow(
      "sealed with another record key",
    )
  })
  it("of its source, before there were images, counts", async () => {
    const records = new Records(new Tags(), "key")
    await records.append(verdictEntry({ ...release, subject: [] }, "pr", stages("passed")))
    await records.add(release)
    expect((await records.read(release.tree)).verdicts.pr).toMatchObject({ passed: true })
  })
  it("is told of an environment too, and needs a name that a tag can have", async () => {
    const records = new Records(new Tags(), "key")
    await records.append({ kind: "hold", tree: "environment-prod", at: 5, reason: "an incident" })
    expect(await records.entries("environment-prod")).toMatchObject([{ kind: "hold", reason: "an incident" }])
    await expect(records.append({ kind: "hold", tree: "a.b", at: 5 })).rejects.toThrow("no name can be made")
  })
})

describe("the chart's values of a deployment", () => {
  const config = (chart: string): Config =>
    parseConfig(
      `services:\n  api: { path: a, kind: go }\n${chart}environments:\n  dev: { appMode: qa, appUrl: "https://a.example", namespace: dev, values: v.yaml, port: 30090 }\n`,
    )
  const settings = (chart: string, ephemeral: boolean, faults: string[] = []): string[] => {
    const whole = config(chart)
    const cluster = { ephemeral } as Parameters<typeof chartSettings>[0]["cluster"]
    return chartSettings({ config: whole, environment: whole.environments.dev!, cluster, faults }, release.images)
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
