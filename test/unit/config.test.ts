// delivery.yaml: what it fills in, and what it says of each fault.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ConfigError, parseConfig } from "../../ci/src/config"
import { repository } from "../../engine/src/paths"

const one = "services:\n  a: { path: services/a, kind: go }\n"

/** The faults of a text that must have some. */
function faultsOf(text: string): string[] {
  try {
    parseConfig(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  throw new Error("no fault was found")
}

describe("a delivery.yaml", () => {
  it("of three lines is enough; the rest has defaults", () => {
    expect(parseConfig(one)).toEqual({
      services: { a: { path: "services/a", kind: "go", inputs: [], needs: [], coverage: 80, image: false } },
      ...{ registry: "ephemeral", chart: "charts/restaurant", health: ["/version.json"], suites: {}, environments: {}, notifications: {} },
      branches: { develop: "develop", master: "master" },
      timeouts: { secrets: 600, lint: 600, typecheck: 600, test: 900, build: 600 },
    })
  })
  it("sets numbers, and may write a folder with ./ and /", () => {
    const config = parseConfig("services:\n  a: { path: ./x/, kind: node }\n  b: { path: y, kind: go, coverage: 0, inputs: [./x/], needs: [redis, postgres] }\ngates: { coverage: { service: 92.5 } }\ntimeouts: { test: 30 }\n")
    expect(config).toMatchObject({ services: { a: { path: "x", kind: "node", coverage: 92.5 }, b: { coverage: 0, inputs: ["x"], needs: ["redis", "postgres"] } }, timeouts: { test: 30, lint: 600 } })
  })
  it("of this repository is right", () => expect(Object.keys(parseConfig(readFileSync(join(repository, "delivery.yaml"), "utf8")).services)).toContain("restaurant"))

  it.each([
    ["an empty file", "", "the file, line 1: services is missing"],
    ["no services", "gates: {}\n", "the file, line 1: services is missing"],
    ["an empty list of services", "services: {}\n", "services, line 1: it is empty; at least one service is needed"],
    ["services as a list", "services:\n  - a\n", 'services, line 1: ["a"] is not a mapping of keys to values'],
    ["a service without a path", "services:\n  a: { kind: go }\n", "services.a, line 2: path is missing"],
    ["a service without a kind", "services:\n  a: { path: x }\n", "services.a, line 2: kind is missing"],
    ["an unknown kind", "services:\n  a:\n    path: x\n    kind: rust\n", 'services.a.kind, line 4: "rust" is not allowed; allowed: go, node'],
    ["an unknown need", "services:\n  a: { path: x, kind: go, needs: [mysql] }\n", 'services.a.needs.0, line 2: "mysql" is not allowed; allowed: postgres, redis'],
    ["an absolute path", "services:\n  a: { path: /x, kind: go }\n", 'services.a.path, line 2: "/x" is not allowed; a folder below the repository\'s root, without ..'],
    ["a path that leads out", "services:\n  a: { path: x/../../y, kind: go }\n", 'services.a.path, line 2: "x/../../y" is not allowed'],
    ["a name with a capital", "services:\n  Api: { path: x, kind: go }\n", 'services.Api, line 2: the name "Api" is not allowed; small letters, digits and -'],
    ["a misspelt key at the top", `${one}gate: {}\n`, "gate, line 3: the key gate is not known (did you mean gates?); allowed: services, registry, chart"],
    ["a misspelt key of a service", "services:\n  a: { path: x, knid: go, kind: go }\n", "services.a.knid, line 2: the key knid is not known (did you mean kind?); allowed: path, kind, inputs, needs, coverage, image"],
    ["an unknown key far from all others", `${one}gates:\n  coverage:\n    lines: 3\n`, "gates.coverage.lines, line 5: the key lines is not known; allowed: service"],
    ["a number as text", `${one}gates: { coverage: { service: "80" } }\n`, 'gates.coverage.service, line 3: "80" is not a number'],
    ["a coverage above 100", `${one}gates: { coverage: { service: 101 } }\n`, "gates.coverage.service, line 3: 101 is out of range; it must be <= 100"],
    ["a time-out of nothing", `${one}timeouts: { test: 0 }\n`, "timeouts.test, line 3: 0 is out of range; it must be >= 1"],
    ["a time-out in half seconds", `${one}timeouts: { test: 1.5 }\n`, "timeouts.test, line 3: 1.5 is not a whole number"],
    ["two services in one folder", "services:\n  a: { path: x, kind: go }\n  b: { path: x/, kind: go }\n", "services.b.path, line 3: x is the folder of a already"],
    ["a service called secrets", "services:\n  secrets: { path: x, kind: go }\n", "services.secrets, line 2: the name is taken by the stage"],
    ["a tab", "services:\n\ta: 1\n", "line 2: Tabs are not allowed as indentation"],
    ["a key twice", "services:\n  a: { path: x, kind: go }\nservices: {}\n", "line 3: Map keys must be unique"],
    ["an open brace", "services: { a: 1\n", "line 2: Flow map in block collection must be sufficiently indented and end with a }"],
  ])("with %s is refused with its place", (_, text, fault) => {
    const faults = faultsOf(text)
    expect(faults.some((found) => found.startsWith(fault)), faults.join("\n")).toBe(true)
  })

  it("lists all its faults at once", () => {
    const faults = faultsOf("services:\n  A: { path: /x, kind: c }\nfoo: 1\ntimeouts: { test: no }\n")
    expect(faults).toHaveLength(5)
    expect(new ConfigError(faults).message).toContain("delivery.yaml has 5 faults:\n  - ")
  })
})
