// Parts: the stages of one call of a module, with their reports. An error in one part never loses the results of another.
import { Directory, dag } from "@dagger.io/dagger"
import { folderOf, marks, oneLine, type Compared, type Found, type Stage, type Status } from "./stages"

/** The result of one call of a module: some stages, and their reports in a folder. */
export interface Part {
  folder: string
  stages: Stage[]
  files: Record<string, string[]>
  /** Texts of the files by their path in the pipeline's reports. */
  reports: Record<string, string>
  /** How its findings compare with those of the base of the change. */
  compared?: Compared
  /** Or the files themselves, which need not be text: of a live stage, which is never answered from another session's cache. */
  directory?: Directory
  /** All fields of result.json, of a live stage that has one. */
  details?: Record<string, unknown>
}

/**
 * Collects a module's results as stages `names` and prints them. An error around the module makes these stages red, not the others.
 * `judge` may change the result before it is printed: findings that do not count are no failure.
 */
export async function collect(
  folder: string,
  names: string[],
  call: () => Promise<Found>,
  judge = (part: Part): Part => part,
): Promise<Part> {
  const begin = Date.now()
  // Modules print these lines too, but the CLI drops lines of short calls now and then.
  for (const name of names) console.log(`▶ ${name}`)
  try {
    const { found, reports, compared } = await call()
    const took = (Date.now() - begin) / 1000
    const texts = reports instanceof Directory ? await textsOf(reports) : reports
    const listed = Object.keys(texts)
    const stages = names.map(
      (name) =>
        found.find((stage) => stage.name === name) ?? failed(name, "the module gave no result for this stage", took),
    )
    const files = Object.fromEntries(
      names.map((name) => [
        name,
        listed
          .filter((file) => inFolder(file, folder, name))
          .map((file) => `${folder}/${file}`.slice(folderOf(name).length + 1)),
      ]),
    )
    // A result that came faster than its tools ran was not computed now.
    const done = stages.map((stage) => ({ ...stage, cached: stage.cached || took < stage.seconds }))
    const timed = done.map((stage) => (stage.cached ? stage : { ...stage, ...since(begin) }))
    const part = judge({
      folder,
      stages: timed,
      files,
      reports: Object.fromEntries(Object.entries(texts).map(([file, text]) => [`${folder}/${file}`, text])),
      ...(compared ? { compared } : {}),
    })
    for (const { name, status, seconds, reason } of part.stages)
      console.log(`${marks[status][0]} ${name} ${seconds} s ${oneLine(reason, 160)}`)
    return announced(part)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    for (const name of names) console.log(`✘ ${name} ${oneLine(message, 200)}`)
    return announced({
      folder,
      stages: names.map((name) => failed(name, `could not run: ${oneLine(message, 300)}`, (Date.now() - begin) / 1000)),
      files: {},
      reports: {},
    })
  }
}

/** Those who are told of each part that has ended. */
const listeners = new Set<(part: Part) => void>()

/** Calls a listener for each part that ends from now on; returns what ends that. */
export function onEnd(listener: (part: Part) => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Tells the listeners of a part that has ended. */
function announced(part: Part): Part {
  for (const listener of listeners) listener(part)
  return part
}

/** Runs a module's call on something live, and reads the result.json beside its reports. */
export async function live(name: string, call: () => Directory | Promise<Directory>): Promise<Part> {
  const begin = Date.now()
  console.log(`▶ ${name}`)
  const folder = folderOf(name)
  const ended = (stage: Stage, directory: Directory, listed: string[]): Part => {
    console.log(`${marks[stage.status][0]} ${name} ${stage.seconds} s ${oneLine(stage.reason, 160)}`)
    const stages = [{ ...stage, ...since(begin) }]
    return announced({ folder, stages, files: { [name]: listed }, reports: {}, directory })
  }
  try {
    const reports = await (await call()).sync()
    const details = JSON.parse(await reports.file("result.json").contents()) as Stage & Record<string, unknown>
    const { status, reason, value, limit, unit, seconds, exitCode } = details
    const stage = { name, status, reason, value, limit, unit, atMost: true, seconds, cached: false, exitCode }
    return { ...ended(stage, reports, await filesOf(reports)), details }
  } catch (error) {
    return ended(failed(name, oneLine(errorText(error), 300), (Date.now() - begin) / 1000), dag.directory(), [])
  }
}

/** What a stage comes to; passed if it has no status. */
export interface Decided {
  status?: Status
  reason: string
  value?: number
  limit?: number
  unit?: string
  reports?: Directory
}

/** A stage that this pipeline decides by itself; an error makes it red, with the error's text as the reason. */
export async function step(name: string, call: () => Promise<Decided>): Promise<Part> {
  const begin = Date.now()
  return live(name, async () => {
    const decided = await call().catch((error: unknown): Decided => ({
      status: "failed",
      reason: oneLine(errorText(error), 300),
    }))
    const { reports = dag.directory(), status = "passed", ...numbers } = decided
    const stage = {
      name,
      status,
      ...numbers,
      seconds: Math.round((Date.now() - begin) / 100) / 10,
      exitCode: status === "passed" ? 0 : 1,
    }
    return reports.withNewFile("result.json", `${JSON.stringify(stage, null, 1)}\n`)
  })
}

/** Returns an error's message without the request that the engine puts before it. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^(?:input: )?query:[\s\S]*?\}\s*error: /, "").replace(/ \[traceparent:[^\]]*\]$/, "")
}

const loaded = Date.now()

/** Returns when a part began and ended, in seconds since this pipeline began. */
function since(begin: number): { from: number; to: number } {
  return { from: (begin - loaded) / 1000, to: (Date.now() - loaded) / 1000 }
}

/** Marks a part's stages as work around the product that failed: they say nothing about what runs. */
export function couldNotRun(part: Part): Part {
  return { ...part, stages: part.stages.map((stage) => ({ ...stage, exitCode: -1 })) }
}

/** Returns the part of a stage that a decision made, without reports. */
export function decidedPart(stage: Stage): Part {
  console.log(`${marks[stage.status][0]} ${stage.name} ${oneLine(stage.reason, 160)}`)
  return { folder: folderOf(stage.name), stages: [stage], files: {}, reports: {} }
}

/** Returns stages that were not run, with the reason. */
export function notRun(names: string[], reason: string): Part {
  return {
    folder: "",
    stages: names.map((name) => ({ name, status: "skipped", reason, seconds: 0, cached: false, exitCode: -1 })),
    files: {},
    reports: {},
  }
}

export function allPassed(parts: Part[]): boolean {
  return parts.every(({ stages }) => stages.every(({ status }) => status === "passed"))
}

/** Returns the paths of a folder's files. */
async function filesOf(folder: Directory): Promise<string[]> {
  return (await folder.glob("**/*")).filter((file) => !file.endsWith("/"))
}

/** Returns the texts of a folder's files by path. */
export async function textsOf(folder: Directory): Promise<Record<string, string>> {
  return Object.fromEntries(
    await Promise.all((await filesOf(folder)).map(async (file) => [file, await folder.file(file).contents()] as const)),
  )
}

/** Whether a file of a part's reports belongs to a stage. */
function inFolder(file: string, folder: string, stage: string): boolean {
  return `${folder}/${file}`.startsWith(`${folderOf(stage)}/`)
}

function failed(name: string, reason: string, seconds: number): Stage {
  return { name, status: "failed", reason, seconds: Math.round(seconds * 10) / 10, cached: false, exitCode: -1 }
}
