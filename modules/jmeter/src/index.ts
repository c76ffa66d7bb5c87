/**
 * Load tests of a running service with a JMeter test plan, compared with limits.
 *
 * JMeter exits with 0 even if all requests failed, so the module reads its results: no samples, too many failed
 * samples, response times above the limit and an unreachable address are failures.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { Container, Directory, File, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import {
  type Judgement,
  type Limits,
  type Outcome,
  junit,
  limitFault,
  planFault,
  planFiles,
  propertyArguments,
  setupGroups,
  verdictOf,
} from "./read"
import { runScript } from "./scripts"
import { withoutTrailingSlash } from "./shared/arguments"
import { type Facts, Result, reportStep, resultOfRun } from "./shared/result"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"

@object()
export class Jmeter {
  /**
   * Returns the container that JMeter runs in.
   *
   * Example: `dagger -m modules/jmeter call base with-exec --args jmeter,--version stdout`
   *
   * @param image Image with jmeter, curl and bash; the pinned one by default.
   */
  @func()
  base(image: string = images.jmeter): Container {
    return dag.container().from(image).withWorkdir("/load")
  }

  /**
   * Runs a test plan against a running service.
   * Its requests take the address from the property `baseUrl`. The result's details are samples (number), errors
   * (percent), p95 (milliseconds) and throughput (samples/s).
   *
   * Example: `dagger -m modules/jmeter call run --plan test/fixtures/load/page.jmx --url http://product:8099 --service
   * tcp://127.0.0.1:8099 --max-p-95 500 verdict`
   *
   * @param plan Test plan, a .jmx file.
   * @param url Address to test: the property `baseUrl`, without a slash at the end.
   * @param data Folder with the files that the plan reads, by their paths from the plan; a plan that reads a file which
   * is not there is refused.
   * @param service Service to test, such as `tcp://127.0.0.1:8080` at the caller's loopback; by default `url` has to be
   * reachable from the engine.
   * @param serviceName Host name of the service in `url`.
   * @param properties Additional properties of the plan as NAME=value, such as `users=20`.
   * @param maxP95 Limit of the 95th percentile in milliseconds; 0 for no limit.
   * @param maxErrors Limit of failed samples in percent; with -1 the run fails only if all samples failed.
   * @param minSamples Minimum number of samples.
   * @param timeout Seconds for the whole run including the wait; the plan sets the duration of the load.
   * @param wait Seconds until the address has to answer with any status but 502, 503 and 504.
   * @param name Name of the result.
   * @param image Image with jmeter, curl and bash; the pinned one by default.
   * @param args Additional arguments of jmeter, such as `-Lorg.apache.http=DEBUG`.
   * @param deadline Seconds since 1970 after which an unfinished run is reported as skipped; 0 waits for its end.
   * @param nonce Any value not used before repeats the run; otherwise equal calls of one session run once.
   */
  @func({ cache: "session" })
  async run(
    plan: File,
    url: string,
    data?: Directory,
    service?: Service,
    serviceName: string = "product",
    properties: string[] = [],
    maxP95: number = 0,
    maxErrors: number = 0,
    minSamples: number = 1,
    timeout: number = 600,
    wait: number = 30,
    name: string = "load",
    image: string = images.jmeter,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const address = withoutTrailingSlash(url)
    const limits: Limits = { maxP95, maxErrors, minSamples }
    const work = async (): Promise<Result> => {
      const text = await plan.contents()
      const fault = planFault(text) || limitFault(limits) || (await missingFiles(text, data))
      if (fault) throw new Error(fault)
      const flags = [...reportFlags, `-JbaseUrl=${address}`, ...propertyArguments(properties), ...args]
      const base = data ? this.base(image).withDirectory("/load", data) : this.base(image)
      const container = base.withFile("/load/plan.jmx", plan)
      const command = ["bash", "-c", runScript, "jmeter", address, String(wait), ...flags]
      const ran = await runStep(connected(container, { service, serviceName, nonce }), command, timeout)
      return resultOf(name, ran, setupGroups(text), limits)
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs jmeter with any arguments in a folder, for what has no function here.
   *
   * Example: `dagger -m modules/jmeter call exec --source test/fixtures/load --args=--help stdout`
   *
   * @param source Folder with plans and data files, mounted as the working directory.
   * @param args Arguments of jmeter, for example `--help`.
   * @param service Service to test; by default the addresses in the plan have to be reachable from the engine.
   * @param serviceName Host name of the service.
   * @param image Image with jmeter; the pinned one by default.
   */
  @func({ cache: "session" })
  exec(
    source: Directory,
    args: string[],
    service?: Service,
    serviceName: string = "product",
    image: string = images.jmeter,
  ): Container {
    const container = this.base(image).withMountedDirectory("/load", source)
    return connected(container, { service, serviceName }).withExec(["jmeter", ...args])
  }
}

/** What to run, and where to leave the results. */
const reportFlags = [
  ...["-n", "-t", "/load/plan.jmx"],
  ...["-l", "/report/results.jtl", "-j", "/report/jmeter.log", "-e", "-o", "/report/dashboard"],
  "-Jjmeter.save.saveservice.output_format=csv",
]

/** Which files of the plan are not in its data; "" if all are. JMeter would end without a sample. */
async function missingFiles(plan: string, data?: Directory): Promise<string> {
  const files = planFiles(plan)
  const exist = await Promise.all(files.map(async (file) => (data ? data.exists(file) : false)))
  const missing = files.filter((_, i) => !exist[i])
  return missing.length ? `plan: reads ${missing.join(", ")}, not found in data; pass the folder that has it` : ""
}

async function resultOf(name: string, ran: Ran, setup: string[], limits: Limits): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  const results = (await ran.reports.exists("results.jtl")) ? await readReport(ran.reports, "results.jtl") : undefined
  const { found, passed, reason, ...figure } = verdictOf(ran, { results, output }, { setup, limits })
  const facts = found ? { ...factsOf(name, ran, found), ...figureOf({ passed, reason, ...figure }) } : {}
  return resultOfRun(name, ran, reason, { ...facts, passed })
}

/** The details of a run, and its reports with JUnit and the figures of each label. */
function factsOf(name: string, { reports }: Ran, found: Outcome): Facts {
  const { samples, errors, p95, throughput } = found
  const labels = JSON.stringify([...found.setup, ...found.labels], null, 1)
  return {
    details: { samples, errors, p95, throughput },
    reports: reports.withNewFile("labels.json", `${labels}\n`).withNewFile("junit.xml", junit(name, found)),
  }
}

/** The figure that decides; samples have a minimum, the others a maximum. */
function figureOf({ value, limit, unit }: Judgement): Facts {
  return { value, limit, unit, atMost: limit === undefined ? undefined : unit !== "samples" }
}
