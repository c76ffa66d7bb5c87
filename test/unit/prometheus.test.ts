// What an analysis concludes from its samples, and what promtool's output says: the pure parts of modules/prometheus.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import {
  longestRow,
  newQuery,
  outcome,
  parseWatched,
  rulesFound,
  rulesTrouble,
  shown,
  type Query,
  type Samples,
} from "../../modules/prometheus/src/read"
import { watchScript } from "../../modules/prometheus/src/scripts"

/** A query with these numbers, one a second; a text is why there was none. */
const query = (numbers: (number | string)[], limit = 1, name = "errors", unit = ""): Samples => ({
  ...{ name, query: "q", limit, unit },
  samples: numbers.map((value, i) => ({
    at: `2026-01-01T00:00:0${i}Z`,
    ...(typeof value === "string" ? { value: null, why: value } : { value, why: "" }),
  })),
})
const said = (queries: Samples[], failures = 2, trouble = "") => outcome({ trouble, queries }, failures)

describe("an analysis", () => {
  it("is green below the limit and at it, and shows what came closest to its limit", () => {
    expect(said([query([0, 1, 0.5])])).toEqual({
      status: "passed",
      reason: "errors 1 at most, limit 1 (3 samples)",
      value: 1,
      limit: 1,
      unit: "",
    })
    expect(said([query([0.1, 0.2], 1, "a"), query([0.1, 0.15], 0.2, "b", "s")])).toMatchObject({
      reason: "b 0.15 s at most, limit 0.2 s (2 samples)",
      value: 0.15,
      limit: 0.2,
      unit: "s",
    })
    expect(said([query([0, 0], 0, "none"), query([1, 1], 4, "some")])).toMatchObject({
      reason: "some 1 at most, limit 4 (2 samples)",
    })
  })
  it("is red after so many in a row, with the highest of them, and whatever else is unknown", () => {
    expect(said([query(["no data"], 1, "other"), query([0, 2, 3, 2])])).toEqual({
      status: "failed",
      reason: "errors 3 > 1 (3 samples, first at 2026-01-01T00:00:01Z)",
      value: 3,
      limit: 1,
      unit: "",
    })
    expect(said([query([2], 1, "errors", "%")], 1)).toMatchObject({
      status: "failed",
      reason: "errors 2% > 1% (1 sample, first at 2026-01-01T00:00:00Z)",
    })
    expect(said([query([2, 3])], 2, "other: Prometheus answered 400")).toMatchObject({ status: "failed" })
  })
  it("lets a row be interrupted by a good sample, not by one without a number", () => {
    expect(said([query([2, 0, 2, 0])])).toMatchObject({
      status: "passed",
      reason: "errors 2 over its limit of 1 fewer than 2 times in a row (4 samples)",
      value: 2,
    })
    expect(said([query([2, "NaN", 2, 0])])).toMatchObject({ status: "failed" })
    expect(longestRow(query([2, "NaN", 3, 0, 5])).map(({ value }) => value)).toEqual([2, 3])
  })
  it.each([
    ["no number at all", [query(["no data", "NaN"])], "errors: no number in 2 of 2 samples: NaN"],
    ["a number in fewer than half", [query([0, "no data", "no data"])], "errors: no number in 2 of 3 samples: no data"],
    ["no sample", [query([])], "errors: no samples taken"],
    [
      "one query of two that is unknown",
      [query([0]), query(["no data"], 1, "slow")],
      "slow: no number in 1 of 1 samples: no data",
    ],
  ])("is inconclusive with %s", (_, queries, reason) =>
    expect(said(queries)).toEqual({ status: "inconclusive", reason, unit: "" }),
  )
  it("is inconclusive when it could not go on, and green with a number in half", () => {
    expect(said([query([0])], 2, "errors: Prometheus answered 400 bad_data: parse error")).toEqual({
      status: "inconclusive",
      reason: "errors: Prometheus answered 400 bad_data: parse error",
      unit: "",
    })
    expect(said([query([0, "no data"])])).toMatchObject({ status: "passed" })
  })
  it("shows numbers short, and infinity", () =>
    expect([0.123456, 12345, 1e308, -1e308, 0].map(shown)).toEqual(["0.123", "12300", "infinite", "-infinite", "0"]))
  it("knows that there are no samples", () => expect(parseWatched("")).toBeUndefined())
})

describe("a query of an analysis", () => {
  const one = { name: "a", query: "x", limit: "0.5", unit: "" }
  const first: Query = { ...one, limit: 0.5 }
  it("is one more of them", () =>
    expect(newQuery({ ...one, name: "b", unit: "s" }, [first])).toEqual({ ...first, name: "b", unit: "s" }))
  it.each<[Partial<typeof one>, string]>([
    [{ name: " " }, "name: empty; a query needs a name"],
    [{ name: "a" }, 'name: duplicate query "a"'],
    [{ name: "b", query: " " }, "query: b is empty"],
    [{ name: "b", limit: "much" }, 'limit: "much" of b is not a number'],
    [{ name: "b", limit: "" }, 'limit: "" of b is not a number'],
  ])("%j is refused", (wrong, why) => expect(() => newQuery({ ...one, ...wrong }, [first])).toThrow(why))
})

describe("promtool", () => {
  it("says how many rules it found", () =>
    expect([
      rulesFound("Checking a.yaml\n  SUCCESS: 5 rules found\n\nChecking b.yaml\n  SUCCESS: 2 rules found\n"),
      rulesFound(""),
    ]).toEqual([7, 0]))
  it.each([
    [
      'Checking a.yaml\n  FAILED:\na.yaml: 1:37: group "g", rule 1, "A": could not parse expression: 1:6: parse error\n',
      'a.yaml: 1:37: group "g", rule 1, "A": could not parse expression: 1:6: parse error',
    ],
    [
      "Checking a.yaml\n  SUCCESS: 1 rules found\n\nUnit Testing:  a.test.yaml\n  FAILED:\n    alertname: Down, time: 2m, \n",
      "a.test.yaml: alertname: Down, time: 2m,",
    ],
    ["no rule files found\n", "no rule files found"],
  ])("says what is wrong: %j", (output, why) => expect(rulesTrouble(output)).toBe(why))
})

describe("the program of an analysis", () => {
  /** Runs it for one sample of one query, to which Prometheus answers with the data; its exit code and report. */
  async function watched(data: unknown): Promise<{ code: number; said: ReturnType<typeof parseWatched> }> {
    const folder = mkdtempSync(join(tmpdir(), "watch-"))
    const server = createServer((_, response) => response.end(JSON.stringify({ status: "success", data })))
    try {
      await once(server.listen(0, "127.0.0.1"), "listening")
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      writeFileSync(join(folder, "watch.mjs"), watchScript.replace("/report/", `${folder}/`))
      const queries = [{ name: "p95", query: "q", limit: 1, unit: "" }]
      const settings = JSON.stringify({ url, queries, window: 0, interval: 1, failures: 1 })
      const [code] = (await once(spawn(process.execPath, [join(folder, "watch.mjs"), settings]), "close")) as [number]
      return { code, said: parseWatched(code === 0 ? readFileSync(join(folder, "samples.json"), "utf8") : "") }
    } finally {
      server.close()
      rmSync(folder, { recursive: true })
    }
  }
  it("takes the number of a vector and of a scalar", async () => {
    const vector = { resultType: "vector", result: [{ metric: {}, value: [0, "0.5"] }] }
    expect((await watched(vector)).said?.queries[0]?.samples[0]?.value).toBe(0.5)
    expect((await watched({ resultType: "scalar", result: [0, "2"] })).said?.queries[0]?.samples[0]?.value).toBe(2)
  })
  it.each([
    [
      "a native histogram",
      { resultType: "vector", result: [{ metric: {}, histogram: [0, { count: "1", sum: "2" }] }] },
    ],
    ["a text", { resultType: "string", result: [0, "x"] }],
    ["no result", {}],
  ])("ends with the reason for %s", async (_, data) => {
    const { code, said } = await watched(data)
    expect(code).toBe(0)
    expect(said?.trouble).toMatch(/^p95: the query gives a (native histogram|string|undefined); .* expected$/)
  })
})
