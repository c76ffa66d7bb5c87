/**
 * Tests a page that is live in a real browser: a Chromium that answers WebDriver, and an npm project whose tests drive it.
 *
 * A run in which no test ran is a failure, and so is an address that does not answer. No result comes from an earlier session's cache. (Not
 * `cache: "never"`: v0.19.10 then calls the function again for each field of its result that is read.)
 */
import { Container, Directory, Service, argument, dag, float, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { httpsOnly, installFailure, outcome, trouble } from "./read"
import { testScript } from "./scripts"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

const workdir = "/src"

/** Where the tests write. A folder of its own, because tests may empty it before they start. */
const out = "/out"

/** What a run has found. */
@object()
export class Result {
  /** The name of the result, `ui` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the run ended. */
  @func() status: string
  /** For a failure the first test that failed; else how many tests ran. */
  @func() reason: string
  /** The exit code: the tests' own, 7 when nothing answers at an address, 124 time-out, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the tests took. */
  @func() seconds: float
  /** Always false: each session runs the tests. */
  @func() cached: boolean
  /** How many tests ran. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, what the tests have written to OUT_DIR (`junit.xml`, screenshots), and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    reports: Directory,
    tests?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = false
    this.value = tests
    this.unit = tests === undefined ? "" : "tests"
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
export class Selenium {
  /**
   * The container that the browser runs in.
   *
   * Example: `dagger -m modules/selenium call base with-exec --args chromium,--version stdout`
   *
   * @param image Another image that answers WebDriver at port 4444 when it is started.
   */
  @func()
  base(image: string = images.browser): Container {
    return dag.container().from(image)
  }

  /**
   * A browser that answers WebDriver at port 4444.
   *
   * Example: `dagger -m modules/selenium call browser hostname`
   *
   * @param target What is tested, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:8080`).
   * @param targetName The host name of the target, as the browser sees it.
   * @param instance Two browsers with the same target are one and the same; another name makes another one.
   * @param image Another image that answers WebDriver at port 4444 when it is started.
   */
  @func({ cache: "session" })
  browser(
    target?: Service,
    targetName: string = "product",
    instance: string = "",
    image: string = images.browser,
  ): Service {
    let container = this.base(image).withEnvVariable("INSTANCE", instance).withExposedPort(4444)
    if (target) container = container.withServiceBinding(targetName, target)
    return container.asService({ useEntrypoint: true })
  }

  /**
   * Runs the tests of an npm project (`npm ci`, then its script) with a browser. They find the browser at SELENIUM_REMOTE_URL and the page at
   * BASE_URL, write `junit.xml` and screenshots to OUT_DIR, and end with 0 only when all is well.
   *
   * Example: `dagger -m modules/selenium call test --source test/fixtures/browser --url http://product:8099 --target tcp://127.0.0.1:8099 verdict`
   *
   * @param source The project, with package.json and package-lock.json.
   * @param url The address to test: BASE_URL, without a slash at the end.
   * @param target What is tested, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:8080`).
   * @param targetName The host name of the target, as it stands in `url`; not `app` or `dev`, which browsers take by https only.
   * @param script The script of package.json that runs the tests.
   * @param timeout Seconds for the tests; the install has 600 of its own.
   * @param wait Seconds until the browser and the address have to answer, the latter with anything but 502, 503 and 504.
   * @param name What the result is called by.
   * @param image Another image with Node, npm and bash in it, for the tests.
   * @param browserImage Another image that answers WebDriver at port 4444 when it is started.
   * @param args More arguments for the script.
   * @param until Seconds since 1970: a run that takes longer is given as skipped. 0 waits for it.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async test(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    url: string,
    target?: Service,
    targetName: string = "product",
    script: string = "test",
    timeout: number = 300,
    wait: number = 30,
    name: string = "ui",
    image: string = images.node,
    browserImage: string = images.browser,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    const address = url.replace(/\/+$/, "")
    return reported(name, until, async () => {
      if (httpsOnly(address))
        throw new Error(
          `${address}: browsers take hosts that end in ${address.replace(/^.*[./]|:.*$/g, "")} by https only; give the target another name`,
        )
      const { ran: install, project } = await installed(image, source)
      if (install.exitCode !== 0)
        return new Result(
          name,
          "failed",
          install.timedOut ? "npm ci timed out" : installFailure(await readReport(install.reports, "output.txt")),
          install.exitCode,
          install.seconds,
          install.reports,
        )
      const asked = `${Date.now()}-${Math.random()}-${again}`
      let container = project
        .withServiceBinding("browser", this.browser(target, targetName, asked, browserImage))
        .withEnvVariable("SELENIUM_REMOTE_URL", "http://browser:4444")
        .withEnvVariable("BASE_URL", address)
        .withEnvVariable("OUT_DIR", out)
        .withDirectory(out, dag.directory())
        .withEnvVariable("ASKED_AT", asked)
      if (target) container = container.withServiceBinding(targetName, target)
      const command = ["npm", "run", script, ...(args.length > 0 ? ["--", ...args] : [])]
      const waits = ["the browser=http://browser:4444/status", `the page=${address}`]
      return result(
        name,
        await runStep(container, ["bash", "-c", testScript, "test", String(wait), ...waits, "--", ...command], timeout),
      )
    })
  }
}

/** `npm ci` in a layer of its own, which depends on the lockfile alone, and the project's files on top of it. */
async function installed(image: string, source: Directory): Promise<{ ran: Ran; project: Container }> {
  const there = await source.entries()
  for (const file of ["package.json", "package-lock.json"])
    if (!there.includes(file))
      throw new Error(
        `no ${file} in the source${file === "package.json" ? ": give the project's folder" : ": make it with `npm install --package-lock-only` and commit it"}`,
      )
  let locked = dag
    .container()
    .from(image)
    .withMountedCache("/root/.npm", dag.cacheVolume("delivery-node-npm"))
    .withEnvVariable("NO_COLOR", "1")
    .withEnvVariable("CI", "true")
    .withEnvVariable("npm_config_update_notifier", "false")
    .withEnvVariable("npm_config_fund", "false")
    .withEnvVariable("npm_config_audit", "false")
    .withWorkdir(workdir)
  for (const file of ["package.json", "package-lock.json", ".npmrc"])
    if (there.includes(file)) locked = locked.withFile(file, source.file(file))
  const ran = await runStep(locked, ["npm", "ci", "--no-progress"], 600)
  return { ran, project: ran.container.withoutDirectory("/report").withDirectory(workdir, source) }
}

async function result(name: string, ran: Ran): Promise<Result> {
  const reports = ran.container.directory(out).withFile("output.txt", ran.reports.file("output.txt"))
  const found = outcome(await readReport(reports, "junit.xml"))
  const ranTests = found ? found.tests - found.skipped : undefined
  const failed = (reason: string): Result =>
    new Result(name, "failed", reason, ran.exitCode, ran.seconds, reports, ranTests)
  if (ran.timedOut)
    return failed(`timed out after ${Math.round(ran.seconds)} s${found?.first ? `: ${found.first}` : ""}`)
  if (found?.first)
    return failed(`${found.first}${found.failing > 1 ? ` (and ${found.failing - 1} more failing)` : ""}`)
  if (ran.exitCode !== 0) return failed(trouble(await readReport(reports, "output.txt")) || `exit code ${ran.exitCode}`)
  if (!found) return failed("the tests wrote no junit.xml to OUT_DIR")
  const count = `${ranTests} tests${found.skipped ? `, ${found.skipped} skipped` : ""}`
  if (!ranTests) return failed(`no test ran (${count})`)
  return new Result(name, "passed", count, ran.exitCode, ran.seconds, reports, ranTests)
}

/** Prints a line when the run starts and one when it ends; what goes wrong around the tests is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, reports)),
  )
}
