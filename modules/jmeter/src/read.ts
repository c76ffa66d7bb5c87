// Reads a test plan and JMeter's results, and compares them with the limits: pure functions over text.
import { firstLine } from "./shared/clock"
import { assignments } from "./shared/arguments"
import { couldNotRun, notTested, type Ended } from "./shared/words"
import { decodeXml, encodeXml } from "./shared/xml"

/** One sample: a line of JMeter's results. */
export interface Sample {
  label: string
  /** Milliseconds since 1970. */
  start: number
  /** Milliseconds. */
  elapsed: number
  thread: string
  success: boolean
  /** The first line of the assertion's message, otherwise the status of the response. */
  why: string
}

/** The figures of all samples with one label. */
export interface Label {
  label: string
  samples: number
  failed: number
  /** 95th percentile of the elapsed time in milliseconds. */
  p95: number
  /** The longest elapsed time in milliseconds. */
  slowest: number
  /** Why the first failed sample failed; "" if none did. */
  why: string
}

/** The figures of a run, without its set-up and tear-down groups: those are listed in `setup`. */
export interface Outcome {
  samples: number
  failed: number
  /** Failed samples in percent of all samples. */
  errors: number
  /** 95th percentile of the elapsed time in milliseconds. */
  p95: number
  /** Samples per second. */
  throughput: number
  labels: Label[]
  setup: Label[]
}

/** What a run has to keep to. */
export interface Limits {
  /** Milliseconds; 0 for no limit. */
  maxP95: number
  /** Percent; -1 for no limit. */
  maxErrors: number
  minSamples: number
}

/** Whether a run keeps to its limits, why, and the figure that decides. */
export interface Judgement {
  passed: boolean
  reason: string
  value?: number
  limit?: number
  unit: string
}

/** The names of the plan's setUp and tearDown thread groups. */
export function setupGroups(plan: string): string[] {
  return [...plan.matchAll(/<(?:SetupThreadGroup|PostThreadGroup)\b[^>]*?\btestname="([^"]*)"/g)].map(([, name]) =>
    decodeXml(name!),
  )
}

/** Why a plan cannot be run; "" if it can. */
export function planFault(plan: string): string {
  if (!/<jmeterTestPlan\b/.test(plan)) return "plan: not a JMeter test plan (no jmeterTestPlan element)"
  if (!/\bbaseUrl\b/.test(plan))
    return "plan: does not use the property baseUrl, so it would not test url; begin each address with ${__P(baseUrl)}"
  return ""
}

/** Elements of a plan that read the file in their property `filename`; a ResultCollector writes it. */
const readers = /<(CSVDataSet|JSR223\w+)\b([^>]*)>([\s\S]*?)<\/\1>/g

/** Properties that name a file to read. */
const fileProperties = /name="(?:File\.path|IncludeController\.includepath|BeanShell\w+\.filename)">([^<]*)</g

/** Functions whose first argument is a file to read. */
const fileFunctions = /\$\{__(?:StringFromFile|CSVRead|FileToString)\(([^,)]*)/g

/** The files that a plan reads, by their relative paths. Paths that variables are part of are not known here. */
export function planFiles(plan: string): string[] {
  const elements = [...plan.matchAll(readers)]
    .filter(([, , attributes]) => !/\benabled="false"/.test(attributes!))
    .map(([, , , content]) => /name="filename">([^<]*)</.exec(content!)?.[1] ?? "")
  const others = [fileProperties, fileFunctions].flatMap((pattern) =>
    [...plan.matchAll(pattern)].map(([, path]) => path!),
  )
  const paths = [...elements, ...others].map((path) => decodeXml(path).trim())
  return [...new Set(paths.filter((path) => /^[^/*$]/.test(path) && !path.includes("${")))]
}

/** Why the limits make no sense; "" if they do. */
export function limitFault({ maxP95, maxErrors, minSamples }: Limits): string {
  if (maxP95 < 0) return `maxP95: ${maxP95} is not a number of milliseconds, or 0 for no limit`
  if (maxErrors > 100 || (maxErrors < 0 && maxErrors !== -1))
    return `maxErrors: ${maxErrors} is not a percentage from 0 to 100, or -1 for no limit`
  if (minSamples < 1) return `minSamples: ${minSamples} is less than 1; a run without a sample tests nothing`
  return ""
}

/** The `-J` arguments for lines such as `users=20`. Throws if a line has no name or sets `baseUrl`. */
export function propertyArguments(lines: string[]): string[] {
  if (assignments("properties", lines).some(([name]) => name === "baseUrl"))
    throw new Error("properties: baseUrl is set by the argument url")
  return lines.map((line) => `-J${line}`)
}

/**
 * Reads JMeter's results (CSV with a heading), without the sums of transactions and without an incomplete last line.
 * Throws if a column is missing or a line cannot be parsed: unreadable results must not count as fewer samples.
 */
export function samples(csv: string): Sample[] {
  const [heading = [], ...rows] = table(csv)
  const column = new Map(heading.map((name, i) => [name, i]))
  for (const name of ["timeStamp", "elapsed", "label", "success", "threadName"])
    if (rows.length > 0 && !column.has(name))
      throw new Error(`the results have no column ${name}: do not change jmeter.save.saveservice.*`)
  const odd = rows.findIndex((row) => row.length !== heading.length)
  if (odd >= 0)
    throw new Error(
      `the results cannot be read: sample ${odd + 1} has ${rows[odd]!.length} columns, not ${heading.length}`,
    )
  const all = rows
    .map((row) => (name: string) => row[column.get(name) ?? -1] ?? "")
    .filter((cell) => !cell("responseMessage").startsWith("Number of samples in transaction"))
    .map((cell) => ({
      label: cell("label"),
      start: Number(cell("timeStamp")),
      elapsed: Number(cell("elapsed")),
      thread: cell("threadName"),
      success: cell("success") === "true",
      why: firstLine(cell("failureMessage")) || firstLine(`${cell("responseCode")} ${cell("responseMessage")}`),
    }))
  return withoutSubSamples(all)
}

/**
 * The samples without the steps of redirects and without embedded resources: JMeter writes these after the sample that
 * they are part of, in the same thread and within its time, as `label-0`, `label-1` and so on. A step `label-1` may
 * have such parts, too: `label-1-0`.
 */
function withoutSubSamples(all: Sample[]): Sample[] {
  const last = new Map<string, { sample: Sample; parts: number }>()
  return all.filter((sample) => {
    const parent = last.get(sample.thread)
    if (parent && isPartOf(sample, parent.sample, parent.parts)) {
      if (/^-\d+$/.test(sample.label.slice(parent.sample.label.length))) parent.parts++
      return false
    }
    last.set(sample.thread, { sample, parts: 0 })
    return true
  })
}

/** Whether a sample is the next part of another one, of which `parts` came before, or a part of the last part. */
function isPartOf(sample: Sample, parent: Sample, parts: number): boolean {
  if (!sample.label.startsWith(parent.label)) return false
  if (sample.start < parent.start || sample.start > parent.start + parent.elapsed) return false
  const [, number, deeper] = /^-(\d+)(-\d+)*$/.exec(sample.label.slice(parent.label.length)) ?? []
  return Number(number) === (deeper === undefined ? parts : parts - 1)
}

/** The rows of a CSV text with JMeter's quoting. The last row counts only if a line break ends it. */
function table(csv: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let read = 0
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n)/y
  for (let match = cell.exec(csv); match; match = cell.exec(csv)) {
    read = cell.lastIndex
    row.push(match[1]!.startsWith('"') ? match[1]!.slice(1, -1).replaceAll('""', '"') : match[1]!)
    if (match[2] === ",") continue
    rows.push(row)
    row = []
  }
  const left = csv.slice(read)
  if (left.includes("\n") && !/^"(?:[^"]|"")*$/.test(left))
    throw new Error(`the results cannot be read after sample ${rows.length - 1}: ${firstLine(left)}`)
  return rows
}

/** Computes the figures. `setup` names the thread groups that are not part of the load. */
export function outcome(all: Sample[], setup: string[]): Outcome {
  const isSetup = (sample: Sample): boolean => setup.includes(sample.thread.replace(/ \d+-\d+$/, ""))
  const load = all.filter((sample) => !isSetup(sample))
  const failed = load.filter(({ success }) => !success).length
  const [first, last] = load.reduce(
    ([from, to], { start, elapsed }) => [Math.min(from, start), Math.max(to, start + elapsed)],
    [Infinity, -Infinity],
  )
  return {
    samples: load.length,
    failed,
    errors: load.length ? round((100 * failed) / load.length) : 0,
    p95: percentile(load),
    throughput: last > first ? round(load.length / ((last - first) / 1000)) : 0,
    labels: byLabel(load),
    setup: byLabel(all.filter(isSetup)),
  }
}

function byLabel(some: Sample[]): Label[] {
  const groups = new Map<string, Sample[]>()
  for (const sample of some) {
    const group = groups.get(sample.label)
    if (group) group.push(sample)
    else groups.set(sample.label, [sample])
  }
  return [...groups].map(([label, of]) => {
    const failed = of.filter(({ success }) => !success)
    return {
      label,
      samples: of.length,
      failed: failed.length,
      p95: percentile(of),
      slowest: of.reduce((most, { elapsed }) => Math.max(most, elapsed), 0),
      why: failed[0]?.why ?? "",
    }
  })
}

/** The smallest measured time that 95 of 100 samples did not exceed, in milliseconds. */
function percentile(some: Sample[]): number {
  const sorted = some.map(({ elapsed }) => elapsed).sort((a, b) => a - b)
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0
}

function round(figure: number): number {
  return Math.round(figure * 100) / 100
}

/** Compares the figures with the limits. The reason of a failure names the worst label. */
export function judge(found: Outcome, limits: Limits): Judgement {
  const { maxP95, minSamples } = limits
  const broken = found.setup.find(({ failed }) => failed > 0)
  if (broken)
    return { passed: false, reason: `the plan's set-up or tear-down failed: ${broken.label}: ${broken.why}`, unit: "" }
  if (found.samples < minSamples)
    return {
      passed: false,
      reason:
        found.samples === 0 ? "no samples taken" : `${found.samples} samples taken, at least ${minSamples} required`,
      value: found.samples,
      limit: minSamples,
      unit: "samples",
    }
  const { samples, errors, p95, throughput } = found
  const within = maxP95 > 0 ? ` (limit ${maxP95} ms)` : ""
  return (
    tooManyErrors(found, limits) ??
    tooSlow(found, limits) ?? {
      passed: true,
      reason: `${samples} samples, ${errors} % failed, p95 ${p95} ms${within}, ${throughput} samples/s`,
      value: p95,
      ...(maxP95 > 0 ? { limit: maxP95 } : {}),
      unit: "ms",
    }
  )
}

/** The failure of a run in which too many samples, or all of them, failed; undefined for any other. */
function tooManyErrors({ samples, failed, errors, labels }: Outcome, { maxErrors }: Limits): Judgement | undefined {
  if (failed < samples && (maxErrors < 0 || errors <= maxErrors)) return undefined
  const { label, why, ...worst } = highest(labels, (one) => one.failed / one.samples)
  const limit = maxErrors >= 0 ? ` (limit ${maxErrors} %)` : ""
  const where = `${label}, ${worst.failed} of ${worst.samples}: ${why}`
  return {
    passed: false,
    reason: `${errors} % of ${samples} samples failed${limit}; worst: ${where}`,
    value: errors,
    limit: maxErrors >= 0 ? maxErrors : 100,
    unit: "%",
  }
}

/** The failure of a run whose 95th percentile is above its limit; undefined for any other. */
function tooSlow({ p95, labels }: Outcome, { maxP95 }: Limits): Judgement | undefined {
  if (maxP95 <= 0 || p95 <= maxP95) return undefined
  const slowest = highest(labels, (one) => one.p95)
  return {
    passed: false,
    reason: `p95 ${p95} ms > ${maxP95} ms; worst: ${slowest.label}, ${slowest.p95} ms`,
    value: p95,
    limit: maxP95,
    unit: "ms",
  }
}

function highest(labels: Label[], by: (label: Label) => number): Label {
  return labels.reduce((most, label) => (by(label) > by(most) ? label : most))
}

/** A JUnit report with a test case for each label, failed if one of its samples failed. */
export function junit(name: string, { labels, setup }: Outcome): string {
  const cases = [...setup, ...labels].map(({ label, samples, failed, p95, why }) => {
    const open = `  <testcase classname="${encodeXml(name)}" name="${encodeXml(label)}" time="${p95 / 1000}"`
    return failed
      ? `${open}>\n    <failure message="${encodeXml(`${failed} of ${samples} failed: ${why}`)}"/>\n  </testcase>`
      : `${open}/>`
  })
  const failures = [...setup, ...labels].filter(({ failed }) => failed).length
  const suite = `<testsuite name="${encodeXml(name)}" tests="${cases.length}" failures="${failures}">`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suite}\n${cases.map((one) => `${one}\n`).join("")}</testsuite>\n`
}

/** What a run comes to: `results` is JMeter's CSV; undefined if it wrote none. `setup` names the groups beside the load. */
export function verdictOf(
  ended: Ended,
  { results, output }: { results: string | undefined; output: string },
  { setup, limits }: { setup: string[]; limits: Limits },
): Judgement & { found?: Outcome } {
  const failed = (reason: string, found?: Outcome) => ({ passed: false, reason, unit: "", found })
  if (results === undefined) return failed(ended.timedOut ? "" : whyNot(ended, output))
  const found = outcome(samples(results), setup)
  if (ended.timedOut) return failed(`${found.samples} samples written`, found)
  const judged = judge(found, limits)
  if (ended.exitCode !== 0 && (judged.passed || found.samples === 0)) return failed(whyNot(ended, output), found)
  return { ...judged, found }
}

/** Why JMeter did not test the address. It names a class that is missing in the middle of its words on the plan's XML. */
function whyNot(ended: Ended, output: string): string {
  const missing = /(?:CannotResolveClassException|ClassNotFoundException|NoClassDefFoundError): ([\w.$/]+)/.exec(
    output,
  )?.[1]
  if (missing === undefined) return notTested("jmeter", ended, output, trouble)
  const name = missing.replaceAll("/", ".")
  const words = `the plan needs the class ${name}, which this JMeter does not have: pass an image with its plug-in`
  return couldNotRun("jmeter", ended, words)
}

/** Lines of Java, of its logging and of JMeter's progress. */
const noise = /^(WARNING|WARN|INFO)\b|^SLF4J|^Created the tree|^Starting standalone|^Waiting for possible|^summary/

/** The line of JMeter's output that says why it did not run; "" if there is no output. */
export function trouble(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !noise.test(line))
  const cause = /cannot be reached|\berror\b|exception|could not|unable|not found|problem/i
  return firstLine(lines.find((line) => cause.test(line)) ?? lines[0] ?? "")
}
