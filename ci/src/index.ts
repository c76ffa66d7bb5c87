/**
 * The delivery pipeline: what runs on a pull request, with one verdict and every tool's report.
 *
 * Everything is said in `delivery.yaml`: the services, and the numbers that they must reach.
 */
import { availableParallelism } from "node:os"
import { Directory, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { parseConfig, type Config, type Need, type Service as Delivered } from "./config"
import { goInput, withoutMarkdown } from "./inputs"
import { folderOf, indexHtml, summaryMarkdown } from "./page"
import { checkBaseline } from "./baseline"
import { productService, versionFile } from "./product"
import { gateCoverage, marks, notAskedFor, oneLine, selectStages, stageNames, tableOf, verdictOf, type Found, type Stage, type Status } from "./stages"

/** What a pipeline has found. */
@object()
export class Pipeline {
  /** Whether the pipeline is green. */
  @func()
  passed: boolean

  /** The table: stage, verdict, number against limit, seconds, and the first line of what failed. */
  @func()
  summary: string

  /**
   * Every report as text, by its path, as JSON. `npm start` writes them to disk from here: with nothing changed the whole pipeline is
   * one answer from the cache. (Text and not a Directory, because a cached Directory would name the folder of the caller who was first.)
   */
  @func()
  reportFiles: string

  constructor(passed: boolean, summary: string, reportFiles: string) {
    this.passed = passed
    this.summary = summary
    this.reportFiles = reportFiles
  }

  /**
   * `index.html`, `summary.md`, `result.json`, and a folder for each stage with the tool's own files, JUnit and coverage.
   *
   * Example: `dagger call pr reports export --path reports`
   */
  @func({ cache: "session" })
  reports(): Directory {
    const files = JSON.parse(this.reportFiles) as Record<string, string>
    return Object.entries(files).reduce((folder, [path, text]) => folder.withNewFile(path, text), dag.directory())
  }

  /**
   * The table; fails when the pipeline is red, so that the exit code is the verdict.
   *
   * Example: `dagger call pr verdict`
   */
  @func()
  verdict(): string {
    if (!this.passed) throw new Error(`\n${this.summary}`)
    return this.summary
  }
}

@object()
export class Delivery {
  /**
   * Checks a pull request: secrets in history and tree, then each service's lint, types, tests with coverage, and build. All stages
   * end whatever the others say, and a red run has all its reports.
   *
   * Example: `dagger call pr --source . summary`, `dagger call pr reports export --path reports`, `dagger call pr verdict`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param only Run these only: a stage (`restaurant:test`), a service (`restaurant`) or a step (`test`).
   * @param skip Leave these out; they are listed as skipped.
   * @param attempt Any text that was not given before: the pipeline is run again, and not answered from the cache as a whole. Stages that passed on the same inputs still are.
   * @param grace Seconds, from when the stages start, after which those that still run are reported as skipped. 0 waits for all.
   */
  @func()
  async pr(
    @argument({
      defaultPath: "/",
      ignore: ["**/node_modules", "**/dist", "**/coverage", "reports", ".git/index", ".git/logs", ".git/hooks", ".git/*_HEAD", ".git/COMMIT_EDITMSG", ".git/**/*.lock"],
    })
    source: Directory,
    only: string[] = [],
    skip: string[] = [],
    attempt: string = "",
    grace: number = 0,
  ): Promise<Pipeline> {
    const config = await readConfig(source)
    const names = stageNames(config)
    const selected = selectStages(names, only, skip)
    const parts = await runAll(source, config, selected, grace && Math.ceil(Date.now() / 1000) + grace)

    const results = new Map(parts.flatMap(({ stages }) => stages).map((stage) => [stage.name, gateCoverage(stage, config.services[stage.name.split(":")[0]!]?.coverage ?? 0)]))
    const stages = names.map((name) => results.get(name) ?? { name, status: "skipped" as const, reason: notAskedFor, seconds: 0, cached: false, exitCode: -1 })
    return pipelineOf("pr", "Pull request", stages, parts, attempt)
  }

  /**
   * The whole product on this machine, behind one address: Postgres, Redis, the services, the front end. It starts empty or with
   * demonstration data, and forgets everything when the call ends.
   *
   * Example: `dagger call product up --ports 8080:8080`, then open http://localhost:8080
   *
   * @param source The repository, with its .git folder, from which the version is told.
   * @param demo Whether there is demonstration data in it.
   * @param mode The APP_MODE: development, qa, stage or production.
   * @param unreachable Services that nothing can reach, to see the product degraded: `suppliers`, `recipes` or `redis`.
   */
  @func({ cache: "never" })
  async product(
    @argument({
      defaultPath: "/",
      ignore: ["**/node_modules", "**/dist", "**/coverage", "reports", ".git/index", ".git/logs", ".git/hooks", ".git/*_HEAD", ".git/COMMIT_EDITMSG", ".git/**/*.lock"],
    })
    source: Directory,
    demo: boolean = true,
    mode: string = "development",
    unreachable: string[] = [],
  ): Promise<Service> {
    return productService({ source, version: await versionFile(source), demo, mode, unreachable })
  }

  /**
   * Whether the release that runs today can go on running while and after this source's schema is rolled out: builds the commit that
   * `services/baseline` names, migrates an empty database with this source's expand migrations, and runs the baseline's own API suite.
   *
   * Example: `dagger call baseline verdict`
   *
   * @param source The repository, with its whole history.
   */
  @func({ cache: "never" })
  async baseline(
    @argument({
      defaultPath: "/",
      ignore: ["**/node_modules", "**/dist", "**/coverage", "reports", ".git/index", ".git/logs", ".git/hooks", ".git/*_HEAD", ".git/COMMIT_EDITMSG", ".git/**/*.lock"],
    })
    source: Directory,
  ): Promise<Pipeline> {
    const part = await collect("baseline", ["baseline:schema", "baseline:api"], () => checkBaseline(source))
    return pipelineOf("baseline", "Baseline", part.stages, [part], "")
  }
}

/** What one call of a module gave: some stages, and their reports in a folder. */
interface Part {
  folder: string
  stages: Stage[]
  files: Record<string, string[]>
  /** The files' texts, by their path in the pipeline's reports. */
  reports: Record<string, string>
}

/** A pipeline's result of its stages and the reports of its parts. */
function pipelineOf(name: string, title: string, stages: Stage[], parts: Part[], attempt: string): Pipeline {
  const table = tableOf(stages)
  const { passed } = verdictOf(stages)
  const reports: Record<string, string> = Object.assign({}, ...parts.map((part) => part.reports))
  reports["index.html"] = indexHtml(title, stages, Object.assign({}, ...parts.map((part) => part.files)))
  reports["summary.md"] = summaryMarkdown(stages)
  reports["result.json"] = `${JSON.stringify({ pipeline: name, attempt, passed, ended: Date.now() / 1000, table, stages }, null, 1)}\n`
  return new Pipeline(passed, table, JSON.stringify(reports))
}

async function readConfig(source: Directory): Promise<Config> {
  if (!(await source.exists("delivery.yaml"))) throw new Error("no delivery.yaml in the source: it says what is delivered. The least is:\nservices:\n  <name>: { path: <folder>, kind: go }")
  const config = parseConfig(await source.file("delivery.yaml").contents())
  const faults = (await Promise.all([gitFault(source), ...Object.entries(config.services).map(([name, service]) => serviceFault(source, name, service))])).filter((fault) => fault !== undefined)
  if (faults.length) throw new Error(`the source cannot be checked:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`)
  return config
}

async function gitFault(source: Directory): Promise<string | undefined> {
  if (await source.exists(".git/HEAD")) return undefined
  if (await source.exists(".git")) return "source: .git is a file, as in a git worktree or submodule, so the history is elsewhere; give a clone"
  return "source is not a git repository (no .git): secrets are looked for in its history. Run `git init` and commit, or give the repository's root"
}

async function serviceFault(source: Directory, name: string, { path, kind, inputs }: Delivered): Promise<string | undefined> {
  for (const input of inputs) if (!(await source.exists(input))) return `services.${name}.inputs: ${input} does not exist in the source`
  const service = `services.${name}.path: ${path}`
  if (!(await source.exists(path))) return `${service} does not exist in the source`
  const entries = await source.directory(path).entries()
  if (!entries.length) return `${service} is an empty folder`
  if (kind === "go" && !entries.includes("go.mod")) return `${service} has no go.mod; make one with \`go mod init\`, or correct the kind`
  if (kind === "node" && !entries.includes("package.json")) return `${service} has no package.json, or correct the kind`
  if (kind === "node" && !entries.includes("package-lock.json")) return `${service} has no package-lock.json; make one with \`npm install\` and commit it`
  return undefined
}

/** Runs every part, as many at a time as there are cores: each has several steps side by side already, and two that start with empty caches compile the same packages twice. */
async function runAll(source: Directory, config: Config, selected: Set<string>, until: number): Promise<Part[]> {
  const work: (() => Promise<Part>)[] = []
  if (selected.has("secrets")) work.push(() => secrets(source, config, until))
  // The slow kind first: an npm install waits for the network while Go compiles.
  const services = Object.entries(config.services).sort(([, a], [, b]) => (a.kind === b.kind ? 0 : a.kind === "node" ? -1 : 1))
  for (const [name, service] of services) {
    const steps = [...selected].filter((stage) => stage.startsWith(`${name}:`)).map((stage) => stage.split(":")[1]!)
    if (steps.length) work.push(() => (service.kind === "go" ? goService(source, name, service, steps, config, until) : nodeService(source, name, service, steps, config, until)))
  }
  const parts: Part[] = []
  const workers = Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
    for (let next = work.shift(); next; next = work.shift()) parts.push(await next())
  })
  await Promise.all(workers)
  return parts
}

async function secrets(source: Directory, config: Config, until: number): Promise<Part> {
  return collect("secrets", ["secrets"], async () => {
    const result = dag.gitleaks().detect(source, { git: source.directory(".git"), name: "secrets", timeout: config.timeouts.secrets, until })
    const [status, reason, seconds, cached, exitCode] = await Promise.all([result.status(), result.reason(), result.seconds(), result.cached(), result.exitCode()])
    return { found: [{ name: "secrets", status: status as Status, reason, seconds, cached, exitCode }], reports: result.reports() }
  })
}

async function goService(source: Directory, name: string, { path, inputs, needs }: Delivered, steps: string[], config: Config, until: number): Promise<Part> {
  return collect(name, steps.map((step) => `${name}:${step}`), async () => {
    const input = await goInput(source, path, inputs)
    return resultsIn(dag.golang().check(input, { path, name, steps, timeouts: timeoutsOf(config, steps), ...surroundings(needs), until }).reports())
  })
}

/** The servers that tests need, with what they are found by. One Postgres and one Redis serve all tests of a run. */
function surroundings(needs: Need[]): { testServices: Service[]; testServiceNames: string[]; testEnv: string[] } {
  const servers: Record<Need, () => { service: Service; variable: string }> = {
    postgres: () => ({ service: dag.postgres().server({ user: "postgres", database: "postgres", instance: "tests" }), variable: "TEST_DATABASE_URL=postgres://postgres:postgres@postgres:5432/postgres" }),
    redis: () => ({ service: dag.redis().server({ instance: "tests" }), variable: "TEST_REDIS_URL=redis://redis:6379/0" }),
  }
  const started = needs.map((need) => servers[need]())
  return { testServices: started.map(({ service }) => service), testServiceNames: needs, testEnv: started.map(({ variable }) => variable) }
}

async function nodeService(source: Directory, name: string, { path }: Delivered, steps: string[], config: Config, until: number): Promise<Part> {
  return collect(name, steps.map((step) => `${name}:${step}`), async () => resultsIn(dag.node().check(await withoutMarkdown(source.directory(path)), { name, steps, timeouts: timeoutsOf(config, steps), until }).reports()))
}

/** The results that a module's `check` leaves beside its reports. */
async function resultsIn(reports: Directory): Promise<Found> {
  return { found: JSON.parse(await reports.file("results.json").contents()) as Stage[], reports }
}

function timeoutsOf(config: Config, steps: string[]): number[] {
  return steps.map((step) => config.timeouts[step as keyof Config["timeouts"]])
}

/** Takes a module's results over. What goes wrong around the module makes its stages red, not the pipeline's other ones. */
async function collect(folder: string, names: string[], call: () => Promise<Found>): Promise<Part> {
  const begin = Date.now()
  // Modules say when each step starts and ends, but the CLI drops lines of short calls now and then; these are the ones to count on.
  for (const name of names) console.log(`▶ ${name}`)
  try {
    const { found, reports } = await call()
    const took = (Date.now() - begin) / 1000
    const listed = (await reports.glob("**/*")).filter((file) => !file.endsWith("/"))
    const texts = await Promise.all(listed.map(async (file) => [`${folder}/${file}`, await reports.file(file).contents()] as const))
    const stages = names.map((name) => found.find((stage) => stage.name === name) ?? failed(name, "the module gave no result for this stage", took))
    for (const { name, status, seconds, reason } of stages) console.log(`${marks[status]![0]} ${name} ${seconds} s ${oneLine(reason, 160)}`)
    const files = Object.fromEntries(names.map((name) => [name, listed.filter((file) => inFolder(file, folder, name)).map((file) => `${folder}/${file}`.slice(folderOf(name).length + 1))]))
    // An answer that came faster than the tools can be was not computed now.
    return { folder, stages: stages.map((stage) => ({ ...stage, cached: stage.cached || took < stage.seconds })), files, reports: Object.fromEntries(texts) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    for (const name of names) console.log(`✘ ${name} ${oneLine(message, 200)}`)
    return { folder, stages: names.map((name) => failed(name, `could not run: ${oneLine(message, 300)}`, (Date.now() - begin) / 1000)), files: {}, reports: {} }
  }
}

/** Whether a file of a part's reports belongs to a stage: below its step's folder, or anywhere where the part is one stage. */
function inFolder(file: string, folder: string, stage: string): boolean {
  return `${folder}/${file}`.startsWith(`${folderOf(stage)}/`)
}

function failed(name: string, reason: string, seconds: number): Stage {
  return { name, status: "failed", reason, seconds: Math.round(seconds * 10) / 10, cached: false, exitCode: -1 }
}
