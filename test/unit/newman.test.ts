// Reads newman's report, its output and the caller's variables: the pure parts of modules/newman.
import { describe, expect, it } from "vitest"
import { collectionFault } from "../../modules/newman/src/collection"
import * as newman from "../../modules/newman/src/read"

describe("newman", () => {
  const stats = (requests: number, assertions: number) => ({
    requests: { total: requests, pending: 0, failed: 0 },
    assertions: { total: assertions, pending: 1, failed: 0 },
  })
  const report = (failures: unknown[] = []): string => JSON.stringify({ run: { stats: stats(3, 8), failures } })
  it("counts what ran", () =>
    expect(newman.outcome(report())).toEqual({ requests: 3, assertions: 7, failing: 0, first: "" }))
  it("names folder, request and assertion", () =>
    expect(
      newman.outcome(
        report([
          {
            error: { name: "AssertionError", message: "expected 1 to equal 2\nat x", test: "status 200" },
            source: { name: "Get it" },
            parent: { name: "menus" },
          },
          { error: { name: "x", message: "y" } },
        ]),
      ),
    ).toEqual({
      ...{ requests: 3, assertions: 7, failing: 2 },
      first: "menus: Get it: status 200: expected 1 to equal 2",
    }))
  it("names a request that was not answered", () =>
    expect(
      newman.outcome(
        report([{ error: { name: "Error", message: "socket hang up" }, at: "request", source: { name: "Get it" } }]),
      )?.first,
    ).toBe("Get it: socket hang up"))
  it("knows that there is no report", () => expect(newman.outcome("")).toBeUndefined())
  it("says why nothing ran", () => {
    expect(newman.trouble("http://app:1 cannot be reached: connect ECONNREFUSED (tried for 5 s)\n")).toBe(
      "http://app:1 cannot be reached: connect ECONNREFUSED (tried for 5 s)",
    )
    expect(newman.trouble("newman\n\nerror: Unable to find a folder or request: x\n")).toBe(
      "Unable to find a folder or request: x",
    )
    expect(newman.trouble("")).toBe("")
  })
  it("passes variables on, and refuses what is none", () => {
    expect(newman.environmentArguments(["a=1", "b=x=y z"])).toEqual(["--env-var", "a=1", "--env-var", "b=x=y z"])
    expect(() => newman.environmentArguments(["secret"])).toThrow("is not NAME=value")
  })

  const collection = (url: string, more = {}): string =>
    JSON.stringify({ info: { name: "x" }, item: [{ name: "a", request: { method: "GET", url } }], ...more })
  it.each([
    ["a request", collection("{{baseUrl}}/menus")],
    ["a script", collection("{{host}}/menus", { event: [{ script: { exec: ["pm.variables.get('baseUrl')"] } }] })],
  ])("takes a collection that uses the address in %s", (_, text) => expect(collectionFault(text)).toBe(""))
  it.each([
    ["never uses the address", collection("https://prod.example.com/menus"), "does not use the variable baseUrl"],
    [
      "defines the variable and does not use it",
      collection("https://prod.example.com/menus", { variable: [{ key: "baseUrl", value: "x" }] }),
      "does not use the variable baseUrl",
    ],
    ["is no JSON", "openapi: 3.0.0\n", "collection: not a Postman collection in JSON"],
    ["is no collection", "[]", "collection: not a Postman collection in JSON"],
  ])("refuses a collection that %s", (_, text, why) => expect(collectionFault(text)).toContain(why))

  const request = (name: string, url: unknown, more = {}) => ({ name, request: { method: "GET", url }, ...more })
  const whole = (item: unknown[], more = {}): string => JSON.stringify({ item, ...more })
  const ours = request("menus", { raw: "{{baseUrl}}/menus" })
  const foreign = request("orders", "https://prod.example.com/orders")
  const script = (line: string) => ({ event: [{ listen: "prerequest", script: { exec: [line] } }] })
  const variable = (key: string, value: string, disabled = false) => ({ variable: [{ key, value, disabled }] })
  it.each([
    [
      "in a folder that does not run",
      whole([
        { name: "a", item: [ours] },
        { name: "b", item: [foreign] },
      ]),
      ["a"],
    ],
    ["by a variable of the collection", whole([request("x", "{{api}}/x")], variable("api", "{{baseUrl}}/v1")), []],
    [
      "beside one that the caller gives",
      whole([ours, request("login", "{{login}}/token")], variable("login", "x")),
      [],
    ],
    [
      "beside one that is not known",
      whole([ours, request("x", "{{other}}/x"), request("y", "https://{{other}}/")]),
      [],
    ],
    [
      "by a script for a request of another host",
      whole([{ ...foreign, ...script("use(pm.environment.get('baseUrl'))") }]),
      [],
    ],
    ["in a request that is a text", whole([{ name: "x", request: "{{baseUrl}}/x" }]), []],
  ])("takes a collection that uses the address %s", (_, text, folders) =>
    expect(collectionFault(text, folders, ["login"])).toBe(""),
  )
  it.each([
    [
      "a single request has another host",
      whole([ours, { name: "f", item: [foreign] }]),
      [],
      "the request f / orders goes to",
    ],
    [
      "only another folder uses it",
      whole([
        { name: "a", item: [ours] },
        { name: "b", item: [foreign] },
      ]),
      ["b"],
      "b does not use",
    ],
    [
      "a variable of the collection has another host",
      whole([ours, request("x", "{{api}}/x")], variable("api", "http://p.example")),
      [],
      "request x goes to http://p.example/x",
    ],
    [
      "a script sets it",
      whole([{ ...ours, ...script('pm.environment.set("baseUrl", "https://p.example")') }]),
      [],
      "a script sets the variable baseUrl",
    ],
    ["the collection's script sets it", whole([ours], script("pm.variables.set('baseUrl', 'x')")), [], "a script sets"],
    [
      "a request has a host without a protocol",
      whole([ours, request("x", "prod.example.com/x")]),
      [],
      "the request x goes to",
    ],
  ])("refuses a collection if %s", (_, text, folders, why) => expect(collectionFault(text, folders)).toContain(why))
  it.each([["empty"], ["nope"]])("leaves it to newman to refuse the folder %s", (name) =>
    expect(collectionFault(whole([ours, { name: "empty", item: [] }]), [name])).toBe(""),
  )
  it("does not know the value of a disabled variable", () =>
    expect(collectionFault(whole([ours, request("x", "{{api}}/x")], variable("api", "http://p.example", true)))).toBe(
      "",
    ))
})
