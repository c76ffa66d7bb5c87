// The steps: each runs a script of package.json in the installed project and reads a result out of the reports.
import type { Container } from "@dagger.io/dagger"
import { scriptCommand, type ManagerName } from "./managers"
import { firstError, lintFailure, lintProblems, scriptsIn, typeFailure, type StepName } from "./read"
import { Result, makeResult, resultOfRun } from "./shared/result"
import { sarif } from "./shared/sarif"
import { readReport, runStep, type Ran } from "./shared/step"
import { runTests } from "./tests"

/** How a step runs: `script` is one of package.json, `args` are for it, the time limit is in seconds. */
export interface StepOptions {
  name: string
  script: string
  args: string[]
  timeout: number
  /** The image of the steps. */
  image: string
  manager: ManagerName
  /** The folder of the project in the container. */
  folder: string
  /** The project's package.json. */
  packageJson: string
  /** The package.json of the root whose workspace the project is; else the same. */
  rootPackageJson: string
}

type Step = (project: Container, options: StepOptions) => Promise<Result>

const steps: Record<StepName, Step> = {
  lint,
  typecheck: (project, options) => runScript(project, options, typeFailure),
  test: runTests,
  build: (project, options) => runScript(project, options, firstError),
}

/**
 * Runs a step. A project without a script of the step's name has nothing to lint, to type-check, to test or to build;
 * a script that the caller has named must be there.
 */
export async function runNamed(step: StepName, project: Container, options: StepOptions): Promise<Result> {
  const isMissing = options.script === step && scriptsIn(options.packageJson)[step] === undefined
  if (step !== "test" && isMissing)
    return makeResult(options.name, "notApplicable", `package.json has no script ${step}`, { exitCode: 0 })
  return steps[step](project, options)
}

async function runScript(
  project: Container,
  options: StepOptions,
  errorIn: (output: string) => string,
): Promise<Result> {
  const ran = await run(project, options)
  const reason = ran.exitCode === 0 ? cleanReason(options) : errorIn(await readReport(ran.reports, "output.txt"))
  return resultOfRun(options.name, ran, reason)
}

async function lint(project: Container, options: StepOptions): Promise<Result> {
  const ran = await run(project, options)
  const output = await readReport(ran.reports, "output.txt")
  const reports = ran.reports.withNewFile("lint.sarif", sarif(["eslint"], lintProblems(output, options.folder)))
  const reason = ran.exitCode === 0 ? cleanReason(options) : lintFailure(output, options.folder)
  return resultOfRun(options.name, { ...ran, reports }, reason)
}

function run(project: Container, { manager, script, args, timeout }: StepOptions): Promise<Ran> {
  return runStep(project, scriptCommand(manager, script, args), timeout)
}

function cleanReason({ manager, script }: StepOptions): string {
  const [program] = scriptCommand(manager, script)
  return `${program} run ${script} found nothing`
}
