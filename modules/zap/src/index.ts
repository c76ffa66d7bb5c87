/**
 * Has ZAP visit something live and look for security flaws there, through its automation framework, and judges what it tells.
 *
 * A ZAP that has no rules, has seen too few URLs or could not reach the address is a failure, not a clean scan. No result comes from an earlier session's
 * cache. (Not `cache: "never"`: v0.19.10 then calls the function again for each field of its result that is read.)
 */
import { Container, Directory, Service, dag, float, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { type Judgement, type Limits, type Outcome, judge, limitFault, outcome, startUrls, trouble } from "./read"
import { scanScript } from "./scripts"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

/** What a run has found. */
@object()
export class Result {
  /** The name of the result, `zap` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the run ended. */
  @func() status: string
  /** For a failure the worst finding, with its method, path and parameter; else how much was visited and found. */
  @func() reason: string
  /** The exit code: 0 also with findings, 7 nothing answers at the address, 124 time-out, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the run took. */
  @func() seconds: float
  /** Always false: each session scans. */
  @func() cached: boolean
  /** How many findings there are of the risks that are above their limits, or, when none is, of those that have one. Too few rules or URLs: how many. */
  @func() value?: float
  /** The limit of `value`. */
  @func() limit?: float
  /** The unit of `value`: `findings`, `rules` or `URLs`. */
  @func() unit: string
  /** How many URLs of the address were visited and answered with less than 400. */
  @func() urls?: number
  /** How many rules, active and passive, ZAP had. Without one it visits URLs, and that is all. */
  @func() rules?: number
  /** `result.json` with these fields, `zap.json` (rules, URLs, alerts, what ZAP says of the plan), `plan.yaml`, `zap.html` when ZAP can write it, and `output.txt`. */
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
    this.urls = found?.urls
    this.rules = found?.rules
    this.reports = reports
  }

  /** The reason; an error when the scan did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Zap {
  /**
   * The container that ZAP runs in.
   *
   * Example: `dagger -m modules/zap call base with-exec --args zap.sh,-cmd,-silent,-version stdout`
   *
   * @param image Another image with zap.sh, python3 and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.zap): Container {
    return dag.container().from(image).withUser("root").withWorkdir("/zap")
  }

  /**
   * Visits what is at an address and below it, and scans it with the rules that this ZAP has.
   *
   * Example: `dagger -m modules/zap call scan --url http://product:8099/ --target tcp://127.0.0.1:8099 --min-rules 0 verdict`
   *
   * @param url The address to begin with; nothing above it is scanned, and nothing of another host.
   * @param target What is tested, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:8080`).
   * @param targetName The host name of the target, as it stands in `url`.
   * @param start More addresses or paths to ask for, such as `/api/search?name=x`: the spider follows links and forms, not what a page's scripts ask for.
   * @param maxHigh How many findings may be high; -1 for no limit.
   * @param maxMedium How many findings may be medium; -1 for no limit.
   * @param maxLow How many findings may be low or informational; -1 for no limit.
   * @param minUrls How many URLs have to be visited at least.
   * @param minRules How many rules ZAP has to have. With 0 a ZAP without any passes as well, and its reason says that nothing was looked for.
   * @param timeout Seconds for the whole run, the wait and ZAP's start included.
   * @param scanTime Seconds for the spider, and for the active scan, in whole minutes. One that was cut short is a failure.
   * @param wait Seconds until something has to answer at the address, with anything but 502, 503 and 504.
   * @param name What the result is called by.
   * @param image Another image with zap.sh, python3 and bash in it.
   * @param args More arguments for zap.sh, for example `-config,spider.maxDepth=3`.
   * @param until Seconds since 1970: a run that takes longer is given as skipped. 0 waits for it.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async scan(
    url: string,
    target?: Service,
    targetName: string = "product",
    start: string[] = [],
    maxHigh: number = 0,
    maxMedium: number = 0,
    maxLow: number = -1,
    minUrls: number = 1,
    minRules: number = 1,
    timeout: number = 900,
    scanTime: number = 300,
    wait: number = 30,
    name: string = "zap",
    image: string = images.zap,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    const limits: Limits = { maxHigh, maxMedium, maxLow, minUrls, minRules }
    return reported(name, until, async () => {
      const fault = limitFault(limits)
      if (fault) throw new Error(fault)
      const minutes = Math.max(1, Math.ceil(scanTime / 60))
      const given = JSON.stringify({ url, start: startUrls(url, start), wait, minutes, args })
      let container = this.base(image)
      if (target) container = container.withServiceBinding(targetName, target)
      const ran = await runStep(asked(container, again), ["python3", "-c", scanScript, given], timeout)
      return result(name, ran, limits, minutes)
    })
  }

  /**
   * Runs zap.sh with any arguments in a folder, mounted as the working directory: the way to what this module has no function for, such as a plan of
   * one's own.
   *
   * Example: `dagger -m modules/zap call zap --source test/fixtures/page --args=-cmd,-silent,-version stdout`
   *
   * @param source The folder with plans.
   * @param args The arguments of zap.sh.
   */
  @func({ cache: "session" })
  zap(
    source: Directory,
    args: string[],
    target?: Service,
    targetName: string = "product",
    image: string = images.zap,
  ): Container {
    let container = this.base(image).withMountedDirectory("/zap/wrk", source).withWorkdir("/zap/wrk")
    if (target) container = container.withServiceBinding(targetName, target)
    return asked(container, "").withExec(["zap.sh", ...args])
  }
}

/** The container, different from that of any other call: something live is tested, so that no layer may come from the cache. */
function asked(container: Container, again: string): Container {
  return container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
}

async function result(name: string, ran: Ran, limits: Limits, minutes: number): Promise<Result> {
  const found = outcome(await readReport(ran.reports, "zap.json"))
  const failed = (reason: string, judged?: Judgement): Result =>
    new Result(name, "failed", reason, ran.exitCode, ran.seconds, ran.reports, found, judged)
  if (ran.timedOut) return failed(`timed out after ${Math.round(ran.seconds)} s`)
  if (!found || ran.exitCode !== 0)
    return failed(trouble(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`)
  const judged = judge(found, limits, minutes)
  return new Result(
    name,
    judged.passed ? "passed" : "failed",
    judged.reason,
    ran.exitCode,
    ran.seconds,
    ran.reports,
    found,
    judged,
  )
}

/** Prints a line when the run starts and one when it ends; what goes wrong around ZAP is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, reports)),
  )
}
