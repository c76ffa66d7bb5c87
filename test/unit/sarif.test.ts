// SARIF files that the modules write.
import { describe, expect, it } from "vitest"
import { withoutCode } from "../../modules/shared/quotes"
import { sarif } from "../../modules/shared/sarif"

describe("a place in SARIF", () => {
  it.each([
    ["services/order api/order.go", "services/order%20api/order.go"],
    ["küche/100%/a.go", "k%C3%BCche/100%25/a.go"],
    ["a/b.go", "a/b.go"],
  ])("%s is the URI %s", (file, uri) => {
    const log = sarif(["vet"], [{ tool: "vet", rule: "vet", text: "no", file, line: 3, column: 0 }])
    const [location] = (JSON.parse(log) as { runs: { results: { locations: object[] }[] }[] }).runs[0]!.results[0]!
      .locations
    expect(location).toEqual({ physicalLocation: { artifactLocation: { uri }, region: { startLine: 3 } } })
  })
})

describe("a tool's report", () => {
  it("loses the code that it quotes, at any depth", () => {
    const report = { Issues: [{ line: "3", code: "3: password" }], code: "x", Stats: { files: 1 } }
    expect(JSON.parse(withoutCode(JSON.stringify(report), "code"))).toEqual({
      Issues: [{ line: "3" }],
      Stats: { files: 1 },
    })
  })
  it("stays as it is when it is no JSON", () => expect(withoutCode("{ half", "code")).toBe("{ half"))
})
