// SARIF logs as other tools write them: their files, rules, levels and messages in one plain form.
import { describe, expect, it } from "vitest"
import { mergedSarif } from "../../ci/src/report/sarif"
import { isSarif, runsOf } from "../../ci/src/report/sarif-log"
import { sarif } from "../../modules/shared/sarif"

const log = (result: object, run: object = {}): string =>
  JSON.stringify({ version: "2.1.0", runs: [{ tool: { driver: { name: "x" } }, results: [result], ...run }] })
const at = (artifactLocation: object) => ({
  message: { text: "no" },
  locations: [{ physicalLocation: { artifactLocation, region: { startLine: 3 } } }],
})
const merged = (text: string, folder?: string) => mergedSarif([{ stage: "s", text, folder }])

describe("the file of a finding", () => {
  it.each([
    ["services/order%20api/order.go", "services/order api/order.go"],
    ["services/order api/order.go", "services/order api/order.go"],
    ["./a/../b.go", "b.go"],
    ["caf%C3%A9/%23a%25.go", "café/#a%.go"],
    ["100%/a.go", "100%/a.go"],
    ["file:///src/api/a%20b.go", "api/a b.go"],
    ["file:///usr/src/api/a.go", "api/a.go"],
    ["file:/src/api/a.go", "api/a.go"],
    ["/src/api/a.go", "api/a.go"],
    ["services\\api\\a.go", "services/api/a.go"],
    ["odd\\name/a.go", "odd\\name/a.go"],
    ["", ""],
  ])("%j is %j", (uri, file) => {
    const { found, log: whole } = merged(log(at({ uri })))
    expect(found[0]).toMatchObject({ file, line: 3 })
    // What is written can be read again.
    expect(merged(whole).found[0]).toMatchObject({ file, line: 3 })
  })
  it.each([
    [{ uri: "a.go", uriBaseId: "SRCROOT" }, {}, "a.go"],
    [{ uri: "a.go", uriBaseId: "R" }, { R: { uri: "file:///src/api/" } }, "api/a.go"],
    [{ uri: "a.go", uriBaseId: "B" }, { R: { uri: "file:///src" }, B: { uri: "web", uriBaseId: "R" } }, "web/a.go"],
    [{ uri: "file:///src/a.go", uriBaseId: "R" }, { R: { uri: "file:///src/api/" } }, "a.go"],
    [{ uri: "a.go", uriBaseId: "R" }, { R: { uri: "x/", uriBaseId: "R" } }, "x/x/x/x/a.go"],
  ])("%j with bases %j is %j", (artifact, originalUriBaseIds, file) =>
    expect(merged(log(at(artifact), { originalUriBaseIds })).found[0]!.file).toBe(file),
  )
  it("may be named by its number among the run's files", () =>
    expect(merged(log(at({ index: 1 }), { artifacts: [{}, { location: { uri: "a.go" } }] })).found[0]!.file).toBe(
      "a.go",
    ))
  it("is below the folder of its tool, unless it is outside, or a page", () => {
    expect(merged(log(at({ uri: "src/a b.ts" })), "services/web").found[0]!.file).toBe("services/web/src/a b.ts")
    expect(merged(log(at({ uri: "/etc/x" })), "services/web").found[0]!.file).toBe("/etc/x")
    const page = merged(log(at({ uri: "http://product:1/a%20b?x=y" })), "services/web")
    expect(JSON.parse(page.log).runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(
      "http://product:1/a%20b?x=y",
    )
  })
  it("is the same as this pipeline writes it", () => {
    const file = "a b/#c/ü%20.go"
    const one = { tool: "t", rule: "r", text: "no", file, line: 1, column: 0 }
    expect(merged(sarif(["t"], [one])).found[0]).toMatchObject({ file, rule: "r", level: "error" })
  })
})

describe("a result", () => {
  const rules = [
    { id: "a" },
    {
      id: "b",
      shortDescription: { text: "about b" },
      defaultConfiguration: { level: "error" },
      messageStrings: { default: { text: "{0} is not {1}, {2}" } },
    },
  ]
  const read = (result: object) => runsOf(log(result, { tool: { driver: { name: "x", rules } } }), "s")[0]!.results[0]
  it.each([
    [{ ruleId: "b" }, { ruleId: "b", level: "error", message: { text: "about b" } }],
    [{ ruleIndex: 1 }, { ruleId: "b", level: "error" }],
    [{ rule: { id: "b" } }, { ruleId: "b", level: "error" }],
    [
      { rule: { index: 1 }, level: "note" },
      { ruleId: "b", level: "note" },
    ],
    [
      { ruleId: "a", message: { text: "no" } },
      { level: "warning", message: { text: "no" } },
    ],
    [{ ruleId: "b", message: { id: "default", arguments: ["x", "y"] } }, { message: { text: "x is not y, {2}" } }],
    [{ ruleId: "b", message: { markdown: "**no**" } }, { message: { text: "**no**" } }],
    [{ ruleId: "b", kind: "review" }, { level: "note" }],
    [{ ruleId: "unknown" }, { ruleId: "unknown", level: "warning", message: { text: "unknown" } }],
    [{}, { ruleId: "", level: "warning", message: { text: "" } }],
  ])("%j is %j", (result, plain) => expect(read(result)).toMatchObject(plain))
  it.each(["pass", "notApplicable"])("of the kind %s is no finding", (kind) => expect(read({ kind })).toBeUndefined())
})

describe("a log", () => {
  it.each(["", "{", "[]", "null", '{"runs": 1}', "no"])("is not %j", (text) => {
    expect(isSarif(text)).toBe(false)
    expect(() => merged(text)).toThrow("a report of s is no SARIF log")
  })
  it("may have no run, no result, no tool, and a byte order mark", () => {
    expect(merged('\ufeff{"runs": []}').found).toEqual([])
    expect(merged('{"runs": [{}, {"results": null}]}').found).toEqual([])
  })
})
