/**
 * Builds images by their own Dockerfile, tests them by a target or a command, lists what they hold (SBOM), and looks up its known
 * vulnerabilities.
 *
 * A build that fails names the instruction, its exit code and the last words of its command. Symbolic links, `.dockerignore`,
 * build arguments and several stages are Docker's own; a `# syntax=docker/dockerfile:1` line needs no image.
 */
import { Container, Directory, File, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { build, readBuild, type BuildOptions } from "./build"
import { images } from "./images"
import { platformFault, sbomOf } from "./read"
import { inventoryOf, scanImage, scanner } from "./scan"
import { asText } from "./shared/cached"
import { containerText, forTests } from "./shared/containers"
import { Report, makeReport } from "./shared/report"
import { Result, makeResult, reportStep } from "./shared/result"
import { readSteps } from "./shared/steps"
import { buildStep, isImage, resultOfFailure, stepNames, testStep, type TestOptions } from "./steps"

const osv = "https://api.osv.dev"

@object()
export class Dockerfile {
  /** Host names of the services that a test command reaches; set by withService. */
  testServiceNames?: string[]
  /** These services, in the same order; set by withService. */
  testServices?: Service[]
  /** Containers that a test command reaches; set by withContainer. */
  testContainers?: string[]

  /**
   * Adds a service that the command of the tests can reach, by a host name. Building a stage reaches none.
   *
   * Example: `dagger -m modules/dockerfile call with-service --name api --service tcp://127.0.0.1:8080
   * test --source test/fixtures/docker --args sh,/app/greet.sh reason`
   *
   * @param name Host name of the service, for example `api`.
   * @param service The service, for example `tcp://127.0.0.1:8080`.
   */
  @func({ cache: "session" })
  withService(name: string, service: Service): Dockerfile {
    this.testServiceNames = [...(this.testServiceNames ?? []), name]
    this.testServices = [...(this.testServices ?? []), service]
    return this
  }

  /**
   * Adds a container of any image as a service that the command of the tests can reach, by its name. It is ready when it listens
   * on its port; one that does not in time fails the tests with its last log lines. The image needs a shell, and `sleep`.
   *
   * Example: `dagger -m modules/dockerfile call with-container --name redis --image redis:7.0-bookworm --port 6379
   * test --source test/fixtures/docker --args sh,/app/greet.sh reason`
   *
   * @param name Host name of the service, for example `redis`.
   * @param image The image, for example `redis:7.0-bookworm`.
   * @param port The port that it listens on, for example `6379`.
   * @param env Environment variables of the container as NAME=value, for example `MYSQL_DATABASE=test`; no secrets.
   * Default: none.
   * @param args Arguments instead of those of the image, for example `--appendonly=yes`. Default: those of the image.
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
  ): Dockerfile {
    this.testContainers = [...(this.testContainers ?? []), containerText({ name, image, port, env, args, seconds })]
    return this
  }

  /**
   * The container that lists and scans images: Node.
   *
   * Example: `dagger -m modules/dockerfile call base with-exec --args node,--version stdout`
   *
   * @param image Image with Node and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func()
  base(image: string = images.node): Container {
    return scanner(image)
  }

  /**
   * Builds the image and gives it as a container. A failure is an error that names the instruction and its last words.
   *
   * Example: `dagger -m modules/dockerfile call build --source test/fixtures/docker user`
   *
   * @param source The build context, for example `services/api`.
   * @param file Path of the Dockerfile in `source`, for example `build/api.Dockerfile`.
   * @param dockerfile The Dockerfile, if it is not in `source`, for example `build/api.Dockerfile`; `file` is then its name in
   * reasons. Default: `file`.
   * @param stage Stage to build, docker's `--target`, for example `run`. Default: the last one.
   * @param buildArgs Values of ARG instructions, for example `VERSION=1.2`. Default: none.
   * @param platform Platform of the image, for example `linux/arm64`. A command of another platform than the engine's needs
   * emulation there, unless its stage is `FROM --platform=$BUILDPLATFORM`. Default: the engine's.
   */
  @func({ cache: "session" })
  async build(
    @argument({ ignore: ["**/.git"] }) source: Directory,
    file: string = "Dockerfile",
    dockerfile?: File,
    stage: string = "",
    buildArgs: string[] = [],
    platform: string = "",
  ): Promise<Container> {
    const built = await build(await readBuild({ source, file, dockerfile, stage, buildArgs, platform }))
    if (!isImage(built)) throw new Error(built.reason)
    if (platform !== "") await this.verifyPlatform(built)
    return built
  }

  /**
   * Fails if an image holds programs, and none for its own platform. If a registry has a base image for one platform only, an
   * engine uses it for every other platform and does not report that.
   *
   * Example: `dagger -m modules/dockerfile call verify-platform --image debian:bookworm-slim`
   *
   * @param image The image, for example `debian:bookworm-slim`.
   */
  @func({ cache: "session" })
  async verifyPlatform(image: Container): Promise<string> {
    const platform: string = await image.platform()
    const { inventory } = await inventoryOf(image, this.base(), 120)
    const fault = platformFault(inventory, platform)
    if (fault !== "") throw new Error(fault)
    return platform
  }

  /**
   * Tests the image: by building a stage that runs the tests, or by a command in the image. The result has the exit code and the
   * last words of the command that failed; the reports are `output.txt` and, with `junit`, `junit.xml`.
   *
   * Example: `dagger -m modules/dockerfile call test --source test/fixtures/docker --stage test reason`
   *
   * @param source The build context, for example `services/api`.
   * @param file Path of the Dockerfile in `source`, for example `build/api.Dockerfile`.
   * @param dockerfile The Dockerfile, if it is not in `source`, for example `build/api.Dockerfile`. Default: `file`.
   * @param stage Stage that runs the tests, or in whose image the command runs, for example `test`. Default: the last one.
   * @param args The command, for example `python3,-m,unittest`. Default: none, building the stage is the test.
   * @param junit File of the image with a JUnit report, for example `/tmp/junit.xml`. Default: none.
   * @param testEnv Environment variables of the command as NAME=value, for example `TZ=UTC`. Default: none.
   * @param buildArgs Values of ARG instructions, for example `VERSION=1.2`. Default: none.
   * @param name Name of the result, for example `api:test`.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   */
  @func({ cache: "session" })
  async test(
    @argument({ ignore: ["**/.git"] }) source: Directory,
    file: string = "Dockerfile",
    dockerfile?: File,
    stage: string = "",
    args: string[] = [],
    junit: string = "",
    testEnv: string[] = [],
    buildArgs: string[] = [],
    name: string = "test",
    timeout: number = 600,
  ): Promise<Result> {
    const options = { source, file, dockerfile, stage, buildArgs, platform: "" }
    return reportStep(name, () => testStep(options, this.testsOf({ name, command: args, junit, timeout }, testEnv)))
  }

  /**
   * Tests, builds and scans the image, and gives the results of all: a failing step does not stop the others.
   *
   * Example: `dagger -m modules/dockerfile call check --source test/fixtures/docker --steps build summary`
   *
   * @param source The build context, for example `services/api`.
   * @param file Path of the Dockerfile in `source`, for example `build/api.Dockerfile`.
   * @param dockerfile The Dockerfile, if it is not in `source`, for example `build/api.Dockerfile`. Default: `file`.
   * @param stage Stage to build, docker's `--target`, for example `run`. Default: the last one.
   * @param buildArgs Values of ARG instructions, for example `VERSION=1.2`. Default: none.
   * @param name First part of the results' names, for example `api` for `api:test`. Default: `image`.
   * @param steps Steps to run, of `test`, `build`, `scan`, each with a time limit in seconds unless that is 600, for example
   * `build,test=900`. Default: all.
   * @param testStage Stage that runs the tests, or in whose image the command runs, for example `test`. Default: `stage`.
   * @param testCommand Command of the tests in the image, for example `python3,-m,unittest`. Default: none. Without a test stage
   * and a command, `test` does not apply.
   * @param junit File of the image with a JUnit report of the tests, for example `/tmp/junit.xml`. Default: none.
   * @param testEnv Environment variables of that command as NAME=value, for example `TZ=UTC`. Default: none.
   * @param database Address of a vulnerability database with the interface of OSV, for example `https://api.osv.dev`.
   * @param label Name of the image in the SBOM, and the place of findings, for example `services/api/Dockerfile`. Default:
   * `file`.
   * @param deadline Seconds since 1970 after which unfinished steps are reported as skipped, for example `1767225600`.
   * 0: wait for all.
   * @param nonce Any value not used before, for example `$RANDOM`: every RUN runs again instead of answering from the cache.
   * Default: use the cache.
   */
  @func({ cache: "session" })
  async check(
    @argument({ ignore: ["**/.git"] }) source: Directory,
    file: string = "Dockerfile",
    dockerfile?: File,
    stage: string = "",
    buildArgs: string[] = [],
    name: string = "image",
    steps: string[] = ["test", "build", "scan"],
    testStage: string = "",
    testCommand: string[] = [],
    junit: string = "",
    testEnv: string[] = [],
    database: string = osv,
    label: string = "",
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Report> {
    const chosen = readSteps(steps, stepNames)
    const options: BuildOptions = { source, file, dockerfile, stage, buildArgs, platform: "", nonce }
    const run = async (step: string, named: string, timeout: number): Promise<Result> => {
      if (step === "build") return buildStep(named, options, timeout)
      if (step === "scan") return this.scanned(named, options, { timeout, database, label: label || file, nonce })
      if (testStage === "" && testCommand.length === 0)
        return makeResult(named, "notApplicable", "no test target or command is named", { exitCode: 0 })
      const tests = { name: named, command: testCommand, junit, timeout }
      return testStep({ ...options, stage: testStage || stage }, this.testsOf(tests, testEnv))
    }
    const results = chosen.map(({ name: step, timeout }) => {
      const named = `${name}:${step}`
      return reportStep(named, () => run(step, named, timeout), { deadline })
    })
    const folders = chosen.map((step) => step.name)
    return makeReport(folders, await Promise.all(results))
  }

  /**
   * Runs `check` and gives its answer as one text that is cached for a day: the same arguments run and look up nothing. The text
   * is JSON with `ended` (seconds since 1970), `results`, and `files`, the text of every report by its path. Failures are cached
   * too: a caller that gets one from before its own start passes another `attempt`.
   *
   * Example: `dagger -m modules/dockerfile call cached-check --source test/fixtures/docker --steps build`
   *
   * @param source The build context, for example `services/api`.
   * @param file Path of the Dockerfile in `source`, for example `build/api.Dockerfile`.
   * @param dockerfile The Dockerfile, if it is not in `source`, for example `build/api.Dockerfile`. Default: `file`.
   * @param stage Stage to build, docker's `--target`, for example `run`. Default: the last one.
   * @param buildArgs Values of ARG instructions, for example `VERSION=1.2`. Default: none.
   * @param name First part of the results' names, for example `api` for `api:test`. Default: `image`.
   * @param steps Steps to run, of `test`, `build`, `scan`, each with a time limit in seconds unless that is 600, for example
   * `build,test=900`. Default: all.
   * @param testStage Stage that runs the tests, or in whose image the command runs, for example `test`. Default: `stage`.
   * @param testCommand Command of the tests in the image, for example `python3,-m,unittest`. Default: none.
   * @param junit File of the image with a JUnit report of the tests, for example `/tmp/junit.xml`. Default: none.
   * @param testEnv Environment variables of that command as NAME=value, for example `TZ=UTC`. Default: none.
   * @param database Address of a vulnerability database with the interface of OSV, for example `https://api.osv.dev`.
   * @param label Name of the image in the SBOM, and the place of findings, for example `services/api/Dockerfile`. Default:
   * `file`.
   * @param deadline Seconds since 1970 after which unfinished steps are reported as skipped, for example `1767225600`.
   * 0: wait for all.
   * @param nonce Any value not used before, for example `$RANDOM`: every RUN runs again instead of answering from the cache.
   * Default: use the cache.
   * @param attempt Any value not used before, for example `$RANDOM`: failed steps run again. Default: the first attempt.
   */
  @func({ cache: "24h" })
  async cachedCheck(
    @argument({ ignore: ["**/.git"] }) source: Directory,
    file: string = "Dockerfile",
    dockerfile?: File,
    stage: string = "",
    buildArgs: string[] = [],
    name: string = "image",
    steps: string[] = ["test", "build", "scan"],
    testStage: string = "",
    testCommand: string[] = [],
    junit: string = "",
    testEnv: string[] = [],
    database: string = osv,
    label: string = "",
    deadline: number = 0,
    nonce: string = "",
    attempt: string = "",
  ): Promise<string> {
    const report = await this.check(
      source,
      file,
      dockerfile,
      stage,
      buildArgs,
      name,
      steps,
      testStage,
      testCommand,
      junit,
      testEnv,
      database,
      label,
      deadline,
      nonce,
    )
    return asText(report.results, report.reports)
  }

  /**
   * Looks up the known vulnerabilities of what an image holds: Debian, Ubuntu and Alpine packages, Python distributions, npm
   * packages and the modules of Go programs. The result is `inconclusive` when the database did not answer or the image holds
   * packages that it does not know, such as rpm's or Java's; `details` has them as `unreachable`. The reports are `scan.sarif`,
   * `sbom.cdx.json` and `inventory.json`.
   *
   * Example: `dagger -m modules/dockerfile call scan --image debian:bookworm-slim --database http://127.0.0.1:9 status`
   *
   * @param image The image, for example `debian:bookworm-slim`.
   * @param database Address of a vulnerability database with the interface of OSV, for example `https://api.osv.dev`.
   * @param service A service that the address may name, such as a mirror, for example `tcp://127.0.0.1:8080`. Default: none.
   * @param serviceName Host name of `service` in the address, for example `database`.
   * @param label Name of the image in the SBOM, and the place of findings, for example `services/api/Dockerfile`.
   * @param name Name of the result, for example `scan`.
   * @param timeout Time limit for the list and for the database in seconds, for example `120`. Default: 120.
   * @param deadline Seconds since 1970 after which an unfinished scan is reported as skipped, for example `1767225600`.
   * 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: the database is queried again. Default: once a day (UTC).
   */
  @func({ cache: "session" })
  async scan(
    image: Container,
    database: string = osv,
    service?: Service,
    serviceName: string = "database",
    label: string = "image",
    name: string = "scan",
    timeout: number = 120,
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const options = { name, base: this.base(), database, service, serviceName, label, timeout, nonce }
    return reportStep(name, () => scanImage(image, options), { deadline })
  }

  /**
   * Lists what an image holds, as an SBOM in CycloneDX format.
   *
   * Example: `dagger -m modules/dockerfile call sbom --image debian:bookworm-slim contents`
   *
   * @param image The image, for example `debian:bookworm-slim`.
   * @param label Name of the image in the SBOM, for example `api`.
   * @param timeout Time limit in seconds, for example `120`. Default: 120.
   */
  @func({ cache: "session" })
  async sbom(image: Container, label: string = "image", timeout: number = 120): Promise<File> {
    const { inventory } = await inventoryOf(image, this.base(), timeout)
    return dag.directory().withNewFile("sbom.cdx.json", sbomOf(inventory, label)).file("sbom.cdx.json")
  }

  /** The options of tests, with the services that they reach. */
  private testsOf(tests: Omit<TestOptions, "around">, testEnv: string[]): TestOptions {
    const around = (image: Container): Promise<Container> => forTests(image, this, testEnv)
    return { ...tests, around }
  }

  /** Builds an image and scans it. */
  private async scanned(
    name: string,
    options: BuildOptions,
    scan: { timeout: number; database: string; label: string; nonce: string },
  ): Promise<Result> {
    const start = Date.now()
    const built = await build(await readBuild(options))
    if (!isImage(built)) {
      const failure = { ...built, reason: `the image was not built: ${built.reason}` }
      return resultOfFailure(name, failure, (Date.now() - start) / 1000)
    }
    return scanImage(built, { name, base: this.base(), ...scan })
  }
}
