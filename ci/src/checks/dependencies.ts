// dependencies: an SBOM with the difference to where the branch began, licences, and known vulnerabilities.
import { Directory, dag } from "@dagger.io/dagger"
import type { Config, Service } from "../config/config"
import { nodeRoot } from "../config/node-root"
import { inFolder, parentOf } from "../shared/folders"
import { isWorkspace, lockfilesIn } from "../shared/lockfiles"
import { entriesIn, patternsOf } from "../shared/node-root"
import type { Part } from "../report/parts"
import { mergedSarif } from "../report/sarif"
import type { Found, Stage } from "../report/stages"
import type { Changed } from "./changed"
import { NotApplicable, defineCheck, servicesOf, type CheckRun } from "./check"
import { judgeFindings, today } from "./findings"
import { inputsOf, matching } from "./inputs"
import { dependenciesStage, licencesSarif, notKnown, withoutAnswer, type Component } from "./licences"
import { goModules } from "./private"
import { cachedResults, finished, textsIn, type Texts } from "./results"
import { withGoSettings } from "./settings"

export const dependencies = defineCheck({
  name: "dependencies",
  applies: ({ isBase, config }) =>
    isBase && !Object.keys(config.services).length ? new NotApplicable("the base has none of the services") : true,
  identity: "package",
  judge:
    ({ config }) =>
    (part) => ({ ...part, stages: part.stages.map((stage) => judged(stage, part, config)) }),
  async run(run) {
    const goDatabaseFolder = await goDatabaseOf(run)
    // The base itself is compared with nothing.
    const { change, before }: Changed = run.isBase ? { change: { none: "it is the base" } } : await run.changed
    if ("fault" in change) throw new Error(change.fault)
    const { source, config, access } = run
    const goPaths = goServices(config).map(({ path }) => path)
    const modules = goModules(access, source, goPaths)
    const options = { ...(await commonOptions(run)), modules }
    const [sbom, audit] = await Promise.all([sbomOf(run, options, before), auditOf(run, options, goDatabaseFolder)])
    return foundIn(run, sbom, audit, "base" in change ? change.base : "")
  },
})

function goServices(config: Config): Service[] {
  return servicesOf(config, "go").map(([, service]) => service)
}

/** Returns the folder of the source with Go's vulnerability database, if delivery.yaml names one instead of an address. */
async function goDatabaseOf({ source, config }: CheckRun): Promise<Directory | undefined> {
  const { go } = config.dependencies.database
  if (/^https?:/.test(go)) return undefined
  if (!(await source.exists(`${go}/index`)))
    throw new Error(
      `gates.dependencies.database.go: ${go} in the source has no folder index; it is no vulnerability database`,
    )
  return source.directory(go)
}

/** What both modules get: the folders with manifests, and how to run. */
async function commonOptions({ source, config, deadline, nonce }: CheckRun) {
  // A workspace has its dependencies in the lock file of its project.
  const folders = Object.values(config.services).map(async ({ path, kind }) =>
    kind === "node" ? nodeRoot(source, path) : path,
  )
  return { paths: [...new Set(await Promise.all(folders))], dev: false, deadline, nonce }
}

type Options = Awaited<ReturnType<typeof commonOptions>> & { modules: Directory | undefined }

async function sbomOf(run: CheckRun, common: Options, before: Directory | undefined): Promise<Looked> {
  const { source, config, isBase } = run
  const ready = withGoSettings(dag.cyclonedx(), goServices(config))
  const { modules, ...shared } = common
  const options = { ...shared, name: "sbom", timeout: config.timeouts.lint, before }
  if (modules) return textsIn(ready.sbom(source, { ...options, modules }).reports())
  // Both are named by their content, so that other files do not change the cache key.
  const [now, then] = await Promise.all([
    inputsOf(source, Object.values(config.services), isBase).then((input) =>
      withManifests(input, source, options.paths),
    ),
    before && matching(before, "before", ["**"], []),
  ])
  // Licences that a registry did not name are asked for again.
  const isSettled = (stage: Stage) => finished(stage) && stage.status !== "inconclusive"
  return cachedResults((attempt) => ready.cachedSbom(now, { ...options, before: then, attempt }), isSettled)
}

/** Adds the lock files of projects whose workspaces are services, and the package.json of all their workspaces. */
async function withManifests(input: Directory, source: Directory, folders: string[]): Promise<Directory> {
  let whole = input
  for (const folder of folders) {
    const entries = await entriesIn(source, folder)
    const locks = lockfilesIn(entries)
    if (locks.length === 0 || !entries.includes("package.json")) continue
    const patterns = await patternsOf(source, folder, entries)
    const all = patterns.length ? await source.directory(folder).glob("**/package.json") : []
    const workspaces = all.filter((file) => isWorkspace(patterns, parentOf(file)))
    for (const file of ["package.json", ...workspaces, ...locks]) {
      const path = inFolder(folder, file)
      if (!(await input.exists(path))) whole = whole.withFile(path, source.file(path))
    }
  }
  return whole
}

/** The result of a module; `unreachable` says what is not known, such as a database that did not answer. */
type Looked = Texts<Stage & { unreachable?: string }>

async function auditOf(run: CheckRun, common: Options, goDatabaseFolder: Directory | undefined): Promise<Looked> {
  const { database } = run.config.dependencies
  const options = {
    ...common,
    name: "audit",
    timeout: 120,
    goDatabase: database.go,
    goDatabaseFolder,
    npmRegistry: database.npm,
  }
  const ready = withGoSettings(dag.audit(), goServices(run.config))
  return textsIn(ready.scan(run.source, options).reports())
}

/** A stage that does not say yet which databases have not answered. */
type Unjudged = Stage & { unreachable: string }

/** Returns the stage of both results with their findings: refused licences and vulnerabilities. */
function foundIn({ config }: CheckRun, sbom: Looked, audit: Looked, base: string): Found {
  const [made, known] = [sbom.found[0], audit.found[0]]
  if (!made || !known) throw new Error("a module gave no result")
  const components = JSON.parse(sbom.reports["components.json"] ?? "[]") as Component[]
  // What a registry did not name is not refused: it is not known.
  const judged = components.filter(({ licences }) => licences.length > 0 || !made.unreachable)
  const auditReports = Object.entries(audit.reports).map(([file, text]) => [`audit/${file}`, text])
  const reports = {
    ...sbom.reports,
    ...Object.fromEntries(auditReports),
    "licences.sarif": licencesSarif(judged, config.dependencies.licences),
  } as Record<string, string>
  const unreachable = notKnown({ vulnerabilities: known.unreachable, licences: made.unreachable })
  const stage: Unjudged = { ...dependenciesStage(made, known, base), unreachable }
  return { found: [stage], reports }
}

/** Returns the stage, red if a finding counts; inconclusive if a database has not answered. */
function judged(stage: Stage, part: Part, { dependencies, suppressions }: Config): Stage {
  const { unreachable = "", ...plain } = stage as Partial<Unjudged> & Stage
  if (plain.status !== "passed") return plain
  const texts = ["audit/audit.sarif", "licences.sarif"].map((file) => part.reports[`${part.folder}/${file}`]!)
  const { found } = mergedSarif(texts.map((text) => ({ stage: "dependencies", text })))
  const { severity, inconclusive } = dependencies
  const judging = { severity, suppressions, today: today(), compared: part.compared }
  return withoutAnswer(judgeFindings(plain, found, judging), unreachable, inconclusive)
}
