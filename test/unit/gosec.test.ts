// The module gosec without an engine: its report is read into findings and one line.
import { describe, expect, it } from "vitest"
import { describe as tell, ordered } from "../../modules/shared/sarif"
import * as gosec from "../../modules/gosec/src/read"

describe("gosec", () => {
  const issue = {
    severity: "MEDIUM",
    confidence: "HIGH",
    cwe: { id: "89" },
    rule_id: "G201",
    details: "SQL string formatting",
    file: "/src/services/api/db.go",
    line: "12-14",
    column: "7",
  }
  const scan = gosec.readScan(
    JSON.stringify({
      "Golang errors": {},
      Issues: [issue, { ...issue, severity: "HIGH", rule_id: "G404", cwe: null, line: "3" }],
      Stats: { files: 2, lines: 40, nosec: 0, found: 2 },
    }),
    "/src",
    "services/api",
  )
  it("reads a package whose embedded files another build makes", () => {
    const report = JSON.stringify({
      "Golang errors": {
        "/src/web/page.go": [{ line: 9, column: 12, error: "pattern dist/*: no matching files found" }],
      },
      Issues: [issue],
      Stats: { files: 2 },
    })
    const ended = { exitCode: 0, timedOut: false, seconds: 1 }
    expect(gosec.readRun(ended, { report, log: "" }, { path: ".", workdir: "/src" })).toMatchObject({
      broken: "",
      findings: [{ rule: "G201" }],
    })
  })
  it("names files from the root, lines by their first, and levels by severity", () =>
    expect(scan).toEqual({
      files: 2,
      errors: [],
      findings: [
        {
          tool: "gosec",
          rule: "G201",
          text: "SQL string formatting (CWE-89)",
          file: "services/api/db.go",
          line: 12,
          column: 7,
          level: "warning",
        },
        {
          tool: "gosec",
          rule: "G404",
          text: "SQL string formatting",
          file: "services/api/db.go",
          line: 3,
          column: 7,
          level: "error",
        },
      ],
    }))
  it("says the worst first", () =>
    expect(tell(ordered(scan.findings))).toBe("services/api/db.go:3 SQL string formatting (G404), and 1 more"))
  it("says what it could not read", () =>
    expect(
      gosec.readScan(
        JSON.stringify({
          "Golang errors": { "/src/a/x.go": [{ line: 4, column: 2, error: "expected '('" }] },
          Issues: null,
          Stats: { files: 1 },
        }),
        "/src",
        ".",
      ),
    ).toMatchObject({ findings: [], errors: ["a/x.go:4: expected '('"] }))
  it("says what does not compile in the compiler's words", () =>
    expect(
      gosec.readScan(
        JSON.stringify({
          "Golang errors": { "": [{ line: 0, column: 0, error: "# command-line-arguments\nprice/price.go:6:9: no" }] },
          Issues: [],
          Stats: { files: 0 },
        }),
        "/src",
        "services/api",
      ).errors,
    ).toEqual(["services/api/price/price.go:6:9: no"]))
  it("scans what belongs to a package: no tests, vendored code, test data, or folders that begin with _ or .", () => {
    const scanned = ["a.go", "vendored/b.go", "my_testdata/c.go"]
    const others = ["a_test.go", "vendor/v/v.go", "x/testdata/t.go", "testdata/t.go", "_old/o.go", "x/.cache/c.go"]
    expect([...scanned, ...others].filter(gosec.isScanned)).toEqual(scanned)
    const excluded = new RegExp(`([\\\\/])?${gosec.excludedFolders}([\\\\/])?`)
    const folders = ["x/testdata", "testdata/deep", "_old", "x/.cache/y"]
    expect([".", "a", "vendored", "my_testdata", "a_b", ...folders].filter((folder) => excluded.test(folder))).toEqual(
      folders,
    )
  })
  it("has nothing to say of nothing", () => expect(tell([])).toBe(""))
})

describe("files that compile C", () => {
  const ended = { exitCode: 0, timedOut: false, seconds: 1 }
  const report = (files: number): string => JSON.stringify({ Issues: [], Stats: { files } })
  const read = (files: number, cgo?: string) =>
    gosec.readRun(ended, { report: report(files), log: "", cgo }, { path: "ship", workdir: "/src" })

  it("are named, because gosec leaves them out without a word", () => {
    expect(read(3, "/src/ship/mast.go\n/src/ship/sail.go\n")).toMatchObject({
      files: 3,
      unread: ["ship/mast.go", "ship/sail.go"],
      broken: "",
    })
    expect(gosec.unreadText(["ship/mast.go", "ship/sail.go"])).toBe(
      "gosec does not read files that compile C: ship/mast.go and 1 more",
    )
    expect(gosec.unreadText([])).toBe("")
  })
  it("are no reason to fail where there are no others", () => {
    expect(read(0, "/src/ship/mast.go\n").broken).toBe("")
    expect(read(0).broken).toBe("ship: no file was scanned")
  })
})
