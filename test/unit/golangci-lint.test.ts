// The module golangci-lint without an engine: its report is read into findings and one line.
import { describe, expect, it } from "vitest"
import { describe as tell, ordered } from "../../modules/shared/sarif"
import * as golangci from "../../modules/golangci-lint/src/read"

describe("golangci-lint", () => {
  const issue = {
    FromLinter: "errcheck",
    Text: "Error return value of `os.Remove` is not checked",
    Severity: "",
    Pos: { Filename: "/src/services/api/main.go", Line: 7, Column: 11 },
  }
  const lint = golangci.readLint(
    JSON.stringify({
      Issues: [{ ...issue, FromLinter: "staticcheck", Text: "SA4006: never used", Severity: "warning" }, issue],
      Report: { Linters: [{ Name: "errcheck", Enabled: true }, { Name: "revive" }] },
    }),
    "/src",
  )
  it("is read with linters as rules, or their own rules", () =>
    expect(ordered(lint.findings)).toEqual([
      {
        tool: "golangci-lint",
        rule: "errcheck",
        text: issue.Text,
        file: "services/api/main.go",
        line: 7,
        column: 11,
        level: "error",
      },
      {
        tool: "golangci-lint",
        rule: "SA4006",
        text: "SA4006: never used",
        file: "services/api/main.go",
        line: 7,
        column: 11,
        level: "warning",
      },
    ]))
  it("knows which linters ran", () => expect(lint.linters).toEqual(["errcheck"]))
  it("says the first finding", () =>
    expect(tell(ordered(lint.findings))).toBe(
      "services/api/main.go:7 Error return value of `os.Remove` is not checked (errcheck), and 1 more",
    ))
  it("says in its words what it could not do", () => {
    expect(golangci.errorIn("Error: unknown linters: 'x'\nThe command is terminated\n")).toBe("unknown linters: 'x'")
    expect(golangci.errorIn('level=error msg="no go files \\"x\\""\n')).toBe('no go files "x"')
  })
})

it("gives the place that the compiler names, not the first line of the package", () => {
  const text = ": # example.com/shop/orders\n./orders/price.go:3:6: syntax error: unexpected {, expected name or ("
  const issue = { FromLinter: "typecheck", Text: text, Pos: { Filename: "/src/services/api/orders/a.go", Line: 1 } }
  const [finding] = golangci.readLint(JSON.stringify({ Issues: [issue] }), "/src", "services/api").findings
  expect(finding).toMatchObject({
    rule: "typecheck",
    file: "services/api/orders/price.go",
    line: 3,
    column: 6,
    text: "syntax error: unexpected {, expected name or (",
  })
})
