/**
 * Analyses sources with SonarQube and waits for its quality gate: on a server that is given, or on one that lives as long as the call.
 *
 * A gate that is broken, that gives no answer in time, or that a project does not have is a failure, and so are a server that cannot be reached and a token that it
 * refuses. The upload alone is never a success.
 */
import {
  CacheSharingMode,
  Container,
  Directory,
  Secret,
  Service,
  argument,
  dag,
  float,
  func,
  object,
} from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { outcome, readConditions, sarif, scannerTrouble, type Answer } from "./read"
import { analyzeProgram, codes } from "./scripts"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

/** The address of a server that lives as long as the call. */
const ephemeral = "http://sonarqube:9000"

/** What an analysis has found. */
@object()
export class Result {
  /** The name of the result, `quality` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the gate had answered. */
  @func() status: string
  /** For a failure the conditions that are broken, with their numbers, and the worst issue; else how many conditions hold. */
  @func() reason: string
  /** The exit code: 0 the gate is green, 1 it is broken or something went wrong, 3 the scanner failed, 4 the token is refused, 7 unreachable, 8 not up, 9 no answer in time, 124 time-out, -1 when nothing ran. */
  @func() exitCode: number
  /** How long it took when it really ran. */
  @func() seconds: float
  /** Whether it came from the cache; never with a server that is given. */
  @func() cached: boolean
  /** How many conditions are broken. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `sonarqube.json` (conditions, the worst 100 issues, hotspots), `sonarqube.sarif` and the scanner's output. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    broken?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = broken
    this.unit = broken === undefined ? "" : "broken conditions"
    this.reports = reports
  }

  /** The reason; an error when the gate is not green, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Sonarqube {
  /**
   * The container that the scanner runs in.
   *
   * Example: `dagger -m modules/sonarqube call base with-exec --args sonar-scanner,--version stdout`
   *
   * @param image Another image with sonar-scanner, node and bash in it, instead of the pinned one.
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
   * A SonarQube with its embedded database, at port 9000; the administrator is `admin`, with the password `admin`. It needs 2.2 GB of memory. What it has stored stays
   * in a cache volume, so that it starts faster the next time; one that starts while another runs has its own.
   *
   * Example: `dagger -m modules/sonarqube call server up --ports 9000:9000`
   *
   * @param image Another image of SonarQube.
   * @param volume The cache volume; without one the server starts empty each time.
   * @param instance Servers with other names are other servers; two calls with the same one share it.
   */
  @func({ cache: "session" })
  server(image: string = images.server, volume: string = "delivery-sonarqube-data", instance: string = ""): Service {
    let container = dag.container().from(image)
    const settings: Record<string, string> = {
      SONAR_ES_BOOTSTRAP_CHECKS_DISABLE: "true",
      // Else Elasticsearch allocates no shard on a disk that is more than 85 % full, and the server gives up.
      SONAR_SEARCH_JAVAADDITIONALOPTS: "-Dcluster.routing.allocation.disk.threshold_enabled=false",
      SONAR_SEARCH_JAVAOPTS: "-Xms256m -Xmx512m",
      SONAR_WEB_JAVAOPTS: "-Xms256m -Xmx512m",
      SONAR_CE_JAVAOPTS: "-Xms256m -Xmx512m",
      SONAR_TELEMETRY_ENABLE: "false",
      SONAR_UPDATECENTER_ACTIVATE: "false",
    }
    for (const [name, value] of Object.entries(settings)) container = container.withEnvVariable(name, value)
    if (volume)
      container = container.withMountedCache("/opt/sonarqube/data", dag.cacheVolume(volume), {
        owner: "sonarqube",
        sharing: CacheSharingMode.Private,
      })
    return container.withEnvVariable("INSTANCE", instance).withExposedPort(9000).asService({ useEntrypoint: true })
  }

  /**
   * Scans sources, waits for the quality gate, and gives its conditions and the worst issues. Without an address an ephemeral server is started, with a gate that has the
   * given conditions and no others; the same sources are then not analysed again. A server that is given has gates of its own, and is asked each time.
   *
   * Example: `dagger -m modules/sonarqube call analyze --source test/fixtures/sonar --project-key shop --conditions "bugs > 0" verdict`
   *
   * @param source The sources; what `exclusions` names is not looked at.
   * @param projectKey The project's key on the server.
   * @param conditions What breaks the gate of an ephemeral server, in SonarQube's names of metrics: `bugs > 0`, `coverage < 80`.
   * @param coverage Reports of tests: coverage as `*.out` of Go and `*.info` in lcov's format, and what each test did as `*.xml` in SonarQube's generic format for test
   *   executions; with files named from the root of `source`.
   * @param exclusions Files that are left out, as SonarQube's patterns.
   * @param tests Which files are tests, as SonarQube's patterns.
   * @param hostUrl The address of a SonarQube or of SonarCloud.
   * @param token What the server knows the caller by, such as env://SONAR_TOKEN.
   * @param target The server, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:9000`).
   * @param targetName The host name of the target, as it stands in `hostUrl`.
   * @param wait Seconds until the server has to be up.
   * @param gateTimeout Seconds until the gate has to answer once all was sent.
   * @param timeout Seconds for all of it.
   * @param name What the result is called by.
   * @param image Another image with sonar-scanner, node and bash in it.
   * @param serverImage Another image of SonarQube.
   * @param args More arguments for the scanner, such as `-Dsonar.organization=shop`.
   * @param until Seconds since 1970: an analysis that takes longer is given as skipped. 0 waits for it.
   * @param again Another value than before runs the tools again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async analyze(
    @argument({ ignore: ["**/.git", "**/node_modules", "**/dist", "**/coverage"] }) source: Directory,
    projectKey: string,
    conditions: string[] = ["bugs > 0", "vulnerabilities > 0"],
    coverage?: Directory,
    exclusions: string[] = [],
    tests: string[] = ["**/*_test.go", "**/*.test.ts", "**/*.test.js", "**/*.spec.ts", "**/*.spec.js"],
    hostUrl: string = "",
    token?: Secret,
    target?: Service,
    targetName: string = "sonar",
    wait: number = 180,
    gateTimeout: number = 300,
    timeout: number = 900,
    name: string = "quality",
    image: string = images.scanner,
    serverImage: string = images.server,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    return reported(name, until, async () => {
      if (!/^[\w.:-]*[a-zA-Z_.:-][\w.:-]*$/.test(projectKey))
        throw new Error(
          `projectKey: ${JSON.stringify(projectKey)} is not allowed; letters, digits, - _ . and :, not digits alone`,
        )
      const wanted = readConditions(conditions)
      if (!hostUrl && wanted.length === 0)
        throw new Error("conditions: none is given; a gate without one would let everything through")
      if (hostUrl && !token) throw new Error(`token: missing; ${hostUrl} wants one, such as --token env://SONAR_TOKEN`)
      let container = anew(this.base(image), again)
        .withMountedDirectory("/usr/src", source)
        .withEnvVariable("SONAR_HOST_URL", hostUrl || ephemeral)
        .withEnvVariable("PROJECT", projectKey)
        .withEnvVariable("WAIT", String(wait))
        .withEnvVariable("GATE_TIMEOUT", String(gateTimeout))
      if (!hostUrl) {
        container = container
          .withEnvVariable("EPHEMERAL", "yes")
          .withEnvVariable("CONDITIONS", JSON.stringify(wanted))
          .withServiceBinding("sonarqube", this.server(serverImage))
      } else {
        // A server that stays is asked each time: its gate is its own.
        container = container
          .withSecretVariable("SONAR_TOKEN", token!)
          .withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}`)
        if (target) container = container.withServiceBinding(targetName, target)
      }
      const reports = coverage ? await coverage.glob("**/*") : []
      if (coverage) container = container.withMountedDirectory("/coverage", coverage)
      const named = (pattern: RegExp, property: string): string[] => {
        const files = reports.filter((file) => pattern.test(file)).map((file) => `/coverage/${file}`)
        return files.length ? [`-D${property}=${files.join(",")}`] : []
      }
      const flags = [
        ...[
          "-Dsonar.sources=.",
          "-Dsonar.tests=.",
          `-Dsonar.test.inclusions=${tests.join(",")}`,
          `-Dsonar.exclusions=${[...tests, ...exclusions].join(",")}`,
          "-Dsonar.scm.disabled=true",
        ],
        ...[
          ...named(/\.out$/, "sonar.go.coverage.reportPaths"),
          ...named(/\.info$/, "sonar.javascript.lcov.reportPaths"),
          ...named(/\.xml$/, "sonar.testExecutionReportPaths"),
          ...args,
        ],
      ]
      const ran = await runStep(container, ["node", "-e", analyzeProgram, "--", ...flags], timeout)
      return result(name, ran, hostUrl !== "")
    })
  }

  /**
   * Runs sonar-scanner with any arguments on a folder, mounted as the working directory: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/sonarqube call scanner --source test/fixtures/sonar --args=--help stdout`
   *
   * @param source The folder.
   * @param args The arguments of sonar-scanner.
   */
  @func({ cache: "session" })
  scanner(source: Directory, args: string[], image: string = images.scanner): Container {
    return this.base(image)
      .withMountedDirectory("/usr/src", source)
      .withExec(["sonar-scanner", ...args])
  }
}

/** The container, another one for each value of `again` but none: nothing in it then comes from an earlier call's cache. */
function anew(container: Container, again: string): Container {
  return again ? container.withEnvVariable("STEP_AGAIN", again) : container
}

async function result(name: string, ran: Ran, stays: boolean): Promise<Result> {
  const text = await readReport(ran.reports, "sonarqube.json")
  const output = await readReport(ran.reports, "output.txt")
  const last = output.trim().split("\n").at(-1) ?? ""
  const failed = (reason: string): Result =>
    new Result(name, "failed", reason, ran.exitCode, ran.seconds, ran.cached, ran.reports)
  if (ran.timedOut) return failed(`timed out after ${Math.round(ran.seconds)} s${last ? `: ${firstLine(last)}` : ""}`)
  if (ran.exitCode === codes.scanner) return failed(`${scannerTrouble(output) || firstLine(last)} (sonar-scanner)`)
  if (ran.exitCode !== 0 || text === "") return failed(firstLine(last) || `exit code ${ran.exitCode}`)
  const answer = JSON.parse(text) as Answer
  const { passed, broken, reason } = outcome(answer)
  const reports = ran.reports.withNewFile("sonarqube.sarif", sarif(answer))
  return new Result(
    name,
    passed ? "passed" : "failed",
    reason,
    passed ? 0 : 1,
    ran.seconds,
    stays ? false : ran.cached,
    reports,
    broken,
  )
}

/** Prints a line when the analysis starts and one when it ends; what goes wrong around it is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, false, reports)),
  )
}
