// Which stages run, what they add up to, and how that is shown.
import { describe, expect, it } from "vitest"
import { catalogue, type CatalogueEntry, type ServiceKind } from "../../ci/src/catalogue"
import { parseConfig } from "../../ci/src/config/config"
import { indexHtml } from "../../ci/src/report/page"
import { summaryMarkdown } from "../../ci/src/report/summary"
import { splitSteps } from "../../ci/src/checks/docker"
import { gateCoverage } from "../../ci/src/checks/services"
import { selectStages, stageNames } from "../../ci/src/checks/selection"
import { numberText, oneLine, tableOf, verdictOf, type Stage } from "../../ci/src/report/stages"

const config = parseConfig("services:\n  api: { path: api, kind: go }\n  web: { path: web, kind: node }\n")
const all = stageNames(config)
const stage = (name: string, change: Partial<Stage> = {}): Stage => ({
  name,
  status: "passed",
  reason: "",
  seconds: 1.25,
  cached: false,
  exitCode: 0,
  ...change,
})

describe("stages", () => {
  it("are the catalogue's: the repository's first ones, each service's by its kind, the repository's other ones", () => {
    const entries: readonly CatalogueEntry[] = catalogue
    const named = (name: string, kind: ServiceKind) =>
      entries.flatMap(({ stage, kinds, byDockerfile }) =>
        kinds?.includes(kind) && !byDockerfile ? [stage.replace("<service>", name)] : [],
      )
    const first = entries.findIndex(({ kinds }) => kinds)
    const ofRepository = (some: readonly CatalogueEntry[]) =>
      some.filter(({ kinds }) => !kinds).map(({ stage }) => stage)
    const before = ofRepository(entries.slice(0, first))
    const after = ofRepository(entries.slice(first))
    expect(all).toEqual([...before, ...named("api", "go"), ...named("web", "node"), ...after])
    expect(before).toEqual(["secrets"])
  })

  it("of a service with a Dockerfile are one more, and of the kind docker those of its image", () => {
    const dockerfile = {}
    const names = (kind: ServiceKind) => stageNames({ services: { api: { kind, dockerfile } } } as never)
    expect(names("go").filter((name) => name.startsWith("api:"))).toEqual([
      "api:lint",
      "api:test",
      "api:build",
      "api:scan",
    ])
    expect(names("docker").filter((name) => name.startsWith("api:"))).toEqual(["api:test", "api:build", "api:scan"])
    expect(splitSteps({ kind: "go" }, ["lint", "scan"])).toEqual({ own: ["lint"], ofImage: ["scan"] })
    expect(splitSteps({ kind: "docker" }, ["test", "scan"])).toEqual({ own: [], ofImage: ["test", "scan"] })
  })

  it.each([
    ["nothing", [], [], all],
    ["a stage", ["api:test"], [], ["api:test"]],
    ["a service", ["web"], [], ["web:lint", "web:typecheck", "web:test", "web:build"]],
    ["a step of every service", ["test"], [], ["api:test", "web:test"]],
    ["a service without a step", ["api"], ["build"], ["api:lint", "api:test"]],
    ["all but one", [], ["secrets"], all.slice(1)],
  ])("can be chosen by %s", (_, only, skip, chosen) => expect([...selectStages(all, only, skip)]).toEqual(chosen))

  it("cannot be chosen by a name that is none", () =>
    expect(() => selectStages(all, ["tset"], ["ap"])).toThrow(
      "--only tset, --skip ap: no such stage. A stage, a service or a step is allowed: secrets, api:lint, api, lint",
    ))
})

describe("the coverage gate", () => {
  it("is red below the limit, and where nothing was measured", () => {
    expect(gateCoverage(stage("a:test", { value: 79.9, unit: "%" }), 80)).toMatchObject({
      status: "failed",
      limit: 80,
      reason: "coverage 79.9 % is below 80 %",
    })
    expect(gateCoverage(stage("a:test"), 80)).toMatchObject({
      status: "failed",
      reason: "no coverage was measured; the gate wants 80 %",
    })
  })
  it("is green at the limit, can be turned off, and concerns tests only", () => {
    expect(gateCoverage(stage("a:test", { value: 80, unit: "%" }), 80)).toMatchObject({ status: "passed", limit: 80 })
    expect(gateCoverage(stage("a:test"), 0).status).toBe("passed")
    expect(gateCoverage(stage("a:build"), 80).status).toBe("passed")
  })
  it("is red without a test or a measuring runner only where delivery.yaml sets it", () => {
    const silent = stage("a:test", { reason: "3 tests; the runner measures no coverage" })
    expect(gateCoverage(silent, 85, false)).toEqual(silent)
    expect(gateCoverage(silent, 85).reason).toBe(
      "no coverage was measured; the gate wants 85 % (3 tests; the runner measures no coverage)",
    )
    const none = stage("a:test", { status: "notApplicable", reason: "package.json has no script test" })
    expect(gateCoverage(none, 85, false)).toEqual(none)
    expect(gateCoverage(none, 85)).toMatchObject({ status: "failed", limit: 85 })
  })
  it("keeps the reason of tests that failed anyway", () =>
    expect(gateCoverage(stage("a:test", { status: "failed", reason: "TestX", value: 10 }), 80).reason).toBe("TestX"))
})

describe("the verdict", () => {
  it("is green when all that ran passed", () =>
    expect(verdictOf([stage("a"), stage("b", { status: "skipped", reason: "not selected" })])).toEqual({
      passed: true,
      line: "GREEN (1 passed, 1 skipped)",
    }))
  it("is green with what is inconclusive and tolerated, and tells it", () => {
    const tolerated = stage("b", { status: "inconclusive", tolerated: true, reason: "no answer" })
    expect(verdictOf([stage("a"), tolerated])).toEqual({ passed: true, line: "GREEN (1 passed, 1 inconclusive)" })
    expect(tableOf([stage("a"), tolerated])).toMatch(/^b +\? inconclusive +.*no answer$/m)
    expect(verdictOf([tolerated])).toEqual({ passed: true, line: "GREEN (1 inconclusive)" })
  })
  it.each([
    ["a failure", [stage("a"), stage("b", { status: "failed" })], "RED (1 passed, 1 failed)"],
    ["something inconclusive", [stage("a"), stage("b", { status: "inconclusive" })], "RED (1 passed, 1 inconclusive)"],
    ["nothing that ran", [stage("a", { status: "skipped", reason: "not selected" })], "RED: nothing ran (1 skipped)"],
    ["no stage at all", [], "RED: nothing ran (no stage)"],
    [
      "an interruption",
      [stage("a"), stage("b", { status: "skipped", reason: "interrupted before it ended" })],
      "RED: not every stage has ended (1 passed, 1 skipped)",
    ],
  ])("is red with %s", (_, stages, line) => expect(verdictOf(stages)).toEqual({ passed: false, line }))
})

describe("the table", () => {
  it("names stage, verdict, number, seconds and what failed", () => {
    expect(
      tableOf([
        stage("api:test", { value: 91.2, limit: 80, unit: "%", cached: true }),
        stage("web:lint", { status: "failed", reason: "app.ts:3\nno-var" }),
      ]).split("\n"),
    ).toEqual([
      "stage     verdict   number         seconds     first line",
      "─".repeat(100),
      "api:test  ✔ passed  91.2 % ≥ 80 %  1.3 cached",
      "web:lint  ✘ failed                 1.3         app.ts:3 no-var · `dagger call fix --auto-apply` mends layout; old findings: gates.scope: new",
      "RED (1 passed, 1 failed)",
    ])
  })
  it("has 25 lines at most, and shows what is not green", () => {
    const many = Array.from({ length: 90 }, (_, i) =>
      stage(`s${i}:test`, i % 30 === 7 ? { status: "failed", reason: `r${i}` } : {}),
    )
    const lines = tableOf(many).split("\n")
    expect(lines.length).toBeLessThanOrEqual(25)
    expect(lines.filter((line) => line.includes("✘ failed"))).toHaveLength(3)
    expect(lines.at(-2)).toBe("… and 87 more: see summary.md")
    expect(
      tableOf(Array.from({ length: 90 }, (_, i) => stage(`s${i}`, { status: "failed" }))).split("\n").length,
    ).toBeLessThanOrEqual(25)
  })
  it("gives what passed of a service one line where not all stages fit, and what failed its own", () => {
    const many = Array.from({ length: 8 }, (_, i) => [
      stage(`s${i}:lint`, { seconds: 2 }),
      stage(`s${i}:test`, { value: 90, limit: 85, unit: "%" }),
      stage(`s${i}:build`, i === 3 ? { status: "failed", reason: "no" } : {}),
    ]).flat()
    const lines = tableOf([stage("secrets"), ...many])
      .split("\n")
      .slice(2)
    expect(lines).toHaveLength(11)
    expect(lines[0]).toMatch(/^secrets +✔ passed/)
    expect(lines[1]).toMatch(/^s0:lint,test,build +✔ passed  90 % ≥ 85 %  2\.0$/)
    expect(lines.slice(4, 6).map((line) => line.split(/ +/).slice(0, 3).join(" "))).toEqual([
      "s3:lint,test ✔ passed",
      "s3:build ✘ failed",
    ])
    expect(lines.at(-1)).toBe("RED (24 passed, 1 failed)")
  })
  it("cuts long lines and takes control characters out", () => {
    expect(oneLine("a\x1b[31m\r\nb", 20)).toBe("a [31m b")
    expect(oneLine("é".repeat(30), 10)).toBe(`${"é".repeat(9)}…`)
    expect(numberText({ value: 79.9, limit: 80, unit: "%" })).toBe("79.9 % < 80 %")
  })
})

describe("the pages", () => {
  const hostile = stage("api:test", { status: "failed", reason: '<script>alert("x")</script> | `a`' })
  it("escape what tools and people wrote", () => {
    const page = indexHtml("Pull <request>", [hostile], { files: { "api:test": ['a"b.xml'] } })
    expect(page).not.toContain("<script")
    expect(page).toContain("&lt;script&gt;")
    expect(page).toContain("Pull &lt;request&gt;")
    expect(page).not.toContain('a"b')
    expect(summaryMarkdown([hostile])).toContain("| &lt;script>alert(\"x\")&lt;/script> \\| 'a' · ")
  })
  it("say the verdict, look at the failure first, and load nothing", () => {
    const page = indexHtml("Pull request", [stage("secrets"), hostile], { files: {} })
    expect(page).toContain("<h1>RED (1 passed, 1 failed)</h1>")
    expect(page.indexOf("Look here first")).toBeLessThan(page.indexOf('id="secrets"'))
    expect(page).not.toMatch(/https?:|src=|@import|url\(/)
  })
})
