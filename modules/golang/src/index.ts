/**
 * Checks and builds one Go module: gofmt, vet, staticcheck, tests with the race detector and coverage, binaries.
 *
 * `source` is a folder with everything that the module needs, `path` the module's folder in it. Where go.mod replaces a
 * module by a folder beside it (`replace example.com/kit => ../kit`), pass the folder that contains both as `source`.
 */
import { Changeset, Container, Directory, File, Secret, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { images, tools } from "./images"
import { findModule, forPlatform, goContainer, within, workdir, type GoModule } from "./module"
import { buildScript, formatScript } from "./scripts"
import { asText } from "./shared/cached"
import { containerText, forTests } from "./shared/containers"
import { withGoProgram, withModules } from "./shared/go"
import { settingsText, withSettings } from "./shared/go-settings"
import { inWorkspace } from "./shared/gosource"
import { withNonce } from "./shared/nonce"
import { download, fetchModules, withAccess, type Fetched } from "./shared/private"
import { Report, makeReport } from "./shared/report"
import { Result, reportStep, resultOfRun } from "./shared/result"
import { readReport, runStep } from "./shared/step"
import { readSteps, type ChosenStep } from "./shared/steps"
import { stepNames, steps as known, type StepName } from "./steps"

const defaultTimeout = 600

/** How a step runs, beside the module that it runs on. */
interface StepSettings {
  image: string
  args: string[]
  timeout: number
  env?: string[]
  nonce?: string
}

@object()
export class Golang {
  /** Logins for hosts of private modules. */
  netrc?: Secret
  /** The module proxies, as in GOPROXY. */
  goproxy?: Secret
  /** Modules that are fetched from their repositories, as in GOPRIVATE. */
  goprivate?: string
  /** Certificate authority of the proxy. */
  certificate?: File
  /** The proxy, when it is a service. */
  service?: Service
  /** Host name of the proxy. */
  serviceName?: string
  /** Services that tests reach. */
  testServices?: Service[]
  /** Host names of these services, in the same order. */
  testServiceNames?: string[]
  /** Containers that tests reach, as text. */
  testContainers?: string[]
  /** Build tags and variables of Go modules, as text. */
  settings?: string[]

  /**
   * Grants access to private modules to the functions that follow. Only `go mod download` sees the secrets (and,
   * through goproxy, `go install` of this module's own tools). Linters, tests and builds run afterwards on the
   * downloaded modules, with GOPROXY=off and without the secrets. The download is a layer that depends on go.mod and
   * go.sum; other callers do not share it.
   *
   * Example: `dagger -m modules/golang call with-private --netrc file://$HOME/.netrc --goproxy env://GOPROXY check
   * --source . --path services/api summary`
   *
   * @param netrc Logins in the format of ~/.netrc, for example `file://$HOME/.netrc`. Git uses them, and so does Go for
   * a proxy by https (name it with its port, unless that is 443). Default: none.
   * @param goproxy Value of GOPROXY, for example `env://GOPROXY`. A secret, because the address may contain a password.
   * Default: Go's own.
   * @param goprivate Value of GOPRIVATE, for example `github.com/shop/*`: modules that git fetches and that no checksum
   * database knows. Default: none.
   * @param certificate Certificate authority of a company's proxy, in PEM format, for example `./ca.crt`. Default: only
   * the public ones.
   * @param service The proxy, when it is a service or listens on the caller's own loopback, for example
   * `tcp://127.0.0.1:3000`. Default: goproxy names a public host.
   * @param serviceName Host name of `service`, as in goproxy, for example `goproxy`.
   */
  @func({ cache: "session" })
  withPrivate(
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    certificate?: File,
    service?: Service,
    serviceName: string = "goproxy",
  ): Golang {
    Object.assign(this, { netrc, goproxy, goprivate, certificate, service, serviceName })
    return this
  }

  /**
   * Adds a service that the tests of the functions that follow can reach, for example a Postgres.
   *
   * Example: `dagger -m modules/golang call with-service --name postgres --service tcp://127.0.0.1:5432
   * test --source . --path services/api reason`
   *
   * @param name Host name of the service, for example `postgres`.
   * @param service The service, for example `tcp://127.0.0.1:5432`.
   */
  @func({ cache: "session" })
  withService(name: string, service: Service): Golang {
    this.testServiceNames = [...(this.testServiceNames ?? []), name]
    this.testServices = [...(this.testServices ?? []), service]
    return this
  }

  /**
   * Adds a container of any image as a service that the tests of the functions that follow can reach, by its name. It is
   * ready when it listens on its port. One that ends before, or does not listen in time, fails the tests with its last
   * log lines. The image needs a shell, and `sleep`.
   *
   * Example: `dagger -m modules/golang call with-container --name mysql --image mysql:8.4 --port 3306
   * --env MYSQL_ALLOW_EMPTY_PASSWORD=yes test --source . --path services/api reason`
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
  ): Golang {
    this.testContainers = [...(this.testContainers ?? []), containerText({ name, image, port, env, args, seconds })]
    return this
  }

  /**
   * Sets build tags and Go's own variables for the functions that follow.
   *
   * Example: `dagger -m modules/golang call with-settings --tags integration --env GOEXPERIMENT=jsonv2
   * check --source . --path services/api summary`
   *
   * @param tags Build tags, for example `integration,netgo`. Default: none.
   * @param env Variables that change what Go compiles, as NAME=value, for example `CGO_ENABLED=0`: CGO_ENABLED,
   * CGO_CFLAGS and the like, GOAMD64, GOARM64, GODEBUG, GOEXPERIMENT, GOFIPS140, GOFLAGS. Default: none.
   * @param path Folder of the Go module that they are for, for example `services/api`. Default: all.
   */
  @func({ cache: "session" })
  withSettings(tags: string[] = [], env: string[] = [], path: string = ""): Golang {
    this.settings = [...(this.settings ?? []), settingsText({ path, tags, env })]
    return this
  }

  /**
   * The container of the steps: Go with warm module and build caches, staticcheck and gotestsum.
   *
   * Example: `dagger -m modules/golang call base with-exec --args go,version stdout`
   *
   * @param image Image with Go, gcc and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func()
  base(image: string = images.golang): Container {
    const installed = (container: Container): Container =>
      [tools.staticcheck, tools.gotestsum].reduce(withGoProgram, container)
    // Only the file system is taken from the container that saw the secrets.
    const go = goContainer(image)
    const ready = this.goproxy ? go.withRootfs(installed(withAccess(go, this)).rootfs()) : installed(go)
    // What staticcheck knows of packages, by their content: unchanged packages are not analysed again.
    return ready.withMountedCache("/root/.cache/staticcheck", dag.cacheVolume("delivery-golang-staticcheck"))
  }

  /**
   * Runs lint, test and build, and gives the results of all: a failing step does not stop the others. Tests run beside
   * lint; build follows lint, because it reuses what lint has compiled.
   *
   * Example: `dagger -m modules/golang call check --source . --path services/api summary`
   *
   * @param source Folder with everything that the Go module needs, for example `.`.
   * @param path Folder of the Go module in `source`, for example `services/api`. Default: its root.
   * @param name First part of the results' names, for example `api` for `api:test`. Default: the last part
   * of `path`, or `go`.
   * @param steps Steps to run, of `lint`, `test`, `build`, each with a time limit in seconds unless that is 600, for
   * example `lint,test=900`. Default: all.
   * @param image Image with Go, gcc and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   * @param testArgs Further arguments for `go test`, for example `-tags=integration`. Default: none.
   * @param testEnv Environment variables of the tests, for example `TEST_REDIS_URL=redis://redis:6379/0`; no secrets.
   * Default: none.
   * @param deadline Seconds since 1970 after which unfinished steps are reported as skipped, for example `1767225600`.
   * 0: wait for all.
   * @param nonce Any value not used before, for example `$RANDOM`: the tools run again instead of answering from the
   * cache. Default: use the cache.
   */
  @func({ cache: "session" })
  async check(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    name: string = "",
    steps: string[] = ["lint", "test", "build"],
    image: string = images.golang,
    testArgs: string[] = [],
    testEnv: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Report> {
    const chosen = readSteps(steps, stepNames)
    const module = await findModule(source, path, name)
    const fetching = this.fetch(image, module, nonce)
    const started = new Map<StepName, Promise<Result>>()
    const start = ({ name: step, timeout }: ChosenStep<StepName>): void => {
      const before = step === "build" ? started.get("lint") : undefined
      const own = step === "test" ? { args: testArgs, env: testEnv } : { args: [] }
      const work = async (): Promise<Result> => {
        await before
        return this.run(step, module, await fetching, { image, nonce, timeout, ...own })
      }
      started.set(step, reportStep(`${module.name}:${step}`, work, { deadline }))
    }
    for (const step of stepNames) chosen.filter(({ name: one }) => one === step).forEach(start)
    const results = await Promise.all(chosen.map(({ name: step }) => started.get(step)!))
    return makeReport(
      chosen.map(({ name: step }) => step),
      results,
    )
  }

  /**
   * Runs `check` and gives its answer as one text that is cached for a day: the same arguments run and look up
   * nothing. The text is JSON with `ended` (seconds since 1970), `results`, and `files`, the text of every report by
   * its path. Failures are cached too: a caller that gets one from before its own start passes another `attempt`;
   * steps that passed then answer from layers.
   *
   * Example: `dagger -m modules/golang call cached-check --source . --path services/api --attempt "$RANDOM"`
   *
   * @param source Folder with everything that the Go module needs, for example `.`.
   * @param path Folder of the Go module in `source`, for example `services/api`. Default: its root.
   * @param name First part of the results' names, for example `api` for `api:test`. Default: the last part
   * of `path`, or `go`.
   * @param steps Steps to run, of `lint`, `test`, `build`, each with a time limit in seconds unless that is 600, for
   * example `lint,test=900`. Default: all.
   * @param image Image with Go, gcc and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   * @param testArgs Further arguments for `go test`, for example `-tags=integration`. Default: none.
   * @param testEnv Environment variables of the tests, for example `TEST_REDIS_URL=redis://redis:6379/0`; no secrets.
   * Default: none.
   * @param deadline Seconds since 1970 after which unfinished steps are reported as skipped, for example `1767225600`.
   * 0: wait for all.
   * @param nonce Any value not used before, for example `$RANDOM`: the tools run again instead of answering from the
   * cache. Default: use the cache.
   * @param attempt Any value not used before, for example `$RANDOM`: failed steps run again. Default: the first
   * attempt.
   */
  @func({ cache: "24h" })
  async cachedCheck(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    name: string = "",
    steps: string[] = ["lint", "test", "build"],
    image: string = images.golang,
    testArgs: string[] = [],
    testEnv: string[] = [],
    deadline: number = 0,
    nonce: string = "",
    attempt: string = "",
  ): Promise<string> {
    const report = await this.check(source, path, name, steps, image, testArgs, testEnv, deadline, nonce)
    return asText(report.results, report.reports)
  }

  /**
   * Runs gofmt, go vet and staticcheck, all three whatever the others find.
   *
   * Example: `dagger -m modules/golang call lint --source . --path services/api reason`
   *
   * @param source Folder with everything that the Go module needs, for example `.`.
   * @param path Folder of the Go module in `source`, for example `services/api`. Default: its root.
   * @param args Further arguments for staticcheck, for example `-checks=all`. Default: none.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Go, gcc and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    timeout: number = defaultTimeout,
    image: string = images.golang,
  ): Promise<Result> {
    const module = await findModule(source, path, "")
    return this.run("lint", module, await this.fetch(image, module), { image, args, timeout })
  }

  /**
   * Runs the tests with the race detector, and writes JUnit and a coverage profile. The result's value is the statement
   * coverage in percent. A module without any test is `notApplicable`; one whose tests were all skipped fails. `go vet` is
   * left to `lint`.
   *
   * Example: `dagger -m modules/golang call test --source . --path services/api value`
   *
   * @param source Folder with everything that the Go module needs, for example `.`.
   * @param path Folder of the Go module in `source`, for example `services/api`. Default: its root.
   * @param args Further arguments for `go test`, for example `-run=TestMenu`. Default: none.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Go, gcc and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   * @param env Environment variables of the tests, for example `TEST_REDIS_URL=redis://redis:6379/0`; no secrets.
   * Default: none.
   */
  @func({ cache: "session" })
  async test(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    args: string[] = [],
    timeout: number = defaultTimeout,
    image: string = images.golang,
    env: string[] = [],
  ): Promise<Result> {
    const module = await findModule(source, path, "")
    return this.run("test", module, await this.fetch(image, module), { image, args, timeout, env })
  }

  /**
   * Formats the sources with gofmt and gives the changes.
   *
   * Example: `dagger -m modules/golang call fix --source . --path services/api modified-paths`
   *
   * @param source Folder with the Go module, and the folders that replace modules in its go.mod, for example `.`.
   * @param path Folder of the Go module in `source`, for example `services/api`. Default: its root.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async fix(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    image: string = images.golang,
  ): Promise<Changeset> {
    const module = await findModule(source, path, "")
    const formatted = this.within(goContainer(image), module).withExec(["bash", "-c", formatScript]).directory(workdir)
    // v0.19.10 mixes up paths unless both folders are roots of their own.
    const root = (folder: Directory): Directory => dag.directory().withDirectory("/", folder)
    return root(formatted).changes(root(source))
  }

  /**
   * Builds every main package and gives the folder with the binaries: static, stripped, reproducible.
   *
   * Example: `dagger -m modules/golang call build --source . --path services/api entries`
   *
   * @param source Folder with everything that the Go module needs, for example `.`.
   * @param path Folder of the Go module in `source`, for example `services/api`. Default: its root.
   * @param args Further arguments for `go build`, for example `-tags=netgo`. Default: none.
   * @param goos Operating system of the binaries, for example `linux`.
   * @param goarch Architecture of the binaries, for example `arm64`.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
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
    const container = forPlatform(await this.ready(image, await findModule(source, path, "")), goos, goarch)
    const ran = await runStep(container, ["bash", "-c", buildScript, "build", ...args], defaultTimeout)
    if (ran.exitCode !== 0) throw new Error(await readReport(ran.reports, "output.txt"))
    return ran.container.directory("/out")
  }

  /**
   * Runs `go` with any arguments in the folder of the module, for what this module has no function for.
   *
   * Example: `dagger -m modules/golang call exec --source . --path services/api --args list,./... stdout`
   *
   * @param source Folder with everything that the Go module needs, for example `.`.
   * @param args Arguments of `go`, for example `list,./...`.
   * @param path Folder of the Go module in `source`, for example `services/api`. Default: its root.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async exec(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    path: string = ".",
    image: string = images.golang,
  ): Promise<Container> {
    return (await this.ready(image, await findModule(source, path, ""))).withExec(["go", ...args])
  }

  /**
   * Downloads the modules in go.mod and go.sum, and gives them as a Go module cache (GOMODCACHE): for tools that must
   * not fetch anything themselves, and therefore need no login.
   *
   * Example: `dagger -m modules/golang call modules --source . --paths services/kit,services/api entries`
   *
   * @param source Folder with everything that the Go modules need, for example `.`.
   * @param paths Folders of the Go modules in `source`, for example `services/api,services/shared`. Default: its
   * root.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func({ cache: "session" })
  async modules(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    image: string = images.golang,
  ): Promise<Directory> {
    let all = dag.directory()
    for (const path of paths) {
      const module = await findModule(source, path, "")
      if (module.isVendored) continue
      const { modules, refused } = await download(inWorkspace(goContainer(image), module), module, this, defaultTimeout)
      if (refused) throw new Error(refused.reason)
      all = all.withDirectory("/", modules!)
    }
    return all
  }

  /** Runs a step on fetched modules; a refused download is the result of the step. */
  private async run(step: StepName, module: GoModule, fetched: Fetched, settings: StepSettings): Promise<Result> {
    if (fetched.refused) return resultOfRun(`${module.name}:${step}`, fetched.refused.ran, fetched.refused.reason)
    const { image, args, timeout, env = [], nonce = "" } = settings
    const start = withNonce(step === "build" ? goContainer(image) : this.base(image), nonce)
    const container = withModules(start, fetched.modules)
    const ready = step === "test" ? await forTests(container, this, env) : container
    return known[step](module, { container: this.within(ready, module), args, timeout })
  }

  /** Go in the folder of the module, with its modules fetched; an error when they were refused. */
  private async ready(image: string, module: GoModule): Promise<Container> {
    const fetched = await this.fetch(image, module)
    if (fetched.refused) throw new Error(fetched.refused.reason)
    return this.within(withModules(goContainer(image), fetched.modules), module)
  }

  /** The container in the folder of the module, with its settings. */
  private within(container: Container, module: GoModule): Container {
    return within(withSettings(container, this.settings, module.path), module)
  }

  private async fetch(image: string, module: GoModule, nonce: string = ""): Promise<Fetched> {
    if (module.isVendored) return {}
    const container = inWorkspace(withNonce(goContainer(image), nonce), module)
    return fetchModules(container, module, this, defaultTimeout)
  }
}
