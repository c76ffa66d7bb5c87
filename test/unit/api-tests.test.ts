// The API tests are whole: made from their source, call every operation of the contracts, and check each answer.
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { repository } from "../../engine/src/paths.js"
// @ts-expect-error: plain JavaScript
import { collection, target } from "../../services/api-tests/source/collection.mjs"

interface Item {
  name: string
  item?: Item[]
  event?: { listen: string; script: { exec: string[] } }[]
  request?: { method: string; url: { raw: string } }
}

const requestsIn = (items: Item[]): Item[] => items.flatMap((one) => (one.item ? requestsIn(one.item) : [one]))
const written = JSON.parse(readFileSync(target, "utf8")) as { item: Item[] }
const whole = requestsIn(written.item.filter(({ name }) => name === "product"))

/** The operations of a service's contract, as method and path at the one origin. */
function operations(service: string): [operation: string, method: string, path: string][] {
  const { paths } = parse(readFileSync(join(repository, "services", service, "openapi.yaml"), "utf8")) as {
    paths: Record<string, Record<string, { operationId?: string }>>
  }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ["get", "put", "post", "delete", "patch"].includes(method))
      .map(([method, { operationId }]): [string, string, string] => [
        operationId!,
        method.toUpperCase(),
        `/api/${service}${path}`,
      ]),
  )
}

/** The status that a request's script expects; 200 of a page, 201 of what it has made. */
function expected(request: Item): number {
  const [, status, call] = /api\.(?:status|problem|is)\((\d+)|api\.(page|made)\(/.exec(script(request)) ?? []
  return status ? Number(status) : call === "made" ? 201 : call === "page" ? 200 : NaN
}

const script = (request: Item): string => request.event!.find(({ listen }) => listen === "test")!.script.exec.join("\n")
const calls = (request: Item, method: string, path: string): boolean =>
  request.request!.method === method &&
  new RegExp(`^\\{\\{baseUrl\\}\\}${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(
    request.request!.url.raw.split("?")[0]!,
  )

describe("the API tests", () => {
  it("are what their source makes", () =>
    expect(readFileSync(target, "utf8"), "run node services/api-tests/source/collection.mjs").toBe(collection()))

  const services = readdirSync(join(repository, "services"), { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && readdirSync(join(entry.parentPath, entry.name)).includes("openapi.yaml"),
  )
  it("know every service that has a contract", () =>
    expect(services.map(({ name }) => name).sort()).toEqual(["recipes", "restaurant", "suppliers"]))

  it.each(services.flatMap(({ name }) => operations(name)))(
    "call %s so that it succeeds, and so that it refuses",
    (_, method, path) => {
      const those = whole.filter((request) => calls(request, method, path)).map(expected)
      expect(those.some((status) => status < 300)).toBe(true)
      expect(those.some((status) => status >= 400)).toBe(true)
    },
  )

  it.each(requestsIn(written.item).map((request) => [request.name, request] as const))(
    "check the answer of: %s",
    (_, request) => {
      expect(script(request)).toMatch(
        /^const api = checks\(pm\)\n[\s\S]*(api\.(status|problem|is|made|page)\(|pm\.test\()/,
      )
    },
  )
})
