/**
 * Looks for faults in YAML files with yamllint.
 *
 * A source that has a configuration of its own (`.yamllint`, `.yamllint.yaml` or `.yamllint.yml`) is held to that one. Any other is looked through for errors only: what cannot be read, a
 * key that stands twice, an alias of nothing. A run that has looked at no file is a failure, not a clean result.
 */
import { Container, Directory, argument, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { errorsOnly, findingsIn } from "./read"
import { requirements } from "./requirements"
import { describe, ordered, sarif } from "./shared/sarif"
import { lintScript } from "./scripts"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

const workdir = "/src"

/** What a run has found. */
@object()
export class Result {
  /** The name of the result, `yaml` if no other was given. */
  @func() name: string
  /** `passed` without an error, `failed`, or `skipped` when the call was interrupted before it ended. */
  @func() status: string
  /** For a failure the first error as `file:line text (rule)`; else how much was looked at. */
  @func() reason: string
  /** The exit code: 0 when yamllint came to its end, whatever it found; 124 time-out, -1 when nothing ran, anything else an error. */
  @func() exitCode: number
  /** How long yamllint took when it really ran. */
  @func() seconds: float
  /** Whether it came from the cache. */
  @func() cached: boolean
  /** How many errors there are; warnings are in the reports alone. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `yamllint.sarif`, `yamllint.txt` with yamllint's own lines, `files.txt` with what was looked at, and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    errors?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = errors
    this.unit = errors === undefined ? "" : "errors"
    this.reports = reports
  }

  /** The reason; an error when there is an error in a file, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Yamllint {
  /**
   * The container that yamllint runs in: Python's own image, with what src/requirements.ts pins.
   *
   * Example: `dagger -m modules/yamllint call base with-exec --args yamllint,--version stdout`
   *
   * @param image An image that has yamllint and bash in it, instead of that.
   */
  @func()
  base(image: string = ""): Container {
    if (image !== "") return dag.container().from(image)
    return dag
      .container()
      .from(images.python)
      .withNewFile("/opt/requirements.txt", requirements)
      .withMountedCache("/root/.cache/pip", dag.cacheVolume("delivery-yamllint-pip"))
      .withExec([
        "sh",
        "-ec",
        "python3 -m venv /opt/yamllint && /opt/yamllint/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r /opt/requirements.txt",
      ])
      .withoutMount("/root/.cache/pip")
      .withEnvVariable("PATH", "/opt/yamllint/bin:${PATH}", { expand: true })
  }

  /**
   * Looks at every `*.yaml` and `*.yml` of a folder. Errors fail it; a configuration may make warnings of them, which are reported.
   *
   * Example: `dagger -m modules/yamllint call lint --source . verdict`
   *
   * @param source The folder. Templates that only look like YAML have to be left out, by the caller or by `ignore` in the source's own configuration.
   * @param name What the result is called by.
   * @param timeout Seconds.
   * @param image An image that has yamllint and bash in it.
   * @param args More arguments for yamllint, for example `--strict`.
   * @param until Seconds since 1970: a run that takes longer is given as skipped. 0 waits for it.
   * @param again Another value than before runs yamllint again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    name: string = "yaml",
    timeout: number = 600,
    image: string = "",
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    return reported(name, until, async () => {
      const container = this.base(image).withMountedDirectory(workdir, source).withWorkdir(workdir)
      return result(
        name,
        await runStep(
          again ? container.withEnvVariable("STEP_AGAIN", again) : container,
          ["bash", "-c", lintScript, "lint", errorsOnly, ...args],
          timeout,
        ),
      )
    })
  }

  /**
   * Runs yamllint with any arguments on a folder, mounted as the working directory: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/yamllint call yamllint --source charts --args=--list-files,. stdout`
   *
   * @param source The folder.
   * @param args The arguments of yamllint.
   */
  @func({ cache: "session" })
  yamllint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = "",
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["yamllint", ...args])
  }
}

async function result(name: string, ran: Ran): Promise<Result> {
  const [output, listed, found, own] = await Promise.all(
    ["output.txt", "files.txt", "yamllint.txt", "config.txt"].map((file) => readReport(ran.reports, file)),
  )
  const findings = ordered(findingsIn(found!))
  const errors = findings.filter(({ level }) => level === "error")
  const files = listed!.split("\n").filter((line) => line !== "").length
  const config = own!.trim()
  const trouble = ran.timedOut
    ? `timed out after ${Math.round(ran.seconds)} s`
    : ran.exitCode !== 0
      ? firstLine(output!) || `yamllint ended with ${ran.exitCode}`
      : files === 0
        ? `no file was looked at${config && `: ${config} leaves all out`}`
        : ""
  const warnings = findings.length - errors.length
  const reason =
    trouble ||
    describe(errors) ||
    `no error in ${files} files${warnings ? `, ${warnings} warnings` : ""}${config && `, by ${config}`}`
  return new Result(
    name,
    trouble || errors.length ? "failed" : "passed",
    reason,
    ran.exitCode || (trouble ? 1 : 0),
    ran.seconds,
    ran.cached,
    ran.reports.withoutFile("config.txt").withNewFile("yamllint.sarif", sarif(["yamllint"], findings)),
    errors.length,
  )
}

/** Prints a line when the run starts and one when it ends; what goes wrong around yamllint is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, false, reports)),
  )
}
