// Why a run is red: its red stages grouped by cause, each with what shows it first.
import { failedTests, type FailedTest } from "./junit"
import type { Part } from "./parts"
import { mergedSarif, type Finding } from "./sarif"
import { isSarif } from "./sarif-log"
import { folderOf, isRed, oneLine, type Stage } from "./stages"

/** A cause of a red run. */
export interface Cause {
  /** The stage that shows it first. */
  stage: Stage
  /** Names of other red stages that it explains. */
  also: string[]
  /** What shows it: failing tests, findings, or a container's last words. At most 12 lines, each of one line. */
  shown: string[]
}

/** Failing tests or findings of one cause that are listed. */
const mostPlaces = 3
/** Lines of a container's log. */
const mostLogLines = 10

/**
 * Returns the causes of a run's red stages, in the order of the stages. Stages with the same reason have one cause, and a
 * red deployment or health explains what is red behind it in the same environment.
 */
export function causesOf(
  stages: Stage[],
  files: Record<string, string>,
  paths?: (stage: string) => string | undefined,
) {
  const causes: Cause[] = []
  for (const stage of stages.filter(isRed)) {
    const cause = causes.find((one) => explains(one.stage, stage))
    if (cause) cause.also.push(stage.name)
    else causes.push({ stage, also: [], shown: shownOf(stage, files, paths) })
  }
  return causes
}

/** Stages whose red is their own, whatever was red before: what follows a verdict. */
const afterwards = new Set(["rollback", "after", "hold", "record", "slack", "policy"])

function explains(first: Stage, second: Stage): boolean {
  if (first.status === second.status && first.reason === second.reason) return true
  const [environment, step] = first.name.split(":")
  const [other, later = ""] = second.name.split(":")
  return environment === other && (step === "deploy" || step === "health") && !afterwards.has(later)
}

/** Returns what a stage's reports show of its failure. */
function shownOf(stage: Stage, files: Record<string, string>, paths?: (stage: string) => string | undefined): string[] {
  const own = Object.keys(files).filter((path) => path.startsWith(`${folderOf(stage.name)}/`))
  const reports = (pattern: RegExp) =>
    own.filter((path) => pattern.test(path)).map((path) => ({ stage: stage.name, text: files[path]! }))
  const tests = failedTests(reports(/\/junit[^/]*\.xml$/).map((one) => ({ ...one, path: paths?.(stage.name) ?? "" })))
  const { found } = mergedSarif(reports(/\.sarif$/).filter(({ text }) => isSarif(text)))
  const fresh = found.filter(({ known }) => !known)
  // A scanner's JUnit file has its findings once more.
  if (fresh.length) return some(fresh.map(findingLine))
  if (tests.length) return some(tests.map(testLine))
  const log = crashLog(own, files)
  return log ? [`${log.container} said last:`, ...log.lines] : []
}

function some(lines: string[]): string[] {
  const more = lines.length - mostPlaces
  return more > 0 ? [...lines.slice(0, mostPlaces), `… and ${more} more`] : lines
}

function findingLine({ file, line, rule, text }: Finding): string {
  return oneLine(`${file}${line ? `:${line}` : ""} ${rule}: ${text}`, 240)
}

/** Lines of a test's output that say nothing: Go's own frame, and blanks. */
const frame = /^\s*(?:===|---|FAIL\b|ok\b|\s*$)/

function testLine({ name, file, line, output }: FailedTest): string {
  const said = (output.split("\n").find((text) => !frame.test(text)) ?? "")
    .trim()
    .replace(file && line ? `${file.split("/").at(-1)!}:${line}: ` : "", "")
  const place = file ? ` (${file}${line ? `:${line}` : ""})` : ""
  return oneLine(`${name}${place}${said ? `: ${said}` : ""}`, 240)
}

/**
 * Returns the last lines of the container that crashed: of the run before a restart if there is one, else of the log that
 * speaks of an error. Undefined if no log has a line.
 */
function crashLog(own: string[], files: Record<string, string>): { container: string; lines: string[] } | undefined {
  const logs = own
    .filter((path) => /\/logs\/[^/]+\/[^/]+\.log$/.test(path) && files[path]!.trim() !== "")
    .filter((path) => !/^unable to retrieve/.test(files[path]!))
    .sort()
  const found =
    logs.find((path) => path.endsWith(".previous.log")) ??
    logs.find((path) => /\b(panic|fatal|error|exception)\b/i.test(files[path]!))
  if (!found) return undefined
  const [pod, file] = found.split("/").slice(-2) as [string, string]
  const lines = files[found]!.trimEnd().split("\n").slice(-mostLogLines)
  return {
    container: `${file.replace(/(\.previous)?\.log$/, "")} in ${pod}`,
    lines: lines.map((line) => oneLine(line, 200)),
  }
}

/** The reports of live stages that are read to find a cause: nothing else, because they may be large. */
const telling = /(?:^|\/)(?:junit[^/]*\.xml|[^/]+\.sarif|logs\/[^/]+\/[^/]+\.log)$/
/** Files that are read of one live stage. */
const mostFiles = 40

/** Returns the texts that causes are found in, of red parts: those of checks, and of live stages the ones that tell. */
export async function tellingReports(parts: Part[]): Promise<Record<string, string>> {
  const red = parts.filter(({ stages }) => stages.some(isRed))
  const texts = await Promise.all(
    red.map(async ({ folder, files, reports, directory }) => {
      if (!directory) return reports
      const paths = Object.values(files)
        .flat()
        .filter((path) => telling.test(path))
        .slice(0, mostFiles)
      const read = paths.map(async (path): Promise<[string, string]> => [
        `${folder}/${path}`,
        await directory.file(path).contents(),
      ])
      // A report that cannot be read changes no verdict: the message says less.
      return Object.fromEntries(
        (await Promise.allSettled(read)).flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
      )
    }),
  )
  return Object.assign({}, ...texts) as Record<string, string>
}
