// What every module keeps to, and the pure parts of each: reading what the tools have written.
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parseClock, stepCommand } from "../../modules/golang/src/clock"
import * as go from "../../modules/golang/src/read"
import { refusal } from "../../modules/golang/src/refusal"
import * as leaks from "../../modules/gitleaks/src/read"
import * as node from "../../modules/node/src/read"
import { sarif } from "../../modules/golang/src/sarif"

const modules = join(import.meta.dirname, "../../modules")
const names = readdirSync(modules).sort()
const has = (file: string): string[] => names.filter((name) => existsSync(join(modules, name, "src", file)))
const read = (...parts: string[]): string => readFileSync(join(modules, ...parts), "utf8")
const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)

describe("the modules", () => {
  it.each(has("step.ts"))(
    "%s has the same step.ts and clock.ts as golang: copy modules/golang/src/{step,clock}.ts",
    (module) => {
      for (const file of ["step.ts", "clock.ts"]) expect(read(module, "src", file)).toBe(read("golang", "src", file))
    },
  )

  it.each(has("sarif.ts"))("%s has the same sarif.ts as golang: copy modules/golang/src/sarif.ts", (module) =>
    expect(read(module, "src/sarif.ts")).toBe(read("golang", "src/sarif.ts")),
  )

  it.each(has("private.ts"))(
    "%s has the same private.ts and refusal.ts as golang: copy modules/golang/src/{private,refusal}.ts",
    (module) => {
      for (const file of ["private.ts", "refusal.ts"])
        expect(read(module, "src", file)).toBe(read("golang", "src", file))
    },
  )

  it.each(has("turns.ts"))("%s has the same turns.ts as golang: copy modules/golang/src/turns.ts", (module) =>
    expect(read(module, "src/turns.ts")).toBe(read("golang", "src/turns.ts")),
  )

  it.each(has("go.ts"))(
    "%s has the same go.ts as golang, with its image: copy modules/golang/src/go.ts",
    async (module) => {
      const { images } = await import("../../modules/golang/src/images")
      expect(read(module, "src/go.ts")).toBe(read("golang", "src/go.ts"))
      expect(read(module, "src/go.ts")).toContain(`image: string = "${images.golang}"`)
    },
  )

  it.each(has("kept.ts"))("%s has the same kept.ts as golang: copy modules/golang/src/kept.ts", (module) =>
    expect(read(module, "src/kept.ts")).toBe(read("golang", "src/kept.ts")),
  )

  it.each(has("skeleton.ts"))(
    "%s has the same skeleton.ts as cyclonedx: copy modules/cyclonedx/src/skeleton.ts",
    (module) => expect(read(module, "src/skeleton.ts")).toBe(read("cyclonedx", "src/skeleton.ts")),
  )

  it.each(has("wait.ts"))("%s has the same wait.ts as newman: copy modules/newman/src/wait.ts", (module) =>
    expect(read(module, "src/wait.ts")).toBe(read("newman", "src/wait.ts")),
  )

  it.each(has("evidence.ts"))(
    "%s has the same evidence.ts as kubernetes: copy modules/kubernetes/src/evidence.ts",
    (module) => expect(read(module, "src/evidence.ts")).toBe(read("kubernetes", "src/evidence.ts")),
  )

  it.each(names)("%s shows an example call with every function", (module) => {
    const source = read(module, "src/index.ts")
    const main = source.slice(source.lastIndexOf("@object()\nexport class"))
    const functions = [...main.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*@func\([^)]*\)\s*(?:async )?(\w+)\(/g)]
    expect(functions.length).toBe(main.match(/@func\(/g)!.length)
    for (const [, comment, name] of functions)
      expect(comment, name).toContain(`Example: \`dagger -m modules/${module} call ${kebab(name!)} `)
  })

  it.each(has("images.ts"))("%s names its images by tag, never latest", async (module) => {
    const { images } = (await import(`../../modules/${module}/src/images.ts`)) as { images: Record<string, string> }
    expect(Object.values(images).length).toBeGreaterThan(0)
    for (const image of Object.values(images))
      expect(image).toMatch(/^[a-z0-9./-]+:(v?\d+(\.\d+)*(-[a-z0-9.-]+)?|bookworm-slim)$/)
  })
})

describe("a step", () => {
  it("is limited to whole seconds, at least one", () => {
    expect(stepCommand(["go", "vet"], 0.2).slice(3)).toEqual(["step", "1", "go", "vet"])
    expect(stepCommand(["go", "vet"], 90).slice(3)).toEqual(["step", "90", "go", "vet"])
  })
  it("tells when it ran", () =>
    expect(parseClock("1700000000.5 1700000002.75\n")).toEqual({ start: 1700000000.5, end: 1700000002.75 }))
  it.each(["", "5", "x y", "9 3"])("that printed %j as its times is an error", (text) =>
    expect(() => parseClock(text)).toThrow("printed no times"),
  )
})

describe("golang lint", () => {
  const none = { gofmt: "", vet: "", staticcheck: "", staticcheckErrors: "" }
  const findings = (files: Partial<typeof none>) =>
    go.lintFindings({ ...none, ...files }, "services/api", "/src/services/api")
  it("finds nothing in empty files", () => expect(findings({})).toEqual([]))
  it("names files from the repository's root, gofmt first", () =>
    expect(
      findings({
        gofmt: "a/a.go\n",
        vet: '# example.com/x\n# [example.com/x]\nvet: a/z.go:1:34: cannot use "a" as int\n',
        staticcheck:
          '{"code":"U1000","location":{"file":"/src/services/api/a/v.go","line":4,"column":6},"message":"func unused is unused"}\n{"code":"compile","location":{"file":"","line":0,"column":0},"message":"# x"}\n',
      }),
    ).toEqual([
      "gofmt: services/api/a/a.go is not formatted",
      'vet: services/api/a/z.go:1:34: cannot use "a" as int',
      "staticcheck: services/api/a/v.go:4:6: func unused is unused (U1000)",
    ]))
  it("keeps gofmt's syntax errors", () =>
    expect(findings({ gofmt: "a/z.go:2:6: expected 'IDENT', found '{'\n" })).toEqual([
      "gofmt: services/api/a/z.go:2:6: expected 'IDENT', found '{'",
    ]))
  it("keeps what staticcheck says when it cannot work", () =>
    expect(findings({ staticcheckErrors: "-: no packages\n" })).toEqual(["staticcheck: -: no packages"]))
})

describe("what linters found, as SARIF", () => {
  it.each([
    [
      "staticcheck: services/api/a/v.go:4:6: func unused is unused (U1000)",
      {
        tool: "staticcheck",
        rule: "U1000",
        text: "func unused is unused (U1000)",
        file: "services/api/a/v.go",
        line: 4,
        column: 6,
      },
    ],
    [
      "gofmt: services/api/a.go is not formatted",
      {
        tool: "gofmt",
        rule: "gofmt",
        text: "services/api/a.go is not formatted",
        file: "services/api/a.go",
        line: 0,
        column: 0,
      },
    ],
    [
      'vet: a/z.go:1:34: cannot use "a" as int',
      { tool: "vet", rule: "vet", text: 'cannot use "a" as int', file: "a/z.go", line: 1, column: 34 },
    ],
    [
      "staticcheck: -: no packages",
      { tool: "staticcheck", rule: "staticcheck", text: "-: no packages", file: ".", line: 0, column: 0 },
    ],
  ])("reads %s", (line, finding) => expect(go.findingOf(line)).toEqual(finding))
  it("is one run a tool, with rule, place and words", () => {
    const log = JSON.parse(sarif(["gofmt", "vet"], [go.findingOf("vet: a/z.go:1:34: no")])) as {
      runs: { tool: { driver: { name: string } }; results: unknown[] }[]
    }
    expect(log.runs.map(({ tool, results }) => [tool.driver.name, results.length])).toEqual([
      ["gofmt", 0],
      ["vet", 1],
    ])
    expect(log.runs[1]!.results[0]).toEqual({
      ruleId: "vet",
      level: "error",
      message: { text: "no" },
      locations: [
        { physicalLocation: { artifactLocation: { uri: "a/z.go" }, region: { startLine: 1, startColumn: 34 } } },
      ],
    })
  })
  it("has every problem that eslint printed", () =>
    expect(
      node.lintProblems(
        "\n/src/src/a.ts\n  1:7  error  'x' is assigned a value but never used  no-unused-vars\n  2:1  warning  Unexpected console statement\n\n/src/b.vue\n  3:4  error  no\n",
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

describe("golang test", () => {
  const failed = (body: string, done = "DONE 7 tests, 1 skipped, 2 failures in 0.334s"): string =>
    `✖  a (35ms)\n\n=== Skipped\n=== SKIP: a TestSkip (0.00s)\n    a_test.go:5: why\n\n=== Failed\n${body}\n${done}\n`
  it("counts", () =>
    expect(go.testOutcome("✓  a (3ms)\n\nDONE 41 tests, 2 skipped in 0.5s\n", ".")).toEqual({
      tests: 41,
      skipped: 2,
      failing: [],
      first: "",
    }))
  it("counts a single one, and none", () => {
    expect(go.testOutcome("DONE 1 test in 0.5s", ".").tests).toBe(1)
    expect(go.testOutcome("∅  .\n\nDONE 0 tests in 0.000s", ".").tests).toBe(0)
    expect(go.testOutcome("", ".").tests).toBe(0)
  })
  it("names the failing test, its file and line, without its parents", () => {
    const outcome = go.testOutcome(
      failed(
        "=== FAIL: a TestBroken/sub_case (0.00s)\n    a_test.go:4: hello\n    a_test.go:4: got 2, want 3\n\n=== FAIL: a TestBroken (0.00s)\n",
      ),
      "services/api",
    )
    expect(outcome).toEqual({
      tests: 7,
      skipped: 1,
      failing: ["TestBroken/sub_case"],
      first: "services/api/a: TestBroken/sub_case: a_test.go:4: got 2, want 3",
    })
  })
  it("names a build failure before all", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: bad  (0.00s)\nFAIL\texample.com/x/bad [build failed]\n\n=== Errors\nbad/bad.go:2: cannot use 1\n\n",
        ),
        "m",
      ).first,
    ).toBe("m/bad/bad.go:2: cannot use 1"))
  it("names the test that hangs", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: a  (0.00s)\npanic: test timed out after 3s\n\trunning tests:\n\t\tTestHang (3s)\n\ngoroutine 21 [running]:\n\n=== FAIL: a TestBroken (0.00s)\n    a_test.go:4: no\n",
        ),
        ".",
      ).first,
    ).toBe("a: TestHang timed out after 3s"))
  it("says where it panicked", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: a TestPanic (0.00s)\npanic: assignment to entry in nil map [recovered, repanicked]\n\ngoroutine 25 [running]:\nexample.com/x/a.TestPanic(0x1)\n\t/src/a/a_test.go:7 +0x48\n",
        ),
        ".",
      ).first,
    ).toBe("a: TestPanic: panic: assignment to entry in nil map at a_test.go:7"))
  it("says that it is a race", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: a TestRace (0.01s)\n===\nWARNING: DATA RACE\nRead at 0x1 by goroutine 15:\n  x.TestRace.func1()\n      /src/a/a_test.go:8 +0x33\n",
        ),
        ".",
      ).first,
    ).toBe("a: TestRace: data race, /src/a/a_test.go:8 +0x33"))
  it("says what testify says", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: a TestX (0.00s)\n    a_test.go:12: \n        \tError Trace:\ta_test.go:12\n        \tError:      \tNot equal: 1 and 2\n",
        ),
        ".",
      ).first,
    ).toBe("a: TestX: a_test.go:12: Not equal: 1 and 2"))

  it.each([
    ["a half", "mode: atomic\nx/a.go:1.1,2.2 3 1\nx/a.go:3.1,4.2 3 0\n", 50],
    ["a block that two packages ran", "mode: atomic\nx/a.go:1.1,2.2 1 0\nx/a.go:1.1,2.2 1 4\n", 100],
    ["no statement", "mode: atomic\n", undefined],
    ["nothing", "", undefined],
  ])("reads the coverage of %s", (_, profile, percent) => expect(go.coveragePercent(profile)).toBe(percent))
})

describe("golang paths", () => {
  it("finds the folders that replace modules", () =>
    expect(
      go.localReplaces(
        "module x\nreplace example.com/kit => ../kit\nreplace (\n\texample.com/a v1.0.0 => ./a/b\n\texample.com/b => example.com/c v1.2.3\n)\n",
      ),
    ).toEqual(["../kit", "./a/b"]))
  it.each([
    ["services/api", "../kit", "services/kit"],
    [".", "./a", "a"],
    ["a", "..", "."],
    [".", "../kit", undefined],
    ["a/b", "../../../c", undefined],
  ])("%s joined by %s is %s", (path, rest, joined) => expect(go.joined(path, rest)).toBe(joined))
})

describe("gitleaks", () => {
  const finding = {
    rule: "github-pat",
    description: "A token & more.",
    file: "conf.txt",
    line: 3,
    commit: "e131694105e93cd7d7d28d6d83faeeeddd659b3e",
    fingerprint: "e13:conf.txt:github-pat:3",
  }
  const standing = { ...finding, commit: "", fingerprint: "conf.txt:github-pat:3" }
  it("reads its report", () =>
    expect(
      leaks.findings(
        JSON.stringify([
          {
            RuleID: "github-pat",
            Description: "A token & more.",
            StartLine: 3,
            File: "conf.txt",
            Commit: finding.commit,
            Secret: "REDACTED",
            Fingerprint: finding.fingerprint,
          },
        ]),
      ),
    ).toEqual([finding]))
  it("reads an empty and a missing report", () =>
    expect([leaks.findings("[]\n"), leaks.findings("")]).toEqual([[], []]))
  it("counts commits", () => {
    expect(leaks.commitsScanned("8:23PM INF 12 commits scanned.\n")).toBe(12)
    expect(leaks.commitsScanned("nothing")).toBeUndefined()
  })
  it("takes git's errors seriously although the exit code is 0", () =>
    expect(
      leaks.scanErrors(
        '8:23PM ERR [git] fatal: bad object refs/heads/master\n8:23PM ERR error="stderr is not empty"\n8:23PM INF 0 commits scanned.\n',
      ),
    ).toEqual(["[git] fatal: bad object refs/heads/master"]))
  it("lists a secret once, the standing one first", () =>
    expect(leaks.merged([finding, { ...finding, line: 9 }], [standing])).toEqual([standing, { ...finding, line: 9 }]))
  it("says file, line, rule and commit", () => {
    expect(leaks.describe([finding])).toBe("secret in conf.txt:3 github-pat in commit e131694105")
    expect(leaks.describe([standing, finding])).toBe("secret in conf.txt:3 github-pat (and 1 more)")
    expect(leaks.describe([])).toBe("")
  })
  it("writes SARIF with rule, file and line", () => {
    const run = JSON.parse(leaks.sarif([standing])).runs[0]
    expect(run.results[0].ruleId).toBe("github-pat")
    expect(run.results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "conf.txt" },
      region: { startLine: 3 },
    })
    expect(run.tool.driver.rules).toEqual([{ id: "github-pat", shortDescription: { text: "A token & more." } }])
  })
  it("writes JUnit that escapes, and a passing case when there is nothing", () => {
    expect(leaks.junit([standing])).toContain('tests="1" failures="1"')
    expect(leaks.junit([standing])).toContain("A token &#38; more.")
    expect(leaks.junit([])).toContain('tests="1" failures="0"')
  })
})

describe("node", () => {
  it("says how the lockfile disagrees", () =>
    expect(
      node.installFailure(
        "npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages when …\nnpm error Invalid: lock file's vue@3.5.45 does not satisfy vue@3.5.44\n",
      ),
    ).toBe(
      "package.json and package-lock.json disagree: Invalid: lock file's vue@3.5.45 does not satisfy vue@3.5.44 (run `npm install` and commit the lockfile)",
    ))
  it("says another install failure", () =>
    expect(node.installFailure("npm error code ENOTFOUND\nnpm error network request failed\n")).toBe(
      "network request failed",
    ))
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
        "> vite build\n✗ Build failed in 200ms\nerror during build:\nBuild failed with 1 error:\n\n\u001b[31m[UNRESOLVED_IMPORT] \u001b[0mCould not resolve './none' in src/main.ts\n",
      ),
    ).toBe("[UNRESOLVED_IMPORT] Could not resolve './none' in src/main.ts"))
  it("says that a script is missing", () =>
    expect(node.firstError('npm error Missing script: "lint"\nnpm error\n')).toBe('Missing script: "lint"'))

  const report = (results: unknown[], counts = {}): string =>
    JSON.stringify({ numTotalTests: 11, numPendingTests: 0, numFailedTests: 1, testResults: results, ...counts })
  it("names the failing test with file and line", () =>
    expect(
      node.testOutcome(
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
      node.testOutcome(
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
  it("knows that there is no report", () => expect(node.testOutcome("", "/src")).toBeUndefined())
  it("reads coverage", () => {
    expect(node.coveragePercent('{"total":{"statements":{"total":8,"covered":6}}}')).toBe(75)
    expect(node.coveragePercent('{"total":{"statements":{"total":0,"covered":0}}}')).toBeUndefined()
    expect(node.coveragePercent("")).toBeUndefined()
  })
})

describe("the pipelines' images", () => {
  it("say what each function uses, and nothing that is not there", async () => {
    const { images, uses } = await import("../../ci/src/images")
    const root = JSON.parse(readFileSync(join(modules, "../dagger.json"), "utf8")) as {
      dependencies: { name: string }[]
    }
    const known = root.dependencies.map(({ name }) => name)
    const functions = [
      ...readFileSync(join(modules, "../ci/src/index.ts"), "utf8")
        .split("export class Delivery")[1]!
        .matchAll(/@func\([^)]*\)\s*(?:@check\(\)\s*)?async (\w+)\(/g),
    ].map(([, name]) => name)
    expect(Object.keys(uses).sort()).toEqual(functions.sort())
    for (const use of Object.values(uses)) {
      expect(known).toEqual(expect.arrayContaining(use.modules))
      expect(Object.keys(images)).toEqual(expect.arrayContaining(use.images))
    }
  })
})

describe("what was refused for want of a login", () => {
  it.each([
    [
      "go: shop.example/greet@v1.0.0: reading https://goproxy:3000/shop.example/greet/@v/v1.0.0.mod: 401 Unauthorized\n\tserver response: no",
      "goproxy:3000 refuses shop.example/greet@v1.0.0 (401 Unauthorized): pass netrc with a login for goproxy:3000, or goproxy with one in the address",
    ],
    [
      "main.go:4:2: shop.example/greet@v1.0.0: reading https://ci:xxxxx@proxy.example/x/@v/v1.0.0.zip: 403 Forbidden",
      "proxy.example refuses shop.example/greet@v1.0.0 (403 Forbidden): pass netrc with a login for proxy.example, or goproxy with one in the address",
    ],
    [
      "go: shop.example/greet@v1.0.0: reading https://proxy.example/shop.example/greet/@v/v1.0.0.mod: 404 Not Found",
      "proxy.example has no shop.example/greet@v1.0.0 (404 Not Found): if it is private, pass goproxy, or goprivate with its path and netrc with a login",
    ],
    [
      "go: github.com/shop/greet@v1.0.0: invalid version: git ls-remote -q origin: exit status 128:\n\tfatal: could not read Username for 'https://github.com': terminal prompts disabled",
      "github.com refuses github.com/shop/greet@v1.0.0 (git was not let in): pass netrc with a login for github.com, or goproxy with one in the address",
    ],
    ["main.go:3:8: undefined: x", ""],
    ["", ""],
  ])("Go: %j", (output, reason) => expect(refusal(output)).toBe(reason))
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
  ])("npm: %j", (log, reason) => expect(node.refusal(log)).toBe(reason))
})
