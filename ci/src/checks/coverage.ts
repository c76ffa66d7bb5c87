// coverage:total and coverage:changed: the coverage of all tests together, and of the lines that a change touches.
import type { Directory } from "@dagger.io/dagger"
import type { Config, Coverage } from "../config/config"
import type { Part } from "../report/parts"
import { reportsOf } from "../report/report"
import { oneLine, type FileCoverage, type Stage } from "../report/stages"
import type { Change } from "./changed"
import { changedLines, goCoverage, istanbulCoverage, percentOf } from "./coverage-files"
import { moduleName } from "./paths"

/**
 * Returns the coverage of each service that has a coverage gate, by file; no file if its tests measured nothing. Without a
 * delivery.yaml every service counts.
 */
export async function coverageOf(
  source: Directory,
  config: Config,
  parts: Part[],
): Promise<Map<string, FileCoverage[]>> {
  const reports = reportsOf(parts)
  // Without a delivery.yaml there is no gate yet; `init` begins it at what is measured.
  const gated = Object.entries(config.services).filter(([, { coverage }]) => coverage > 0 || config.detected)
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

/** What the coverage stages are about. */
interface Measured {
  files: FileCoverage[]
  /** Why the coverage of the whole is unknown; empty if it is known. */
  missing: string
  change: Change
  limits: Coverage
}

/**
 * Returns the stages `coverage:total` and `coverage:changed`. `without` are services whose tests measured nothing: they are red
 * themselves or not selected, and the sum of the others would not be the coverage of the whole.
 */
export function coverageStages(files: FileCoverage[], without: string[], change: Change, limits: Coverage): Stage[] {
  const missing = without.length
    ? `no coverage of ${oneLine(without.join(", "), 120)}, whose tests have not measured it`
    : ""
  const measured = { files, missing, change, limits }
  return [totalStage(measured), changedStage(measured)]
}

function totalStage({ files, missing, limits: { total: limit } }: Measured): Stage {
  const name = "coverage:total"
  if (limit === 0) {
    const total = percentOf(files)
    const none = unmeasured(name, "gates.coverage.total is 0")
    return total === undefined ? none : { ...none, value: total, unit: "%" }
  }
  if (missing) return unmeasured(name, missing)
  const value = percentOf(files)
  if (value === undefined) return unmeasured(name, "no service has a coverage gate")
  const uncovered = ({ statements, covered }: FileCoverage) => statements - covered
  const worst = [...files].sort((a, b) => uncovered(b) - uncovered(a))[0]!
  const most = `most is missing in ${worst.file} (${uncovered(worst)} statements)`
  return gated(
    { name, value, limit },
    `${files.length} files`,
    `coverage ${value} % of all services is below ${limit} %; ${most}`,
  )
}

function changedStage({ files, missing, change, limits: { changedLines: limit } }: Measured): Stage {
  const name = "coverage:changed"
  if (limit === 0) return unmeasured(name, "gates.coverage.changedLines is 0")
  if ("fault" in change) {
    const reason = `could not tell what has changed: ${oneLine(change.fault, 200)}`
    return { name, status: "failed", reason, seconds: 0, cached: false, exitCode: 1 }
  }
  if ("none" in change) return unmeasured(name, change.none)
  if (missing) return unmeasured(name, missing)
  const lines = changedAndMeasured(files, change.diff)
  if (!lines.length) return unmeasured(name, `no line that tests could run differs from ${change.base}`)
  const missed = lines.filter(({ hit }) => !hit)
  const value = Math.round((1000 * (lines.length - missed.length)) / lines.length) / 10
  const differ = `lines that differ from ${change.base}`
  const below = `no test runs ${missed[0]?.at} (${missed.length} of ${lines.length} ${differ})`
  return gated({ name, value, limit }, `${lines.length} lines differ from ${change.base}`, below)
}

/** Returns the changed lines that tests could run, and whether one did. */
function changedAndMeasured(files: FileCoverage[], diff: string): { at: string; hit: boolean }[] {
  const changed = changedLines(diff)
  return files.flatMap(({ file, lines }) =>
    (changed.get(file) ?? [])
      .filter((line) => lines.has(line))
      .map((line) => ({ at: `${file}:${line}`, hit: lines.get(line)! })),
  )
}

/** Returns a stage that failed if its value is below the limit, both in percent. */
function gated(gate: { name: string; value: number; limit: number }, reason: string, below: string): Stage {
  const rest = { ...gate, unit: "%", seconds: 0, cached: false }
  return gate.value < gate.limit
    ? { ...rest, status: "failed", reason: below, exitCode: 1 }
    : { ...rest, status: "passed", reason, exitCode: 0 }
}

function unmeasured(name: string, reason: string): Stage {
  return { name, status: "notApplicable", reason, seconds: 0, cached: false, exitCode: 0 }
}
