/**
 * Looks for known vulnerabilities in what software depends on: with govulncheck for Go modules, and with npm audit for what a package-lock.json has.
 *
 * Both ask a database; where it is can be said. A database that does not answer makes the result inconclusive, never green.
 */
import { Container, Directory, Service, argument, dag, float, func, object } from "@dagger.io/dagger"
import { withGoProgram } from "./shared/go"
import { images, tools } from "./images"
import { auditAnswer, govulncheckAnswer, type Answer } from "./read"
import { describe, ordered, sarif } from "./shared/sarif"
import { cleanPaths, eachOf, goContainer, skeletonOf, withModules } from "./shared/skeleton"
import { Ran, readReport, runStep, timesOf, told, withResult } from "./shared/step"

const workdir = "/src"

/** What is known of the dependencies. */
@object()
export class Result {
  /** The name of the result, `audit` if no other was given. */
  @func() name: string
  /** `passed` with no finding, `failed`, `inconclusive` when a database could not be asked and the others know of nothing, `notApplicable` when nothing declares dependencies, or `skipped` when the call was interrupted. */
  @func() status: string
  /** For a failure the worst finding, or what went wrong; else how much was looked at, or which database has not answered. */
  @func() reason: string
  /** The exit code: 0 when the tools came to their end, whatever they found; 1 when one did not; -1 when nothing ran. */
  @func() exitCode: number
  /** How long the slowest of the runs took when it really ran; several run side by side. */
  @func() seconds: float
  /** Whether all of it came from the cache. */
  @func() cached: boolean
  /** Which database could not be asked, and why; empty when all have answered. */
  @func() unreachable: string
  /** How many findings there are. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `audit.sarif` with all findings, and a folder for each go.mod or package-lock.json with the tool's own report and output. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    unreachable: string,
    reports: Directory,
    findings?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.unreachable = unreachable
    this.value = findings
    this.unit = findings === undefined ? "" : "findings"
    this.reports = reports
  }

  /** The reason; an error when there is a finding, and when it is inconclusive. */
  @func()
  verdict(): string {
    if (this.status !== "passed" && this.status !== "notApplicable")
      throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Audit {
  /**
   * The container that govulncheck runs in, with the module cache of the module golang.
   *
   * Example: `dagger -m modules/audit call base with-exec --args govulncheck,-version stdout`
   *
   * @param image Another image with Go and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.golang): Container {
    return withGoProgram(goContainer(image), tools.govulncheck)
  }

  /**
   * Asks for known vulnerabilities of all that the given folders ship; each has a go.mod or a package-lock.json, or both. A database is asked again each day.
   *
   * Example: `dagger -m modules/audit call scan --source . --paths services/suppliers,services/frontend verdict`
   *
   * @param source The folder with all of them.
   * @param paths The folders in `source`.
   * @param goDatabase The address of a Go vulnerability database, of the form of vuln.go.dev.
   * @param goDatabaseFolder Such a database as a folder (index/, ID/), instead of an address: for a machine without a network.
   * @param npmRegistry The registry whose advisories npm is given.
   * @param target A service that the addresses reach by `targetName`, such as a mirror at tcp://127.0.0.1:8080.
   * @param targetName The host name of `target`.
   * @param dev Whether npm's development dependencies count.
   * @param name What the result is called by.
   * @param timeout Seconds for each of the tools' runs; a database that has not answered by then is one that cannot be asked.
   * @param image Another image with Go and bash in it.
   * @param nodeImage Another image with Node, npm and bash in it.
   * @param asked Another value than before asks the databases again; the day in UTC if nothing is said.
   * @param until Seconds since 1970: a scan that runs longer is given as skipped. 0 waits for it.
   * @param again Another value than before runs the tools again, whatever is in the cache.
   * @param modules Go's module cache with all that is needed, from `modules` of the module golang: nothing is fetched then, and private modules need no login here.
   */
  @func({ cache: "session" })
  async scan(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    goDatabase: string = "https://vuln.go.dev",
    goDatabaseFolder?: Directory,
    npmRegistry: string = "https://registry.npmjs.org",
    target?: Service,
    targetName: string = "database",
    dev: boolean = false,
    name: string = "audit",
    timeout: number = 120,
    image: string = images.golang,
    nodeImage: string = images.node,
    asked: string = "",
    until: number = 0,
    again: string = "",
    modules?: Directory,
  ): Promise<Result> {
    return reported(name, until, async () => {
      const day = `${asked || new Date().toISOString().slice(0, 10)}${again}`
      const reaching = (container: Container): Container =>
        (target ? container.withServiceBinding(targetName, target) : container).withEnvVariable("STEP_ASKED_ON", day)
      const [database, shown] = goDatabaseFolder
        ? ["file:///database", "the folder of Go's database"]
        : [goDatabase, goDatabase]
      // A database that has not answered once is not asked again for each folder.
      let silent = ""
      const work: { manifest: string; ask: () => Promise<Asked> }[] = []
      for (const path of cleanPaths(paths)) {
        const at = (file: string): string => (path === "." ? file : `${path}/${file}`)
        const within = (container: Container, input: Directory): Container =>
          container.withMountedDirectory(workdir, input).withWorkdir(path === "." ? workdir : `${workdir}/${path}`)
        const [go, npm] = await Promise.all([source.exists(at("go.mod")), source.exists(at("package-lock.json"))])
        const askGo = async (): Promise<Asked> => {
          if (silent) return { answer: { findings: [], unreachable: silent, trouble: "" } }
          const skeleton = await skeletonOf(
            withModules(again ? goContainer(image).withEnvVariable("STEP_AGAIN", again) : goContainer(image), modules),
            source,
            path,
            timeout,
          )
          let container = reaching(within(withModules(this.base(image), modules), skeleton))
          if (goDatabaseFolder) container = container.withMountedDirectory("/database", goDatabaseFolder)
          const ran = await runStep(
            container,
            written("govulncheck.json", "govulncheck", "-db", database, "-scan", "package", "-format", "json", "./..."),
            timeout,
            { yields: true },
          )
          const [printed, said, goMod] = await Promise.all([
            readReport(ran.reports, "govulncheck.json"),
            readReport(ran.reports, "output.txt"),
            source.file(at("go.mod")).contents(),
          ])
          const answer = govulncheckAnswer({
            exitCode: ran.exitCode,
            timedOut: ran.timedOut,
            printed,
            said,
            database: shown,
            path,
            goMod,
          })
          silent ||= answer.unreachable
          return { ran, answer }
        }
        const askNpm = async (): Promise<Asked> => {
          const [manifest, lockfile] = await Promise.all([
            source.file(at("package.json")).contents(),
            source.file(at("package-lock.json")).contents(),
          ])
          const input = dag
            .directory()
            .withNewFile(at("package.json"), manifest)
            .withNewFile(at("package-lock.json"), lockfile)
          const flags = ["--package-lock-only", "--json", `--registry=${npmRegistry}`, ...(dev ? [] : ["--omit=dev"])]
          const ran = await runStep(
            reaching(within(npmContainer(nodeImage), input)),
            written("npm-audit.json", "npm", "audit", ...flags),
            timeout,
          )
          const [printed, said] = await Promise.all([
            readReport(ran.reports, "npm-audit.json"),
            readReport(ran.reports, "output.txt"),
          ])
          return {
            ran,
            answer: auditAnswer({ timedOut: ran.timedOut, printed, said, registry: npmRegistry, path, lockfile }),
          }
        }
        if (go) work.push({ manifest: at("go.mod"), ask: askGo })
        if (npm) work.push({ manifest: at("package-lock.json"), ask: askNpm })
      }
      if (work.length === 0)
        return new Result(
          name,
          "notApplicable",
          `nothing declares dependencies: there is no go.mod and no package-lock.json in ${paths.join(", ")}`,
          0,
          0,
          false,
          "",
          dag.directory(),
        )
      return result(name, await eachOf(work, 2, async ({ manifest, ask }) => ({ manifest, ...(await ask()) })))
    })
  }

  /**
   * Runs govulncheck with any arguments on a folder, mounted as the working directory: the way to what this module has no function for, such as a look at which functions are called.
   *
   * Example: `dagger -m modules/audit call govulncheck --source services/kit --args=-db,https://vuln.example.com,./... stdout`
   *
   * @param source The folder.
   * @param args The arguments of govulncheck.
   */
  @func({ cache: "never" })
  govulncheck(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.golang,
  ): Container {
    return this.base(image)
      .withEnvVariable("STEP_ASKED_ON", String(Date.now()))
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["govulncheck", ...args])
  }
}

/** A tool's run, if there was one, and what it came to. */
interface Asked {
  ran?: Ran
  answer: Answer
}

/** A command whose standard output is a report by itself. */
function written(file: string, ...command: string[]): string[] {
  return ["bash", "-c", `exec "$@" > /report/${file}`, "audit", ...command]
}

/** Node with npm that gives up soon: a registry that does not answer is a result. */
function npmContainer(image: string): Container {
  return dag
    .container()
    .from(image)
    .withEnvVariable("NO_COLOR", "1")
    .withEnvVariable("npm_config_update_notifier", "false")
    .withEnvVariable("npm_config_fetch_retries", "1")
    .withEnvVariable("npm_config_fetch_retry_mintimeout", "1000")
    .withEnvVariable("npm_config_fetch_timeout", "30000")
}

function result(name: string, asked: (Asked & { manifest: string })[]): Result {
  let reports = dag.directory()
  for (const { manifest, ran } of asked)
    if (ran) reports = reports.withDirectory(manifest.replaceAll("/", "-"), ran.reports)
  const findings = ordered(asked.flatMap(({ answer }) => answer.findings))
  const troubled = asked.find(({ answer }) => answer.trouble !== "")
  const trouble = troubled ? `${troubled.manifest}: ${troubled.answer.trouble}` : ""
  const unreachable = [...new Set(asked.map(({ answer }) => answer.unreachable).filter((text) => text !== ""))].join(
    "; ",
  )
  const status = trouble || findings.length ? "failed" : unreachable ? "inconclusive" : "passed"
  const reason =
    trouble ||
    describe(findings) ||
    unreachable ||
    `no known vulnerability in ${asked.map(({ manifest }) => manifest).join(", ")}`
  const { longest, cached } = timesOf(asked.flatMap(({ ran }) => ran ?? []))
  return new Result(
    name,
    status,
    reason,
    trouble ? 1 : 0,
    longest,
    cached,
    unreachable,
    reports.withNewFile("audit.sarif", sarif(["govulncheck", "npm audit"], findings)),
    findings.length,
  )
}

/** Prints a line when the scan starts and one when it ends; what goes wrong around the tools is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(
      name,
      until,
      work,
      (status, reason, reports) => new Result(name, status, reason, -1, 0, false, "", reports),
    ),
  )
}
