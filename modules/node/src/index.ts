/**
 * Checks and builds one Node project with npm: locked install, lint, type check, tests with JUnit and coverage, build.
 *
 * The steps run the scripts `lint`, `typecheck`, `test` and `build` of the project's package.json. A step without a
 * script does not apply, except tests. Tests that do not run vitest are judged by their exit code alone.
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
import { install, installError, workdir, type Installation } from "./install"
import { firstError, fixCommands, readScripts, stepNames, type StepName } from "./read"
import { asText } from "./shared/cached"
import { withNonce } from "./shared/nonce"
import { npmContainer } from "./shared/npm"
import { Report, makeReport } from "./shared/report"
import { Result, interruptedResult, reportStep, resultOfRun } from "./shared/result"
import { readReport, runStep, unlessInterrupted } from "./shared/step"
import { readSteps } from "./shared/steps"
import { npmRun, runNamed } from "./steps"

const defaultTimeout = 600

@object()
export class Node {
  /** Settings of npm with logins. */
  npmrc?: Secret
  /** The registry, when it is a service. */
  service?: Service
  /** Host name of the registry. */
  serviceName?: string

  /**
   * Grants access to a private registry to the functions that follow. Only the `npm ci` that downloads sees the
   * secret: it is in no layer. Install scripts, linters, tests and the build run afterwards without it. The download
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
   * Installs the locked dependencies (`npm ci`) and gives the container with the project. It is an error when
   * package.json and the lockfile disagree.
   *
   * Example: `dagger -m modules/node call install --source services/web with-exec --args npm,ls,vue stdout`
   *
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async install(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Container> {
    const { ran, project } = await install(this.base(image), source, timeout, this)
    if (ran.exitCode !== 0) throw new Error(await installError(ran))
    return project
  }

  /**
   * Installs, then runs lint, typecheck, test and build side by side, and gives the results of all: a failing step
   * does not stop the others.
   *
   * Example: `dagger -m modules/node call check --source services/web summary`
   *
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param name First part of the results' names, for example `web` for `web:test`. Default: `node`.
   * @param steps Steps to run, of `lint`, `typecheck`, `test`, `build`, each with a time limit in seconds unless that
   * is 600, for example `lint,test=900`. When the installation fails, each of them fails with its reason. Default: all.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param testArgs Further arguments for the test script, for example `tests/money.test.ts`. Default: none.
   * @param scripts Scripts of package.json for steps that are not named like their script, as STEP=SCRIPT, for example
   * `test=test:unit`. Default: the step's name.
   * @param deadline Seconds since 1970 after which unfinished steps are reported as skipped, for example `1767225600`.
   * 0: wait for all.
   * @param nonce Any value not used before, for example `$RANDOM`: the tools run again instead of answering from the
   * cache. Default: use the cache.
   */
  @func({ cache: "session" })
  async check(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    name: string = "node",
    steps: string[] = ["lint", "typecheck", "test", "build"],
    image: string = images.node,
    testArgs: string[] = [],
    scripts: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Report> {
    const chosen = readSteps(steps, stepNames)
    const folders = chosen.map((step) => step.name)
    const scriptOf = readScripts(scripts)
    console.log(`▶ ${name}:install`)
    const installed = await unlessInterrupted(install(this.base(image), source, defaultTimeout, this), deadline)
    console.log(installLine(name, installed))
    if (installed === "interrupted") {
      const results = folders.map((step) => interruptedResult(`${name}:${step}`))
      return makeReport(folders, results)
    }
    const { ran, project } = installed
    const packageJson = await source.file("package.json").contents()
    const results = chosen.map(({ name: step, timeout }) => {
      const args = step === "test" ? testArgs : []
      const options = { name: `${name}:${step}`, script: scriptOf[step] ?? step, args, timeout, packageJson }
      const work = async (): Promise<Result> =>
        ran.exitCode === 0
          ? runNamed(step, withNonce(project, nonce), options)
          : resultOfRun(options.name, ran, await installError(ran))
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
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param name First part of the results' names, for example `web` for `web:test`. Default: `node`.
   * @param steps Steps to run, of `lint`, `typecheck`, `test`, `build`, each with a time limit in seconds unless that
   * is 600, for example `lint,test=900`. Default: all.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param testArgs Further arguments for the test script, for example `tests/money.test.ts`. Default: none.
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
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    name: string = "node",
    steps: string[] = ["lint", "typecheck", "test", "build"],
    image: string = images.node,
    testArgs: string[] = [],
    scripts: string[] = [],
    deadline: number = 0,
    nonce: string = "",
    attempt: string = "",
  ): Promise<string> {
    const report = await this.check(source, name, steps, image, testArgs, scripts, deadline, nonce)
    return asText(report.results, report.reports)
  }

  /**
   * Runs the `lint` script of the project.
   *
   * Example: `dagger -m modules/node call lint --source services/web reason`
   *
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param args Further arguments for the script, for example `--fix-dry-run`. Default: none.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[] = [],
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Result> {
    return this.step("lint", source, { args, timeout, image })
  }

  /**
   * Fixes what the project's own eslint can fix, formats the files with its prettier, and gives the changes. Findings
   * that eslint cannot fix are left for `lint`. A project with neither tool is not changed.
   *
   * Example: `dagger -m modules/node call fix --source services/web modified-paths`
   *
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param timeout Time limit of the installation in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async fix(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Changeset> {
    // v0.19.10 mixes up paths unless both folders are roots of their own.
    const root = (folder: Directory): Directory => dag.directory().withDirectory("/", folder)
    const commands = fixCommands(await source.file("package.json").contents())
    if (commands.length === 0) return root(source).changes(root(source))
    let project = await this.install(source, timeout, image)
    for (const command of commands) project = await fixed(project, command)
    const after = project.directory(workdir).filter({ exclude: ["**/node_modules", "**/dist", "**/coverage"] })
    return root(after).changes(root(source))
  }

  /**
   * Runs the `typecheck` script of the project.
   *
   * Example: `dagger -m modules/node call typecheck --source services/web reason`
   *
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param args Further arguments for the script, for example `--pretty`. Default: none.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async typecheck(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[] = [],
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Result> {
    return this.step("typecheck", source, { args, timeout, image })
  }

  /**
   * Runs the `test` script of the project: with vitest, JUnit and coverage; the result's value is the statement
   * coverage in percent, and a project without a test that ran fails. Another runner is judged by its exit code.
   *
   * Example: `dagger -m modules/node call test --source services/web value`
   *
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param args Further arguments for vitest, for example `tests/money.test.ts`. Default: none.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async test(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[] = [],
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Result> {
    return this.step("test", source, { args, timeout, image })
  }

  /**
   * Runs the `build` script of the project and gives the folder that it writes.
   *
   * Example: `dagger -m modules/node call build --source services/web entries`
   *
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param args Further arguments for the script, for example `--mode=staging`. Default: none.
   * @param folder Folder that the script writes, for example `dist`.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async build(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[] = [],
    folder: string = "dist",
    timeout: number = defaultTimeout,
    image: string = images.node,
  ): Promise<Directory> {
    const ran = await runStep(await this.install(source, timeout, image), npmRun("build", args), timeout)
    if (ran.exitCode !== 0) throw new Error(await readReport(ran.reports, "output.txt"))
    return ran.container.directory(`${workdir}/${folder}`)
  }

  /**
   * Runs `npm` with any arguments in the installed project, for what this module has no function for.
   *
   * Example: `dagger -m modules/node call exec --source services/web --args ls,vue stdout`
   *
   * @param source Folder of the project, with package.json and package-lock.json, for example `services/web`.
   * @param args Arguments of npm, for example `ls,vue`.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async exec(
    @argument({ ignore: ["**/node_modules", "**/.git", "**/dist", "**/coverage"] }) source: Directory,
    args: string[],
    image: string = images.node,
  ): Promise<Container> {
    return (await this.install(source, defaultTimeout, image)).withExec(["npm", ...args])
  }

  /** Installs the project and runs one step. */
  private async step(
    name: StepName,
    source: Directory,
    { args, timeout, image }: { args: string[]; timeout: number; image: string },
  ): Promise<Result> {
    const project = await this.install(source, timeout, image)
    const packageJson = await source.file("package.json").contents()
    return runNamed(name, project, { name, script: name, args, timeout, packageJson })
  }
}

/** The project after a command that fixes; an error when the command itself failed. */
async function fixed(project: Container, command: string[]): Promise<Container> {
  const after = project.withExec(command, { expect: ReturnType.Any })
  // eslint exits with 1 when findings are left.
  const allowed = command.includes("prettier") ? 0 : 1
  if ((await after.exitCode()) <= allowed) return after
  throw new Error(`${command.join(" ")}: ${firstError(`${await after.stderr()}\n${await after.stdout()}`)}`)
}

function installLine(name: string, installed: Installation | "interrupted"): string {
  if (installed === "interrupted") return `⊘ ${name}:install interrupted`
  const { exitCode, seconds } = installed.ran
  return `${exitCode === 0 ? "✔" : "✘"} ${name}:install ${seconds.toFixed(1)} s`
}
