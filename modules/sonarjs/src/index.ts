/**
 * Looks for security flaws in JavaScript, TypeScript and Vue sources with the rules of eslint-plugin-sonarjs, whatever linter the project itself has.
 *
 * A scan that has read no file, or could not parse one, is a failure, not a clean result. Comments in the sources silence nothing: what is to be left out is the
 * caller's decision, who filters the SARIF log.
 */
import { Container, Directory, argument, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { readScan } from "./read"
import { describe, ordered, sarif } from "./shared/sarif"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"
import { config, files } from "./tool"

const workdir = "/src"

/** What a scan has found. */
@object()
export class Result {
  /** The name of the result, `sast` if no other was given. */
  @func() name: string
  /** `passed` with no finding, `failed`, or `skipped` when the call was interrupted before the scan ended. */
  @func() status: string
  /** For a failure the worst finding, or what could not be read; else how much was looked at. */
  @func() reason: string
  /** The exit code: 0 when the scan came to its end, whatever it found; 124 time-out, -1 when nothing ran, anything else an error. */
  @func() exitCode: number
  /** How long eslint took when it really ran. */
  @func() seconds: float
  /** Whether all of it came from the cache. */
  @func() cached: boolean
  /** How many findings there are. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `sonarjs.sarif` with all findings, eslint's own report and its output. */
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

  /** The reason; an error when there is a finding, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Sonarjs {
  /**
   * The container that eslint runs in, with the plugin and the parsers of this module's own lockfile.
   *
   * Example: `dagger -m modules/sonarjs call base with-exec --args npx,eslint,--version stdout`
   *
   * @param image Another image with node, npm and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.node): Container {
    let container = dag.container().from(image).withWorkdir("/tool")
    for (const [file, text] of Object.entries(files)) container = container.withNewFile(file, text)
    return container
      .withExec(["npm", "ci", "--no-audit", "--no-fund", "--no-progress"])
      .withNewFile("eslint.config.mjs", config)
  }

  /**
   * Scans sources; tests and what is built from others are left out.
   *
   * Example: `dagger -m modules/sonarjs call scan --source services/frontend verdict`
   *
   * @param source The sources.
   * @param name What the result is called by.
   * @param timeout Seconds.
   * @param image Another image with node, npm and bash in it.
   * @param args More arguments for eslint, for example `--ignore-pattern=src/api/**`.
   * @param until Seconds since 1970: a scan that runs longer is given as skipped. 0 waits for it.
   * @param again Another value than before runs the tools again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async scan(
    @argument({ ignore: ["**/.git", "**/node_modules", "**/dist", "**/coverage"] }) source: Directory,
    name: string = "sast",
    timeout: number = 600,
    image: string = images.node,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    return reported(name, until, async () => {
      const flags = [
        "--config=/tool/eslint.config.mjs",
        "--format=json",
        "--output-file=/report/eslint.json",
        "--no-error-on-unmatched-pattern",
        ...args,
      ]
      const container = anew(this.base(image), again).withMountedDirectory(workdir, source).withWorkdir(workdir)
      return result(name, await runStep(container, ["/tool/node_modules/.bin/eslint", ...flags, "."], timeout))
    })
  }

  /**
   * Runs eslint with any arguments on a folder, mounted as the working directory: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/sonarjs call eslint --source services/frontend --args=--help stdout`
   *
   * @param source The folder.
   * @param args The arguments of eslint.
   */
  @func({ cache: "session" })
  eslint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.node,
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["/tool/node_modules/.bin/eslint", ...args])
  }
}

/** The container, another one for each value of `again` but none: nothing in it then comes from an earlier call's cache. */
function anew(container: Container, again: string): Container {
  return again ? container.withEnvVariable("STEP_AGAIN", again) : container
}

async function result(name: string, ran: Ran): Promise<Result> {
  const text = await readReport(ran.reports, "eslint.json")
  const failed = (reason: string): Result =>
    new Result(
      name,
      "failed",
      reason,
      ran.exitCode,
      ran.seconds,
      ran.cached,
      ran.reports.withNewFile("sonarjs.sarif", sarif(["eslint-plugin-sonarjs"], [])),
    )
  if (ran.timedOut) return failed(`timed out after ${Math.round(ran.seconds)} s`)
  // eslint ends with 1 when it has found something, with 2 when it could not work.
  if (ran.exitCode > 1 || text === "")
    return failed(
      firstLine(await readReport(ran.reports, "output.txt")) || `eslint ended with ${ran.exitCode} and no report`,
    )
  const { findings, files, errors } = readScan(text, workdir)
  const trouble = errors[0] ?? (files === 0 ? "no file was looked at" : "")
  const sorted = ordered(findings)
  const reports = ran.reports.withNewFile("sonarjs.sarif", sarif(["eslint-plugin-sonarjs"], sorted))
  return new Result(
    name,
    trouble || findings.length ? "failed" : "passed",
    trouble || describe(sorted) || `no finding in ${files} files`,
    trouble ? 1 : 0,
    ran.seconds,
    ran.cached,
    reports,
    findings.length,
  )
}

/** Prints a line when the scan starts and one when it ends; what goes wrong around eslint is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, false, reports)),
  )
}
