// Reads the JUnit file of terraform test: pure functions over text.
import { firstLine } from "./shared/clock"
import { decodeXml } from "./shared/xml"

/** The counts of a JUnit file; failing cases are named `<file>: <run>`. */
export interface TestOutcome {
  tests: number
  skipped: number
  failing: number
  /** The first thing to look at; empty when nothing failed. */
  first: string
}

/** Reads the JUnit file of `terraform test`; undefined when there is none. */
export function testOutcome(junit: string): TestOutcome | undefined {
  if (!junit.includes("<testsuites")) return undefined
  const suites = [...junit.matchAll(/<testsuite\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testsuite>)/g)]
  const cases = suites.flatMap(([, head, body]) =>
    [...(body ?? "").matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(([, own, inner]) => ({
      suite: attribute(head!, "name"),
      name: attribute(own!, "name"),
      body: inner ?? "",
    })),
  )
  const failed = cases.filter(({ body }) => /<(failure|error)\b/.test(body))
  return {
    tests: cases.length,
    skipped: cases.filter(({ body }) => /<skipped\b/.test(body)).length,
    failing: failed.length,
    first: failed.length ? `${failed[0]!.suite}: ${failed[0]!.name}: ${whyFailed(failed[0]!.body)}` : "",
  }
}

/** Why a case failed: Terraform writes a run's diagnostics into it as text, and the error's own words are its last paragraph. */
function whyFailed(body: string): string {
  const text = decodeXml(body.replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, "$1").replace(/<[^>]*>/g, "\n"))
  const paragraphs = text
    .split(/\n\s*\n/)
    .map((part) => part.replace(/[│╷╵├└]/g, "").trim())
    .filter((part) => part !== "")
  const error = paragraphs.findIndex((part) => /Error: /.test(part))
  const words =
    error < 0
      ? paragraphs[0]
      : (paragraphs.slice(error + 1).find((part) => !/^Error: /.test(part) && !/^on \S+ line/.test(part)) ??
        paragraphs[error])
  return firstLine((words ?? "see output.txt").replace(/\s+/g, " "))
}

function attribute(head: string, name: string): string {
  return decodeXml(new RegExp(`\\b${name}="([^"]*)"`).exec(head)?.[1] ?? "")
}
