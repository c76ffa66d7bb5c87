// coverage:total and coverage:changed: the coverage of all tests together, and of the lines that a change touches.
import type { Directory } from "@dagger.io/dagger"
import type { Config, Coverage } from "../config/config"
import type { Part } from "../report/parts"
import { reportsOf } from "../report/report"
import { oneLine, type FileCoverage, type Stage } from "../report/stages"
import type { Change } from "./changed"
import { changedLines, goCoverage, istanbulCoverage, percentOf } from "./coverage-files"
import { moduleName } from "./paths"

/** Returns the coverage of each service that has a gate for it, by file; none if its tests measured nothing. */
export async function coverageOf(
  source: Directory,
  config: Config,
  parts: Part[],
): Promise<Map<string, FileCoverage[]>> {
  const reports = reportsOf(parts)
  const gated = Object.entries(config.services).filter(([, { coverage }]) => coverage > 0)
  const measured = gated.map(async ([name, { path, kind }]): Promise<[string, FileCoverage[]]> => {
    const text = (file: string) => reports[`${name}/test/${file}`] ?? ""
    if (kind === "node") {
      const [summary, lcov] = [text("coverage/coverage-summary.json"), text("coverage/lcov.info")]
      return [name, istanbulCoverage(summary, lcov, "/src", path)]
    }
    const profile = text("coverage.out")
    const module = profile && moduleName(await source.file(`${path}/go.mod`).contents())
    return [name, profile ? goCoverage(profile, module, path) : []]
  })
  return new Map(await Promise.all(measured))
}

/** Returns the part with the report of all files' coverage. */
export function coveragePart(files: FileCoverage[]): Part {
  const listed = files.map(({ lines, ...rest }) => {
    const missed = [...lines].filter(([, hit]) => !hit).map(([line]) => line)
    return { ...rest, missed }
  })
  const reports = { "coverage/total/files.json": `${JSON.stringify(listed)}\n` }
  return { folder: "coverage", stages: [], files: { "coverage:total": ["files.json"] }, reports }
}

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
