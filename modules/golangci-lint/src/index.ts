/**
 * Runs golangci-lint on Go modules, by their own configuration.
 *
 * A module without a configuration of golangci-lint is checked by golangci-lint's own defaults. What does not compile, or a configuration that is wrong, is a failure, not a clean result.
 */
import { Container, Directory, argument, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { withGoCaches } from "./shared/go"
import { images } from "./images"
import { readLint, trouble } from "./read"
import { describe, ordered, sarif } from "./shared/sarif"
import { Ran, readReport, runStep, timesOf, told, withResult } from "./shared/step"

const workdir = "/src"

/** What a run has found. */
@object()
export class Result {
  /** The name of the result, `lint` if no other was given. */
  @func() name: string
  /** `passed` with no finding, `failed`, or `skipped` when there is no golangci-lint, or when the call was interrupted before it ended. */
  @func() status: string
  /** For a failure the first finding as `file:line text (rule)`, or what went wrong; else how many linters ran. */
  @func() reason: string
  /** The exit code: 0 when golangci-lint came to its end, whatever it found; 124 time-out, -1 when nothing ran, anything else an error. */
  @func() exitCode: number
  /** How long golangci-lint took when it really ran. */
  @func() seconds: float
  /** Whether all of it came from the cache. */
  @func() cached: boolean
  /** How many findings there are. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `golangci-lint.sarif` with all findings, and a folder for each module with golangci-lint's own report and output. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    findings?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = findings
    this.unit = findings === undefined ? "" : "findings"
    this.reports = reports
  }

  /** The reason; an error when it did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class GolangciLint {
  /**
   * The container that golangci-lint runs in, with warm module and build caches: those of the module golang, which has compiled the same packages with the same Go.
   *
   * Example: `dagger -m modules/golangci-lint call base with-exec --args golangci-lint,version stdout`
   *
   * @param image Another image with golangci-lint, Go and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.golangcilint): Container {
    return withGoCaches(dag.container().from(image))
      .withMountedCache("/root/.cache/golangci-lint", dag.cacheVolume("delivery-golangci-lint"))
      .withEnvVariable("CGO_ENABLED", "0")
      .withEnvVariable("GOFLAGS", "-trimpath")
  }

  /**
   * Checks one Go module.
   *
   * Example: `dagger -m modules/golangci-lint call lint --source . --path services/suppliers verdict`
   *
   * @param source The folder with everything that the module needs, and with the configuration, where that lies above the module.
   * @param path The module's folder in `source`.
   * @param name What the result is called by.
   * @param timeout Seconds.
   * @param image Another image with golangci-lint, Go and bash in it.
   * @param args More arguments for `golangci-lint run`, for example `--enable=errorlint`.
   * @param until Seconds since 1970: a run that takes longer is given as skipped. 0 waits for it.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    name: string = "lint",
    timeout: number = 600,
    image: string = images.golangcilint,
    args: string[] = [],
    until: number = 0,
  ): Promise<Result> {
    return this.lintAll([source], [path], name, timeout, image, args, until)
  }

  /**
   * Checks several Go modules, as one result. Each has a source of its own, so that a change in one checks that one again.
   *
   * Example: `dagger -m modules/golangci-lint call lint-all --sources services,services/kit --paths suppliers,. verdict`
   *
   * @param sources For each module the folder with everything that it needs.
   * @param paths The modules' folders in their sources, in the same order.
   * @param again Another value than before runs golangci-lint again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async lintAll(
    sources: Directory[],
    paths: string[],
    name: string = "lint",
    timeout: number = 600,
    image: string = images.golangcilint,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    return reported(name, until, async () => {
      if (sources.length !== paths.length || paths.length === 0)
        throw new Error(`${sources.length} sources and ${paths.length} paths: each module has one of both`)
      for (const [i, path] of paths.entries())
        if (!(await sources[i]!.exists(`${path}/go.mod`)))
          throw new Error(`paths: there is no ${path === "." ? "" : `${path}/`}go.mod in the source`)
      const missing = await missingImage(image)
      if (missing)
        return new Result(
          name,
          "skipped",
          missing,
          -1,
          0,
          false,
          dag.directory().withNewFile("output.txt", `${missing}\n`),
        )
      const flags = [
        "--output.json.path=/report/golangci-lint.json",
        "--output.text.path=stdout",
        "--path-mode=abs",
        "--max-issues-per-linter=0",
        "--max-same-issues=0",
        `--timeout=${timeout}s`,
        ...args,
      ]
      // One after the other: golangci-lint uses all cores by itself, and takes a lock.
      const ran: { path: string; ran: Ran }[] = []
      for (const [i, path] of paths.entries()) {
        const container = this.base(image)
          .withMountedDirectory(workdir, sources[i]!)
          .withWorkdir(path === "." ? workdir : `${workdir}/${path}`)
        ran.push({
          path,
          ran: await runStep(
            again ? container.withEnvVariable("STEP_AGAIN", again) : container,
            ["bash", "-c", lintScript, "lint", ...flags],
            timeout,
          ),
        })
      }
      return result(name, ran)
    })
  }

  /**
   * Runs golangci-lint with any arguments on a folder, mounted as the working directory: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/golangci-lint call golangci-lint --source services/kit --args=linters stdout`
   *
   * @param source The folder.
   * @param args The arguments of golangci-lint.
   */
  @func({ cache: "session" })
  golangciLint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.golangcilint,
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["golangci-lint", ...args])
  }
}

/** Findings are no error of the command: the report tells them. What is one comes through: a wrong configuration, a module without Go files, a time-out. */
const lintScript = `
golangci-lint run --issues-exit-code=0 "$@" ./...
`

/** Why there is no golangci-lint; empty where there is one. */
async function missingImage(image: string): Promise<string> {
  try {
    await dag.container().from(image).sync()
    return ""
  } catch (error) {
    const why = firstLine(error instanceof Error ? error.message : String(error)).replace(/ \[traceparent:[^\]]*\]/, "")
    return `no golangci-lint: ${image} cannot be had (${why}). Where images are built here, \`npm run dagger -- -m modules/golangci-lint call base sync\` builds it`
  }
}

async function result(name: string, runs: { path: string; ran: Ran }[]): Promise<Result> {
  let reports = dag.directory()
  for (const { path, ran } of runs)
    reports = reports.withDirectory(path === "." ? "module" : path.replaceAll("/", "-"), ran.reports)
  const read = await Promise.all(
    runs.map(async ({ path, ran }) => {
      const [text, output] = await Promise.all([
        readReport(ran.reports, "golangci-lint.json"),
        readReport(ran.reports, "output.txt"),
      ])
      const lint = text === "" ? { findings: [], linters: [], error: "" } : readLint(text, workdir)
      const broken = ran.timedOut
        ? `timed out after ${Math.round(ran.seconds)} s`
        : ran.exitCode !== 0
          ? trouble(output) || `golangci-lint ended with ${ran.exitCode}`
          : text === ""
            ? "golangci-lint wrote no report"
            : lint.error
      return { ...lint, broken: broken && `${path}: ${broken}` }
    }),
  )
  const findings = ordered(read.flatMap((one) => one.findings))
  // What does not compile is told as a finding, with its place, and as an error of golangci-lint's too.
  const broken = findings.length ? "" : (read.find((one) => one.broken !== "")?.broken ?? "")
  const code = runs.map(({ ran }) => ran.exitCode).find((one) => one !== 0) ?? (broken ? 1 : 0)
  const linters = new Set(read.flatMap((one) => one.linters))
  const reason = broken || describe(findings) || `no finding of ${linters.size} linters in ${runs.length} modules`
  const { sum, cached } = timesOf(runs.map(({ ran }) => ran))
  return new Result(
    name,
    broken || findings.length ? "failed" : "passed",
    reason,
    code,
    sum,
    cached,
    reports.withNewFile("golangci-lint.sarif", sarif(["golangci-lint"], findings)),
    findings.length,
  )
}

/** Prints a line when the run starts and one when it ends; what goes wrong around golangci-lint is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, false, reports)),
  )
}
