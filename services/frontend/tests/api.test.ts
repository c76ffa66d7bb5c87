import { afterEach, describe, expect, it, vi } from "vitest"
import { addFeedback, Failed, ingredients, menu, putRecipe, recipe, restaurants } from "../src/api"
import { answers, lunch, problem, serve, soupRecipe, tagged } from "./world"

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe("a list", () => {
  it("is read page by page until there is no next", async () => {
    const asked = serve({
      "GET /api/restaurant/restaurants?limit=200": { items: [{ id: "1", name: "A" }], next: "1" },
      "GET /api/restaurant/restaurants?limit=200&after=1": { items: [{ id: "2", name: "B" }], next: "2" },
      "GET /api/restaurant/restaurants?limit=200&after=2": { items: [{ id: "3", name: "C" }] },
    })
    expect((await restaurants()).map((one) => one.name)).toEqual(["A", "B", "C"])
    expect(asked).toHaveLength(3)
  })

  it("is asked for one supplier, with the identifier encoded", async () => {
    const asked = serve({ "GET /api/suppliers/ingredients?supplier=a%26b&limit=200": { items: [] } })
    expect(await ingredients("a&b")).toEqual([])
    expect(asked).toHaveLength(1)
  })
})

describe("a failure", () => {
  it("has the problem's detail, status and fields", async () => {
    serve({
      "GET /api/recipes/recipes/r1": problem(422, "the request's content is not valid", [
        { field: "portions", detail: "is too small" },
      ]),
    })
    await expect(recipe("r1")).rejects.toMatchObject({
      message: "the request's content is not valid",
      status: 422,
      fields: [{ field: "portions", detail: "is too small" }],
    })
  })

  it("has the status when the answer is no problem", async () => {
    serve({ "GET /api/recipes/recipes/r1": new Response("<html>bad gateway</html>", { status: 502 }) })
    await expect(recipe("r1")).rejects.toMatchObject({ message: "the service answered 502", status: 502, fields: [] })
  })

  it("is said when there is no answer", async () => {
    serve({ "GET /api/recipes/recipes/r1": new TypeError("Failed to fetch") })
    const failed = recipe("r1")
    await expect(failed).rejects.toBeInstanceOf(Failed)
    await expect(failed).rejects.toMatchObject({ message: "the service cannot be reached", status: 0 })
  })

  it("is said when the answer takes too long", async () => {
    const patience = new AbortController()
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(patience.signal)
    vi.stubGlobal(
      "fetch",
      (_path: string, init: RequestInit) =>
        new Promise((_, reject) => init.signal!.addEventListener("abort", () => reject(new Error("aborted")))),
    )
    const failed = recipe("r1", new AbortController().signal)
    patience.abort()
    await expect(failed).rejects.toMatchObject({ message: "the service did not answer in time" })
    vi.restoreAllMocks()
  })

  it("that the caller wanted is the caller's", async () => {
    const gone = new AbortController()
    gone.abort()
    serve({ "GET /api/recipes/recipes/r1": new DOMException("aborted", "AbortError") })
    await expect(recipe("r1", gone.signal)).rejects.not.toBeInstanceOf(Failed)
  })
})

describe("a change", () => {
  it("names what was read, and makes the menus fresh until no cache can hold anything older", async () => {
    vi.useFakeTimers()
    const asked = serve({ ...answers(), "PUT /api/recipes/recipes/r1": tagged(soupRecipe, '"2"') })
    await menu("m1")
    expect(asked[0]!.headers).not.toHaveProperty("Cache-Control")
    expect(asked[0]!.init.cache).toBe("default")

    expect(await putRecipe("r1", '"1"', soupRecipe)).toEqual({ value: soupRecipe, etag: '"2"' })
    expect(asked[1]).toMatchObject({
      method: "PUT",
      headers: { "If-Match": '"1"', "Content-Type": "application/json" },
      body: soupRecipe,
    })

    expect(await menu("m1")).toEqual(lunch)
    expect(asked[2]!.headers["Cache-Control"]).toBe("no-cache")
    expect(asked[2]!.init.cache).toBe("reload")
    vi.advanceTimersByTime(36_000)
    await menu("m1")
    expect(asked[3]!.headers).not.toHaveProperty("Cache-Control")
  })

  it("names the service's tag also where a proxy has made a weak one of it", async () => {
    serve({ "GET /api/recipes/recipes/r1": tagged(soupRecipe, 'W/"3"') })
    expect((await recipe("r1")).etag).toBe('"3"')
  })

  it("carries the key of a report", async () => {
    const body = { text: "Hm", severity: "minor", version: "1" } as const
    const asked = serve({ "POST /api/restaurant/feedback": { id: "f1" } })
    await addFeedback("a-key-of-mine", body)
    expect(asked[0]).toMatchObject({ headers: { "Idempotency-Key": "a-key-of-mine" }, body })
  })
})
