// The module audit without an engine: what govulncheck and npm audit print is read into findings.
import { describe, expect, it } from "vitest"
import { auditAnswer, govulncheckAnswer, messages } from "../../modules/audit/src/read"
import { describe as tell, ordered } from "../../modules/shared/sarif"

const osv = { osv: { id: "GO-2026-1", aliases: ["GHSA-x", "CVE-2026-1"], summary: "Something bad in github.com/x/y" } }
const trace = (more: object = {}) => ({
  finding: {
    osv: "GO-2026-1",
    fixed_version: "v1.0.1",
    trace: [{ module: "github.com/x/y", version: "v1.0.0", ...more }],
  },
})
const printed = (...all: object[]): string => all.map((one) => `${JSON.stringify(one, null, 2)}\n`).join("")
const goMod = "module a\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/x/y v1.0.0\n)\n"

describe("govulncheck", () => {
  const run = { exitCode: 0, timedOut: false, said: "", database: "https://vuln.go.dev", path: "services/a", goMod }
  it("prints one value after the other", () => expect(messages(printed({ config: { a: 1 } }, osv))).toHaveLength(2))
  it("tells of a package that is imported once, with id, version, what mends it, and its line in go.mod", () => {
    const { findings } = govulncheckAnswer({
      ...run,
      printed: printed(osv, trace(), trace({ package: "github.com/x/y/z" })),
    })
    expect(findings).toEqual([
      {
        tool: "govulncheck",
        rule: "GO-2026-1",
        text: "github.com/x/y@v1.0.0: Something bad in github.com/x/y (CVE-2026-1); fixed in v1.0.1",
        file: "services/a/go.mod",
        line: 6,
        column: 0,
        level: "error",
      },
    ])
    expect(tell(findings)).toBe(
      "services/a/go.mod:6 github.com/x/y@v1.0.0: Something bad in github.com/x/y (CVE-2026-1); fixed in v1.0.1 (GO-2026-1)",
    )
  })
  it("tells of one that is not imported as a note", () =>
    expect(govulncheckAnswer({ ...run, printed: printed(osv, trace()) }).findings).toMatchObject([
      { level: "note", text: expect.stringContaining("not imported") },
    ]))
  it("says nothing of what is not imported of Go's own library", () =>
    expect(
      govulncheckAnswer({
        ...run,
        printed: printed(osv, {
          finding: { osv: "GO-2026-1", fixed_version: "v1.26.9", trace: [{ module: "stdlib", version: "v1.26.8" }] },
        }),
      }).findings,
    ).toEqual([]))
  it("finds Go's own library at the Go version", () =>
    expect(
      govulncheckAnswer({
        ...run,
        printed: printed(osv, {
          finding: {
            osv: "GO-2026-1",
            fixed_version: "v1.26.9",
            trace: [{ module: "stdlib", version: "v1.26.8", package: "net/http" }],
          },
        }),
      }).findings,
    ).toMatchObject([{ line: 3, text: expect.stringMatching(/^stdlib@go1\.26\.8: /) }]))
  it.each<[string, Partial<Parameters<typeof govulncheckAnswer>[0]>, string]>([
    [
      "a name that is unknown",
      {
        exitCode: 1,
        said: 'govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": dial tcp: no such host\n',
      },
      "https://vuln.go.dev could not be read: dial tcp: no such host",
    ],
    [
      "an address that is no database",
      { exitCode: 1, said: "creating client: unrecognized vulndb format\n" },
      "https://vuln.go.dev could not be read: unrecognized vulndb format",
    ],
    ["silence", { exitCode: 124, timedOut: true }, "https://vuln.go.dev did not answer in time"],
  ])("says of %s which database it was", (_, more, unreachable) =>
    expect(govulncheckAnswer({ ...run, printed: "", ...more })).toEqual({ findings: [], unreachable, trouble: "" }),
  )
  it("says what went wrong otherwise", () => {
    expect(
      govulncheckAnswer({
        ...run,
        exitCode: 1,
        printed: "",
        said: "go: downloading x v1\ngovulncheck: loading packages: no\n",
      }),
    ).toMatchObject({ unreachable: "", trouble: "could not run: govulncheck: loading packages: no" })
    expect(govulncheckAnswer({ ...run, printed: "" }).trouble).toBe(
      "could not run: govulncheck ended with exit code 0 and no report",
    )
  })
})

describe("npm audit", () => {
  const lockfile = '{\n "packages": {\n  "node_modules/p": {\n   "version": "1.0.0"\n  }\n }\n}\n'
  const run = {
    timedOut: false,
    said: "",
    registry: "https://r.example",
    lock: { path: "web/package-lock.json", lockfile },
  }
  const report = (severity: string, range = "<1.0.2", fixAvailable: unknown = true) =>
    JSON.stringify({
      auditReportVersion: 2,
      vulnerabilities: {
        p: {
          name: "p",
          nodes: ["node_modules/p"],
          fixAvailable,
          via: [{ name: "p", title: "Bad", url: "https://github.com/advisories/GHSA-aaaa-bbbb-cccc", severity, range }],
        },
        q: { nodes: ["node_modules/q"], fixAvailable: true, via: ["p"] },
      },
    })
  it("tells of each advisory once, with id, version, what mends it, and its line in the lockfile", () =>
    expect(auditAnswer({ ...run, printed: report("critical") }).findings).toEqual([
      {
        tool: "npm audit",
        rule: "GHSA-aaaa-bbbb-cccc",
        text: "p@1.0.0: Bad (critical); fixed in 1.0.2",
        file: "web/package-lock.json",
        line: 3,
        column: 0,
        level: "error",
      },
    ]))
  it("names a lock file of another manager with its line there", () =>
    expect(
      auditAnswer({
        ...run,
        lock: { path: "web/pnpm-lock.yaml", lockfile, lines: { "node_modules/p": 17 } },
        printed: report("high"),
      }).findings,
    ).toMatchObject([{ text: "p@1.0.0: Bad (high); fixed in 1.0.2", file: "web/pnpm-lock.yaml", line: 17 }]))
  it.each([
    ["moderate", "warning"],
    ["low", "note"],
  ])("tells of %s as a %s", (severity, level) =>
    expect(auditAnswer({ ...run, printed: report(severity) }).findings[0]!.level).toBe(level),
  )
  it("says what mends it where that is another package, and where nothing does", () => {
    expect(
      auditAnswer({ ...run, printed: report("high", "*", { name: "up", version: "3.0.0" }) }).findings[0]!.text,
    ).toContain("fixed by up 3.0.0")
    expect(auditAnswer({ ...run, printed: report("high", "*", false) }).findings[0]!.text).toContain("no fixed version")
  })
  it("is clean without vulnerabilities", () =>
    expect(auditAnswer({ ...run, printed: '{"auditReportVersion":2,"vulnerabilities":{}}' })).toEqual({
      findings: [],
      unreachable: "",
      trouble: "",
    }))
  it("says which registry could not be queried", () => {
    expect(
      auditAnswer({
        ...run,
        printed:
          '{"message":"405 Method Not Allowed - POST https://r.example/x","statusCode":405,"error":{"summary":""}}',
      }),
    ).toMatchObject({
      unreachable: "https://r.example could not be queried: 405 Method Not Allowed - POST https://r.example/x",
      trouble: "",
    })
    expect(auditAnswer({ ...run, timedOut: true, printed: "" }).unreachable).toBe(
      "https://r.example did not answer in time",
    )
  })
  it("does not take the project's own fault for it, nor a report that is none", () => {
    expect(
      auditAnswer({
        ...run,
        printed: '{"error":{"code":"ENOLOCK","summary":"This command requires an existing lockfile."}}',
      }),
    ).toMatchObject({ unreachable: "", trouble: "This command requires an existing lockfile." })
    expect(auditAnswer({ ...run, printed: "", said: "npm error bad\n" })).toMatchObject({
      unreachable: "",
      trouble: "could not run: npm audit: npm error bad",
    })
  })
  it("has the worst first", () =>
    expect(
      ordered([
        ...auditAnswer({ ...run, printed: report("low") }).findings,
        ...auditAnswer({ ...run, printed: report("high") }).findings,
      ]).map(({ level }) => level),
    ).toEqual(["error", "note"]))
})
