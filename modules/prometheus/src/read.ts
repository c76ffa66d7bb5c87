// Reads queries, samples and promtool's output, and compares samples with their limits: pure functions.
import { firstLine } from "./shared/clock"
import { couldNotRun, crashIn, isWhole, plainText, type Ended } from "./shared/words"

/** A query with the largest value that it may have. */
export interface Query {
  name: string
  query: string
  limit: number
  unit: string
}

/** One sample of a query: a number, or why there is none. */
export interface Sample {
  /** Time of the sample, ISO 8601. */
  at: string
  value: number | null
  why: string
}

export interface Samples extends Query {
  samples: Sample[]
}

/** The content of samples.json. */
export interface Watched {
  /** Why the analysis ended early, such as a query that Prometheus rejects; "" if it did not. */
  trouble: string
  queries: Samples[]
}

/** The result of an analysis, with the figure that decides and its limit. */
export interface Outcome {
  status: "passed" | "failed" | "inconclusive"
  reason: string
  value?: number
  limit?: number
  unit: string
}

/** A query as callers pass it. */
type Given = Omit<Query, "limit"> & { limit: string }

/**
 * The query, as one of an analysis that has the queries `before`. Throws if the name is empty or known, the query is
 * empty, or the limit is not a number.
 */
export function newQuery({ name, query, limit, unit }: Given, before: Query[]): Query {
  if (name.trim() === "") throw new Error("name: empty; a query needs a name")
  if (before.some((one) => one.name === name)) throw new Error(`name: duplicate query ${JSON.stringify(name)}`)
  if (query.trim() === "") throw new Error(`query: ${name} is empty`)
  if (limit.trim() === "" || !Number.isFinite(Number(limit)))
    throw new Error(`limit: ${JSON.stringify(limit)} of ${name} is not a number`)
  return { name, query, limit: Number(limit), unit }
}

/** Reads samples.json; undefined if the file is missing, or half of it. */
export function parseWatched(report: string): Watched | undefined {
  return isWhole(report) ? (JSON.parse(report) as Watched) : undefined
}

/** The longest row of samples over the limit; a sample without a number neither ends a row nor adds to it. */
export function longestRow({ limit, samples }: Samples): Sample[] {
  let row: Sample[] = []
  let longest = row
  for (const sample of samples) {
    if (sample.value === null) continue
    row = sample.value > limit ? [...row, sample] : []
    if (row.length > longest.length) longest = row
  }
  return longest
}

const peak = (samples: Sample[]): number => Math.max(...samples.flatMap(({ value }) => (value === null ? [] : [value])))
const near = (value: number, limit: number): number => (limit > 0 ? value / limit : value > limit ? Infinity : 0)

/** A number with three significant digits at most. samples.json has 1e308 for infinity. */
export function shown(value: number): string {
  if (Math.abs(value) >= 1e308) return value > 0 ? "infinite" : "-infinite"
  return String(Number(value.toPrecision(3)))
}

const withUnit = (value: number, unit: string): string =>
  `${shown(value)}${unit === "" ? "" : unit === "%" ? unit : ` ${unit}`}`

/**
 * Compares the samples with their limits: `failed` if a query has `failures` samples over its limit in a row, whatever
 * else is unknown; `inconclusive` if a query has a number in fewer than half of its samples; otherwise `passed`.
 */
export function outcome({ trouble, queries }: Watched, failures: number): Outcome {
  const exceeded = queries.find((query) => longestRow(query).length >= failures)
  if (exceeded) return failed(exceeded)
  if (trouble !== "") return { status: "inconclusive", reason: trouble, unit: "" }
  const unknown = queries.find(
    ({ samples }) => samples.length === 0 || 2 * samples.filter(({ value }) => value !== null).length < samples.length,
  )
  return unknown ? inconclusive(unknown) : passed(queries, failures)
}

function failed(query: Samples): Outcome {
  const { name, limit, unit } = query
  const row = longestRow(query)
  const value = peak(row)
  const count = `${row.length} ${row.length === 1 ? "sample" : "samples"}, first at ${row[0]!.at}`
  const reason = `${name} ${withUnit(value, unit)} > ${withUnit(limit, unit)} (${count})`
  return { status: "failed", reason, value, limit, unit }
}

function inconclusive({ name, samples }: Samples): Outcome {
  const empty = samples.filter(({ value }) => value === null)
  const why =
    empty.length === 0
      ? "no samples taken"
      : `no number in ${empty.length} of ${samples.length} samples: ${empty.at(-1)!.why}`
  return { status: "inconclusive", reason: `${name}: ${why}`, unit: "" }
}

/** The figure is that of the query which came closest to its limit. */
function passed(queries: Samples[], failures: number): Outcome {
  const closest = queries.reduce((most, query) =>
    near(peak(query.samples), query.limit) > near(peak(most.samples), most.limit) ? query : most,
  )
  const { name, limit, unit, samples } = closest
  const value = peak(samples)
  const compared =
    value > limit
      ? `over its limit of ${withUnit(limit, unit)} fewer than ${failures} times in a row`
      : `at most, limit ${withUnit(limit, unit)}`
  const reason = `${name} ${withUnit(value, unit)} ${compared} (${samples.length} samples)`
  return { status: "passed", reason, value, limit, unit }
}

/** What a check of rules comes to. A finding is what promtool says has failed, or is a lint error; the rest is a crash. */
export function rulesVerdict(ended: Ended, output: string): { passed: boolean; reason: string; rules: number } {
  const rules = rulesFound(output)
  const plain = plainText(output)
  if (ended.timedOut) return { passed: false, reason: "", rules }
  if (crashIn(output) !== undefined) return { passed: false, reason: couldNotRun("promtool", ended, output), rules }
  if (ended.exitCode !== 0) {
    const isTold = /^\s*(?:FAILED\b|lint error|promtool: error: path|no rule files found)/m.test(plain)
    return { passed: false, reason: isTold ? rulesTrouble(plain) : couldNotRun("promtool", ended, output), rules }
  }
  return { passed: rules > 0, reason: rules > 0 ? `${rules} rules` : "no rules found", rules }
}

/** Number of rules that promtool found. */
export function rulesFound(output: string): number {
  return [...output.matchAll(/SUCCESS: (\d+) rules found/g)].reduce((sum, [, n]) => sum + Number(n), 0)
}

/** The line of promtool's output that says what is wrong, with the name of the file. */
export function rulesTrouble(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const at = lines.findIndex((line) => /^FAILED:?|\berror\b|^alertname:/i.test(line))
  if (at < 0) return firstLine(output)
  const file = lines
    .slice(0, at)
    .filter((line) => /^(Checking|Unit Testing:) /.test(line))
    .at(-1)
    ?.replace(/^(Checking|Unit Testing:) +/, "")
  const what = /^FAILED:?$/.test(lines[at]!) ? (lines[at + 1] ?? lines[at]!) : lines[at]!
  return firstLine(file === undefined || what.startsWith(file) ? what : `${file}: ${what}`)
}
