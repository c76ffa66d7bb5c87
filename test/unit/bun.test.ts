/** What modules mend of bun for the vendor's client. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { mend, type Runtime } from "../../modules/shared/bun"
import { moduleNames } from "../../engine/src/sync"

const repository = join(import.meta.dirname, "../..")

/** A runtime whose fetch answers with the options that it gets. */
function runtime(
  toJSON?: (this: unknown) => unknown,
): Runtime & { fetch: (input: string, init?: object) => Promise<unknown> } {
  class Parameters {}
  if (toJSON) Object.assign(Parameters.prototype, { toJSON })
  const fetch = (input: string, init?: object): Promise<unknown> => Promise.resolve({ input, ...init })
  return { URLSearchParams: Parameters, fetch: Object.assign(fetch, { preconnect: true }) }
}

describe("under bun", () => {
  test("what cannot be written as JSON is an empty object, not an error", () => {
    const scope = runtime(() => {
      throw new TypeError("Can only call URLSearchParams.toJSON on instances of URLSearchParams")
    })
    mend(scope)
    expect(JSON.stringify({ headers: Object.create(scope.URLSearchParams.prototype) as object })).toBe('{"headers":{}}')
  })
  test("what can be written stays as it is", () => {
    const scope = runtime(() => ({ a: "b" }))
    mend(scope)
    expect(JSON.stringify(Object.create(scope.URLSearchParams.prototype))).toBe('{"a":"b"}')
  })
  test("a runtime without that method gets none", () => {
    const scope = runtime()
    mend(scope)
    expect(scope.URLSearchParams.prototype).not.toHaveProperty("toJSON")
  })
  test("fetch has no time limit unless the caller sets one, and keeps its other properties", async () => {
    const scope = runtime()
    mend(scope)
    expect(await scope.fetch("x", { method: "POST" })).toEqual({ input: "x", method: "POST", timeout: false })
    expect(await scope.fetch("x", { timeout: 5 })).toEqual({ input: "x", timeout: 5 })
    expect(scope.fetch).toHaveProperty("preconnect", true)
  })
})

test("node stays as it is", () => expect(URLSearchParams.prototype).not.toHaveProperty("toJSON"))

/** Every file that a source file imports, with what that imports. */
function reachable(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, path] of readFileSync(file, "utf8").matchAll(/^(?:import|export)[^;]*?["'](\.[^"']+)["']/gm)) {
    const next = join(dirname(file), `${path!.replace(/\.[jt]s$/, "")}.ts`)
    if (existsSync(next)) reachable(next, seen)
  }
  return seen
}

test.each([...moduleNames().map((name) => `modules/${name}`), "ci"])("%s mends it", (folder) => {
  expect([...reachable(join(repository, folder, "src/index.ts"))]).toContain(
    join(repository, folder, "src/shared/bun.ts"),
  )
})
