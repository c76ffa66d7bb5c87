/**
 * Health checks of running services: whether addresses answer, and whether they serve the version that was deployed.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { Container, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { addresses, parseSeen, trouble } from "./read"
import { checkScript, probeScript } from "./scripts"
import { atLeast } from "./shared/arguments"
import { uncached } from "./shared/nonce"
import { Result, reportStep, resultOfRun } from "./shared/result"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"
import { couldNotRun } from "./shared/words"

/** Port at which a probe serves its counts. */
const probePort = 8090

@object()
export class Health {
  /**
   * Returns the container that requests are sent from.
   *
   * Example: `dagger -m modules/health call base with-exec --args node,--version stdout`
   *
   * @param image Image with node and bash; the pinned one by default.
   */
  @func()
  base(image: string = images.node): Container {
    return dag.container().from(image).withEnvVariable("NO_COLOR", "1").withEnvVariable("NODE_NO_WARNINGS", "1")
  }

  /**
   * Sends requests to each address until it has answered 200 `times` times in a row, for at most `wait` seconds.
   * With `version`, each JSON body with a field `sha` has to name this version; an address whose path ends in `version`
   * or `version.json` needs such a body, and at least one address has to have one. The value of the result is the
   * number of healthy addresses.
   *
   * Example: `dagger -m modules/health call check --urls page=http://product:8099/ --service tcp://127.0.0.1:8099
   * verdict`
   *
   * @param urls Addresses to check as name=url, for example `shop=http://product:8080/healthz`.
   * @param version Version that has to be served, for example the SHA of the deployed commit, `4b825dc`; none is
   * required by default.
   * @param service Service to check, such as `tcp://127.0.0.1:8080` at the caller's loopback; by default the addresses
   * have to be reachable from the engine.
   * @param serviceName Host name of the service in `urls`.
   * @param wait Seconds until every address has to be healthy.
   * @param times Number of correct answers in a row that make an address healthy.
   * @param timeout Seconds for the whole check; 0 for one minute more than `wait`.
   * @param name Name of the result.
   * @param image Image with node and bash; the pinned one by default.
   * @param deadline Seconds since 1970 after which an unfinished check is reported as skipped; 0 waits for its end.
   * @param nonce Any value not used before repeats the check; otherwise equal calls of one session run once.
   */
  @func({ cache: "session" })
  async check(
    urls: string[],
    version: string = "",
    service?: Service,
    serviceName: string = "product",
    wait: number = 60,
    times: number = 3,
    timeout: number = 0,
    name: string = "health",
    image: string = images.node,
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const settings = {
      urls: addresses(urls),
      version,
      times: atLeast("times", times, 1),
      wait: atLeast("wait", wait, 0),
    }
    const limit = atLeast("timeout", timeout, 0) || wait + 60
    const work = async (): Promise<Result> => {
      const container = this.base(image).withNewFile("/opt/check.mjs", checkScript)
      const command = ["node", "/opt/check.mjs", JSON.stringify(settings)]
      const ran = await runStep(connected(container, { service, serviceName, nonce }), command, limit)
      return resultOf(name, ran, version, wait)
    }
    return reportStep(name, work, { deadline, limit })
  }

  /**
   * Returns a service that sends requests to an address continuously, as a user would, and counts the responses.
   * `probed` returns the counts. A response is good if its status is below 500.
   *
   * Example: `dagger -m modules/health call probe --url http://product:8099/ --service tcp://127.0.0.1:8099 ports port`
   *
   * @param url Address to send requests to, for example `http://product:8080/healthz`.
   * @param service Service to send requests to, such as `tcp://127.0.0.1:8080` at the caller's loopback; by default
   * `url` has to be reachable from the engine.
   * @param serviceName Host name of the service in `url`.
   * @param every Milliseconds between the starts of two requests.
   * @param timeout Milliseconds after which a request without a response counts as lost.
   * @param instance Probes with equal arguments are one probe; another value, for example `second`, starts another one.
   * @param image Image with node and bash; the pinned one by default.
   */
  @func({ cache: "session" })
  probe(
    url: string,
    service?: Service,
    serviceName: string = "product",
    every: number = 200,
    timeout: number = 5000,
    instance: string = "",
    image: string = images.node,
  ): Service {
    const settings = {
      url,
      every: atLeast("every", every, 10),
      timeout: atLeast("timeout", timeout, 1),
      port: probePort,
    }
    let container = this.base(image)
      .withNewFile("/opt/probe.mjs", probeScript)
      .withEnvVariable("INSTANCE", `${instance}-${Date.now()}`)
    if (service) container = container.withServiceBinding(serviceName, service)
    return container
      .withExposedPort(probePort)
      .asService({ args: ["node", "/opt/probe.mjs", JSON.stringify(settings)] })
  }

  /**
   * Returns the counts of a probe so far as JSON.
   * `requests` is their number and `runs` lists runs of responses of one kind, each with `good`, `from` and `to`
   * (seconds since 1970), `count` and `last` (what the last response was).
   *
   * Example: `dagger -m modules/health call probed --probe tcp://127.0.0.1:8098`
   *
   * @param probe A service of the function `probe`.
   * @param image Image with node and bash; the pinned one by default.
   */
  @func({ cache: "never" })
  async probed(probe: Service, image: string = images.node): Promise<string> {
    const ports = await probe.ports()
    const address = `http://probe:${ports[0] ? await ports[0].port() : probePort}/`
    return uncached(this.base(image).withServiceBinding("probe", probe))
      .withExec(["timeout", "30", "node", "-e", fetchScript, address])
      .stdout()
  }
}

/** Prints the body of the response from the address in its argument. */
const fetchScript =
  "fetch(process.argv[1], { signal: AbortSignal.timeout(10000) })" +
  ".then((response) => response.text()).then((text) => process.stdout.write(text))"

async function resultOf(name: string, ran: Ran, version: string, wait: number): Promise<Result> {
  const seen = ran.timedOut ? undefined : parseSeen(await readReport(ran.reports, "health.json"))
  const ended = (passed: boolean, reason: string): Result => {
    const value = seen?.filter(({ healthy }) => healthy).length
    return resultOfRun(name, ran, reason, { passed, value, unit: "addresses" })
  }
  if (ran.timedOut) return ended(false, "")
  if (!seen) return ended(false, couldNotRun("the check", ran, await readReport(ran.reports, "output.txt")))
  const fault = trouble(seen, version, wait)
  if (fault !== "" || ran.exitCode !== 0) return ended(false, fault)
  const answering = seen.length === 1 ? "address answers" : "addresses answer"
  return ended(true, `${seen.length} ${answering}${version === "" ? "" : ` at version ${version}`}`)
}
