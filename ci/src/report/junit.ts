// JUnit files: all in one, and the tests that failed.
import { stripVTControlCharacters } from "node:util"
import { XMLBuilder, XMLParser } from "fast-xml-parser"

/** A test that failed. */
export interface FailedTest {
  stage: string
  name: string
  /** Its output, or the failure's message. */
  output: string
  /** The first place in its own file that the output names, from the repository's root. */
  file?: string
  line?: number
}

/** A tool's report: its stage, its text, and the folder that its files' names begin at. */
export interface ReportFile {
  stage: string
  text: string
  folder?: string
  /** The folder of the stage's service, which its tests are named from. */
  path?: string
  /** Whether a failed case holds nobody, by its name: a finding that is known or suppressed. */
  isAccepted?: (name: string) => boolean
}

/** An element of a parsed XML file. */
export type XmlNode = Record<string, unknown>

/** The prefix of attributes in a parsed node. */
const attribute = "@"
const options = {
  ignoreAttributes: false,
  attributeNamePrefix: attribute,
  textNodeName: "#text",
  cdataPropName: "#cdata",
  parseAttributeValue: false,
  parseTagValue: false,
  trimValues: false,
  // Decodes &#xA; and &#34; too, which Go's encoder writes: what is not decoded here would be escaped twice.
  htmlEntities: true,
}
/** Characters of one text of a test that the merged file keeps; the tool's own file has all of it. */
const longestText = 20_000
export const list = (value: unknown): XmlNode[] =>
  (value === undefined || value === "" ? [] : ([value].flat() as XmlNode[])).filter((one) => typeof one === "object")

/** Returns an attribute as text; empty if it is missing. */
export function attributeOf(node: XmlNode, name: string): string {
  const value = node[`${attribute}${name}`]
  return typeof value === "string" ? value : ""
}

/** Returns attributes as parts of a node. */
export function attributes(values: Record<string, string>): XmlNode {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${attribute}${name}`, value]))
}

/** Returns a node as an XML file. */
export function xmlOf(node: XmlNode, declaration = ""): string {
  return `${declaration}${new XMLBuilder({ ...options, format: false, suppressEmptyNode: true }).build(node)}\n`
}

/**
 * Returns all test suites of JUnit files in one file; each suite's name begins with its stage's. Other files are left out. A
 * failed case that holds nobody is skipped in it.
 */
export function mergedJunit(files: ReportFile[]): string {
  const suites = files.flatMap(({ stage, text, isAccepted }) =>
    suitesOf(text)
      .map((one) => (isAccepted ? withAccepted(one, isAccepted) : one))
      .map((suite) => ({
        ...(printable({ ...suite, ...countsOf(suite) }) as XmlNode),
        ...attributes({ name: oneLineOf(`${stage} ${attributeOf(suite, "name")}`.trim()) }),
      })),
  )
  const sum = (name: string) => suites.reduce((all, suite) => all + Number(attributeOf(suite, name) || 0), 0)
  const counts = ["tests", "failures", "errors", "skipped"].map((name) => [name, String(sum(name))] as const)
  const testsuites = { ...attributes(Object.fromEntries(counts)), testsuite: suites }
  const whole = xmlOf({ testsuites }, '<?xml version="1.0" encoding="UTF-8"?>\n')
  return [...blanks].reduce((text, [blank, mark]) => text.replaceAll(mark, `&#${blank.charCodeAt(0)};`), whole)
}

/** Returns a suite whose accepted cases are skipped instead of failed. */
function withAccepted(suite: XmlNode, isAccepted: (name: string) => boolean): XmlNode {
  const testcase = list(suite.testcase).map((one) => {
    if (!("failure" in one) || !isAccepted(attributeOf(one, "name"))) return one
    const { failure: _, ...rest } = one
    return { ...rest, skipped: attributes({ message: "known or suppressed: it holds nobody" }) }
  })
  return testcase.length ? { ...suite, testcase } : suite
}

/** Characters that stand for blanks of attributes while a file is written: a reader takes a plain line break there for a space. */
const blanks = new Map([
  ["\n", "\ufdd0"],
  ["\r", "\ufdd1"],
  ["\t", "\ufdd2"],
])

const oneLineOf = (text: string): string => text.replace(/\s+/g, " ")

/** Returns the counts of a suite's test cases as attributes, whatever the suite claims; of one without cases, what it claims. */
function countsOf(suite: XmlNode): XmlNode {
  const cases = list(suite.testcase)
  if (cases.length === 0) return {}
  const having = (name: string) => String(cases.filter((test) => name in test).length)
  return attributes({
    tests: String(cases.length),
    failures: having("failure"),
    errors: having("error"),
    skipped: having("skipped"),
  })
}

/** Returns the tests of JUnit files that failed, each with its output. */
export function failedTests(files: ReportFile[]): FailedTest[] {
  return files.flatMap(({ stage, text, path }) =>
    testCasesOf(text)
      .filter((test) => "failure" in test || "error" in test)
      .map((test) => failedTest(test, stage, path)),
  )
}

function failedTest(test: XmlNode, stage: string, path?: string): FailedTest {
  const failures = [test.failure, test.error].flat().filter((one) => one !== undefined)
  const said = failures.map(
    (one) => textOf(one) || (typeof one === "object" ? attributeOf(one as XmlNode, "message") : ""),
  )
  const texts = [...said, textOf(test["system-out"]), textOf(test["system-err"])]
  const output = texts.filter((text) => text.trim() !== "").join("\n")
  const group = attributeOf(test, "classname")
  return {
    stage,
    name: `${group} ${attributeOf(test, "name")}`.trim(),
    output: withoutControls(output),
    ...(path === undefined ? {} : testPlace(output, group, path)),
  }
}

/**
 * Returns the first place in a test's own file that its output names. Go names the file alone, and the package is the test's group;
 * JavaScript names it from the service's folder.
 */
function testPlace(output: string, group: string, path: string): { file?: string; line?: number } {
  const [, file = "", line] =
    /(?:^|[\s(])((?:[\w@.-]+\/)*[\w.-]+(?:_test\.go|\.(?:test|spec)\.[cm]?[jt]sx?)):(\d+)/m.exec(output) ?? []
  if (!line) return {}
  const named = file.endsWith(".go") && !file.includes("/") ? [path, group, file] : [path, file]
  const parts = named.flatMap((part) => part.split("/")).filter((part) => part !== "" && part !== ".")
  return { file: parts.join("/"), line: Number(line) }
}

/** Returns the test cases of a JUnit file; none if it is not one. */
export function testCasesOf(text: string): XmlNode[] {
  return suitesOf(text).flatMap((suite) => list(suite.testcase))
}

/** A suite without those in it. */
function alone({ testsuite: _, ...suite }: XmlNode): XmlNode {
  return suite
}

function suitesOf(text: string): XmlNode[] {
  try {
    // The parser drops an escaped escape, and would leave the rest of a colour.
    const plain = text.replace(/&#(?:x0*1b|0*27);\[[\d;]*[A-Za-z]/gi, "")
    const whole = new XMLParser(options).parse(plain) as XmlNode
    const below = (node: XmlNode): XmlNode[] =>
      list(node.testsuite).flatMap((suite) =>
        "testsuite" in suite ? [...("testcase" in suite ? [alone(suite)] : []), ...below(suite)] : [suite],
      )
    return [...below(whole), ...list(whole.testsuites).flatMap(below)]
  } catch {
    return []
  }
}

/** Returns a node with texts that XML 1.0 and people can read: no colours, no control characters, of limited length. */
function printable(node: unknown): unknown {
  if (typeof node === "string") return shortened(withoutControls(node))
  if (Array.isArray(node)) return node.map(printable)
  if (typeof node !== "object" || node === null) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key.startsWith(attribute) ? marked(value) : printable(value)]),
  )
}

/** Returns the value of an attribute with marks for line breaks and tabs. */
function marked(value: unknown): unknown {
  if (typeof value !== "string") return value
  const clean = shortened(withoutControls(value.replace(/[\ufdd0-\ufdef]/g, "")))
  return clean.replace(/[\n\r\t]/g, (blank) => blanks.get(blank)!)
}

/** Removes colour codes and the characters that XML 1.0 forbids (https://www.w3.org/TR/xml/#charsets). */
function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
}

function shortened(text: string): string {
  if (text.length <= longestText) return text
  return `${text.slice(0, longestText)}\n… ${text.length - longestText} more characters in the stage's own file`
}

function textOf(node: unknown): string {
  if (typeof node === "string") return node
  if (typeof node !== "object" || node === null) return ""
  return [(node as XmlNode)["#text"], (node as XmlNode)["#cdata"]]
    .flat()
    .filter((part) => typeof part === "string")
    .join("")
}
