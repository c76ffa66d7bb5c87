// The model of a result: stages, what they add up to, and the table of them.
import type { Directory } from "@dagger.io/dagger"

export type Status = "passed" | "failed" | "inconclusive" | "notApplicable" | "skipped"

/** One stage's result: the fields of result.json. */
export interface Stage {
  name: string
  status: Status
  /** One line that a person understands; for a failure the first thing to look at. */
  reason: string
  /** The gate's number against its limit. */
  value?: number
  limit?: number
  unit?: string
  /** Whether an inconclusive result holds nothing: it is told, and the pipeline may be green. */
  tolerated?: boolean
  /** Whether the limit is the most that is allowed; else it is the least. */
  atMost?: boolean
  /** How long the tools took. */
  seconds: number
  /** Whether the result came from the cache. */
  cached: boolean
  exitCode: number
  /** When its part of the pipeline began and ended, in seconds since the pipeline began; nothing where the result came from the cache. */
  from?: number
  to?: number
}

/** What a module's call gave: some stages, and their reports, one folder for each step: as a folder, or as texts by their path. */
export interface Found {
  found: Stage[]
  reports: Directory | Record<string, string>
}

/** What the tests have run of a file, which is named from the repository's root. */
export interface FileCoverage {
  file: string
  statements: number
  covered: number
  /** Lines on which statements stand, and whether a test ran one of each. */
  lines: Map<number, boolean>
}

/** The reason of a stage that was left out on purpose; any other skipped stage was wanted and has no result. */
export const notAskedFor = "not asked for"

/** Returns the folder of a stage's reports: `api:test` has `api/test`. */
export function folderOf(stage: string): string {
  return stage.replace(":", "/")
}

/** Whether a stage is what turned a pipeline red. */
export function isRed({ status, tolerated = false }: { status: Status; tolerated?: boolean }): boolean {
  return status === "failed" || (status === "inconclusive" && !tolerated)
}

/** The verdict: green only when something ran, all that was asked for has ended, and nothing failed or stayed inconclusive, unless that is tolerated: then it is told. */
export function verdictOf(stages: Stage[]): { passed: boolean; line: string } {
  const count = (status: Status) => stages.filter((stage) => stage.status === status).length
  const unfinished = stages.some((stage) => stage.status === "skipped" && stage.reason !== notAskedFor)
  const red = stages.filter(isRed).length
  const ended =
    count("passed") + stages.filter(({ status, tolerated }) => status === "inconclusive" && tolerated).length
  const passed = red === 0 && ended > 0 && !unfinished
  const numbers = (["passed", "failed", "inconclusive", "skipped"] as const)
    .filter((status) => count(status))
    .map((status) => `${count(status)} ${status}`)
    .join(", ")
  const why = passed ? "" : red ? "" : unfinished ? ": not every stage has ended" : ": nothing ran"
  return { passed, line: `${passed ? "GREEN" : "RED"}${why} (${numbers || "no stage"})` }
}

/** How a table shows a status; the first character alone in lines of progress. */
export const marks: Record<Status, string> = {
  passed: "✔ passed",
  failed: "✘ failed",
  inconclusive: "? inconclusive",
  notApplicable: "– not applicable",
  skipped: "⊘ skipped",
}

/** The number of a stage against its limit, such as `91.2 % ≥ 80 %`. */
export function numberText({
  value,
  limit,
  unit = "",
  atMost,
}: Pick<Stage, "value" | "limit" | "unit" | "atMost">): string {
  const text = (number: number) => `${Math.abs(number) < 100 ? Number(number.toPrecision(3)) : Math.round(number)}`
  const of = unit && ` ${unit}`
  if (value === undefined) return ""
  if (limit === undefined) return `${text(value)}${of}`
  const sign = atMost ? (value > limit ? ">" : "≤") : value < limit ? "<" : "≥"
  // A unit of one or two letters stands beside each number, a word behind both.
  return `${text(value)}${of.length < 4 ? of : ""} ${sign} ${text(limit)}${of}`
}

/** The table at the end of a run: stage, verdict, number against limit, seconds, first line. At most 25 lines, verdict included. */
export function tableOf(stages: Stage[]): string {
  // Where all do not fit, what went well shares a line a service; where that does not fit either, it is counted.
  const grouped = stages.length <= 21 ? stages : byService(stages)
  const shown = grouped.length <= 21 ? grouped : stages.filter(({ status }) => status !== "passed").slice(0, 20)
  const rows = shown.map((stage) => [
    stage.name,
    marks[stage.status],
    numberText(stage),
    `${stage.seconds.toFixed(1)}${stage.cached ? " cached" : ""}`,
    stage.status === "passed" ? "" : oneLine(stage.reason, 160),
  ])
  const head = ["stage", "verdict", "number", "seconds", "first line"]
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => [...row[column]!].length)))
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell + " ".repeat(widths[column]! - [...cell].length))
      .join("  ")
      .trimEnd()
  const folded = shown === grouped ? 0 : stages.length - shown.length
  return [
    line(head),
    widths
      .map((width) => "─".repeat(width))
      .join("──")
      .slice(0, 100),
    ...rows.map(line),
    ...(folded ? [`… and ${folded} more: see summary.md`] : []),
    verdictOf(stages).line,
  ].join("\n")
}

/** The stages with those of a service that passed, or were not asked for, as one: `api:lint,build`, the slowest one's seconds, the gate's number. */
function byService(stages: Stage[]): Stage[] {
  const groups = new Map<string, Stage[]>()
  for (const stage of stages) {
    const alone = stage.status !== "passed" && stage.reason !== notAskedFor
    const key = alone ? stage.name : `${stage.name.split(":")[0]} ${stage.status}`
    groups.set(key, [...(groups.get(key) ?? []), stage])
  }
  return [...groups.values()].map((group) => {
    if (group.length === 1) return group[0]!
    const [service] = group[0]!.name.split(":")
    const { value, limit, unit, atMost } = group.find((stage) => stage.value !== undefined) ?? {}
    return {
      ...group[0]!,
      name: `${service}:${group.map((stage) => stage.name.split(":")[1]).join(",")}`,
      value,
      limit,
      unit,
      atMost,
      seconds: Math.max(...group.map((stage) => stage.seconds)),
      cached: group.every((stage) => stage.cached),
    }
  })
}

/** A text on one line, without control characters, cut at a length. */
export function oneLine(text: string, most: number): string {
  const clean = text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim()
  return [...clean].length > most ? `${[...clean].slice(0, most - 1).join("")}…` : clean
}
