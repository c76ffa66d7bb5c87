// The steps that a caller of a module's `check` chooses.
import { describe, expect, it } from "vitest"
import { readSteps } from "../../modules/shared/steps"

describe("steps", () => {
  const read = (...given: string[]) => readSteps(given, ["lint", "test"])
  it("have 600 seconds unless they name another limit", () =>
    expect(read("test=90", "lint", "test=0.5")).toEqual([
      { name: "test", timeout: 90 },
      { name: "lint", timeout: 600 },
      { name: "test", timeout: 0.5 },
    ]))
  it.each([
    [[], "steps: empty; available: lint, test"],
    [["lint", "tests=9"], "steps: tests=9 is not a step; available: lint, test"],
    [["=9"], "steps: =9 is not a step; available: lint, test"],
    [["test="], 'steps: test=: "" is no number of seconds'],
    [["test=-1"], 'steps: test=-1: "-1" is no number of seconds'],
    [["test=1m"], 'steps: test=1m: "1m" is no number of seconds'],
  ])("refuse %j", (given, message) => expect(() => read(...given)).toThrow(message))
})
