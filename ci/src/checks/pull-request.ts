// The checks of a pull request: secrets, each service's lint, types, tests and build, and the coverage of all of them together.
import { availableParallelism } from "node:os"
import { Directory, Golang, Secret, Service, dag } from "@dagger.io/dagger"
import type { Config, Kind, Need, Quality, Service as Delivered, Severity } from "../config/config"
import { readConfig } from "../config/source"
import { coverageStages, goCoverage, istanbulCoverage, rooted, type Change } from "./coverage"
import { dependenciesStage, licencesSarif, withoutAnswer, type Component } from "./dependencies"
import { judgeFindings } from "./findings"
import { goInput, inputsOf, matching, terraformFiles, withoutMarkdown } from "./inputs"
import { mergedSarif, testExecutions, testFunctions, type Tests } from "../report/merge"
import { folderOf } from "../report/page"
import { collect, messageOf, textsOf, type Part } from "../report/parts"
import { chartFolders, golangciConfig, moduleName } from "./paths"
import { goModules, golang, gosec, isGiven, node as npm, type Access } from "./private"
import type { Outcome } from "../report/outcome"
import { reportOf, reportsOf, type Extra } from "../report/report"
import {
  gateCoverage,
  notAskedFor,
  selectStages,
  stageNames,
  type FileCoverage,
  type Found,
  type Stage,
  type Status,
} from "../report/stages"

/** What is asked of the checks. */
interface Asked {
  only?: string[]
  skip?: string[]
  /** Seconds after which stages that still run are reported as skipped. */
  grace?: number
  /** The branch that changed lines are told from. */
  base?: string
  /** A SonarQube that stays, and what it knows the caller by; without an address one lives as long as the call. */
  sonarHostUrl?: string
  sonarToken?: Secret
  /** Another value than before runs all tools again. */
  nonce?: string
  access?: Access
}

/** What every part of the checks is given. */
interface Run {
  source: Directory
  config: Config
  /** When what still runs is given as skipped, in seconds since 1970; 0 for never. */
  until: number
  again: string
  access: Access
  /** What the source changes. */
  changed: Promise<Changed>
}

/** What the source changes, and, where they are wanted, the files of what it is compared with. */
interface Changed {
  told: Change
  before?: Directory
}

/** What the checks have found. */
export interface Checked {
  stages: Stage[]
  parts: Part[]
  coverage: FileCoverage[]
}

/** Runs the checks that are asked for, and gates them. Each stage of delivery.yaml has a result, in the order of stageNames(). */
export async function pullRequest(
  source: Directory,
  config: Config,
  { only = [], skip = [], grace = 0, base = "", nonce: again = "", access = {}, ...sonar }: Asked,
): Promise<Checked> {
  const names = stageNames(config)
  const selected = selectStages(names, only, skip)
  const judged = names.filter((name) => name.startsWith("coverage:") && selected.has(name))
  const branches = base ? [base] : Object.values(config.branches)
  const ofBase = selected.has("dependencies")
  const changed =
    judged.length || ofBase ? change(source, branches, ofBase) : Promise.resolve({ told: { none: notAskedFor } })
  const until = grace && Math.ceil(Date.now() / 1000) + grace
  const run: Run = { source, config, until, again, access, changed }
  const parts = await runAll(run, selected)
  if (selected.has("quality"))
    parts.push(
      config.quality
        ? await quality(run, config.quality, parts, sonar)
        : notApplicable("quality", "delivery.yaml has no gates.quality"),
    )
  const results = new Map(parts.flatMap(({ stages }) => stages).map((stage) => [stage.name, stage]))
  const found = await coverageOf(source, config, parts)
  const files = [...found.values()].flat()
  if (judged.length) {
    const { coverage } = config
    for (const stage of coverageStages(
      files,
      [...found].filter(([, of]) => !of.length).map(([name]) => name),
      (await changed).told,
      coverage,
    ))
      if (selected.has(stage.name)) results.set(stage.name, stage)
    const listed = files.map(({ lines, ...rest }) => ({
      ...rest,
      missed: [...lines].filter(([, hit]) => !hit).map(([line]) => line),
    }))
    parts.push({
      folder: "coverage",
      stages: [],
      files: { "coverage:total": ["files.json"] },
      reports: { "coverage/total/files.json": `${JSON.stringify(listed)}\n` },
    })
  }
  const stages = names.map(
    (name) =>
      results.get(name) ?? {
        name,
        status: "skipped" as const,
        reason: notAskedFor,
        seconds: 0,
        cached: false,
        exitCode: -1,
      },
  )
  return { stages, parts, coverage: files }
}

/** Returns the outcome of a pull request's checks. */
export async function checkedOutcome(
  source: Directory,
  { services, repository }: Config,
  { stages, parts, coverage }: Checked,
  extra: Extra = {},
): Promise<Outcome> {
  const serviceOf = (stage: string) => services[stage.split(":")[0]!]
  // The tools of a Node project name files from the project's folder.
  const folders = (stage: string) => (serviceOf(stage)?.kind === "node" ? serviceOf(stage)!.path : undefined)
  const paths = (stage: string) => serviceOf(stage)?.path
  const context = { source, folders, paths, repository, coverage, ...extra }
  return reportOf("pr", "Pull request", stages, parts, context)
}

/** Runs some steps of all services and returns their table; throws it if it is red. A step that no stage has is not applicable. */
export async function checkSteps(source: Directory, steps: string[], access: Access): Promise<string> {
  const config = await readConfig(source)
  const words = stageNames(config).flatMap((name) => name.split(":"))
  const only = steps.filter((step) => words.includes(step))
  if (!only.length) return `not applicable: no service has the step ${steps.join(", ")}`
  const { passed, table } = await checkedOutcome(source, config, await pullRequest(source, config, { only, access }))
  if (!passed) throw new Error(`\n${table}`)
  return table
}

/** Files that are tests: what the module sonarqube takes for tests by default. */
const isTest = (file: string): boolean => /(_test\.go|\.(test|spec)\.[jt]s)$/.test(file)

/** The file of each test function of a Go module's folder. */
async function testFunctionsIn(folder: Directory): Promise<Map<string, string>> {
  const files = await folder.glob("**/*_test.go")
  return testFunctions(
    await Promise.all(files.map(async (file) => [file, await folder.file(file).contents()] as const)),
  )
}

/** SonarQube on the sources of all services, with what their tests have done, and the coverage that those have measured. */
async function quality(
  { source, config, until, again }: Run,
  { conditions, exclusions, project, seconds }: Quality,
  parts: Part[],
  { sonarHostUrl = "", sonarToken }: Asked,
): Promise<Part> {
  return collect("quality", ["quality"], async () => {
    const texts = reportsOf(parts)
    let [sources, coverage] = [dag.directory(), dag.directory()]
    const tests: Tests[] = []
    for (const [name, { path, kind }] of Object.entries(config.services)) {
      sources = sources.withDirectory(path, await withoutMarkdown(source.directory(path)))
      const [go, lcov] = [texts[`${name}/test/coverage.out`], texts[`${name}/test/coverage/lcov.info`]]
      if (kind === "go" && go)
        coverage = coverage.withNewFile(
          `${name}.out`,
          rooted(go, moduleName(await source.file(`${path}/go.mod`).contents()), path),
        )
      if (kind === "node" && lcov) coverage = coverage.withNewFile(`${name}.info`, rooted(lcov, "/src", path))
      const junit = texts[`${name}/test/junit.xml`]
      if (junit)
        tests.push({
          text: junit,
          path,
          functions: kind === "go" ? await testFunctionsIn(source.directory(path)) : undefined,
        })
    }
    if (tests.length) coverage = coverage.withNewFile("tests.xml", testExecutions(tests, isTest))
    const result = dag.sonarqube().analyze(sources, project, {
      conditions,
      coverage,
      exclusions,
      hostUrl: sonarHostUrl,
      token: sonarToken,
      serviceName: "sonar",
      wait: 180,
      gateTimeout: 300,
      timeout: seconds,
      name: "quality",
      deadline: until,
      nonce: again,
    })
    const [found, cached, reports] = await Promise.all([
      result.reports().file("result.json").contents(),
      result.cached(),
      result.reports(),
    ])
    const { status, reason, value, unit, seconds: took, exitCode } = JSON.parse(found) as Stage
    return {
      found: [
        {
          name: "quality",
          status,
          reason,
          value,
          unit,
          limit: value === undefined ? undefined : 0,
          atMost: true,
          seconds: took,
          cached,
          exitCode,
        },
      ],
      reports,
    }
  })
}

/** What the source changes against the first of the branches that there is. */
async function change(source: Directory, branches: string[], withFiles: boolean): Promise<Changed> {
  try {
    const found = dag.gitflow().diff(source, { branches, withFiles })
    const [base, none, diff] = await Promise.all([found.base(), found.reason(), found.text()])
    return none ? { told: { none } } : { told: { base, diff }, before: withFiles ? found.files() : undefined }
  } catch (error) {
    return { told: { fault: messageOf(error) } }
  }
}

/** The coverage of each service that has a gate for it, by file, as the reports of its tests have it; none where those have none. */
async function coverageOf(source: Directory, config: Config, parts: Part[]): Promise<Map<string, FileCoverage[]>> {
  const reports = reportsOf(parts)
  const gated = Object.entries(config.services).filter(([, { coverage }]) => coverage > 0)
  return new Map(
    await Promise.all(
      gated.map(async ([name, { path, kind }]): Promise<[string, FileCoverage[]]> => {
        const of = (file: string) => reports[`${name}/test/${file}`] ?? ""
        if (kind === "node")
          return [name, istanbulCoverage(of("coverage/coverage-summary.json"), of("coverage/lcov.info"), "/src", path)]
        return [
          name,
          of("coverage.out")
            ? goCoverage(of("coverage.out"), moduleName(await source.file(`${path}/go.mod`).contents()), path)
            : [],
        ]
      }),
    ),
  )
}

function ofKind(config: Config, kind: Kind): [string, Delivered][] {
  return Object.entries(config.services).filter(([, service]) => service.kind === kind)
}

/** Runs every part, one more at a time than there are processors: each has several steps side by side, and some wait for what the cache says. */
async function runAll(run: Run, selected: Set<string>): Promise<Part[]> {
  const { config } = run
  const work: (() => Promise<Part>)[] = []
  if (selected.has("secrets")) work.push(() => secrets(run))
  // The slow kind first: an npm install waits for the network while Go compiles.
  const services = Object.entries(config.services).sort(([, a], [, b]) =>
    a.kind === b.kind ? 0 : a.kind === "node" ? -1 : 1,
  )
  for (const [name, service] of services) {
    const steps = [...selected].filter((stage) => stage.startsWith(`${name}:`)).map((stage) => stage.split(":")[1]!)
    if (steps.length)
      work.push(() =>
        service.kind === "go" ? goService(run, name, service, steps) : nodeService(run, name, service, steps),
      )
  }
  // gosec comes late: it reads what the checks have compiled.
  const whole: Record<string, (run: Run) => Promise<Part>> = {
    "lint:yaml": yamlFaults,
    "lint:helm": chartFaults,
    "lint:terraform": terraformFaults,
    "lint:golangci": golangciFaults,
    "sast:go": goFlaws,
    "sast:js": jsFlaws,
    dependencies,
  }
  for (const [name, check] of Object.entries(whole)) if (selected.has(name)) work.push(() => check(run))
  const parts: Part[] = []
  const workers = Array.from({ length: availableParallelism() + 1 }, async () => {
    for (let next = work.shift(); next; next = work.shift()) parts.push(await next())
  })
  await Promise.all(workers)
  return parts
}

/** What gitleaks ends with when it found secrets and nothing else was wrong. */
const secretsFound = 3

async function secrets({ source, config, until, again }: Run): Promise<Part> {
  // Secrets that were found, and nothing else that went wrong: suppressions may know them.
  const judge = config.suppressions.length
    ? judged(config, { ended: ({ exitCode }) => exitCode === secretsFound })
    : undefined
  return collect(
    "secrets",
    ["secrets"],
    async () => {
      const result = dag.gitleaks().scan(source, {
        git: source.directory(".git"),
        name: untold,
        timeout: config.timeouts.secrets,
        deadline: until,
        nonce: again,
      })
      const [status, reason, seconds, cached, exitCode] = await Promise.all([
        result.status(),
        result.reason(),
        result.seconds(),
        result.cached(),
        result.exitCode(),
      ])
      return {
        found: [{ name: "secrets", status: status as Status, reason, seconds, cached, exitCode }],
        reports: result.reports(),
      }
    },
    judge,
  )
}

/** gosec on every Go service. */
async function goFlaws({ source, config, until, again, access }: Run): Promise<Part> {
  const services = ofKind(config, "go")
  if (!services.length) return notApplicable("sast:go", "no service is of the kind go")
  return collect(
    "sast/go",
    ["sast:go"],
    async () => {
      const inputs = services.map(([, service]) => service)
      const sources = await inputsOf(source, inputs)
      const paths = inputs.map(({ path }) => path)
      const asked = { paths, name: untold, timeout: config.timeouts.lint, deadline: until, nonce: again }
      if (isGiven(access)) return scanned("sast:go", gosec(access).scan(sources, asked).reports())
      const { found, reports } = await kept(
        (attempt) => dag.gosec().cachedScan(sources, { ...asked, attempt }),
        finished,
      )
      return { found: found.map((stage) => unjudged({ ...stage, name: "sast:go" })), reports }
    },
    judged(config),
  )
}

/** eslint-plugin-sonarjs on every Node service. */
async function jsFlaws({ source, config, until, again }: Run): Promise<Part> {
  const services = ofKind(config, "node")
  if (!services.length) return notApplicable("sast:js", "no service is of the kind node")
  return collect(
    "sast/js",
    ["sast:js"],
    async () => {
      let sources = dag.directory()
      for (const [, { path }] of services)
        sources = sources.withDirectory(path, await withoutMarkdown(source.directory(path)))
      return scanned(
        "sast:js",
        dag
          .sonarjs()
          .scan(sources, { name: untold, timeout: config.timeouts.lint, deadline: until, nonce: again })
          .reports(),
      )
    },
    judged(config),
  )
}

/** What all services depend on: an SBOM with what differs from where the branch began, licences, and known vulnerabilities. */
async function dependencies({ source, config, until, again, access, changed }: Run): Promise<Part> {
  const { licences, database, severity, inconclusive } = config.dependencies
  return collect("dependencies", ["dependencies"], async () => {
    const paths = Object.values(config.services).map(({ path }) => path)
    const mirrored = !/^https?:/.test(database.go)
    if (mirrored && !(await source.exists(`${database.go}/index`)))
      throw new Error(
        `gates.dependencies.database.go: ${database.go} in the source has no folder index; it is no vulnerability database`,
      )
    const { told, before } = await changed
    if ("fault" in told) throw new Error(told.fault)
    const base = "base" in told ? told.base : ""
    const modules = goModules(
      access,
      source,
      ofKind(config, "go").map(([, { path }]) => path),
    )
    const common = { paths, dev: false, deadline: until, nonce: again }
    const sbom = async (): Promise<Texts> => {
      const asked = { ...common, name: "sbom", timeout: config.timeouts.lint, before }
      if (modules)
        return textsIn(
          dag
            .cyclonedx()
            .sbom(source, { ...asked, modules })
            .reports(),
        )
      // Both named by their content, so that what other files say makes no other question of it.
      const [now, then] = await Promise.all([
        inputsOf(source, Object.values(config.services)),
        before && matching(before, "before", ["**"], []),
      ])
      return kept((attempt) => dag.cyclonedx().cachedSbom(now, { ...asked, before: then, attempt }), finished)
    }
    const goDatabaseFolder = mirrored ? source.directory(database.go) : undefined
    const scan = textsIn<Stage & { unreachable: string }>(
      dag
        .audit()
        .scan(source, {
          ...common,
          modules,
          name: "audit",
          timeout: 120,
          goDatabase: database.go,
          goDatabaseFolder,
          npmRegistry: database.npm,
        })
        .reports(),
    )
    const [
      {
        found: [made],
        reports: bom,
      },
      {
        found: [known],
        reports: audit,
      },
    ] = await Promise.all([sbom(), scan])
    if (!made || !known) throw new Error("a module gave no result")
    const components = made.status === "passed" ? (JSON.parse(bom["components.json"]!) as Component[]) : []
    const refused = licencesSarif(components, licences)
    const reports = {
      ...bom,
      ...Object.fromEntries(Object.entries(audit).map(([file, text]) => [`audit/${file}`, text])),
      "licences.sarif": refused,
    }
    const stage = dependenciesStage(made, known, base)
    if (stage.status !== "passed") return { found: [stage], reports }
    const { found } = mergedSarif([audit["audit.sarif"]!, refused].map((text) => ({ stage: "dependencies", text })))
    const today = new Date().toISOString().slice(0, 10)
    return {
      found: [
        withoutAnswer(
          judgeFindings(stage, found, { severity, suppressions: config.suppressions, today }),
          known.unreachable,
          inconclusive,
        ),
      ],
      reports,
    }
  })
}

/** The result that a scanner's module leaves beside its reports. */
async function scanned(name: string, reports: Directory): Promise<Found> {
  return {
    found: [unjudged({ ...(JSON.parse(await reports.file("result.json").contents()) as Stage), name })],
    reports,
  }
}

/** A stage without the number of its findings: which of them count is not the module's to say. */
function unjudged({ name, status, reason, seconds, cached, exitCode }: Stage): Stage {
  return { name, status, reason, seconds, cached, exitCode }
}

/** A scanner's name where only this pipeline is to tell of it: the module does not know which of its findings count. */
const untold = ""

/** What judges a scanner's part by what counts of its findings; a scan that did not come to its end stays as it is. */
function judged(
  { sast, suppressions }: Pick<Config, "sast" | "suppressions">,
  { severity = sast, ended = finished }: { severity?: Severity; ended?: (stage: Stage) => boolean } = {},
): (part: Part) => Part {
  return (part) => {
    const { found } = mergedSarif(
      Object.entries(part.reports)
        .filter(([path]) => path.endsWith(".sarif"))
        .map(([, text]) => ({ stage: part.folder, text })),
    )
    const today = new Date().toISOString().slice(0, 10)
    return {
      ...part,
      stages: part.stages.map((stage) =>
        ended(stage) ? judgeFindings(stage, found, { severity, suppressions, today }) : stage,
      ),
    }
  }
}

/** A part whose one stage the repository holds nothing for. */
function notApplicable(name: string, reason: string): Part {
  return {
    folder: folderOf(name),
    stages: [{ name, status: "notApplicable", reason, seconds: 0, cached: false, exitCode: 0 }],
    files: {},
    reports: {},
  }
}

/** yamllint on all YAML of the repository, by its own rules or for errors alone. A chart's templates are none: helm makes YAML of them. */
async function yamlFaults({ source, config, until, again }: Run): Promise<Part> {
  const name = "lint:yaml"
  const templates = (await source.glob("**/Chart.yaml")).map((file) => file.replace(/Chart\.yaml$/, "templates"))
  const files = await matching(
    source,
    "yaml",
    ["**/*.yaml", "**/*.yml", ".yamllint", ".yamllint.yaml", ".yamllint.yml"],
    [...templates, ...config.lint.exclusions],
  )
  const there = (await Promise.all(["**/*.yaml", "**/*.yml"].map((pattern) => files.glob(pattern)))).flat()
  if (there.every((file) => /^\.yamllint\.ya?ml$/.test(file))) return notApplicable(name, "there is no *.yaml or *.yml")
  return collect(
    folderOf(name),
    [name],
    async () =>
      scanned(
        name,
        dag
          .yamllint()
          .lint(files, { image: "", name: untold, timeout: config.timeouts.lint, deadline: until, nonce: again })
          .reports(),
      ),
    judged(config, { severity: "high" }),
  )
}

/** helm lint on every chart; on the one that is delivered with the values of each environment too. */
async function chartFaults({ source, config, until, again }: Run): Promise<Part> {
  const name = "lint:helm"
  const { chart, environments, lint, timeouts } = config
  const charts = chartFolders(
    await source
      .filter({ include: ["**/Chart.yaml"], exclude: [".git", "**/node_modules", ...lint.exclusions] })
      .glob("**/Chart.yaml"),
  )
  if (!charts.length) return notApplicable(name, "there is no Chart.yaml")
  const sets = new Set<string>()
  if (charts.includes(chart.path))
    for (const { values, cluster } of Object.values(environments))
      sets.add(
        [values, ...(cluster === "ephemeral" && chart.ephemeral ? [chart.ephemeral] : [])]
          .map((file) => `${chart.path}/${file}`)
          .join("+"),
      )
  return collect(
    folderOf(name),
    [name],
    async () => {
      let input = dag.directory()
      for (const folder of charts) input = input.withDirectory(folder, await withoutMarkdown(source.directory(folder)))
      const runs = dag.helm().lint(input, {
        charts: [...charts, ...[...sets].map((files) => `${chart.path}=${files}`)],
        name: untold,
        timeout: timeouts.lint,
        deadline: until,
        nonce: again,
      })
      return scanned(name, runs.reports())
    },
    judged(config, { severity: "medium" }),
  )
}

/** What terraform fmt ends with when it found files that are not formatted, and nothing else was wrong. */
const unformatted = 3

/** terraform fmt on all Terraform files. */
async function terraformFaults({ source, config, until, again }: Run): Promise<Part> {
  const name = "lint:terraform"
  const files = await matching(source, "terraform", terraformFiles, config.lint.exclusions)
  if (!(await files.glob("**/*.tf")).length) return notApplicable(name, "there is no *.tf")
  const judge = judged(config, {
    severity: "high",
    ended: ({ exitCode }) => exitCode === 0 || exitCode === unformatted,
  })
  return collect(
    folderOf(name),
    [name],
    async () =>
      scanned(
        name,
        dag.terraform().format(files, { name: untold, timeout: config.timeouts.lint, until, again }).reports(),
      ),
    judge,
  )
}

/** golangci-lint on every Go service that has a configuration of it, in its own folder or above. */
async function golangciFaults({ source, config, until, again }: Run): Promise<Part> {
  const name = "lint:golangci"
  const there = (await source.glob("**/.golangci.*")).filter((file) => !file.includes("node_modules/"))
  const services = ofKind(config, "go").flatMap(([, { path, inputs }]) => {
    const settings = golangciConfig(path, there)
    return settings ? [{ path, inputs, settings }] : []
  })
  if (!services.length)
    return notApplicable(
      name,
      ofKind(config, "go").length
        ? "no Go service has a .golangci.yml, .yaml, .toml or .json, in its folder or above"
        : "no service is of the kind go",
    )
  return collect(
    folderOf(name),
    [name],
    async () => {
      let sources = dag.directory()
      for (const { path, inputs, settings } of services)
        sources = sources
          .withDirectory(".", await goInput(source, path, inputs))
          .withFile(settings, source.file(settings))
      const wanted = [...new Set(services.flatMap(({ inputs }) => inputs))]
      const inputs = (await Promise.all(wanted.map(async (path) => ((await sources.exists(path)) ? path : [])))).flat()
      return scanned(
        name,
        dag
          .golangciLint()
          .lint(sources, {
            paths: services.map(({ path }) => path),
            inputs,
            name: untold,
            timeout: config.timeouts.lint,
            deadline: until,
            nonce: again,
          })
          .reports(),
      )
    },
    judged(config, { severity: "medium" }),
  )
}

async function goService(
  { source, config, until, again, access }: Run,
  name: string,
  { path, inputs, needs, coverage }: Delivered,
  steps: string[],
): Promise<Part> {
  return collect(
    name,
    steps.map((step) => `${name}:${step}`),
    async () => {
      const input = await goInput(source, path, inputs)
      const timed = timedSteps(config, steps)
      const asked = { path, name, steps: timed, testEnv: testEnvOf(needs), deadline: until, nonce: again }
      // With secrets nothing is kept beyond the call.
      return isGiven(access)
        ? resultsIn(withTestServices(golang(access), needs).check(input, asked).reports())
        : kept((attempt) => withTestServices(dag.golang(), needs).cachedCheck(input, { ...asked, attempt }))
    },
    covered(coverage),
  )
}

/** The servers that tests may need. One Postgres and one Redis serve all tests of a run. */
const testServers: Record<Need, { service: () => Service; variable: string }> = {
  postgres: {
    service: () => dag.postgres().testServer({ database: "postgres", instance: "tests" }),
    variable: "TEST_DATABASE_URL=postgres://postgres:postgres@postgres:5432/postgres",
  },
  redis: {
    service: () => dag.redis().server({ instance: "tests" }),
    variable: "TEST_REDIS_URL=redis://redis:6379/0",
  },
}

/** The module golang with the servers that the tests need, each under its own name. */
function withTestServices(go: Golang, needs: Need[]): Golang {
  return needs.reduce((module, need) => module.withService(need, testServers[need].service()), go)
}

/** The variables by which the tests find those servers. */
function testEnvOf(needs: Need[]): string[] {
  return needs.map((need) => testServers[need].variable)
}

async function nodeService(
  { source, config, until, again, access }: Run,
  name: string,
  { path, coverage }: Delivered,
  steps: string[],
): Promise<Part> {
  return collect(
    name,
    steps.map((step) => `${name}:${step}`),
    async () => {
      const input = await withoutMarkdown(source.directory(path))
      const asked = { name, steps: timedSteps(config, steps), deadline: until, nonce: again }
      return access.npmrc
        ? resultsIn(npm(access).check(input, asked).reports())
        : kept((attempt) => dag.node().cachedCheck(input, { ...asked, attempt }))
    },
    covered(coverage),
  )
}

/** What holds a service's tests against the coverage that is wanted of it, in percent. */
function covered(limit: number): (part: Part) => Part {
  return (part) => ({ ...part, stages: part.stages.map((stage) => gateCoverage(stage, limit)) })
}

/** Results with the texts of their reports. */
interface Texts<T extends Stage = Stage> {
  found: T[]
  reports: Record<string, string>
}

/** Whether a tool came to its end, whatever it found. */
function finished({ exitCode }: Stage): boolean {
  return exitCode === 0
}

/** What a module's `kept…` function gives. An answer from before this call counts where all of it is settled; else what is not is tried again. */
async function kept(
  ask: (attempt: string) => Promise<string>,
  settled = ({ status }: Stage) => status === "passed",
): Promise<Texts> {
  const asked = Date.now() / 1000
  const answer = async (attempt: string): Promise<Texts & { ended: number }> => {
    const { ended, results, files } = JSON.parse(await ask(attempt)) as {
      ended: number
      results: Stage[]
      files: Record<string, string>
    }
    const { "result.json": _, ...reports } = files
    return { ended, found: results.map((stage) => ({ ...stage, cached: stage.cached || ended < asked })), reports }
  }
  const first = await answer("")
  return first.ended >= asked || first.found.every(settled) ? first : answer(String(asked))
}

/** The result that a module leaves beside its reports, and their texts. */
async function textsIn<T extends Stage = Stage>(folder: Directory): Promise<Texts<T>> {
  const { "result.json": result, ...reports } = await textsOf(folder)
  return { found: [JSON.parse(result!) as T], reports }
}

/** The results that a module's `check` leaves beside its reports. */
async function resultsIn(reports: Directory): Promise<Found> {
  return { found: JSON.parse(await reports.file("results.json").contents()) as Stage[], reports }
}

/** Steps with their time limits, as modules take them: `test=900`. */
function timedSteps(config: Config, steps: string[]): string[] {
  return steps.map((step) => `${step}=${config.timeouts[step as keyof Config["timeouts"]]}`)
}
