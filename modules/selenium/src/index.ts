/**
 * Tests of a running web page in a real browser: a Chromium that answers WebDriver, and an npm project whose tests
 * drive it. A run without a test is a failure, and so is an unreachable address.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { Container, Directory, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { httpsOnly, installFailure, outcome, trouble } from "./read"
import { testScript } from "./scripts"
import { withoutTrailingSlash } from "./shared/arguments"
import { npmContainer } from "./shared/npm"
import { Result, makeResult, reportStep, resultOfRun } from "./shared/result"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"

const workdir = "/src"

/** OUT_DIR of the tests. A folder of its own, because tests may empty it before they start. */
const out = "/out"

@object()
export class Selenium {
  /**
   * Returns the container that the browser runs in.
   *
   * Example: `dagger -m modules/selenium call base with-exec --args chromium,--version stdout`
   *
   * @param image Image whose entrypoint answers WebDriver at port 4444; the pinned one by default.
   */
  @func()
  base(image: string = images.browser): Container {
    return dag.container().from(image)
  }

  /**
   * Returns a browser that answers WebDriver at port 4444 as a service.
   *
   * Example: `dagger -m modules/selenium call browser hostname`
   *
   * @param service Service that the browser can reach, such as `tcp://127.0.0.1:8080` at the caller's loopback.
   * @param serviceName Host name of the service in the browser.
   * @param instance Browsers with equal arguments are one browser; another value, for example `second`, starts another
   * one.
   * @param image Image whose entrypoint answers WebDriver at port 4444; the pinned one by default.
   */
  @func({ cache: "session" })
  browser(
    service?: Service,
    serviceName: string = "product",
    instance: string = "",
    image: string = images.browser,
  ): Service {
    let container = this.base(image).withEnvVariable("INSTANCE", instance).withExposedPort(4444)
    if (service) container = container.withServiceBinding(serviceName, service)
    return container.asService({ useEntrypoint: true })
  }

  /**
   * Runs the tests of an npm project with a browser: `npm ci`, then a script of package.json.
   * The tests find the browser at SELENIUM_REMOTE_URL and the page at BASE_URL, write `junit.xml` and screenshots to
   * OUT_DIR, and exit with 0 only if all passed. The value of the result is the number of tests.
   *
   * Example: `dagger -m modules/selenium call run --source test/fixtures/browser --url http://product:8099 --service
   * tcp://127.0.0.1:8099 verdict`
   *
   * @param source npm project with package.json and package-lock.json.
   * @param url Address to test: BASE_URL, without a slash at the end, for example `http://product:8080`.
   * @param service Service to test, such as `tcp://127.0.0.1:8080` at the caller's loopback; by default `url` has to be
   * reachable from the engine.
   * @param serviceName Host name of the service in `url`; not `app` or `dev`, for which browsers require https.
   * @param script Script of package.json that runs the tests, for example `test`.
   * @param timeout Seconds for the tests; the installation has 600 of its own.
   * @param wait Seconds until the browser and the address have to answer with any status but 502, 503 and 504.
   * @param name Name of the result.
   * @param image Image with Node, npm and bash for the tests; the pinned one by default.
   * @param browserImage Image whose entrypoint answers WebDriver at port 4444, for example
   * `selenium/standalone-chromium:156.0`; the pinned one by default.
   * @param args Additional arguments of the script, for example `--grep=login`.
   * @param deadline Seconds since 1970 after which an unfinished run is reported as skipped; 0 waits for its end.
   * @param nonce Any value not used before repeats the run; otherwise equal calls of one session run once.
   */
  @func({ cache: "session" })
  async run(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    url: string,
    service?: Service,
    serviceName: string = "product",
    script: string = "test",
    timeout: number = 300,
    wait: number = 30,
    name: string = "ui",
    image: string = images.node,
    browserImage: string = images.browser,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const address = withoutTrailingSlash(url)
    const work = async (): Promise<Result> => {
      if (httpsOnly(address))
        throw new Error(
          `url: browsers use https only for hosts that end in ${topLevelDomain(address)}; choose another serviceName`,
        )
      const { ran: install, project } = await installed(image, source)
      if (install.exitCode !== 0) return installResult(name, install)
      const instance = `${Date.now()}-${Math.random()}-${nonce}`
      const container = project
        .withServiceBinding("browser", this.browser(service, serviceName, instance, browserImage))
        .withEnvVariable("SELENIUM_REMOTE_URL", "http://browser:4444")
        .withEnvVariable("BASE_URL", address)
        .withEnvVariable("OUT_DIR", out)
        .withDirectory(out, dag.directory())
      const waits = ["the browser=http://browser:4444/status", `the page=${address}`]
      const tests = ["npm", "run", script, ...(args.length > 0 ? ["--", ...args] : [])]
      const command = ["bash", "-c", testScript, "test", String(wait), ...waits, "--", ...tests]
      return resultOf(name, await runStep(connected(container, { service, serviceName, nonce }), command, timeout))
    }
    return reportStep(name, work, { deadline })
  }
}

function topLevelDomain(address: string): string {
  return new URL(address).hostname.split(".").at(-1)!
}

/** Runs `npm ci` in a layer that depends on the lockfile alone, and adds the project's files to it. */
async function installed(image: string, source: Directory): Promise<{ ran: Ran; project: Container }> {
  const entries = await source.entries()
  if (!entries.includes("package.json")) throw new Error("source: no package.json; pass the folder of the project")
  if (!entries.includes("package-lock.json"))
    throw new Error("source: no package-lock.json; create it with `npm install --package-lock-only` and commit it")
  let container = npmContainer(image).withWorkdir(workdir)
  for (const file of ["package.json", "package-lock.json", ".npmrc"])
    if (entries.includes(file)) container = container.withFile(file, source.file(file))
  const ran = await runStep(container, ["npm", "ci", "--no-progress"], 600)
  return { ran, project: ran.container.withoutDirectory("/report").withDirectory(workdir, source) }
}

async function installResult(name: string, { timedOut, ...ran }: Ran): Promise<Result> {
  const reason = timedOut ? "npm ci timed out" : installFailure(await readReport(ran.reports, "output.txt"))
  return makeResult(name, "failed", reason, { ...ran, cached: false })
}

async function resultOf(name: string, ran: Ran): Promise<Result> {
  const reports = ran.container.directory(out).withFile("output.txt", ran.reports.file("output.txt"))
  const found = outcome(await readReport(reports, "junit.xml"))
  const tests = found ? found.tests - found.skipped : undefined
  const ended = (passed: boolean, reason: string): Result =>
    resultOfRun(name, ran, reason, { passed, reports, value: tests, unit: "tests" })
  if (ran.timedOut) return ended(false, found?.first ?? "")
  if (found?.first)
    return ended(false, `${found.first}${found.failing > 1 ? ` (and ${found.failing - 1} more failing)` : ""}`)
  if (ran.exitCode !== 0) return ended(false, trouble(await readReport(reports, "output.txt")))
  if (!found) return ended(false, "the tests wrote no junit.xml to OUT_DIR")
  const count = `${tests} tests${found.skipped ? `, ${found.skipped} skipped` : ""}`
  return tests ? ended(true, count) : ended(false, `no test ran (${count})`)
}
