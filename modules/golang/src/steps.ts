// The steps: each runs its script in a container with the module's files and reads a result out of the reports.
import type { Container } from "@dagger.io/dagger"
import { forPlatform, type GoModule } from "./module"
import { coveragePercent, lineOf, lintFindings, testOutcome, under } from "./read"
import { buildScript, lintScript, testScript } from "./scripts"
import { firstLine } from "./shared/clock"
import { refusal } from "./shared/refusal"
import { Result, resultOfRun } from "./shared/result"
import { sarif, type Finding } from "./shared/sarif"
import { readReport, runStep, type Ran } from "./shared/step"

/** The names of the steps, in the order in which `check` starts them. */
export const stepNames = ["lint", "test", "build"] as const
export type StepName = (typeof stepNames)[number]

/** How a step runs: the container is in the folder of the module, the time-out is in seconds. */
interface StepOptions {
  container: Container
  args: string[]
  timeout: number
}

type Step = (module: GoModule, options: StepOptions) => Promise<Result>

/** Every step by its name. */
export const steps: Record<StepName, Step> = { lint, test, build }

async function lint(module: GoModule, { container, args, timeout }: StepOptions): Promise<Result> {
  const name = `${module.name}:lint`
  const ran = await runStep(container, ["bash", "-c", lintScript, "lint", ...args], timeout, { yields: true })
  if (ran.exitCode === 0) return resultOfRun(name, withSarif(ran, []), "gofmt, vet and staticcheck found nothing")
  const read = (file: string): Promise<string> => readReport(ran.reports, file)
  const [gofmt, vet, vetErrors, staticcheck, staticcheckErrors, output] = await Promise.all([
    read("gofmt.txt"),
    read("vet.json"),
    read("vet.txt"),
    read("staticcheck.json"),
    read("staticcheck.err"),
    read("output.txt"),
  ])
  const files = { gofmt, vet, vetErrors, staticcheck, staticcheckErrors }
  const findings = lintFindings(files, module.path, module.workdir)
  return resultOfRun(name, withSarif(ran, findings), refusal(output) || summaryOf(findings) || firstLine(output))
}

function withSarif(ran: Ran, findings: Finding[]): Ran {
  const log = sarif(["gofmt", "vet", "staticcheck"], findings)
  return { ...ran, reports: ran.reports.withNewFile("lint.sarif", log) }
}

/** The first finding, and the number of further ones. */
function summaryOf(findings: Finding[]): string {
  const [first, ...rest] = findings
  if (!first) return ""
  return `${lineOf(first)}${rest.length ? ` (and ${rest.length} more finding${rest.length > 1 ? "s" : ""})` : ""}`
}

async function test(module: GoModule, { container, args, timeout }: StepOptions): Promise<Result> {
  // The time-out of go test names the hanging test, so it comes a little before that of the step.
  const inner = Math.max(1, Math.round(timeout - Math.min(10, timeout / 4)))
  const ran = await runStep(container, ["bash", "-c", testScript, "test", String(inner), ...args], timeout)
  const [output, profile] = await Promise.all([
    readReport(ran.reports, "output.txt"),
    readReport(ran.reports, "coverage.out"),
  ])
  const coverage = coveragePercent(profile)
  const outcome = testOutcome(output, module.path)
  const failing = outcome.failing.length
  const count = `${outcome.tests} tests${outcome.skipped ? `, ${outcome.skipped} skipped` : ""}`
  const others = failing > 1 ? ` (and ${failing - 1} more failing)` : ""
  const isEmpty = outcome.tests - outcome.skipped <= 0
  const failure = (failing ? "" : refusal(output)) || (outcome.first ? `${outcome.first}${others}` : firstLine(output))
  const success = isEmpty ? `${module.path} has no test that ran (${count})` : count
  return resultOfRun(`${module.name}:test`, ran, ran.exitCode === 0 ? success : failure, {
    passed: ran.exitCode === 0 && !isEmpty,
    value: coverage === undefined ? undefined : Math.round(coverage * 10) / 10,
    unit: "%",
  })
}

async function build(module: GoModule, { container, args, timeout }: StepOptions): Promise<Result> {
  const name = `${module.name}:build`
  const command = ["bash", "-c", buildScript, "build", ...args]
  const ran = await runStep(forPlatform(container, "linux", "amd64"), command, timeout, { yields: true })
  if (ran.exitCode === 0) {
    const built = (await ran.container.directory("/out").entries()).join(", ")
    return resultOfRun(name, ran, built ? `built ${built}` : "compiled; there is no main package")
  }
  const output = await readReport(ran.reports, "output.txt")
  const errors = output.split("\n").filter((line) => !line.startsWith("#"))
  return resultOfRun(name, ran, refusal(output) || under(module.path, firstLine(errors.join("\n"))))
}
