// What findings of scanners count for: severity, suppressions with a reason and an end.
import { describe, expect, it } from "vitest"
import { judgeFindings } from "../../ci/src/checks/findings"
import type { Finding } from "../../ci/src/report/sarif"
import type { Stage } from "../../ci/src/report/stages"

const stage: Stage = {
  name: "sast:go",
  status: "failed",
  reason: "no finding in 3 files",
  seconds: 1,
  cached: false,
  exitCode: 0,
}
const found = (rule: string, level: string, file = "services/kit/a.go", line = 3): Finding => ({
  stage: "sast:go",
  tool: "gosec",
  rule,
  level,
  text: `what ${rule} says.`,
  file,
  line,
})
const known = { rule: "G404", path: "services/kit", reason: "it is no secret", until: "2026-06-30" }
const judge = (all: Finding[], change: object = {}) =>
  judgeFindings(stage, all, { severity: "medium", suppressions: [known], today: "2026-06-30", ...change })

describe("findings", () => {
  it("turn a stage red, with the first of them", () =>
    expect(judge([found("G1", "error"), found("G2", "warning")])).toMatchObject({
      status: "failed",
      value: 2,
      limit: 0,
      atMost: true,
      unit: "findings",
      reason: "services/kit/a.go:3 what G1 says [G1] (and 1 more)",
    }))
  it("below the severity do not count, and are told of", () => {
    expect(judge([found("G1", "note")])).toMatchObject({
      status: "passed",
      value: 0,
      reason: "no finding that counts: 1 below medium",
    })
    expect(judge([found("G1", "note")], { severity: "low" })).toMatchObject({ status: "failed" })
    expect(judge([found("G1", "warning")], { severity: "high" })).toMatchObject({ status: "passed" })
  })
  it("that are suppressed do not count up to the last day, and are told of", () =>
    expect(judge([found("G404", "error")])).toMatchObject({
      status: "passed",
      reason: "no finding that counts: 1 suppressed",
    }))
  it("count again when their suppression has ended", () =>
    expect(judge([found("G404", "error")], { today: "2026-07-01" })).toMatchObject({
      status: "failed",
      reason: "services/kit/a.go:3 what G404 says [G404]; its suppression ended on 2026-06-30: it is no secret",
    }))
  it.each([
    ["of another rule", found("G1", "error")],
    ["of a file beside", found("G404", "error", "services/kitchen/a.go")],
  ])("%s are not suppressed", (_, one) => expect(judge([one]).status).toBe("failed"))
  it("that are none leave the reason of the scanner", () =>
    expect(judge([])).toMatchObject({ status: "passed", value: 0, reason: "no finding in 3 files" }))
})
