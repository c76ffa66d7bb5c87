/**
 * Metric analysis of a release with Prometheus, and checks of alerting rules with promtool.
 *
 * Missing data is never a pass: an empty response, NaN, an error or an unreachable Prometheus gives `inconclusive`.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { Container, Directory, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { type Query, newQuery, outcome, parseWatched, rulesVerdict } from "./read"
import { rulesScript, watchScript, whenReady } from "./scripts"
import { atLeast, withoutTrailingSlash } from "./shared/arguments"
import { firstLine } from "./shared/clock"
import { Result, makeResult, reportStep, resultOfRun, timedOutAfter } from "./shared/result"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"
import { notTested } from "./shared/words"

@object()
export class Prometheus {
  /** The queries of an analysis, each as JSON; set by withQuery. */
  queries?: string[]

  /**
   * Adds a query with its limit to the analysis.
   *
   * Example: `dagger -m modules/prometheus call with-query --name targets --query up --limit 2 analyze --url
   * http://prometheus:9090 --service tcp://127.0.0.1:9090 --window 2 --interval 1 verdict`
   *
   * @param name Name of the query in reasons and reports; each query needs another one.
   * @param query PromQL expression that gives a vector or a scalar, for example `sum(up)`. The largest value of a
   * vector counts.
   * @param limit Largest value that is allowed, a number such as `0.01`; as text, because v0.19.10 rejects whole
   * numbers for a float.
   * @param unit Unit of the value and the limit, such as `%` or `s`; none by default.
   */
  @func({ cache: "session" })
  withQuery(name: string, query: string, limit: string, unit: string = ""): Prometheus {
    const added = newQuery({ name, query, limit, unit }, queriesOf(this))
    this.queries = [...(this.queries ?? []), JSON.stringify(added)]
    return this
  }

  /**
   * Returns the container that analyses and promtool run in: Node, with promtool of the Prometheus image.
   *
   * Example: `dagger -m modules/prometheus call base with-exec --args promtool,--version stdout`
   *
   * @param image Image with node and bash; the pinned one by default.
   * @param prometheusImage Prometheus image from which promtool is taken, for example `prom/prometheus:v3.16.0`; the
   * pinned one by default.
   */
  @func()
  base(image: string = images.node, prometheusImage: string = images.prometheus): Container {
    return nodeContainer(image)
      .withFile("/usr/local/bin/promtool", dag.container().from(prometheusImage).file("/bin/promtool"))
      .withWorkdir("/work")
  }

  /**
   * Evaluates the queries of withQuery repeatedly and compares them with their limits.
   * The result is `failed` as soon as a query exceeds its limit `failures` times in a row. It is `inconclusive` if a
   * query has a number in fewer than half of its samples, if Prometheus does not answer, or if it rejects a query.
   *
   * Example: `dagger -m modules/prometheus call with-query --name targets --query up --limit 2 analyze --url
   * http://prometheus:9090 --service tcp://127.0.0.1:9090 --window 2 --interval 1 verdict`
   *
   * @param url Address of Prometheus, without a slash at the end, for example `http://prometheus:9090`.
   * @param service Prometheus as a service, such as `tcp://127.0.0.1:9090` at the caller's loopback; by default `url`
   * has to be reachable from the engine.
   * @param serviceName Host name of the service in `url`.
   * @param window Seconds of the analysis.
   * @param interval Seconds between two samples of a query.
   * @param failures Number of samples over the limit in a row that fail the analysis.
   * @param wait Seconds until Prometheus has to be ready.
   * @param timeout Seconds for the whole analysis; 0 for one minute more than `wait` and twice the window.
   * @param name Name of the result.
   * @param image Image with node and bash; the pinned one by default.
   * @param deadline Seconds since 1970 after which an unfinished analysis is reported as skipped; 0 waits for its end.
   * @param nonce Any value not used before repeats the analysis; otherwise equal calls of one session run once.
   */
  @func({ cache: "session" })
  async analyze(
    url: string,
    service?: Service,
    serviceName: string = "prometheus",
    window: number = 60,
    interval: number = 5,
    failures: number = 2,
    wait: number = 30,
    timeout: number = 0,
    name: string = "analysis",
    image: string = images.node,
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const address = withoutTrailingSlash(url)
    const queries = queriesOf(this)
    if (queries.length === 0) throw new Error("no queries: call with-query first")
    const settings = {
      url: address,
      queries,
      window: atLeast("window", window, 0),
      interval: atLeast("interval", interval, 1),
      failures: atLeast("failures", failures, 1),
    }
    const usual = atLeast("wait", wait, 0) + 2 * (window + failures * interval) + 60
    const limit = atLeast("timeout", timeout, 0) || usual
    const program = ["node", "/opt/watch.mjs", JSON.stringify(settings)]
    const command = ["bash", "-c", whenReady, "analyze", address, String(wait), ...program]
    const work = async (): Promise<Result> => {
      const container = nodeContainer(image).withNewFile("/opt/watch.mjs", watchScript)
      const ran = await runStep(connected(container, { service, serviceName, nonce }), command, limit)
      return analysisResult(name, ran, failures)
    }
    return reportStep(name, work, { deadline, limit, onError: "inconclusive" })
  }

  /**
   * Evaluates one query when Prometheus is ready and returns the output of promtool.
   * It has a line for each series with its value and time, and none if there is no data. An error of Prometheus is an
   * error of the call. Never cached.
   *
   * Example: `dagger -m modules/prometheus call instant-query --url http://prometheus:9090 --service tcp://127.0.0.1:9090
   * --query up`
   *
   * @param url Address of Prometheus, without a slash at the end, for example `http://prometheus:9090`.
   * @param query PromQL expression, for example `sum(up)`.
   * @param service Prometheus as a service, such as `tcp://127.0.0.1:9090` at the caller's loopback; by default `url`
   * has to be reachable from the engine.
   * @param serviceName Host name of the service in `url`.
   * @param wait Seconds until Prometheus has to be ready.
   * @param timeout Seconds for the whole call.
   */
  @func({ cache: "never" })
  async instantQuery(
    url: string,
    query: string,
    service?: Service,
    serviceName: string = "prometheus",
    wait: number = 30,
    timeout: number = 60,
  ): Promise<string> {
    const address = withoutTrailingSlash(url)
    const program = ["promtool", "query", "instant", address, query]
    const command = ["bash", "-c", whenReady, "query", address, String(wait), ...program]
    const ran = await runStep(connected(this.base(), { service, serviceName }), command, timeout)
    const output = await readReport(ran.reports, "output.txt")
    if (ran.timedOut) throw new Error(`instant query: timed out after ${timeout} s`)
    if (ran.exitCode !== 0) throw new Error(`instant query: ${firstLine(output) || `exit code ${ran.exitCode}`}`)
    return output.trimEnd()
  }

  /**
   * Checks rules and runs their tests with promtool.
   * It checks all `*.yaml` and `*.yml` files, also for duplicate rules, and runs the tests in `*.test.yaml`. A folder
   * without rules fails. The value of the result is the number of rules.
   *
   * Example: `dagger -m modules/prometheus call check --rules charts/platform/files verdict`
   *
   * @param rules Folder with files of rules and their tests.
   * @param timeout Seconds for all checks.
   * @param name Name of the result.
   * @param deadline Seconds since 1970 after which an unfinished check is reported as skipped; 0 waits for its end.
   */
  @func()
  async check(rules: Directory, timeout: number = 60, name: string = "rules", deadline: number = 0): Promise<Result> {
    const work = async (): Promise<Result> => {
      const container = this.base().withMountedDirectory("/work", rules)
      return rulesResult(name, await runStep(container, ["bash", "-c", rulesScript], timeout))
    }
    return reportStep(name, work, { deadline, limit: timeout, onError: "inconclusive" })
  }

  /**
   * Runs promtool with any arguments in a folder, for what has no function here.
   *
   * Example: `dagger -m modules/prometheus call exec --source charts/platform/files --args=--help stdout`
   *
   * @param source Folder with rules or configuration, mounted as the working directory.
   * @param args Arguments of promtool, for example `--version`.
   * @param service Prometheus as a service; by default the addresses have to be reachable from the engine.
   * @param serviceName Host name of the service.
   */
  @func({ cache: "session" })
  exec(source: Directory, args: string[], service?: Service, serviceName: string = "prometheus"): Container {
    const container = this.base().withMountedDirectory("/work", source)
    return connected(container, { service, serviceName }).withExec(["promtool", ...args])
  }
}

function queriesOf({ queries = [] }: Prometheus): Query[] {
  return queries.map((text) => JSON.parse(text) as Query)
}

function nodeContainer(image: string): Container {
  return dag.container().from(image).withEnvVariable("NO_COLOR", "1").withEnvVariable("NODE_NO_WARNINGS", "1")
}

async function analysisResult(name: string, ran: Ran, failures: number): Promise<Result> {
  if (ran.timedOut) return makeResult(name, "inconclusive", timedOutAfter(ran), { ...ran })
  const watched = parseWatched(await readReport(ran.reports, "samples.json"))
  if (!watched || ran.exitCode !== 0) {
    const reason = notTested("the analysis", ran, await readReport(ran.reports, "output.txt"))
    return makeResult(name, "inconclusive", reason, { ...ran })
  }
  const { status, reason, value, limit, unit } = outcome(watched, failures)
  return makeResult(name, status, reason, {
    ...ran,
    value,
    limit,
    unit,
    atMost: limit === undefined ? undefined : true,
  })
}

async function rulesResult(name: string, ran: Ran): Promise<Result> {
  const { passed, reason, rules } = rulesVerdict(ran, await readReport(ran.reports, "output.txt"))
  return resultOfRun(name, ran, reason, { passed, value: rules, unit: "rules" })
}
