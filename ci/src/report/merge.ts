// One JUnit file and one SARIF log of all that the stages' tools have written; what is read from them for the report.
import { stripVTControlCharacters } from "node:util"
import { XMLBuilder, XMLParser } from "fast-xml-parser"

/** A test that failed. */
export interface FailedTest {
  stage: string
  name: string
  /** Its output, or what it said. */
  output: string
  /** Where it failed, from the repository's root, as far as its output says. */
  file?: string
  line?: number
}

/** Something that a scanner or linter has found. */
export interface Finding {
  /** The stage whose reports it stands in. */
  stage: string
  tool: string
  rule: string
  level: string
  text: string
  file: string
  /** From 1; 0 where there is none. */
  line: number
}

/** A tool's report: its stage, its text, and the folder that its files' names begin at. */
export interface ReportFile {
  stage: string
  text: string
  folder?: string
  /** The folder of the stage's service, which its tests are named from. */
  path?: string
}

type Node = Record<string, unknown>
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
const list = (value: unknown): Node[] =>
  (value === undefined || value === "" ? [] : ([value].flat() as Node[])).filter((one) => typeof one === "object")

/** All test suites of JUnit files in one file; each suite's name begins with its stage's. A file that is no JUnit is left out. */
export function mergedJunit(sources: ReportFile[]): string {
  const suites = sources.flatMap(({ stage, text }) =>
    suitesOf(text).map((suite) => ({
      ...(printable(suite) as Node),
      [`${attribute}name`]: `${stage} ${String(suite[`${attribute}name`] ?? "")}`.trim(),
    })),
  )
  const sum = (name: string) =>
    suites.reduce((all, suite) => all + Number((suite as Node)[`${attribute}${name}`] ?? 0), 0)
  const counts = Object.fromEntries(
    ["tests", "failures", "errors", "skipped"].map((name) => [`${attribute}${name}`, String(sum(name))]),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLBuilder({ ...options, format: false, suppressEmptyNode: true }).build({ testsuites: { ...counts, testsuite: suites } })}\n`
}

/** The tests of JUnit files that failed, each with its output. */
export function failedTests(sources: ReportFile[]): FailedTest[] {
  return sources.flatMap(({ stage, text, path }) =>
    suitesOf(text)
      .flatMap((suite) => list(suite.testcase))
      .filter((test) => "failure" in test || "error" in test)
      .map((test) => {
        const said = [test.failure ?? test.error].flat()[0]
        const inside = typeof said === "object" ? (said as Node) : { "#text": said }
        const output = [textOf(inside), textOf(test["system-out"]), textOf(test["system-err"])]
          .filter((part) => part.trim() !== "")
          .join("\n")
        const group = String(test[`${attribute}classname`] ?? "")
        return {
          stage,
          name: `${group} ${String(test[`${attribute}name`] ?? "")}`.trim(),
          output: withoutControls(output || String((inside as Node)[`${attribute}message`] ?? "")),
          ...(path === undefined ? {} : placeOf(output, group, path)),
        }
      }),
  )
}

/** The first place in a test's own file that its output names. Go names the file alone, and the package is the test's group; JavaScript names it from the service's folder. */
function placeOf(output: string, group: string, path: string): { file?: string; line?: number } {
  const [, file = "", line] =
    /(?:^|[\s(])((?:[\w@.-]+\/)*[\w.-]+(?:_test\.go|\.(?:test|spec)\.[cm]?[jt]sx?)):(\d+)/m.exec(output) ?? []
  if (!line) return {}
  const named = file.endsWith(".go") && !file.includes("/") ? [path, group, file] : [path, file]
  return {
    file: named
      .flatMap((part) => part.split("/"))
      .filter((part) => part !== "" && part !== ".")
      .join("/"),
    line: Number(line),
  }
}

function suitesOf(text: string): Node[] {
  try {
    const whole = new XMLParser(options).parse(text) as Node
    const below = (node: Node): Node[] =>
      list(node.testsuite).flatMap((suite) =>
        "testsuite" in suite ? [...("testcase" in suite ? [suite] : []), ...below(suite)] : [suite],
      )
    return [...below(whole), ...list(whole.testsuites).flatMap(below)]
  } catch {
    return []
  }
}

/** The node with every text as XML 1.0 and people can read it: no colours, no control characters, not endless. */
function printable(node: unknown): unknown {
  if (typeof node === "string") return shortened(withoutControls(node))
  if (Array.isArray(node)) return node.map(printable)
  if (typeof node !== "object" || node === null) return node
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, printable(value)]))
}

/** Without colour codes and without the characters that XML 1.0 forbids (https://www.w3.org/TR/xml/#charsets). */
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
  return [(node as Node)["#text"], (node as Node)["#cdata"]]
    .flat()
    .filter((part) => typeof part === "string")
    .join("")
}

/** A service's JUnit, the service's folder, and the file of each of Go's test functions by `<folder> <function>`, both from the service's folder. */
export interface Tests {
  text: string
  path: string
  functions?: Map<string, string>
}

/** The file of each test function, by `<folder> <function>`, from the texts of Go's test files. */
export function testFunctions(files: (readonly [string, string])[]): Map<string, string> {
  return new Map(
    files.flatMap(([file, text]) =>
      [...text.matchAll(/^func ((?:Test|Fuzz|Example)\w*)\(/gm)].map(
        (match) => [`${file.split("/").slice(0, -1).join("/") || "."} ${match[1]}`, file] as const,
      ),
    ),
  )
}

/**
 * What tests have done, in SonarQube's generic format, by file. JavaScript names a test's file, Go its package: there the file is that of the function. A test of which no
 * file is known, or of a file that `isTest` does not take for one, is left out: SonarQube refuses a report that names others.
 */
export function testExecutions(all: Tests[], isTest: (file: string) => boolean): string {
  const files = new Map<string, Node[]>()
  for (const { text, path, functions } of all)
    for (const test of suitesOf(text).flatMap((suite) => list(suite.testcase))) {
      const [group, name] = ["classname", "name"].map((key) => String(test[`${attribute}${key}`] ?? "")) as [
        string,
        string,
      ]
      const below = functions ? functions.get(`${group} ${name.split("/")[0]!}`) : group
      const file = path === "." ? below : `${path}/${below}`
      if (!below || !isTest(file!)) continue
      const outcome = (key: string) =>
        key in test
          ? {
              [key]: {
                [`${attribute}message`]:
                  String((list([test[key]].flat()[0])[0] ?? {})[`${attribute}message`] ?? "") || key,
              },
            }
          : {}
      const duration = String(Math.max(0, Math.round(1000 * Number(test[`${attribute}time`] ?? 0)) || 0))
      files.set(file!, [
        ...(files.get(file!) ?? []),
        {
          [`${attribute}name`]: name,
          [`${attribute}duration`]: duration,
          ...outcome("skipped"),
          ...outcome("failure"),
          ...outcome("error"),
        },
      ])
    }
  const file = [...files].map(([path, testCase]) => ({ [`${attribute}path`]: path, testCase }))
  return `${new XMLBuilder({ ...options, format: false, suppressEmptyNode: true }).build({ testExecutions: { [`${attribute}version`]: "1", file } })}\n`
}

interface Log {
  runs?: { tool: { driver: { name: string } }; results?: Result[] }[]
}
interface Result {
  ruleId?: string
  level?: string
  message: { text: string }
  locations?: { physicalLocation?: { artifactLocation?: { uri?: string }; region?: { startLine?: number } } }[]
}

/** All runs of SARIF logs in one log, with files named from the repository's root. What two tools say of one place in the same words stands in it once. */
export function mergedSarif(sources: ReportFile[]): { log: string; found: Finding[] } {
  const found: Finding[] = []
  const seen = new Set<string>()
  const runs = sources.flatMap(({ stage, text, folder }) =>
    ((JSON.parse(text) as Log).runs ?? []).map((run) => ({
      ...run,
      results: (run.results ?? []).flatMap((result) => {
        const locations = result.locations?.map((location) => rooted(location, folder))
        const place = locations?.[0]?.physicalLocation
        const one = {
          stage,
          tool: run.tool.driver.name,
          rule: result.ruleId ?? "",
          level: result.level ?? "warning",
          text: result.message.text,
          file: pathOf(place?.artifactLocation?.uri ?? ""),
          line: place?.region?.startLine ?? 0,
        }
        const key = JSON.stringify([one.file, one.line, one.text])
        if (seen.has(key)) return []
        seen.add(key)
        found.push(one)
        return [{ ...result, ...(locations ? { locations } : {}) }]
      }),
    })),
  )
  return {
    log: `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs }, null, 1)}\n`,
    found,
  }
}

/** The location with its file named from the repository's root, as a URI: `services/order%20api/order.go`. */
function rooted(
  location: NonNullable<Result["locations"]>[number],
  folder = ".",
): NonNullable<Result["locations"]>[number] {
  const artifact = location.physicalLocation?.artifactLocation
  if (!artifact?.uri) return location
  const file = pathOf(artifact.uri)
  const uri = uriOf(folder === "." ? file : `${folder}/${file}`)
  return {
    ...location,
    physicalLocation: { ...location.physicalLocation, artifactLocation: { ...artifact, uri } },
  }
}

/** The path that a relative URI names; a text that is no URI, such as a path with a stray %, is the path itself. */
function pathOf(uri: string): string {
  try {
    return decodeURIComponent(uri)
  } catch {
    return uri
  }
}

function uriOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/")
}
