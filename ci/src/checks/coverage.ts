// Coverage of all tests together, Go and JavaScript, by file; and of the lines that a change has touched.
import type { Coverage } from "../config/config"
import { oneLine, type FileCoverage, type Stage } from "../report/stages"

/** The files of a Go coverage profile (`mode: …`, then `<package>/<file>:<line>.<column>,<line>.<column> <statements> <count>`). `module` is go.mod's, `path` its folder. */
export function goCoverage(profile: string, module: string, path: string): FileCoverage[] {
  const blocks = new Map<string, { file: string; from: number; to: number; statements: number; hit: boolean }>()
  for (const line of profile.split("\n")) {
    const [, file, from, to, statements, count] = /^(\S+):(\d+)\.\d+,(\d+)\.\d+ (\d+) (\d+)$/.exec(line) ?? []
    if (!file?.startsWith(`${module}/`)) continue
    const key = line.slice(0, line.lastIndexOf(" "))
    blocks.set(key, {
      file: below(path, file.slice(module.length + 1)),
      from: Number(from),
      to: Number(to),
      statements: Number(statements),
      hit: Number(count) > 0 || (blocks.get(key)?.hit ?? false),
    })
  }
  const files = new Map<string, FileCoverage>()
  for (const { file, from, to, statements, hit } of blocks.values()) {
    const entry = files.get(file) ?? { file, statements: 0, covered: 0, lines: new Map<number, boolean>() }
    files.set(file, entry)
    entry.statements += statements
    if (hit) entry.covered += statements
    if (statements) for (let at = from; at <= to; at++) entry.lines.set(at, hit || (entry.lines.get(at) ?? false))
  }
  return [...files.values()]
}

/** The files of istanbul's `coverage-summary.json`, and their lines from `lcov.info`. `workdir` is where the tests ran, `path` the project's folder. */
export function istanbulCoverage(summary: string, lcov: string, workdir: string, path: string): FileCoverage[] {
  const named = (file: string) => below(path, file.replace(`${workdir}/`, ""))
  const lines = new Map<string, Map<number, boolean>>()
  for (const record of lcov.split("end_of_record")) {
    const file = /^SF:(.+)$/m.exec(record)?.[1]
    if (file)
      lines.set(
        named(file),
        new Map([...record.matchAll(/^DA:(\d+),(\d+)/gm)].map(([, line, count]) => [Number(line), Number(count) > 0])),
      )
  }
  if (summary.trim() === "") return []
  const files = JSON.parse(summary) as Record<string, { statements: { total: number; covered: number } }>
  return Object.entries(files)
    .filter(([name]) => name !== "total")
    .map(([name, { statements }]) => ({
      file: named(name),
      statements: statements.total,
      covered: statements.covered,
      lines: lines.get(named(name)) ?? new Map<number, boolean>(),
    }))
}

/** A Go coverage profile, or lcov's, with files named from the repository's root; \`from\` is what they begin with now. */
export function rooted(report: string, from: string, path: string): string {
  const to = path === "." ? "" : `${path}/`
  return report.replace(/^(SF:)?(.*)$/gm, (line, lcov: string | undefined, rest: string) =>
    lcov
      ? `SF:${to}${rest.replace(`${from}/`, "")}`
      : rest.startsWith(`${from}/`)
        ? `${to}${rest.slice(from.length + 1)}`
        : line,
  )
}

/** The lines that a unified diff adds or changes, by file. */
export function changedLines(diff: string): Map<string, number[]> {
  const changed = new Map<string, number[]>()
  let file = ""
  for (const line of diff.split("\n")) {
    const name = /^\+\+\+ (?:b\/(.*?)|\/dev\/null)\t?$/.exec(line)
    if (name) file = name[1] ?? ""
    const [, from, count = "1"] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (from && file)
      changed.set(file, [
        ...(changed.get(file) ?? []),
        ...Array.from({ length: Number(count) }, (_, i) => Number(from) + i),
      ])
  }
  return changed
}

/** Statements that ran, in percent of all; undefined where there is none. */
export function percentOf(files: { statements: number; covered: number }[]): number | undefined {
  const sum = (of: (file: { statements: number; covered: number }) => number) =>
    files.reduce((all, file) => all + of(file), 0)
  const statements = sum((file) => file.statements)
  return statements === 0 ? undefined : Math.round((1000 * sum((file) => file.covered)) / statements) / 10
}

/** What is known of what a change has touched: git's diff and what it compares with, why there is nothing to compare with, or why that could not be told. */
export type Change = { diff: string; base: string } | { none: string } | { fault: string }

/**
 * The stages `coverage:total` and `coverage:changed`. `without` are services whose tests measured nothing: they are red themselves, or were not asked for, and what
 * the others add up to would be no number of the whole.
 */
export function coverageStages(files: FileCoverage[], without: string[], change: Change, limits: Coverage): Stage[] {
  const stage = (name: string, rest: Partial<Stage> & Pick<Stage, "status" | "reason">): Stage => ({
    name: `coverage:${name}`,
    seconds: 0,
    cached: false,
    exitCode: rest.status === "failed" ? 1 : 0,
    ...rest,
  })
  const missing = without.length
    ? `no coverage of ${oneLine(without.join(", "), 120)}, whose tests have not measured it`
    : ""
  const gate = (name: string, value: number, limit: number, below: string, reason: string): Stage =>
    value < limit
      ? stage(name, { status: "failed", value, limit, unit: "%", reason: below })
      : stage(name, { status: "passed", value, limit, unit: "%", reason })
  const none = (name: string, reason: string) => stage(name, { status: "notApplicable", reason })

  const total = (): Stage => {
    if (limits.total === 0) return none("total", "gates.coverage.total is 0")
    if (missing) return none("total", missing)
    const value = percentOf(files)
    if (value === undefined) return none("total", "no service has a coverage gate")
    const least = [...files].sort((a, b) => b.statements - b.covered - (a.statements - a.covered))[0]!
    return gate(
      "total",
      value,
      limits.total,
      `coverage ${value} % of all services is below ${limits.total} %; most is missing in ${least.file} (${least.statements - least.covered} statements)`,
      `${files.length} files`,
    )
  }
  const changed = (): Stage => {
    if (limits.changedLines === 0) return none("changed", "gates.coverage.changedLines is 0")
    if ("fault" in change)
      return stage("changed", {
        status: "failed",
        reason: `could not tell what has changed: ${oneLine(change.fault, 200)}`,
      })
    if ("none" in change) return none("changed", change.none)
    if (missing) return none("changed", missing)
    const touched = changedLines(change.diff)
    const lines = files.flatMap(({ file, lines }) =>
      (touched.get(file) ?? [])
        .filter((line) => lines.has(line))
        .map((line) => ({ at: `${file}:${line}`, hit: lines.get(line)! })),
    )
    if (!lines.length) return none("changed", `no line that tests could run differs from ${change.base}`)
    const missed = lines.filter(({ hit }) => !hit)
    const value = Math.round((1000 * (lines.length - missed.length)) / lines.length) / 10
    return gate(
      "changed",
      value,
      limits.changedLines,
      `no test runs ${missed[0]?.at} (${missed.length} of ${lines.length} lines that differ from ${change.base})`,
      `${lines.length} lines differ from ${change.base}`,
    )
  }
  return [total(), changed()]
}

function below(path: string, file: string): string {
  return path === "." ? file : `${path}/${file}`
}
