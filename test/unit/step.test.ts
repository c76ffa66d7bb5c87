// What the modules have in common around a tool's run. Nothing here is asked of an engine.
import { describe, expect, it } from "vitest"
import { timesOf } from "../../modules/shared/step"

describe("what several runs took", () => {
  const [now, short, then] = [
    { seconds: 3, cached: false },
    { seconds: 1, cached: false },
    { seconds: 8, cached: true },
  ]
  it("is what those took that ran now", () =>
    expect(timesOf([now, then, short])).toEqual({ sum: 4, longest: 3, cached: false }))
  it("is what they took then where all came from the cache", () =>
    expect(timesOf([then, { ...now, cached: true }])).toEqual({ sum: 11, longest: 8, cached: true }))
  it("is nothing where nothing ran", () => expect(timesOf([])).toEqual({ sum: 0, longest: 0, cached: true }))
})
