// The release record and what is said of a chain: pure.
import { describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { chainHtml } from "../../ci/src/report/chain-page"
import { faultSettings } from "../../ci/src/release/environment"
import { lost } from "../../ci/src/release/probe"
import { verdictEntry, withVerdicts, type ReleaseRecord } from "../../ci/src/release/record"
import { numberText, type Stage } from "../../ci/src/report/stages"

const record: ReleaseRecord = {
  tree: "t".repeat(40),
  sha: "6a57497bcae011ae584da337ef8feb7ba971aace",
  commitTime: "2026-01-31T12:00:00Z",
  images: { api: "registry:5000/api@sha256:1" },
  chart: "c",
  files: "f",
  verdicts: {},
}
const stage = (name: string, status: Stage["status"], more: Partial<Stage> = {}): Stage => ({
  name,
  status,
  reason: `${name} says why`,
  seconds: 1,
  cached: false,
  exitCode: 0,
  ...more,
})

describe("a release record", () => {
  const at = Date.parse("2026-02-01T00:00:00Z") / 1000
  it("knows the deployments that were found green last", () => {
    const on = (deployment: string, status: Stage["status"]) =>
      verdictEntry({ ...record, deployment }, "prod", [stage("prod:health", status)], at)
    const deployments = (...entries: ReturnType<typeof on>[]) =>
      withVerdicts(record, entries).verdicts.prod!.deployments
    expect(deployments(on("1", "passed"), on("2", "passed"))).toEqual(["1", "2"])
    expect(deployments(on("1", "passed"), on("2", "passed"), on("1", "failed"))).toEqual(["2"])
    expect(deployments(on("1", "failed"))).toBeUndefined()
  })
})

describe("a number against the most that is allowed", () => {
  it.each([
    [{ value: 3, limit: 5, unit: "ms", atMost: true }, "3 ms ≤ 5 ms"],
    [{ value: 6, limit: 5, unit: "ms", atMost: true }, "6 ms > 5 ms"],
    [{ value: 0, limit: 0, atMost: true }, "0 ≤ 0"],
    [{ value: 1, limit: 0, unit: "open blockers", atMost: true }, "1 > 0 open blockers"],
    [{ value: 4.992442802638798, limit: 500, unit: "ms", atMost: true }, "4.99 ms ≤ 500 ms"],
    [{ value: 1325, unit: "assertions" }, "1325 assertions"],
    [{ value: 90, limit: 80, unit: "%" }, "90 % ≥ 80 %"],
  ])("%j is %s", (numbers, text) => expect(numberText(numbers)).toBe(text))
})

describe("the page of a chain", () => {
  const steps = [
    { step: "pr" as const, title: "Pull request", parts: [{ stages: [stage("pr", "passed")] }] },
    {
      step: "dev" as const,
      title: "Development",
      parts: [{ stages: [stage("dev:api", "failed", { reason: "<script>alert(1)</script>" })] }],
    },
  ]
  const told = JSON.stringify([
    {
      text: "x",
      blocks: [
        { type: "header", text: { text: "❌ Deploy to dev: red" } },
        { type: "section", text: { text: "why" } },
      ],
    },
  ])
  it("shows each step, what to look at first, and what Slack was told", () => {
    const page = chainHtml(record.sha, steps, told)
    expect(page).toContain("Look here first")
    expect(page).toContain("❌ Deploy to dev: red")
    expect(page).toContain('<a href="dev.html">Development</a>')
    expect(page).not.toContain("<script>")
  })
  it("shows whose key signed what", () => {
    const page = chainHtml(record.sha, steps, told, "✔  stage green  <stage>\n")
    expect(page).toContain("<h2>Evidence ")
    expect(page).toContain("✔  stage green  &lt;stage&gt;")
    expect(chainHtml(record.sha, steps, told)).not.toContain("Evidence")
  })
  it("bears a Slack that gave no list", () => expect(chainHtml(record.sha, steps, "nothing")).toContain("Development"))
})

describe("what a bad release cost", () => {
  const run = (good: boolean, from: number, to: number, count: number) => ({
    good,
    from,
    to,
    count,
    last: good ? "answers 200" : "answers 500",
  })
  it("is counted from the first bad answer after its release to the first of those that lasted", () =>
    expect(
      lost(
        {
          requests: 100,
          runs: [
            run(false, 0, 2, 50),
            run(true, 2, 3, 1),
            run(false, 3, 5, 20),
            run(true, 5, 10, 20),
            run(false, 10, 10, 1),
            run(true, 11, 11, 1),
            run(false, 12, 20, 9),
            run(true, 20.5, 30, 19),
          ],
        },
        8,
      ),
    ).toEqual({
      reason: "10.5 s from the first bad answer to lasting good ones; 10 of 50 requests lost (answers 500)",
      value: 10,
      unit: "requests lost",
    }))
  it.each([
    ["never answered", [run(false, 0, 9, 9)], "no request of 9 was answered"],
    ["never lost any", [run(true, 0, 9, 9)], "the fault cost no request of 9"],
    ["is still bad", [run(true, 0, 1, 1), run(false, 2, 9, 8)], "the product is still bad: answers 500"],
  ])("is an error when the product %s", (_, runs, message) =>
    expect(() => lost({ requests: 9, runs }, 0)).toThrow(message),
  )
})

describe("faults", () => {
  const { chart } = parseConfig(
    "services:\n  a: { path: a, kind: go }\nchart: { path: c, faults: { faultsInProduction: rehearsal } }\n",
  )
  it("become the chart's values, with the second key", () =>
    expect(faultSettings(["restaurant.FAULT_ERROR_RATE=0.5"], true, chart)).toEqual([
      "faults.restaurant.FAULT_ERROR_RATE=0.5",
      "faultsInProduction=rehearsal",
    ]))
  it("are refused on a real cluster", () =>
    expect(() => faultSettings(["restaurant.FAULT_ERROR_RATE=0.5"], false, chart)).toThrow("ephemeral clusters only"))
  it.each(["FAULT_ERROR_RATE=1", "restaurant.ERROR=1", "restaurant.FAULT_X=1,images.registry=evil"])(
    "%s is none",
    (fault) =>
      expect(() => faultSettings([fault], true, chart)).toThrow("is not allowed; <service>.<VARIABLE>=<value>"),
  )
  it("none is nothing", () => expect(faultSettings([], false, chart)).toEqual([]))
})
