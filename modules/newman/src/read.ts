import { firstLine } from "./shared/clock"

// Reads what newman has written, and what callers give as text: pure functions.

/** What a run of a collection has found. */
export interface Outcome {
  requests: number
  /** Assertions that ran; those that were skipped are not among them. */
  assertions: number
  failing: number
  /** The first thing to look at; empty when nothing failed. */
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

/** Reads newman's JSON report; undefined when there is none, or none that is whole. */
export function outcome(report: string): Outcome | undefined {
  if (report.trim() === "") return undefined
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

/** Why nothing ran: the first line that says so, past newman's own heading and banner. */
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

/** `--env-var` arguments of lines such as `NAME=value`. One that has no name is an error. */
export function environmentArguments(lines: string[]): string[] {
  for (const line of lines)
    if (!/^[^=\s]+=/.test(line)) throw new Error(`environment: ${JSON.stringify(line.split("=")[0])} is not NAME=value`)
  return lines.flatMap((line) => ["--env-var", line])
}
