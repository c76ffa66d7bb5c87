/**
 * Dynamic security scans of a running service with ZAP, through its automation framework; the module compares the
 * findings with limits.
 *
 * A ZAP without rules, one that visits too few URLs and an unreachable address are failures, not clean scans.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { Container, Directory, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { type Limits, limitFault, outcome, verdictOf } from "./read"
import { scanScript } from "./scripts"
import { Result, reportStep, resultOfRun } from "./shared/result"
import { startUrls } from "./shared/scan"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"

@object()
export class Zap {
  /**
   * Returns the container that ZAP runs in.
   *
   * Example: `dagger -m modules/zap call base with-exec --args zap.sh,-cmd,-silent,-version stdout`
   *
   * @param image Image with zap.sh, python3 and bash; the pinned one by default.
   */
  @func()
  base(image: string = images.zap): Container {
    return dag.container().from(image).withUser("root").withWorkdir("/zap")
  }

  /**
   * Visits an address and everything below it, and scans it with the rules of this ZAP.
   * The result's details are urls, the number of URLs visited and answered with a status below 400, and rules, the
   * number of active and passive rules.
   *
   * Example: `dagger -m modules/zap call scan --url http://product:8099/ --service tcp://127.0.0.1:8099 --min-rules 0
   * verdict`
   *
   * @param url Address to start with, for example `http://product:8080/`; nothing above it is scanned, and no other
   * host.
   * @param service Service to scan, such as `tcp://127.0.0.1:8080` at the caller's loopback; by default `url` has to be
   * reachable from the engine.
   * @param serviceName Host name of the service in `url`.
   * @param start Additional addresses or paths to visit, such as `/api/search?name=x`: the spider follows links and
   * forms, not the requests of a page's scripts.
   * @param maxHigh Allowed number of high findings; -1 for no limit.
   * @param maxMedium Allowed number of medium findings; -1 for no limit.
   * @param maxLow Allowed number of low and informational findings; -1 for no limit.
   * @param minUrls Minimum number of URLs that have to be visited.
   * @param minRules Minimum number of rules. With 0, a ZAP without rules passes and its reason says so.
   * @param timeout Seconds for the whole run including the wait and the start of ZAP.
   * @param scanTime Seconds for the spider, and for the active scan, rounded up to minutes; a scan that needs more is a
   * failure.
   * @param wait Seconds until the address has to answer with any status but 502, 503 and 504.
   * @param name Name of the result.
   * @param image Image with zap.sh, python3 and bash; the pinned one by default.
   * @param args Additional arguments of zap.sh, such as `-config,spider.maxDepth=3`.
   * @param deadline Seconds since 1970 after which an unfinished scan is reported as skipped; 0 waits for its end.
   * @param nonce Any value not used before repeats the scan; otherwise equal calls of one session run once.
   */
  @func({ cache: "session" })
  async scan(
    url: string,
    service?: Service,
    serviceName: string = "product",
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
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const limits: Limits = { maxHigh, maxMedium, maxLow, minUrls, minRules }
    const work = async (): Promise<Result> => {
      const fault = limitFault(limits)
      if (fault) throw new Error(fault)
      const minutes = Math.max(1, Math.ceil(scanTime / 60))
      const settings = JSON.stringify({ url, start: startUrls(url, start), wait, minutes, args })
      const container = connected(this.base(image), { service, serviceName, nonce })
      return resultOf(name, await runStep(container, ["python3", "-c", scanScript, settings], timeout), limits, minutes)
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs zap.sh with any arguments in a folder, for what has no function here, such as a plan of your own.
   *
   * Example: `dagger -m modules/zap call exec --source test/fixtures/page --args=-cmd,-silent,-version stdout`
   *
   * @param source Folder with plans, mounted as the working directory.
   * @param args Arguments of zap.sh, for example `-cmd,-help`.
   * @param service Service to scan; by default the addresses have to be reachable from the engine.
   * @param serviceName Host name of the service.
   * @param image Image with zap.sh; the pinned one by default.
   */
  @func({ cache: "session" })
  exec(
    source: Directory,
    args: string[],
    service?: Service,
    serviceName: string = "product",
    image: string = images.zap,
  ): Container {
    const container = this.base(image).withMountedDirectory("/zap/wrk", source).withWorkdir("/zap/wrk")
    return connected(container, { service, serviceName }).withExec(["zap.sh", ...args])
  }
}

async function resultOf(name: string, ran: Ran, limits: Limits, minutes: number): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  const found = outcome(await readReport(ran.reports, "zap.json"))
  const { passed, reason, ...figure } = verdictOf(ran, { found, output }, { limits, minutes })
  return resultOfRun(name, ran, reason, {
    passed,
    ...figure,
    ...("unit" in figure ? { atMost: figure.unit === "findings" } : {}),
    details: found && { urls: found.urls, rules: found.rules },
  })
}
