import { firstLine } from "./shared/clock"

// Reads what callers give, and what the watcher and promtool have written: pure functions.

/** What is asked again and again, and the most that it may be. */
export interface Query {
  name: string
  query: string
  limit: number
  unit: string
}

/** One answer: a number, or why there is none. */
export interface Sample {
  /** When it was taken, ISO 8601. */
  at: string
  value: number | null
  why: string
}

export interface Samples extends Query {
  samples: Sample[]
}

/** samples.json. */
export interface Watched {
  /** Why the watch could not go on, such as a query that Prometheus does not understand; "" when it came to its end. */
  trouble: string
  queries: Samples[]
}

/** What the samples say, with the number to look at first and its limit. */
export interface Outcome {
  status: "passed" | "failed" | "inconclusive"
  reason: string
  value?: number
  limit?: number
  unit: string
}

/** The queries of four lists of the same length. A list of another length, none, a name twice or a limit that is no number is an error. */
export function queriesOf(names: string[], queries: string[], limits: string[], units: string[]): Query[] {
  if (names.length === 0) throw new Error("names: none is given; each query needs a name, a limit and a unit")
  for (const [list, values] of Object.entries({ queries, limits, units })) {
    if (values.length !== names.length)
      throw new Error(
        `${list}: there are ${values.length}, and ${names.length} names; each query has one of each (a unit may be "")`,
      )
  }
  for (const [i, name] of names.entries()) {
    if (name.trim() === "" || names.indexOf(name) !== i)
      throw new Error(`names: ${JSON.stringify(name)} is empty or there twice`)
    if (queries[i]!.trim() === "") throw new Error(`queries: that of ${name} is empty`)
    if (limits[i]!.trim() === "" || !Number.isFinite(Number(limits[i])))
      throw new Error(`limits: ${JSON.stringify(limits[i])} of ${name} is not a number`)
  }
  return names.map((name, i) => ({ name, query: queries[i]!, limit: Number(limits[i]), unit: units[i]! }))
}

/** Reads samples.json; undefined when there is none. */
export function parseWatched(report: string): Watched | undefined {
  return report.trim() === "" ? undefined : (JSON.parse(report) as Watched)
}

/** The samples over the limit that follow each other, where there are most: a sample without a number neither ends a row nor adds to it. */
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

/** A number as a person reads it: at most three digits that count. samples.json has 1e308 for infinity. */
export function shown(value: number): string {
  return Math.abs(value) < 1e308 ? String(Number(value.toPrecision(3))) : value > 0 ? "infinite" : "-infinite"
}

const withUnit = (value: number, unit: string): string =>
  `${shown(value)}${unit === "" ? "" : unit === "%" ? unit : ` ${unit}`}`

/** `failures` samples over the limit in a row are red, whatever else is unknown; fewer than half of the samples of a query is no answer. */
export function outcome({ trouble, queries }: Watched, failures: number): Outcome {
  const red = queries.find((query) => longestRow(query).length >= failures)
  if (red) {
    const row = longestRow(red)
    const value = peak(row)
    const over = `${red.name} ${withUnit(value, red.unit)} > ${withUnit(red.limit, red.unit)} (${row.length} ${row.length === 1 ? "sample" : "samples"}, first at ${row[0]!.at})`
    return { status: "failed", reason: over, value, limit: red.limit, unit: red.unit }
  }
  if (trouble !== "") return { status: "inconclusive", reason: trouble, unit: "" }
  const unknown = queries.find(
    ({ samples }) => samples.length === 0 || 2 * samples.filter(({ value }) => value !== null).length < samples.length,
  )
  if (unknown) {
    const empty = unknown.samples.filter(({ value }) => value === null)
    const why =
      empty.length === 0
        ? "it was never asked"
        : `no number in ${empty.length} of ${unknown.samples.length} samples: ${empty.at(-1)!.why}`
    return { status: "inconclusive", reason: `${unknown.name}: ${why}`, unit: "" }
  }
  const worst = queries.reduce((worst, query) =>
    near(peak(query.samples), query.limit) > near(peak(worst.samples), worst.limit) ? query : worst,
  )
  const value = peak(worst.samples)
  const once =
    value > worst.limit
      ? `over its limit of ${withUnit(worst.limit, worst.unit)} fewer than ${failures} times in a row`
      : `at most, limit ${withUnit(worst.limit, worst.unit)}`
  return {
    status: "passed",
    reason: `${worst.name} ${withUnit(value, worst.unit)} ${once} (${worst.samples.length} samples)`,
    value,
    limit: worst.limit,
    unit: worst.unit,
  }
}

/** What the folder of rules holds, by promtool's own output. */
export function rulesFound(output: string): number {
  return [...output.matchAll(/SUCCESS: (\d+) rules found/g)].reduce((sum, [, n]) => sum + Number(n), 0)
}

/** The first line of promtool's output that says what is wrong, with the file's name where it stands a line above. */
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
