// The result of a step, the frame that a step runs in, and the report of several: modules/shared/{result,report,nonce}.ts.
// Nothing here reaches an engine.
import type { Container, Directory } from "@dagger.io/dagger"
import { afterEach, describe, expect, it, vi } from "vitest"
import { uncached, withNonce } from "../../modules/shared/nonce"
import { makeReport } from "../../modules/shared/report"
import { fieldsOf, makeResult, reportStep, resultOfRun, type Result } from "../../modules/shared/result"
import type { Ran } from "../../modules/shared/step"

/** A folder that notes what is written into it. */
const folder = (files: Record<string, string> = {}): Directory =>
  ({
    files,
    withNewFile: (path: string, text: string) => folder({ ...files, [path]: text }),
    withDirectory: (path: string, from: { files: Record<string, string> }) =>
      folder({
        ...files,
        ...Object.fromEntries(Object.entries(from.files).map(([f, text]) => [`${path}/${f}`, text])),
      }),
  }) as unknown as Directory
const filesOf = (directory: Directory): Record<string, string> =>
  (directory as unknown as { files: Record<string, string> }).files
const ran = (fields: Partial<Ran> = {}): Ran =>
  ({ exitCode: 0, seconds: 1.234, cached: false, timedOut: false, reports: folder(), ...fields }) as Ran

describe("a result", () => {
  it("says that nothing ran where nothing is given", () =>
    expect(fieldsOf(makeResult("lint", "skipped", "no such tool"))).toEqual({
      name: "lint",
      status: "skipped",
      reason: "no such tool",
      exitCode: -1,
      seconds: 0,
      cached: false,
      unit: "",
    }))
  it("has a unit only with a value, seconds of two places, and its details among its fields", () => {
    expect(makeResult("a", "passed", "b", { unit: "%" }).unit).toBe("")
    const { value, unit, seconds } = makeResult("a", "passed", "b", { value: 0, unit: "findings", seconds: 1.239 })
    expect([value, unit, seconds]).toEqual([0, "findings", 1.24])
    expect(fieldsOf(makeResult("a", "passed", "b", { details: { p95: 12 } }))).toMatchObject({ p95: 12 })
  })
  it.each(["passed", "notApplicable"])("that is %s has its reason as verdict", (status) =>
    expect(makeResult("a", status, "so").verdict()).toBe("so"),
  )
  it.each(["failed", "inconclusive", "skipped"])("that is %s has an error as verdict", (status) =>
    expect(() => makeResult("a", status, "so").verdict()).toThrow(`a ${status}: so`),
  )
  it.each([
    [{}, "fine", "passed", "fine"],
    [{ exitCode: 2 }, "", "failed", "exit code 2"],
    [{ exitCode: 124, seconds: 8.7, timedOut: true }, "", "failed", "timed out after 9 s"],
    [{ exitCode: 124, seconds: 8.7, timedOut: true }, "TestA", "failed", "timed out after 9 s: TestA"],
  ])("of a run that was %j with the reason %j", (fields, reason, status, whole) => {
    const result = resultOfRun("a", ran(fields), reason)
    expect([result.status, result.reason]).toEqual([status, whole])
  })
  it("of a run can fail in spite of its exit code, and has a value", () =>
    expect(resultOfRun("a", ran(), "too few", { passed: false, value: 3, unit: "tests" })).toMatchObject({
      status: "failed",
      exitCode: 0,
      seconds: 1.23,
      value: 3,
      unit: "tests",
    }))
})

describe("a step", () => {
  afterEach(() => void vi.restoreAllMocks())
  const run = async (work: () => Promise<Result>, options = {}, name = "lint") => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    const result = await reportStep(name, work, options)
    return { result, lines: log.mock.calls.flat() }
  }
  const ends = (status: string) => () =>
    Promise.resolve(makeResult("lint", status, "so", { seconds: 2, reports: folder({ "a.txt": "" }) }))

  it.each([
    ["passed", "✔ lint 2 s so"],
    ["failed", "✘ lint so"],
    ["inconclusive", "? lint so"],
    ["notApplicable", "⊘ lint so"],
    ["skipped", "⊘ lint so"],
  ])("prints a line at its start, and one at its end when it is %s", async (status, line) => {
    const { result, lines } = await run(ends(status))
    expect(result.status).toBe(status)
    expect(lines).toEqual(["▶ lint", line])
  })
  it("prints nothing without a name", async () => expect((await run(ends("failed"), {}, "")).lines).toEqual([]))
  it("leaves its fields beside its reports", async () => {
    const { result } = await run(ends("passed"))
    expect(Object.keys(filesOf(result.reports))).toEqual(["a.txt", "result.json"])
    expect(JSON.parse(filesOf(result.reports)["result.json"]!)).toEqual(fieldsOf(result))
  })
  it.each([undefined, "inconclusive"])("fails, or is what it says, where the work throws: %s", async (onError) => {
    const error = new Error("no image [traceparent:0123-45]\nat x")
    const { result, lines } = await run(() => Promise.reject(error), { onError })
    expect(result).toMatchObject({
      status: onError ?? "failed",
      exitCode: -1,
      reason: "could not run: no image",
    })
    expect(lines.at(-1)).toMatch(/(✘|\?) lint could not run: no image/)
  })
  it("is skipped at its deadline", async () =>
    expect((await run(() => new Promise(() => {}), { deadline: 1, limit: 5 })).result).toMatchObject({
      status: "skipped",
      reason: "interrupted before it ended",
    }))
  it("is given up half a minute after its limit", async () => {
    vi.useFakeTimers()
    const pending = run(() => new Promise(() => {}), { limit: 5 })
    await vi.advanceTimersByTimeAsync(35_000)
    vi.useRealTimers()
    expect((await pending).result).toMatchObject({ status: "failed", reason: "did not end within 35 s" })
  })
})

describe("a report", () => {
  const results = ["passed", "notApplicable"].map((status) =>
    makeResult(`a:${status}`, status, "so", { reports: folder({ "x.txt": "" }) }),
  )
  it("has a folder for each step and the fields of all results", () => {
    const report = makeReport(["lint", "test"], results, folder({ "install/y.txt": "" }))
    expect(report).toMatchObject({
      passed: true,
      summary: "passed a:passed 0 s so\nnotApplicable a:notApplicable 0 s so",
    })
    expect(report.verdict()).toBe(report.summary)
    const files = filesOf(report.reports)
    expect(Object.keys(files)).toEqual(["install/y.txt", "lint/x.txt", "test/x.txt", "results.json"])
    expect(JSON.parse(files["results.json"]!)).toEqual(results.map(fieldsOf))
  })
  it("has an error as verdict when a step did not pass", () => {
    const report = makeReport(["lint"], [makeResult("a:lint", "skipped", "so", { reports: folder() })], folder())
    expect(() => report.verdict()).toThrow("skipped a:lint 0 s so")
  })
})

describe("a container", () => {
  const container = (names: string[] = []): Container =>
    ({ names, withEnvVariable: (...parts: string[]) => container([...names, parts.join("=")]) }) as unknown as Container
  it("is another one with a nonce, and the same without", () =>
    expect(["", "7"].map((nonce) => withNonce(container(), nonce))).toMatchObject([
      { names: [] },
      { names: ["NONCE=7"] },
    ]))
  it("is another one each time where nothing may come from the cache", () =>
    expect(uncached(container())).not.toMatchObject(uncached(container())))
})
