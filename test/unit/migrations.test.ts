// What has happened to migrations since the baseline.
import { describe, expect, it } from "vitest"
import { compareMigrations } from "../../ci/src/release/migrations"

describe("migrations since the baseline", () => {
  it("that were added are fresh", () =>
    expect(compareMigrations({ a: "1" }, { a: "1", c: "3", b: "2" })).toEqual({ fresh: ["b", "c"], altered: [] }))
  it("that have another text are altered", () =>
    expect(compareMigrations({ a: "1", b: "2" }, { a: "1", b: "3" })).toEqual({ fresh: [], altered: ["b"] }))
  it("that are gone are altered too", () =>
    expect(compareMigrations({ a: "1" }, {})).toEqual({ fresh: [], altered: ["a"] }))
  it("that are the same are neither", () =>
    expect(compareMigrations({ a: "1" }, { a: "1" })).toEqual({ fresh: [], altered: [] }))
})
