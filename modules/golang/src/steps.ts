// The steps: each runs its script in a container with the module's files and reads a result out of the reports.
import type { Container } from "@dagger.io/dagger"
import { forPlatform, type GoModule } from "./module"
import { tools } from "./images"
import {
  cgoText,
  coveragePercent,
  lineOf,
  lintFindings,
  lintTrouble,
  raceNote,
  testOutcome,
  under,
  type LintFiles,
  type Trouble,
} from "./read"
import { buildScript, lintScript, testScript } from "./scripts"
import { goErrors, goReason, knownTrouble } from "./shared/go-output"
import { Result, makeResult, resultOfRun } from "./shared/result"
import { sarif, type Finding } from "./shared/sarif"
import { readReport, runStep, type Ran } from "./shared/step"
import { couldNotRun } from "./shared/words"

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
  const command = ["bash", "-c", lintScript, "lint", tools.newerStaticcheck, ...args]
  const ran = await runStep(container, command, timeout, { yields: true })
  const read = (file: string): Promise<string> => readReport(ran.reports, file)
  const isEmpty = (await read("no-packages.txt")) !== ""
  const nothing = isEmpty ? `gofmt found nothing; ${noPackage}` : "gofmt, vet and staticcheck found nothing"
  if (ran.exitCode === 0) return resultOfRun(name, withSarif(ran, []), nothing)
  const [gofmt, gofmtErrors, vet, vetErrors, staticcheck, staticcheckErrors, exits, generated, output] =
    (await Promise.all(
      [
        "gofmt.txt",
        "gofmt.err",
        "vet.json",
        "vet.txt",
        "staticcheck.json",
        "staticcheck.err",
        "exits.txt",
        "generated.txt",
        "output.txt",
      ].map(read),
    )) as [string, string, string, string, string, string, string, string, string]
  const files: LintFiles = { gofmt, gofmtErrors, vet, vetErrors, staticcheck, staticcheckErrors, exits, generated }
  const findings = lintFindings(files, module.path, module.workdir)
  const trouble = lintTrouble(files)
  const isClean = !ran.timedOut && ran.exitCode === 1 && findings.length === 0 && !trouble
  const reason = troubleOf(trouble, ran) || summaryOf(findings) || (isClean ? nothing : goReason(output))
  // 1 says that all was looked at.
  const exitCode = trouble && ran.exitCode === 1 ? 2 : ran.exitCode
  return resultOfRun(name, withSarif(ran, findings), reason, { passed: isClean, exitCode: isClean ? 0 : exitCode })
}

/** Why a tool could not work: what to do where that is known, else its last words. Empty if all tools worked. */
function troubleOf(trouble: Trouble | undefined, { timedOut, seconds }: Ran): string {
  if (!trouble || timedOut) return ""
  const { tool, exitCode, output } = trouble
  return (
    knownTrouble(output) || couldNotRun(tool, { exitCode, timedOut, seconds }, goErrors(output).join("\n") || output)
  )
}

const noPackage = "no package has a file for linux/amd64"

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
  const files = ["output.txt", "coverage.out", "no-packages.txt", "no-tests.txt", "no-race.txt"]
  const [output, profile, noPackages, noTests, noRace] = (await Promise.all(
    files.map((file) => readReport(ran.reports, file)),
  )) as [string, string, string, string, string]
  if (ran.exitCode === 0 && (noPackages || noTests)) {
    const reason = noPackages ? noPackage : `${module.path === "." ? "the module" : module.path} has no test yet`
    return makeResult(`${module.name}:test`, "notApplicable", reason, ran)
  }
  const coverage = coveragePercent(profile)
  const outcome = testOutcome(output, module.path)
  const failing = outcome.failing.length
  const skipped = outcome.skipped ? `, ${outcome.skipped} skipped` : ""
  const count = `${outcome.tests} tests${skipped}${raceNote(noRace !== "")}`
  const others = failing > 1 ? ` (and ${failing - 1} more failing)` : ""
  const isEmpty = outcome.tests - outcome.skipped <= 0
  const failure =
    (failing ? "" : knownTrouble(output)) || (outcome.first ? `${outcome.first}${others}` : goReason(output))
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
  if (ran.exitCode !== 0) {
    const output = await readReport(ran.reports, "output.txt")
    return resultOfRun(name, ran, knownTrouble(output) || under(module.path, goReason(output)))
  }
  const [built, cgo] = await Promise.all([
    ran.container.directory("/out").entries(),
    readReport(ran.reports, "cgo.txt"),
  ])
  const isOff = (await ran.container.envVariable("CGO_ENABLED")) === "0"
  const isEmpty = (await readReport(ran.reports, "output.txt")).includes('"./..." matched no packages')
  const what = isEmpty ? `nothing to build: ${noPackage}` : builtText(built)
  return resultOfRun(name, ran, `${what}${cgoText(cgo, isOff)}`)
}

function builtText(built: string[]): string {
  return built.length > 0 ? `built ${built.join(", ")}` : "compiled; there is no main package"
}
