// Generated from modules/shared/step.ts by `npm run sync`; do not edit.
// One command of a tool as a step: limited in time, its output and exit code as values, its reports as a folder.
import { Container, Directory, ReturnType } from "@dagger.io/dagger"
import { parseClock, stepCommand } from "./clock"

/** The end of a command. */
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
 * Runs a command so that neither a failure nor a hang loses its reports: any exit code is returned, the output is in
 * /report/output.txt, and the command is ended after `timeout` seconds. A success may come from the cache. A failure never
 * does: otherwise a network that was down once would keep a stage red until a file changes. With `yields` the command has
 * a low priority, so that tests, which take longest, get the processors.
 */
export async function runStep(
  container: Container,
  command: string[],
  timeout: number,
  { yields = false } = {},
): Promise<Ran> {
  const start = Date.now() / 1000
  const whole = [...(yields ? ["nice", "-n", "10"] : []), ...stepCommand(command, timeout)]
  const ran = await runOnce(container, whole, start)
  return ran.exitCode !== 0 && ran.cached
    ? runOnce(container.withEnvVariable("NONCE", String(start)), whole, start)
    : ran
}

async function runOnce(container: Container, command: string[], start: number): Promise<Ran> {
  const done = container.withExec(command, { expect: ReturnType.Any })
  const exitCode = await done.exitCode()
  const clock = parseClock(await done.stdout())
  return {
    exitCode,
    seconds: clock.end - clock.start,
    cached: clock.end < start,
    timedOut: exitCode === 124,
    container: done,
    reports: done.directory("/report"),
  }
}

/**
 * Seconds that several runs took: `sum` for runs one after the other, `longest` for runs side by side. Runs from the cache
 * count only when all came from it.
 */
export function timesOf(runs: Pick<Ran, "seconds" | "cached">[]): { sum: number; longest: number; cached: boolean } {
  const now = runs.filter(({ cached }) => !cached)
  const seconds = (now.length ? now : runs).map((run) => run.seconds)
  return { sum: seconds.reduce((sum, one) => sum + one, 0), longest: Math.max(0, ...seconds), cached: now.length === 0 }
}

/** The content of a report, or "" when the tool did not write it. */
export async function readReport(reports: Directory, file: string): Promise<string> {
  return (await reports.exists(file)) ? reports.file(file).contents() : ""
}

/** The work's value, or "interrupted" when `until` (seconds since 1970; 0 = never) comes first. */
export async function unlessInterrupted<T>(work: Promise<T>, until: number): Promise<T | "interrupted"> {
  if (until === 0) return work
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("interrupted"), Math.max(0, until * 1000 - Date.now()))
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
