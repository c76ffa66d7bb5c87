import { firstLine } from "./shared/clock"
import type { Finding } from "./shared/sarif"

// Reads what terraform and checkov have written: pure functions over text.

/** `rest` of `path`, where path is a folder ("." for the root). */
export function under(path: string, rest: string): string {
  return path === "." || path === "" ? rest : `${path}/${rest}`
}

/** A path without `./` before and slashes behind it; an error when it leads out of the source. */
export function cleanPath(path: string): string {
  const clean = path.replace(/^(\.\/+)+/, "").replace(/\/+$/, "") || "."
  if (clean.startsWith("/") || clean.split("/").includes(".."))
    throw new Error(
      `path: ${JSON.stringify(path)} leads out of the source; give a folder in it, such as terraform/stack`,
    )
  return clean
}

/** Variables of the form NAME=value, as pairs. What is wrong is an error that does not repeat the value. */
export function pairs(argument: string, lines: string[]): [string, string][] {
  return lines.map((line) => {
    const [, name, value] = /^([A-Za-z_][\w.-]*)=([\s\S]*)$/.exec(line) ?? []
    if (name === undefined)
      throw new Error(`${argument}: ${JSON.stringify(line.split("=")[0])} is not of the form NAME=value`)
    return [name, value!]
  })
}

/** The files that `terraform fmt -check -recursive -diff` names. */
export function unformatted(output: string): string[] {
  return output.split("\n").filter((line) => /^[^\s+@-].*\.(tf|tfvars|tftest\.hcl|tfmock\.hcl)$/.test(line))
}

/** The files of a diff as `terraform fmt -check -recursive -diff` prints it, each with its first line that would change. */
export function unformattedAt(output: string): Finding[] {
  const findings: Finding[] = []
  const lines = output.split("\n")
  for (const [i, text] of lines.entries()) {
    const file = /^--- old\/(.+)$/.exec(text)?.[1]
    if (!file) continue
    const from = Number(/^@@ -(\d+)/.exec(lines[i + 2] ?? "")?.[1] ?? 1)
    const changed = lines.slice(i + 3).findIndex((line) => /^[-+]/.test(line))
    findings.push({
      tool: "terraform",
      rule: "fmt",
      text: "is not formatted",
      file,
      line: from + Math.max(0, changed),
      column: 0,
    })
  }
  return findings
}

/** One line on findings: the first, and how many more. */
export function describeFindings(findings: Finding[]): string {
  return more(
    findings.map(({ file, line, text }) => `${file}:${line} ${text}`),
    "file",
  )
}

interface Diagnostic {
  severity: string
  summary: string
  detail?: string
  range?: { filename: string; start: { line: number } }
}

/** A diagnostic in one line, with its file from the source's root. */
function inOneLine({ summary, detail, range }: Diagnostic, path: string): string {
  const where = range ? `${under(path, range.filename)}:${range.start.line}: ` : ""
  return `${where}${[summary, firstLine((detail ?? "").replace(/\s+/g, " "))].filter((part) => part !== "").join(": ")}`
}

/** The errors of `terraform validate -json`. */
export function validateErrors(json: string, path: string): string[] {
  if (json.trim() === "") return []
  const { diagnostics } = JSON.parse(json) as { diagnostics: Diagnostic[] }
  return diagnostics.filter(({ severity }) => severity === "error").map((diagnostic) => inOneLine(diagnostic, path))
}

/** The first error in the text that terraform prints for people: the line after `Error: `, with file and line where it names them. */
export function firstError(output: string, path: string): string {
  const lines = output.split("\n").map((line) => line.replace(/^[│╷╵ ]+/, "").trim())
  const at = lines.findIndex((line) => line.startsWith("Error: "))
  if (at < 0) return ""
  const rest = lines.slice(at + 1)
  const end = rest.findIndex((line) => line.startsWith("Error: "))
  const block = rest.slice(0, end < 0 ? undefined : end).filter((line) => line !== "")
  const [, file, number] = /^on (\S+) line (\d+)/.exec(block.find((line) => line.startsWith("on ")) ?? "") ?? []
  const detail = block.find((line) => !/^on |^\d+: |^[├└]/.test(line)) ?? ""
  return `${file ? `${under(path, file)}:${number}: ` : ""}${[lines[at]!.slice("Error: ".length), detail].filter((part) => part !== "").join(": ")}`
}

/** What a JUnit file counts; failing cases are named `<file>: <run>`. */
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

/** Terraform puts the diagnostics of a failed run into the case, as text: the error's own words are its last paragraph. */
function whyFailed(body: string): string {
  const text = unescaped(body.replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, "$1").replace(/<[^>]*>/g, "\n"))
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
  return unescaped(new RegExp(`\\b${name}="([^"]*)"`).exec(head)?.[1] ?? "")
}

function unescaped(text: string): string {
  const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|quot|apos|amp));/gi, (_, hex, decimal, name) =>
    name ? named[name.toLowerCase()]! : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)),
  )
}

/** What a plan would do, or an apply has done. */
export interface Changes {
  add: number
  change: number
  destroy: number
  /** The resources that change, in the order of the output. */
  resources: { address: string; action: string }[]
}

interface Line {
  type: string
  changes?: { add: number; change: number; remove: number; operation: string }
  change?: { resource: { addr: string }; action: string }
  diagnostic?: Diagnostic
  outputs?: Record<string, { sensitive: boolean; value?: unknown }>
}

/** The lines of `terraform … -json`; what is no JSON is left out. */
function jsonLines(text: string): Line[] {
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Line]
    } catch {
      return []
    }
  })
}

/** The counts and resources of a plan; undefined when it did not come so far. */
export function changesOf(jsonl: string): Changes | undefined {
  const lines = jsonLines(jsonl)
  const counts = lines.find(({ type }) => type === "change_summary")?.changes
  if (!counts) return undefined
  const resources = lines.flatMap(({ type, change }) =>
    type === "planned_change" && change ? [{ address: change.resource.addr, action: change.action }] : [],
  )
  return { add: counts.add, change: counts.change, destroy: counts.remove, resources }
}

/** `No changes`, or the three numbers. */
export function describe({ add, change, destroy }: Changes): string {
  return add + change + destroy === 0 ? "No changes" : `${add} to add, ${change} to change, ${destroy} to destroy`
}

/** The root's outputs after an apply, without the sensitive ones. */
export function outputsOf(jsonl: string): Record<string, unknown> {
  const outputs =
    jsonLines(jsonl)
      .filter(({ type }) => type === "outputs")
      .at(-1)?.outputs ?? {}
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([name, { sensitive, value }]) =>
      sensitive || value === undefined ? [] : [[name, value]],
    ),
  )
}

/** The first error in the lines of `terraform … -json`. */
export function jsonError(jsonl: string, path: string): string {
  const error = jsonLines(jsonl).find(({ diagnostic }) => diagnostic?.severity === "error")?.diagnostic
  return error ? inOneLine(error, path) : ""
}

/** Who holds the state's lock. */
export interface Lock {
  id: string
  who: string
  operation: string
  /** When it was taken, in ISO 8601. */
  created: string
  /** How old it is. */
  seconds: number
}

/** The holder of the lock, where terraform says that it could not have it; `now` in milliseconds since 1970. */
export function lockOf(text: string, now: number): Lock | undefined {
  const details = [
    ...jsonLines(text).flatMap(({ diagnostic }) =>
      diagnostic ? [`${diagnostic.summary}\n${diagnostic.detail ?? ""}`] : [],
    ),
    text,
  ]
  for (const detail of details) {
    const info = /Error acquiring the state lock[\s\S]*?Lock Info:([\s\S]*)/.exec(detail)?.[1]
    if (info === undefined) continue
    const field = (name: string): string => new RegExp(`^[│ ]*${name}:[ ]*(.*)$`, "m").exec(info)?.[1]?.trim() ?? ""
    const [, date, time] = /^(\S+) (\d+:\d+:\d+(?:\.\d{1,3})?)\d* \+0000/.exec(field("Created")) ?? []
    const created = date ? Date.parse(`${date}T${time}Z`) : NaN
    return {
      id: field("ID"),
      who: field("Who"),
      operation: field("Operation")
        .replace(/^OperationType/, "")
        .toLowerCase(),
      created: Number.isNaN(created) ? field("Created") : new Date(created).toISOString(),
      seconds: Number.isNaN(created) ? -1 : Math.max(0, Math.round((now - created) / 1000)),
    }
  }
  return undefined
}

/** The holder and the lock's age, and what can be done. */
export function describeLock({ id, who, operation, created, seconds }: Lock): string {
  const age =
    seconds < 0
      ? `since ${created}`
      : seconds < 120
        ? `for ${seconds} s`
        : seconds < 7200
          ? `for ${Math.floor(seconds / 60)} min`
          : `for ${Math.floor(seconds / 3600)} h`
  return `the state is locked by ${who} (${operation}) ${age}, since ${created}: wait for that run; only when it is certainly gone, call unlock --lock-id=${id}`
}

/** A text without the codes of a terminal's colours: `force-unlock` knows no -no-color for its errors. */
export function withoutColours(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, "")
}

/** Whether a text is the ID of a lock. */
export function isLockId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

interface Check {
  check_id: string
  check_name: string
  resource: string
  repo_file_path?: string
  file_path: string
  file_line_range: [number, number]
  check_result: { suppress_comment?: string }
}

/** What checkov has found. */
export interface SecurityOutcome {
  passed: number
  /** Failed checks, ready to print. */
  failed: string[]
  skipped: number
  /** Checks that are skipped without saying why, ready to print. */
  unexplained: string[]
  /** Files that checkov could not read. */
  unread: string[]
}

/** Reads checkov's JSON; undefined when there is none. */
export function securityOutcome(json: string): SecurityOutcome | undefined {
  if (json.trim() === "") return undefined
  const read = JSON.parse(json) as unknown
  // With nothing to check it writes counts alone; with several frameworks a list.
  const reports = (Array.isArray(read) ? read : [read]) as {
    results?: { passed_checks: Check[]; failed_checks: Check[]; skipped_checks: Check[]; parsing_errors: string[] }
  }[]
  const all = reports.flatMap(({ results }) => (results ? [results] : []))
  const line = (check: Check): string =>
    `${check.file_path.replace(/^\/+/, "")}:${check.file_line_range[0]}: ${check.resource}: ${check.check_name} (${check.check_id})`
  const skips = all.flatMap((results) => results.skipped_checks)
  return {
    passed: all.flatMap((results) => results.passed_checks).length,
    failed: all.flatMap((results) => results.failed_checks).map(line),
    skipped: skips.length,
    unexplained: skips
      .filter(({ check_result }) => /^(no comment provided)?$/i.test((check_result.suppress_comment ?? "").trim()))
      .map((check) => `${line(check)} is skipped without a reason`),
    unread: all.flatMap((results) => results.parsing_errors),
  }
}

/** The first of several, and how many more. */
export function more(findings: string[], noun: string): string {
  const rest = findings.length - 1
  return rest > 0 ? `${findings[0]} (and ${rest} more ${noun}${rest > 1 ? "s" : ""})` : (findings[0] ?? "")
}
