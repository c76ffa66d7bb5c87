// Reads what test runners write, and writes JUnit where a runner does not: pure functions over text.
import { firstLine } from "./shared/clock"
import { plainLines } from "./shared/words"
import { decodeXml, encodeXml } from "./shared/xml"

/** The outcome of a run of tests. */
export interface TestOutcome {
  tests: number
  skipped: number
  failing: number
  /** The first thing to look at; empty when nothing failed. */
  first: string
}

/** One test, or a file that could not be loaded. */
interface Case {
  file: string
  name: string
  seconds: number
  status: "passed" | "failed" | "skipped"
  /** Why it failed, with the stack. */
  message: string
}

interface VitestReport {
  numTotalTests: number
  numPendingTests: number
  numTodoTests?: number
  numFailedTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; status: string; duration?: number | null; failureMessages: string[] }[]
  }[]
}

/** Reads a report in JSON; undefined when it is empty, or when the tool was killed while it wrote. */
function parsed<T extends object>(report: string): T | undefined {
  try {
    const value = JSON.parse(report) as T | null
    return typeof value === "object" && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads the JSON report of vitest or jest; undefined when there is none, or half of one. */
export function testOutcome(report: string, workdir: string): TestOutcome | undefined {
  const run = parsed<VitestReport>(report)
  if (!run) return undefined
  const broken = run.testResults.filter((f) => f.status === "failed" && f.message !== "" && !hasFailedTest(f))
  const failed = run.testResults.flatMap((f) =>
    f.assertionResults.filter((a) => a.status === "failed").map((a) => ({ file: f.name, ...a })),
  )
  const local = (path: string): string => path.replace(`${workdir}/`, "")
  const first = broken[0]
    ? `${local(broken[0].name)}: ${loadError(broken[0].message)}`
    : failed[0]
      ? `${local(position(failed[0].failureMessages[0] ?? "", failed[0].file))}: ${failed[0].fullName}: ${wordsOf(
          failed[0].failureMessages[0] ?? "",
        )}`
      : ""
  return {
    tests: run.numTotalTests,
    skipped: run.numPendingTests + (run.numTodoTests ?? 0),
    failing: failed.length + broken.length,
    first,
  }
}

/** Whether a file of a report has a failed test: jest then repeats all failures in the file's own message. */
function hasFailedTest({ assertionResults }: VitestReport["testResults"][number]): boolean {
  return assertionResults.some(({ status }) => status === "failed")
}

/** Why a file could not be loaded, without jest's heading. */
function loadError(message: string): string {
  const lines = plainLines(message).filter((line) => !/^● |^Test suite failed to run$/.test(line))
  return firstLine(lines.join("\n"))
}

/** The first line of a failure, without the name of the error and the kind of comparison; of jest, both values too. */
function wordsOf(message: string): string {
  const lines = plainLines(message)
  const values = lines.slice(1, 4).filter((line) => /^(?:Expected|Received)\b.*: /.test(line))
  const first = firstLine(lines.join("\n"))
    .replace(/^(?:AssertionError(?: \[\w+\])?|Error): /, "")
    .replace(/ \/\/ Object\.is equality$/, "")
  return firstLine([first, ...values].join("; "))
}

/** `file:line` of the failure in the test's own file. */
function position(message: string, file: string): string {
  const at = message.indexOf(`${file}:`)
  const numbers = at < 0 ? undefined : /^:(\d+)/.exec(message.slice(at + file.length))
  return numbers ? `${file}:${numbers[1]}` : file
}

/** JUnit for the JSON report of jest. */
export function jestJunit(report: string, workdir: string): string {
  const { testResults } = parsed<VitestReport>(report) ?? { testResults: [] }
  const cases = testResults.flatMap((result): Case[] => {
    const file = result.name.replace(`${workdir}/`, "")
    const broken: Case = { file, name: file, seconds: 0, status: "failed", message: result.message }
    const tests = result.assertionResults.map(({ fullName, status, duration, failureMessages }): Case => {
      const isRun = status === "passed" || status === "failed"
      const message = failureMessages.join("\n")
      return { file, name: fullName, seconds: (duration ?? 0) / 1000, status: isRun ? status : "skipped", message }
    })
    return result.status === "failed" && !hasFailedTest(result) ? [broken, ...tests] : tests
  })
  return junitOf("jest", cases)
}

interface MochaTest {
  fullTitle: string
  file?: string
  duration?: number
  err: { message?: string; stack?: string }
}
interface MochaReport {
  stats: { tests: number; pending: number; failures: number }
  tests: MochaTest[]
  pending: MochaTest[]
  failures: MochaTest[]
}

/** The tests in a JSON report of mocha; undefined when there is none. A hook that failed is listed as a failed test. */
function mochaCases(report: string, workdir: string): Case[] | undefined {
  const run = parsed<MochaReport>(report)
  if (!run) return undefined
  const { tests, pending, failures } = run
  const key = ({ file, fullTitle }: MochaTest): string => `${file ?? ""} ${fullTitle}`
  const [isPending, isFailed] = [new Set(pending.map(key)), new Set(failures.map(key))]
  const listed = new Set(tests.map(key))
  const all = [...tests, ...failures.filter((one) => !listed.has(key(one)))]
  return all.map((test): Case => {
    const { file = "", fullTitle, duration, err } = test
    const status = isFailed.has(key(test)) ? "failed" : isPending.has(key(test)) ? "skipped" : "passed"
    const message = err.stack ?? err.message ?? ""
    return { file: file.replace(`${workdir}/`, ""), name: fullTitle, seconds: (duration ?? 0) / 1000, status, message }
  })
}

/** Reads the JSON report of mocha; undefined when there is none, or half of one. */
export function mochaOutcome(report: string, workdir: string): TestOutcome | undefined {
  const cases = mochaCases(report, workdir)
  return cases && outcomeOf(cases, workdir)
}

/** JUnit for the JSON report of mocha. */
export function mochaJunit(report: string, workdir: string): string {
  return junitOf("mocha", mochaCases(report, workdir) ?? [])
}

/** Reads the JUnit report of Node's test runner or of bun; undefined when there is none, or half of one. */
export function junitOutcome(report: string, workdir: string): TestOutcome | undefined {
  const root = /<(testsuites?)\b(?:[^>"']|"[^"]*"|'[^']*')*>/.exec(report)
  if (!root || !(root[0].endsWith("/>") || report.includes(`</${root[1]!}>`))) return undefined
  const elements = [...report.matchAll(/<testcase\b((?:[^>"']|"[^"]*"|'[^']*')*?)(\/>|>([\s\S]*?)<\/testcase>)/g)]
  const cases = elements.map(([, head = "", , body = ""]): Case => {
    const attribute = (text: string, name: string): string =>
      decodeXml(new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? "")
    const failure = /<(?:failure|error)\b((?:[^>"']|"[^"]*"|'[^']*')*?)(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/.exec(
      body,
    )
    const status = failure ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed"
    const text = decodeXml((failure?.[2] ?? "").replace(/^\s*<!\[CDATA\[([\s\S]*?)\]\]>\s*$/, "$1"))
    const message = failure ? `${attribute(failure[1] ?? "", "message")}\n${text}` : ""
    const seconds = Number(attribute(head, "time")) || 0
    return { file: attribute(head, "file"), name: attribute(head, "name"), seconds, status, message }
  })
  return outcomeOf(cases, workdir)
}

function outcomeOf(cases: Case[], workdir: string): TestOutcome {
  const failed = cases.filter(({ status }) => status === "failed")
  const skipped = cases.filter(({ status }) => status === "skipped")
  const [one] = failed
  const first = one ? `${placeOf(one, workdir)}${one.name}: ${wordsOf(one.message)}` : ""
  return { tests: cases.length, skipped: skipped.length, failing: failed.length, first }
}

/** Where a test failed: the first line of the stack that is in the project's own files, else the test's file. */
function placeOf({ file, message }: Case, workdir: string): string {
  const frames = message.matchAll(/(?:file:\/\/)?(\/[^\s()]+):(\d+):\d+/g)
  const own = [...frames].find(([, path = ""]) => path.startsWith(`${workdir}/`) && !path.includes("/node_modules/"))
  if (own) return `${own[1]!.replace(`${workdir}/`, "")}:${own[2]}: `
  const local = file.replace(`${workdir}/`, "")
  // mocha names files from its working directory.
  const line = local === "" ? undefined : /^:(\d+)/.exec(message.split(`(${local}`)[1] ?? "")?.[1]
  return local === "" ? "" : `${local}${line ? `:${line}` : ""}: `
}

/** A JUnit report of tests, with a suite for each file. */
function junitOf(name: string, cases: Case[]): string {
  const files = [...new Set(cases.map(({ file }) => file))]
  const count = (list: Case[], status: Case["status"]): number => list.filter((one) => one.status === status).length
  const counts = (list: Case[]): string =>
    `tests="${list.length}" failures="${count(list, "failed")}" skipped="${count(list, "skipped")}"`
  const suites = files.map((file) => {
    const own = cases.filter((one) => one.file === file)
    return `<testsuite name="${encodeXml(file)}" ${counts(own)}>\n${own.map(testcase).join("")}</testsuite>\n`
  })
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n'
  return `${head}<testsuites name="${name}" ${counts(cases)}>\n${suites.join("")}</testsuites>\n`
}

function testcase({ file, name, seconds, status, message }: Case): string {
  const head = `<testcase classname="${encodeXml(file)}" file="${encodeXml(file)}" name="${encodeXml(name)}" time="${seconds}"`
  if (status === "passed") return `${head}/>\n`
  if (status === "skipped") return `${head}><skipped/></testcase>\n`
  const text = encodeXml(message.replace(/\u001b\[[0-9;]*[A-Za-z]/g, ""))
  return `${head}><failure message="${encodeXml(wordsOf(message))}">${text}</failure></testcase>\n`
}

/** The statement coverage in percent, from istanbul's summary; undefined when there is none, or half of one. */
export function coveragePercent(summary: string): number | undefined {
  const report = parsed<{ total: { statements: { total: number; covered: number } } }>(summary)
  if (!report) return undefined
  const { total, covered } = report.total.statements
  return total === 0 ? undefined : (100 * covered) / total
}

/** Istanbul's summary for an lcov file, whose lines count as statements; empty when it has none. */
export function summaryOf(lcov: string): string {
  const files: Record<string, { statements: { total: number; covered: number } }> = {}
  const sum = { total: 0, covered: 0 }
  for (const record of lcov.split("end_of_record")) {
    const file = /^SF:(.+)$/m.exec(record)?.[1]
    if (file === undefined) continue
    const counts = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map(([, count]) => Number(count))
    const statements = { total: counts.length, covered: counts.filter((count) => count > 0).length }
    files[file] = { statements }
    sum.total += statements.total
    sum.covered += statements.covered
  }
  return sum.total === 0 ? "" : JSON.stringify({ total: { statements: sum }, ...files })
}
