import { firstLine } from "./shared/clock"
import type { Finding } from "./shared/sarif"

// Reads the reports of gofmt, go vet, staticcheck, gotestsum and the coverage profile: pure functions over text.

/** The reports of a lint run, as text. */
export interface LintFiles {
  gofmt: string
  vet: string
  staticcheck: string
  staticcheckErrors: string
}

/** The lines of a text that are not blank, trimmed. */
const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => l !== "")

interface StaticcheckFinding {
  code: string
  message: string
  location: { file: string; line: number; column: number }
}

/** All findings in the order gofmt, vet, staticcheck, ready to print; file names are relative to the source. */
export function lintFindings(files: LintFiles, path: string, workdir: string): string[] {
  const unformatted = lines(files.gofmt).map((l) =>
    /\.go$/.test(l) ? `gofmt: ${under(path, l)} is not formatted` : `gofmt: ${under(path, l)}`,
  )
  const vet = lines(files.vet)
    .filter((l) => !l.startsWith("#"))
    .map((l) => `vet: ${under(path, l.replace(/^vet: /, ""))}`)
  const checked = lines(files.staticcheck)
    .map((l) => JSON.parse(l) as StaticcheckFinding)
    .filter(({ code }) => code !== "compile") // vet reports it too, with a position
    .map(({ code, message, location: { file, line, column } }) => {
      const place = `${under(path, file.replace(`${workdir}/`, ""))}:${line}:${column}`
      return `staticcheck: ${place}: ${message} (${code})`
    })
  return [...unformatted, ...vet, ...checked, ...lines(files.staticcheckErrors).map((l) => `staticcheck: ${l}`)]
}

/** Parses one line of lintFindings(). */
export function findingOf(line: string): Finding {
  const [, tool = "", rest = ""] = /^(\w+): ([\s\S]*)$/.exec(line) ?? []
  const place = /^(\S+?\.\w+):(\d+)(?::(\d+))?: ([\s\S]*)$/.exec(rest)
  const text = place?.[4] ?? rest
  const rule = /\(([A-Z]+\d+)\)$/.exec(text)?.[1] ?? tool
  return {
    tool,
    rule,
    text,
    file: place?.[1] ?? /^\S+\.\w+(?= )/.exec(rest)?.[0] ?? ".",
    line: Number(place?.[2] ?? 0),
    column: Number(place?.[3] ?? 0),
  }
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

/** `rest` below the folder `path` ("." for the root). */
export function under(path: string, rest: string): string {
  return path === "." || path === "" ? rest : `${path.replace(/\/$/, "")}/${rest.replace(/^\.\//, "")}`
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
  const errors = /^=== Errors\n([\s\S]*?)(?=^DONE |(?![\s\S]))/m.exec(output)?.[1]
  if (errors && firstLine(errors) !== "") return under(path, firstLine(errors))
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

/** The most telling line of a failed test's output. */
function why(body: string[]): string {
  const text = body.map((l) => l.trim())
  const race = text.findIndex((l) => l === "WARNING: DATA RACE")
  if (race >= 0) return `data race, ${text.slice(race).find((l) => /\.go:\d+/.test(l)) ?? "see the report"}`
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
  const position = text.filter((l) => /^\S+\.go:\d+:/.test(l)).at(-1)
  if (position && testify) return `${position.trim()} ${testify.replace(/^Error:\s+/, "")}`
  return position ?? firstLine(body.join("\n"))
}
