/**
 * Watches a release by what Prometheus says, and checks rules of Prometheus.
 *
 * No data is never health: an empty answer, NaN, an error or silence of Prometheus gives `inconclusive`. No analysis comes from an earlier
 * session's cache. (Not `cache: "never"`: v0.19.10 then calls the function again for each field of its result that is read.)
 */
import { Container, Directory, Service, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { Query, outcome, parseWatched, queriesOf, rulesFound, rulesTrouble } from "./read"
import { rulesScript, watchScript, whenReady } from "./scripts"
import { Ran, readReport, runStep, unlessInterrupted, withResult } from "./shared/step"

/** What an analysis or a check has found. */
@object()
export class Result {
  /** The name of the result: `analysis` or `rules` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, `inconclusive` when there was no data to judge by, or `skipped` when the call was interrupted before it ended. */
  @func() status: string
  /** For a failure the query, its number and its limit; for no answer why; else the number that came closest to its limit. */
  @func() reason: string
  /** The exit code of what ran inside: 0 it came to its end, 7 Prometheus was not ready, 124 time-out, -1 nothing ran. */
  @func() exitCode: number
  /** How long it took. */
  @func() seconds: float
  /** Whether it is an earlier check's: never for an analysis. */
  @func() cached: boolean
  /** The worst number: that of the query over its limit, else the one that came closest; of a check the number of rules. */
  @func() value?: float
  /** The most that it may be. */
  @func() limit?: float
  /** The unit of `value` and `limit`; empty where there is none. */
  @func() unit: string
  /** `result.json` with these fields, `samples.json` with each number and its time, and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    unit: string,
    reports: Directory,
    value?: number,
    limit?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = value
    this.limit = limit
    this.unit = unit
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
export class Prometheus {
  /**
   * The container that asks: node, with promtool.
   *
   * Example: `dagger -m modules/prometheus call base with-exec --args promtool,--version stdout`
   *
   * @param image Another image with node and bash in it, instead of the pinned one.
   * @param prometheusImage Another image of Prometheus that promtool is taken from.
   */
  @func()
  base(image: string = images.node, prometheusImage: string = images.prometheus): Container {
    return dag
      .container()
      .from(image)
      .withEnvVariable("NO_COLOR", "1")
      .withEnvVariable("NODE_NO_WARNINGS", "1")
      .withFile("/usr/local/bin/promtool", dag.container().from(prometheusImage).file("/bin/promtool"))
      .withWorkdir("/work")
  }

  /**
   * Asks each query again and again for a while. A query over its limit `failures` times in a row is red at once. An answer without a number
   * counts for nothing, and a query that has a number in fewer than half of its samples is `inconclusive`, as is a Prometheus that does not
   * answer, or does not understand a query. Of an answer with several series the largest number counts.
   *
   * Example: `dagger -m modules/prometheus call analyse --url http://prometheus:9090 --target tcp://127.0.0.1:9090 --names targets --queries up --limits 2 --units targets --window 2 --interval 1 verdict`
   *
   * @param url Where Prometheus is, without a slash at the end.
   * @param names What the queries are called by in reasons and reports: as many as queries.
   * @param queries In PromQL; each gives a vector or a scalar. (On the command line a comma divides the list: a query with one goes in double quotes.)
   * @param limits The most that each may be, such as `0.01`. (As text: v0.19.10 takes no whole number in a list of floats.)
   * @param units The unit of each, such as `%` or `s`; "" for a plain number.
   * @param target Prometheus, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:9090`).
   * @param targetName The host name of the target, as it stands in `url`.
   * @param window Seconds that the queries are asked for.
   * @param interval Seconds between two samples of a query.
   * @param failures How many samples over the limit in a row are red.
   * @param wait Seconds until Prometheus has to be ready.
   * @param timeout Seconds for the whole analysis; 0: a minute more than `wait` and twice the window.
   * @param name What the result is called by.
   * @param image Another image with node and bash in it.
   * @param until Seconds since 1970: an analysis that takes longer is given as skipped. 0 waits for it.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async analyse(
    url: string,
    names: string[],
    queries: string[],
    limits: string[],
    units: string[],
    target?: Service,
    targetName: string = "kubernetes",
    window: number = 60,
    interval: number = 5,
    failures: number = 2,
    wait: number = 30,
    timeout: number = 0,
    name: string = "analysis",
    image: string = images.node,
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    const address = url.replace(/\/+$/, "")
    const asked: Query[] = queriesOf(names, queries, limits, units)
    const settings = {
      url: address,
      queries: asked,
      window: atLeast("window", window, 0),
      interval: atLeast("interval", interval, 1),
      failures: atLeast("failures", failures, 1),
    }
    const limit = atLeast("timeout", timeout, 0) || atLeast("wait", wait, 0) + 2 * (window + failures * interval) + 60
    return reported(name, until, limit, async () => {
      const command = [
        "bash",
        "-c",
        whenReady,
        "analyse",
        address,
        String(wait),
        "node",
        "/opt/watch.mjs",
        JSON.stringify(settings),
      ]
      const container = dag
        .container()
        .from(image)
        .withEnvVariable("NO_COLOR", "1")
        .withEnvVariable("NODE_NO_WARNINGS", "1")
        .withNewFile("/opt/watch.mjs", watchScript)
      return analysis(name, await runStep(live(container, target, targetName, again), command, limit), failures)
    })
  }

  /**
   * Asks one query, once Prometheus is ready, and gives what promtool prints: a series a line with its value and time, and nothing where there is
   * no data. An error of Prometheus is an error of the call. It is asked each time.
   *
   * Example: `dagger -m modules/prometheus call query --url http://prometheus:9090 --target tcp://127.0.0.1:9090 --query up`
   *
   * @param url Where Prometheus is, without a slash at the end.
   * @param query In PromQL.
   * @param target Prometheus, when it is a service of the caller's or at the caller's own loopback.
   * @param targetName The host name of the target, as it stands in `url`.
   * @param wait Seconds until Prometheus has to be ready.
   * @param timeout Seconds for the whole call.
   */
  @func({ cache: "never" })
  async query(
    url: string,
    query: string,
    target?: Service,
    targetName: string = "kubernetes",
    wait: number = 30,
    timeout: number = 60,
  ): Promise<string> {
    const address = url.replace(/\/+$/, "")
    const command = [
      "bash",
      "-c",
      whenReady,
      "query",
      address,
      String(wait),
      "promtool",
      "query",
      "instant",
      address,
      query,
    ]
    const ran = await runStep(live(this.base(), target, targetName, ""), command, timeout)
    const said = await readReport(ran.reports, "output.txt")
    if (ran.timedOut) throw new Error(`query: timed out after ${timeout} s`)
    if (ran.exitCode !== 0) throw new Error(`query: ${firstLine(said) || `exit code ${ran.exitCode}`}`)
    return said.trimEnd()
  }

  /**
   * Checks rules with promtool: all `*.yaml` and `*.yml` of the folder, also for rules that are there twice; then runs the tests of rules in
   * `*.test.yaml`. A folder without a rule is red.
   *
   * Example: `dagger -m modules/prometheus call check --rules charts/platform/files verdict`
   *
   * @param rules The folder with the files of rules and their tests.
   * @param timeout Seconds for both.
   * @param name What the result is called by.
   * @param until Seconds since 1970: a check that takes longer is given as skipped. 0 waits for it.
   */
  @func()
  async check(rules: Directory, timeout: number = 60, name: string = "rules", until: number = 0): Promise<Result> {
    return reported(name, until, timeout, async () =>
      rulesResult(
        name,
        await runStep(this.base().withMountedDirectory("/work", rules), ["bash", "-c", rulesScript], timeout),
      ),
    )
  }
}

/** The container that reaches the target and is different from that of any other call: something live is asked, so no layer may come from the cache. */
function live(container: Container, target: Service | undefined, targetName: string, again: string): Container {
  const asked = container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
  return target ? asked.withServiceBinding(targetName, target) : asked
}

function atLeast(name: string, value: number, least: number): number {
  if (!(value >= least)) throw new Error(`${name}: ${value} is less than ${least}`)
  return value
}

async function analysis(name: string, ran: Ran, failures: number): Promise<Result> {
  const ended = (status: string, reason: string, value?: number, limit?: number, unit = ""): Result =>
    new Result(name, status, reason, ran.exitCode, ran.seconds, false, unit, ran.reports, value, limit)
  if (ran.timedOut) return ended("inconclusive", `timed out after ${Math.round(ran.seconds)} s`)
  const watched = parseWatched(await readReport(ran.reports, "samples.json"))
  if (!watched || ran.exitCode !== 0)
    return ended("inconclusive", firstLine(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`)
  const { status, reason, value, limit, unit } = outcome(watched, failures)
  return ended(status, reason, value, limit, unit)
}

async function rulesResult(name: string, ran: Ran): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  const found = rulesFound(output)
  const ended = (status: string, reason: string): Result =>
    new Result(name, status, reason, ran.exitCode, ran.seconds, ran.cached, "rules", ran.reports, found)
  if (ran.timedOut) return ended("failed", `timed out after ${Math.round(ran.seconds)} s`)
  if (ran.exitCode !== 0) return ended("failed", rulesTrouble(output) || `exit code ${ran.exitCode}`)
  return found === 0 ? ended("failed", "no rule was checked") : ended("passed", `${found} rules`)
}

/** Prints a line when it starts and one when it ends; what goes wrong around it is a result too, and no verdict on what was to be judged. A target
 * that dies would keep the engine waiting, so the work is given up when its time is well over. */
async function reported(name: string, until: number, limit: number, work: () => Promise<Result>): Promise<Result> {
  console.log(`▶ ${name}`)
  const unknown = (reason: string, output: string): Result =>
    new Result(name, "inconclusive", reason, -1, 0, false, "", dag.directory().withNewFile("output.txt", output))
  const givenUp = Date.now() / 1000 + limit + 30
  const ended = await unlessInterrupted(work(), until === 0 ? givenUp : Math.min(until, givenUp)).catch(
    (error: unknown) =>
      unknown(`could not run: ${firstLine(error instanceof Error ? error.message : String(error))}`, String(error)),
  )
  if (ended === "interrupted" && until !== 0 && until < givenUp)
    return new Result(name, "skipped", "interrupted before it ended", -1, 0, false, "", dag.directory())
  const known = ended === "interrupted" ? unknown(`did not end within ${limit + 30} s`, "") : ended
  console.log(known.status === "passed" ? `✔ ${name} ${known.seconds} s ${known.reason}` : `✘ ${name} ${known.reason}`)
  return withResult(known)
}
