/**
 * Looks whether addresses answer, and whether what they serve is the version that was deployed.
 *
 * No result comes from an earlier session's cache. (Not `cache: "never"`: v0.19.10 then calls the function again for each field of its result
 * that is read.)
 */
import { Container, Directory, Service, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { addresses, parseSeen, trouble } from "./read"
import { checkScript, probeScript } from "./scripts"
import { Ran, readReport, runStep, unlessInterrupted, withResult } from "./shared/step"

/** What a check has found. */
@object()
export class Result {
  /** The name of the result, `health` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the check ended. */
  @func() status: string
  /** For a failure the first address at fault, what came and what was expected; else what was looked at. */
  @func() reason: string
  /** The exit code: 0 all well, 1 an address is not, 124 time-out, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the check took. */
  @func() seconds: float
  /** Always false: each session asks. */
  @func() cached: boolean
  /** How many addresses are well. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `health.json` with what was seen of each address, and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    reports: Directory,
    healthy?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = false
    this.value = healthy
    this.unit = healthy === undefined ? "" : "addresses"
    this.reports = reports
  }

  /** The reason; an error when the check did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

/** Where a probe tells what it has counted. */
const probePort = 8090

@object()
export class Health {
  /**
   * The container that asks.
   *
   * Example: `dagger -m modules/health call base with-exec --args node,--version stdout`
   *
   * @param image Another image with node and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.node): Container {
    return dag.container().from(image).withEnvVariable("NO_COLOR", "1").withEnvVariable("NODE_NO_WARNINGS", "1")
  }

  /**
   * Asks each address until it has answered 200 some times in a row; whatever else comes is asked again until `wait` is over. With a version,
   * a body that is JSON with `sha` has to say this version; an address whose path ends in `version` or `version.json` has to have one, and so
   * has one address at least.
   *
   * Example: `dagger -m modules/health call check --urls page=http://product:8099/ --target tcp://127.0.0.1:8099 verdict`
   *
   * @param urls What to ask, as `name=url`.
   * @param version The version that has to be served, such as the deployed commit's SHA; "" asks for none.
   * @param target What is asked, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:8080`).
   * @param targetName The host name of the target, as it stands in `urls`.
   * @param wait Seconds until every address has to be well.
   * @param times How many times in a row an address has to answer well.
   * @param timeout Seconds for the whole check; 0: a minute more than `wait`.
   * @param name What the result is called by.
   * @param image Another image with node and bash in it.
   * @param until Seconds since 1970: a check that takes longer is given as skipped. 0 waits for it.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async check(
    urls: string[],
    version: string = "",
    target?: Service,
    targetName: string = "product",
    wait: number = 60,
    times: number = 3,
    timeout: number = 0,
    name: string = "health",
    image: string = images.node,
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    const settings = {
      urls: addresses(urls),
      version,
      times: atLeast("times", times, 1),
      wait: atLeast("wait", wait, 0),
    }
    const limit = atLeast("timeout", timeout, 0) || wait + 60
    return reported(name, until, limit, async () => {
      let container = this.base(image).withNewFile("/opt/check.mjs", checkScript)
      if (target) container = container.withServiceBinding(targetName, target)
      const asked = container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
      return result(
        name,
        await runStep(asked, ["node", "/opt/check.mjs", JSON.stringify(settings)], limit),
        version,
        wait,
      )
    })
  }

  /**
   * A service that asks an address again and again from its start on, as a user would, and keeps count: what a release costs is in `probed`.
   *
   * Example: `dagger -m modules/health call probe --url http://product:8099/ --target tcp://127.0.0.1:8099 ports port`
   *
   * @param url What to ask.
   * @param target What is asked, when it is a service of the caller's or at the caller's own loopback.
   * @param targetName The host name of the target, as it stands in `url`.
   * @param every Milliseconds between two requests; one does not wait for the other.
   * @param timeout Milliseconds until a request that has no answer counts as lost.
   * @param instance Two probes of the same address are one and the same; another name makes another one.
   * @param image Another image with node and bash in it.
   */
  @func({ cache: "session" })
  probe(
    url: string,
    target?: Service,
    targetName: string = "product",
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
    if (target) container = container.withServiceBinding(targetName, target)
    return container
      .withExposedPort(probePort)
      .asService({ args: ["node", "/opt/probe.mjs", JSON.stringify(settings)] })
  }

  /**
   * What a probe has counted so far, as JSON: `asked`, and `runs` of answers of one kind: `good`, `from` and `to` (seconds since 1970), `count`, `last` (what the
   * last of them said). An answer is good when it is below 500.
   *
   * Example: `dagger -m modules/health call probed --probe tcp://127.0.0.1:8098`
   *
   * @param probe The probe.
   * @param image Another image with node and bash in it.
   */
  @func({ cache: "never" })
  async probed(probe: Service, image: string = images.node): Promise<string> {
    const ports = await probe.ports()
    const address = `http://probe:${ports[0] ? await ports[0].port() : probePort}/`
    const script =
      "fetch(process.argv[1], { signal: AbortSignal.timeout(10000) }).then((answer) => answer.text()).then((text) => process.stdout.write(text))"
    const asked = this.base(image)
      .withServiceBinding("probe", probe)
      .withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}`)
    return asked.withExec(["timeout", "30", "node", "-e", script, address]).stdout()
  }
}

function atLeast(name: string, value: number, least: number): number {
  if (!(value >= least)) throw new Error(`${name}: ${value} is less than ${least}`)
  return value
}

async function result(name: string, ran: Ran, version: string, wait: number): Promise<Result> {
  const seen = ran.timedOut ? undefined : parseSeen(await readReport(ran.reports, "health.json"))
  const healthy = seen?.filter((one) => one.healthy).length
  const ended = (status: string, reason: string): Result =>
    new Result(name, status, reason, ran.exitCode, ran.seconds, ran.reports, healthy)
  if (ran.timedOut) return ended("failed", `timed out after ${Math.round(ran.seconds)} s`)
  if (!seen)
    return ended("failed", firstLine(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`)
  const wrong = trouble(seen, version, wait)
  if (wrong !== "") return ended("failed", wrong)
  if (ran.exitCode !== 0) return ended("failed", `exit code ${ran.exitCode}`)
  return ended(
    "passed",
    `${seen.length} ${seen.length === 1 ? "address answers" : "addresses answer"}${version === "" ? "" : ` at version ${version}`}`,
  )
}

/** Prints a line when the check starts and one when it ends; what goes wrong around it is a failed result too. A target that dies would keep
 * the engine waiting, so the check is given up when its time is well over. */
async function reported(name: string, until: number, limit: number, work: () => Promise<Result>): Promise<Result> {
  console.log(`▶ ${name}`)
  const failed = (reason: string, output: string): Result =>
    new Result(name, "failed", reason, -1, 0, dag.directory().withNewFile("output.txt", output))
  const givenUp = Date.now() / 1000 + limit + 30
  const ended = await unlessInterrupted(work(), until === 0 ? givenUp : Math.min(until, givenUp)).catch(
    (error: unknown) =>
      failed(`could not run: ${firstLine(error instanceof Error ? error.message : String(error))}`, String(error)),
  )
  if (ended === "interrupted" && until !== 0 && until < givenUp)
    return new Result(name, "skipped", "interrupted before it ended", -1, 0, dag.directory())
  const known = ended === "interrupted" ? failed(`did not end within ${limit + 30} s`, "") : ended
  console.log(known.status === "passed" ? `✔ ${name} ${known.seconds} s ${known.reason}` : `✘ ${name} ${known.reason}`)
  return withResult(known)
}
