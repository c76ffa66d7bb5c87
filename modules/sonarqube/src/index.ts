/**
 * Analyses of sources with SonarQube or SonarCloud that wait for the quality gate, on an existing server or on one that
 * lives as long as the call. An upload alone is never a success.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { CacheSharingMode, Container, Directory, Secret, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { type Answer, outcome, readConditions, sarif, scannerTrouble } from "./read"
import { analyzeProgram, codes } from "./scripts"
import { firstLine } from "./shared/clock"
import { withNonce } from "./shared/nonce"
import { Result, makeResult, reportStep, resultOfRun } from "./shared/result"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"

/** Address of the server that lives as long as the call. */
const ephemeral = "http://sonarqube:9000"

/** Settings of the server: small heaps, no telemetry, and no checks that need kernel settings. */
const serverSettings: Record<string, string> = {
  SONAR_ES_BOOTSTRAP_CHECKS_DISABLE: "true",
  // Otherwise Elasticsearch allocates no shard on a disk that is more than 85 % full, and the server gives up.
  SONAR_SEARCH_JAVAADDITIONALOPTS: "-Dcluster.routing.allocation.disk.threshold_enabled=false",
  SONAR_SEARCH_JAVAOPTS: "-Xms256m -Xmx512m",
  SONAR_WEB_JAVAOPTS: "-Xms256m -Xmx512m",
  SONAR_CE_JAVAOPTS: "-Xms256m -Xmx512m",
  SONAR_TELEMETRY_ENABLE: "false",
  SONAR_UPDATECENTER_ACTIVATE: "false",
}

@object()
export class Sonarqube {
  /**
   * Returns the container that sonar-scanner runs in.
   *
   * Example: `dagger -m modules/sonarqube call base with-exec --args sonar-scanner,--version stdout`
   *
   * @param image Image with sonar-scanner, node and bash; the pinned one by default.
   */
  @func()
  base(image: string = images.scanner): Container {
    return dag
      .container()
      .from(image)
      .withUser("root")
      .withWorkdir("/usr/src")
      .withMountedCache("/opt/sonar-cache", dag.cacheVolume("delivery-sonarqube-scanner"))
      .withEnvVariable("SONAR_USER_HOME", "/opt/sonar-cache")
  }

  /**
   * Returns a SonarQube server with its embedded database at port 9000 as a service.
   * The administrator is `admin` with the password `admin`. It needs 2.2 GB of memory. Its data stays in a cache
   * volume, so that it starts faster the next time; a server that starts while another one runs has a volume of its
   * own.
   *
   * Example: `dagger -m modules/sonarqube call server up --ports 9000:9000`
   *
   * @param image SonarQube image; the pinned one by default.
   * @param volume Name of the cache volume, for example `delivery-sonarqube-data`; "" starts with an empty server each
   * time.
   * @param instance Servers with equal arguments are one server; another value, for example `second`, starts another
   * one.
   */
  @func({ cache: "session" })
  server(image: string = images.server, volume: string = "delivery-sonarqube-data", instance: string = ""): Service {
    let container = dag.container().from(image)
    for (const [name, value] of Object.entries(serverSettings)) container = container.withEnvVariable(name, value)
    if (volume)
      container = container.withMountedCache("/opt/sonarqube/data", dag.cacheVolume(volume), {
        owner: "sonarqube",
        sharing: CacheSharingMode.Private,
      })
    return container.withEnvVariable("INSTANCE", instance).withExposedPort(9000).asService({ useEntrypoint: true })
  }

  /**
   * Scans sources, waits for the quality gate, and reports its conditions and the most severe issues.
   * Without `hostUrl` an ephemeral server is started, whose gate has only the given conditions; the result for the same
   * sources is then cached. An existing server has gates of its own and analyses each time. The value of the result is
   * the number of violated conditions.
   *
   * Example: `dagger -m modules/sonarqube call analyze --source test/fixtures/sonar --project-key shop --conditions
   * "bugs > 0" verdict`
   *
   * @param source Sources to analyze.
   * @param projectKey Key of the project on the server, for example `shop`.
   * @param conditions Conditions that fail the gate of an ephemeral server, with SonarQube's metric keys: `bugs > 0`,
   * `coverage < 80`.
   * @param coverage Folder with test reports: coverage as Go profiles (`*.out`) and lcov (`*.info`), test executions in
   * SonarQube's generic format (`*.xml`). They name files from the root of `source`.
   * @param exclusions Sources and tests to leave out, as SonarQube's patterns, for example `vendor/**`.
   * @param tests Files that are tests, as SonarQube's patterns, for example `src/test/**`.
   * @param hostUrl Address of an existing SonarQube or of SonarCloud, for example `https://sonarcloud.io`; an ephemeral
   * server by default.
   * @param token Token for `hostUrl`, such as env://SONAR_TOKEN; required with `hostUrl`.
   * @param service The server of `hostUrl` as a service, such as `tcp://127.0.0.1:9000` at the caller's loopback; by
   * default `hostUrl` has to be reachable from the engine.
   * @param serviceName Host name of the service in `hostUrl`.
   * @param wait Seconds until the server has to be up.
   * @param gateTimeout Seconds until the gate has to answer after the upload.
   * @param timeout Seconds for the whole analysis.
   * @param name Name of the result.
   * @param image Image with sonar-scanner, node and bash; the pinned one by default.
   * @param serverImage SonarQube image of the ephemeral server, for example `sonarqube:25.12.0.117093-community`; the
   * pinned one by default.
   * @param args Additional arguments of sonar-scanner, such as `-Dsonar.organization=shop`.
   * @param deadline Seconds since 1970 after which an unfinished analysis is reported as skipped; 0 waits for its end.
   * @param nonce Any value not used before repeats the analysis instead of answering from the cache.
   */
  @func({ cache: "session" })
  async analyze(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    projectKey: string,
    conditions: string[] = ["bugs > 0", "vulnerabilities > 0"],
    coverage?: Directory,
    exclusions: string[] = [],
    tests: string[] = ["**/*_test.go", "**/*.test.ts", "**/*.test.js", "**/*.spec.ts", "**/*.spec.js"],
    hostUrl: string = "",
    token?: Secret,
    service?: Service,
    serviceName: string = "sonar",
    wait: number = 180,
    gateTimeout: number = 300,
    timeout: number = 900,
    name: string = "quality",
    image: string = images.scanner,
    serverImage: string = images.server,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const work = async (): Promise<Result> => {
      checkProjectKey(projectKey)
      const gate = readConditions(conditions)
      if (!hostUrl && gate.length === 0)
        throw new Error("conditions: missing; a gate without one would pass everything")
      if (hostUrl && !token)
        throw new Error(`token: missing; ${hostUrl} requires one, such as --token env://SONAR_TOKEN`)
      const scanner = this.base(image)
        .withMountedDirectory("/usr/src", source)
        .withEnvVariable("SONAR_HOST_URL", hostUrl || ephemeral)
        .withEnvVariable("PROJECT", projectKey)
        .withEnvVariable("WAIT", String(wait))
        .withEnvVariable("GATE_TIMEOUT", String(gateTimeout))
      const container = hostUrl
        ? connected(scanner.withSecretVariable("SONAR_TOKEN", token!), { service, serviceName, nonce })
        : withNonce(scanner, nonce)
            .withEnvVariable("EPHEMERAL", "yes")
            .withEnvVariable("CONDITIONS", JSON.stringify(gate))
            .withServiceBinding("sonarqube", this.server(serverImage))
      const flags = [...sourceFlags(tests, exclusions), ...(await coverageFlags(coverage)), ...args]
      const command = ["node", "-e", analyzeProgram, "--", ...flags]
      const reported = coverage ? container.withMountedDirectory("/coverage", coverage) : container
      return resultOf(name, await runStep(reported, command, timeout))
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs sonar-scanner with any arguments in a folder, for what has no function here.
   *
   * Example: `dagger -m modules/sonarqube call exec --source test/fixtures/sonar --args=--help stdout`
   *
   * @param source Folder, mounted as the working directory.
   * @param args Arguments of sonar-scanner, for example `--help`.
   * @param image Image with sonar-scanner; the pinned one by default.
   */
  @func({ cache: "session" })
  exec(source: Directory, args: string[], image: string = images.scanner): Container {
    return this.base(image)
      .withMountedDirectory("/usr/src", source)
      .withExec(["sonar-scanner", ...args])
  }
}

function checkProjectKey(key: string): void {
  if (!/^[\w.:-]*[a-zA-Z_.:-][\w.:-]*$/.test(key))
    throw new Error(
      `projectKey: ${JSON.stringify(key)} is not allowed; use letters, digits, - _ . and :, not digits alone`,
    )
}

function sourceFlags(tests: string[], excluded: string[]): string[] {
  // Go's own commands do not look at test data either.
  const exclusions = ["**/testdata/**", ...excluded]
  return [
    "-Dsonar.sources=.",
    "-Dsonar.tests=.",
    `-Dsonar.test.inclusions=${tests.join(",")}`,
    `-Dsonar.exclusions=${[...tests, ...exclusions].join(",")}`,
    // Without it, excluded folders are still analysed where their files are tests.
    `-Dsonar.test.exclusions=${exclusions.join(",")}`,
    "-Dsonar.scm.disabled=true",
  ]
}

/** The properties that name the reports in the folder, which is mounted at /coverage. */
async function coverageFlags(coverage?: Directory): Promise<string[]> {
  const reports = coverage ? await coverage.glob("**/*") : []
  const flag = (pattern: RegExp, property: string): string[] => {
    const files = reports.filter((file) => pattern.test(file)).map((file) => `/coverage/${file}`)
    return files.length ? [`-D${property}=${files.join(",")}`] : []
  }
  return [
    ...flag(/\.out$/, "sonar.go.coverage.reportPaths"),
    ...flag(/\.info$/, "sonar.javascript.lcov.reportPaths"),
    ...flag(/\.xml$/, "sonar.testExecutionReportPaths"),
  ]
}

async function resultOf(name: string, ran: Ran): Promise<Result> {
  const text = await readReport(ran.reports, "sonarqube.json")
  const output = await readReport(ran.reports, "output.txt")
  const last = firstLine(output.trim().split("\n").at(-1) ?? "")
  if (ran.timedOut || ran.exitCode !== 0 || text === "") {
    const isScanner = ran.exitCode === codes.scanner
    const reason = isScanner ? `${scannerTrouble(output) || last} (sonar-scanner)` : last
    return resultOfRun(name, ran, reason, { passed: false })
  }
  const answer = JSON.parse(text) as Answer
  const { passed, broken, reason } = outcome(answer)
  return makeResult(name, passed ? "passed" : "failed", reason, {
    ...ran,
    exitCode: passed ? 0 : 1,
    reports: ran.reports.withNewFile("sonarqube.sarif", sarif(answer)),
    value: broken,
    unit: "violated conditions",
  })
}
