// The results of tests in SonarQube's generic format.
import { attributeOf, attributes, list, testCasesOf, xmlOf, type XmlNode } from "./junit"

/** JUnit of a service. */
export interface Tests {
  text: string
  /** The service's folder. */
  path: string
  /** For Go: the file of each test function by `<folder> <function>`, both from the service's folder. */
  functions?: Map<string, string>
}

/** Returns the file of each test function by `<folder> <function>`, from the texts of Go's test files. */
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
 * Returns what tests have done, by file. JavaScript names a test's file, Go its package: there the file is that of the function. A
 * test without a known file, or in a file that `isTest` refuses, is left out: SonarQube refuses a report that names others.
 */
export function testExecutions(all: Tests[], isTest: (file: string) => boolean): string {
  const files = new Map<string, XmlNode[]>()
  for (const tests of all)
    for (const test of testCasesOf(tests.text)) {
      const file = fileOf(test, tests)
      if (file && isTest(file)) files.set(file, [...(files.get(file) ?? []), execution(test)])
    }
  const file = [...files].map(([path, testCase]) => ({ ...attributes({ path }), testCase }))
  return xmlOf({ testExecutions: { ...attributes({ version: "1" }), file } })
}

function fileOf(test: XmlNode, { path, functions }: Tests): string | undefined {
  const [group, name] = [attributeOf(test, "classname"), attributeOf(test, "name")]
  const below = functions ? functions.get(`${group} ${name.split("/")[0]!}`) : group
  return below && path !== "." ? `${path}/${below}` : below
}

function execution(test: XmlNode): XmlNode {
  const duration = String(Math.max(0, Math.round(1000 * Number(attributeOf(test, "time") || 0)) || 0))
  const outcomes = ["skipped", "failure", "error"]
    .filter((outcome) => outcome in test)
    .map((outcome) => {
      const node = list([test[outcome]].flat()[0])[0] ?? {}
      return [outcome, attributes({ message: attributeOf(node, "message") || outcome })]
    })
  return {
    ...attributes({ name: attributeOf(test, "name"), duration }),
    ...(Object.fromEntries(outcomes) as XmlNode),
  }
}
