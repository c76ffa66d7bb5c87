// The steps: each runs a script of package.json in the installed project and reads a result out of the reports.
import type { Container } from "@dagger.io/dagger"
import { workdir } from "./install"
import {
  coveragePercent,
  firstError,
  lintFailure,
  lintProblems,
  runsVitest,
  scriptsIn,
  testOutcome,
  typeFailure,
  type StepName,
} from "./read"
import { Result, makeResult, resultOfRun } from "./shared/result"
import { sarif } from "./shared/sarif"
import { readReport, runStep } from "./shared/step"

/** How a step runs: `script` is one of package.json, `args` are for it, the time limit is in seconds. */
interface StepOptions {
  name: string
  script: string
  args: string[]
  timeout: number
  /** The project's package.json. */
  packageJson: string
}

type Step = (project: Container, options: StepOptions) => Promise<Result>

const steps: Record<StepName, Step> = {
  lint,
  typecheck: (project, options) => runScript(project, options, typeFailure),
  test: (project, options) =>
    runsVitest(options.packageJson, options.script) ? vitest(project, options) : otherTests(project, options),
  build: (project, options) => runScript(project, options, firstError),
}

/**
 * Runs a step. A project without a script of the step's name has nothing to lint, to type-check or to build; without
 * tests it fails, and so it does without a script that the caller has named.
 */
export async function runNamed(step: StepName, project: Container, options: StepOptions): Promise<Result> {
  const isMissing = options.script === step && scriptsIn(options.packageJson)[step] === undefined
  if (step !== "test" && isMissing)
    return makeResult(options.name, "notApplicable", `package.json has no script ${step}`, { exitCode: 0 })
  return steps[step](project, options)
}

/** The command that runs a script of package.json. */
export function npmRun(script: string, args: string[]): string[] {
  return ["npm", "run", script, ...(args.length > 0 ? ["--", ...args] : [])]
}

async function runScript(
  project: Container,
  { name, script, args, timeout }: StepOptions,
  errorIn: (output: string) => string,
): Promise<Result> {
  const ran = await runStep(project, npmRun(script, args), timeout)
  const reason =
    ran.exitCode === 0 ? `npm run ${script} found nothing` : errorIn(await readReport(ran.reports, "output.txt"))
  return resultOfRun(name, ran, reason)
}

async function lint(project: Container, { name, script, args, timeout }: StepOptions): Promise<Result> {
  const ran = await runStep(project, npmRun(script, args), timeout)
  const output = await readReport(ran.reports, "output.txt")
  const reports = ran.reports.withNewFile("lint.sarif", sarif(["eslint"], lintProblems(output, workdir)))
  const reason = ran.exitCode === 0 ? `npm run ${script} found nothing` : lintFailure(output, workdir)
  return resultOfRun(name, { ...ran, reports }, reason)
}

/** Arguments of vitest: JUnit, a JSON report and the coverage go to /report. */
const testFlags = [
  "--reporter=default",
  "--reporter=junit",
  "--reporter=json",
  "--outputFile.junit=/report/junit.xml",
  "--outputFile.json=/report/vitest.json",
  "--coverage.enabled=true",
  "--coverage.reportOnFailure=true",
  "--coverage.reporter=json-summary",
  "--coverage.reporter=lcovonly",
  "--coverage.reporter=cobertura",
  "--coverage.reportsDirectory=/report/coverage",
]

/** Tests of another runner: all that is known of them is the exit code. */
async function otherTests(
  project: Container,
  { name, script, args, timeout, packageJson }: StepOptions,
): Promise<Result> {
  const ran = await runStep(project, npmRun(script, args), timeout)
  const command = scriptsIn(packageJson)[script] ?? ""
  const reason =
    ran.exitCode === 0
      ? `npm run ${script} exited with 0; it does not run vitest (${command}), so tests and coverage are not counted`
      : firstError(await readReport(ran.reports, "output.txt"))
  return resultOfRun(name, ran, reason)
}

async function vitest(project: Container, { name, script, args, timeout }: StepOptions): Promise<Result> {
  const ran = await runStep(project, npmRun(script, [...testFlags, ...args]), timeout)
  const [report, summary] = await Promise.all([
    readReport(ran.reports, "vitest.json"),
    readReport(ran.reports, "coverage/coverage-summary.json"),
  ])
  const outcome = testOutcome(report, workdir)
  const coverage = coveragePercent(summary)
  const measured = { value: coverage === undefined ? undefined : Math.round(coverage * 10) / 10, unit: "%" }
  if (!outcome || (ran.exitCode !== 0 && outcome.first === "")) {
    const reason =
      ran.exitCode === 0
        ? "the test script wrote no report: it must run vitest"
        : firstError(await readReport(ran.reports, "output.txt"))
    return resultOfRun(name, ran, reason, { ...measured, passed: false })
  }
  const { tests, skipped, failing, first } = outcome
  if (ran.exitCode !== 0)
    return resultOfRun(name, ran, `${first}${failing > 1 ? ` (and ${failing - 1} more failing)` : ""}`, measured)
  const count = `${tests} tests${skipped ? `, ${skipped} skipped` : ""}`
  const isEmpty = tests - skipped <= 0
  return resultOfRun(name, ran, isEmpty ? `no test ran (${count})` : count, { ...measured, passed: !isEmpty })
}
