// Reads JUnit reports and the output of npm and of the tests: pure functions over text.
import { firstLine } from "./shared/clock"
import { plainLines } from "./shared/words"
import { decodeXml } from "./shared/xml"

/** The figures of a JUnit report. */
export interface Outcome {
  tests: number
  skipped: number
  failing: number
  /** The first failure with its test; "" if there is none. */
  first: string
}

/** Counts the test cases of a JUnit report, whatever its totals claim; undefined if the text is no JUnit report. */
export function outcome(junit: string): Outcome | undefined {
  if (!/<testsuites?[\s>/]/.test(junit)) return undefined
  const cases = [...junit.matchAll(/<testcase\b((?:[^>"']|"[^"]*"|'[^']*')*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, attributes, body = ""]) => ({
      name: [attribute(attributes!, "classname"), attribute(attributes!, "name")]
        .filter((part) => part !== "")
        .join(": "),
      skipped: /<skipped\b/.test(body),
      failure: /<(?:failure|error)\b((?:[^>"']|"[^"]*"|'[^']*')*?)(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/.exec(body),
    }),
  )
  const failed = cases.filter((one) => one.failure)
  const why = failed[0]?.failure
  return {
    tests: cases.length,
    skipped: cases.filter((one) => one.skipped).length,
    failing: failed.length,
    first: why
      ? `${failed[0]!.name}: ${firstLine(attribute(why[1]!, "message") || text(why[2] ?? "")) || "failed"}`
      : "",
  }
}

function attribute(attributes: string, name: string): string {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes)
  return text(match?.[1] ?? match?.[2] ?? "")
}

/** The text of an XML element. */
function text(xml: string): string {
  return decodeXml(xml.replace(/^\s*<!\[CDATA\[|\]\]>\s*$/g, ""))
}

/** The plain lines of an output without npm's echo of the script. */
function withoutEcho(output: string): string[] {
  return plainLines(output).filter((line) => !line.startsWith("> "))
}

/** The line of npm's output that says why `npm ci` failed. */
export function installFailure(output: string): string {
  const lines = withoutEcho(output)
    .map((line) => line.replace(/^npm error\s*/, ""))
    .filter((line) => line !== "" && !line.startsWith("code "))
  return `npm ci: ${firstLine(lines.find((line) => /^(Invalid|Missing): /.test(line)) ?? lines[0] ?? "failed")}`
}

/** The line of the output that says why the tests did not run. */
export function trouble(output: string): string {
  const lines = withoutEcho(output)
  const own = lines.filter((line) => !line.startsWith("npm "))
  return firstLine(
    own.find((line) => /cannot be reached|\berror\b|\bfailed\b|cannot find|not found/i.test(line)) ??
      lines.find((line) => line.startsWith("npm error") && !/^npm error code/.test(line)) ??
      own[0] ??
      "",
  )
}

/** Whether Chromium uses https for this http address: the top-level domain is on its HSTS list, also as a bare name. */
export function httpsOnly(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  const domains = ["app", "channel", "day", "dev", "foo", "new", "page", "play", "search"]
  return protocol === "http:" && domains.includes(hostname.split(".").at(-1)!)
}
