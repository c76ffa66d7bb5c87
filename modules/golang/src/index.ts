/**
 * Checks and builds one Go module: format, vet, staticcheck, tests with the race detector, JUnit and coverage, binaries.
 *
 * Every function takes the folder that holds the Go module. Where its go.mod replaces a module by a folder beside it
 * (`replace example.com/kit => ../kit`), give the folder above as `source` and the module's own as `path`.
 */
import {
  Changeset,
  Container,
  Directory,
  File,
  Secret,
  Service,
  argument,
  dag,
  float,
  func,
  object,
} from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { withGoCaches, withGoProgram } from "./shared/go"
import { images, tools } from "./images"
import { asText } from "./shared/cached"
import { joined, localReplaces } from "./shared/gomod"
import { download, fetchModules, letIn, withModules, type Fetched } from "./shared/private"
import { coveragePercent, findingOf, lintFindings, testOutcome, under } from "./read"
import { refusal } from "./shared/refusal"
import { buildScript, lintScript, testScript } from "./scripts"
import { sarif } from "./shared/sarif"
import { Ran, readReport, runStep, unlessInterrupted } from "./shared/step"

const workdir = "/src"

/** What one step has found. */
@object()
export class Result {
  /** `<name>:<step>`, for example `api:test`. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the step ended. */
  @func() status: string
  /** For a failure the first thing to look at; else what was done. */
  @func() reason: string
  /** The exit code of the tools; 124 when the time-out ended them, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the tools took when they really ran. */
  @func() seconds: float
  /** Whether the step came from the cache. */
  @func() cached: boolean
  /** The statement coverage in percent, where the step measures it. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** The tools' own files and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    value?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.reports = reports
    this.value = value === undefined ? undefined : Math.round(value * 10) / 10
    this.unit = value === undefined ? "" : "%"
  }

  /** The reason; an error when the step did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

/** The results of several steps. */
@object()
export class Report {
  /** Whether every step passed. */
  @func() passed: boolean
  /** One line a step. */
  @func() summary: string
  /** The results, in the order asked for. */
  @func() results: Result[]
  /** A folder for each step, and `results.json` with every result's fields. */
  @func() reports: Directory

  constructor(results: Result[], reports: Directory) {
    this.passed = results.every((r) => r.status === "passed")
    this.summary = results.map((r) => `${r.status} ${r.name} ${r.seconds} s ${r.reason}`).join("\n")
    this.results = results
    this.reports = reports
  }

  /** The summary; an error when a step did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (!this.passed) throw new Error(this.summary)
    return this.summary
  }
}

@object()
export class Golang {
  /** Logins of hosts that private modules come from. */
  netrc?: Secret
  /** The module proxies, as Go's GOPROXY. */
  goproxy?: Secret
  /** The modules that are fetched from where they are developed, as Go's GOPRIVATE. */
  goprivate?: string
  /** A certificate authority that the proxy is known by. */
  certificate?: File
  /** The proxy, when it is a service. */
  proxy?: Service
  /** The host name of that service. */
  proxyName?: string

  /**
   * The same functions, with access to private modules. Secrets reach `go mod download` (and `go install` of this module's own tools, through goproxy), and nothing
   * else: linters, tests and builds run on what was downloaded, with neither in their files nor in their environment, and with GOPROXY=off. What was downloaded is a
   * layer that depends on go.mod and go.sum, not the cache that other callers share.
   *
   * Example: `dagger -m modules/golang call with-private --netrc file://$HOME/.netrc --goproxy env://GOPROXY check --source . --path services/suppliers summary`
   *
   * @param netrc Logins, as ~/.netrc has them, such as file://$HOME/.netrc: for git, and for a proxy by https (with its port in the name, where it is not 443).
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: what is fetched by git and looked up in no checksum database.
   * @param certificate A company's certificate authority, in PEM.
   * @param proxy The proxy, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:3000`).
   * @param proxyName The host name of that service, as it stands in goproxy.
   */
  @func({ cache: "session" })
  withPrivate(
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    certificate?: File,
    proxy?: Service,
    proxyName: string = "goproxy",
  ): Golang {
    Object.assign(this, { netrc, goproxy, goprivate, certificate, proxy, proxyName })
    return this
  }

  /**
   * The container that the steps run in: Go with warm module and build caches, staticcheck and gotestsum.
   *
   * Example: `dagger -m modules/golang call base with-exec --args go,version stdout`
   *
   * @param image Another image with Go, gcc and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.golang): Container {
    const installed = (container: Container): Container =>
      [tools.staticcheck, tools.gotestsum].reduce(withGoProgram, container)
    // The tools are taken out of where the secrets were.
    const go = goContainer(image)
    const ready = this.goproxy ? go.withRootfs(installed(letIn(go, this)).rootfs()) : installed(go)
    // What staticcheck knows of packages, by their content: those that have not changed are not looked at again.
    return ready.withMountedCache("/root/.cache/staticcheck", dag.cacheVolume("delivery-golang-staticcheck"))
  }

  /**
   * Runs lint and then build, beside them test, and gives all their results: a step that fails stops none of the others.
   *
   * Example: `dagger -m modules/golang call check --source . --path services/suppliers summary`
   *
   * @param source The folder with everything that the Go module needs.
   * @param path The Go module's folder in `source`.
   * @param name What the results are called by; the folder's name if not given.
   * @param steps Which of lint, test and build.
   * @param timeouts Seconds for each of the steps, in the same order; 600 where none is given.
   * @param image Another image with Go, gcc and bash in it.
   * @param testArgs More arguments for `go test`, for example `-tags=integration`.
   * @param testServices Services that the tests reach, for example a Postgres.
   * @param testServiceNames The host name of each of them, in the same order.
   * @param testEnv Variables that the tests see, as `NAME=value`; no secrets.
   * @param until Seconds since 1970: steps that run longer are given as skipped. 0 waits for all.
   * @param again Another value than before runs the tools again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async check(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    name: string = "",
    steps: string[] = ["lint", "test", "build"],
    timeouts: number[] = [],
    image: string = images.golang,
    testArgs: string[] = [],
    testServices: Service[] = [],
    testServiceNames: string[] = [],
    testEnv: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Report> {
    const at = await module(source, path, name)
    const known: Record<string, (fetched: Fetched, timeout: number) => Promise<Result>> = {
      lint: (fetched, timeout) => lintStep(withModules(anew(this.base(image), again), fetched), at, [], timeout),
      test: (fetched, timeout) =>
        testStep(
          withSurroundings(
            withModules(anew(this.base(image), again), fetched),
            testServices,
            testServiceNames,
            testEnv,
          ),
          at,
          testArgs,
          timeout,
        ),
      build: (fetched, timeout) => buildStep(withModules(anew(goContainer(image), again), fetched), at, [], timeout),
    }
    const wrong = steps.filter((s) => !(s in known))
    if (wrong.length > 0 || steps.length === 0)
      throw new Error(`steps: ${wrong.join(", ") || "none given"}; there are ${Object.keys(known).join(", ")}`)
    const fetching = this.fetch(image, at, again)
    const one = async (step: string): Promise<Result> => {
      const fetched = await fetching
      return fetched.refused
        ? result(`${at.name}:${step}`, fetched.refused.ran, fetched.refused.reason)
        : known[step]!(fetched, timeouts[steps.indexOf(step)] ?? 600)
    }
    const started = new Map<string, Promise<Result>>()
    for (const step of ["lint", "test", "build"].filter((one) => steps.includes(one))) {
      // What lint has compiled, build need not: the two follow each other, beside the tests.
      const before = step === "build" ? started.get("lint") : undefined
      started.set(
        step,
        reported(`${at.name}:${step}`, async () => (await before, one(step)), until),
      )
    }
    const results = await Promise.all(steps.map((step) => started.get(step)!))
    let reports = dag.directory()
    for (const [i, result] of results.entries()) reports = reports.withDirectory(steps[i]!, result.reports)
    const fields = results.map(({ reports: _, ...rest }) => rest)
    return new Report(results, reports.withNewFile("results.json", `${JSON.stringify(fields, null, 1)}\n`))
  }

  /**
   * What `check` gives, as one text that is kept for a day: with the same arguments nothing is run or looked up, not even from layers. It is JSON with `ended` (seconds since 1970), `results` and `files`,
   * the texts of all reports by their path. A red answer is kept too: a caller that meets one older than itself asks with another `attempt`, and what passed is then answered from the layers.
   *
   * Example: `dagger -m modules/golang call kept-check --source . --path services/suppliers --attempt "$RANDOM"`
   *
   * @param source The folder with everything that the Go module needs.
   * @param path The Go module's folder in `source`.
   * @param attempt Any text that was not given before: what failed is tried again.
   * @param testServices Services that the tests reach. They are a part of the question: a function that makes one anew for each session makes this one ask anew too.
   */
  @func({ cache: "24h" })
  async keptCheck(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    name: string = "",
    steps: string[] = ["lint", "test", "build"],
    timeouts: number[] = [],
    image: string = images.golang,
    testArgs: string[] = [],
    testServices: Service[] = [],
    testServiceNames: string[] = [],
    testEnv: string[] = [],
    until: number = 0,
    again: string = "",
    attempt: string = "",
  ): Promise<string> {
    const { results, reports } = await this.check(
      source,
      path,
      name,
      steps,
      timeouts,
      image,
      testArgs,
      testServices,
      testServiceNames,
      testEnv,
      until,
      again,
    )
    return asText(results, reports)
  }

  /**
   * Runs gofmt, go vet and staticcheck, all three whatever the others say.
   *
   * Example: `dagger -m modules/golang call lint --source . --path services/suppliers reason`
   *
   * @param args More arguments for staticcheck, for example `-checks=all`.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    timeout: number = 600,
    image: string = images.golang,
  ): Promise<Result> {
    const at = await module(source, path, "")
    const fetched = await this.fetch(image, at)
    return fetched.refused
      ? result(`${at.name}:lint`, fetched.refused.ran, fetched.refused.reason)
      : lintStep(withModules(this.base(image), fetched), at, args, timeout)
  }

  /**
   * Runs the tests with the race detector; gives JUnit, the coverage profile and the statement coverage.
   * A module without a single test fails. What `go vet` says is for `lint`: `go test` is told to leave it out.
   *
   * Example: `dagger -m modules/golang call test --source . --path services/suppliers value`
   *
   * @param args More arguments for `go test`, for example `-run=TestMenu`.
   * @param services Services that the tests reach, for example a Postgres.
   * @param serviceNames The host name of each of them, in the same order.
   * @param env Variables that the tests see, as `NAME=value`; no secrets.
   */
  @func({ cache: "session" })
  async test(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    timeout: number = 600,
    image: string = images.golang,
    services: Service[] = [],
    serviceNames: string[] = [],
    env: string[] = [],
  ): Promise<Result> {
    const at = await module(source, path, "")
    const fetched = await this.fetch(image, at)
    return fetched.refused
      ? result(`${at.name}:test`, fetched.refused.ran, fetched.refused.reason)
      : testStep(
          withSurroundings(withModules(this.base(image), fetched), services, serviceNames, env),
          at,
          args,
          timeout,
        )
  }

  /**
   * Formats the sources with gofmt.
   *
   * Example: `dagger -m modules/golang call fmt --source . --path services/suppliers modified-paths`
   */
  @func({ cache: "session" })
  async fmt(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    image: string = images.golang,
  ): Promise<Changeset> {
    const at = await module(source, path, "")
    const formatted = within(goContainer(image), at).withExec(["gofmt", "-w", "."]).directory(workdir)
    // Changes are taken between two folders that are roots of their own: v0.19.10 mixes up the paths of others.
    const root = (folder: Directory): Directory => dag.directory().withDirectory("/", folder)
    return root(formatted).changes(root(at.source))
  }

  /**
   * Builds every main package and gives the folder with the binaries: static, stripped, without paths of this machine.
   *
   * Example: `dagger -m modules/golang call build --source . --path services/suppliers entries`
   *
   * @param args More arguments for `go build`, for example `-tags=netgo`.
   * @param goos The operating system to build for.
   * @param goarch The architecture to build for.
   */
  @func({ cache: "session" })
  async build(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    goos: string = "linux",
    goarch: string = "amd64",
    image: string = images.golang,
  ): Promise<Directory> {
    const at = await module(source, path, "")
    const ran = await runStep(
      buildContainer(withModules(goContainer(image), await this.fetchOrThrow(image, at)), at, goos, goarch),
      ["bash", "-c", buildScript, "build", ...args],
      600,
    )
    if (ran.exitCode !== 0) throw new Error(await readReport(ran.reports, "output.txt"))
    return ran.container.directory("/out")
  }

  /**
   * Runs `go` with any arguments, in the module's folder: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/golang call go --source . --path services/suppliers --args list,./... stdout`
   */
  @func({ cache: "session" })
  async go(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    path: string = ".",
    image: string = images.golang,
  ): Promise<Container> {
    const at = await module(source, path, "")
    return within(withModules(goContainer(image), await this.fetchOrThrow(image, at)), at).withExec(["go", ...args])
  }

  /**
   * What go.mod and go.sum of the given folders name, as Go's module cache (GOMODCACHE) has it: for tools that are to fetch nothing themselves, and so need no login.
   *
   * Example: `dagger -m modules/golang call modules --source . --paths services/kit,services/suppliers entries`
   *
   * @param source The folder with all of them.
   * @param paths The modules' folders in `source`.
   * @param image Another image with Go and bash in it, instead of the pinned one.
   */
  @func({ cache: "session" })
  async modules(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    image: string = images.golang,
  ): Promise<Directory> {
    let all = dag.directory()
    for (const path of paths) {
      const at = await module(source, path, "")
      const { modules, refused } = await download(goContainer(image), at.source, at.workdir, workdir, this, 600)
      if (refused) throw new Error(refused.reason)
      all = all.withDirectory("/", modules!)
    }
    return all
  }

  private fetch(image: string, at: Module, again: string = ""): Promise<Fetched> {
    return fetchModules(anew(goContainer(image), again), at.source, at.workdir, workdir, this, 600)
  }

  private async fetchOrThrow(image: string, at: Module): Promise<Fetched> {
    const fetched = await this.fetch(image, at)
    if (fetched.refused) throw new Error(fetched.refused.reason)
    return fetched
  }
}

/** A Go module: its folder, in the folder that holds all it needs. */
interface Module {
  source: Directory
  path: string
  name: string
  workdir: string
}

function goContainer(image: string): Container {
  return withGoCaches(dag.container().from(image), image).withEnvVariable("GOBIN", "/usr/local/bin")
}

/** The container, another one for each value of `again` but none: nothing in it then comes from an earlier call's cache. */
function anew(container: Container, again: string): Container {
  return again ? container.withEnvVariable("STEP_AGAIN", again) : container
}

function within(container: Container, at: Module): Container {
  return container.withMountedDirectory(workdir, at.source).withWorkdir(at.workdir)
}

/** The container with the services bound and the variables set. */
function withSurroundings(container: Container, services: Service[], names: string[], env: string[]): Container {
  if (services.length !== names.length)
    throw new Error(`${services.length} services, but ${names.length} service names: each service needs one`)
  for (const [i, service] of services.entries()) container = container.withServiceBinding(names[i]!, service)
  for (const pair of env) {
    const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(pair) ?? []
    if (name === undefined) throw new Error(`env: ${JSON.stringify(pair)} is not of the form NAME=value`)
    container = container.withEnvVariable(name, value!)
  }
  return container
}

function buildContainer(container: Container, at: Module, goos: string, goarch: string): Container {
  return within(container, at)
    .withEnvVariable("CGO_ENABLED", "0")
    .withEnvVariable("GOOS", goos)
    .withEnvVariable("GOARCH", goarch)
}

/** Makes sure that there is a Go module, and that the folders it replaces modules by are there too. */
async function module(source: Directory, path: string, name: string): Promise<Module> {
  const clean = path.replace(/^\.\//, "").replace(/\/+$/, "") || "."
  const goMod = under(clean, "go.mod")
  if (!(await source.exists(goMod)))
    throw new Error(`no ${goMod} in the source: give the Go module's folder as path, or make one with \`go mod init\``)
  for (const replaced of localReplaces(await source.file(goMod).contents())) {
    const folder = joined(clean, replaced)
    if (folder === undefined || !(await source.exists(under(folder, "go.mod"))))
      throw new Error(
        `${goMod} replaces a module by ${replaced}, which is not in the source: give the folder above both as source, and ${clean === "." ? "the module's own folder" : clean} as path`,
      )
  }
  return {
    source,
    path: clean,
    name: name || clean.split("/").at(-1)!.replace(/^\.$/, "go"),
    workdir: clean === "." ? workdir : `${workdir}/${clean}`,
  }
}

async function lintStep(container: Container, at: Module, args: string[], timeout: number): Promise<Result> {
  const ran = await runStep(within(container, at), ["bash", "-c", lintScript, "lint", ...args], timeout, {
    yields: true,
  })
  const read = (file: string): Promise<string> => readReport(ran.reports, file)
  const withSarif = (lines: string[]): Ran => ({
    ...ran,
    reports: ran.reports.withNewFile("lint.sarif", sarif(["gofmt", "vet", "staticcheck"], lines.map(findingOf))),
  })
  if (ran.exitCode === 0) return result(`${at.name}:lint`, withSarif([]), "gofmt, vet and staticcheck found nothing")
  const findings = lintFindings(
    {
      gofmt: await read("gofmt.txt"),
      vet: await read("vet.txt"),
      staticcheck: await read("staticcheck.json"),
      staticcheckErrors: await read("staticcheck.err"),
    },
    at.path,
    at.workdir,
  )
  const output = await read("output.txt")
  return result(
    `${at.name}:lint`,
    withSarif(findings),
    refusal(output) || more(findings, "finding") || firstLine(output),
  )
}

async function testStep(container: Container, at: Module, args: string[], timeout: number): Promise<Result> {
  // go test names the test that hangs; its own time-out therefore comes a little before the one of the step
  const inner = Math.max(1, Math.round(timeout - Math.min(10, timeout / 4)))
  const ran = await runStep(within(container, at), ["bash", "-c", testScript, "test", String(inner), ...args], timeout)
  const output = await readReport(ran.reports, "output.txt")
  const outcome = testOutcome(output, at.path)
  const coverage = coveragePercent(await readReport(ran.reports, "coverage.out"))
  const count = `${outcome.tests} tests${outcome.skipped ? `, ${outcome.skipped} skipped` : ""}`
  if (ran.exitCode === 0 && outcome.tests - outcome.skipped <= 0)
    return result(`${at.name}:test`, ran, `${at.path} has no test that ran (${count})`, coverage, false)
  if (ran.exitCode === 0) return result(`${at.name}:test`, ran, count, coverage)
  const others = outcome.failing.length > 1 ? ` (and ${outcome.failing.length - 1} more failing)` : ""
  return result(
    `${at.name}:test`,
    ran,
    (outcome.failing.length ? "" : refusal(output)) ||
      (outcome.first ? `${outcome.first}${others}` : firstLine(output)),
    coverage,
  )
}

async function buildStep(container: Container, at: Module, args: string[], timeout: number): Promise<Result> {
  const ran = await runStep(
    buildContainer(container, at, "linux", "amd64"),
    ["bash", "-c", buildScript, "build", ...args],
    timeout,
    { yields: true },
  )
  if (ran.exitCode === 0) {
    const built = (await ran.container.directory("/out").entries()).join(", ")
    return result(`${at.name}:build`, ran, built ? `built ${built}` : "compiled; it has no main package")
  }
  const output = await readReport(ran.reports, "output.txt")
  return result(
    `${at.name}:build`,
    ran,
    refusal(output) ||
      under(
        at.path,
        firstLine(
          output
            .split("\n")
            .filter((l) => !l.startsWith("#"))
            .join("\n"),
        ),
      ),
  )
}

function more(findings: string[], noun: string): string {
  const rest = findings.length - 1
  return rest > 0 ? `${findings[0]} (and ${rest} more ${noun}${rest > 1 ? "s" : ""})` : (findings[0] ?? "")
}

function result(name: string, ran: Ran, reason: string, value?: number, passed = ran.exitCode === 0): Result {
  const why = ran.timedOut ? `timed out after ${Math.round(ran.seconds)} s${reason ? `: ${reason}` : ""}` : reason
  return new Result(
    name,
    passed ? "passed" : "failed",
    why || `exit code ${ran.exitCode}`,
    ran.exitCode,
    ran.seconds,
    ran.cached,
    ran.reports,
    value,
  )
}

/** Runs a step with a line when it starts and one when it ends; what goes wrong around the tools is a failed result too. */
async function reported(name: string, step: () => Promise<Result>, until: number): Promise<Result> {
  console.log(`▶ ${name}`)
  const ended = await unlessInterrupted(step(), until).catch(
    (error: unknown) =>
      new Result(
        name,
        "failed",
        `could not run: ${firstLine(error instanceof Error ? error.message : String(error))}`,
        -1,
        0,
        false,
        dag.directory().withNewFile("output.txt", String(error)),
      ),
  )
  if (ended === "interrupted")
    return new Result(name, "skipped", "interrupted before it ended", -1, 0, false, dag.directory())
  const value = ended.value === undefined ? "" : ` coverage ${ended.value} %`
  console.log(ended.status === "passed" ? `✔ ${name} ${ended.seconds} s${value}` : `✘ ${name} ${ended.reason}`)
  return ended
}
