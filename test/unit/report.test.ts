// The report's files: what people open and what machines read.
import Ajv from "ajv"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { indexHtml } from "../../ci/src/report/page"
import { reportOf } from "../../ci/src/report/report"
import { stageNames } from "../../ci/src/checks/selection"
import type { Stage } from "../../ci/src/report/stages"
import { parseConfig } from "../../ci/src/config/config"
import { repository } from "../../engine/src/paths"

const stage = (name: string, change: Partial<Stage> = {}): Stage => ({
  name,
  status: "passed",
  reason: "",
  seconds: 1.25,
  cached: false,
  exitCode: 0,
  ...change,
})
const sarif = (uri: string, text: string) =>
  JSON.stringify({
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: text === "secret" ? "gitleaks" : "vet" } },
        results: [
          {
            ruleId: "r",
            level: "error",
            message: { text },
            locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine: 3 } } }],
          },
        ],
      },
    ],
  })
const stages = [
  stage("secrets", { cached: true }),
  stage("api:lint", { status: "failed", reason: "vet: a.go:3: no", from: 0.5, to: 4 }),
  stage("api:test", { status: "failed", reason: "TestX", value: 81, limit: 80, unit: "%", from: 0.5, to: 4 }),
]
const reports = {
  "secrets/secrets.sarif": sarif("token.go", "secret"),
  "api/lint/lint.sarif": sarif("a.go", "no <b>"),
  "api/test/junit.xml":
    '<testsuites><testsuite name="s" tests="1" failures="1"><testcase classname="c" name="TestX"><failure ' +
    'message="m">got &lt;2&gt;</failure></testcase></testsuite></testsuites>',
}
const text = "package a\n\nvar token = 1 // <i>\n\nfunc a() {}\n"
const source = { file: () => ({ contents: async () => text }) } as never
const part = { folder: "api", stages, files: {}, reports }

describe("a report", async () => {
  const { passed, table, files } = await reportOf(
    { name: "pr", title: "Pull request", stages, parts: [part] },
    {
      source,
      coverage: [{ file: "b.go", statements: 4, covered: 3, lines: new Map() }],
      before: JSON.stringify({ stages: [stage("api:test", { value: 80.4, unit: "%" })] }),
    },
  )
  const page = files["index.html"]!

  it("has the tools' own files, and one of each kind over all", () =>
    expect(Object.keys(files).sort()).toEqual(
      [...Object.keys(reports), "findings.sarif", "index.html", "junit.xml", "result.json", "summary.md"].sort(),
    ))
  it("has a result that keeps to its schema", () => {
    const validate = new Ajv({ strict: false }).compile(
      JSON.parse(readFileSync(join(repository, "ci/result.schema.json"), "utf8")) as object,
    )
    expect([validate(JSON.parse(files["result.json"]!)), validate.errors]).toEqual([true, null])
    expect(
      validate({ ...(JSON.parse(files["result.json"]!) as object), stages: [{ ...stages[0], status: "ok" }] }),
    ).toBe(false)
    expect(JSON.parse(files["result.json"]!)).toMatchObject({ passed, table, pipeline: "pr" })
  })
  it("shows findings with their lines, but never a secret's", () => {
    expect(page).toContain('<span class="here"><b>3</b> var token = 1 // &lt;i&gt;')
    expect(page.split("var token")).toHaveLength(2)
    expect(page).toContain("no &lt;b&gt;")
    expect(page.indexOf("1 finding of red stages")).toBeLessThan(page.indexOf("When it ran"))
    expect(page.indexOf("1 finding that turned nothing red")).toBeGreaterThan(page.indexOf("When it ran"))
  })
  it("shows failing tests with their output", () => expect(page).toContain("<pre>got &lt;2&gt;</pre>"))
  it("shows when each part ran, and what came from the cache", () => {
    expect(page).toContain("api: lint, test")
    expect(page).toContain("margin-left:12.50%;width:87.50%")
    expect(page).toContain("1 stage came from the cache")
  })
  it("says what is otherwise than in the run before", () => expect(page).toContain("was passed, ▲ 0.6 %"))
  it("lists coverage by file", () => expect(page).toContain("Coverage of 1 files"))
  it("links to nothing that it does not have", () => {
    const links = [...page.matchAll(/href="([^"#]+)"/g)].map(([, link]) => link!)
    expect(links.filter((link) => !(link in files) && link !== "dagger.log")).toEqual([])
    const ids = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!)
    expect(ids.filter((id) => !page.includes(`id="${id}"`))).toEqual([])
  })
  it("of a green run has neither failures nor findings", () =>
    expect(indexHtml("x", [stage("secrets")], { files: {} })).not.toMatch(
      /Look here first|failing test|<h2>1 finding|When it ran/,
    ))
})

it("names every stage of delivery.yaml in the order of its table", () =>
  expect(stageNames(parseConfig(readFileSync(join(repository, "delivery.yaml"), "utf8"))).slice(-2)).toEqual([
    "coverage:total",
    "coverage:changed",
  ]))
