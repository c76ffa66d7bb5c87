// Coverage files of Go and istanbul, and unified diffs.
import type { FileCoverage } from "../report/stages"
import { inFolder, pathFrom } from "../shared/folders"

/**
 * Returns the files of a Go coverage profile (`mode: …`, then `<package>/<file>:<line>.<column>,<line>.<column> <statements>
 * <count>`). `module` is the name in go.mod, `path` its folder.
 */
export function goCoverage(profile: string, module: string, path: string): FileCoverage[] {
  const blocks = new Map<string, { file: string; from: number; to: number; statements: number; hit: boolean }>()
  for (const line of profile.split("\n")) {
    const [, file, from, to, statements, count] = /^(\S+):(\d+)\.\d+,(\d+)\.\d+ (\d+) (\d+)$/.exec(line) ?? []
    if (!file?.startsWith(`${module}/`)) continue
    const key = line.slice(0, line.lastIndexOf(" "))
    blocks.set(key, {
      file: inFolder(path, file.slice(module.length + 1)),
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

/**
 * Returns the files of istanbul's `coverage-summary.json`, with their lines from `lcov.info`. `workdir` is where the repository was,
 * `path` the project's folder in it, which relative names start from.
 */
export function istanbulCoverage(summary: string, lcov: string, workdir: string, path: string): FileCoverage[] {
  const named = (file: string) => fromRoot(file, workdir, path)
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

/** A file's name from the repository's root: an absolute name is below `workdir`, another one starts from `path`. */
function fromRoot(file: string, workdir: string, path: string): string {
  if (file.startsWith(`${workdir}/`)) return file.slice(workdir.length + 1)
  return file.startsWith("/") ? file : (pathFrom(path, file) ?? file)
}

/**
 * Returns a coverage profile of Go or lcov with files named from the repository's root. `from` is the name of the Go module in
 * `path`, or where the repository was.
 */
export function rooted(report: string, from: string, path: string): string {
  const to = path === "." ? "" : `${path}/`
  return report.replace(/^(SF:)?(.*)$/gm, (line, lcov: string | undefined, rest: string) =>
    lcov
      ? `SF:${fromRoot(rest, from, path)}`
      : rest.startsWith(`${from}/`)
        ? `${to}${rest.slice(from.length + 1)}`
        : line,
  )
}

/** Returns the lines that a unified diff adds or changes, by file. */
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

/** Returns the percentage of statements that ran; undefined if there is no statement. */
export function percentOf(files: { statements: number; covered: number }[]): number | undefined {
  const sum = (of: (file: { statements: number; covered: number }) => number) =>
    files.reduce((all, file) => all + of(file), 0)
  const statements = sum((file) => file.statements)
  return statements === 0 ? undefined : Math.round((1000 * sum((file) => file.covered)) / statements) / 10
}
