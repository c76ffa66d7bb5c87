// dependencies: an SBOM with the difference to where the branch began, licences, and known vulnerabilities.
import { Directory, dag } from "@dagger.io/dagger"
import { mergedSarif } from "../report/sarif"
import type { Found, Stage } from "../report/stages"
import { defineCheck, servicesOf, type CheckRun } from "./check"
import { judgeFindings, today } from "./findings"
import { inputsOf, matching } from "./inputs"
import { dependenciesStage, licencesSarif, withoutAnswer, type Component } from "./licences"
import { goModules } from "./private"
import { cachedResults, finished, textsIn, type Texts } from "./results"

export const dependencies = defineCheck({
  name: "dependencies",
  applies: () => true,
  async run(run) {
    const goDatabaseFolder = await goDatabaseOf(run)
    const { change, before } = await run.changed
    if ("fault" in change) throw new Error(change.fault)
    const { source, config, access } = run
    const goPaths = servicesOf(config, "go").map(([, { path }]) => path)
    const modules = goModules(access, source, goPaths)
    const [sbom, audit] = await Promise.all([sbomOf(run, modules, before), auditOf(run, modules, goDatabaseFolder)])
    return judged(run, sbom, audit, "base" in change ? change.base : "")
  },
})

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

function commonOptions({ config, deadline, nonce }: CheckRun) {
  const paths = Object.values(config.services).map(({ path }) => path)
  return { paths, dev: false, deadline, nonce }
}

async function sbomOf(run: CheckRun, modules: Directory | undefined, before: Directory | undefined): Promise<Texts> {
  const { source, config } = run
  const options = { ...commonOptions(run), name: "sbom", timeout: config.timeouts.lint, before }
  if (modules)
    return textsIn(
      dag
        .cyclonedx()
        .sbom(source, { ...options, modules })
        .reports(),
    )
  // Both are named by their content, so that other files do not change the cache key.
  const [now, then] = await Promise.all([
    inputsOf(source, Object.values(config.services)),
    before && matching(before, "before", ["**"], []),
  ])
  return cachedResults((attempt) => dag.cyclonedx().cachedSbom(now, { ...options, before: then, attempt }), finished)
}

/** The result of a scan for vulnerabilities; `unreachable` names databases that did not answer. */
type Audit = Texts<Stage & { unreachable: string }>

function auditOf(
  run: CheckRun,
  modules: Directory | undefined,
  goDatabaseFolder: Directory | undefined,
): Promise<Audit> {
  const { database } = run.config.dependencies
  const options = {
    ...commonOptions(run),
    modules,
    name: "audit",
    timeout: 120,
    goDatabase: database.go,
    goDatabaseFolder,
    npmRegistry: database.npm,
  }
  return textsIn(dag.audit().scan(run.source, options).reports())
}

/** Returns the stage of both results: refused licences and vulnerabilities that count make it red. */
function judged({ config }: CheckRun, sbom: Texts, audit: Audit, base: string): Found {
  const [made, known] = [sbom.found[0], audit.found[0]]
  if (!made || !known) throw new Error("a module gave no result")
  const { licences, severity, inconclusive } = config.dependencies
  const components = made.status === "passed" ? (JSON.parse(sbom.reports["components.json"]!) as Component[]) : []
  const refused = licencesSarif(components, licences)
  const auditReports = Object.entries(audit.reports).map(([file, text]) => [`audit/${file}`, text])
  const reports = {
    ...sbom.reports,
    ...Object.fromEntries(auditReports),
    "licences.sarif": refused,
  } as Found["reports"]
  const stage = dependenciesStage(made, known, base)
  if (stage.status !== "passed") return { found: [stage], reports }
  const texts = [audit.reports["audit.sarif"]!, refused]
  const { found } = mergedSarif(texts.map((text) => ({ stage: "dependencies", text })))
  const counted = judgeFindings(stage, found, { severity, suppressions: config.suppressions, today: today() })
  return { found: [withoutAnswer(counted, known.unreachable, inconclusive)], reports }
}
