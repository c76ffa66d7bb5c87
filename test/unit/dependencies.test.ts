// What software depends on: SBOMs, licences, known vulnerabilities, and what the pipeline makes of them.
import { describe, expect, it } from "vitest"
import { dependenciesStage, licencesSarif, mayBe, withoutAnswer, type Component } from "../../ci/src/dependencies"
import { mergedSarif } from "../../ci/src/merge"
import type { Stage } from "../../ci/src/stages"
import { auditAnswer, govulncheckAnswer, messages } from "../../modules/audit/src/read"
import { describe as tell, ordered } from "../../modules/golang/src/sarif"
import {
  byLicence,
  describeDifference,
  difference,
  differenceText,
  licencesText,
  mergedBom,
  readComponents,
} from "../../modules/cyclonedx/src/sbom"
import { cleanPaths, foreignImports, importing, localReplaces, moduleName } from "../../modules/cyclonedx/src/skeleton"

const bom = (name: string, components: object[], dependencies: object[] = []): string =>
  JSON.stringify({
    bomFormat: "CycloneDX",
    metadata: { component: { "bom-ref": name, name, purl: `pkg:golang/${name}` } },
    components,
    dependencies,
  })
const go = (name: string, version: string, licence?: string) => ({
  "bom-ref": `${name}@${version}`,
  name,
  version,
  purl: `pkg:golang/${name}@${version}?type=module`,
  ...(licence ? { licenses: [{ license: { id: licence } }] } : {}),
})

describe("the skeleton of a Go module", () => {
  it("has the imports of other modules' packages and of Go's own, each once, and nothing that go said beside", () =>
    expect(
      foreignImports(
        "fmt\nexample.com/api/price\ngithub.com/a/b\ngo: downloading github.com/a/b v1.0.0\ngithub.com/a/b\nexample.com/kit\nexample.com/kitchen\nC\nnet/http\n",
        ["example.com/api", "example.com/kit"],
      ),
    ).toEqual(["example.com/kitchen", "fmt", "github.com/a/b", "net/http"]))
  it("is a file that imports them", () =>
    expect(importing(["a.b/c"])).toBe('package dependencies\n\nimport (\n\t_ "a.b/c"\n)\n'))
  it("knows a module's name and the folders that it takes modules from", () => {
    expect(moduleName("// x\nmodule example.com/a // why\n\ngo 1.26\n")).toBe("example.com/a")
    expect(localReplaces("replace example.com/kit => ../kit\n")).toEqual(["../kit"])
  })
})

describe("the folders whose dependencies are asked of", () => {
  it("are each looked at once, however they are written", () =>
    expect(cleanPaths(["services/api", "./services/api/", "./", ".", "web//"])).toEqual(["services/api", ".", "web"]))
})

describe("an SBOM of several", () => {
  const whole = mergedBom([
    {
      manifest: "services/a/go.mod",
      text: bom(
        "example.com/a",
        [go("github.com/x/y", "v1.0.0", "MIT"), go("example.com/b", "v0.0.0")],
        [{ ref: "example.com/a", dependsOn: ["github.com/x/y@v1.0.0"] }],
      ),
    },
    {
      manifest: "services/b/go.mod",
      text: bom("example.com/b", [go("github.com/x/y", "v1.0.0", "MIT"), go("github.com/x/z", "v2.0.0")]),
    },
    {
      manifest: "web/package-lock.json",
      text: JSON.stringify({
        metadata: { component: { name: "web" } },
        components: [
          {
            name: "p",
            version: "1.0.0",
            group: "@s",
            purl: "pkg:npm/%40s/p@1.0.0",
            licenses: [{ expression: "(MIT OR X11)" }],
            components: [{ name: "q", version: "2.0.0", purl: "pkg:npm/q@2.0.0" }],
          },
        ],
      }),
    },
  ])
  const components = readComponents(whole)
  it("has each dependency once, with what has it, and none of the repository's own", () =>
    expect(
      components.map(({ kind, name, version, licences, manifests }) => [kind, name, version, licences, manifests]),
    ).toEqual([
      ["golang", "github.com/x/y", "v1.0.0", ["MIT"], ["services/a/go.mod", "services/b/go.mod"]],
      ["golang", "github.com/x/z", "v2.0.0", [], ["services/b/go.mod"]],
      ["npm", "@s/p", "1.0.0", ["(MIT OR X11)"], ["web/package-lock.json"]],
      ["npm", "q", "2.0.0", [], ["web/package-lock.json"]],
    ]))
  it("says what needs what", () => {
    const { dependencies } = JSON.parse(whole) as { dependencies: { ref: string; dependsOn: string[] }[] }
    expect(dependencies).toContainEqual({ ref: "services/a/go.mod", dependsOn: ["pkg:golang/github.com/x/y@v1.0.0"] })
  })
  it("lists licences, the unknown one among them", () => {
    expect(byLicence(components).map(({ licence, components: list }) => [licence, list.length])).toEqual([
      ["unknown", 2],
      ["(MIT OR X11)", 1],
      ["MIT", 1],
    ])
    expect(licencesText(components)).toContain("MIT (1)\n  github.com/x/y@v1.0.0\n")
  })
})

describe("two lists of dependencies", () => {
  const list = (...names: [string, string, string?][]) =>
    readComponents(
      bom(
        "x",
        names.map(([name, version, licence]) => go(name, version, licence)),
      ),
    )
  const found = difference(
    list(["a.b/c", "v1.0.0"], ["a.b/d", "v1.0.0"]),
    list(["a.b/c", "v1.1.0"], ["a.b/e", "v3.0.0", "ISC"]),
  )
  it("differ by what is added, removed and changed", () => {
    expect(describeDifference(found)).toBe("1 added, 1 removed, 1 changed")
    expect(differenceText(found)).toBe("+ a.b/e v3.0.0 (ISC)\n- a.b/d v1.0.0\n~ a.b/c v1.0.0 → v1.1.0\n")
  })
  it("do not differ when they are the same", () => {
    const none = difference(list(["a.b/c", "v1.0.0"]), list(["a.b/c", "v1.0.0"]))
    expect([describeDifference(none), differenceText(none)]).toEqual([
      "none added, removed or changed",
      "no dependency was added, removed or changed\n",
    ])
  })
})

describe("a licence", () => {
  const only = { allow: ["MIT", "Apache-2.0", "BSD-3-Clause"], deny: [] }
  it.each<[string, boolean]>([
    ["MIT", true],
    ["mit", true],
    ["GPL-3.0-only", false],
    ["unknown", false],
    ["MIT OR GPL-3.0-only", true],
    ["MIT AND GPL-3.0-only", false],
    ["(MIT OR GPL-3.0-only)", true],
    ["(MIT OR GPL-3.0-only) AND Apache-2.0", true],
    ["(GPL-3.0-only OR ISC) AND Apache-2.0", false],
    ["MIT OR ISC AND GPL-3.0-only", true],
  ])("%s with a list of those that may be: %j", (licence, may) => expect(mayBe(licence, only)).toBe(may))
  it("may be any, unless some are denied", () => {
    expect(mayBe("GPL-3.0-only", { allow: [], deny: [] })).toBe(true)
    expect(mayBe("GPL-3.0-only", { allow: [], deny: ["GPL-3.0-only"] })).toBe(false)
    expect(mayBe("unknown", { allow: [], deny: ["unknown"] })).toBe(false)
  })
  it("that is refused is a finding in each manifest that has it", () => {
    const component: Component = {
      name: "p",
      version: "1.0.0",
      licences: ["GPL-3.0-only"],
      manifests: ["a/package-lock.json", "b/package-lock.json"],
    }
    const { found } = mergedSarif([
      { stage: "dependencies", text: licencesSarif([component, { ...component, name: "q", licences: ["MIT"] }], only) },
    ])
    expect(found.map(({ rule, file, text }) => [rule, file, text])).toEqual(
      ["a", "b"].map((folder) => [
        "licence:GPL-3.0-only",
        `${folder}/package-lock.json`,
        "p@1.0.0 has the licence GPL-3.0-only, which is not allowed",
      ]),
    )
  })
})

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
  const asked = { exitCode: 0, timedOut: false, said: "", database: "https://vuln.go.dev", path: "services/a", goMod }
  it("prints one value after the other", () => expect(messages(printed({ config: { a: 1 } }, osv))).toHaveLength(2))
  it("tells of a package that is imported once, with id, version, what mends it, and its line in go.mod", () => {
    const { findings } = govulncheckAnswer({
      ...asked,
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
    expect(govulncheckAnswer({ ...asked, printed: printed(osv, trace()) }).findings).toMatchObject([
      { level: "note", text: expect.stringContaining("not imported") },
    ]))
  it("says nothing of what is not imported of Go's own library", () =>
    expect(
      govulncheckAnswer({
        ...asked,
        printed: printed(osv, {
          finding: { osv: "GO-2026-1", fixed_version: "v1.26.9", trace: [{ module: "stdlib", version: "v1.26.8" }] },
        }),
      }).findings,
    ).toEqual([]))
  it("finds Go's own library at the Go version", () =>
    expect(
      govulncheckAnswer({
        ...asked,
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
    ["silence", { exitCode: 124, timedOut: true }, "https://vuln.go.dev has not answered in time"],
  ])("says of %s which database it was", (_, more, unreachable) =>
    expect(govulncheckAnswer({ ...asked, printed: "", ...more })).toEqual({ findings: [], unreachable, trouble: "" }),
  )
  it("says what went wrong otherwise", () => {
    expect(
      govulncheckAnswer({
        ...asked,
        exitCode: 1,
        printed: "",
        said: "go: downloading x v1\ngovulncheck: loading packages: no\n",
      }),
    ).toMatchObject({ unreachable: "", trouble: "govulncheck: loading packages: no" })
    expect(govulncheckAnswer({ ...asked, printed: "" }).trouble).toBe("govulncheck ended with 0 and no report")
  })
})

describe("npm audit", () => {
  const lockfile = '{\n "packages": {\n  "node_modules/p": {\n   "version": "1.0.0"\n  }\n }\n}\n'
  const asked = { timedOut: false, said: "", registry: "https://r.example", path: "web", lockfile }
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
    expect(auditAnswer({ ...asked, printed: report("critical") }).findings).toEqual([
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
  it.each([
    ["moderate", "warning"],
    ["low", "note"],
  ])("tells of %s as a %s", (severity, level) =>
    expect(auditAnswer({ ...asked, printed: report(severity) }).findings[0]!.level).toBe(level),
  )
  it("says what mends it where that is another package, and where nothing does", () => {
    expect(
      auditAnswer({ ...asked, printed: report("high", "*", { name: "up", version: "3.0.0" }) }).findings[0]!.text,
    ).toContain("mended by up 3.0.0")
    expect(auditAnswer({ ...asked, printed: report("high", "*", false) }).findings[0]!.text).toContain(
      "there is no fixed version",
    )
  })
  it("is clean without vulnerabilities", () =>
    expect(auditAnswer({ ...asked, printed: '{"auditReportVersion":2,"vulnerabilities":{}}' })).toEqual({
      findings: [],
      unreachable: "",
      trouble: "",
    }))
  it("says which registry could not be asked", () => {
    expect(
      auditAnswer({
        ...asked,
        printed:
          '{"message":"405 Method Not Allowed - POST https://r.example/x","statusCode":405,"error":{"summary":""}}',
      }),
    ).toMatchObject({
      unreachable: "https://r.example could not be asked: 405 Method Not Allowed - POST https://r.example/x",
      trouble: "",
    })
    expect(auditAnswer({ ...asked, timedOut: true, printed: "" }).unreachable).toBe(
      "https://r.example has not answered in time",
    )
  })
  it("does not take the project's own fault for it, nor a report that is none", () => {
    expect(
      auditAnswer({
        ...asked,
        printed: '{"error":{"code":"ENOLOCK","summary":"This command requires an existing lockfile."}}',
      }),
    ).toMatchObject({ unreachable: "", trouble: "This command requires an existing lockfile." })
    expect(auditAnswer({ ...asked, printed: "", said: "npm error bad\n" })).toMatchObject({
      unreachable: "",
      trouble: "npm error bad",
    })
  })
  it("has the worst first", () =>
    expect(
      ordered([
        ...auditAnswer({ ...asked, printed: report("low") }).findings,
        ...auditAnswer({ ...asked, printed: report("high") }).findings,
      ]).map(({ level }) => level),
    ).toEqual(["error", "note"]))
})

describe("the stage", () => {
  const one = (more: Partial<Stage> = {}): Stage => ({
    name: "x",
    status: "passed",
    reason: "3 dependencies of 1 licences; 1 added",
    seconds: 1,
    cached: true,
    exitCode: 0,
    ...more,
  })
  const stage = dependenciesStage(one(), one({ status: "failed", reason: "a finding" }), "develop (1a2b)")
  it("passes until findings are judged, and says what differs from where", () =>
    expect(stage).toEqual({
      name: "dependencies",
      status: "passed",
      reason: "3 dependencies of 1 licences; 1 added since develop (1a2b)",
      seconds: 1,
      cached: true,
      exitCode: 0,
    }))
  it("is red when a tool did not come to its end", () => {
    expect(dependenciesStage(one({ status: "failed", reason: "no", exitCode: -1 }), one(), "")).toMatchObject({
      status: "failed",
      reason: "no",
      exitCode: -1,
    })
    expect(dependenciesStage(one(), one({ status: "failed", reason: "no", exitCode: 1 }), "")).toMatchObject({
      status: "failed",
      reason: "no",
      exitCode: 1,
    })
  })
  it("is skipped when it was interrupted", () =>
    expect(dependenciesStage(one(), one({ status: "skipped", reason: "interrupted", exitCode: -1 }), "")).toMatchObject(
      { status: "skipped" },
    ))
  it("does not apply where nothing declares dependencies", () =>
    expect(dependenciesStage(one({ status: "notApplicable", reason: "none" }), one(), "")).toMatchObject({
      status: "notApplicable",
      reason: "none",
    }))
  it("is inconclusive, never green, when a database has not answered; red if that is asked for", () => {
    expect(
      withoutAnswer({ ...stage, value: 0, limit: 0 }, "https://vuln.go.dev has not answered in time", "warn"),
    ).toMatchObject({
      status: "inconclusive",
      tolerated: true,
      reason: "vulnerabilities are not known: https://vuln.go.dev has not answered in time",
    })
    expect(withoutAnswer(stage, "https://vuln.go.dev has not answered in time", "fail")).toMatchObject({
      status: "failed",
      reason: "https://vuln.go.dev has not answered in time (gates.dependencies.inconclusive is fail)",
    })
  })
  it("stays red with a finding, whatever has not answered", () =>
    expect(withoutAnswer({ ...stage, status: "failed", reason: "a finding" }, "x", "warn")).toMatchObject({
      status: "failed",
      reason: "a finding",
    }))
  it("is what it is when all have answered", () => expect(withoutAnswer(stage, "", "fail")).toBe(stage))
})
