// gates.scope: new, on the engine: marks the findings of a stage that the base of the change has too.
import { Directory } from "@dagger.io/dagger"
import { errorText, textsOf } from "../report/parts"
import { markedSarif, mergedSarif, type Finding } from "../report/sarif"
import { oneLine, type Compared, type Found, type Stage } from "../report/stages"
import type { CheckRun } from "./check"
import { comparisonOf, isKnown, whyAllCount, type SameBy } from "./scope"

/** How a stage is compared with its base. */
export interface Comparing {
  stage: string
  /** The folder that its tools name files from; the repository's root if there is none. */
  folder?: string
  identity?: SameBy
  /** Runs the same tool on the base; undefined if there was nothing for it, or if places say enough. */
  atBase?: (run: CheckRun) => Promise<AtBase | undefined>
  /** Whether a stage has ended by itself, so that its findings are all. */
  ended: (stage: Stage) => boolean
}

/** What a tool has found in the base. */
export interface AtBase extends Found {
  /** Folders that it looked at; everything if there is none. */
  folders?: string[]
}

/** Returns a result with its findings marked as known or new, if delivery.yaml wants it and there is one. */
export async function compareWithBase(run: CheckRun, found: Found, comparing: Comparing): Promise<Found> {
  const { stage, folder, identity = "place", ended } = comparing
  if (run.config.scope !== "new" || run.isBase) return found
  if (!found.found.some((one) => one.name === stage && ended(one))) return found
  const texts = await reportTexts(found.reports)
  const logs = Object.entries(texts).filter(([path]) => path.endsWith(".sarif"))
  if (!findingsIn(logs, stage, folder).length) return { ...found, reports: texts }
  const { change, before } = await run.changed
  const why = whyAllCount(change, run.branches)
  if (why !== undefined || !("diff" in change) || !before)
    return { ...found, reports: texts, compared: { base: "", note: why ?? "" } }
  const there = await findingsAtBase({ ...run, source: before, isBase: true }, comparing)
  const comparison = comparisonOf(change.base, change.diff, change.commits)
  const options = { before: there.before, identity, folders: there.folders }
  const isOld = (finding: Finding) => isKnown(finding, comparison, options)
  const marked: Record<string, string> = {}
  for (const [path, text] of logs) marked[path] = markedSarif({ stage, text, folder }, isOld)
  const compared: Compared = { base: change.base, before: there.before, note: there.note }
  return { ...found, reports: { ...texts, ...marked }, compared }
}

interface Earlier {
  before?: Finding[]
  folders?: string[]
  note: string
}

async function findingsAtBase(run: CheckRun, { stage, folder, atBase, ended }: Comparing): Promise<Earlier> {
  if (!atBase) return { note: "" }
  const byLines = (why: string) => ({ note: `by lines alone, because ${why}` })
  try {
    const there = await atBase(run)
    if (!there) return byLines(`${stage} does not apply to the base`)
    const broken = there.found.find((one) => !ended(one))
    if (broken) return byLines(`${stage} failed on the base: ${oneLine(broken.reason, 80)}`)
    const logs = Object.entries(await reportTexts(there.reports)).filter(([path]) => path.endsWith(".sarif"))
    return { before: findingsIn(logs, stage, folder), folders: there.folders, note: "" }
  } catch (error) {
    return byLines(`${stage} could not run on the base: ${oneLine(errorText(error), 80)}`)
  }
}

function findingsIn(logs: [string, string][], stage: string, folder?: string): Finding[] {
  return mergedSarif(logs.map(([, text]) => ({ stage, text, folder }))).found
}

async function reportTexts(reports: Directory | Record<string, string>): Promise<Record<string, string>> {
  return reports instanceof Directory ? textsOf(reports) : reports
}
