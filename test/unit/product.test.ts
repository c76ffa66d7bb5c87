// `npm run product` and the suites without an engine: what they take from delivery.yaml, and when a product is up.
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { areUp, suiteCall } from "../../engine/src/product"

const config = (suites: string) => parseConfig(`services:\n  a: { path: a, kind: go }\nsuites: ${suites}\n`)

describe("a suite", () => {
  it("is the one that delivery.yaml names, with its folders", () =>
    expect(
      suiteCall("api", config("{ api: { collection: t/api.json, folders: [day, night] } }"), { root: "/r" }),
    ).toEqual({
      module: "newman",
      call: ["run", "--collection=/r/t/api.json", "--folders=day,night"],
    }))
  it("runs whole where no folder is named, and in the folder that the caller names", () => {
    expect(suiteCall("api", config("{ api: t/api.json }"), { root: "/r" }).call).toEqual([
      "run",
      "--collection=/r/t/api.json",
    ])
    const chosen = suiteCall("api", config("{ api: t/api.json }"), { root: "/r", folder: "night" })
    expect(chosen.call).toEqual(["run", "--collection=/r/t/api.json", "--folders=night"])
  })
  it("of the browser is a project", () =>
    expect(suiteCall("ui", config("{ ui: t/ui }"), { root: "/r" })).toEqual({
      module: "selenium",
      call: ["run", "--source=/r/t/ui"],
    }))
  it.each(["api", "ui"] as const)("that delivery.yaml does not have is an error that names the setting: %s", (suite) =>
    expect(() => suiteCall(suite, config("{}"), { root: "/r" })).toThrow(
      `suites.${suite}: delivery.yaml does not have it`,
    ),
  )
})

describe("a product", () => {
  let server: Server
  let url: string
  beforeAll(async () => {
    server = createServer(({ url: path }, answer) => answer.writeHead(path === "/ok" ? 200 : 502).end())
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())

  it("is up when all its health addresses answer with success", async () => {
    expect(await areUp([`${url}/ok`, `${url}/ok`], true)).toBe(true)
    expect(await areUp([`${url}/ok`, `${url}/bad`], true)).toBe(false)
  })
  it("without one of its parts is up when they answer at all", async () => {
    expect(await areUp([`${url}/ok`, `${url}/bad`], false)).toBe(true)
    expect(await areUp(["http://127.0.0.1:9/ok"], false)).toBe(false)
  })
})

it("the engine's scripts name nothing of this product", () => {
  const text = readFileSync(join(import.meta.dirname, "../../engine/src/product.ts"), "utf8")
  expect(text).not.toMatch(/restaurant|recipes|suppliers|collection\.json|degraded/)
})
