// quality: SonarQube on the sources of all services, with the tests' results and the coverage that they measured.
import { Directory, Secret, dag } from "@dagger.io/dagger"
import type { Quality, Service } from "../config/config"
import { testExecutions, testFunctions, type Tests } from "../report/executions"
import { collect, type Part } from "../report/parts"
import { reportsOf } from "../report/report"
import type { Found, Stage } from "../report/stages"
import { notApplicable, type CheckRun } from "./check"
import { rooted } from "./coverage-files"
import { nodeInput, withoutMarkdown } from "./inputs"
import { matchesPattern, moduleName } from "./paths"

/** A SonarQube that exists; without an address, one lives as long as the call. */
export interface Sonar {
  sonarHostUrl?: string
  sonarToken?: Secret
}

/** Runs the check on the reports of the services' tests, which have ended. */
export async function quality(run: CheckRun, parts: Part[], sonar: Sonar): Promise<Part> {
  const settings = run.config.quality
  if (!settings) return notApplicable("quality", "delivery.yaml has no gates.quality")
  return collect("quality", ["quality"], () => analyze(run, settings, parts, sonar))
}

async function analyze(run: CheckRun, settings: Quality, parts: Part[], sonar: Sonar): Promise<Found> {
  const { conditions, exclusions, project, seconds } = settings
  const texts = reportsOf(parts)
  let [sources, coverage] = [dag.directory(), dag.directory()]
  const tests: Tests[] = []
  for (const [name, service] of Object.entries(run.config.services)) {
    const folder = run.source.directory(service.path)
    const input = service.kind === "node" ? nodeInput(run.source, service) : withoutMarkdown(folder)
    sources = sources.withDirectory(service.path, await input)
    coverage = await withCoverage(coverage, { name, service, folder, texts })
    const junit = texts[`${name}/test/junit.xml`]
    const functions = service.kind === "go" && junit ? await testFunctionsIn(folder) : undefined
    if (junit) tests.push({ text: junit, path: service.path, functions })
  }
  // SonarQube refuses a report of tests that it does not analyse.
  const isCounted = (file: string) => isTest(file) && !exclusions.some((pattern) => matchesPattern(pattern, file))
  if (tests.length) coverage = coverage.withNewFile("tests.xml", testExecutions(tests, isCounted))
  const result = dag.sonarqube().analyze(sources, project, {
    conditions,
    coverage,
    exclusions,
    hostUrl: sonar.sonarHostUrl ?? "",
    token: sonar.sonarToken,
    serviceName: "sonar",
    wait: 180,
    gateTimeout: 300,
    timeout: seconds,
    name: "quality",
    deadline: run.deadline,
    nonce: run.nonce,
  })
  const reports = result.reports()
  const [text, cached] = await Promise.all([reports.file("result.json").contents(), result.cached()])
  return { found: [stageOf(JSON.parse(text) as Stage, cached)], reports }
}

function stageOf({ status, reason, value, unit, seconds, exitCode }: Stage, cached: boolean): Stage {
  const limit = value === undefined ? undefined : 0
  return { name: "quality", status, reason, value, unit, limit, atMost: true, seconds, cached, exitCode }
}

/** A service, its folder, and the texts of all reports by path. */
interface TestedService {
  name: string
  service: Service
  folder: Directory
  texts: Record<string, string>
}

/** Adds the coverage of a service's tests, with files named from the repository's root. */
async function withCoverage(
  coverage: Directory,
  { name, service: { path, kind }, folder, texts }: TestedService,
): Promise<Directory> {
  const [go, lcov] = [texts[`${name}/test/coverage.out`], texts[`${name}/test/coverage/lcov.info`]]
  if (kind === "go" && go) {
    const module = moduleName(await folder.file("go.mod").contents())
    return coverage.withNewFile(`${name}.out`, rooted(go, module, path))
  }
  return kind === "node" && lcov ? coverage.withNewFile(`${name}.info`, rooted(lcov, "/src", path)) : coverage
}

/** Whether a file is a test, as the module sonarqube decides by default. */
const isTest = (file: string): boolean => /(_test\.go|\.(test|spec)\.[jt]s)$/.test(file)

/** Returns the file of each test function of a Go module's folder. */
async function testFunctionsIn(folder: Directory): Promise<Map<string, string>> {
  const files = await folder.glob("**/*_test.go")
  const texts = files.map(async (file) => [file, await folder.file(file).contents()] as const)
  return testFunctions(await Promise.all(texts))
}
