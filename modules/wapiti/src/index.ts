/**
 * Looks for security flaws in something live, with wapiti: it crawls, attacks what it has found, and its report is judged.
 *
 * Wapiti ends with 0 although it has found something, could not reach the address or was cut short, so its report and its output are read. No result
 * comes from an earlier session's cache. (Not `cache: "never"`: v0.19.10 then calls the function again for each field of its result that is read.)
 */
import { Container, Directory, Service, dag, float, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import {
  type Judgement,
  type Limits,
  type Outcome,
  incomplete,
  judge,
  limitFault,
  outcome,
  sarif,
  startUrls,
  trouble,
  usualModules,
} from "./read"
import { requirements } from "./requirements"
import { scanScript } from "./scripts"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

/** What a scan has found. */
@object()
export class Result {
  /** The name of the result, `dast` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the scan ended. */
  @func() status: string
  /** For a failure the worst finding, with its method, path and parameter; else how much was scanned and found. */
  @func() reason: string
  /** Wapiti's exit code, which is 0 also with findings; 7 nothing answers at the address, 124 time-out, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the scan took. */
  @func() seconds: float
  /** Always false: each session scans. */
  @func() cached: boolean
  /** How many findings there are of the levels that are above their limits, or, when none is, of those that have one. Few URLs: how many there were. */
  @func() value?: float
  /** The limit of `value`. */
  @func() limit?: float
  /** The unit of `value`: `findings` or `URLs`. */
  @func() unit: string
  /** How many URLs and forms the crawl has found. */
  @func() urls?: number
  /** `result.json` with these fields, `wapiti.json` (wapiti's own report), `wapiti.sarif` and `output.txt`. */
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
export class Wapiti {
  /**
   * The container that wapiti runs in: Python's own image, with what src/requirements.ts pins.
   *
   * Example: `dagger -m modules/wapiti call base with-exec --args wapiti,--version stdout`
   *
   * @param image An image that has wapiti, python3 and bash in it, instead of that.
   */
  @func()
  base(image: string = ""): Container {
    if (image !== "") return dag.container().from(image)
    return dag
      .container()
      .from(images.python)
      .withNewFile("/opt/requirements.txt", requirements)
      .withMountedCache("/root/.cache/pip", dag.cacheVolume("delivery-wapiti-pip"))
      .withExec([
        "sh",
        "-ec",
        "python3 -m venv /opt/wapiti && /opt/wapiti/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r /opt/requirements.txt",
      ])
      .withoutMount("/root/.cache/pip")
      .withEnvVariable("PATH", "/opt/wapiti/bin:${PATH}", { expand: true })
  }

  /**
   * Scans what is at an address and below it.
   *
   * Example: `dagger -m modules/wapiti call scan --url http://product:8099 --target tcp://127.0.0.1:8099 --modules http_headers verdict`
   *
   * @param url The address to begin with; nothing above it is scanned, and nothing of another host.
   * @param target What is tested, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:8080`).
   * @param targetName The host name of the target, as it stands in `url`.
   * @param modules Wapiti's modules, such as `xss`; without any those that README.md names.
   * @param start More addresses or paths to begin with, such as `/api/search?name=x`: wapiti follows links and forms, not what a page's scripts ask for.
   * @param maxHigh How many findings may be high or critical; -1 for no limit.
   * @param maxMedium How many findings may be medium; -1 for no limit.
   * @param maxLow How many findings may be low or only information; -1 for no limit.
   * @param minUrls How many URLs and forms have to be found at least.
   * @param timeout Seconds for the whole scan, the wait included.
   * @param scanTime Seconds for the crawl, and for each module after it. A scan that was cut short is a failure.
   * @param wait Seconds until something has to answer at the address, with anything but 502, 503 and 504.
   * @param name What the result is called by.
   * @param image An image that has wapiti, python3 and bash in it.
   * @param args More arguments for wapiti, for example `--swagger=http://product:8080/openapi.json`.
   * @param until Seconds since 1970: a scan that takes longer is given as skipped. 0 waits for it.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async scan(
    url: string,
    target?: Service,
    targetName: string = "product",
    modules: string[] = [],
    start: string[] = [],
    maxHigh: number = 0,
    maxMedium: number = 0,
    maxLow: number = -1,
    minUrls: number = 1,
    timeout: number = 600,
    scanTime: number = 120,
    wait: number = 30,
    name: string = "dast",
    image: string = "",
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    const limits: Limits = { maxHigh, maxMedium, maxLow, minUrls }
    const chosen = modules.length ? modules : usualModules
    return reported(name, until, async () => {
      const fault = limitFault(limits)
      if (fault) throw new Error(fault)
      const flags = [
        ...["-u", url, "-m", chosen.join(","), ...startUrls(url, start).flatMap((one) => ["-s", one])],
        ...[
          "--max-scan-time",
          String(scanTime),
          "--max-attack-time",
          String(scanTime),
          "--store-session",
          "/tmp/wapiti",
          "--flush-session",
          "--no-bugreport",
        ],
        ...["-v", "1", "-f", "json", "-o", "/report/wapiti.json", ...args],
      ]
      let container = this.base(image)
      if (target) container = container.withServiceBinding(targetName, target)
      const ran = await runStep(
        asked(container, again),
        ["python3", "-c", scanScript, url, String(wait), "wapiti", ...flags],
        timeout,
      )
      return result(name, ran, chosen, limits)
    })
  }

  /**
   * Runs wapiti with any arguments: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/wapiti call wapiti --args=--list-modules stdout`
   *
   * @param args The arguments of wapiti.
   */
  @func({ cache: "session" })
  wapiti(args: string[], target?: Service, targetName: string = "product", image: string = ""): Container {
    let container = this.base(image)
    if (target) container = container.withServiceBinding(targetName, target)
    return asked(container, "").withExec(["wapiti", ...args])
  }
}

/** The container, different from that of any other call: something live is tested, so that no layer may come from the cache. */
function asked(container: Container, again: string): Container {
  return container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
}

async function result(name: string, ran: Ran, modules: string[], limits: Limits): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  const found = outcome(await readReport(ran.reports, "wapiti.json"))
  const reports = found ? ran.reports.withNewFile("wapiti.sarif", sarif(found)) : ran.reports
  const failed = (reason: string, judged?: Judgement): Result =>
    new Result(name, "failed", reason, ran.exitCode, ran.seconds, reports, found, judged)
  if (ran.timedOut) return failed(`timed out after ${Math.round(ran.seconds)} s`)
  if (!found || ran.exitCode !== 0) return failed(trouble(output) || `exit code ${ran.exitCode}`)
  const judged = judge(found, limits)
  if (!judged.passed) return failed(judged.reason, judged)
  const lacking = incomplete(output, modules)
  if (lacking) return failed(lacking)
  return new Result(name, "passed", judged.reason, ran.exitCode, ran.seconds, reports, found, judged)
}

/** Prints a line when the scan starts and one when it ends; what goes wrong around wapiti is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, reports)),
  )
}
