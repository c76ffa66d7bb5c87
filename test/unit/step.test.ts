// What the modules have in common around a tool's run. Nothing here is asked of an engine.
import { afterEach, describe, expect, it, vi } from "vitest"
import { timesOf, told } from "../../modules/shared/step"

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

describe("what is told of a module's work", () => {
  afterEach(() => void vi.restoreAllMocks())
  const tell = async (work: () => Promise<{ status: string; seconds: number; reason: string }>, until = 0) => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    const { status, reason } = await told("lint", until, work, (status, reason) => ({ status, reason, seconds: 0 }))
    return { status, reason, lines: log.mock.calls.flat() }
  }

  it.each([
    ["passed", "✔ lint 2 s so"],
    ["failed", "✘ lint so"],
    ["inconclusive", "? lint so"],
    ["notApplicable", "⊘ lint so"],
    ["skipped", "⊘ lint so"],
  ])("is where it starts, and that it %s", async (status, line) =>
    expect(await tell(async () => ({ status, seconds: 2, reason: "so" }))).toEqual({
      status,
      reason: "so",
      lines: ["▶ lint", line],
    }),
  )
  it("is a failure where the work throws", async () =>
    expect(await tell(() => Promise.reject(new Error("no image\nat x")))).toEqual({
      status: "failed",
      reason: "could not run: no image",
      lines: ["▶ lint", "✘ lint could not run: no image"],
    }))
  it("is nothing more where it is interrupted", async () =>
    expect(await tell(() => new Promise(() => {}), 1)).toEqual({
      status: "skipped",
      reason: "interrupted before it ended",
      lines: ["▶ lint"],
    }))
})
