// What SonarQube and its scanner write, read into findings, SARIF and one line.
import { describe, expect, it } from "vitest"
import { outcome, readConditions, sarif, scannerTrouble, type Answer } from "../../modules/sonarqube/src/read"

describe("SonarQube", () => {
  const issue = {
    rule: "go:S1192",
    file: "services/a.go",
    line: 7,
    text: "Define a constant.",
    severity: "HIGH",
    quality: "MAINTAINABILITY",
  }
  const answer: Answer = {
    gate: "OK",
    conditions: [{ status: "OK", metricKey: "bugs", comparator: "GT", errorThreshold: "0", actualValue: "0" }],
    dashboard: "",
    total: 61,
    issues: [issue],
    hotspots: [{ ...issue, severity: "LOW", line: 0 }],
  }
  it("reads conditions as people write them", () =>
    expect(readConditions(["bugs > 0", " coverage<80.5 "])).toEqual([
      { metric: "bugs", op: "GT", error: "0" },
      { metric: "coverage", op: "LT", error: "80.5" },
    ]))
  it.each(["bugs", "bugs >= 0", "bugs > -1", "Bugs > 0", "bugs > 0 ; x", ""])("refuses the condition %j", (text) =>
    expect(() => readConditions([text])).toThrow(`conditions: ${JSON.stringify(text)} is not a metric`),
  )
  it("is green with an open gate", () =>
    expect(outcome(answer)).toEqual({ passed: true, broken: 0, reason: "1 conditions hold; 61 issues" }))
  it("is red with a broken gate: each condition with its number, and the worst issue", () =>
    expect(
      outcome({
        ...answer,
        gate: "ERROR",
        conditions: [
          ...answer.conditions,
          { status: "ERROR", metricKey: "coverage", comparator: "LT", errorThreshold: "80", actualValue: "12.5" },
        ],
      }),
    ).toEqual({
      ...{ passed: false, broken: 1, reason: "coverage 12.5 < 80; worst: services/a.go:7 Define a constant." },
    }))
  it("is red without a gate, and with one that has no condition", () => {
    expect(outcome({ ...answer, gate: "NONE" })).toMatchObject({
      passed: false,
      reason: "the project has no quality gate (NONE)",
    })
    expect(outcome({ ...answer, conditions: [] })).toMatchObject({
      passed: false,
      reason: expect.stringContaining("no condition"),
    })
  })
  it("names files by URIs", () =>
    expect(sarif({ ...answer, issues: [{ ...issue, file: "services/a b/c#.go" }] })).toContain(
      '"services/a%20b/c%23.go"',
    ))
  it("finds in the scanner's output what went wrong", () => {
    expect(
      scannerTrouble(
        "08:06:20 INFO x\n08:06:47.902 ERROR Error during SonarScanner CLI execution\n08:06:47.903 ERROR Invalid value of sonar.sources for x\n",
      ),
    ).toBe("Invalid value of sonar.sources for x")
    expect(scannerTrouble("08:06:20 INFO x\n")).toBe("")
  })
  it("gives issues and hotspots as SARIF, with levels", () => {
    const [run] = (
      JSON.parse(sarif(answer)) as {
        runs: { results: { level: string; locations: { physicalLocation: object }[] }[] }[]
      }
    ).runs
    expect(run!.results.map(({ level }) => level)).toEqual(["error", "note"])
    expect(run!.results[1]!.locations[0]!.physicalLocation).toEqual({ artifactLocation: { uri: "services/a.go" } })
  })
})
