// What the pipeline makes of dependencies: licences that are allowed, and the stage.
import { describe, expect, it } from "vitest"
import {
  dependenciesStage,
  licencesSarif,
  isAllowed,
  notKnown,
  withoutAnswer,
  type Component,
} from "../../ci/src/checks/licences"
import { mergedSarif } from "../../ci/src/report/sarif"
import type { Stage } from "../../ci/src/report/stages"

describe("a licence", () => {
  const only = { allow: ["MIT", "Apache-2.0", "BSD-3-Clause"], deny: [] }
  it.each<[string, boolean]>([
    ["MIT", true],
    ["mit", true],
    ["GPL-3.0-only", false],
    ["unknown", false],
    ["MIT OR GPL-3.0-only", true],
    ["MIT AND GPL-3.0-only", false],
    ["(MIT OR GPL-3.0-only)", true],
    ["(MIT OR GPL-3.0-only) AND Apache-2.0", true],
    ["(GPL-3.0-only OR ISC) AND Apache-2.0", false],
    ["MIT OR ISC AND GPL-3.0-only", true],
  ])("%s with a list of those that may be: %j", (licence, may) => expect(isAllowed(licence, only)).toBe(may))
  it("may be any, unless some are denied", () => {
    expect(isAllowed("GPL-3.0-only", { allow: [], deny: [] })).toBe(true)
    expect(isAllowed("GPL-3.0-only", { allow: [], deny: ["GPL-3.0-only"] })).toBe(false)
    expect(isAllowed("unknown", { allow: [], deny: ["unknown"] })).toBe(false)
  })
  it("that is refused is a finding in each manifest that has it", () => {
    const component: Component = {
      name: "p",
      version: "1.0.0",
      licences: ["GPL-3.0-only"],
      manifests: ["a/package-lock.json", "b/package-lock.json"],
    }
    const { found } = mergedSarif([
      { stage: "dependencies", text: licencesSarif([component, { ...component, name: "q", licences: ["MIT"] }], only) },
    ])
    expect(found.map(({ rule, file, text }) => [rule, file, text])).toEqual(
      ["a", "b"].map((folder) => [
        "licence:GPL-3.0-only",
        `${folder}/package-lock.json`,
        "p@1.0.0 has the licence GPL-3.0-only, which is not allowed",
      ]),
    )
  })
})

describe("the stage", () => {
  const one = (more: Partial<Stage> = {}): Stage => ({
    name: "x",
    status: "passed",
    reason: "3 dependencies of 1 licences; 1 added",
    seconds: 1,
    cached: true,
    exitCode: 0,
    ...more,
  })
  const stage = dependenciesStage(one(), one({ status: "failed", reason: "a finding" }), "develop (1a2b)")
  it("passes until findings are judged, and says what differs from where", () =>
    expect(stage).toEqual({
      name: "dependencies",
      status: "passed",
      reason: "3 dependencies of 1 licences; 1 added since develop (1a2b)",
      seconds: 1,
      cached: true,
      exitCode: 0,
    }))
  it("is red when a tool did not come to its end", () => {
    expect(dependenciesStage(one({ status: "failed", reason: "no", exitCode: -1 }), one(), "")).toMatchObject({
      status: "failed",
      reason: "no",
      exitCode: -1,
    })
    expect(dependenciesStage(one(), one({ status: "failed", reason: "no", exitCode: 1 }), "")).toMatchObject({
      status: "failed",
      reason: "no",
      exitCode: 1,
    })
  })
  it("is skipped when it was interrupted", () =>
    expect(dependenciesStage(one(), one({ status: "skipped", reason: "interrupted", exitCode: -1 }), "")).toMatchObject(
      { status: "skipped" },
    ))
  it("does not apply where nothing declares dependencies", () =>
    expect(dependenciesStage(one({ status: "notApplicable", reason: "none" }), one(), "")).toMatchObject({
      status: "notApplicable",
      reason: "none",
    }))
  it("is inconclusive, never green, when a database has not answered; red if that is asked for", () => {
    expect(
      withoutAnswer(
        { ...stage, value: 0, limit: 0 },
        notKnown({ vulnerabilities: "https://vuln.go.dev has not answered in time", licences: "" }),
        "warn",
      ),
    ).toMatchObject({
      status: "inconclusive",
      tolerated: true,
      reason: "vulnerabilities are not known: https://vuln.go.dev has not answered in time",
    })
    expect(withoutAnswer(stage, "https://vuln.go.dev has not answered in time", "fail")).toMatchObject({
      status: "failed",
      reason: "https://vuln.go.dev has not answered in time (gates.dependencies.inconclusive is fail)",
    })
  })
  it("says of each kind what is not known", () => {
    expect(notKnown({ vulnerabilities: "", licences: undefined })).toBe("")
    expect(notKnown({ vulnerabilities: "a did not answer", licences: "b did not answer" })).toBe(
      "vulnerabilities are not known: a did not answer; licences are not known: b did not answer",
    )
  })
  it("stays red with a finding, whatever has not answered", () =>
    expect(withoutAnswer({ ...stage, status: "failed", reason: "a finding" }, "x", "warn")).toMatchObject({
      status: "failed",
      reason: "a finding",
    }))
  it("is what it is when all have answered", () => expect(withoutAnswer(stage, "", "fail")).toBe(stage))
})
