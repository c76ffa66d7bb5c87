// Generated from modules/shared/report.ts by `npm run sync`; do not edit.
// The results of several steps as one.
import { Directory, dag, func, object } from "@dagger.io/dagger"
import { Result, fieldsOf, isGood } from "./result"

/** The results of several steps. */
@object()
export class Report {
  /** Whether every step passed or does not apply. */
  @func() passed: boolean = false
  /** One line for each step. */
  @func() summary: string = ""
  /** The results, in the order in which the steps were requested. */
  @func() results: Result[] = []
  /** A folder for each step, and `results.json` with the fields of every result. */
  @func() reports: Directory = dag.directory()

  /** The summary; an error when a step did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (!this.passed) throw new Error(this.summary)
    return this.summary
  }
}

/** The report of steps: `steps` names the folder of each result; `reports` may hold more folders. */
export function makeReport(steps: string[], results: Result[], reports: Directory = dag.directory()): Report {
  for (const [i, result] of results.entries()) reports = reports.withDirectory(steps[i]!, result.reports)
  return Object.assign(new Report(), {
    passed: results.every(({ status }) => isGood(status)),
    summary: results.map((r) => `${r.status} ${r.name} ${r.seconds} s ${r.reason}`).join("\n"),
    results,
    reports: reports.withNewFile("results.json", `${JSON.stringify(results.map(fieldsOf), null, 1)}\n`),
  })
}
