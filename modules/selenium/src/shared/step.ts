// Generated from modules/shared/step.ts by `npm run sync`; do not edit.
// One command of a tool as a step: limited in time, its output and exit code as values, its reports as a folder.
import { Container, Directory, ReturnType, dag } from "@dagger.io/dagger"
import { firstLine, parseClock, stepCommand } from "./clock"

/** What is known of a command that has ended. */
export interface Ran {
  exitCode: number
  seconds: number
  cached: boolean
  timedOut: boolean
  container: Container
  /** The folder /report of the container: output.txt and what the tool itself wrote. */
  reports: Directory
}

/**
 * Runs a command so that neither a failure nor a hang loses its reports: any exit code is kept, the output is in
 * /report/output.txt, and after `timeout` seconds the command is ended. A success may come from the cache; a failure never
 * does, or a network that was down once would keep a stage red until a file changes. With `yields` it leaves the processors to
 * what runs beside it: tests, which take longest.
 */
export async function runStep(
  container: Container,
  command: string[],
  timeout: number,
  { yields = false } = {},
): Promise<Ran> {
  const asked = Date.now() / 1000
  const whole = [...(yields ? ["nice", "-n", "10"] : []), ...stepCommand(command, timeout)]
  const ran = await runOnce(container, whole, asked)
  return ran.exitCode !== 0 && ran.cached
    ? runOnce(container.withEnvVariable("STEP_ASKED_AT", String(asked)), whole, asked)
    : ran
}

async function runOnce(container: Container, command: string[], asked: number): Promise<Ran> {
  const done = container.withExec(command, { expect: ReturnType.Any })
  const exitCode = await done.exitCode()
  const clock = parseClock(await done.stdout())
  return {
    exitCode,
    seconds: clock.end - clock.start,
    cached: clock.end < asked,
    timedOut: exitCode === 124,
    container: done,
    reports: done.directory("/report"),
  }
}

/**
 * What several runs took: `sum` for those that came one after the other, `longest` for those side by side. Only what ran now counts; where all
 * came from the cache, it is what they took then.
 */
export function timesOf(runs: Pick<Ran, "seconds" | "cached">[]): { sum: number; longest: number; cached: boolean } {
  const now = runs.filter(({ cached }) => !cached)
  const seconds = (now.length ? now : runs).map((run) => run.seconds)
  return { sum: seconds.reduce((sum, one) => sum + one, 0), longest: Math.max(0, ...seconds), cached: now.length === 0 }
}

/** The content of a report, or "" when the tool did not come so far as to write it. */
export async function readReport(reports: Directory, file: string): Promise<string> {
  return (await reports.exists(file)) ? reports.file(file).contents() : ""
}

/** Resolves with "interrupted" at the given time (seconds since 1970; 0 = never), else with what the work gives. */
export async function unlessInterrupted<T>(work: Promise<T>, until: number): Promise<T | "interrupted"> {
  if (until === 0) return work
  return new Promise((resolve, reject) => {
    const bell = setTimeout(() => resolve("interrupted"), Math.max(0, until * 1000 - Date.now()))
    work.then(resolve, reject).finally(() => clearTimeout(bell))
  })
}

/** What a line tells of a module's own result. */
interface Told {
  status: string
  seconds: number
  reason: string
}

/**
 * Replaced by reportStep of result.ts; modules that have not adopted that use it.
 */
export async function told<T extends Told>(
  name: string,
  until: number,
  work: () => Promise<T>,
  without: (status: string, reason: string, reports: Directory) => T,
): Promise<T> {
  const say = (line: string): void => (name === "" ? undefined : console.log(line))
  say(`▶ ${name}`)
  const ended = await unlessInterrupted(work(), until).catch((error: unknown) =>
    without(
      "failed",
      `could not run: ${firstLine(error instanceof Error ? error.message : String(error))}`,
      dag.directory().withNewFile("output.txt", String(error)),
    ),
  )
  if (ended === "interrupted") return without("skipped", "interrupted before it ended", dag.directory())
  const marks: Record<string, string> = { inconclusive: "?", notApplicable: "⊘", skipped: "⊘" }
  say(
    ended.status === "passed"
      ? `✔ ${name} ${ended.seconds} s ${ended.reason}`
      : `${marks[ended.status] ?? "✘"} ${name} ${ended.reason}`,
  )
  return ended
}

/** The result with its own fields beside its reports, as result.json. */
export function withResult<T extends { reports: Directory }>(result: T): T {
  const { reports, ...fields } = result
  result.reports = reports.withNewFile("result.json", `${JSON.stringify(fields, null, 1)}\n`)
  return result
}
