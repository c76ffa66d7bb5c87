// The module golang without an engine: what its tools print is read, and its shell functions run around no tool.
import { execFile, execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as go from "../../modules/golang/src/read"
import { goFiles, raceFlag } from "../../modules/golang/src/scripts"
import { refusal } from "../../modules/shared/refusal"
import { sarif } from "../../modules/shared/sarif"
import { turns } from "../../modules/shared/turns"

describe("modules that are checked side by side", () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "turns-"))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const [inTurn, together] = [
    ["begin", "end", "begin", "end"],
    ["begin", "begin", "end", "end"],
  ]

  /**
   * Two modules that work at the same time on one cache: what they wrote, in order. Each works until the other has begun:
   * for half a minute where it should, for half a second where it should not.
   */
  async function order(
    goMods: string[],
    expected: string[],
    kinds = ["lint", "lint"],
    script = turns,
  ): Promise<string[]> {
    const log = join(folder, "log")
    writeFileSync(log, "")
    const tries = expected === together ? 600 : 10
    const until = `for i in {1..${tries}}; do [ "$(grep -c begin '${log}')" = 2 ] && break; sleep 0.05; done`
    await Promise.all(
      goMods.map((text, i) => {
        const module = join(folder, String(i))
        mkdirSync(module, { recursive: true })
        writeFileSync(join(module, "go.mod"), text)
        const work = `${script}\ntake_turn ${kinds[i]}\necho begin >> '${log}'; ${until}; echo end >> '${log}'\nend_turn`
        return promisify(execFile)("bash", ["-uc", work], {
          cwd: module,
          env: { ...process.env, GOCACHE: join(folder, "cache") },
        })
      }),
    )
    return readFileSync(log, "utf8").trim().split("\n")
  }

  it("compile one after the other with an empty cache", async () =>
    expect(await order(["module a", "module b"], inTurn)).toEqual(inTurn))
  it("wait for nothing that the cache knows", async () => {
    await order(["module a", "module b"], inTurn)
    expect(await order(["module a", "module b"], together)).toEqual(together)
  })
  it("wait again where one's go.mod and another's are new", async () => {
    await order(["module a", "module b"], inTurn)
    expect(await order(["module c", "module d"], inTurn)).toEqual(inTurn)
  })
  it("do not wait for work of another kind", async () =>
    expect(await order(["module a", "module b"], together, ["lint", "test"])).toEqual(together))
  it("do not wait in an image without flock", async () => {
    const without = `flock() { return 127; }\n${turns}`
    expect(await order(["module a", "module b"], together, ["lint", "lint"], without)).toEqual(together)
  })
})

describe("golang lint", () => {
  const none: go.LintFiles = {
    gofmt: "",
    gofmtErrors: "",
    vet: "",
    vetErrors: "",
    staticcheck: "",
    staticcheckErrors: "",
    exits: "",
    generated: "",
  }
  const read = (files: Partial<typeof none>, path = "services/api") =>
    go.lintFindings({ ...none, ...files }, path, `/src/${path}`)
  const findings = (files: Partial<typeof none>, path?: string) => read(files, path).map(go.lineOf)
  const vetted = (...found: [string, string][]): string =>
    `{}\n${JSON.stringify({ "example.com/x": { printf: found.map(([posn, message]) => ({ posn, end: posn, message })) } }, null, "\t")}\n`

  it("finds nothing in empty files", () => expect(findings({})).toEqual([]))
  it("names files from the repository's root, gofmt first", () =>
    expect(
      findings({
        gofmt: "a/a.go\n",
        vet: vetted(["/src/services/api/a/v.go:5:24", "Printf format %d has arg of wrong type"]),
        vetErrors: '# example.com/x\n# [example.com/x]\nvet: a/z.go:1:34: cannot use "a" as int\n',
        staticcheck:
          '{"code":"U1000","location":{"file":"/src/services/api/a/v.go","line":4,"column":6},' +
          '"message":"func unused is unused"}\n' +
          '{"code":"compile","location":{"file":"","line":0,"column":0},"message":"# x"}\n',
      }),
    ).toEqual([
      "gofmt: services/api/a/a.go is not formatted",
      "vet: services/api/a/v.go:5:24: Printf format %d has arg of wrong type",
      'vet: services/api/a/z.go:1:34: cannot use "a" as int',
      "staticcheck: services/api/a/v.go:4:6: func unused is unused (U1000)",
    ]))
  it("keeps gofmt's syntax errors", () =>
    expect(findings({ gofmtErrors: "a/z.go:2:6: expected 'IDENT', found '{'\n" })).toEqual([
      "gofmt: services/api/a/z.go:2:6: expected 'IDENT', found '{'",
    ]))
  it("does not take for findings what tools say of their work, or why they could not do it", () => {
    const downloads = "go: downloading github.com/a/b v1.0.0\ngo: downloading go1.26.8 (linux/amd64)\n"
    const warnings = "# github.com/mattn/go-sqlite3\nsqlite3-binding.c:12:10: warning: function may return address\n"
    expect(findings({ vetErrors: downloads + warnings, staticcheckErrors: downloads, exits: "vet 0\n" })).toEqual([])
    expect(findings({ vetErrors: `${downloads}go: updates to go.mod needed\n`, exits: "vet 1\n" })).toEqual([])
    expect(findings({ staticcheckErrors: "-: no packages\n", exits: "staticcheck 1\n" })).toEqual([])
  })
  it("names the first tool that could not work, with what it said", () => {
    const trouble = (files: Partial<go.LintFiles>) => go.lintTrouble({ ...none, ...files })
    const vetErrors = "go: downloading a v1\ngo: updates to go.mod needed\n"
    expect(trouble({ vetErrors, exits: "gofmt 0\nvet 1\nstaticcheck 1\n" })).toMatchObject({
      tool: "go vet",
      exitCode: 1,
    })
    expect(trouble({ vetErrors, exits: "gofmt 0\nvet 0\nstaticcheck 0\n" })).toBeUndefined()
    expect(trouble({ gofmtErrors: "open x: denied\n", exits: "gofmt 123\n" })).toMatchObject({ tool: "gofmt" })
    const staticcheckErrors = "panic: no\n\ngoroutine 1 [running]:\n"
    expect(trouble({ staticcheckErrors, exits: "gofmt 0\nvet 0\nstaticcheck 2\n" })).toEqual({
      tool: "staticcheck",
      exitCode: 2,
      output: staticcheckErrors,
    })
  })
  it("has no trouble where a tool that failed has found something", () => {
    const staticcheck = '{"code":"compile","location":{"file":"","line":0,"column":0},"message":"# x"}\n'
    const files = { ...none, vetErrors: "# x\nvet: a.go:1:2: undefined: b\n", staticcheck }
    expect(go.lintTrouble({ ...files, exits: "gofmt 0\nvet 1\nstaticcheck 1\n" })).toBeUndefined()
    const unformatted = { ...none, gofmtErrors: "a.go:2:6: expected 'IDENT'\n", exits: "gofmt 123\n" }
    expect(go.lintTrouble(unformatted)).toBeUndefined()
  })
  it("has trouble where staticcheck alone cannot compile", () => {
    const staticcheck =
      '{"code":"compile","location":{"file":"","line":0,"column":0},"message":"module requires at least go1.27"}\n'
    expect(go.lintTrouble({ ...none, staticcheck, exits: "vet 0\nstaticcheck 1\n" })).toEqual({
      tool: "staticcheck",
      exitCode: 1,
      output: "module requires at least go1.27\n",
    })
  })
  it("reads what staticcheck printed before its time limit ended it", () =>
    expect(findings({ staticcheck: '{"code":"U1000","loc' })).toEqual([]))
  it("leaves generated files to their generator, unless they do not compile", () =>
    expect(
      findings({
        generated: "pb/a.pb.go\n",
        vet: vetted(["/src/services/api/pb/a.pb.go:1:2", "no"], ["/src/services/api/b.go:1:2", "no"]),
        vetErrors: "vet: pb/a.pb.go:3:1: undefined: c\n",
        staticcheck:
          '{"code":"ST1005","location":{"file":"/src/services/api/pb/a.pb.go","line":4,"column":6},"message":"no"}\n',
      }),
    ).toEqual(["vet: services/api/b.go:1:2: no", "vet: services/api/pb/a.pb.go:3:1: undefined: c"]))
  it("keeps an error of several lines together", () =>
    expect(
      findings({ vetErrors: "a/e.go:3:8: no required module provides package x.y/z; to add it:\n\tgo get x.y/z\n" }),
    ).toEqual(["vet: services/api/a/e.go:3:8: no required module provides package x.y/z; to add it: go get x.y/z"]))
  it("reports once what go vet finds in a package and again with its tests", () =>
    expect(
      findings({ vet: vetted(["/src/services/api/a.go:1:2", "no"]) + vetted(["/src/services/api/a.go:1:2", "no"]) }),
    ).toEqual(["vet: services/api/a.go:1:2: no"]))
  it("reads the JSON of go vet from standard error too, where older versions of Go write it", () =>
    expect(
      findings({ vetErrors: `# x\n${vetted(["/src/services/api/a.go:1:2", "no"])}go: downloading a v1\n` }),
    ).toEqual(["vet: services/api/a.go:1:2: no"]))
  it("reports an analyzer of go vet that failed", () =>
    expect(findings({ vet: '{\n\t"example.com/x": {\n\t\t"printf": {\n\t\t\t"error": "no"\n\t\t}\n\t}\n}\n' })).toEqual(
      ["vet: printf: no"],
    ))
  it("keeps file and line of a path with blanks", () =>
    expect(
      read(
        {
          gofmt: "order.go\n",
          gofmtErrors: "z.go:2:6: no\n",
          vet: vetted(["/src/services/order api/order.go:11:2", "no"]),
          vetErrors: "vet: a b/c.go:1:2: no\n",
          staticcheck:
            '{"code":"U1000","location":{"file":"/src/services/order api/order.go","line":4,"column":6},"message":"no"}\n',
        },
        "services/order api",
      ).map(({ tool, file, line }) => [tool, file, line]),
    ).toEqual([
      ["gofmt", "services/order api/order.go", 0],
      ["gofmt", "services/order api/z.go", 2],
      ["vet", "services/order api/order.go", 11],
      ["vet", "services/order api/a b/c.go", 1],
      ["staticcheck", "services/order api/order.go", 4],
    ]))
})

describe("the files that gofmt looks at", () => {
  it("are the module's own: none that is vendored, test data, generated, another module's, or that Go ignores", () => {
    const folder = mkdtempSync(join(tmpdir(), "gofmt-"))
    try {
      const files = [
        "a.go",
        "in ner/b.go",
        "vendor/v/v.go",
        "in ner/testdata/t.go",
        "_old/o.go",
        ".cache/c.go",
        "d/vendored.go",
        "nested module/go.mod",
        "nested module/n.go",
      ]
      for (const file of [...files, "d/readme.md"]) {
        mkdirSync(dirname(join(folder, file)), { recursive: true })
        writeFileSync(join(folder, file), "")
      }
      writeFileSync(join(folder, "d/made.go"), "package d\n\n// Code generated by a tool. DO NOT EDIT.\r\n")
      const listed = execFileSync("bash", ["-c", `${goFiles} | sort -z | tr '\\0' '\\n'`], { cwd: folder })
      expect(listed.toString().trim().split("\n")).toEqual(["./a.go", "./d/vendored.go", "./in ner/b.go"])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe("what a build says of C", () => {
  it("is nothing where no package compiles it", () => expect(go.cgoText("", false)).toBe(""))
  it("is which packages do", () => expect(go.cgoText("a.b/c\na.b/d\n", false)).toBe(", with C in a.b/c and 1 more"))
  it("is that it differs from the tests", () =>
    expect(go.cgoText("a.b/c\n", true)).toBe(", without C (CGO_ENABLED=0), which tests have in a.b/c"))
})

describe("what linters found, as SARIF", () => {
  const none: go.LintFiles = {
    gofmt: "",
    gofmtErrors: "",
    vet: "",
    vetErrors: "",
    staticcheck: "",
    staticcheckErrors: "",
    exits: "",
    generated: "",
  }
  it.each([
    [
      {
        staticcheck:
          '{"code":"U1000","location":{"file":"/src/services/api/a/v.go","line":4,"column":6},"message":"func unused is unused"}\n',
      },
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
      { gofmt: "a.go\n" },
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
      { vetErrors: 'vet: a/z.go:1:34: cannot use "a" as int\n' },
      { tool: "vet", rule: "vet", text: 'cannot use "a" as int', file: "services/api/a/z.go", line: 1, column: 34 },
    ],
    [
      { vet: '{\n\t"example.com/x": {\n\t\t"printf": {\n\t\t\t"error": "no"\n\t\t}\n\t}\n}\n' },
      { tool: "vet", rule: "vet", text: "printf: no", file: ".", line: 0, column: 0 },
    ],
  ])("reads %j", (files, finding) =>
    expect(go.lintFindings({ ...none, ...files }, "services/api", "/src/services/api")).toEqual([finding]),
  )
  it("is one run a tool, with rule, place and words", () => {
    const log = JSON.parse(
      sarif(["gofmt", "vet"], go.lintFindings({ ...none, vetErrors: "vet: a/z.go:1:34: no\n" }, ".", "/src")),
    ) as {
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
  it("names the module's folder for a test of its first package", () => {
    const output = failed("=== FAIL: . TestBroken (0.00s)\n    a_test.go:4: got 2, want 3\n")
    expect(go.testOutcome(output, "services/api").first).toBe("services/api: TestBroken: a_test.go:4: got 2, want 3")
    expect(go.testOutcome(output, ".").first).toBe(".: TestBroken: a_test.go:4: got 2, want 3")
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
          "=== FAIL: a  (0.00s)\npanic: test timed out after 3s\n\trunning tests:\n\t\tTestHang (3s)\n\n" +
            "goroutine 21 [running]:\n\n=== FAIL: a TestBroken (0.00s)\n    a_test.go:4: no\n",
        ),
        ".",
      ).first,
    ).toBe("a: TestHang timed out after 3s"))
  it("says where it panicked", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: a TestPanic (0.00s)\npanic: assignment to entry in nil map [recovered, repanicked]\n\n" +
            "goroutine 25 [running]:\nexample.com/x/a.TestPanic(0x1)\n\t/src/a/a_test.go:7 +0x48\n",
        ),
        ".",
      ).first,
    ).toBe("a: TestPanic: panic: assignment to entry in nil map at a_test.go:7"))
  it("says that it is a race", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: a TestRace (0.01s)\n===\nWARNING: DATA RACE\nRead at 0x1 by goroutine 15:\n  " +
            "x.TestRace.func1()\n      /src/a/a_test.go:8 +0x33\n",
        ),
        ".",
      ).first,
    ).toBe("a: TestRace: data race at a/a_test.go:8"))
  it("names the source's line of a race that Go's own code has run into", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: a TestMap (0.01s)\n===\nWARNING: DATA RACE\nWrite at 0x1 by goroutine 9:\n  runtime.mapassign()\n      " +
            "/usr/local/go/src/internal/runtime/maps/runtime.go:184 +0x0\n  x.Put()\n      /src/api/a/put.go:31 +0x4f\n",
        ),
        "api",
      ).first,
    ).toBe("api/a: TestMap: data race at api/a/put.go:31"))
  it("says where the race is if no line is the source's", () => {
    const race = (place: string) => `=== FAIL: a TestMap (0.01s)\n===\nWARNING: DATA RACE\n${place}`
    const first = (place: string) => go.testOutcome(failed(race(place)), ".").first
    expect(first("      /go/pkg/mod/x.org/q@v1.0.0/q.go:3 +0x1\n")).toBe(
      "a: TestMap: data race at /go/pkg/mod/x.org/q@v1.0.0/q.go:3",
    )
    expect(first("")).toBe("a: TestMap: data race, see the report")
  })
  it.each([
    ["", "-race"],
    ["-mod=mod", "-race"],
    ["-race=false", ""],
    ["-mod=mod --race=false", ""],
    ["-race=falsehood", "-race"],
    ["-tags=-race=false", "-race"],
  ])("runs with the race detector unless GOFLAGS switches it off: %j", (GOFLAGS, flag) =>
    expect(execFileSync("bash", ["-c", `${raceFlag}; echo "$race"`], { env: { GOFLAGS }, encoding: "utf8" })).toBe(
      `${flag}\n`,
    ),
  )
  it("says that tests ran without the race detector", () => {
    expect(go.raceNote(true)).toBe(", without the race detector (-race=false in GOFLAGS)")
    expect(go.raceNote(false)).toBe("")
  })
  it("says the failure, and what a cleanup logs behind it", () =>
    expect(
      go.testOutcome(
        failed(
          "=== FAIL: a TestX (0.00s)\n    a_test.go:6: only 190 requests\n    process_test.go:99: api:\n        {}\n",
        ),
        ".",
      ).first,
    ).toBe("a: TestX: a_test.go:6: only 190 requests · process_test.go:99: api:"))
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

describe("what Go was refused for want of a login", () => {
  it.each([
    [
      "go: shop.example/greet@v1.0.0: reading https://goproxy:3000/shop.example/greet/@v/v1.0.0.mod: 401 Unauthorized\n\tserver response: no",
      "goproxy:3000 refuses shop.example/greet@v1.0.0 (401 Unauthorized): pass netrc with a login for " +
        "goproxy:3000, or goproxy with one in the address",
    ],
    [
      "main.go:4:2: shop.example/greet@v1.0.0: reading https://ci:xxxxx@proxy.example/x/@v/v1.0.0.zip: 403 Forbidden",
      "proxy.example refuses shop.example/greet@v1.0.0 (403 Forbidden): pass netrc with a login for " +
        "proxy.example, or goproxy with one in the address",
    ],
    [
      "go: shop.example/greet@v1.0.0: reading https://proxy.example/shop.example/greet/@v/v1.0.0.mod: 404 Not Found",
      "proxy.example has no shop.example/greet@v1.0.0 (404 Not Found): if it is private, pass goproxy, " +
        "or goprivate with its path and netrc with a login",
    ],
    [
      "go: github.com/shop/greet@v1.0.0: invalid version: git ls-remote -q origin: exit status 128:\n" +
        "\tfatal: could not read Username for 'https://github.com': terminal prompts disabled",
      "github.com refuses github.com/shop/greet@v1.0.0 (git has no login): pass netrc with a login for " +
        "github.com, or goproxy with one in the address",
    ],
    ["main.go:3:8: undefined: x", ""],
    ["", ""],
  ])("Go: %j", (output, reason) => expect(refusal(output)).toBe(reason))
})
