// Every red stage says in its line what to do next: in the table, on the page, in the comment and in Slack.
import { describe, expect, it } from "vitest"
import { catalogue } from "../../ci/src/catalogue"
import { judgeFindings } from "../../ci/src/checks/findings"
import { countedAlways } from "../../ci/src/checks/services"
import { parseConfig } from "../../ci/src/config/config"
import { messageOf } from "../../ci/src/report/message"
import { nextStepOf, reasonText } from "../../ci/src/report/next-steps"
import { indexHtml } from "../../ci/src/report/page"
import type { Finding } from "../../ci/src/report/sarif"
import { tableOf, type Stage } from "../../ci/src/report/stages"
import { summaryMarkdown } from "../../ci/src/report/summary"

const failed = (name: string, rest: Partial<Stage> = {}): Stage => ({
  name,
  status: "failed",
  reason: "a.go:1 wrong",
  seconds: 1,
  cached: false,
  exitCode: 1,
  ...rest,
})
const others = nextStepOf(failed("nothing:known"))

describe("the next step", () => {
  const environments = ["deploy", "health", "api", "ui", "load", "dast", "feedback", "analysis"].map(
    (one) => `dev:${one}`,
  )
  const names = [...catalogue.map(({ stage }) => stage.replace("<service>", "api")), ...environments, "publish"]
  it.each(names)("of %s is its own, and fits into a line", (name) => {
    const next = nextStepOf(failed(name))
    expect(next).not.toBe(others)
    expect(next).not.toMatch(/<stage>|\n/)
    expect(next.length).toBeLessThanOrEqual(160)
  })
  it("of a time-out and of a tool that could not run is about that", () => {
    expect(nextStepOf(failed("api:lint", { reason: "timed out after 600 s" }))).toContain("timeouts.lint")
    expect(nextStepOf(failed("sast:go", { reason: "could not run: no space" }))).toContain("dagger.log")
    expect(nextStepOf(failed("api:test"))).toContain("pr --only api:test")
  })
  it("of files that another build makes, and of an installation, is about these", () => {
    const reason = "vet: web/page.go:9:12: pattern dist/*: no matching files found"
    expect(nextStepOf(failed("api:lint", { reason }))).toContain("commit them, or one file that stands for")
    expect(nextStepOf(failed("web:lint", { reason: "installation: no such host" }))).toContain("make the installation")
  })
  it("of a data race names the setting that runs the tests without the detector", () => {
    expect(nextStepOf(failed("api:test", { reason: "a: TestMap: data race at a/put.go:31" }))).toContain("-race=false")
    expect(nextStepOf(failed("api:lint", { reason: "a: data race at a/put.go:31" }))).not.toContain("-race=false")
  })
  it("of a test, type check or build says with gates.scope: new that old failures count", () => {
    for (const step of ["test", "typecheck", "build"]) {
      const stage = failed(`api:${step}`)
      expect(nextStepOf(countedAlways(stage, "new"))).toBe(`old failures count too: ${nextStepOf(stage)}`)
      expect(countedAlways(stage, "all")).toBe(stage)
    }
    const passed = failed("api:test", { status: "passed" })
    for (const stage of [passed, failed("api:lint"), failed("lint:helm")])
      expect(countedAlways(stage, "new")).toBe(stage)
  })
  it("stands behind the reason of a red stage, of no other", () => {
    expect(reasonText(failed("quality"), 100)).toBe(`a.go:1 wrong · ${nextStepOf(failed("quality"))}`)
    expect(reasonText(failed("quality", { status: "passed" }), 100)).toBe("a.go:1 wrong")
    expect(reasonText(failed("quality", { status: "inconclusive", tolerated: true }), 100)).toBe("a.go:1 wrong")
    expect(reasonText(failed("quality", { status: "inconclusive" }), 100)).toContain(" · ")
  })
  it("is in the table, on the page, in the comment and in Slack", () => {
    const stages = [failed("lint:yaml", { next: "do this" })]
    const shown = [
      tableOf(stages),
      indexHtml("Pull request", stages, { files: {} }),
      summaryMarkdown(stages),
      JSON.stringify(messageOf({ step: "pr", stages, commit: "a".repeat(40) }, "#x")),
    ]
    for (const text of shown) expect(text).toContain("a.go:1 wrong · do this")
  })
})

describe("the next step of a finding", () => {
  const finding: Finding = {
    stage: "sast:go",
    tool: "gosec",
    rule: "sonarjs/x",
    level: "error",
    text: "what it says",
    file: "order api/a.go",
    line: 3,
  }
  const judging = { severity: "medium" as const, suppressions: [], today: "2026-11-30" }
  it("is a suppression to copy that delivery.yaml accepts and that accepts the finding", () => {
    const judged = judgeFindings(failed("sast:go", { exitCode: 0 }), [finding], judging)
    const entry = /suppressions: (- \{.*\});/.exec(nextStepOf(judged))![1]!
    expect(entry).toBe('- { rule: sonarjs/x, path: "order api/a.go", reason: "…", until: 2027-02-28 }')
    const text = `services:\n  a: { path: a, kind: go }\nsuppressions:\n  ${entry.replace("…", "it is accepted")}\n`
    const { suppressions } = parseConfig(text)
    expect(judgeFindings(failed("sast:go", { exitCode: 0 }), [finding], { ...judging, suppressions }).status).toBe(
      "passed",
    )
  })
})

it("a passed stage with known findings says so in the table, in a row of its own", () => {
  const passed = (name: string, rest: Partial<Stage> = {}) =>
    failed(name, { status: "passed", reason: "fine", ...rest })
  const stages = [
    ...Array.from({ length: 30 }, (_, i) => [passed(`s${i % 9}:lint${i}`)]).flat(),
    passed("s1:lint", { known: 2, reason: "2 known findings (3 at develop), 0 new" }),
  ]
  expect(tableOf(stages)).toMatch(/^s1:lint .*2 known findings \(3 at develop\), 0 new$/m)
})
