// What modules return: results beside their reports, or cached text.
import type { Directory } from "@dagger.io/dagger"
import { textsOf } from "../report/parts"
import type { Found, Stage } from "../report/stages"

/** The name of a scanner whose result this pipeline reports itself: the module does not know which findings count. */
export const silent = ""

/** Results with the texts of their reports. */
export interface Texts<T extends Stage = Stage> {
  found: T[]
  reports: Record<string, string>
}

/** Whether a tool ended by itself, whatever it found. */
export function finished({ exitCode }: Stage): boolean {
  return exitCode === 0
}

/** Returns a stage without the number of its findings: which of them count is decided by the pipeline. */
export function unjudged({ name, status, reason, seconds, cached, exitCode }: Stage): Stage {
  return { name, status, reason, seconds, cached, exitCode }
}

/** Reads the result of a scanner under the name of its stage. */
export async function scanned(name: string, reports: Directory): Promise<Found> {
  const result = JSON.parse(await reports.file("result.json").contents()) as Stage
  return { found: [unjudged({ ...result, name })], reports }
}

/** Reads a result and the texts of its reports. */
export async function textsIn<T extends Stage = Stage>(folder: Directory): Promise<Texts<T>> {
  const { "result.json": result, ...reports } = await textsOf(folder)
  return { found: [JSON.parse(result!) as T], reports }
}

/** Reads the results of a module's `check`. */
export async function resultsIn(reports: Directory): Promise<Found> {
  return { found: JSON.parse(await reports.file("results.json").contents()) as Stage[], reports }
}

/** What a module's cached function returns as JSON; `ended` in seconds since 1970. */
interface Answer {
  ended: number
  results: Stage[]
  files: Record<string, string>
}

/**
 * Calls a cached function of a module. An answer from before this call counts if every stage of it is settled; else the call is
 * repeated, and what passed comes from the layers.
 */
export async function cachedResults(
  call: (attempt: string) => Promise<string>,
  isSettled = ({ status }: Stage) => status === "passed" || status === "notApplicable",
): Promise<Texts> {
  const began = Date.now() / 1000
  const answer = async (attempt: string): Promise<Texts & { ended: number }> => {
    const { ended, results, files } = JSON.parse(await call(attempt)) as Answer
    const { "result.json": _, ...reports } = files
    return { ended, found: results.map((stage) => ({ ...stage, cached: stage.cached || ended < began })), reports }
  }
  const first = await answer("")
  return first.ended >= began || first.found.every(isSettled) ? first : answer(String(began))
}
