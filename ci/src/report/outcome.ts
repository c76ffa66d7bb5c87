// What a pipeline returns: its verdict, its table and every report.
import { Directory, dag } from "@dagger.io/dagger"
import type { Part } from "./parts"
import { reportOf } from "./report"

export interface Outcome {
  passed: boolean
  /** The table of stages. */
  table: string
  /** The texts of all reports, by path. */
  files: Record<string, string>
  /** Reports that need not be text. */
  live?: Directory
}

/** Returns the outcome of live parts: their reports stay files. */
export async function liveOutcome(
  name: string,
  title: string,
  running: Part[] | Promise<Part[] | Part>,
): Promise<Outcome> {
  const parts = [await running].flat()
  const outcome = await outcomeOf(name, title, parts)
  const live = parts.reduce(
    (folder, part) => (part.directory ? folder.withDirectory(part.folder, part.directory) : folder),
    dag.directory(),
  )
  return { ...outcome, live }
}

/** Returns the outcome of parts whose reports are text. */
export async function outcomeOf(name: string, title: string, running: Part[] | Promise<Part>): Promise<Outcome> {
  const parts = [await running].flat()
  const stages = parts.flatMap((part) => part.stages)
  return reportOf({ name, title, stages, parts })
}
