// SARIF files that the modules write.
import { describe, expect, it } from "vitest"
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
