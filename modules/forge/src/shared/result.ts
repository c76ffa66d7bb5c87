// Generated from modules/shared/result.ts by `npm run sync`; do not edit.
// The one shape of what a step has found, and the frame that every step runs in: its lines on the terminal, its
// deadline, and what becomes of an error.
import { Directory, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./clock"
import { unlessInterrupted, type Ran } from "./step"
import { plainText } from "./words"

/** What a step has found. */
@object()
export class Result {
  /** Name of the result, for example `suppliers:test`. */
  @func() name: string = ""
  /**
   * `passed`, `failed`, `inconclusive` when there was nothing to judge by, `notApplicable` when the source has nothing
   * for this step, or `skipped` when the step did not run or did not end before its deadline.
   */
  @func() status: string = ""
  /** For a failure the first thing to look at; otherwise what was done. */
  @func() reason: string = ""
  /** Exit code of the tool; 124 when its time limit ended it, -1 when it did not run. */
  @func() exitCode: number = -1
  /** Seconds that the tool took when it really ran, also for a result from the cache. */
  @func() seconds: float = 0
  /** Whether all of the result came from the cache. */
  @func() cached: boolean = false
  /** The figure that the step is about, for example a coverage or a number of findings; empty when nothing was measured. */
  @func() value?: float
  /** Limit of `value`, where there is one. */
  @func() limit?: float
  /** Unit of `value`, for example `%` or `findings`; empty without a value. */
  @func() unit: string = ""
  /** Whether `limit` is the most that `value` may be; otherwise it is the least. */
  @func() atMost?: boolean
  /** Further figures of this tool as a JSON object, for example `{"p95":120}`; `{}` when there are none. */
  @func() details: string = "{}"
  /** `result.json` with all fields and details, `output.txt` with the tool's output, and the tool's own files. */
  @func() reports: Directory = dag.directory()

  /** The reason; an error unless the step passed or does not apply, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (!isGood(this.status)) throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

/** What a result may hold beside its name, status and reason. A `Ran` of runStep has the first four. */
export interface Facts {
  exitCode?: number
  seconds?: number
  cached?: boolean
  reports?: Directory
  value?: number
  limit?: number
  unit?: string
  atMost?: boolean
  details?: Record<string, unknown>
}

/** A new result. What `facts` does not give says that nothing ran. The unit is left out when there is no value. */
export function makeResult(name: string, status: string, reason: string, facts: Facts = {}): Result {
  const { exitCode = -1, seconds = 0, cached = false, reports = dag.directory(), value, limit, atMost } = facts
  return Object.assign(new Result(), {
    name,
    status,
    // Tools colour what they say, and so do engines.
    reason: plainText(reason),
    exitCode,
    seconds: Math.round(seconds * 100) / 100,
    cached,
    value,
    limit,
    unit: value === undefined ? "" : (facts.unit ?? ""),
    atMost,
    details: JSON.stringify(facts.details ?? {}),
    reports,
  })
}

/**
 * The result of one run of a tool. Unless `passed` says otherwise, exit code 0 is a pass. The reason begins with the
 * time limit when that ended the tool, and is the exit code where it would be empty.
 */
export function resultOfRun(
  name: string,
  ran: Ran,
  reason: string,
  { passed = ran.exitCode === 0, ...facts }: Facts & { passed?: boolean } = {},
): Result {
  const detailed = ran.timedOut ? `${timedOutAfter(ran)}${reason ? `: ${reason}` : ""}` : reason
  const status = passed ? "passed" : "failed"
  return makeResult(name, status, detailed || `exit code ${ran.exitCode}`, { ...ran, ...facts })
}

/** The reason of a step that its time limit ended. */
export function timedOutAfter({ seconds }: Pick<Ran, "seconds">): string {
  return `timed out after ${Math.round(seconds)} s`
}

/** Whether a status is no reason to stop: the step passed, or the source has nothing for it. */
export function isGood(status: string): boolean {
  return status === "passed" || status === "notApplicable"
}

/** The fields of a result as plain data, with its details among them; without its reports. */
export function fieldsOf(result: Result): Record<string, unknown> {
  const { reports: _, details, ...fields } = result
  return { ...fields, ...(JSON.parse(details) as Record<string, unknown>) }
}

interface StepOptions {
  /** Seconds since 1970 after which unfinished work is reported as skipped; 0 waits for its end. */
  deadline?: number
  /** Seconds that the work may take at most; after 30 more it is given up, because a service that ended can block it. */
  limit?: number
  /** Status of work that throws, or that is given up. */
  onError?: "failed" | "inconclusive"
}

/**
 * Runs a step and reports it: prints a line when it starts and one when it ends (none for an empty name), turns an
 * error into a result, and adds `result.json` to the reports.
 */
export async function reportStep(
  name: string,
  work: () => Promise<Result>,
  { deadline = 0, limit, onError = "failed" }: StepOptions = {},
): Promise<Result> {
  const print = (line: string): void => (name === "" ? undefined : console.log(line))
  const broken = (reason: string, output: string): Result =>
    makeResult(name, onError, reason, { reports: dag.directory().withNewFile("output.txt", output) })
  print(`▶ ${name}`)
  const givenUp = limit === undefined ? Infinity : Date.now() / 1000 + limit + 30
  const end = Math.min(deadline || Infinity, givenUp)
  const ended = await unlessInterrupted(work(), end === Infinity ? 0 : end).catch((error: unknown) =>
    broken(`could not run: ${messageOf(error)}`, String(error)),
  )
  if (ended === "interrupted" && end === deadline) return withResultFile(interruptedResult(name))
  const result = ended === "interrupted" ? broken(`did not end within ${(limit ?? 0) + 30} s`, "") : ended
  print(lineOf(result, name))
  return withResultFile(result)
}

/** The result of a step whose deadline passed before it ended. */
export function interruptedResult(name: string): Result {
  return makeResult(name, "skipped", "interrupted before it ended")
}

/** The result with its own fields beside its reports, as result.json. */
function withResultFile(result: Result): Result {
  const text = `${JSON.stringify(fieldsOf(result), null, 1)}\n`
  return Object.assign(result, { reports: result.reports.withNewFile("result.json", text) })
}

function lineOf({ status, seconds, reason }: Result, name: string): string {
  const marks: Record<string, string> = { inconclusive: "?", notApplicable: "⊘", skipped: "⊘" }
  return status === "passed" ? `✔ ${name} ${seconds} s ${reason}` : `${marks[status] ?? "✘"} ${name} ${reason}`
}

/** The first line of an error's text, without the trace id that the engine appends. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return firstLine(text).replace(/ \[traceparent:[^\]]*\]/, "")
}
