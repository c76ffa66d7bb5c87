// Reads newman's report and output, and the variables that callers pass: pure functions over text.
import { firstLine } from "./shared/clock"
import { isWhole, notTested, type Ended } from "./shared/words"
import { assignments } from "./shared/arguments"

/** The figures of a run. */
export interface Outcome {
  requests: number
  /** Assertions that ran, without skipped ones. */
  assertions: number
  /** Failed assertions and requests. */
  failing: number
  /** The first failure with its folder and request; "" if there is none. */
  first: string
}

interface Report {
  run: {
    stats: Record<"requests" | "assertions", { total: number; pending: number; failed: number }>
    failures: {
      error: { name: string; message: string; test?: string }
      at?: string
      source?: { name?: string }
      parent?: { name?: string }
    }[]
  }
}

/** Reads newman's JSON report; undefined if the file is missing, or half of it. */
export function outcome(report: string): Outcome | undefined {
  if (!isWhole(report)) return undefined
  const { stats, failures } = (JSON.parse(report) as Report).run
  const first = failures[0]
  return {
    requests: stats.requests.total - stats.requests.pending,
    assertions: stats.assertions.total - stats.assertions.pending,
    failing: failures.length,
    first: first
      ? [first.parent?.name, first.source?.name, first.error.test, firstLine(first.error.message)]
          .filter((part) => part)
          .join(": ")
      : "",
  }
}

/** What a run comes to: its reason, and its figures where newman wrote its report. */
export function verdictOf(
  ended: Ended,
  { report, output }: { report: string; output: string },
): { passed: boolean; reason: string; found?: Outcome } {
  if (ended.timedOut) return { passed: false, reason: "" }
  const found = outcome(report)
  if (!found) return { passed: false, reason: notTested("newman", ended, output, trouble) }
  const failed = (reason: string) => ({ passed: false, reason, found })
  if (found.first !== "")
    return failed(`${found.first}${found.failing > 1 ? ` (and ${found.failing - 1} more failing)` : ""}`)
  if (ended.exitCode !== 0) return failed(notTested("newman", ended, output, trouble))
  const count = `${found.assertions} assertions in ${found.requests} requests`
  const isEmpty = found.requests === 0 || found.assertions === 0
  return isEmpty ? failed(`nothing was tested: ${count}`) : { passed: true, reason: count, found }
}

/** The line of newman's output that says why nothing ran, without its heading and usage. */
export function trouble(output: string): string {
  const lines = output
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "newman" && !line.startsWith("Usage:"))
  return firstLine(
    lines
      .find((line) => /cannot be reached|\berror\b|unable|invalid|could not/i.test(line))
      ?.replace(/^error:\s*/i, "") ??
      lines[0] ??
      "",
  )
}

/** The `--env-var` arguments for lines such as `NAME=value`. Throws if a line has no name. */
export function environmentArguments(lines: string[]): string[] {
  return assignments("environment", lines).flatMap(([name, value]) => ["--env-var", `${name}=${value}`])
}
