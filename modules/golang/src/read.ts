import { firstLine } from "./shared/clock"
import { goErrors } from "./shared/go-output"
import type { Finding } from "./shared/sarif"

// Reads the reports of gofmt, go vet, staticcheck, gotestsum and the coverage profile: pure functions over text.

/** The reports of a lint run, as text: standard output and, where it is read, standard error of each tool. */
export interface LintFiles {
  gofmt: string
  gofmtErrors: string
  vet: string
  vetErrors: string
  staticcheck: string
  staticcheckErrors: string
  /** Lines `tool code` with the exit code of each tool that ended. */
  exits: string
  /** Generated files, one a line: what linters find in them is their generator's matter. */
  generated: string
}

/** A tool that could not do its work, and what it said. */
export interface Trouble {
  tool: string
  exitCode: number
  output: string
}

/** The lines of a text that are not blank, trimmed. */
const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => l !== "")

/**
 * All findings in the order gofmt, vet, staticcheck; file names are relative to the source. Standard error counts where it
 * names a place in a file: the rest is progress, or trouble.
 */
export function lintFindings(files: LintFiles, path: string, workdir: string): Finding[] {
  const { json, rest } = vetOutput(`${files.vet}\n${files.vetErrors}`)
  const placedErrors = (tool: string, text: string): Finding[] =>
    goErrors(text)
      .map((line) => line.replace(/^vet: /, ""))
      .filter((line) => placed(line))
      .map((line) => errorFinding(tool, line, path))
  const generated = new Set(lines(files.generated).map((file) => under(path, file)))
  return [
    ...lines(files.gofmt).map((line) => gofmtFinding(line, path)),
    ...placedErrors("gofmt", files.gofmtErrors),
    ...json.flatMap((report) => vetFindings(report, path, workdir)).filter(({ file }) => !generated.has(file)),
    ...placedErrors("vet", rest),
    ...staticcheckOutput(files.staticcheck)
      .filter(({ code }) => code !== "compile") // vet reports it too, with a position
      .map((finding) => staticcheckFinding(finding, path, workdir))
      .filter(({ file }) => !generated.has(file)),
  ].filter(isFirst)
}

/** The first tool that failed and found nothing; undefined when all did their work. */
export function lintTrouble(files: LintFiles): Trouble | undefined {
  const { rest } = vetOutput(`${files.vet}\n${files.vetErrors}`)
  const places = (text: string): boolean => goErrors(text).some((line) => placed(line.replace(/^vet: /, "")))
  const checked = staticcheckOutput(files.staticcheck)
  const compile = checked.filter(({ code }) => code === "compile").map(({ message }) => `${message}\n`)
  const tools: Record<string, { tool: string; hasFound: boolean; output: string }> = {
    gofmt: {
      tool: "gofmt",
      hasFound: lines(files.gofmt).length > 0 || places(files.gofmtErrors),
      output: files.gofmtErrors,
    },
    vet: { tool: "go vet", hasFound: places(rest), output: rest },
    // What does not compile is a finding of go vet.
    staticcheck: {
      tool: "staticcheck",
      hasFound: checked.length > compile.length || (compile.length > 0 && places(rest)),
      output: `${compile.join("")}${files.staticcheckErrors}`,
    },
  }
  for (const [name, code] of lines(files.exits).map((line) => line.split(" "))) {
    const one = tools[name!]
    if (one && code !== "0" && !one.hasFound) return { tool: one.tool, exitCode: Number(code), output: one.output }
  }
  return undefined
}

/** A finding as one line: `tool: file:line:column: text`. */
export function lineOf({ tool, file, line, column, text }: Finding): string {
  return `${tool}: ${line > 0 ? `${file}:${line}${column > 0 ? `:${column}` : ""}: ` : ""}${text}`
}

/** go vet reports a package again with its tests. */
function isFirst(finding: Finding, i: number, all: Finding[]): boolean {
  return all.findIndex((other) => lineOf(other) === lineOf(finding)) === i
}

/** A file and a position in front of a message; the file may contain blanks. */
function placed(message: string): { file: string; line: number; column: number; text: string } | undefined {
  const [, file, line, column, text] = /^(.+?\.\w+):(\d+)(?::(\d+))?: ([\s\S]*)$/.exec(message) ?? []
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column ?? 0), text: text! }
}

function gofmtFinding(line: string, path: string): Finding {
  if (!line.endsWith(".go")) return errorFinding("gofmt", line, path)
  const file = under(path, line)
  return { tool: "gofmt", rule: "gofmt", text: `${file} is not formatted`, file, line: 0, column: 0 }
}

/** An error message of a tool, with its place where it names one. */
function errorFinding(tool: string, message: string, path: string): Finding {
  const place = placed(message)
  return place
    ? { tool, rule: tool, ...place, file: under(path, place.file) }
    : { tool, rule: tool, text: message, file: ".", line: 0, column: 0 }
}

type VetReport = Record<string, Record<string, { posn: string; message: string }[] | { error: string }>>

/** The JSON values in the output of `go vet -json`, and the rest of it. */
function vetOutput(text: string): { json: VetReport[]; rest: string } {
  const json: VetReport[] = []
  const value = /^\{(?:\}|\n[\s\S]*?^\})$/gm
  const rest = text.replace(value, (found) => {
    json.push(JSON.parse(found) as VetReport)
    return ""
  })
  return { json, rest }
}

function vetFindings(report: VetReport, path: string, workdir: string): Finding[] {
  return Object.values(report).flatMap((analyzers) =>
    Object.entries(analyzers).flatMap(([analyzer, found]) =>
      Array.isArray(found)
        ? found.map(({ posn, message }) => errorFinding("vet", `${posn.replace(`${workdir}/`, "")}: ${message}`, path))
        : [errorFinding("vet", `${analyzer}: ${found.error}`, path)],
    ),
  )
}

interface StaticcheckFinding {
  code: string
  message: string
  location: { file: string; line: number; column: number }
}

/** The findings that staticcheck printed, one JSON value a line; a line that was cut off is left out. */
function staticcheckOutput(text: string): StaticcheckFinding[] {
  return lines(text).flatMap((line) => {
    try {
      return [JSON.parse(line) as StaticcheckFinding]
    } catch {
      return []
    }
  })
}

function staticcheckFinding({ code, message, location }: StaticcheckFinding, path: string, workdir: string): Finding {
  const file = under(path, location.file.replace(`${workdir}/`, ""))
  return { tool: "staticcheck", rule: code, text: `${message} (${code})`, ...location, file }
}

/** The outcome of a test run. */
export interface TestOutcome {
  tests: number
  skipped: number
  failing: string[]
  /** The first thing to look at; empty when nothing failed. */
  first: string
}

/** Reads the summary at the end of the output of gotestsum. */
export function testOutcome(output: string, path: string): TestOutcome {
  const done = /^DONE (?:\d+ runs, )?(\d+) tests?(?:, (\d+) skipped)?/m.exec(output)
  const tests = Number(done?.[1] ?? 0)
  const skipped = Number(done?.[2] ?? 0)
  const blocks = failedBlocks(output)
  const named = blocks.filter((b) => b.test !== "")
  const failing = [
    ...new Set(
      named.filter((b) => !named.some((c) => c.pkg === b.pkg && c.test.startsWith(`${b.test}/`))).map((b) => b.test),
    ),
  ]
  return { tests, skipped, failing, first: firstFailure(output, blocks, path) }
}

/** The share of statements that the tests executed, in percent; undefined when the profile has no statement. */
export function coveragePercent(profile: string): number | undefined {
  const blocks = new Map<string, { statements: number; hit: boolean }>()
  for (const line of lines(profile)) {
    const match = /^(\S+:\d+\.\d+,\d+\.\d+) (\d+) (\d+)$/.exec(line)
    if (!match) continue
    const hit = Number(match[3]) > 0 || (blocks.get(match[1]!)?.hit ?? false)
    blocks.set(match[1]!, { statements: Number(match[2]), hit })
  }
  const count = (all: { statements: number }[]): number => all.reduce((sum, b) => sum + b.statements, 0)
  const total = count([...blocks.values()])
  if (total === 0) return undefined
  return (100 * count([...blocks.values()].filter((b) => b.hit))) / total
}

/** What a build says of packages that compile C, one a line: tests always compile it, for the race detector. */
export function cgoText(cgo: string, isOff: boolean): string {
  const [first, ...more] = cgo.split("\n").filter((line) => line !== "")
  if (first === undefined) return ""
  const packages = `${first}${more.length > 0 ? ` and ${more.length} more` : ""}`
  return isOff ? `, without C (CGO_ENABLED=0), which tests have in ${packages}` : `, with C in ${packages}`
}

/** `rest` below the folder `path` ("." for the root). */
export function under(path: string, rest: string): string {
  const folder = path.replace(/\/$/, "")
  if (folder === "." || folder === "") return rest
  return rest === "." ? folder : `${folder}/${rest.replace(/^\.\//, "")}`
}

interface Block {
  pkg: string
  test: string
  body: string[]
}

function failedBlocks(output: string): Block[] {
  const section = /^=== Failed\n([\s\S]*?)(?=^=== Errors$|^DONE |(?![\s\S]))/m.exec(output)?.[1] ?? ""
  return section
    .split(/^(?==== FAIL: )/m)
    .map((text) => text.split("\n"))
    .flatMap(([head, ...body]) => {
      const match = /^=== FAIL: (\S+) (.*) \([^)]*\)( \(re-run \d+\))?$/.exec(head ?? "")
      return match ? [{ pkg: match[1]!, test: match[2]!.trim(), body: body.filter((l) => l.trim() !== "") }] : []
    })
}

function firstFailure(output: string, blocks: Block[], path: string): string {
  const errors = /^=== Errors\n([\s\S]*?)(?=^DONE |(?![\s\S]))/m.exec(output)?.[1] ?? ""
  const [error] = goErrors(errors)
  if (error !== undefined) return under(path, firstLine(error))
  const hung = blocks.find((b) => b.body.some((l) => l.startsWith("panic: test timed out")))
  if (hung) {
    const after = /timed out after (\S+)/.exec(hung.body.join("\n"))?.[1] ?? ""
    const running = hung.body.slice(hung.body.findIndex((l) => l.trim() === "running tests:") + 1)
    const names = running
      .slice(
        0,
        running.findIndex((l) => /^goroutine /.test(l)),
      )
      .map((l) => l.trim().replace(/ \(.*$/, ""))
    return `${under(path, hung.pkg)}: ${names.join(", ") || "a test"} timed out after ${after}`
  }
  const block =
    blocks.find((b) => b.test !== "" && b.body.length > 0) ?? blocks.find((b) => b.body.length > 0) ?? blocks[0]
  if (!block) return ""
  return `${under(path, block.pkg)}: ${block.test || "the package"}: ${why(block.body)}`
}

/** Where the tests' container has the source. */
const sourceRoot = "/src/"

/** Names the first line of the source in a report of the race detector; Go's own code is only passed through. */
function raceText(report: string[]): string {
  const places = report.flatMap((l) => /^(\/.*\.go:\d+)(?: \+0x[0-9a-f]+)?$/.exec(l)?.[1] ?? [])
  const place = places.find((one) => one.startsWith(sourceRoot)) ?? places[0]
  return place === undefined ? "data race, see the report" : `data race at ${place.replace(sourceRoot, "")}`
}

/** What a run of the tests says of the race detector, if it was off. */
export function raceNote(isOff: boolean): string {
  return isOff ? ", without the race detector (-race=false in GOFLAGS)" : ""
}

/** The most telling line of a failed test's output. */
function why(body: string[]): string {
  const text = body.map((l) => l.trim())
  const race = text.findIndex((l) => l === "WARNING: DATA RACE")
  if (race >= 0) return raceText(text.slice(race))
  const panic = text.find((l) => l.startsWith("panic: "))
  if (panic) {
    const frame = text.find((l) => /_test\.go:\d+ \+0x/.test(l)) ?? ""
    return `${panic.replace(/ \[recovered.*$/, "")}${
      frame
        ? ` at ${frame
            .replace(/ \+0x.*$/, "")
            .split("/")
            .at(-1)}`
        : ""
    }`
  }
  const testify = text.find((l) => /^Error:\s+\S/.test(l))
  const [position, before] = text.filter((l) => /^\S+\.go:\d+:/.test(l)).reverse()
  if (position && testify) return `${position.trim()} ${testify.replace(/^Error:\s+/, "")}`
  // What a test's cleanup logs comes last and may be no failure: a heading of more lines is shown with the line before it.
  if (position?.endsWith(":") && before) return `${before} · ${position}`
  return position ?? firstLine(body.join("\n"))
}
