import { firstLine } from "./shared/clock"

// Reads what npm and the project's tests have written: pure functions over text.

/** What the tests of a JUnit file have found. */
export interface Outcome {
  tests: number
  skipped: number
  failing: number
  /** The first thing to look at; empty when nothing failed. */
  first: string
}

/** Reads a JUnit file by its test cases, whatever its totals claim; undefined when it is none. */
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

/** XML's text as plain text. */
function text(xml: string): string {
  const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }
  return xml
    .replace(/^\s*<!\[CDATA\[|\]\]>\s*$/g, "")
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, dec, name) =>
      hex ? String.fromCodePoint(parseInt(hex, 16)) : dec ? String.fromCodePoint(Number(dec)) : (named[name] ?? all),
    )
}

/** Text without colours and surrounding blanks, line by line; empty lines and npm's own are gone. */
function plainLines(output: string): string[] {
  return output
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("> "))
}

/** Why `npm ci` failed, in one line. */
export function installFailure(output: string): string {
  const lines = plainLines(output)
    .map((line) => line.replace(/^npm error\s*/, ""))
    .filter((line) => line !== "" && !line.startsWith("code "))
  return `npm ci: ${firstLine(lines.find((line) => /^(Invalid|Missing): /.test(line)) ?? lines[0] ?? "failed")}`
}

/** The first line of the tests' output that says what is wrong. */
export function trouble(output: string): string {
  const lines = plainLines(output)
  const own = lines.filter((line) => !line.startsWith("npm "))
  return firstLine(
    own.find((line) => /cannot be reached|\berror\b|\bfailed\b|cannot find|not found/i.test(line)) ??
      lines.find((line) => line.startsWith("npm error") && !/^npm error code/.test(line)) ??
      own[0] ??
      "",
  )
}

/** Whether Chromium would ask for https although the address says http: the whole top-level domain is on its list (HSTS), also as a bare name. */
export function httpsOnly(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return (
    protocol === "http:" &&
    ["app", "channel", "day", "dev", "foo", "new", "page", "play", "search"].includes(hostname.split(".").at(-1)!)
  )
}
