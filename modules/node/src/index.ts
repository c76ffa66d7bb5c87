/**
 * Checks and builds one Node project with npm: locked install, lint, type check, tests with JUnit and coverage, build.
 *
 * The project says how: its package.json has the scripts `lint`, `typecheck`, `test` (vitest) and `build`.
 */
import {
  Changeset,
  Container,
  Directory,
  ReturnType,
  Secret,
  Service,
  argument,
  dag,
  float,
  func,
  object,
} from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { asText } from "./shared/cached"
import {
  coveragePercent,
  firstError,
  fixCommands,
  installFailure,
  lintFailure,
  lintProblems,
  testOutcome,
  typeFailure,
} from "./read"
import { sarif } from "./shared/sarif"
import { Ran, readReport, runStep, unlessInterrupted } from "./shared/step"

const workdir = "/src"

/** What one step has found. */
@object()
export class Result {
  /** `<name>:<step>`, for example `frontend:test`. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the step ended. */
  @func() status: string
  /** For a failure the first thing to look at; else what was done. */
  @func() reason: string
  /** The exit code of the tool; 124 when the time-out ended it, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the tool took when it really ran. */
  @func() seconds: float
  /** Whether the step came from the cache. */
  @func() cached: boolean
  /** The statement coverage in percent, where the step measures it. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** The tool's own files and `output.txt`. */
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
  /** A folder for each step and one for install, and `results.json` with every result's fields. */
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
export class Node {
  /** The settings of npm, with logins. */
  npmrc?: Secret
  /** The registry, when it is a service. */
  registry?: Service
  /** The host name of that service. */
  registryName?: string

  /**
   * The same functions, with access to a private registry. The secret reaches the `npm ci` that downloads, and nothing else: it is in no layer, and the packages' own
   * install scripts, the linters, the tests and the build run after it, without it. What was downloaded is a layer of this caller's, not in the cache that
   * all callers share.
   *
   * Example: `dagger -m modules/node call with-private --npmrc file://$HOME/.npmrc check --source services/frontend summary`
   *
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: `@shop:registry=https://npm.example.com/` and `//npm.example.com/:_authToken=…`.
   * @param registry The registry, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:4873`).
   * @param registryName The host name of that service, as it stands in npmrc.
   */
  @func({ cache: "session" })
  withPrivate(npmrc: Secret, registry?: Service, registryName: string = "npm"): Node {
    Object.assign(this, { npmrc, registry, registryName })
    return this
  }

  /**
   * The container that the steps run in: Node and npm with a warm download cache.
   *
   * Example: `dagger -m modules/node call base with-exec --args node,--version stdout`
   *
   * @param image Another image with Node, npm and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.node): Container {
    return dag
      .container()
      .from(image)
      .withMountedCache("/root/.npm", dag.cacheVolume("delivery-node-npm"))
      .withEnvVariable("NO_COLOR", "1")
      .withEnvVariable("CI", "true")
      .withEnvVariable("npm_config_update_notifier", "false")
      .withEnvVariable("npm_config_fund", "false")
      .withEnvVariable("npm_config_audit", "false")
      .withWorkdir(workdir)
  }

  /**
   * The project with its locked dependencies installed (`npm ci`), ready to run something in it. Fails when package.json and the lockfile disagree.
   *
   * Example: `dagger -m modules/node call install --source services/frontend with-exec --args npm,ls,vue stdout`
   */
  @func({ cache: "session" })
  async install(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    timeout: number = 600,
    image: string = images.node,
  ): Promise<Container> {
    const { ran, project } = await installed(this.base(image), source, timeout, this)
    if (ran.exitCode !== 0) throw new Error(await whyNotInstalled(ran))
    return project
  }

  /**
   * Installs, then runs lint, typecheck, test and build side by side, and gives all their results: a step that fails stops none of the others.
   *
   * Example: `dagger -m modules/node call check --source services/frontend summary`
   *
   * @param source The project's folder, with package.json and package-lock.json.
   * @param name What the results are called by.
   * @param steps Which of lint, typecheck, test and build. Where the install fails, all of them do, with its reason.
   * @param timeouts Seconds for each of the steps, in the same order; 600 where none is given, and for the install.
   * @param image Another image with Node, npm and bash in it.
   * @param testArgs More arguments for the test script.
   * @param until Seconds since 1970: steps that run longer are given as skipped. 0 waits for all.
   * @param again Another value than before runs the tools again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async check(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    name: string = "node",
    steps: string[] = ["lint", "typecheck", "test", "build"],
    timeouts: number[] = [],
    image: string = images.node,
    testArgs: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Report> {
    const known: Record<string, (project: Container, timeout: number) => Promise<Result>> = {
      lint: (project, timeout) => lintStep(project, `${name}:lint`, [], timeout),
      typecheck: (project, timeout) => scriptStep(project, `${name}:typecheck`, "typecheck", [], timeout, typeFailure),
      test: (project, timeout) => testStep(project, `${name}:test`, testArgs, timeout),
      build: (project, timeout) => scriptStep(project, `${name}:build`, "build", [], timeout, firstError),
    }
    const wrong = steps.filter((s) => !(s in known))
    if (wrong.length > 0 || steps.length === 0)
      throw new Error(`steps: ${wrong.join(", ") || "none given"}; there are ${Object.keys(known).join(", ")}`)

    console.log(`▶ ${name}:install`)
    const install = await unlessInterrupted(installed(this.base(image), source, 600, this), until)
    console.log(
      install === "interrupted"
        ? `⊘ ${name}:install interrupted`
        : `${install.ran.exitCode === 0 ? "✔" : "✘"} ${name}:install ${install.ran.seconds.toFixed(1)} s`,
    )
    const results = await Promise.all(
      steps.map(async (step, i) => {
        if (install === "interrupted") return interrupted(`${name}:${step}`)
        return reported(`${name}:${step}`, until, async () => {
          if (install.ran.exitCode !== 0)
            return result(`${name}:${step}`, install.ran, await whyNotInstalled(install.ran))
          return known[step]!(anew(install.project, again), timeouts[i] ?? 600)
        })
      }),
    )
    let reports = dag.directory()
    if (install !== "interrupted") reports = reports.withDirectory("install", install.ran.reports)
    for (const [i, one] of results.entries()) reports = reports.withDirectory(steps[i]!, one.reports)
    const fields = results.map(({ reports: _, ...rest }) => rest)
    return new Report(results, reports.withNewFile("results.json", `${JSON.stringify(fields, null, 1)}\n`))
  }

  /**
   * What `check` gives, as one text that is kept for a day: with the same arguments nothing is run or looked up, not even from layers. It is JSON with `ended` (seconds since 1970), `results` and `files`,
   * the texts of all reports by their path. A red answer is kept too: a caller that meets one older than itself asks with another `attempt`, and what passed is then answered from the layers.
   *
   * Example: `dagger -m modules/node call kept-check --source services/frontend --attempt "$RANDOM"`
   *
   * @param source The project's folder, with package.json and package-lock.json.
   * @param attempt Any text that was not given before: what failed is tried again.
   */
  @func({ cache: "24h" })
  async keptCheck(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    name: string = "node",
    steps: string[] = ["lint", "typecheck", "test", "build"],
    timeouts: number[] = [],
    image: string = images.node,
    testArgs: string[] = [],
    until: number = 0,
    again: string = "",
    attempt: string = "",
  ): Promise<string> {
    const { results, reports } = await this.check(source, name, steps, timeouts, image, testArgs, until, again)
    return asText(results, reports)
  }

  /**
   * Runs the project's `lint` script.
   *
   * Example: `dagger -m modules/node call lint --source services/frontend reason`
   *
   * @param args More arguments for the script, for example `--fix-dry-run`.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[] = [],
    timeout: number = 600,
    image: string = images.node,
  ): Promise<Result> {
    return lintStep(await this.install(source, timeout, image), "lint", args, timeout)
  }

  /**
   * Mends what the project's own eslint can mend, and lays its files out with prettier where the project has it. What cannot be mended stays, for `lint` to say; a project with neither tool is left as it is.
   *
   * Example: `dagger -m modules/node call fix --source services/frontend modified-paths`
   */
  @func({ cache: "session" })
  async fix(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    timeout: number = 600,
    image: string = images.node,
  ): Promise<Changeset> {
    // Changes are taken between two folders that are roots of their own: v0.19.10 mixes up the paths of others.
    const root = (folder: Directory): Directory => dag.directory().withDirectory("/", folder)
    const commands = fixCommands(await source.file("package.json").contents())
    if (commands.length === 0) return root(source).changes(root(source))
    let project = await this.install(source, timeout, image)
    for (const command of commands) {
      project = project.withExec(command, { expect: ReturnType.Any })
      // eslint ends with 1 where something is left; anything else that is not 0 is trouble.
      const code = await project.exitCode()
      if (code > (command.includes("prettier") ? 0 : 1))
        throw new Error(`${command.join(" ")}: ${firstError(`${await project.stderr()}\n${await project.stdout()}`)}`)
    }
    return root(project.directory(workdir).filter({ exclude: ["**/node_modules", "**/dist", "**/coverage"] })).changes(
      root(source),
    )
  }

  /**
   * Runs the project's `typecheck` script.
   *
   * Example: `dagger -m modules/node call typecheck --source services/frontend reason`
   *
   * @param args More arguments for the script.
   */
  @func({ cache: "session" })
  async typecheck(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[] = [],
    timeout: number = 600,
    image: string = images.node,
  ): Promise<Result> {
    return scriptStep(await this.install(source, timeout, image), "typecheck", "typecheck", args, timeout, typeFailure)
  }

  /**
   * Runs the project's `test` script, which is vitest, with JUnit and coverage. A project without a single test fails.
   *
   * Example: `dagger -m modules/node call test --source services/frontend value`
   *
   * @param args More arguments for vitest, for example `tests/money.test.ts`.
   */
  @func({ cache: "session" })
  async test(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[] = [],
    timeout: number = 600,
    image: string = images.node,
  ): Promise<Result> {
    return testStep(await this.install(source, timeout, image), "test", args, timeout)
  }

  /**
   * Runs the project's `build` script and gives the folder that it makes.
   *
   * Example: `dagger -m modules/node call build --source services/frontend entries`
   *
   * @param args More arguments for the script.
   * @param folder The folder that the script writes.
   */
  @func({ cache: "session" })
  async build(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[] = [],
    folder: string = "dist",
    timeout: number = 600,
    image: string = images.node,
  ): Promise<Directory> {
    const ran = await runStep(await this.install(source, timeout, image), script("build", args), timeout)
    if (ran.exitCode !== 0) throw new Error(await readReport(ran.reports, "output.txt"))
    return ran.container.directory(`${workdir}/${folder}`)
  }

  /**
   * Runs `npm` with any arguments in the installed project: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/node call npm --source services/frontend --args ls,vue stdout`
   */
  @func({ cache: "session" })
  async npm(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[],
    image: string = images.node,
  ): Promise<Container> {
    return (await this.install(source, 600, image)).withExec(["npm", ...args])
  }
}

/** The container, another one for each value of `again` but none: nothing in it then comes from an earlier call's cache. */
function anew(container: Container, again: string): Container {
  return again ? container.withEnvVariable("STEP_AGAIN", again) : container
}

/** Where a private registry is, and what it lets in. */
interface Private {
  npmrc?: Secret
  registry?: Service
  registryName?: string
}

/** What `npm ci` runs of the packages and of the project once all is downloaded, by itself. */
const installScripts =
  "npm rebuild && for name in preinstall install postinstall prepublish preprepare prepare postprepare; do npm run --if-present $name || exit; done"

/** `npm ci` in a layer of its own, which depends on the lockfile alone, and the project's files on top of it. */
async function installed(
  base: Container,
  source: Directory,
  timeout: number,
  { npmrc, registry, registryName }: Private,
): Promise<{ ran: Ran; project: Container }> {
  const there = await source.entries()
  for (const file of ["package.json", "package-lock.json"])
    if (!there.includes(file))
      throw new Error(
        `no ${file} in the source${file === "package.json" ? ": give the project's folder" : ": make it with `npm install --package-lock-only` and commit it"}`,
      )
  let locked = base
  for (const file of ["package.json", "package-lock.json", ".npmrc"])
    if (there.includes(file)) locked = locked.withFile(file, source.file(file))
  const ran = npmrc
    ? await installedApart(
        registry ? locked.withServiceBinding(registryName ?? "npm", registry) : locked,
        npmrc,
        timeout,
      )
    : await runStep(locked, ["npm", "ci", "--no-progress"], timeout)
  return { ran, project: ran.container.withoutDirectory("/report").withDirectory(workdir, source) }
}

/** Downloads with the secret, and runs what packages run when they are installed without it. */
async function installedApart(locked: Container, npmrc: Secret, timeout: number): Promise<Ran> {
  // Without the cache that all callers share: what lies in it, npm takes without asking the registry who may have it.
  const open = locked
    .withoutMount("/root/.npm")
    .withMountedSecret("/run/npmrc", npmrc, { mode: 0o400 })
    .withEnvVariable("NPM_CONFIG_USERCONFIG", "/run/npmrc")
  const fetched = await runStep(
    open,
    ["bash", "-c", "npm ci --no-progress --ignore-scripts && rm -rf /root/.npm"],
    timeout,
  )
  if (fetched.exitCode !== 0) return fetched
  const ran = await runStep(locked.withRootfs(fetched.container.rootfs()), ["bash", "-c", installScripts], timeout)
  return { ...ran, seconds: fetched.seconds + ran.seconds, cached: fetched.cached && ran.cached }
}

/** Why `npm ci` failed; where a registry refused, its host, which npm's own log has. */
async function whyNotInstalled({ reports, container }: Ran): Promise<string> {
  const output = await readReport(reports, "output.txt")
  if (!/^npm error code E40[134]$/m.test(output)) return installFailure(output)
  const log = /(\S+-debug-\d+\.log)$/m.exec(output)?.[1] ?? ""
  return installFailure(
    output,
    log && (await container.withExec(["grep", "http fetch GET 40[134] ", log], { expect: ReturnType.Any }).stdout()),
  )
}

function script(name: string, args: string[]): string[] {
  return ["npm", "run", name, ...(args.length > 0 ? ["--", ...args] : [])]
}

async function scriptStep(
  project: Container,
  name: string,
  scriptName: string,
  args: string[],
  timeout: number,
  why: (output: string) => string,
): Promise<Result> {
  const ran = await runStep(project, script(scriptName, args), timeout)
  return result(
    name,
    ran,
    ran.exitCode === 0
      ? `npm run ${scriptName} found nothing to complain of`
      : why(await readReport(ran.reports, "output.txt")),
  )
}

async function lintStep(project: Container, name: string, args: string[], timeout: number): Promise<Result> {
  const ran = await runStep(project, script("lint", args), timeout)
  const output = await readReport(ran.reports, "output.txt")
  const reports = ran.reports.withNewFile("lint.sarif", sarif(["eslint"], lintProblems(output, workdir)))
  return result(
    name,
    { ...ran, reports },
    ran.exitCode === 0 ? "npm run lint found nothing to complain of" : lintFailure(output, workdir),
  )
}

async function testStep(project: Container, name: string, args: string[], timeout: number): Promise<Result> {
  const flags = [
    "--reporter=default",
    "--reporter=junit",
    "--reporter=json",
    "--outputFile.junit=/report/junit.xml",
    "--outputFile.json=/report/vitest.json",
    "--coverage.enabled=true",
    "--coverage.reportOnFailure=true",
    "--coverage.reporter=json-summary",
    "--coverage.reporter=lcovonly",
    "--coverage.reporter=cobertura",
    "--coverage.reportsDirectory=/report/coverage",
  ]
  const ran = await runStep(project, script("test", [...flags, ...args]), timeout)
  const outcome = testOutcome(await readReport(ran.reports, "vitest.json"), workdir)
  const coverage = coveragePercent(await readReport(ran.reports, "coverage/coverage-summary.json"))
  if (!outcome || (ran.exitCode !== 0 && outcome.first === "")) {
    const output = await readReport(ran.reports, "output.txt")
    return result(
      name,
      ran,
      ran.exitCode === 0 ? "the test script wrote no report: it has to be vitest" : firstError(output),
      coverage,
      false,
    )
  }
  const count = `${outcome.tests} tests${outcome.skipped ? `, ${outcome.skipped} skipped` : ""}`
  if (ran.exitCode === 0)
    return outcome.tests - outcome.skipped > 0
      ? result(name, ran, count, coverage)
      : result(name, ran, `no test ran (${count})`, coverage, false)
  return result(
    name,
    ran,
    `${outcome.first}${outcome.failing > 1 ? ` (and ${outcome.failing - 1} more failing)` : ""}`,
    coverage,
  )
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
async function reported(name: string, until: number, step: () => Promise<Result>): Promise<Result> {
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
  if (ended === "interrupted") return interrupted(name)
  const value = ended.value === undefined ? "" : ` coverage ${ended.value} %`
  console.log(ended.status === "passed" ? `✔ ${name} ${ended.seconds} s${value}` : `✘ ${name} ${ended.reason}`)
  return ended
}

function interrupted(name: string): Result {
  return new Result(name, "skipped", "interrupted before it ended", -1, 0, false, dag.directory())
}
