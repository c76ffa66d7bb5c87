// Runs the tests of a project, and reads reports and coverage of its runner.
import { Container, Directory } from "@dagger.io/dagger"
import { programCommand, scriptCommand } from "./managers"
import {
  coveragePercent,
  jestJunit,
  junitOutcome,
  mochaJunit,
  mochaOutcome,
  summaryOf,
  testOutcome,
  type TestOutcome,
} from "./outcomes"
import { firstError, scriptsIn } from "./read"
import { rawCoverage, testPlan, type Runner, type TestPlan } from "./runners"
import { npmContainer } from "./shared/npm"
import { Result, makeResult, resultOfRun } from "./shared/result"
import { readReport, runStep, type Ran } from "./shared/step"
import type { StepOptions } from "./steps"
import { files } from "./tool"

/** What is known after the tests ran. */
interface Tested {
  ran: Ran
  reports: Directory
  outcome: TestOutcome | undefined
  /** Statement coverage in percent. */
  coverage: number | undefined
}

/** Runs the tests. A project without a test script has none to run, unless the caller has named a script. */
export async function runTests(project: Container, options: StepOptions): Promise<Result> {
  const { name, script, args, timeout, manager, packageJson, rootPackageJson } = options
  const plan = testPlan(packageJson, script, rootPackageJson)
  if (plan.runner === "none" && script === "test")
    return makeResult(name, "notApplicable", "package.json has no script test, so there is no test", { exitCode: 0 })
  let container = project
  for (const [variable, value] of Object.entries(plan.env)) container = container.withEnvVariable(variable, value)
  const command = scriptCommand(manager, script, [...plan.args, ...args])
  const ran = await runStep(container, command, timeout)
  const tested = await read({ ran, plan, options })
  return judged(tested, plan, options)
}

/** Reads the reports of a run, and adds those that its runner does not write. */
async function read({ ran, plan, options }: { ran: Ran; plan: TestPlan; options: StepOptions }): Promise<Tested> {
  const { folder } = options
  let reports = ran.reports
  const coverageReports = coverageOf(ran, plan, options)
  if (coverageReports) reports = reports.withDirectory("coverage", coverageReports)
  const text = await readReport(reports, reportFile[plan.runner] ?? "")
  const outcome = readers[plan.runner]?.(text, folder)
  const writeJunit = { jest: jestJunit, mocha: mochaJunit }[plan.runner as string]
  if (writeJunit && outcome) reports = reports.withNewFile("junit.xml", writeJunit(text, folder))
  let summary = await readReport(reports, "coverage/coverage-summary.json")
  if (summary === "" && plan.runner === "bun") {
    summary = summaryOf(await readReport(reports, "coverage/lcov.info"))
    if (summary !== "") reports = reports.withNewFile("coverage/coverage-summary.json", summary)
  }
  return { ran, reports, outcome, coverage: coveragePercent(summary) }
}

const reportFile: Partial<Record<Runner, string>> = {
  vitest: "vitest.json",
  jest: "jest.json",
  mocha: "mocha.json",
  node: "junit.xml",
  bun: "junit.xml",
}

const readers: Partial<Record<Runner, (text: string, folder: string) => TestOutcome | undefined>> = {
  vitest: testOutcome,
  jest: testOutcome,
  mocha: mochaOutcome,
  node: junitOutcome,
  bun: junitOutcome,
}

/** What c8 does not count by default, and Plug'n'Play's own program, which is in the project. */
const notSources = [
  ".pnp.*",
  ".yarn/**",
  "coverage/**",
  "packages/*/test{,s}/**",
  "**/*.d.ts",
  "test{,s}/**",
  "test{,-*}.{js,cjs,mjs,ts,tsx,jsx}",
  "**/*{.,-}test.{js,cjs,mjs,ts,tsx,jsx}",
  "**/__tests__/**",
  "**/*.config.{js,cjs,mjs,ts}",
  "**/.{eslint,mocha}rc.{js,cjs}",
]

const c8Flags = ["report", "--reporter=json-summary", "--reporter=lcovonly", "--reporter=cobertura"]

/** The coverage of a runner that does not write it: from c8 or nyc of the project, or from V8's own files. */
function coverageOf(ran: Ran, { coverage }: TestPlan, { manager, image }: StepOptions): Directory | undefined {
  if (coverage === "none" || coverage === "runner") return undefined
  const to = "/coverage"
  const command = {
    c8: programCommand(manager, "c8", [...c8Flags, `--reports-dir=${to}`]),
    nyc: programCommand(manager, "nyc", [...c8Flags, `--report-dir=${to}`]),
    v8: [
      ...["/opt/c8/node_modules/.bin/c8", ...c8Flags, `--temp-directory=${rawCoverage}`, `--reports-dir=${to}`],
      ...(manager === "berry" ? notSources.map((pattern) => `--exclude=${pattern}`) : []),
    ],
  }[coverage]
  const container = coverage === "v8" ? ran.container.withDirectory("/opt/c8", c8(image)) : ran.container
  return container
    .withoutEnvVariable("NODE_OPTIONS")
    .withoutEnvVariable("NODE_V8_COVERAGE")
    .withExec(["bash", "-c", `mkdir -p ${to}; "$@" > ${to}/c8.txt 2>&1 || true`, "coverage", ...command])
    .directory(to)
}

/** The folder with c8, installed from the lock file of this module; empty when the registry does not answer. */
function c8(image: string): Directory {
  let container = npmContainer(image).withWorkdir("/opt/c8")
  for (const [file, text] of Object.entries(files)) container = container.withNewFile(file, text)
  const install = "npm ci --ignore-scripts --no-progress || rm -rf node_modules"
  return container.withExec(["bash", "-c", install]).directory("/opt/c8")
}

/** What the tests amount to. */
async function judged(tested: Tested, plan: TestPlan, { name, script, packageJson }: StepOptions): Promise<Result> {
  const { ran, reports, outcome, coverage } = tested
  const value = coverage === undefined ? undefined : Math.round(coverage * 10) / 10
  const facts = { value, unit: "%", reports }
  if (outcome && (ran.exitCode === 0 || outcome.first !== "")) {
    const { tests, skipped, failing, first } = outcome
    const more = failing > 1 ? ` (and ${failing - 1} more failing)` : ""
    if (ran.exitCode !== 0) return resultOfRun(name, ran, `${first}${more}`, facts)
    const count = `${tests} tests${skipped ? `, ${skipped} skipped` : ""}`
    if (tests === 0) return makeResult(name, "notApplicable", `npm script ${script} ran no test`, { ...ran, ...facts })
    if (tests === skipped) return resultOfRun(name, ran, `no test ran (${count})`, { ...facts, passed: false })
    const unmeasured = plan.note || "its runner left no coverage that could be read"
    const without = value === undefined ? `; coverage is not measured: ${unmeasured}` : ""
    return resultOfRun(name, ran, `${count}${without}`, facts)
  }
  if (ran.exitCode !== 0) return resultOfRun(name, ran, firstError(await readReport(reports, "output.txt")), facts)
  const command = scriptsIn(packageJson)[script] ?? ""
  if (plan.runner === "other" || plan.runner === "mocha") {
    const note = plan.note || "mocha wrote no JSON report; version 9.2 and later do"
    return resultOfRun(name, ran, `exit code 0 of \`${command}\`; tests and coverage are not counted: ${note}`, facts)
  }
  const reason = `the script ${script} wrote no report: ${plan.runner} must be its last command (${command})`
  return resultOfRun(name, ran, reason, { ...facts, passed: false })
}
