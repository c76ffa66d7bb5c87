/**
 * Checks and builds one Node project with npm, pnpm, yarn or bun: locked install, lint, type check, tests with JUnit and
 * coverage, build.
 *
 * The steps run the scripts `lint`, `typecheck`, `test` and `build` of the project's package.json. A step without a
 * script does not apply. Reports are read of vitest, jest, mocha, node --test and bun test; other test runners are
 * judged by their exit code. A workspace is found by its lock file above `path`.
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
  func,
  object,
} from "@dagger.io/dagger"
import { images } from "./images"
import { folderOf, install, workdir, type Installation } from "./install"
import { programOf, scriptCommand } from "./managers"
import { findProject, type Project } from "./project"
import { firstError, fixCommands, readScripts, stepNames, type StepName } from "./read"
import { asText } from "./shared/cached"
import { containerText, forTests } from "./shared/containers"
import { withNonce } from "./shared/nonce"
import { npmContainer } from "./shared/npm"
import { Report, makeReport } from "./shared/report"
import { Result, interruptedResult, reportStep, resultOfRun } from "./shared/result"
import { readReport, runStep, unlessInterrupted } from "./shared/step"
import { readSteps } from "./shared/steps"
import { runNamed, type StepOptions } from "./steps"

const defaultTimeout = 600

@object()
export class Node {
  /** Services that tests reach. */
  testServices?: Service[]
  /** Host names of these services, in the same order. */
  testServiceNames?: string[]
  /** Containers that tests reach, as text. */
  testContainers?: string[]
  /** Settings of npm with logins. */
  npmrc?: Secret
  /** The registry, when it is a service. */
  service?: Service
  /** Host name of the registry. */
  serviceName?: string

  /**
   * Grants access to a private registry to the functions that follow. Only the `npm ci` that downloads sees the
   * secret: it is in no layer. For projects of npm. Install scripts, linters, tests and the build run afterwards without it. The download
   * is a layer of this caller, and not in the cache that all callers share.
   *
   * Example: `dagger -m modules/node call with-private --npmrc file://$HOME/.npmrc check --source services/web
   * summary`
   *
   * @param npmrc Content of ~/.npmrc with the registry (`@shop:registry=https://npm.example.com/`) and a login
   * (`//npm.example.com/:_authToken=…`), for example `file://$HOME/.npmrc`.
   * @param service The registry, when it is a service or listens on the caller's own loopback, for example
   * `tcp://127.0.0.1:4873`. Default: npmrc names a public host.
   * @param serviceName Host name of `service`, as in npmrc, for example `npm`.
   */
  @func({ cache: "session" })
  withPrivate(npmrc: Secret, service?: Service, serviceName: string = "npm"): Node {
    Object.assign(this, { npmrc, service, serviceName })
    return this
  }

  /**
   * Adds a service that the tests of the functions that follow can reach, for example a Postgres.
   *
   * Example: `dagger -m modules/node call with-service --name postgres --service tcp://127.0.0.1:5432
   * test --source services/web reason`
   *
   * @param name Host name of the service, for example `postgres`.
   * @param service The service, for example `tcp://127.0.0.1:5432`.
   */
  @func({ cache: "session" })
  withService(name: string, service: Service): Node {
    this.testServiceNames = [...(this.testServiceNames ?? []), name]
    this.testServices = [...(this.testServices ?? []), service]
    return this
  }

  /**
   * Adds a container of any image as a service that the tests of the functions that follow can reach, by its name. It is
   * ready when it listens on its port. One that ends before, or does not listen in time, fails the tests with its last
   * log lines. The image needs a shell, and `sleep`.
   *
   * Example: `dagger -m modules/node call with-container --name mysql --image mysql:8.4 --port 3306
   * --env MYSQL_ALLOW_EMPTY_PASSWORD=yes test --source services/web reason`
   *
   * @param name Host name of the service, for example `mysql`.
   * @param image The image, for example `mysql:8.4`.
   * @param port The port that it listens on, for example `3306`.
   * @param env Environment variables of the container as NAME=value, for example `MYSQL_DATABASE=test`; no secrets.
   * Default: none.
   * @param args Arguments instead of those of the image, for example `--skip-log-bin`. Default: those of the image.
   * @param seconds Time until it has to listen, in seconds, for example `120`. Default: 60.
   */
  @func({ cache: "session" })
  withContainer(
    name: string,
    image: string,
    port: number,
    env: string[] = [],
    args: string[] = [],
    seconds: number = 60,
  ): Node {
    this.testContainers = [...(this.testContainers ?? []), containerText({ name, image, port, env, args, seconds })]
    return this
  }

  /**
   * The container of the steps: Node and npm with a warm download cache.
   *
   * Example: `dagger -m modules/node call base with-exec --args node,--version stdout`
   *
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func()
  base(image: string = images.node): Container {
    return npmContainer(image).withWorkdir(workdir)
  }

  /**
   * Installs the locked dependencies (`npm ci`, or the same of pnpm, yarn or bun) and gives the container with the
   * project. It is an error when package.json and the lock file disagree.
   *
   * Example: `dagger -m modules/node call install --source services/web with-exec --args npm,ls,vue stdout`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async install(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    path: string = ".",
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Container> {
    const { failure, project } = await install(image, await findProject(source, path), timeout, this)
    if (failure !== "") throw new Error(failure)
    return project
  }

  /**
   * Installs, then runs lint, typecheck, test and build side by side, and gives the results of all: a failing step
   * does not stop the others.
   *
   * Example: `dagger -m modules/node call check --source services/web summary`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param name First part of the results' names, for example `web` for `web:test`. Default: `node`.
   * @param steps Steps to run, of `lint`, `typecheck`, `test`, `build`, each with a time limit in seconds unless that
   * is 600, for example `lint,test=900`. When the installation fails, each of them fails with its reason. Default: all.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param testArgs Further arguments for the test script, for example `tests/money.test.ts`. Default: none.
   * @param testEnv Environment variables of the tests, for example `TEST_REDIS_URL=redis://redis:6379/0`; no secrets.
   * Default: none.
   * @param scripts Scripts of package.json for steps that are not named like their script, as STEP=SCRIPT, for example
   * `test=test:unit`. Default: the step's name.
   * @param deadline Seconds since 1970 after which unfinished steps are reported as skipped, for example `1767225600`.
   * 0: wait for all.
   * @param nonce Any value not used before, for example `$RANDOM`: the tools run again instead of answering from the
   * cache. Default: use the cache.
   */
  @func({ cache: "session" })
  async check(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    path: string = ".",
    name: string = "node",
    steps: string[] = ["lint", "typecheck", "test", "build"],
    image: string = images.node,
    testArgs: string[] = [],
    testEnv: string[] = [],
    scripts: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Report> {
    const chosen = readSteps(steps, stepNames)
    const folders = chosen.map((step) => step.name)
    const scriptOf = readScripts(scripts)
    console.log(`▶ ${name}:install`)
    const found = await findProject(source, path)
    const installed = await unlessInterrupted(install(image, found, defaultTimeout, this), deadline)
    console.log(installLine(name, found, installed))
    if (installed === "interrupted") {
      const results = folders.map((step) => interruptedResult(`${name}:${step}`))
      return makeReport(folders, results)
    }
    const { ran, failure, project } = installed
    const results = chosen.map(({ name: step, timeout }) => {
      const args = step === "test" ? testArgs : []
      const script = scriptOf[step] ?? step
      const options = { ...optionsOf(found, image), name: `${name}:${step}`, script, args, timeout }
      const work = async (): Promise<Result> =>
        failure === ""
          ? runNamed(step, await this.ready(step, withNonce(project, nonce), testEnv), options)
          : resultOfRun(options.name, ran, `installation: ${failure}`)
      return reportStep(options.name, work, { deadline })
    })
    return makeReport(folders, await Promise.all(results), dag.directory().withDirectory("install", ran.reports))
  }

  /**
   * Runs `check` and gives its answer as one text that is cached for a day: the same arguments run and look up
   * nothing. The text is JSON with `ended` (seconds since 1970), `results`, and `files`, the text of every report by
   * its path. Failures are cached too: a caller that gets one from before its own start passes another `attempt`;
   * steps that passed then answer from layers.
   *
   * Example: `dagger -m modules/node call cached-check --source services/web --attempt "$RANDOM"`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param name First part of the results' names, for example `web` for `web:test`. Default: `node`.
   * @param steps Steps to run, of `lint`, `typecheck`, `test`, `build`, each with a time limit in seconds unless that
   * is 600, for example `lint,test=900`. Default: all.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param testArgs Further arguments for the test script, for example `tests/money.test.ts`. Default: none.
   * @param testEnv Environment variables of the tests, for example `TEST_REDIS_URL=redis://redis:6379/0`; no secrets.
   * Default: none.
   * @param scripts Scripts of package.json for steps that are not named like their script, as STEP=SCRIPT, for example
   * `test=test:unit`. Default: the step's name.
   * @param deadline Seconds since 1970 after which unfinished steps are reported as skipped, for example `1767225600`.
   * 0: wait for all.
   * @param nonce Any value not used before, for example `$RANDOM`: the tools run again instead of answering from the
   * cache. Default: use the cache.
   * @param attempt Any value not used before, for example `$RANDOM`: failed steps run again. Default: the first
   * attempt.
   */
  @func({ cache: "24h" })
  async cachedCheck(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    path: string = ".",
    name: string = "node",
    steps: string[] = ["lint", "typecheck", "test", "build"],
    image: string = images.node,
    testArgs: string[] = [],
    testEnv: string[] = [],
    scripts: string[] = [],
    deadline: number = 0,
    nonce: string = "",
    attempt: string = "",
  ): Promise<string> {
    const report = await this.check(source, path, name, steps, image, testArgs, testEnv, scripts, deadline, nonce)
    return asText(report.results, report.reports)
  }

  /**
   * Runs the `lint` script of the project.
   *
   * Example: `dagger -m modules/node call lint --source services/web reason`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param args Further arguments for the script, for example `--fix-dry-run`. Default: none.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Result> {
    return this.step("lint", await findProject(source, path), { args, timeout, image })
  }

  /**
   * Fixes what the project's own eslint can fix, formats the files with its prettier, and gives the changes. Findings
   * that eslint cannot fix are left for `lint`. A project with neither tool is not changed.
   *
   * Example: `dagger -m modules/node call fix --source services/web modified-paths`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param timeout Time limit of the installation in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async fix(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    path: string = ".",
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Changeset> {
    // v0.19.10 mixes up paths unless both folders are roots of their own.
    const root = (folder: Directory): Directory => dag.directory().withDirectory("/", folder)
    const found = await findProject(source, path)
    const commands = fixCommands(found.packageJson, found.manager.name)
    if (commands.length === 0) return root(source).changes(root(source))
    let project = await this.install(source, path, timeout, image)
    for (const command of commands) project = await fixed(project, command)
    const exclude = ["**/node_modules", ".git", ".yarn/cache", ".yarn/install-state.gz", ".pnp.*"]
    // What the installation itself writes is no change: only files of the source are.
    const files = new Set(await source.glob("**/*"))
    let after = source
    const before = root(source)
    const changed = root(project.directory(workdir).filter({ exclude })).changes(before)
    for (const file of await changed.modifiedPaths())
      if (files.has(file)) after = after.withFile(file, project.file(`${workdir}/${file}`))
    return root(after).changes(before)
  }

  /**
   * Runs the `typecheck` script of the project.
   *
   * Example: `dagger -m modules/node call typecheck --source services/web reason`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param args Further arguments for the script, for example `--pretty`. Default: none.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async typecheck(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Result> {
    return this.step("typecheck", await findProject(source, path), { args, timeout, image })
  }

  /**
   * Runs the `test` script of the project: with vitest, jest, mocha, node --test or bun test, JUnit and coverage; the
   * result's value is the statement coverage in percent. Another runner is judged by its exit code. Without a test the
   * result is `notApplicable`.
   *
   * Example: `dagger -m modules/node call test --source services/web value`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param args Further arguments for the test script, for example `tests/money.test.ts`. Default: none.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param env Environment variables of the tests, for example `TEST_REDIS_URL=redis://redis:6379/0`; no secrets.
   * Default: none.
   */
  @func({ cache: "session" })
  async test(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    timeout: number = defaultTimeout,
    image: string = images.node,
    env: string[] = [],
  ): Promise<Result> {
    return this.step("test", await findProject(source, path), { args, timeout, image, env })
  }

  /**
   * Runs the `build` script of the project and gives the folder that it writes.
   *
   * Example: `dagger -m modules/node call build --source services/web entries`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param args Further arguments for the script, for example `--mode=staging`. Default: none.
   * @param folder Folder that the script writes, for example `dist`.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async build(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    folder: string = "dist",
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Directory> {
    const found = await findProject(source, path)
    const { failure, project } = await install(image, found, timeout, this)
    if (failure !== "") throw new Error(failure)
    const ran = await runStep(project, scriptCommand(found.manager.name, "build", args), timeout)
    if (ran.exitCode !== 0) throw new Error(await readReport(ran.reports, "output.txt"))
    return ran.container.directory(`${folderOf(found.path)}/${folder}`)
  }

  /**
   * Runs the project's package manager (`npm`, `pnpm`, `yarn` or `bun`) with any arguments in the installed project, for
   * what this module has no function for.
   *
   * Example: `dagger -m modules/node call exec --source services/web --args ls,vue stdout`
   *
   * @param source Folder of the project, with package.json and its lock file, for example `services/web`; with `path`,
   * the folder that `path` is in.
   * @param path Folder of the project in `source`, for example `apps/shop`: a workspace whose lock file lies above it,
   * or a project that takes packages from other folders. Default: the root of `source`.
   * @param args Arguments of the package manager, for example `ls,vue`.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async exec(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    args: string[],
    path: string = ".",
    image: string = images.node,
  ): Promise<Container> {
    const { manager } = await findProject(source, path)
    return (await this.install(source, path, defaultTimeout, image)).withExec([programOf(manager.name), ...args])
  }

  /** Installs the project and runs one step. */
  private async step(
    name: StepName,
    found: Project,
    { args, timeout, image, env = [] }: { args: string[]; timeout: number; image: string; env?: string[] },
  ): Promise<Result> {
    const { failure, project } = await install(image, found, timeout, this)
    if (failure !== "") throw new Error(failure)
    const ready = await this.ready(name, project, env)
    return runNamed(name, ready, { ...optionsOf(found, image), name, script: name, args, timeout })
  }

  /** The project's container for a step: with what tests reach. */
  private async ready(step: StepName, project: Container, env: string[]): Promise<Container> {
    return step === "test" ? forTests(project, this, env) : project
  }
}

/** What all steps of a project share. */
function optionsOf(
  { path, manager, packageJson, manifests }: Project,
  image: string,
): Pick<StepOptions, "image" | "manager" | "folder" | "packageJson" | "rootPackageJson"> {
  const rootPackageJson = manifests[0]?.text ?? packageJson
  return { image, manager: manager.name, folder: folderOf(path), packageJson, rootPackageJson }
}

/** The project after a command that fixes; an error when the command itself failed. */
async function fixed(project: Container, command: string[]): Promise<Container> {
  const after = project.withExec(command, { expect: ReturnType.Any })
  // eslint exits with 1 when findings are left.
  const allowed = command.includes("prettier") ? 0 : 1
  if ((await after.exitCode()) <= allowed) return after
  throw new Error(`${command.join(" ")}: ${firstError(`${await after.stderr()}\n${await after.stdout()}`)}`)
}

function installLine(
  name: string,
  { manager, way, because }: Project,
  installed: Installation | "interrupted",
): string {
  if (installed === "interrupted") return `⊘ ${name}:install interrupted`
  const { exitCode, seconds } = installed.ran
  const by = `${manager.package || "npm"} (${manager.because})`
  const how = way === "manifests" ? "" : `, with the sources: ${because}`
  return `${exitCode === 0 ? "✔" : "✘"} ${name}:install ${seconds.toFixed(1)} s ${by}${how}`
}
