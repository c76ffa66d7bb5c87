// The steps of a check: layout, validate, test and checkov.
import { Container, Directory, dag } from "@dagger.io/dagger"
import { Root, within, workdir } from "./container"
import {
  configurationFiles,
  describeFindings,
  firstError,
  jsonFault,
  more,
  readLint,
  under,
  validateErrors,
} from "./read"
import { securityOutcome } from "./read-checkov"
import { testOutcome } from "./read-tests"
import { fmtScript, graceful, hclfmtScript, initScript, securityScript, testScript, validateScript } from "./scripts"
import { withNonce } from "./shared/nonce"
import { Result, makeResult, resultOfRun } from "./shared/result"
import { sarif } from "./shared/sarif"
import { Ran, readReport, runStep } from "./shared/step"
import { couldNotRun, lastWords } from "./shared/words"

interface StepOptions {
  root: Root
  /** The container with Terraform in it, or why there is none. */
  program: Container | string
  /** Seconds that the step may take. */
  timeout: number
}

interface LintOptions {
  source: Directory
  program: Container | string
  /** Whether the program is Terraform; otherwise it is hclfmt. */
  isTerraform?: boolean
  timeout: number
  nonce?: string
}

/** Checks that all files of a folder are formatted. */
export async function lintStep(
  name: string,
  { source, program, isTerraform = true, timeout, nonce = "" }: LintOptions,
): Promise<Result> {
  if (typeof program === "string") return withoutTerraform(name, program)
  const files = (await Promise.all(configurationFiles.map((pattern) => source.glob(`**/${pattern}`)))).flat()
  if (files.length === 0)
    throw new Error(`source: there is no ${configurationFiles.join(", ")} in it, so nothing can be checked`)
  const container = withNonce(program.withMountedDirectory(workdir, source).withWorkdir(workdir), nonce)
  const ran = await runStep(container, ["bash", "-c", isTerraform ? fmtScript : hclfmtScript], timeout)
  const output = await readReport(ran.reports, "output.txt")
  const { findings, clean, ...lint } = readLint(ran, output, isTerraform ? "terraform fmt" : "hclfmt")
  const broken = lint.broken || (await jsonFaults(source, files))
  const by = isTerraform ? "" : " (by hclfmt: there is no Terraform here)"
  const reason = [broken, describeFindings(findings)].filter((part) => part !== "").join("; ")
  const done = files.every((file) => file.endsWith(".json"))
    ? `${files.length} files in JSON can be read; no formatter knows them`
    : clean
  return makeResult(name, broken === "" && findings.length === 0 ? "passed" : "failed", `${reason || done}${by}`, {
    ...ran,
    // 0 and 3 say that the formatter has looked at everything.
    exitCode: broken && [0, 3].includes(ran.exitCode) ? 2 : ran.exitCode,
    value: findings.length,
    unit: "findings",
    reports: ran.reports.withNewFile("terraform.sarif", sarif(["terraform"], findings)),
  })
}

/** Why a file of a configuration in JSON cannot be read; "" if all can. */
async function jsonFaults(source: Directory, files: string[]): Promise<string> {
  const inJson = files.filter((file) => file.endsWith(".json"))
  const faults = await Promise.all(inJson.map(async (file) => jsonFault(file, await source.file(file).contents())))
  return faults.find((fault) => fault !== "") ?? ""
}

/** `terraform validate`. */
export async function validateStep(name: string, { root, program, timeout }: StepOptions): Promise<Result> {
  if (typeof program === "string") return withoutTerraform(name, program)
  const ready = await initialized(within(program, root), ["-backend=false"], timeout)
  if (ready.exitCode !== 0) return initFailure(name, root, ready)
  const ran = await runStep(withoutReports(ready), ["bash", "-c", validateScript], timeout)
  if (ran.exitCode === 0) return resultOfRun(name, ran, "the configuration is valid")
  const errors = validateErrors(await readReport(ran.reports, "validate.json"), root.path)
  const output = await readReport(ran.reports, "output.txt")
  return resultOfRun(name, ran, more(errors, "error") || couldNotRun("terraform validate", ran, output))
}

/** `terraform test`; fails when no test ran. */
export async function testStep(name: string, { root, program, timeout }: StepOptions): Promise<Result> {
  if (typeof program === "string") return withoutTerraform(name, program)
  const ready = await initialized(within(program, root), ["-backend=false"], timeout)
  if (ready.exitCode !== 0) return initFailure(name, root, ready)
  const command = ["bash", "-c", testScript, "test", String(timeout)]
  const ran = await runStep(withoutReports(ready), command, timeout + graceful)
  const outcome = testOutcome(await readReport(ran.reports, "junit.xml"))
  const figures = outcome && { value: outcome.tests, unit: "tests" }
  if (ran.exitCode !== 0) {
    const output = await readReport(ran.reports, "output.txt")
    const failed = outcome?.failing ? [outcome.first, ...Array<string>(outcome.failing - 1).fill("")] : []
    return resultOfRun(
      name,
      ran,
      more(failed, "failing") || firstError(output, root.path) || couldNotRun("terraform test", ran, output),
      figures,
    )
  }
  if (!outcome || outcome.tests - outcome.skipped <= 0) {
    const reason = `${under(root.path, "tests/*.tftest.hcl")}: no test ran`
    return resultOfRun(name, ran, reason, { ...figures, passed: false })
  }
  return resultOfRun(name, ran, `${outcome.tests} tests`, figures)
}

interface ScanOptions {
  source: Directory
  /** Image with checkov and bash. */
  image: string
  /** More arguments of checkov. */
  args: string[]
  /** Number of checks that may fail. */
  maxFailed: number
  timeout: number
}

/** checkov on a folder. */
export async function scanStep(name: string, options: ScanOptions): Promise<Result> {
  const { source, image, args, maxFailed, timeout } = options
  const container = dag.container().from(image).withMountedDirectory(workdir, source).withWorkdir(workdir)
  const ran = await runStep(container, ["bash", "-c", securityScript, "checkov", ...args], timeout)
  const found = ran.timedOut ? undefined : securityOutcome(await readReport(ran.reports, "checkov.json"))
  const output = await readReport(ran.reports, "output.txt")
  if (!found) return resultOfRun(name, ran, ran.timedOut ? "" : couldNotRun("checkov", ran, output), { passed: false })
  const failed = [...found.failed, ...found.unexplained]
  const figures = { value: failed.length, limit: maxFailed, unit: "failed checks" }
  const fail = (reason: string): Result => resultOfRun(name, ran, reason, { ...figures, passed: false })
  if (found.unread.length > 0) return fail(`checkov cannot read ${more(found.unread, "file")}`)
  if (failed.length > maxFailed) return fail(more(failed, "failed check"))
  if (found.passed + found.failed.length === 0) return fail("nothing was checked")
  // checkov ends with 1 when a check failed, which the limit may allow; any other code is an error.
  if (ran.exitCode > 1) return fail(couldNotRun("checkov", ran, output))
  const unseen = (await Promise.all(["**/*.tofu", "**/*.tofu.json"].map((pattern) => source.glob(pattern)))).flat()
  if (unseen.length > 0)
    return makeResult(name, "inconclusive", `checkov does not read ${more(unseen, "file")} of OpenTofu`, {
      ...ran,
      ...figures,
    })
  const count = `${found.passed} checks passed, ${found.failed.length} failed, ${found.skipped} skipped with a reason`
  return resultOfRun(name, ran, count, { ...figures, passed: true })
}

/** Runs `terraform init`. */
export async function initialized(container: Container, flags: string[], timeout: number): Promise<Ran> {
  return runStep(container, ["bash", "-c", initScript, "init", ...flags], timeout)
}

/** The container after `init`, without its output: the next step writes its own. */
export function withoutReports(ready: Ran): Container {
  return ready.container.withoutDirectory("/report")
}

/** The result of a step whose `init` failed. */
export async function initFailure(name: string, root: Root, ran: Ran): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  return resultOfRun(name, ran, `terraform init: ${firstError(output, root.path) || lastWords(output)}`)
}

/** The result of a step that needs Terraform where there is none. */
export function withoutTerraform(name: string, reason: string): Result {
  return makeResult(name, "skipped", reason, { reports: dag.directory().withNewFile("output.txt", `${reason}\n`) })
}
