/**
 * The delivery pipeline: pull request, publish, dev, stage, prod and back, each with one verdict and every tool's report.
 *
 * Everything is said in `delivery.yaml`: the services, where they run, and the numbers that they must reach.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { Changeset, Directory, File, Secret, Service, argument, check, dag, func, object } from "@dagger.io/dagger"
import { checkBaseline } from "./release/baseline"
import { chainHtml, environmentHtml } from "./report/chain-page"
import type { Config, EnvironmentName } from "./config/config"
import { effectiveConfig } from "./config/effective"
import { mended } from "./checks/fix"
import { deliver, goBack, type DeliverOptions } from "./release/deliver"
import { deliverDev, publishRelease } from "./release/alone"
import { collect, notRun, step, type Part } from "./report/parts"
import { productService, versionFile } from "./release/product"
import type { Access } from "./checks/private"
import { identify } from "./release/record"
import { pullRequest, type Checked } from "./checks/pull-request"
import { rehearse, shorten } from "./release/rehearse"
import { configText, readConfig } from "./config/source"
import { reportOf, type Extra } from "./report/report"
import { isRed, stageNames, verdictOf, type Stage } from "./report/stages"
import { unique } from "./report/unique"

/** What a pipeline has found. */
@object()
export class Pipeline {
  /** Whether the pipeline is green. */
  @func()
  passed: boolean

  /** The table: stage, verdict, number against limit, seconds, and the first line of what failed. */
  @func()
  summary: string

  /**
   * Every report as text, by its path, as JSON. `npm start` writes them to disk from here: with nothing changed the whole pipeline is
   * one answer from the cache. (Text and not a Directory, because a cached Directory would name the folder of the caller who was first.)
   */
  @func()
  reportFiles: string

  /** The reports of what is live, which need not be text: screenshots, archives. */
  @func()
  live?: Directory

  constructor(passed: boolean, summary: string, reportFiles: string, live?: Directory) {
    this.passed = passed
    this.summary = summary
    this.reportFiles = reportFiles
    this.live = live
  }

  /**
   * `index.html`, `summary.md`, `result.json`, and a folder for each stage with the tool's own files, JUnit and coverage.
   *
   * Example: `dagger call pr reports export --path reports`
   */
  @func({ cache: "session" })
  reports(): Directory {
    // Written here and taken as one folder: hundreds of files added to a Directory one by one take a minute.
    for (const [path, text] of Object.entries(JSON.parse(this.reportFiles) as Record<string, string>)) {
      mkdirSync(dirname(`reports/${path}`), { recursive: true })
      writeFileSync(`reports/${path}`, text)
    }
    return (this.live ?? dag.directory()).withDirectory(".", dag.currentModule().workdir("reports"))
  }

  /**
   * The table; fails when the pipeline is red, so that the exit code is the verdict.
   *
   * Example: `dagger call pr verdict`
   */
  @func()
  verdict(): string {
    if (!this.passed) throw new Error(`\n${this.summary}`)
    return this.summary
  }
}

@object()
export class Delivery {
  /**
   * Checks a pull request: secrets in history and tree, each service's lint, types, tests with coverage, and build, YAML, charts and Terraform files, flaws, quality and coverage. All stages
   * end whatever the others say, and a red run has all its reports.
   *
   * Example: `dagger call pr --source . summary`, `dagger call pr reports export --path reports`, `dagger call pr verdict`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param only Run these only: a stage (`restaurant:test`, `lint:yaml`), a service (`restaurant`) or a step (`test`, `lint`).
   * @param skip Leave these out; they are listed as skipped.
   * @param attempt Any text that was not given before: the pipeline is run again, and not answered from the cache as a whole. Stages that passed on the same inputs still are.
   * @param grace Seconds, from when the stages start, after which those that still run are reported as skipped. 0 waits for all.
   * @param base The branch that changed lines are told from, instead of delivery.yaml's develop or master.
   * @param previous The result.json of an earlier run: the report says what is better or worse than then.
   * @param sonarHostUrl The address of a SonarQube or of SonarCloud; without one, an ephemeral SonarQube is started where delivery.yaml has gates.quality.
   * @param sonarToken What that server knows the caller by, such as env://SONAR_TOKEN.
   * @param all Runs every tool again, whatever is in the cache; with another `attempt` too where the same call was made before.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "24h" })
  async pr(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    only: string[] = [],
    skip: string[] = [],
    attempt: string = "",
    grace: number = 0,
    base: string = "",
    previous?: File,
    sonarHostUrl: string = "",
    sonarToken?: Secret,
    all: boolean = false,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<Pipeline> {
    const config = await readConfig(source)
    const checked = await pullRequest(source, config, {
      only,
      skip,
      grace,
      base,
      sonarHostUrl,
      sonarToken,
      again: all ? unique() : "",
      access: { netrc, goproxy, goprivate, npmrc },
    })
    return pullRequestPipeline(source, config, checked, { attempt, before: await previous?.contents() })
  }

  /**
   * Whether there is no secret in history and tree.
   *
   * Example: `dagger check secrets`, `dagger call secrets`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   */
  @func({ cache: "session" })
  @check()
  async secrets(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
  ): Promise<string> {
    return checked(source, ["secrets"])
  }

  /**
   * Whether the linters find nothing: in any service, in YAML, charts and Terraform files of the repository, and golangci-lint where it is configured.
   *
   * Example: `dagger check lint`, `dagger call lint`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  @check()
  async lint(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    return checked(source, ["lint"], { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * What tools can mend by themselves, as one set of changes: gofmt, the Node projects' own eslint and prettier, terraform fmt. The CLI shows them, and writes them when told so.
   *
   * Example: `dagger call fix modified-paths`, `dagger call fix as-patch contents`, `dagger call fix --auto-apply`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins. It reaches what downloads, and nothing else.
   */
  @func({ cache: "session" })
  async fix(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    npmrc?: Secret,
  ): Promise<Changeset> {
    return mended(source, await readConfig(source), { npmrc })
  }

  /**
   * Whether the types of all services that have a check of them are right.
   *
   * Example: `dagger check typecheck`, `dagger call typecheck`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  @check()
  async typecheck(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    return checked(source, ["typecheck"], { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * Whether the tests of all services pass, each with its coverage.
   *
   * Example: `dagger check test`, `dagger call test`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  @check()
  async test(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    return checked(source, ["test"], { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * Whether every service can be built.
   *
   * Example: `dagger check build`, `dagger call build`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  @check()
  async build(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    return checked(source, ["build"], { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * Whether the tests of all services reach the coverage that is wanted of all, and of the lines that were changed.
   *
   * Example: `dagger check coverage`, `dagger call coverage`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  @check()
  async coverage(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    return checked(source, ["test", "coverage"], { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * Whether scanners find no security flaw that counts in any service.
   *
   * Example: `dagger check sast`, `dagger call sast`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  @check()
  async sast(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    return checked(source, ["sast"], { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * Whether what the services depend on has no known vulnerability and no licence that is refused; fails too where a database that cannot be asked holds the pipeline.
   *
   * Example: `dagger check dependencies`, `dagger call dependencies`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  @check()
  async dependencies(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    return checked(source, ["dependencies"], { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * Whether SonarQube's quality gate is green, with the coverage that the tests measure.
   *
   * Example: `dagger check quality`, `dagger call quality`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  @check()
  async quality(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    return checked(source, ["test", "quality"], { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * The configuration as it takes effect: delivery.yaml with all defaults and what environments take from each other; behind each value stands its line, or what it
   * follows from. A delivery.yaml that is wrong is an error that lists every fault.
   *
   * Example: `dagger call config`
   *
   * @param source The repository; its delivery.yaml alone is read.
   */
  @func()
  async config(@argument({ defaultPath: "/", ignore: ["*", "!delivery.yaml"] }) source: Directory): Promise<string> {
    return effectiveConfig(await configText(source))
  }

  /**
   * The whole product on this machine, behind one address: Postgres, Redis, the services, the front end. It starts empty or with
   * demonstration data, and forgets everything when the call ends.
   *
   * Example: `dagger call product up --ports 8080:8080`, then open http://localhost:8080
   *
   * @param source The repository, with its .git folder, from which the version is told.
   * @param demo Whether there is demonstration data in it.
   * @param mode The APP_MODE: development, qa, stage or production.
   * @param unreachable Services that nothing can reach, to see the product degraded: `suppliers`, `recipes` or `redis`.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "never" })
  async product(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    demo: boolean = true,
    mode: string = "development",
    unreachable: string[] = [],
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<Service> {
    return productService({
      source,
      config: await readConfig(source),
      version: await versionFile(source),
      demo,
      mode,
      unreachable,
      access: { netrc, goproxy, goprivate, npmrc },
    })
  }

  /**
   * Whether the release that runs today can go on running while and after this source's schema is rolled out: builds the commit that
   * `services/baseline` names, migrates an empty database with this source's expand migrations, and runs the baseline's own API suite.
   *
   * Example: `dagger call baseline verdict`
   *
   * @param source The repository, with its whole history.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "never" })
  async baseline(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<Pipeline> {
    const part = await collect("baseline", ["baseline:schema", "baseline:api"], () =>
      checkBaseline(source, { netrc, goproxy, goprivate, npmrc }),
    )
    return pipelineOf("baseline", "Baseline", part.stages, [part])
  }

  /**
   * Builds what a commit delivers and pushes it: an image a service, the chart, the suites, all under the commit's hash, and the release record that names
   * them by digest. The same commit again has the same digests, and nothing is pushed.
   *
   * Example: `dagger call publish --registry-user ci --registry-password env://REGISTRY_PASSWORD --record-key env://RECORD_KEY verdict`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param registry A registry at the caller's own loopback (`tcp://127.0.0.1:5000`) or a service of the caller's, instead of one that is gone with the call.
   * @param registryUser Who logs in to a real registry; for ECR without a password the AWS keys are used.
   * @param registryPassword Of that user.
   * @param recordKey What release records are sealed with, such as env://RECORD_KEY: the same for all steps of a release.
   * @param awsAccessKey Of a role that may use ECR and EKS, such as env://AWS_ACCESS_KEY_ID.
   * @param awsSecretKey Its secret.
   * @param awsSessionToken Its session, for temporary keys.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  async publish(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    registry?: Service,
    registryUser: string = "",
    registryPassword?: Secret,
    recordKey?: Secret,
    awsAccessKey?: Secret,
    awsSecretKey?: Secret,
    awsSessionToken?: Secret,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<Pipeline> {
    const part = await publishRelease(source, {
      registry,
      registryUser,
      registryPassword,
      recordKey,
      awsAccessKey,
      awsSecretKey,
      awsSessionToken,
      access: { netrc, goproxy, goprivate, npmrc },
    })
    return livePipeline("publish", "Publish", [part])
  }

  /**
   * Deploys a release to dev by digest, checks that what runs is that release, and runs the suites. Without a registry that stays, the release is published first.
   *
   * Example: `dagger call dev verdict`
   *
   * @param source The repository: delivery.yaml, and the commit or tree whose release it is.
   * @param release The release by its commit's full hash, instead of the source's own.
   * @param faults Faults to switch on, such as restaurant.FAULT_ERROR_RATE=0.5; refused unless the cluster is ephemeral.
   * @param registry A registry at the caller's own loopback (`tcp://127.0.0.1:5000`) or a service of the caller's, instead of one that is gone with the call.
   * @param registryUser Who logs in to a real registry; for ECR without a password the AWS keys are used.
   * @param registryPassword Of that user.
   * @param recordKey What release records are sealed with, such as env://RECORD_KEY: the same for all steps of a release.
   * @param awsAccessKey Of a role that may use ECR and EKS, such as env://AWS_ACCESS_KEY_ID.
   * @param awsSecretKey Its secret.
   * @param awsSessionToken Its session, for temporary keys.
   * @param kubeconfig Of the cluster, such as file://kubeconfig.yaml; without one, the EKS cluster that delivery.yaml names.
   * @param cluster The cluster, when it is a service that the kubeconfig calls `kubernetes`.
   * @param dbUser The database's administrator, such as env://DB_USER.
   * @param dbPassword Its password.
   * @param slackWebhook Where the step is told of, such as env://SLACK_WEBHOOK; a Slack that is down changes no verdict.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  async dev(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    release: string = "",
    faults: string[] = [],
    registry?: Service,
    registryUser: string = "",
    registryPassword?: Secret,
    recordKey?: Secret,
    awsAccessKey?: Secret,
    awsSecretKey?: Secret,
    awsSessionToken?: Secret,
    kubeconfig?: Secret,
    cluster?: Service,
    dbUser?: Secret,
    dbPassword?: Secret,
    slackWebhook?: Secret,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<Pipeline> {
    const parts = await deliverDev(source, {
      release,
      faults,
      registry,
      registryUser,
      registryPassword,
      recordKey,
      awsAccessKey,
      awsSecretKey,
      awsSessionToken,
      kubeconfig,
      cluster,
      secrets: { db_user: dbUser, db_password: dbPassword },
      slackWebhook,
      access: { netrc, goproxy, goprivate, npmrc },
    })
    return livePipeline("dev", environmentTitles.dev, parts)
  }

  /**
   * Deploys a release to stage, from its record alone; then suites, load, a scanner and beta feedback against the gates of delivery.yaml. The verdict goes into the record: it is the ticket to prod.
   *
   * Example: `dagger call stage --kubeconfig file://kubeconfig.yaml --record-key env://RECORD_KEY verdict`
   *
   * @param source The repository: delivery.yaml, and the commit or tree whose release it is.
   * @param release The release by its commit's full hash, instead of the source's own.
   * @param faults Faults to switch on, such as restaurant.FAULT_ERROR_RATE=0.5; refused unless the cluster is ephemeral.
   * @param registry A registry at the caller's own loopback (`tcp://127.0.0.1:5000`) or a service of the caller's, instead of one that is gone with the call.
   * @param registryUser Who logs in to a real registry; for ECR without a password the AWS keys are used.
   * @param registryPassword Of that user.
   * @param recordKey What release records are sealed with, such as env://RECORD_KEY: the same for all steps of a release.
   * @param awsAccessKey Of a role that may use ECR and EKS, such as env://AWS_ACCESS_KEY_ID.
   * @param awsSecretKey Its secret.
   * @param awsSessionToken Its session, for temporary keys.
   * @param kubeconfig Of the cluster, such as file://kubeconfig.yaml; without one, the EKS cluster that delivery.yaml names.
   * @param cluster The cluster, when it is a service that the kubeconfig calls `kubernetes`.
   * @param dbUser The database's administrator, such as env://DB_USER.
   * @param dbPassword Its password.
   * @param slackWebhook Where the step is told of, such as env://SLACK_WEBHOOK; a Slack that is down changes no verdict.
   */
  @func({ cache: "session" })
  async stage(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    release: string = "",
    faults: string[] = [],
    registry?: Service,
    registryUser: string = "",
    registryPassword?: Secret,
    recordKey?: Secret,
    awsAccessKey?: Secret,
    awsSecretKey?: Secret,
    awsSessionToken?: Secret,
    kubeconfig?: Secret,
    cluster?: Service,
    dbUser?: Secret,
    dbPassword?: Secret,
    slackWebhook?: Secret,
  ): Promise<Pipeline> {
    const parts = await deliver("stage", source, {
      release,
      faults,
      registry,
      registryUser,
      registryPassword,
      recordKey,
      awsAccessKey,
      awsSecretKey,
      awsSessionToken,
      kubeconfig,
      cluster,
      secrets: { db_user: dbUser, db_password: dbPassword },
      slackWebhook,
    })
    return livePipeline("stage", environmentTitles.stage, parts)
  }

  /**
   * Deploys a release that staged green to prod, with the same digests, and watches Prometheus for a while. When that is not healthy, logs and events are saved, and the revision before comes back.
   *
   * Example: `dagger call prod --kubeconfig file://kubeconfig.yaml --record-key env://RECORD_KEY verdict`
   *
   * @param source The repository: delivery.yaml, and the commit or tree whose release it is.
   * @param release The release by its commit's full hash, instead of the source's own.
   * @param faults Faults to switch on, such as restaurant.FAULT_ERROR_RATE=0.5; refused unless the cluster is ephemeral.
   * @param registry A registry at the caller's own loopback (`tcp://127.0.0.1:5000`) or a service of the caller's, instead of one that is gone with the call.
   * @param registryUser Who logs in to a real registry; for ECR without a password the AWS keys are used.
   * @param registryPassword Of that user.
   * @param recordKey What release records are sealed with, such as env://RECORD_KEY: the same for all steps of a release.
   * @param awsAccessKey Of a role that may use ECR and EKS, such as env://AWS_ACCESS_KEY_ID.
   * @param awsSecretKey Its secret.
   * @param awsSessionToken Its session, for temporary keys.
   * @param kubeconfig Of the cluster, such as file://kubeconfig.yaml; without one, the EKS cluster that delivery.yaml names.
   * @param cluster The cluster, when it is a service that the kubeconfig calls `kubernetes`.
   * @param dbUser The database's administrator, such as env://DB_USER.
   * @param dbPassword Its password.
   * @param slackWebhook Where the step is told of, such as env://SLACK_WEBHOOK; a Slack that is down changes no verdict.
   */
  @func({ cache: "session" })
  async prod(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    release: string = "",
    faults: string[] = [],
    registry?: Service,
    registryUser: string = "",
    registryPassword?: Secret,
    recordKey?: Secret,
    awsAccessKey?: Secret,
    awsSecretKey?: Secret,
    awsSessionToken?: Secret,
    kubeconfig?: Secret,
    cluster?: Service,
    dbUser?: Secret,
    dbPassword?: Secret,
    slackWebhook?: Secret,
  ): Promise<Pipeline> {
    const parts = await deliver("prod", source, {
      release,
      faults,
      registry,
      registryUser,
      registryPassword,
      recordKey,
      awsAccessKey,
      awsSecretKey,
      awsSessionToken,
      kubeconfig,
      cluster,
      secrets: { db_user: dbUser, db_password: dbPassword },
      slackWebhook,
    })
    return livePipeline("prod", environmentTitles.prod, parts)
  }

  /**
   * Goes back to the revision before in an environment, in one step, whatever state the release is in. Logs and events of what runs now are saved first.
   *
   * Example: `dagger call rollback --environment prod --kubeconfig file://kubeconfig.yaml verdict`
   *
   * @param source The repository, for its delivery.yaml.
   * @param environment dev, stage or prod.
   * @param kubeconfig Of the cluster; without one, the EKS cluster that delivery.yaml names.
   * @param cluster The cluster, when it is a service that the kubeconfig calls `kubernetes`.
   * @param awsAccessKey Of a role that may use EKS.
   * @param awsSecretKey Its secret.
   * @param awsSessionToken Its session, for temporary keys.
   * @param slackWebhook Where the step is told of.
   */
  @func({ cache: "session" })
  async rollback(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    environment: string = "prod",
    kubeconfig?: Secret,
    cluster?: Service,
    awsAccessKey?: Secret,
    awsSecretKey?: Secret,
    awsSessionToken?: Secret,
    slackWebhook?: Secret,
  ): Promise<Pipeline> {
    const part = await goBack(source, environment, {
      registryUser: "",
      kubeconfig,
      cluster,
      awsAccessKey,
      awsSecretKey,
      awsSessionToken,
      slackWebhook,
    })
    return livePipeline("rollback", "Rollback", [part])
  }

  /**
   * Rehearses the whole chain with no account anywhere, on a registry, a Kubernetes, a Prometheus and a stand-in of Slack that live as long as the call: pull
   * request, publish, dev, stage, prod; then a bad release, which the analysis has to notice, and the way back, with the requests that it cost.
   *
   * Example: `dagger call rehearse reports export --path reports`
   *
   * @param source The repository, with its .git folder and a delivery.yaml.
   * @param faults What is wrong with the bad release, such as api.FAULT_ERROR_RATE=0.5; without one delivery.yaml's rehearsal.faults.
   * @param short Leaves out what takes long, and says so: the browser's journeys in stage, and most of load, scan and analysis.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  async rehearse(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    faults: string[] = [],
    short: boolean = false,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<Pipeline> {
    const config = await readConfig(source)
    const shortened = short ? shorten(config) : ""
    const access = { netrc, goproxy, goprivate, npmrc }
    let checked: Checked = { stages: [], parts: [], coverage: [] }
    const checks = async (): Promise<Part[]> => {
      checked = await pullRequest(source, config, { access })
      return [await step("pr", async () => ({ reason: greenOrThrow(checked.stages) }))]
    }
    const { steps, record, told, commit } = await rehearse({
      source,
      config,
      checks,
      faults: faults.length ? faults : config.rehearsal.faults,
      access,
    })
    if (shortened)
      steps.push({
        step: "targets",
        title: "Shortened",
        parts: [
          {
            ...notRun([], ""),
            stages: [
              { name: "shortened", status: "notApplicable", reason: shortened, seconds: 0, cached: false, exitCode: 0 },
            ],
          },
        ],
      })
    const parts = steps.flatMap((one) => one.parts)
    const files: Record<string, string[]> = Object.assign({}, ...parts.map((part) => part.files))
    const whole = await livePipeline("rehearse", "Rehearsal", parts)
    const pr = await pullRequestPipeline(source, config, checked)
    const more: Record<string, string> = Object.fromEntries(
      Object.entries(JSON.parse(pr.reportFiles) as Record<string, string>).map(([path, text]) => [`pr/${path}`, text]),
    )
    more["index.html"] = chainHtml(commit, steps, told)
    for (const one of steps)
      if (!["pr", "targets"].includes(one.step)) more[`${one.step}.html`] = environmentHtml(one, files)
    more["slack.json"] = told
    if (record) more["release.json"] = `${JSON.stringify(record, null, 1)}\n`
    return new Pipeline(
      whole.passed,
      whole.summary,
      JSON.stringify({ ...(JSON.parse(whole.reportFiles) as object), ...more }),
      whole.live,
    )
  }

  /**
   * The pipeline that belongs to the branch, by Git Flow: pull requests pr, develop dev, release/* stage, master prod, hotfix/* pr and then stage. Gives its
   * table; fails when it is red. With --explain it says which pipeline that is and why, and runs nothing.
   *
   * Example: `dagger call auto --explain`, `dagger call auto --branch release/1.4 --explain`
   *
   * @param source The repository.
   * @param branch The branch, instead of the one that is checked out.
   * @param event push or pull_request.
   * @param base The branch that a pull request asks to be merged into.
   * @param explain Only says what would run.
   * @param registry A registry at the caller's own loopback (`tcp://127.0.0.1:5000`) or a service of the caller's, instead of one that is gone with the call.
   * @param registryUser Who logs in to a real registry; for ECR without a password the AWS keys are used.
   * @param registryPassword Of that user.
   * @param recordKey What release records are sealed with, such as env://RECORD_KEY: the same for all steps of a release.
   * @param awsAccessKey Of a role that may use ECR and EKS, such as env://AWS_ACCESS_KEY_ID.
   * @param awsSecretKey Its secret.
   * @param awsSessionToken Its session, for temporary keys.
   * @param kubeconfig Of the cluster, such as file://kubeconfig.yaml; without one, the EKS cluster that delivery.yaml names.
   * @param cluster The cluster, when it is a service that the kubeconfig calls `kubernetes`.
   * @param dbUser The database's administrator, such as env://DB_USER.
   * @param dbPassword Its password.
   * @param slackWebhook Where the step is told of, such as env://SLACK_WEBHOOK; a Slack that is down changes no verdict.
   * @param netrc Logins for private Go modules, as ~/.netrc has them, such as file://$HOME/.netrc. It reaches what downloads, and nothing else.
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: Go modules that git fetches, with netrc's login.
   * @param npmrc What ~/.npmrc would be, such as file://$HOME/.npmrc: private npm registries and their logins.
   */
  @func({ cache: "session" })
  async auto(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "**/dist",
        "**/coverage",
        "reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
    branch: string = "",
    event: string = "push",
    base: string = "",
    explain: boolean = false,
    registry?: Service,
    registryUser: string = "",
    registryPassword?: Secret,
    recordKey?: Secret,
    awsAccessKey?: Secret,
    awsSecretKey?: Secret,
    awsSessionToken?: Secret,
    kubeconfig?: Secret,
    cluster?: Service,
    dbUser?: Secret,
    dbPassword?: Secret,
    slackWebhook?: Secret,
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    npmrc?: Secret,
  ): Promise<string> {
    const config = await readConfig(source)
    const named = branch || (await identify(source, config)).branch
    const { master, develop } = config.branches
    if (explain) return dag.gitflow().explain(named, { event, base, master, develop })
    const decision = dag.gitflow().pipeline(named, { event, base, master, develop })
    const access = { netrc, goproxy, goprivate, npmrc }
    const given: DeliverOptions & { access: Access } = {
      release: "",
      faults: [],
      registry,
      registryUser,
      registryPassword,
      recordKey,
      awsAccessKey,
      awsSecretKey,
      awsSessionToken,
      kubeconfig,
      cluster,
      secrets: { db_user: dbUser, db_password: dbPassword },
      slackWebhook,
      access,
    }
    const tables: string[] = []
    for (const name of [await decision.name(), await decision.next()]) {
      if (name === "none" || name === "") continue
      const ran =
        name === "pr"
          ? await this.pr(source, [], [], "", 0, "", undefined, "", undefined, false, netrc, goproxy, goprivate, npmrc)
          : await livePipeline(
              name,
              environmentTitles[name as EnvironmentName],
              name === "dev" ? await deliverDev(source, given) : await deliver(name as EnvironmentName, source, given),
            )
      tables.push(ran.verdict())
    }
    return tables.join("\n\n") || (await decision.reason())
  }
}

/** The environments as reports call them. */
const environmentTitles: Record<EnvironmentName, string> = { dev: "Development", stage: "Stage", prod: "Production" }

/** A pipeline's result of its stages and the reports of its parts. */
async function pipelineOf(
  name: string,
  title: string,
  stages: Stage[],
  parts: Part[],
  extra: Extra = {},
): Promise<Pipeline> {
  const { passed, table, files } = await reportOf(name, title, stages, parts, extra)
  return new Pipeline(passed, table, JSON.stringify(files))
}

/** The result of a pull request's checks. */
async function pullRequestPipeline(
  source: Directory,
  { services, repository }: Config,
  { stages, parts, coverage }: Checked,
  extra: Extra = {},
): Promise<Pipeline> {
  // A Node project's tools know of its own folder alone.
  const folders = (stage: string) =>
    services[stage.split(":")[0]!]?.kind === "node" ? services[stage.split(":")[0]!]!.path : undefined
  const paths = (stage: string) => services[stage.split(":")[0]!]?.path
  return pipelineOf("pr", "Pull request", stages, parts, { source, folders, paths, repository, coverage, ...extra })
}

/** The result of live parts: their files stay files. */
async function livePipeline(name: string, title: string, parts: Part[]): Promise<Pipeline> {
  const { passed, summary, reportFiles } = await pipelineOf(
    name,
    title,
    parts.flatMap(({ stages }) => stages),
    parts,
  )
  const live = parts.reduce(
    (folder, part) => (part.directory ? folder.withDirectory(part.folder, part.directory) : folder),
    dag.directory(),
  )
  return new Pipeline(passed, summary, reportFiles, live)
}

/** The table of the given steps of all services; an error where it is red. A step that no stage has is not applicable. */
async function checked(source: Directory, steps: string[], access: Access = {}): Promise<string> {
  const config = await readConfig(source)
  const names = stageNames(config).flatMap((name) => name.split(":"))
  const there = steps.filter((step) => names.includes(step))
  if (!there.length) return `not applicable: no service has the step ${steps.join(", ")}`
  return (
    await pullRequestPipeline(source, config, await pullRequest(source, config, { only: there, access }))
  ).verdict()
}

/** What the stages of a pull request add up to, as the reason of one stage. */
function greenOrThrow(stages: Stage[]): string {
  const { passed, line } = verdictOf(stages)
  const first = stages.find(isRed)
  if (!passed) throw new Error(first ? `${first.name}: ${first.reason}` : line)
  return line
}
