/**
 * Puts load on something live, with a plan of JMeter, and judges what JMeter has measured.
 *
 * JMeter ends with 0 although requests failed, so its results are read: no sample, too many that failed and times above the limit are failures, and
 * so is an address that does not answer. No result comes from an earlier session's cache. (Not `cache: "never"`: v0.19.10 then calls the function
 * again for each field of its result that is read.)
 */
import { Container, Directory, File, Service, dag, float, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import {
  type Judgement,
  type Limits,
  type Outcome,
  groupsApart,
  judge,
  junit,
  limitFault,
  outcome,
  planFault,
  propertyArguments,
  samples,
  trouble,
} from "./read"
import { runScript } from "./scripts"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

/** What a run has found. */
@object()
export class Result {
  /** The name of the result, `load` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the run ended. */
  @func() status: string
  /** For a failure the limit that was missed, with the label that is worst; else the figures. */
  @func() reason: string
  /** JMeter's exit code, which is 0 also when limits were missed; 7 nothing answers at the address, 124 time-out, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the run took. */
  @func() seconds: float
  /** Always false: each session runs the plan. */
  @func() cached: boolean
  /** What decided: the time that 95 of 100 samples took at most or, when that is why the run failed, the percentage that failed or the number of samples. */
  @func() value?: float
  /** The limit of `value`, when there is one. */
  @func() limit?: float
  /** The unit of `value`: `ms`, `%` or `samples`. */
  @func() unit: string
  /** How many samples the plan's thread groups took; those of set-up and tear-down groups are not among them, nor in the next three. */
  @func() samples?: number
  /** How many percent of the samples failed. */
  @func() errors?: float
  /** The milliseconds that 95 of 100 samples took at most. */
  @func() p95?: float
  /** Samples in a second. */
  @func() throughput?: float
  /** `result.json` with these fields, `results.jtl` and `jmeter.log`, `labels.json` (figures of each label), `junit.xml`, JMeter's `dashboard/` and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    reports: Directory,
    found?: Outcome,
    judged?: Judgement,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = false
    this.value = judged?.value
    this.limit = judged?.limit
    this.unit = judged?.unit ?? ""
    this.samples = found?.samples
    this.errors = found?.errors
    this.p95 = found?.p95
    this.throughput = found?.throughput
    this.reports = reports
  }

  /** The reason; an error when the run did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Jmeter {
  /**
   * The container that JMeter runs in.
   *
   * Example: `dagger -m modules/jmeter call base with-exec --args jmeter,--version stdout`
   *
   * @param image Another image with jmeter, curl and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.jmeter): Container {
    return dag.container().from(image).withWorkdir("/load")
  }

  /**
   * Runs a plan. Its requests take the address from the property `baseUrl`.
   *
   * Example: `dagger -m modules/jmeter call run --plan test/fixtures/load/page.jmx --url http://product:8099 --target tcp://127.0.0.1:8099 --max-p-95 500 verdict`
   *
   * @param plan The plan, a .jmx file that needs no other file.
   * @param url The address to test: the property `baseUrl`, without a slash at the end.
   * @param target What is tested, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:8080`).
   * @param targetName The host name of the target, as it stands in `url`.
   * @param properties More properties for the plan, such as `users=20`.
   * @param maxP95 The milliseconds that 95 of 100 samples may take at most; 0 sets no limit.
   * @param maxErrors How many percent of the samples may fail; with -1 any share but all of them.
   * @param minSamples How many samples have to be taken at least.
   * @param timeout Seconds for the whole run, the wait included; the plan sets how long the load lasts.
   * @param wait Seconds until something has to answer at the address, with anything but 502, 503 and 504.
   * @param name What the result is called by.
   * @param image Another image with jmeter, curl and bash in it.
   * @param args More arguments for JMeter, for example `-Lorg.apache.http=DEBUG`.
   * @param until Seconds since 1970: a run that takes longer is given as skipped. 0 waits for it.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async run(
    plan: File,
    url: string,
    target?: Service,
    targetName: string = "product",
    properties: string[] = [],
    maxP95: number = 0,
    maxErrors: number = 0,
    minSamples: number = 1,
    timeout: number = 600,
    wait: number = 30,
    name: string = "load",
    image: string = images.jmeter,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    const address = url.replace(/\/+$/, "")
    const limits: Limits = { maxP95, maxErrors, minSamples }
    return reported(name, until, async () => {
      const text = await plan.contents()
      const fault = planFault(text) || limitFault(limits)
      if (fault) throw new Error(fault)
      const flags = [
        ...[
          "-n",
          "-t",
          "/load/plan.jmx",
          "-l",
          "/report/results.jtl",
          "-j",
          "/report/jmeter.log",
          "-e",
          "-o",
          "/report/dashboard",
        ],
        ...[
          "-Jjmeter.save.saveservice.output_format=csv",
          `-JbaseUrl=${address}`,
          ...propertyArguments(properties),
          ...args,
        ],
      ]
      let container = this.base(image).withFile("/load/plan.jmx", plan)
      if (target) container = container.withServiceBinding(targetName, target)
      const ran = await runStep(
        asked(container, again),
        ["bash", "-c", runScript, "jmeter", address, String(wait), ...flags],
        timeout,
      )
      return result(name, ran, groupsApart(text), limits)
    })
  }

  /**
   * Runs JMeter with any arguments in a folder, mounted as the working directory: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/jmeter call jmeter --source test/fixtures/load --args=--help stdout`
   *
   * @param source The folder with plans and data files.
   * @param args The arguments of jmeter.
   */
  @func({ cache: "session" })
  jmeter(
    source: Directory,
    args: string[],
    target?: Service,
    targetName: string = "product",
    image: string = images.jmeter,
  ): Container {
    let container = this.base(image).withMountedDirectory("/load", source)
    if (target) container = container.withServiceBinding(targetName, target)
    return asked(container, "").withExec(["jmeter", ...args])
  }
}

/** The container, different from that of any other call: something live is tested, so that no layer may come from the cache. */
function asked(container: Container, again: string): Container {
  return container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
}

async function result(name: string, ran: Ran, apart: string[], limits: Limits): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  const failed = (reason: string, found?: Outcome, judged?: Judgement, reports = ran.reports): Result =>
    new Result(name, "failed", reason, ran.exitCode, ran.seconds, reports, found, judged)
  if (!(await ran.reports.exists("results.jtl")))
    return failed(
      ran.timedOut ? `timed out after ${Math.round(ran.seconds)} s` : trouble(output) || `exit code ${ran.exitCode}`,
    )
  const found = outcome(samples(await readReport(ran.reports, "results.jtl")), apart)
  const judged = judge(found, limits)
  const reports = ran.reports
    .withNewFile("labels.json", `${JSON.stringify([...found.apart, ...found.labels], null, 1)}\n`)
    .withNewFile("junit.xml", junit(name, found))
  if (ran.timedOut)
    return failed(
      `timed out after ${Math.round(ran.seconds)} s with ${found.samples} samples written`,
      found,
      undefined,
      reports,
    )
  if (!judged.passed) return failed(judged.reason, found, judged, reports)
  if (ran.exitCode !== 0) return failed(trouble(output) || `exit code ${ran.exitCode}`, found, undefined, reports)
  return new Result(name, "passed", judged.reason, ran.exitCode, ran.seconds, reports, found, judged)
}

/** Prints a line when the run starts and one when it ends; what goes wrong around JMeter is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, reports)),
  )
}
