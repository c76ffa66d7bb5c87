// The order of the checks: how many at once, and what waits for what.
import { describe, expect, it } from "vitest"
import { inOrder } from "../../ci/src/checks/pull-request"

describe("checks", () => {
  /** Work that notes when it begins and ends. */
  function work(log: string[], name: string, milliseconds: number): () => Promise<string> {
    return async () => {
      log.push(`+${name}`)
      await new Promise((done) => setTimeout(done, milliseconds))
      log.push(`-${name}`)
      return name
    }
  }
  it("run two at a time, and the last when those that they read have ended", async () => {
    const log: string[] = []
    const [slow, go, quick] = [work(log, "slow", 60), work(log, "go", 20), work(log, "quick", 1)]
    const results = await inOrder([slow, go, quick], [go], [work(log, "gosec", 1), work(log, "golangci", 1)], 2)
    expect(log.slice(0, 4)).toEqual(["+slow", "+go", "-go", "+quick"])
    expect(log.indexOf("+gosec")).toBeGreaterThan(log.indexOf("-go"))
    expect(log.indexOf("+golangci")).toBeLessThan(log.indexOf("-slow"))
    expect(results.sort()).toEqual(["go", "golangci", "gosec", "quick", "slow"])
  })
  it("do not wait where nothing is read", async () => {
    const log: string[] = []
    await inOrder([work(log, "slow", 20)], [], [work(log, "gosec", 1)], 2)
    expect(log).toEqual(["+slow", "+gosec", "-gosec", "-slow"])
  })
  it("that cannot run end the rest with their error", () =>
    expect(inOrder([() => Promise.reject(new Error("away"))], [], [], 1)).rejects.toThrow("away"))
})
