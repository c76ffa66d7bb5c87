// The last line of `.ci/run`: its figures and its exit code come from the test report and the checks before it.
import { spawnSync } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const script = join(import.meta.dirname, "../../.ci/figures.mjs")
const figures = (report: object | undefined, ...args: string[]) => {
  const file = join(mkdtempSync(join(tmpdir(), "figures-")), "report.json")
  if (report) writeFileSync(file, JSON.stringify(report))
  const { status, stdout } = spawnSync(process.execPath, [script, file, ...args], { encoding: "utf8" })
  return { status, lines: stdout.trim().split("\n") }
}
const report = (counts: object, testResults: object[] = []) => ({
  ...{ numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 },
  ...counts,
  testResults,
})

describe("the figures of .ci/run", () => {
  it("count tests and checks", () =>
    expect(figures(report({}), "0", "3")).toEqual({ status: 0, lines: ["8 passed, 0 failed"] }))

  it("name skipped tests", () =>
    expect(figures(report({ numPendingTests: 2 }), "0", "3").lines).toEqual(["8 passed, 0 failed, 2 skipped"]))

  it("are red for a failed check alone", () =>
    expect(figures(report({}), "0", "2", "npm run lint")).toEqual({
      status: 1,
      lines: ["FAILED npm run lint", "7 passed, 1 failed"],
    }))

  it("repeat a failed test in two lines", () => {
    const failure = { status: "failed", fullName: "a b", failureMessages: ["expected 1\n  to be 2"] }
    const { status, lines } = figures(
      report({ numFailedTests: 1 }, [{ name: join(process.cwd(), "test/x.test.ts"), assertionResults: [failure] }]),
      "1",
      "3",
    )
    expect(status).toBe(1)
    expect(lines).toEqual(["FAILED test/x.test.ts: a b", "  expected 1 to be 2", "8 passed, 1 failed"])
  })

  it.each([
    ["a file that cannot be loaded", report({})],
    ["a run that wrote no report", undefined],
  ])("count %s as one failure", (_, result) => expect(figures(result, "1", "0").status).toBe(1))
})
