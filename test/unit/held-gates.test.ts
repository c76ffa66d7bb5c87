// Coverage gates that a change lowers.
import { describe, expect, it } from "vitest"
import { heldGates, loweredGates } from "../../ci/src/checks/held-gates"
import { parseConfig } from "../../ci/src/config/config"
import type { Stage } from "../../ci/src/report/stages"

const file = (services: string, coverage = "") =>
  `services: ${services}\n${coverage ? `gates:\n  coverage: ${coverage}\n` : ""}`
const lowered = (before: string, now: string) =>
  loweredGates(before, parseConfig(now)).map(({ setting, from, to }) => `${setting} ${from} ${to}`)

const api = "{ api: { path: api, kind: go, coverage: 70 } }"

describe("the gates that a change lowers", () => {
  it.each<[string, string, string, string[]]>([
    ["none", file(api, "{ total: 60 }"), file(api, "{ total: 61 }"), []],
    ["a number", file(api, "{ total: 60 }"), file(api, "{ total: 59.5 }"), ["gates.coverage.total 60 59.5"]],
    [
      "all by one that is for all services",
      file("{ a: { path: a, kind: go }, b: { path: b, kind: node } }", "{ service: 90 }"),
      file("{ a: { path: a, kind: go }, b: { path: b, kind: node, coverage: 95 } }", "{ service: 85 }"),
      ["services.a.coverage 90 85"],
    ],
    ["one that is removed, by the default", file(api, "{ total: 92 }"), file(api), ["gates.coverage.total 92 80"]],
    ["none of a service that is gone", file(api), file("{ b: { path: b, kind: go, coverage: 1 } }"), []],
    ["none whose coverage is not known", file(api), file("{ api: { path: api, kind: docker } }"), []],
    ["none that only the default set", file("{ api: { path: api, kind: go } }"), file(api), []],
    ["none of a file that is no YAML", "services: {", file(api), []],
    ["none of an empty file", "", file(api), []],
    ["none of what is no number", file("{ api: { coverage: high } }"), file(api), []],
  ])("are %s", (_, before, now, found) => expect(lowered(before, now)).toEqual(found))
})

describe("the stage of all coverage", () => {
  const stage: Stage = {
    name: "coverage:total",
    status: "notApplicable",
    reason: "gates.coverage.total is 0",
    seconds: 0,
    cached: false,
    exitCode: 0,
  }
  const fallen = [
    { setting: "gates.coverage.total", from: 80, to: 0 },
    { setting: "services.api.coverage", from: 70, to: 60 },
  ]
  const held = { suppressions: [], base: "develop (1a2b)", today: "2026-11-30" }
  const accepting = (until: string) => ({
    ...held,
    suppressions: [{ rule: "coverage-gate", path: "delivery.yaml", reason: "the generator is gone", until }],
  })
  it("is red if a gate falls, whatever else it is", () =>
    expect(heldGates(stage, fallen, held)).toMatchObject({
      status: "failed",
      exitCode: 1,
      reason: "gates.coverage.total falls from 80 % to 0 % since develop (1a2b) (and 1 more)",
      next: expect.stringContaining("{ rule: coverage-gate, path: delivery.yaml"),
    }))
  it("is what it is if none falls, or if it is red already", () => {
    expect(heldGates(stage, [], held)).toBe(stage)
    const red: Stage = { ...stage, status: "failed", reason: "coverage 3 %" }
    expect(heldGates(red, fallen, held)).toBe(red)
  })
  it("accepts it until the last day of a suppression", () => {
    expect(heldGates(stage, fallen, accepting("2026-11-30"))).toBe(stage)
    expect(heldGates(stage, fallen, accepting("2026-11-29")).reason).toMatch(/; its suppression ended on 2026-11-29$/)
  })
})
