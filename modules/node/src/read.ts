import { firstLine } from "./shared/clock"
import type { Finding } from "./shared/sarif"

// Reads the output of npm and of the project's tools: pure functions over text.

/** The names of the steps. */
export const stepNames = ["lint", "typecheck", "test", "build"] as const
export type StepName = (typeof stepNames)[number]

/** Reads `STEP=SCRIPT` pairs, for example `test=test:unit`. An unknown step or an empty script is an error. */
export function readScripts(given: string[]): Partial<Record<StepName, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const [, step, script] = /^([^=]+)=(.+)$/s.exec(text) ?? []
      const name = stepNames.find((one) => one === step)
      if (!name || !script) throw new Error(`scripts: ${text} is not STEP=SCRIPT; steps: ${stepNames.join(", ")}`)
      return [name, script]
    }),
  )
}

/** The lines of a text that are not blank, trimmed, without colour codes. */
export function plainLines(text: string): string[] {
  return text
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, "")
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => l !== "")
}

/**
 * Which registry refused which package, and which argument grants access; empty when none did. `log`: request lines of
 * npm's log.
 */
export function refusal(log: string): string {
  const [, code = "", host = "", path = ""] =
    /http fetch GET (401|403|404) https?:\/\/(?:[^/@\s]*@)?([^/\s]+)\/(\S*)/.exec(log) ?? []
  if (!code) return ""
  const what = path.replace(/%2f/gi, "/").replace(/\/-\/.*$/, "")
  if (code === "404") return `${host} has no ${what} (404): if it is private, pass npmrc with its registry and a login`
  return `${host} refuses ${what} (${code}): pass npmrc with a login for ${host}`
}

/** Why `npm ci` failed, in one line. `log`: the lines of npm's log with refused requests. */
export function installFailure(output: string, log = ""): string {
  if (refusal(log)) return refusal(log)
  const lines = plainLines(output)
    .filter((l) => l.startsWith("npm error"))
    .map((l) => l.replace(/^npm error\s*/, ""))
    .filter((l) => l !== "" && !l.startsWith("code ") && !l.startsWith("A complete log"))
  const mismatch = lines.find((l) => /^(Invalid|Missing): /.test(l))
  if (mismatch)
    return `package.json and package-lock.json disagree: ${mismatch} (run \`npm install\` and commit the lockfile)`
  return lines[0] ?? firstLine(plainLines(output).join("\n"))
}

/** The problems in eslint's default format: a line for each file, then a line for each problem in it. */
export function lintProblems(output: string, workdir: string): Finding[] {
  const problems: Finding[] = []
  let file = ""
  for (const line of plainLines(output)) {
    if (line.startsWith("/")) file = line.replace(`${workdir}/`, "")
    const [, at, column, text, rule] = /^(\d+):(\d+)\s+(?:error|warning)\s+(.*?)(?:\s{2,}(\S+))?$/.exec(line) ?? []
    if (at && file)
      problems.push({
        tool: "eslint",
        rule: rule ?? "eslint",
        text: text!,
        file,
        line: Number(at),
        column: Number(column),
      })
  }
  return problems
}

/** The first problem as `file:line:column text (rule)`; without one, the first line that mentions an error. */
export function lintFailure(output: string, workdir: string): string {
  const [first] = lintProblems(output, workdir)
  return first
    ? `${first.file}:${first.line}:${first.column} ${first.text}${first.rule === "eslint" ? "" : ` (${first.rule})`}`
    : firstError(output)
}

/** The first error of the TypeScript compiler, as `file:line:column text`. */
export function typeFailure(output: string): string {
  const line = plainLines(output).find((l) => /\(\d+,\d+\): error /.test(l) || /:\d+:\d+ - error /.test(l))
  return line?.replace(/\((\d+),(\d+)\): error /, ":$1:$2 ") ?? firstError(output)
}

/** The first line that mentions an error, without npm's own lines and headings. */
export function firstError(output: string): string {
  const lines = plainLines(output).filter(
    (l) =>
      !l.startsWith("> ") &&
      !l.startsWith("npm ") &&
      !/^(✗ )?(error during build|build failed( with \d+ errors?| in \S+)?):?$/i.test(l),
  )
  return firstLine(
    lines.find((l) => /\berror\b|\bfailed\b|cannot|could not|not found|missing script/i.test(l)) ??
      npmError(output) ??
      lines[0] ??
      "",
  )
}

function npmError(output: string): string | undefined {
  return plainLines(output)
    .find((l) => /^npm error (?!code )\S/.test(l))
    ?.replace(/^npm error\s*/, "")
}

/** The scripts of a package.json. */
export function scriptsIn(packageJson: string): Record<string, string> {
  return (JSON.parse(packageJson) as { scripts?: Record<string, string> }).scripts ?? {}
}

/** Runners that are called in a test script by name, and do not take the arguments of vitest. */
const otherRunners = /\bnode\b.* --test\b|\b(?:jest|mocha|ava|tap|jasmine|karma|playwright|cypress)\b/

/**
 * Whether a script of a package.json runs vitest: it says so, a script that it calls does, or the project has vitest and
 * the script names no other runner.
 */
export function runsVitest(packageJson: string, script = "test"): boolean {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(packageJson) as Record<string, object | undefined>
  const scripts = scriptsIn(packageJson)
  const test = scripts[script] ?? ""
  const called = [...test.matchAll(/\bnpm run (\S+)/g)].map(([, name]) => scripts[name!] ?? "")
  if ([test, ...called].some((script) => /\bvitest\b/.test(script))) return true
  return test !== "" && !otherRunners.test(test) && ("vitest" in dependencies || "vitest" in devDependencies)
}

/** The outcome of a vitest run. */
export interface TestOutcome {
  tests: number
  skipped: number
  failing: number
  /** The first thing to look at; empty when nothing failed. */
  first: string
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
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
}

/** Reads the JSON report of vitest (or jest); undefined when it is empty. */
export function testOutcome(report: string, workdir: string): TestOutcome | undefined {
  if (report.trim() === "") return undefined
  const run = JSON.parse(report) as VitestReport
  const broken = run.testResults.filter((f) => f.status === "failed" && f.message !== "")
  const failed = run.testResults.flatMap((f) =>
    f.assertionResults.filter((a) => a.status === "failed").map((a) => ({ file: f.name, ...a })),
  )
  const local = (path: string): string => path.replace(`${workdir}/`, "")
  const first = broken[0]
    ? `${local(broken[0].name)}: ${firstLine(plainLines(broken[0].message).join("\n"))}`
    : failed[0]
      ? `${local(position(failed[0].failureMessages[0] ?? "", failed[0].file))}: ${failed[0].fullName}: ${firstLine(
          plainLines(failed[0].failureMessages[0] ?? "").join("\n"),
        )
          .replace(/^AssertionError: /, "")
          .replace(/ \/\/ Object\.is equality$/, "")}`
      : ""
  return {
    tests: run.numTotalTests,
    skipped: run.numPendingTests + (run.numTodoTests ?? 0),
    failing: failed.length + broken.length,
    first,
  }
}

/** `file:line` of the failure in the test's own file. */
function position(message: string, file: string): string {
  const at = message.indexOf(`${file}:`)
  const numbers = at < 0 ? undefined : /^:(\d+)/.exec(message.slice(at + file.length))
  return numbers ? `${file}:${numbers[1]}` : file
}

/** The statement coverage in percent, from istanbul's summary; undefined when the summary is empty. */
export function coveragePercent(summary: string): number | undefined {
  if (summary.trim() === "") return undefined
  const { total, covered } = (JSON.parse(summary) as { total: { statements: { total: number; covered: number } } })
    .total.statements
  return total === 0 ? undefined : (100 * covered) / total
}

/**
 * The commands that fix what the project's own tools can fix: eslint with `--fix`, through the lint script where that
 * script is a single eslint command, else on everything; then prettier. Empty when the project has neither.
 */
export function fixCommands(packageJson: string): string[][] {
  const {
    scripts = {},
    dependencies = {},
    devDependencies = {},
  } = JSON.parse(packageJson) as Record<
    "scripts" | "dependencies" | "devDependencies",
    Record<string, string> | undefined
  >
  const has = (tool: string): boolean => tool in dependencies || tool in devDependencies
  const commands: string[][] = []
  if (/^eslint\b[^&|;]*$/.test(scripts.lint ?? "")) commands.push(["npm", "run", "lint", "--", "--fix"])
  else if (has("eslint")) commands.push(["npx", "--no-install", "eslint", "--fix", "."])
  if (has("prettier")) commands.push(["npx", "--no-install", "prettier", "--write", "."])
  return commands
}
