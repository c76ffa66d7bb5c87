// One JUnit file and one SARIF log of all stages', and what the report reads from them.
import { XMLParser, XMLValidator } from "fast-xml-parser"
import { describe, expect, it } from "vitest"
import { failedTests, mergedJunit } from "../../ci/src/report/junit"
import { acceptedIn } from "../../ci/src/report/report"
import { mergedSarif, type Finding } from "../../ci/src/report/sarif"
import type { Stage } from "../../ci/src/report/stages"
import { testExecutions, testFunctions } from "../../ci/src/report/executions"

const go = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1"><testsuite tests="3" failures="1" time="0.1" name="price">
<properties><property name="go.version" value="go1.26"></property></properties>
<testcase classname="price" name="TestA" time="0.0"></testcase>
<testcase classname="price" name="TestB" time="0.0"><failure message="Failed" type="">=== RUN   TestB
    b_test.go:5: got &lt;2&gt;, want 3
</failure></testcase><testcase classname="price" name="TestC"><skipped message="why"/></testcase></testsuite></testsuites>`
const vitest = `<testsuites name="vitest tests">
<testsuite name="a.test.ts" tests="1" failures="1" errors="0" skipped="0">
<testcase classname="a.test.ts" name="x &gt; y"><failure message="boom" type="E"><![CDATA[E: boom
 at a.test.ts:3]]></failure></testcase></testsuite></testsuites>`
const sources = [
  { stage: "api:test", text: go },
  { stage: "web:test", text: vitest },
  { stage: "x:test", text: "no xml" },
  { stage: "y:test", text: "<testsuites/>" },
]
const result = (ruleId: string, text: string, uri: string, startLine?: number) => ({
  ruleId,
  level: "error",
  message: { text },
  locations: [{ physicalLocation: { artifactLocation: { uri }, ...(startLine ? { region: { startLine } } : {}) } }],
})
const sarif = (name: string, ...results: object[]) =>
  JSON.stringify({ version: "2.1.0", runs: [{ tool: { driver: { name } }, results }] })

describe("JUnit of all stages", () => {
  const whole = mergedJunit(sources)
  it("is XML with every suite, named by its stage, and the sums", () => {
    expect(XMLValidator.validate(whole)).toBe(true)
    const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" }).parse(whole) as {
      testsuites: { tests: string; failures: string; testsuite: { name: string; testcase: unknown }[] }
    }
    expect(testsuites).toMatchObject({ tests: "4", failures: "2" })
    expect(testsuites.testsuite.map(({ name }) => name)).toEqual(["api:test price", "web:test a.test.ts"])
    expect(testsuites.testsuite[0]!.testcase).toHaveLength(3)
  })
  it("skips the findings that hold nobody: all of a stage that passed, the known ones of a red one", () => {
    const finding = (line: number, known?: boolean): Finding => ({
      ...{ stage: "secrets", tool: "gitleaks", rule: "jwt", level: "error", text: "A token.", file: "a.txt", line },
      ...(known ? { known } : {}),
    })
    const stage = (status: Stage["status"]): Stage => ({
      ...{ name: "secrets", status, reason: "", seconds: 1, cached: false, exitCode: 0 },
    })
    const cases = [1, 2].map((line) => `<testcase name="a.txt:${line} jwt"><failure message="A token."/></testcase>`)
    const text = `<testsuites><testsuite name="gitleaks" tests="2" failures="2">${cases.join("")}</testsuite></testsuites>`
    const found = [finding(1, true), finding(2)]
    const counts = (isAccepted: ((name: string) => boolean) | undefined) =>
      /^<testsuites ([^>]*)>/m.exec(mergedJunit([{ stage: "secrets", text, isAccepted }]))?.[1]
    expect(counts(acceptedIn(stage("failed"), found))).toBe('tests="2" failures="1" errors="0" skipped="1"')
    expect(counts(acceptedIn(stage("failed"), [...found, finding(1)]))).toContain('failures="2"')
    expect(counts(acceptedIn(stage("passed"), found))).toBe('tests="2" failures="0" errors="0" skipped="2"')
    expect(acceptedIn(stage("passed"), [])).toBeUndefined()
    expect(acceptedIn(undefined, found)).toBeUndefined()
    expect(mergedJunit([{ stage: "s", text: "<testsuite/>", isAccepted: () => true }])).toContain("testsuite")
  })
  it("keeps what a failing test said", () => {
    expect(whole).toContain("b_test.go:5: got &lt;2&gt;, want 3")
    expect(failedTests([{ stage: "s", text: whole }]).map(({ output }) => output.trim())).toEqual([
      "=== RUN   TestB\n    b_test.go:5: got <2>, want 3",
      "E: boom\n at a.test.ts:3",
    ])
  })
  it.each([
    ["numeric entities of Go's encoder", "a&#xA;b &#34;c&#34; &#x9;d&amp;#xA;", 'a\nb "c" \td&#xA;'],
    ["text that looks like an entity", "&amp;lt;b&amp;gt;", "&lt;b&gt;"],
  ])("is decoded and escaped once: %s", (_, written, said) => {
    const text =
      `<testsuites><testsuite name="p"><testcase name="T"><failure message="Failed">${written}</failure>` +
      `</testcase></testsuite></testsuites>`
    const merged = mergedJunit([{ stage: "s", text }])
    expect(failedTests([{ stage: "s", text }])[0]!.output).toBe(said)
    expect(failedTests([{ stage: "s", text: merged }])[0]!.output).toBe(said)
    expect(merged).not.toMatch(/&amp;#(xA|34|x9);(?!<)/)
  })

  it("has no colours, control characters or endless lines", () => {
    const failure = `\u001b[31mred\u001b[0m \u0000\u000b${"x".repeat(300_000)}`
    const text = `<testsuites><testsuite name="p"><testcase name="T"><failure>${failure}</failure></testcase></testsuite></testsuites>`
    const merged = mergedJunit([{ stage: "s", text }])
    expect(XMLValidator.validate(merged)).toBe(true)
    expect(/[\u0000-\u0008\u000b-\u001f]/.test(merged)).toBe(false)
    expect(merged.includes("<failure>red xxx")).toBe(true)
    expect(merged.length).toBeLessThan(25_000)
    expect(merged.includes("more characters in the stage")).toBe(true)
  })

  const read = (text: string) => {
    const whole = mergedJunit([{ stage: "s", text }])
    expect(XMLValidator.validate(whole)).toBe(true)
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: "",
      isArray: (name) => name === "testsuite",
    })
    return (parser.parse(whole) as { testsuites: Record<string, unknown> & { testsuite: Record<string, unknown>[] } })
      .testsuites
  }
  it("has the suites in a suite once, and counts cases where a suite does not", () => {
    const inner = `<testsuite name="b"><testcase name="x"><failure/></testcase><testcase name="z"><skipped/></testcase></testsuite>`
    const { testsuite, ...counts } = read(
      `<testsuites><testsuite name="a" tests="9">${inner}<testcase name="y"><error message="e"/></testcase></testsuite>` +
        `<testsuite name="claimed" tests="2" failures="1"/><testsuite name="empty"></testsuite></testsuites>`,
    )
    expect(counts).toEqual({ tests: "5", failures: "2", errors: "1", skipped: "1" })
    expect(testsuite.map(({ name }) => name)).toEqual(["s a", "s b", "s claimed", "s empty"])
    expect(testsuite[0]).not.toHaveProperty("testsuite")
  })
  it("tells all failures of a test", () =>
    expect(
      failedTests([
        {
          stage: "s",
          text: `<testsuite name="a"><testcase name="x"><failure message="one"/><failure>two</failure><error message="3"/></testcase></testsuite>`,
        },
      ])[0]!.output,
    ).toBe("one\ntwo\n3"))
  it("keeps line breaks of attributes, and no character that XML forbids", () => {
    const message = "a&#xA;b &quot;c&quot;&#x9;&lt;d&gt; &amp;#xA; &#x1b;[31mred&#x1b;[0m &#0;\ufdd0 &#x110000;"
    const text = `<testsuite name="a&#xA;b"><testcase name="x"><failure message="${message}"/></testcase></testsuite>`
    const merged = mergedJunit([{ stage: "s", text }])
    expect(XMLValidator.validate(merged)).toBe(true)
    expect(merged).toContain('<testsuite name="s a b"')
    expect(merged).toContain("a&#10;b &quot;c&quot;&#9;&lt;d&gt; &amp;#xA; red  &amp;#x110000;")
    const [said, again] = [text, merged].map((one) => failedTests([{ stage: "s", text: one }])[0]!.output)
    expect(said!.startsWith('a\nb "c"\t<d> &#xA; red ')).toBe(true)
    expect(again!.replace("\ufdd0", "")).toBe(said!.replace("\ufdd0", ""))
  })

  it("is empty where nobody wrote any", () => expect(XMLValidator.validate(mergedJunit([]))).toBe(true))
  it("tells the failing tests with their output", () =>
    expect(failedTests(sources).map(({ stage, name }) => [stage, name])).toEqual([
      ["api:test", "price TestB"],
      ["web:test", "a.test.ts x > y"],
    ]))
})

describe("a place with spaces, Unicode or a percent sign", () => {
  it.each([
    ["order%20api/order.go", "services/x", "services/x/order api/order.go", "services/x/order%20api/order.go"],
    ["order api/order.go", undefined, "order api/order.go", "order%20api/order.go"],
    ["küche/100%.go", undefined, "küche/100%.go", "k%C3%BCche/100%25.go"],
  ])("%s in %s is %s", (uri, folder, file, written) => {
    const { log, found } = mergedSarif([
      { stage: "s", text: sarif("vet", result("vet", "no", uri, 3)), ...(folder ? { folder } : {}) },
    ])
    expect(JSON.parse(log).runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(written)
    expect(found[0]!.file).toBe(file)
    expect(mergedSarif([{ stage: "s", text: log }]).found[0]!.file).toBe(file)
  })
})

describe("SARIF of all stages", () => {
  const { log, found } = mergedSarif([
    { stage: "api:lint", text: sarif("vet", result("vet", "no", "api/a.go", 3)) },
    { stage: "api:sast", text: sarif("gosec", result("G1", "no", "api/a.go", 3), result("G2", "bad", "api/a.go", 3)) },
    { stage: "web:lint", text: sarif("eslint", result("no-var", "bad", "src/a.ts", 7)), folder: "services/web" },
    { stage: "w:lint", text: sarif("none") },
  ])
  it("has a run of each tool, also of one that found nothing", () =>
    expect(
      (JSON.parse(log) as { runs: { tool: { driver: { name: string } } }[] }).runs.map(({ tool }) => tool.driver.name),
    ).toEqual(["vet", "gosec", "eslint", "none"]))
  it("says once what two tools say of a place, and names files from the root", () =>
    expect(found.map(({ tool, rule, file, line }) => [tool, rule, file, line])).toEqual([
      ["vet", "vet", "api/a.go", 3],
      ["gosec", "G2", "api/a.go", 3],
      ["eslint", "no-var", "services/web/src/a.ts", 7],
    ]))
})

describe("what tests have done, for SonarQube", () => {
  const suite = (...cases: string[]): string =>
    `<testsuites><testsuite name="x">${cases.join("")}</testsuite></testsuites>`
  const go = testFunctions([
    ["price/tax_test.go", "package price\n\nfunc TestTax(t *testing.T) {\n}\n\nfunc helper() {}\n"],
    ["main_test.go", "package main\n\nfunc TestMain_(t *testing.T) {}\nfunc FuzzIt(f *testing.F) {}\n"],
  ])
  it("knows the files of Go's functions", () =>
    expect([...go]).toEqual([
      ["price TestTax", "price/tax_test.go"],
      [". TestMain_", "main_test.go"],
      [". FuzzIt", "main_test.go"],
    ]))
  it("names files from the repository's root, with milliseconds and what went wrong", () =>
    expect(
      testExecutions(
        [
          {
            text: suite(
              '<testcase classname="price" name="TestTax" time="0.0125"/>',
              '<testcase classname="price" name="TestTax/of_1" time="x"><failure message="Failed">a &lt; b</failure></testcase>',
              '<testcase classname="." name="TestMain_" time="1"><skipped message="no"/></testcase>',
              '<testcase classname="." name="TestUnknown" time="1"/>',
            ),
            path: "services/api",
            functions: go,
          },
          {
            text: suite(
              '<testcase classname="tests/a.test.ts" name="x &gt; y" time="0.5"><error/></testcase>',
              '<testcase classname="tests/b.ts" name="z"/>',
            ),
            path: ".",
          },
          { text: "no JUnit", path: "web" },
        ],
        (file) => /_test\.go$|\.test\.ts$/.test(file),
      ),
    ).toBe(
      '<testExecutions version="1"><file path="services/api/price/tax_test.go"><testCase name="TestTax" ' +
        'duration="13"/><testCase name="TestTax/of_1" duration="0"><failure message="Failed"/></testCase></file>' +
        '<file path="services/api/main_test.go"><testCase name="TestMain_" duration="1000"><skipped ' +
        'message="no"/></testCase></file><file path="tests/a.test.ts"><testCase name="x &gt; y" duration="500">' +
        '<error message="error"/></testCase></file></testExecutions>\n',
    ))
})
