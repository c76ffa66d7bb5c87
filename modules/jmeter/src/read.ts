import { firstLine } from "./shared/clock"

// Reads the plan and what JMeter has written, and judges it: pure functions over text.

/** One sample, a line of JMeter's results. */
export interface Sample {
  label: string
  /** Milliseconds since 1970. */
  start: number
  /** Milliseconds. */
  elapsed: number
  thread: string
  success: boolean
  /** Why it failed: of an assertion, or the answer's status. */
  why: string
}

/** What is known of the samples of one label. */
export interface Label {
  label: string
  samples: number
  failed: number
  /** Milliseconds that 95 of 100 samples took at most. */
  p95: number
  slowest: number
  /** Why the first of them that failed has failed; empty when none did. */
  why: string
}

/** What a run has found. The figures are of the samples that the plan's thread groups took; those of set-up and tear-down groups are counted apart. */
export interface Outcome {
  samples: number
  failed: number
  /** Percent of the samples. */
  errors: number
  p95: number
  /** Samples in a second. */
  throughput: number
  labels: Label[]
  apart: Label[]
}

export interface Limits {
  maxP95: number
  maxErrors: number
  minSamples: number
}

/** Whether a run is good enough, why, and by which figure. */
export interface Judgement {
  passed: boolean
  reason: string
  value?: number
  limit?: number
  unit: string
}

/** The names of a plan's set-up and tear-down thread groups. */
export function groupsApart(plan: string): string[] {
  return [...plan.matchAll(/<(?:SetupThreadGroup|PostThreadGroup)\b[^>]*?\btestname="([^"]*)"/g)].map(([, name]) =>
    plain(name!),
  )
}

function plain(xml: string): string {
  const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }
  return xml.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, dec, name) =>
    hex ? String.fromCodePoint(parseInt(hex, 16)) : dec ? String.fromCodePoint(Number(dec)) : (named[name] ?? all),
  )
}

/** What is wrong with a plan, in words; empty for one that can be run. */
export function planFault(plan: string): string {
  if (!/<jmeterTestPlan\b/.test(plan)) return "plan: this is no plan of JMeter (it has no jmeterTestPlan)"
  if (!/\bbaseUrl\b/.test(plan))
    return "plan: it does not read the property baseUrl, so that it would test something else than url; write ${__P(baseUrl)} where the address begins"
  return ""
}

/** What is wrong with the limits, in words; empty when they can be used. */
export function limitFault({ maxP95, maxErrors, minSamples }: Limits): string {
  if (maxP95 < 0) return `maxP95: ${maxP95} is not 0 (no limit) or a number of milliseconds`
  if (maxErrors > 100 || (maxErrors < 0 && maxErrors !== -1))
    return `maxErrors: ${maxErrors} is not a percentage from 0 to 100, or -1 for no limit`
  if (minSamples < 1) return `minSamples: ${minSamples} is not 1 or more; a run without a sample has tested nothing`
  return ""
}

/** `-J` arguments of lines such as `users=20`. One that has no name is an error, and so is the address, which has an argument of its own. */
export function propertyArguments(lines: string[]): string[] {
  for (const line of lines) {
    if (!/^[^=\s]+=/.test(line)) throw new Error(`properties: ${JSON.stringify(line.split("=")[0])} is not NAME=value`)
    if (line.startsWith("baseUrl=")) throw new Error("properties: baseUrl is the argument url")
  }
  return lines.map((line) => `-J${line}`)
}

/** Reads JMeter's results (CSV with a heading). The lines that sum up a transaction are left out, and so is a last line that is not whole. */
export function samples(csv: string): Sample[] {
  const [heading = [], ...rows] = table(csv)
  const column = new Map(heading.map((name, i) => [name, i]))
  for (const name of ["timeStamp", "elapsed", "label", "success", "threadName"])
    if (rows.length > 0 && !column.has(name))
      throw new Error(`the results have no column ${name}: leave jmeter.save.saveservice.* as it is`)
  const odd = rows.findIndex((row) => row.length !== heading.length)
  if (odd >= 0)
    throw new Error(
      `the results cannot be read: sample ${odd + 1} has ${rows[odd]!.length} columns, not ${heading.length}`,
    )
  return rows
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
}

/** The rows of a CSV text, with quotes as JMeter sets them. The last row counts only when a line break ends it. */
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

/** Counts and measures samples. `apart` names the thread groups that are not part of the load. */
export function outcome(all: Sample[], apart: string[]): Outcome {
  const isApart = (sample: Sample): boolean => apart.includes(sample.thread.replace(/ \d+-\d+$/, ""))
  const load = all.filter((sample) => !isApart(sample))
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
    apart: byLabel(all.filter(isApart)),
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

/** The time that 95 of 100 samples took at most: the smallest of the measured ones for which that is so. */
function percentile(some: Sample[]): number {
  const sorted = some.map(({ elapsed }) => elapsed).sort((a, b) => a - b)
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0
}

function round(figure: number): number {
  return Math.round(figure * 100) / 100
}

/** Whether the run keeps to the limits. What is wrong is said with the label that is worst. */
export function judge(found: Outcome, { maxP95, maxErrors, minSamples }: Limits): Judgement {
  const before = found.apart.find(({ failed }) => failed > 0)
  if (before)
    return { passed: false, reason: `the plan's set-up or tear-down failed: ${before.label}: ${before.why}`, unit: "" }
  if (found.samples === 0)
    return { passed: false, reason: "no sample was taken", value: 0, limit: minSamples, unit: "samples" }
  if (found.samples < minSamples)
    return {
      passed: false,
      reason: `only ${found.samples} samples were taken, at least ${minSamples} are wanted`,
      value: found.samples,
      limit: minSamples,
      unit: "samples",
    }
  const failing = worst(found.labels, ({ failed, samples }) => failed / samples)
  if ((maxErrors >= 0 && found.errors > maxErrors) || found.failed === found.samples)
    return {
      passed: false,
      reason: `${found.errors} % of ${found.samples} samples failed${maxErrors >= 0 ? `, at most ${maxErrors} % may` : ""}; worst: ${failing.label}, ${failing.failed} of ${failing.samples}: ${failing.why}`,
      value: found.errors,
      limit: maxErrors >= 0 ? maxErrors : 100,
      unit: "%",
    }
  const slow = worst(found.labels, ({ p95 }) => p95)
  if (maxP95 > 0 && found.p95 > maxP95)
    return {
      passed: false,
      reason: `95 % of the samples took up to ${found.p95} ms, ${maxP95} ms are allowed; worst: ${slow.label}, ${slow.p95} ms`,
      value: found.p95,
      limit: maxP95,
      unit: "ms",
    }
  const within = maxP95 > 0 ? ` of ${maxP95}` : ""
  return {
    passed: true,
    reason: `${found.samples} samples, ${found.errors} % failed, 95 % within ${found.p95}${within} ms, ${found.throughput} in a second`,
    value: found.p95,
    ...(maxP95 > 0 ? { limit: maxP95 } : {}),
    unit: "ms",
  }
}

function worst(labels: Label[], by: (label: Label) => number): Label {
  return labels.reduce((most, label) => (by(label) > by(most) ? label : most))
}

/** JUnit of a run: a test case for each label, failed when one of its samples did. */
export function junit(name: string, { labels, apart }: Outcome): string {
  const cases = [...apart, ...labels].map(({ label, samples, failed, p95, why }) => {
    const open = `  <testcase classname="${xml(name)}" name="${xml(label)}" time="${p95 / 1000}"`
    return failed
      ? `${open}>\n    <failure message="${xml(`${failed} of ${samples} failed: ${why}`)}"/>\n  </testcase>`
      : `${open}/>`
  })
  const failures = [...apart, ...labels].filter(({ failed }) => failed).length
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="${xml(name)}" tests="${cases.length}" failures="${failures}">\n${cases.map((one) => `${one}\n`).join("")}</testsuite>\n`
}

function xml(text: string): string {
  return text
    .replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
}

/** Why JMeter did not run, in one line: what it says itself, past warnings of Java and of its logging. */
export function trouble(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== "" &&
        !/^(WARNING|WARN|INFO)\b|^SLF4J|^Created the tree|^Starting standalone|^Waiting for possible|^summary/.test(
          line,
        ),
    )
  return firstLine(
    lines.find((line) => /cannot be reached|\berror\b|exception|could not|unable|not found|problem/i.test(line)) ??
      lines[0] ??
      "",
  )
}
