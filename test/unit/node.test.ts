// The module node without an engine: what npm and the tools of a project print is read.
import { describe, expect, it } from "vitest"
import * as failures from "../../modules/node/src/failures"
import { managerOf, type Manager } from "../../modules/node/src/managers"
import * as outcomes from "../../modules/node/src/outcomes"
import * as node from "../../modules/node/src/read"

const manager = (lockfile: Parameters<typeof managerOf>[0], text = ""): Manager => managerOf(lockfile, text)
const npm = manager("package-lock.json")

describe("node", () => {
  it("says how the lockfile disagrees", () =>
    expect(
      failures.installFailure(
        npm,
        "npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages when …\nnpm " +
          "error Invalid: lock file's vue@3.5.45 does not satisfy vue@3.5.44\n",
      ),
    ).toEqual({
      reason:
        "package.json and package-lock.json disagree: Invalid: lock file's vue@3.5.45 does not satisfy " +
        "vue@3.5.44 (run `npm install` and commit the lock file)",
      isFinal: true,
    }))
  it("says another install failure", () =>
    expect(failures.installFailure(npm, "npm error code ENOTFOUND\nnpm error network request failed\n")).toEqual({
      reason: "network request failed",
      isFinal: true,
    }))
  it("finds eslint's first problem", () =>
    expect(
      node.lintFailure(
        "\n> lint\n> eslint .\n\n/src/src/bad.ts\n  1:42  error  Unexpected var, use let or const instead          no-var\n\n✖ 1 problem\n",
        "/src",
      ),
    ).toBe("src/bad.ts:1:42 Unexpected var, use let or const instead (no-var)"))
  it("finds another linter's error", () =>
    expect(node.lintFailure("> x\nchecked 3 files\nerror: src/a.ts has tabs\n", "/src")).toBe(
      "error: src/a.ts has tabs",
    ))
  it("finds the compiler's first error", () =>
    expect(
      node.typeFailure(
        "> vue-tsc\n\nsrc/bad.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.\n",
      ),
    ).toBe("src/bad.ts:1:7 TS2322: Type 'string' is not assignable to type 'number'."))
  it("finds the build's error past headings and colours", () =>
    expect(
      node.firstError(
        "> vite build\n✗ Build failed in 200ms\nerror during build:\nBuild failed with 1 error:\n\n" +
          "\u001b[31m[UNRESOLVED_IMPORT] \u001b[0mCould not resolve './none' in src/main.ts\n",
      ),
    ).toBe("[UNRESOLVED_IMPORT] Could not resolve './none' in src/main.ts"))
  it("says that a script is missing", () =>
    expect(node.firstError('npm error Missing script: "lint"\nnpm error\n')).toBe('Missing script: "lint"'))

  const report = (results: unknown[], counts = {}): string =>
    JSON.stringify({ numTotalTests: 11, numPendingTests: 0, numFailedTests: 1, testResults: results, ...counts })
  it("names the failing test with file and line", () =>
    expect(
      outcomes.testOutcome(
        report([
          {
            name: "/src/tests/m.test.ts",
            status: "failed",
            message: "",
            assertionResults: [
              {
                fullName: "money shows cents",
                status: "failed",
                failureMessages: [
                  "AssertionError: expected 'a' to be 'b' // Object.is equality\n    at /src/tests/m.test.ts:6:29\n",
                ],
              },
            ],
          },
        ]),
        "/src",
      ),
    ).toEqual({
      tests: 11,
      skipped: 0,
      failing: 1,
      first: "tests/m.test.ts:6: money shows cents: expected 'a' to be 'b'",
    }))
  it("names a file that does not load", () =>
    expect(
      outcomes.testOutcome(
        report([
          {
            name: "/src/tests/x.test.ts",
            status: "failed",
            message: 'Failed to resolve import "./nope"',
            assertionResults: [],
          },
        ]),
        "/src",
      )?.first,
    ).toBe('tests/x.test.ts: Failed to resolve import "./nope"'))
  it("knows that there is no report", () => expect(outcomes.testOutcome("", "/src")).toBeUndefined())
  it("takes half a report of a runner that was killed for none, whatever the runner", () => {
    const json = '{"numTotalTests":2,"numPassedTests":1,"testResults":[{"name":"/src/a.test.js","assertionRes'
    const xml =
      '<?xml version="1.0"?>\n<testsuites>\n<testsuite name="a"><testcase name="x"/></testsuite>\n<testcase na'
    for (const half of [json, "null", "7", "Killed"]) {
      expect(outcomes.testOutcome(half, "/src")).toBeUndefined()
      expect(outcomes.mochaOutcome(half, "/src")).toBeUndefined()
      expect(outcomes.coveragePercent(half)).toBeUndefined()
    }
    for (const half of [xml, "<testsuites", "", "Killed"]) expect(outcomes.junitOutcome(half, "/src")).toBeUndefined()
    expect(outcomes.junitOutcome(`${xml}me="y"/></testsuites>\n<!-- done -->\n`, "/src")).toMatchObject({ tests: 2 })
    expect(outcomes.junitOutcome("<testsuites/>\n", "/src")).toMatchObject({ tests: 0 })
  })
  it("reads coverage", () => {
    expect(outcomes.coveragePercent('{"total":{"statements":{"total":8,"covered":6}}}')).toBe(75)
    expect(outcomes.coveragePercent('{"total":{"statements":{"total":0,"covered":0}}}')).toBeUndefined()
    expect(outcomes.coveragePercent("")).toBeUndefined()
  })

  it("has every problem that eslint printed", () =>
    expect(
      node.lintProblems(
        "\n/src/src/a.ts\n  1:7  error  'x' is assigned a value but never used  no-unused-vars\n  2:1  " +
          "warning  Unexpected console statement\n\n/src/b.vue\n  3:4  error  no\n",
        "/src",
      ),
    ).toEqual([
      {
        tool: "eslint",
        rule: "no-unused-vars",
        text: "'x' is assigned a value but never used",
        file: "src/a.ts",
        line: 1,
        column: 7,
      },
      { tool: "eslint", rule: "eslint", text: "Unexpected console statement", file: "src/a.ts", line: 2, column: 1 },
      { tool: "eslint", rule: "eslint", text: "no", file: "b.vue", line: 3, column: 4 },
    ]))
})

describe("the scripts of a project", () => {
  const project = (scripts: object, more: object = {}) => JSON.stringify({ scripts, ...more })
  it("are those of package.json", () => {
    expect(node.scriptsIn(project({ test: "vitest run" }))).toEqual({ test: "vitest run" })
    expect(node.scriptsIn("{}")).toEqual({})
  })
})

describe("what npm was refused for want of a login", () => {
  it.each([
    [
      "12 http fetch GET 401 http://npm:4873/@shop%2fgreet/-/greet-1.0.0.tgz 12ms (cache skip)",
      "npm:4873 refuses @shop/greet (401): pass npmrc with a login for npm:4873",
    ],
    [
      "12 http fetch GET 404 https://u:p@registry.npmjs.org/@shop%2fgreet 12ms",
      "registry.npmjs.org has no @shop/greet (404): if it is private, pass npmrc with its registry and a login",
    ],
    ["", ""],
  ])("npm: %j", (log, reason) => expect(failures.refusal(log)).toBe(reason))
})

describe("what mends a Node project", () => {
  const commands = (scripts: object, devDependencies: object) =>
    node.fixCommands(JSON.stringify({ scripts, devDependencies }))
  it("is eslint as the lint script has it", () =>
    expect(commands({ lint: "eslint . --max-warnings 0" }, { eslint: "9" })).toEqual([
      ["npm", "run", "lint", "--", "--fix"],
    ]))
  it("is eslint on everything where the script is more than that, and prettier where there is one", () =>
    expect(commands({ lint: "eslint . && prettier --check ." }, { eslint: "9", prettier: "3" })).toEqual([
      ["npx", "--no-install", "eslint", "--fix", "."],
      ["npx", "--no-install", "prettier", "--write", "."],
    ]))
  it("is nothing where there is neither", () => expect(commands({ lint: "tsc" }, {})).toEqual([]))
})

describe("scripts of package.json that are not named like their step", () => {
  it("are read as STEP=SCRIPT", () =>
    expect(node.readScripts(["test=test:unit", "build=a=b"])).toEqual({ test: "test:unit", build: "a=b" }))
  it.each(["test", "test=", "fmt=x", "=x"])("%s is refused", (text) =>
    expect(() => node.readScripts([text])).toThrow(
      `scripts: ${text} is not STEP=SCRIPT; steps: lint, typecheck, test, build`,
    ),
  )
})
