// The model of a result: stages, what they add up to, and the table of them.
import type { Directory } from "@dagger.io/dagger"
import { reasonText } from "./next-steps"
import type { Finding } from "./sarif"

export type Status = "passed" | "failed" | "inconclusive" | "notApplicable" | "skipped"

/** One stage's result: the fields of result.json. */
export interface Stage {
  name: string
  status: Status
  /** One line for people; of a failure, the first thing to look at. */
  reason: string
  /** The gate's number against its limit. */
  value?: number
  limit?: number
  unit?: string
  /** Whether the pipeline may be green although this result is inconclusive. */
  tolerated?: boolean
  /** Whether the limit is a maximum; else it is a minimum. */
  atMost?: boolean
  /** How long the tools took. */
  seconds: number
  /** Whether the result came from the cache. */
  cached: boolean
  exitCode: number
  /** Known findings, which the base of the change has too, with `gates.scope: new`. */
  known?: number
  /** What to do about it, if there is more to say than its name tells (nextStepOf). */
  next?: string
  /** When its part began and ended, in seconds since the pipeline began; undefined if the result is cached. */
  from?: number
  to?: number
}

/** The result of a module's call: some stages and their reports, as a folder or as texts by path. */
export interface Found {
  found: Stage[]
  reports: Directory | Record<string, string>
  /** How its findings compare with those of the base of the change. */
  compared?: Compared
}

/** How the findings of a stage compare with those of its base. */
export interface Compared {
  /** Name of the base, such as `develop (1a2b3c4d5e)`; empty if there is none, so that all findings count. */
  base: string
  /** The findings of the base; undefined if they are not known. */
  before?: Finding[]
  /** What is to be said of the comparison, such as why there is none; empty for nothing. */
  note: string
}

/** The coverage of a file, which is named from the repository's root. */
export interface FileCoverage {
  file: string
  statements: number
  covered: number
  /** Lines with statements, and whether a test ran one of them. */
  lines: Map<number, boolean>
}

/** The reason of a stage that was not selected; any other skipped stage should have run. */
export const notSelected = "not selected"

/** Returns the folder of a stage's reports: `api:test` has `api/test`. */
export function folderOf(stage: string): string {
  return stage.replace(":", "/")
}

/** Whether a stage makes the pipeline red. */
export function isRed({ status, tolerated = false }: { status: Status; tolerated?: boolean }): boolean {
  return status === "failed" || (status === "inconclusive" && !tolerated)
}

/** Whether a deployment stays, or a rollback is left out, until a person decides. */
export function isHeld(stages: Pick<Stage, "name" | "status">[]): boolean {
  return stages.some(({ name, status }) => status === "inconclusive" && name.endsWith(":rollback"))
}

/** Returns the verdict: green if something ran, every selected stage ended, and none failed or is inconclusive (unless tolerated). */
export function verdictOf(stages: Stage[]): { passed: boolean; line: string } {
  const count = (status: Status) => stages.filter((stage) => stage.status === status).length
  const unfinished = stages.some((stage) => stage.status === "skipped" && stage.reason !== notSelected)
  const red = stages.filter(isRed).length
  const ended =
    count("passed") + stages.filter(({ status, tolerated }) => status === "inconclusive" && tolerated).length
  const passed = red === 0 && ended > 0 && !unfinished
  const numbers = (["passed", "failed", "inconclusive", "skipped"] as const)
    .filter((status) => count(status))
    .map((status) => `${count(status)} ${status}`)
    .join(", ")
  const why = passed
    ? ""
    : isHeld(stages)
      ? ": a person decides"
      : red
        ? ""
        : unfinished
          ? ": not every stage has ended"
          : ": nothing ran"
  return { passed, line: `${passed ? "GREEN" : "RED"}${why} (${numbers || "no stage"})` }
}

/** Statuses in a table; lines of progress have the first character. */
export const marks: Record<Status, string> = {
  passed: "✔ passed",
  failed: "✘ failed",
  inconclusive: "? inconclusive",
  notApplicable: "– not applicable",
  skipped: "⊘ skipped",
}

/** Returns the number of a stage against its limit, such as `91.2 % ≥ 80 %`. */
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
  // A short unit stands beside each number, a word after both.
  return `${text(value)}${of.length < 4 ? of : ""} ${sign} ${text(limit)}${of}`
}

/** Returns the table at the end of a run, of at most 25 lines: stage, verdict, number against limit, seconds, reason; the verdict. */
export function tableOf(stages: Stage[]): string {
  // If there are too many, passed stages of a service share a line; if there are still too many, passed stages are counted.
  const grouped = stages.length <= 21 ? stages : byService(stages)
  const shown = grouped.length <= 21 ? grouped : stages.filter(({ status }) => status !== "passed").slice(0, 20)
  const rows = shown.map((stage) => [
    stage.name,
    marks[stage.status],
    numberText(stage),
    `${stage.seconds.toFixed(1)}${stage.cached ? " cached" : ""}`,
    stage.status === "passed" && !stage.known ? "" : reasonText(stage, 160),
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

/** Joins a service's stages that passed or were not selected: `api:lint,build`, with the slowest one's seconds and the gate's number. */
function byService(stages: Stage[]): Stage[] {
  const groups = new Map<string, Stage[]>()
  for (const stage of stages) {
    const alone = (stage.status !== "passed" && stage.reason !== notSelected) || stage.known !== undefined
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

/** Returns a text on one line, without control characters, of at most `most` characters. */
export function oneLine(text: string, most: number): string {
  const clean = text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim()
  return [...clean].length > most ? `${[...clean].slice(0, most - 1).join("")}…` : clean
}
