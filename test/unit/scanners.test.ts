// What gosec, eslint-plugin-sonarjs and SonarQube have written: read into findings, SARIF and one line.
import { describe, expect, it } from "vitest"
import * as gosec from "../../modules/gosec/src/read"
import { describe as tell, ordered } from "../../modules/golang/src/sarif"
import * as sonarjs from "../../modules/sonarjs/src/read"
import { outcome, readConditions, sarif, scannerTrouble, type Answer } from "../../modules/sonarqube/src/read"

describe("gosec", () => {
  const issue = {
    severity: "MEDIUM",
    confidence: "HIGH",
    cwe: { id: "89" },
    rule_id: "G201",
    details: "SQL string formatting",
    file: "/src/services/api/db.go",
    line: "12-14",
    column: "7",
  }
  const scan = gosec.readScan(
    JSON.stringify({
      "Golang errors": {},
      Issues: [issue, { ...issue, severity: "HIGH", rule_id: "G404", cwe: null, line: "3" }],
      Stats: { files: 2, lines: 40, nosec: 0, found: 2 },
    }),
    "/src",
    "services/api",
  )
  it("names files from the root, lines by their first, and levels by severity", () =>
    expect(scan).toEqual({
      files: 2,
      errors: [],
      findings: [
        {
          tool: "gosec",
          rule: "G201",
          text: "SQL string formatting (CWE-89)",
          file: "services/api/db.go",
          line: 12,
          column: 7,
          level: "warning",
        },
        {
          tool: "gosec",
          rule: "G404",
          text: "SQL string formatting",
          file: "services/api/db.go",
          line: 3,
          column: 7,
          level: "error",
        },
      ],
    }))
  it("says the worst first", () =>
    expect(tell(ordered(scan.findings))).toBe("services/api/db.go:3 SQL string formatting (G404), and 1 more"))
  it("says what it could not read", () =>
    expect(
      gosec.readScan(
        JSON.stringify({
          "Golang errors": { "/src/a/x.go": [{ line: 4, column: 2, error: "expected '('" }] },
          Issues: null,
          Stats: { files: 1 },
        }),
        "/src",
        ".",
      ),
    ).toMatchObject({ findings: [], errors: ["a/x.go:4: expected '('"] }))
  it("says what does not compile in the compiler's words", () =>
    expect(
      gosec.readScan(
        JSON.stringify({
          "Golang errors": { "": [{ line: 0, column: 0, error: "# command-line-arguments\nprice/price.go:6:9: no" }] },
          Issues: [],
          Stats: { files: 0 },
        }),
        "/src",
        "services/api",
      ).errors,
    ).toEqual(["services/api/price/price.go:6:9: no"]))
  it("has nothing to say of nothing", () => expect(tell([])).toBe(""))
})

describe("eslint-plugin-sonarjs", () => {
  const message = {
    ruleId: "sonarjs/code-eval",
    severity: 2,
    message: "Make sure that this is safe.",
    line: 4,
    column: 9,
  }
  it("is read with its files counted and what it could not parse", () =>
    expect(
      sonarjs.readScan(
        JSON.stringify([
          { filePath: "/src/a.ts", messages: [message, { ...message, severity: 1 }] },
          {
            filePath: "/src/b.vue",
            messages: [{ ruleId: null, fatal: true, severity: 2, message: "Parsing error: x", line: 1, column: 1 }],
          },
        ]),
        "/src",
      ),
    ).toEqual({
      files: 2,
      errors: ["b.vue:1: Parsing error: x"],
      findings: [
        {
          tool: "eslint-plugin-sonarjs",
          rule: "sonarjs/code-eval",
          text: "Make sure that this is safe.",
          file: "a.ts",
          line: 4,
          column: 9,
          level: "error",
        },
        {
          tool: "eslint-plugin-sonarjs",
          rule: "sonarjs/code-eval",
          text: "Make sure that this is safe.",
          file: "a.ts",
          line: 4,
          column: 9,
          level: "warning",
        },
      ],
    }))
})

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
    expect(() => readConditions([text])).toThrow(`conditions: ${JSON.stringify(text)} is none`),
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
