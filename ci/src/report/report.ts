// A pipeline's report files: for people, for machines, and every tool's own.
import type { Directory } from "@dagger.io/dagger"
import { excerptsOf, filesToShow, type FindingWithExcerpt } from "./excerpts"
import { commitOf, linksTo, originIn, pageOf, type Link } from "./links"
import { failedTests, mergedJunit, type ReportFile } from "./junit"
import { mergedSarif, type Finding } from "./sarif"
import { isSarif } from "./sarif-log"
import { nextStepOf } from "./next-steps"
import { indexHtml, type Details } from "./page"
import type { Part } from "./parts"
import { folderOf, isRed, tableOf, verdictOf, type FileCoverage, type Stage } from "./stages"
import { summaryMarkdown } from "./summary"

/** What a report shows beside its stages. */
export interface Extra {
  /** The source that was checked: lines of it are shown beside findings. */
  source?: Directory
  /** The folder that a stage's tools name files from, if it is not the repository's root. */
  folders?: (stage: string) => string | undefined
  /** The folder of a stage's service. */
  paths?: (stage: string) => string | undefined
  /** The repository's web page, if delivery.yaml names it. */
  repository?: string
  coverage?: FileCoverage[]
  /** The result.json of an earlier run. */
  before?: string
  attempt?: string
  /** Lines that stand above the table, such as which services were found. */
  note?: string
}

/** Returns the entries of all records in one. */
function merged<T>(records: Record<string, T>[]): Record<string, T> {
  return Object.fromEntries(records.flatMap((record) => Object.entries(record)))
}

/** Returns the texts of all parts' reports by path. */
export function reportsOf(parts: Part[]): Record<string, string> {
  return merged(parts.map((part) => part.reports))
}

/** What a report is about. */
export interface Reported {
  /** Name of the pipeline, such as `pr`. */
  name: string
  title: string
  stages: Stage[]
  parts: Part[]
}

/** Returns the report files of a pipeline by path, its table and its verdict. */
export async function reportOf(
  { name, title, stages, parts }: Reported,
  extra: Extra = {},
): Promise<{ passed: boolean; table: string; files: Record<string, string> }> {
  const table = [...(extra.note ? [`${extra.note}\n`] : []), tableOf(stages)].join("\n")
  const { passed } = verdictOf(stages)
  const files = reportsOf(parts)
  const written = (pattern: RegExp): ReportFile[] =>
    Object.keys(files)
      .filter((path) => pattern.test(path))
      .map((path) => ({
        path,
        stage: stages.find((stage) => path.startsWith(`${folderOf(stage.name)}/`))?.name ?? path,
      }))
      .map(({ path, stage }) => ({
        stage,
        text: files[path]!,
        folder: extra.folders?.(stage),
        path: extra.paths?.(stage),
      }))
  const tests = written(/\/junit[^/]*\.xml$/)
  // What wrote half a log has a red stage of its own.
  const { log, found } = mergedSarif(written(/\.sarif$/).filter(({ text }) => isSarif(text)))
  const details: Details = {
    files: merged(parts.map((part) => part.files)),
    failed: failedTests(tests.filter(({ stage }) => stage.endsWith(":test"))),
    found: await withExcerpts(found, extra.source),
    coverage: extra.coverage ?? [],
    link: await linkOf(extra),
    note: extra.note,
    before: extra.before ? (JSON.parse(extra.before) as { stages: Stage[] }).stages : undefined,
  }
  files["index.html"] = indexHtml(title, stages, details)
  files["summary.md"] = summaryMarkdown(stages, details)
  files["junit.xml"] = mergedJunit(
    tests.map((one) => ({
      ...one,
      isAccepted: acceptedIn(
        stages.find(({ name }) => name === one.stage),
        found,
      ),
    })),
  )
  files["findings.sarif"] = log
  const ended = Date.now() / 1000
  const withNext = stages.map((stage) => (isRed(stage) ? { ...stage, next: nextStepOf(stage) } : stage))
  const result = { pipeline: name, attempt: extra.attempt ?? "", passed, ended, table, stages: withNext }
  files["result.json"] = `${JSON.stringify(result, null, 1)}\n`
  return { passed, table, files }
}

/**
 * Returns a function that says by the name of a case in a scanner's JUnit file, `<file>:<line> <rule>`, whether its finding holds
 * nobody: all of a stage that passed, the known ones of a red one. Undefined for a stage without findings, such as one of tests.
 */
export function acceptedIn(stage: Stage | undefined, all: Finding[]): ((name: string) => boolean) | undefined {
  const found = all.filter((one) => one.stage === stage?.name)
  if (!stage || found.length === 0) return undefined
  const fresh = new Set(found.filter(({ known }) => !known).map(caseName))
  const known = new Set(found.filter((one) => one.known && !fresh.has(caseName(one))).map(caseName))
  return (name) => stage.status === "passed" || known.has(name)
}

function caseName({ file, line, rule }: Finding): string {
  return `${file}:${line} ${rule}`
}

/** Returns the addresses of files at the commit that is checked out, on the page that delivery.yaml or git's remote names. */
async function linkOf({ source, repository }: Extra): Promise<Link> {
  const read = gitReader(source)
  const [page, head = ""] = await Promise.all([repositoryPage(source, repository), read("HEAD")])
  return linksTo(page, await commitOf(head, read), repository !== undefined)
}

/** Returns the repository's web page: what delivery.yaml names, else git's remote; undefined if there is none. */
export async function repositoryPage(source?: Directory, repository?: string): Promise<string | undefined> {
  return repository ?? pageOf(originIn((await gitReader(source)("config")) ?? ""))
}

/** Returns what reads a file below .git, if it exists. */
function gitReader(source?: Directory): (file: string) => Promise<string | undefined> {
  return async (file) =>
    source
      ?.file(`.git/${file}`)
      .contents()
      .catch(() => undefined)
}

/** Adds the lines around each finding; at most 20 files are read. */
async function withExcerpts(found: Finding[], source?: Directory): Promise<FindingWithExcerpt[]> {
  const texts = new Map<string, string>()
  await Promise.all(
    filesToShow(found).map(async (file) => {
      const text = await source
        ?.file(file)
        .contents()
        .catch(() => undefined)
      if (text !== undefined) texts.set(file, text)
    }),
  )
  return excerptsOf(found, texts)
}
