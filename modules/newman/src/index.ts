/**
 * Runs a Postman collection against something live, with newman.
 *
 * A run that has sent no request or checked nothing is a failure, and so is an address that does not answer. No result comes from an earlier
 * session's cache. (Not `cache: "never"`: v0.19.10 then calls the function again for each field of its result that is read.)
 */
import { Container, Directory, File, Service, dag, float, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { environmentArguments, outcome, trouble } from "./read"
import { runScript } from "./scripts"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

/** What a run has found. */
@object()
export class Result {
  /** The name of the result, `api` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the run ended. */
  @func() status: string
  /** For a failure the first assertion that failed, with its folder and request; else how much was checked. */
  @func() reason: string
  /** The exit code: 0 all well, 1 something failed, 7 nothing answers at the address, 124 time-out, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the run took. */
  @func() seconds: float
  /** Always false: each session runs the collection. */
  @func() cached: boolean
  /** How many assertions ran. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `junit.xml`, `newman.json` (without the answers' bodies) and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    reports: Directory,
    assertions?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = false
    this.value = assertions
    this.unit = assertions === undefined ? "" : "assertions"
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
export class Newman {
  /**
   * The container that newman runs in.
   *
   * Example: `dagger -m modules/newman call base with-exec --args newman,--version stdout`
   *
   * @param image Another image with newman, node and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.newman): Container {
    return dag
      .container()
      .from(image)
      .withWorkdir("/etc/newman")
      .withEnvVariable("NO_COLOR", "1")
      .withEnvVariable("NODE_NO_WARNINGS", "1")
  }

  /**
   * Runs a collection. Its requests take the address from the variable `baseUrl`.
   *
   * Example: `dagger -m modules/newman call run --collection test/fixtures/page/page.postman_collection.json --url http://product:8099 --target tcp://127.0.0.1:8099 verdict`
   *
   * @param collection The collection, in Postman's format v2.
   * @param url The address to test: the collection's `baseUrl`, without a slash at the end.
   * @param target What is tested, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:8080`).
   * @param targetName The host name of the target, as it stands in `url`.
   * @param folders Only these folders of the collection; all of it if none is given.
   * @param environment More variables for the collection, such as `tenant=test`.
   * @param timeout Seconds for the whole run.
   * @param requestTimeout Seconds for one request.
   * @param wait Seconds until something has to answer at the address, with anything but 502, 503 and 504.
   * @param name What the result is called by.
   * @param image Another image with newman, node and bash in it.
   * @param args More arguments for newman, for example `--bail`.
   * @param until Seconds since 1970: a run that takes longer is given as skipped. 0 waits for it.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async run(
    collection: File,
    url: string,
    target?: Service,
    targetName: string = "product",
    folders: string[] = [],
    environment: string[] = [],
    timeout: number = 300,
    requestTimeout: number = 15,
    wait: number = 30,
    name: string = "api",
    image: string = images.newman,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    const address = url.replace(/\/+$/, "")
    const flags = [
      ...["--env-var", `baseUrl=${address}`, ...environmentArguments(environment)],
      ...folders.flatMap((folder) => ["--folder", folder]),
      ...[
        "--reporters",
        "cli,json,junit",
        "--reporter-json-export",
        "/report/newman.json",
        "--reporter-junit-export",
        "/report/junit.xml",
      ],
      ...["--timeout-request", String(1000 * requestTimeout), "--color", "off", "--reporter-cli-no-banner", ...args],
    ]
    return reported(name, until, async () => {
      let container = this.base(image).withFile("/etc/newman/collection.json", collection)
      if (target) container = container.withServiceBinding(targetName, target)
      const ran = await runStep(
        asked(container, again),
        ["bash", "-c", runScript, "newman", address, String(wait), "collection.json", ...flags],
        timeout,
      )
      return result(name, ran)
    })
  }

  /**
   * Runs newman with any arguments in a folder, mounted as the working directory: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/newman call newman --source test/fixtures/page --args=run,--help stdout`
   *
   * @param source The folder with collections, environments and data files.
   * @param args The arguments of newman.
   */
  @func({ cache: "session" })
  newman(
    source: Directory,
    args: string[],
    target?: Service,
    targetName: string = "product",
    image: string = images.newman,
  ): Container {
    let container = this.base(image).withMountedDirectory("/etc/newman", source)
    if (target) container = container.withServiceBinding(targetName, target)
    return asked(container, "").withExec(["newman", ...args])
  }
}

/** The container, different from that of any other call: something live is tested, so that no layer may come from the cache. */
function asked(container: Container, again: string): Container {
  return container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
}

async function result(name: string, ran: Ran): Promise<Result> {
  const found = ran.timedOut ? undefined : outcome(await readReport(ran.reports, "newman.json"))
  const failed = (reason: string): Result =>
    new Result(name, "failed", reason, ran.exitCode, ran.seconds, ran.reports, found?.assertions)
  if (ran.timedOut) return failed(`timed out after ${Math.round(ran.seconds)} s`)
  if (!found) return failed(trouble(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`)
  if (found.first !== "")
    return failed(`${found.first}${found.failing > 1 ? ` (and ${found.failing - 1} more failing)` : ""}`)
  if (ran.exitCode !== 0)
    return failed(trouble(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`)
  const count = `${found.assertions} assertions in ${found.requests} requests`
  if (found.requests === 0 || found.assertions === 0) return failed(`nothing was tested: ${count}`)
  return new Result(name, "passed", count, ran.exitCode, ran.seconds, ran.reports, found.assertions)
}

/** Prints a line when the run starts and one when it ends; what goes wrong around newman is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, reports)),
  )
}
