/**
 * Dynamic security scans of a running service with wapiti: it crawls the service and attacks what it finds, and the
 * module compares the findings with limits.
 *
 * Wapiti exits with 0 even if it found something, did not reach the address or was cut short, so the module reads its
 * report and its output.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { readFileSync } from "node:fs"
import { Container, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { type Limits, limitFault, outcome, sarif, usualModules, verdictOf } from "./read"
import { scanScript } from "./scripts"
import { Result, reportStep, resultOfRun } from "./shared/result"
import { startUrls } from "./shared/scan"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"

@object()
export class Wapiti {
  /**
   * Returns the container that wapiti runs in: the official Python image with the packages in src/requirements.txt.
   *
   * Example: `dagger -m modules/wapiti call base with-exec --args wapiti,--version stdout`
   *
   * @param image Image with wapiti, python3 and bash; by default wapiti is installed into the pinned Python image.
   */
  @func()
  base(image: string = ""): Container {
    if (image !== "") return dag.container().from(image)
    const requirements = readFileSync(new URL("requirements.txt", import.meta.url), "utf8")
    const options = "-q --disable-pip-version-check --no-deps --require-hashes"
    const install = `python3 -m venv /opt/wapiti && /opt/wapiti/bin/pip install ${options} -r /opt/requirements.txt`
    return dag
      .container()
      .from(images.python)
      .withNewFile("/opt/requirements.txt", requirements)
      .withMountedCache("/root/.cache/pip", dag.cacheVolume("delivery-wapiti-pip"))
      .withExec(["sh", "-ec", install])
      .withoutMount("/root/.cache/pip")
      .withEnvVariable("PATH", "/opt/wapiti/bin:${PATH}", { expand: true })
  }

  /**
   * Scans an address and everything below it.
   * The result's details are urls, the number of URLs and forms that the crawl found.
   *
   * Example: `dagger -m modules/wapiti call scan --url http://product:8099 --service tcp://127.0.0.1:8099 --modules
   * http_headers verdict`
   *
   * @param url Address to start with, for example `http://product:8080/`; nothing above it is scanned, and no other
   * host.
   * @param service Service to scan, such as `tcp://127.0.0.1:8080` at the caller's loopback; by default `url` has to be
   * reachable from the engine.
   * @param serviceName Host name of the service in `url`.
   * @param modules Wapiti's modules, such as `xss`; by default those that README.md names.
   * @param start Additional start addresses or paths, such as `/api/search?name=x`: wapiti follows links and forms, not
   * the requests of a page's scripts.
   * @param maxHigh Allowed number of high and critical findings; -1 for no limit.
   * @param maxMedium Allowed number of medium findings; -1 for no limit.
   * @param maxLow Allowed number of low and informational findings; -1 for no limit.
   * @param minUrls Minimum number of URLs and forms that the crawl has to find.
   * @param timeout Seconds for the whole scan including the wait.
   * @param scanTime Seconds for the crawl, and for each module after it; a scan that needs more is a failure.
   * @param wait Seconds until the address has to answer with any status but 502, 503 and 504.
   * @param name Name of the result.
   * @param image Image with wapiti, python3 and bash; by default wapiti is installed into the pinned Python image.
   * @param args Additional arguments of wapiti, such as `--swagger=http://product:8080/openapi.json`.
   * @param deadline Seconds since 1970 after which an unfinished scan is reported as skipped; 0 waits for its end.
   * @param nonce Any value not used before repeats the scan; otherwise equal calls of one session run once.
   */
  @func({ cache: "session" })
  async scan(
    url: string,
    service?: Service,
    serviceName: string = "product",
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
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const limits: Limits = { maxHigh, maxMedium, maxLow, minUrls }
    const chosen = modules.length ? modules : usualModules
    const work = async (): Promise<Result> => {
      const fault = limitFault(limits)
      if (fault) throw new Error(fault)
      const flags = [
        ...["-u", url, "-m", chosen.join(","), ...startUrls(url, start).flatMap((one) => ["-s", one])],
        ...["--max-scan-time", String(scanTime), "--max-attack-time", String(scanTime)],
        ...["--store-session", "/tmp/wapiti", "--flush-session", "--no-bugreport"],
        ...["-v", "1", "-f", "json", "-o", "/report/wapiti.json", ...args],
      ]
      const container = connected(this.base(image), { service, serviceName, nonce })
      const command = ["python3", "-c", scanScript, url, String(wait), "wapiti", ...flags]
      return resultOf(name, await runStep(container, command, timeout), chosen, limits)
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs wapiti with any arguments, for what has no function here.
   *
   * Example: `dagger -m modules/wapiti call exec --args=--list-modules stdout`
   *
   * @param args Arguments of wapiti, for example `--list-modules`.
   * @param service Service to scan; by default the addresses have to be reachable from the engine.
   * @param serviceName Host name of the service.
   * @param image Image with wapiti; by default wapiti is installed into the pinned Python image.
   */
  @func({ cache: "session" })
  exec(args: string[], service?: Service, serviceName: string = "product", image: string = ""): Container {
    return connected(this.base(image), { service, serviceName }).withExec(["wapiti", ...args])
  }
}

async function resultOf(name: string, ran: Ran, modules: string[], limits: Limits): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  const found = outcome(await readReport(ran.reports, "wapiti.json"))
  const { passed, reason, ...figure } = verdictOf(ran, { found, output }, { limits, modules })
  return resultOfRun(name, ran, reason, {
    passed,
    ...figure,
    ...("unit" in figure ? { atMost: figure.unit === "findings" } : {}),
    ...(found ? { details: { urls: found.urls }, reports: ran.reports.withNewFile("wapiti.sarif", sarif(found)) } : {}),
  })
}
