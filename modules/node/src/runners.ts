// Which test runner a script of package.json calls, and the arguments that make it write reports: pure functions over text.
import { dependenciesOf, readManifest, type PackageJson } from "./shared/lockfiles"

/** The test runners whose reports are read. `other`: judged by the exit code. `none`: there is no test script. */
export type Runner = "vitest" | "jest" | "mocha" | "node" | "bun" | "other" | "none"

/** How the tests of a project run. */
export interface TestPlan {
  runner: Runner
  /** Further arguments for the script. */
  args: string[]
  /** Environment of the script. */
  env: Record<string, string>
  /** How its coverage is read: written by the runner, by c8 or nyc in the script, or from V8's own files. */
  coverage: "runner" | "c8" | "nyc" | "v8" | "none"
  /** Why tests or coverage are not counted; empty when they are. */
  note: string
}

/** The folder that Node writes its raw coverage to. */
export const rawCoverage = "/var/coverage"

/** Arguments of vitest: JUnit and a JSON report go to /report. */
const vitestFlags = [
  "--reporter=default",
  "--reporter=junit",
  "--reporter=json",
  "--outputFile.junit=/report/junit.xml",
  "--outputFile.json=/report/vitest.json",
]

const vitestCoverage = [
  "--coverage.enabled=true",
  "--coverage.reportOnFailure=true",
  "--coverage.reporter=json-summary",
  "--coverage.reporter=lcovonly",
  "--coverage.reporter=cobertura",
  "--coverage.reportsDirectory=/report/coverage",
]

/** Arguments of jest, which measures coverage itself. Thresholds of the project hold only where its script measures. */
const jestFlags = [
  "--ci",
  "--json",
  "--outputFile=/report/jest.json",
  "--coverage",
  "--coverageReporters=json-summary",
  "--coverageReporters=lcovonly",
  "--coverageReporters=cobertura",
  "--coverageDirectory=/report/coverage",
]

const mochaFlags = ["--reporter=json", "--reporter-option=output=/report/mocha.json"]

const bunFlags = [
  "--reporter=junit",
  "--reporter-outfile=/report/junit.xml",
  "--coverage",
  "--coverage-reporter=text",
  "--coverage-reporter=lcov",
  "--coverage-dir=/report/coverage",
]

const nodeOptions = [
  "--test-reporter=spec",
  "--test-reporter-destination=stdout",
  "--test-reporter=junit",
  "--test-reporter-destination=/report/junit.xml",
].join(" ")

/** The first word of a command that names a runner, after wrappers such as `cross-env A=b` and `c8 --all`. */
const runnerWords: [Runner, RegExp][] = [
  ["vitest", /(?:^|\s)(?:\S*\/)?vitest(?:\s|$)/],
  ["jest", /(?:^|\s)(?:\S*\/)?(?:jest|react-scripts test|react-app-rewired test|craco test)(?:\s|$)/],
  ["mocha", /(?:^|\s)(?:\S*\/)?_?mocha(?:\s|$)/],
  ["bun", /(?:^|\s)bun test(?:\s|$)/],
  ["node", /(?:^|\s)(?:node|tsx)\b.*\s--test(?:\s|=|$)/],
]

/** What `npm init` writes as a test script. */
const placeholder = /^echo\s+\\?["']?Error: no test specified/

/** How the script `script` runs tests. `root` is the package.json of the project's root, if that is another one. */
export function testPlan(packageJson: string, script = "test", root = packageJson): TestPlan {
  const manifest = readManifest(packageJson)
  const command = manifest.scripts?.[script] ?? ""
  if (command === "" || placeholder.test(command)) return plan("none")
  const { last, dashes, chain } = lastCommand(manifest, command)
  const runner = runnerWords.find(([, words]) => words.test(last))?.[0]
  const inner = runner ? undefined : runnerWords.find(([, words]) => chain.some((one) => words.test(one)))?.[0]
  if (inner && inner !== "node")
    return plan("other", `${inner} is not the last command of the script, so it cannot be told to write reports`)
  const options = { command: last, whole: chain.join(" "), script, installed: installedIn(manifest, root) }
  const found = planOf(runner ?? inner ?? "other", options)
  return { ...found, args: found.args.length > 0 ? [...dashes, ...found.args] : [] }
}

function plan(runner: Runner, note = "", more: Partial<TestPlan> = {}): TestPlan {
  return { runner, args: [], env: {}, coverage: "none", note, ...more }
}

interface ScriptFacts {
  /** The command that calls the runner. */
  command: string
  /** All commands of the script. */
  whole: string
  script: string
  installed: Record<string, string>
}

function planOf(runner: Runner, { command, whole, installed }: ScriptFacts): TestPlan {
  const measured = measuredBy(whole)
  switch (runner) {
    case "vitest": {
      const isMeasuring = "@vitest/coverage-v8" in installed || "@vitest/coverage-istanbul" in installed
      return isMeasuring
        ? plan("vitest", "", { args: [...vitestFlags, ...vitestCoverage], coverage: "runner" })
        : plan("vitest", "add @vitest/coverage-v8 to devDependencies to measure coverage", { args: vitestFlags })
    }
    case "jest": {
      const lenient = command.includes("--coverage") ? [] : ["--coverageThreshold={}"]
      return plan("jest", "", { args: [...jestFlags, ...lenient], coverage: "runner" })
    }
    case "bun":
      return plan("bun", "", { args: bunFlags, coverage: "runner" })
    case "mocha":
      return plan("mocha", "", { args: mochaFlags, ...measured })
    case "node":
      if (whole.includes("--test-reporter") || (whole.match(/\s--test(?=\s|=|$)/g) ?? []).length > 1)
        return plan(
          "other",
          "the script has a reporter of its own, or calls Node's test runner more than once",
          measured,
        )
      return plan("node", "", { ...measured, env: { ...measured.env, NODE_OPTIONS: nodeOptions } })
    default:
      return plan("other", "reports are read of vitest, jest, mocha, node --test and bun test")
  }
}

/** How the coverage of a runner that does not measure itself is found. */
function measuredBy(command: string): { coverage: TestPlan["coverage"]; env: Record<string, string> } {
  const tool = /(?:^|\s)(c8|nyc)\s/.exec(command)?.[1] as "c8" | "nyc" | undefined
  return tool ? { coverage: tool, env: {} } : { coverage: "v8", env: { NODE_V8_COVERAGE: rawCoverage } }
}

function installedIn(manifest: PackageJson, root: string): Record<string, string> {
  return { ...dependenciesOf(readManifest(root)), ...dependenciesOf(manifest) }
}

/**
 * The last command of a script, which gets the script's further arguments, and all commands. A command that runs another
 * script is followed; `npm run` passes arguments on only after a `--` of its own.
 */
function lastCommand(
  { scripts = {} }: PackageJson,
  script: string,
): { last: string; dashes: string[]; chain: string[] } {
  let last = ""
  let rest = script
  const dashes: string[] = []
  const chain: string[] = []
  for (let depth = 0; depth < 5; depth++) {
    const parts = rest.split(/&&|\|\||;|\|/).map((part) => part.trim())
    last = parts.at(-1) ?? ""
    chain.push(...parts.slice(0, -1))
    const [, manager, name, more = ""] =
      /^(npm|pnpm|yarn|bun(?= run))(?: run(?:-script)?)? (?:-s |--silent )?([\w:.-]+)( .*)?$/.exec(last) ?? []
    const next = name === undefined ? undefined : scripts[name]
    if (next === undefined || next === rest) break
    if (manager === "npm" && !/(^|\s)--(\s|$)/.test(more)) dashes.push("--")
    rest = next
  }
  return { last, dashes, chain: [...chain, last] }
}
