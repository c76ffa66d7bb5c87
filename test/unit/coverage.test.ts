// Coverage of all tests together and of changed lines: read from the tools' own files, judged against delivery.yaml.
import { describe, expect, it } from "vitest"
import { coverageStages } from "../../ci/src/checks/coverage"
import { changedLines, goCoverage, istanbulCoverage, percentOf, rooted } from "../../ci/src/checks/coverage-files"
import type { FileCoverage } from "../../ci/src/report/stages"

const profile =
  "mode: atomic\nexample.com/api/price/price.go:4.34,6.2 2 1\nexample.com/api/price/price.go:8.20,9.10 1 " +
  "0\nexample.com/api/price/price.go:8.20,9.10 1 0\nexample.com/other/x.go:1.1,2.2 5 1\n"
const lcov = "TN:\nSF:src/money.ts\nDA:1,3\nDA:2,0\nend_of_record\nSF:src/other.ts\nDA:7,1\nend_of_record\n"
const summary = JSON.stringify({
  total: { statements: { total: 9, covered: 9 } },
  "/src/services/web/src/money.ts": { statements: { total: 4, covered: 1 } },
})
const diff = [
  ...[
    "diff --git a/a/x.go b/a/x.go",
    "--- a/a/x.go",
    "+++ b/a/x.go",
    "@@ -3,0 +4,2 @@ func X() {",
    "+one",
    "+two",
    "@@ -9 +11 @@",
    "-old",
    "+new",
  ],
  ...[
    "diff --git a/gone.go b/gone.go",
    "--- a/gone.go",
    "+++ /dev/null",
    "@@ -1,3 +0,0 @@",
    "diff --git a/with blank.ts b/with blank.ts",
    "--- /dev/null",
    "+++ b/with blank.ts\t",
    "@@ -0,0 +1 @@",
    "+x",
    "",
  ],
].join("\n")
const file = (name: string, statements: number, covered: number, lines: [number, boolean][] = []): FileCoverage => ({
  file: name,
  statements,
  covered,
  lines: new Map(lines),
})
const limits = { total: 80, changedLines: 80 }
const same = { diff: "", base: "develop", commits: [], ofBranch: true }

describe("coverage", () => {
  it("of Go is read by file; a block that two packages list counts once, another module's not at all", () => {
    const [price, ...others] = goCoverage(profile, "example.com/api", "services/api")
    expect(others).toEqual([])
    expect(price).toMatchObject({ file: "services/api/price/price.go", statements: 3, covered: 2 })
    expect([...price!.lines]).toEqual([
      [4, true],
      [5, true],
      [6, true],
      [8, false],
      [9, false],
    ])
  })
  it("of a module at the root has no folder before its files", () =>
    expect(goCoverage("mode: set\nm/a.go:1.1,1.9 1 1\n", "m", ".")[0]!.file).toBe("a.go"))
  it("of JavaScript has its statements from the summary, its lines from lcov", () => {
    const files = istanbulCoverage(summary, lcov, "/src", "services/web")
    expect(files).toEqual([
      file("services/web/src/money.ts", 4, 1, [
        [1, true],
        [2, false],
      ]),
    ])
    expect(istanbulCoverage("", "", "/src", "web")).toEqual([])
    const workspace = JSON.stringify({ "/src/libs/money/index.js": { statements: { total: 2, covered: 2 } } })
    expect(
      istanbulCoverage(workspace, "SF:../../libs/money/index.js\nDA:1,1\nend_of_record\n", "/src", "apps/shop"),
    ).toEqual([file("libs/money/index.js", 2, 2, [[1, true]])])
  })
  it("is added up over all", () => {
    expect(
      percentOf([...goCoverage(profile, "example.com/api", "a"), ...istanbulCoverage(summary, lcov, "/src", "b")]),
    ).toBe(42.9)
    expect(percentOf([])).toBeUndefined()
  })
  it("can be written with files named from the root", () => {
    expect(rooted(profile, "example.com/api", "services/api")).toContain("\nservices/api/price/price.go:4.34,6.2 2 1\n")
    expect(rooted(profile, "example.com/api", "services/api")).toContain("\nexample.com/other/x.go:1.1")
    expect(rooted(lcov, "/src", "services/web")).toBe(lcov.replace(/^SF:/gm, "SF:services/web/"))
    expect(rooted("SF:/src/src/a.ts\n", "/src", ".")).toBe("SF:src/a.ts\n")
    expect(rooted("SF:/src/libs/a.ts\nSF:../../libs/b.ts\n", "/src", "apps/x")).toBe("SF:libs/a.ts\nSF:libs/b.ts\n")
  })
  it("finds changed lines in a diff: added and changed ones, new files, no deleted ones", () =>
    expect(Object.fromEntries(changedLines(diff))).toEqual({ "a/x.go": [4, 5, 11], "with blank.ts": [1] }))
})

describe("the gates of coverage", () => {
  it("are green at their limits", () => {
    const stages = coverageStages(
      [
        file("a/x.go", 5, 4, [
          [4, true],
          [5, true],
          [11, true],
        ]),
      ],
      [],
      { diff, base: "develop", commits: [], ofBranch: true },
      limits,
    )
    expect(stages).toMatchObject([
      { name: "coverage:total", status: "passed", value: 80, limit: 80, unit: "%" },
      { name: "coverage:changed", status: "passed", value: 100, reason: "3 lines differ from develop" },
    ])
  })
  it("are red below, with where to look first", () => {
    const stages = coverageStages(
      [
        file("a/x.go", 9, 8, [
          [4, true],
          [5, false],
          [11, true],
        ]),
        file("a/y.go", 5, 1),
      ],
      [],
      { diff, base: "develop", commits: [], ofBranch: true },
      limits,
    )
    expect(stages).toMatchObject([
      {
        status: "failed",
        value: 64.3,
        exitCode: 1,
        reason: "coverage 64.3 % of all services is below 80 %; most is missing in a/y.go (4 statements)",
      },
      {
        status: "failed",
        value: 66.7,
        exitCode: 1,
        reason: "no test runs a/x.go:5 (1 of 3 lines that differ from develop)",
      },
    ])
  })
  it("are red where git could not say what has changed", () =>
    expect(coverageStages([file("a", 1, 1)], [], { fault: "no such object" }, limits)[1]).toMatchObject({
      status: "failed",
      reason: "could not tell what has changed: no such object",
    }))
  it.each([
    [
      "of all where a service measured nothing",
      ["api"],
      same,
      limits,
      ["no coverage of api, whose tests have not measured it", "no coverage of api, whose tests have not measured it"],
    ],
    [
      "of changes where nothing that counts has changed",
      [],
      same,
      limits,
      [undefined, "no line that tests could run differs from develop"],
    ],
    ["of changes where there is nothing to compare with", [], { none: "no branch" }, limits, [undefined, "no branch"]],
    [
      "that are turned off",
      [],
      same,
      { total: 0, changedLines: 0 },
      ["gates.coverage.total is 0", "gates.coverage.changedLines is 0"],
    ],
  ] as const)("are not applicable, never passed, %s", (_, without, change, limits, reasons) => {
    const stages = coverageStages([file("a/x.go", 1, 1)], [...without], change, limits)
    for (const [i, reason] of reasons.entries())
      expect(stages[i]).toMatchObject(reason ? { status: "notApplicable", reason } : { status: "passed" })
  })
})
