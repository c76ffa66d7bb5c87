// SARIF logs: all in one, and the findings in them.
import { inFolder } from "../shared/folders"
import { uriOf } from "../shared/uri"
import type { ReportFile } from "./junit"
import { isUrl, pathOf, runsOf, type SarifLocation, type SarifResult } from "./sarif-log"

/** A finding of a scanner or linter. */
export interface Finding {
  /** The stage whose reports have it. */
  stage: string
  tool: string
  rule: string
  level: string
  text: string
  file: string
  /** From 1; 0 if there is none. */
  line: number
  /** The last line, if the tool names it. */
  endLine?: number
  /** Whether the base of a comparison has it too. */
  known?: boolean
}

/**
 * Returns all runs of SARIF logs in one log, with files named from the repository's root. A finding that two tools report at one
 * place in the same words is in it once.
 */
export function mergedSarif(files: ReportFile[]): { log: string; found: Finding[] } {
  const found: Finding[] = []
  const seen = new Set<string>()
  const isNew = ({ file, line, text }: Finding): boolean => {
    const key = JSON.stringify([file, line, text])
    return !seen.has(key) && Boolean(seen.add(key))
  }
  const runs = files.flatMap(({ stage, text, folder }) =>
    runsOf(text, stage).map((run) => ({
      ...run,
      results: run.results.flatMap((result) => {
        const locations = result.locations?.map((location) => fromRoot(location, folder))
        const finding = findingOf(result, locations?.[0], stage, run.tool.driver.name)
        if (!isNew(finding)) return []
        found.push(finding)
        return [{ ...result, ...(locations ? { locations } : {}) }]
      }),
    })),
  )
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs }
  return { log: `${JSON.stringify(log, null, 1)}\n`, found }
}

/**
 * Returns a SARIF log with `baselineState` in each result: `unchanged` if the finding is known, else `new`. The log's files are
 * named from `folder`, the finding's from the repository's root.
 */
export function markedSarif({ stage, text, folder }: ReportFile, isKnown: (finding: Finding) => boolean): string {
  const log = JSON.parse(text) as object
  const runs = runsOf(text, stage).map((run) => ({
    ...run,
    results: run.results.map((result) => {
      const [location] = result.locations ?? []
      const finding = findingOf(result, location && fromRoot(location, folder), stage, run.tool.driver.name)
      return { ...result, baselineState: isKnown(finding) ? "unchanged" : "new" }
    }),
  }))
  return `${JSON.stringify({ ...log, runs }, null, 1)}\n`
}

function findingOf(result: SarifResult, location: SarifLocation | undefined, stage: string, tool: string): Finding {
  const place = location?.physicalLocation
  return {
    stage,
    tool,
    rule: result.ruleId,
    level: result.level,
    text: result.message.text,
    file: pathOf(place?.artifactLocation?.uri ?? ""),
    line: place?.region?.startLine ?? 0,
    ...(place?.region?.endLine ? { endLine: place.region.endLine } : {}),
    ...(result.baselineState === "unchanged" ? { known: true } : {}),
  }
}

/** Returns a location with its file named from the repository's root, as a URI: `services/order%20api/order.go`. */
function fromRoot(location: SarifLocation, folder = "."): SarifLocation {
  const artifact = location.physicalLocation?.artifactLocation
  if (!artifact?.uri) return location
  const file = pathOf(artifact.uri)
  // What is outside the source, and a page that was scanned, is in no folder of it.
  const isOutside = isUrl(file) || file.startsWith("/")
  const uri = isOutside ? artifact.uri : uriOf(inFolder(folder, file))
  return {
    ...location,
    physicalLocation: { ...location.physicalLocation, artifactLocation: { ...artifact, uri } },
  }
}
