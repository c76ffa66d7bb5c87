/**
 * The delivery pipeline: pull request, publish, dev, stage, prod and rollback, each with one verdict and every tool's report.
 *
 * `delivery.yaml` holds the configuration: the services, the environments, and the limits of every gate.
 */
import { Changeset, Directory, File, Secret, Service, argument, check, func, object } from "@dagger.io/dagger"
import { added, fixed } from "./checks/fix"
import type { Access } from "./checks/private"
import { runChecks } from "./checks/outcome"
import { pullRequest } from "./checks/pull-request"
import { effectiveConfig } from "./config/effective"
import { configText, initialConfig, openSource } from "./config/source"
import { deliverDev, publishRelease } from "./release/alone"
import { noPromotion, type Promotion } from "./release/admission"
import { baselinePart } from "./release/baseline"
import { pipelinesOfBranch } from "./release/branch"
import { checksOutcome } from "./release/shown-checks"
import { deliver, goBack, type DeliverOptions } from "./release/deliver"
import { Evidence, evidenceOf } from "./release/evidence-functions"
import { startProduct } from "./release/product"
import { rehearsalOutcome } from "./release/rehearsal-report"
import { liveOutcome, outcomeOf } from "./report/outcome"
import { Pipeline, pipelineOf } from "./report/pipeline"
import "./shared/bun"

@object()
export class Delivery {
  source: Directory
  netrc?: Secret
  goproxy?: Secret
  goprivate: string = ""
  npmrc?: Secret
  registry?: Service
  registryUser: string = ""
  registryPassword?: Secret
  recordKey?: Secret
  awsAccessKey?: Secret
  awsSecretKey?: Secret
  awsSessionToken?: Secret
  kubeconfig?: Secret
  cluster?: Service
  secretNames: string[] = []
  secretValues: Secret[] = []
  slackWebhook?: Secret
  slackToken?: Secret
  slackJob: string = ""
  forgeToken?: Secret
  forge?: Service
  pull: number = 0

  /** @param source The repository with its .git folder and a delivery.yaml, for example `../shop`; the caller's own by default. */
  constructor(
    @argument({
      defaultPath: "/",
      ignore: [
        "**/node_modules",
        "delivery-reports",
        ".git/index",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
        ".git/**/*.lock",
      ],
    })
    source: Directory,
  ) {
    this.source = source
  }

  /**
   * Gives access to private modules and packages. The secrets reach the commands that download, and nothing else.
   * Example: `dagger call with-private --netrc file://$HOME/.netrc --goprivate 'github.com/shop/*' pr verdict`
   *
   * @param netrc Logins of Go module hosts in the format of ~/.netrc, for example `file://$HOME/.netrc`.
   * @param goproxy The value of GOPROXY, for example `env://GOPROXY`; a secret, because the address may hold a password.
   * @param goprivate The value of GOPRIVATE: modules that git fetches with the login of netrc, for example `github.com/shop/*`.
   * @param npmrc Private npm registries and their logins in the format of ~/.npmrc, for example `file://$HOME/.npmrc`.
   */
  @func()
  withPrivate(netrc?: Secret, goproxy?: Secret, goprivate: string = "", npmrc?: Secret): Delivery {
    return Object.assign(this, { netrc, goproxy, goprivate, npmrc })
  }

  /**
   * Sets the registry and its login. An ECR without a password is logged in to with the keys of `with-aws`.
   * Example: `dagger call with-registry --user ci --password env://REGISTRY_PASSWORD with-record-key --key env://RECORD_KEY publish verdict`
   *
   * @param service A registry on the caller's loopback, for example `tcp://127.0.0.1:5000`, or a service; instead of an ephemeral one.
   * @param user User name at the registry, for example `ci`.
   * @param password Password of that user, for example `env://REGISTRY_PASSWORD`.
   */
  @func({ cache: "never" })
  withRegistry(service?: Service, user: string = "", password?: Secret): Delivery {
    return Object.assign(this, { registry: service, registryUser: user, registryPassword: password })
  }

  /**
   * Sets the private key that signs what is stored: the publisher's for `pr` and `publish`, for the rest the environment's own.
   * Example: `dagger call with-record-key --key env://RECORD_KEY publish verdict`
   *
   * @param key ECDSA key on P-256 as PEM, or the base64 of that, for example `env://RECORD_KEY`.
   */
  @func()
  withRecordKey(key: Secret): Delivery {
    return Object.assign(this, { recordKey: key })
  }

  /**
   * Sets AWS keys of a role that may use ECR and EKS.
   * Example: `dagger call with-aws --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY rollback verdict`
   *
   * @param accessKey Access key, for example `env://AWS_ACCESS_KEY_ID`.
   * @param secretKey Secret access key, for example `env://AWS_SECRET_ACCESS_KEY`.
   * @param sessionToken Session token of temporary keys, for example `env://AWS_SESSION_TOKEN`.
   */
  @func()
  withAws(accessKey: Secret, secretKey: Secret, sessionToken?: Secret): Delivery {
    return Object.assign(this, { awsAccessKey: accessKey, awsSecretKey: secretKey, awsSessionToken: sessionToken })
  }

  /**
   * Sets the cluster, instead of the EKS cluster that delivery.yaml names.
   * Example: `dagger call with-cluster --kubeconfig file://kubeconfig.yaml with-record-key --key env://RECORD_KEY prod verdict`
   *
   * @param kubeconfig Kubeconfig of the cluster, for example `file://kubeconfig.yaml`.
   * @param service The cluster if it is a service, which the kubeconfig has to call `kubernetes`; for example `tcp://127.0.0.1:6443`.
   */
  @func({ cache: "never" })
  withCluster(kubeconfig: Secret, service?: Service): Delivery {
    return Object.assign(this, { kubeconfig, cluster: service })
  }

  /**
   * Sets one value of the Kubernetes Secret that delivery.yaml declares for an environment. A real cluster needs all of them.
   * Example: `dagger call with-secret --name db_user --value env://DB_USER with-secret --name db_password --value env://DB_PASSWORD dev verdict`
   *
   * @param name Key in the Kubernetes Secret, for example `db_password`.
   * @param value The value, for example `env://DB_PASSWORD`.
   */
  @func()
  withSecret(name: string, value: Secret): Delivery {
    this.secretNames.push(name)
    this.secretValues.push(value)
    return this
  }

  /**
   * Sets where the steps that delivery.yaml lists are reported when they begin and end; with a token, in one message that is kept up
   * to date, with a thread if it is red. If Slack is down, the verdict stays the same.
   * Example: `dagger call with-slack --token env://SLACK_TOKEN dev verdict`
   *
   * @param webhook Slack incoming-webhook URL, for example `env://SLACK_WEBHOOK`.
   * @param token Token of a Slack app with the scope chat:write, which is in the channel; for example `env://SLACK_TOKEN`.
   * @param job Web page of the CI job, which messages link to and the evidence names; for example `$CIRCLE_BUILD_URL`.
   */
  @func()
  withSlack(webhook?: Secret, token?: Secret, job: string = ""): Delivery {
    return Object.assign(this, { slackWebhook: webhook, slackToken: token, slackJob: job })
  }

  /**
   * Sets where `pr` shows its verdict: a status of the commit from the beginning, and one comment on the pull request. The forge is
   * that of the repository's page. If it refuses, the verdict stays the same, and the table says why.
   * Example: `dagger call with-forge --token env://FORGE_TOKEN --pull 7 pr verdict`
   *
   * @param token Token that may comment and set statuses, for example `env://FORGE_TOKEN`.
   * @param pull Number of the pull request; 0 for none: only the commit gets its status.
   * @param service The forge if it is a service, which `notifications.forge.api` has to call `forge`; for example
   * `tcp://127.0.0.1:3000`.
   */
  @func({ cache: "never" })
  withForge(token: Secret, pull: number = 0, service?: Service): Delivery {
    return Object.assign(this, { forgeToken: token, pull, forge: service })
  }

  /**
   * Checks a pull request: secrets in history and tree, each service's lint, types, tests with coverage and build, YAML, charts
   * and Terraform files, security flaws, dependencies, quality and coverage. Every stage ends, whatever the others say, and a red
   * run has all its reports. With a registry and the key of its records, the verdict is stored there: stage and prod require it.
   * Example: `dagger call --source ../shop pr verdict`, `dagger call pr reports export --path reports`
   *
   * @param only Run these only: a stage (`api:test`, `lint:yaml`), a service (`api`) or a step (`test`, `lint`).
   * @param skip Leave these out; they are listed as skipped. The same words as `only`.
   * @param attempt Any value not used before: runs the pipeline again; stages that passed on the same inputs are still cached.
   * @param grace Seconds from the start of the stages after which unfinished ones are reported as skipped. 0 waits for all.
   * @param base Branch that changed lines are compared with, for example `release/1.4`; by default delivery.yaml's.
   * @param previous The result.json of an earlier run; the report shows the differences. For example `delivery-reports/result.json`.
   * @param sonarHostUrl Address of a SonarQube or SonarCloud, for example `https://sonarcloud.io`; by default an ephemeral one.
   * @param sonarToken Token for that server, for example `env://SONAR_TOKEN`.
   * @param all Run every tool again, whatever is in the cache. To repeat the same call, give another `attempt` too.
   */
  @func({ cache: "24h" })
  async pr(
    only: string[] = [],
    skip: string[] = [],
    attempt: string = "",
    grace: number = 0,
    base: string = "",
    previous?: File,
    sonarHostUrl: string = "",
    sonarToken?: Secret,
    all: boolean = false,
  ): Promise<Pipeline> {
    const opened = await openSource(this.source)
    const options = { only, skip, grace, base, sonarHostUrl, sonarToken, all, access: this.access() }
    const extra = { attempt, before: await previous?.contents() }
    return pipelineOf(checksOutcome(opened, this, { extra, checks: () => pullRequest(opened, options) }))
  }

  /** Checks that there is no secret in history and tree. */
  @func({ cache: "session" })
  @check()
  async secrets(): Promise<string> {
    return runChecks(this.source, "secrets", this.access())
  }

  /** Checks that linters find nothing: in services, YAML, charts and Terraform files, and golangci-lint where it is configured. */
  @func({ cache: "session" })
  @check()
  async lint(): Promise<string> {
    return runChecks(this.source, "lint", this.access())
  }

  /** Checks the types of every service that has a type check. */
  @func({ cache: "session" })
  @check()
  async typecheck(): Promise<string> {
    return runChecks(this.source, "typecheck", this.access())
  }

  /** Checks that the tests of all services pass, each with its coverage. */
  @func({ cache: "session" })
  @check()
  async test(): Promise<string> {
    return runChecks(this.source, "test", this.access())
  }

  /** Checks that every service can be built. */
  @func({ cache: "session" })
  @check()
  async build(): Promise<string> {
    return runChecks(this.source, "build", this.access())
  }

  /** Checks the coverage of all tests together, and of changed lines, against the limits of delivery.yaml. */
  @func({ cache: "session" })
  @check()
  async coverage(): Promise<string> {
    return runChecks(this.source, "coverage", this.access())
  }

  /** Checks that scanners find no security flaw in any service at or above the threshold of delivery.yaml. */
  @func({ cache: "session" })
  @check()
  async sast(): Promise<string> {
    return runChecks(this.source, "sast", this.access())
  }

  /** Checks that no dependency has a known vulnerability or a refused licence. */
  @func({ cache: "session" })
  @check()
  async dependencies(): Promise<string> {
    return runChecks(this.source, "dependencies", this.access())
  }

  /** Checks SonarQube's quality gate, with the coverage that the tests measure. */
  @func({ cache: "session" })
  @check()
  async quality(): Promise<string> {
    return runChecks(this.source, "quality", this.access())
  }

  /**
   * Returns the changes that tools can make by themselves: gofmt, the Node projects' own eslint and prettier, terraform fmt. The
   * CLI shows them, and writes them with --auto-apply.
   * Example: `dagger call fix modified-paths`, `dagger call fix as-patch contents`, `dagger call fix --auto-apply`
   */
  @func({ cache: "session" })
  async fix(): Promise<Changeset> {
    return fixed(await openSource(this.source), this.access())
  }

  /**
   * Returns a commented delivery.yaml for a repository that has none. The CLI shows it, and writes it with --auto-apply.
   * Example: `dagger call init --previous delivery-reports/result.json --auto-apply`
   *
   * @param previous The result.json of a run of `pr`, whose coverage the gates begin at; for example `delivery-reports/result.json`.
   */
  @func({ cache: "session" })
  async init(previous?: File): Promise<Changeset> {
    return added(this.source, "delivery.yaml", await initialConfig(this.source, await previous?.contents()))
  }

  /**
   * Returns the effective configuration: delivery.yaml with all defaults and inherited values, each with its line or origin as a
   * comment. An invalid delivery.yaml is an error that lists every fault; without one, that of `init` takes effect.
   * Example: `dagger call config`
   */
  @func()
  async config(): Promise<string> {
    return effectiveConfig(await configText(this.source))
  }

  /**
   * Starts the product of `services` in delivery.yaml behind one address, with the databases that it needs. All data is gone when
   * the call ends.
   * Example: `dagger call product up --ports 8080:8080`, then open http://localhost:8080
   *
   * @param demo Whether to load demonstration data.
   * @param mode The APP_MODE: `development`, `qa`, `stage` or `production`.
   * @param unreachable Services that cannot be reached, to see the product degraded; for example `redis` or a service.
   */
  @func({ cache: "never" })
  async product(demo: boolean = true, mode: string = "development", unreachable: string[] = []): Promise<Service> {
    return startProduct(this.source, { demo, mode, unreachable, access: this.access() })
  }

  /**
   * Checks that the release in production keeps working while and after this source's schema is rolled out: builds the commit of
   * the baseline file, migrates an empty database with this source's expand migrations, and runs the baseline's own API suite.
   * Example: `dagger call baseline verdict`
   */
  @func({ cache: "never" })
  async baseline(): Promise<Pipeline> {
    return pipelineOf(outcomeOf("baseline", "Baseline", baselinePart(this.source, this.access())))
  }

  /**
   * Builds the release of a commit and pushes it: an image per service, the chart and the suites, all tagged with the commit's
   * hash, and the release record that names them by digest. The same commit has the same digests, and nothing is pushed twice.
   * Example: `dagger call with-registry --user ci --password env://REGISTRY_PASSWORD with-record-key --key env://RECORD_KEY publish verdict`
   */
  @func({ cache: "session" })
  async publish(): Promise<Pipeline> {
    return pipelineOf(liveOutcome("publish", "Publish", publishRelease(this.source, this.delivery())))
  }

  /**
   * Deploys a release to dev by digest, verifies which version runs, and runs the test suites. Without a registry or a cluster,
   * both are made for the call and the release is published first.
   * Example: `dagger call dev verdict`
   *
   * @param release Full hash of the release's commit or tree, instead of the source's own.
   * @param faults Faults to switch on, for example `api.FAULT_ERROR_RATE=0.5`; refused unless the cluster is ephemeral.
   */
  @func({ cache: "session" })
  async dev(release: string = "", faults: string[] = []): Promise<Pipeline> {
    return pipelineOf(liveOutcome("dev", "Development", deliverDev(this.source, this.delivery(release, faults))))
  }

  /**
   * Deploys a release to stage from its record alone; then runs the test suites, load, a security scan and the check of beta
   * feedback against the gates of delivery.yaml. The verdict goes into the release record, which prod requires.
   * Example: `dagger call with-cluster --kubeconfig file://kubeconfig.yaml with-record-key --key env://RECORD_KEY stage verdict`
   *
   * @param release Full hash of the release's commit or tree, as for `dev`.
   * @param faults Faults to switch on, as for `dev`.
   * @param ticket The change ticket, for example `CHG-7`, where `promote.ticket` asks for one.
   * @param overrideBy Person who deploys in spite of the rules of `promote`; stored, and shown in later reports.
   * @param overrideReason Why, for example `the shop is down`.
   */
  @func({ cache: "session" })
  async stage(
    release: string = "",
    faults: string[] = [],
    ticket: string = "",
    overrideBy: string = "",
    overrideReason: string = "",
  ): Promise<Pipeline> {
    const options = this.delivery(release, faults, { ticket, overrideBy, overrideReason })
    return pipelineOf(liveOutcome("stage", "Stage", deliver("stage", this.source, options)))
  }

  /**
   * Deploys a release that was green in stage to prod by the same digests, and watches Prometheus for a while. If it is judged
   * red, saves logs and events and goes back to the last release that was green in prod; if it cannot be judged, a person decides.
   * Example: `dagger call with-cluster --kubeconfig file://kubeconfig.yaml with-record-key --key env://RECORD_KEY prod verdict`
   *
   * @param release The release, given as for `dev`.
   * @param faults The faults, given as for `dev`.
   * @param ticket The change ticket, as for `stage`.
   * @param overrideBy Person who deploys in spite of the rules, as for `stage`.
   * @param overrideReason Why, as for `stage`.
   */
  @func({ cache: "session" })
  async prod(
    release: string = "",
    faults: string[] = [],
    ticket: string = "",
    overrideBy: string = "",
    overrideReason: string = "",
  ): Promise<Pipeline> {
    const options = this.delivery(release, faults, { ticket, overrideBy, overrideReason })
    return pipelineOf(liveOutcome("prod", "Production", deliver("prod", this.source, options)))
  }

  /**
   * What is stored about releases: statements, may this one go to an environment, approvals, holds, how well delivery works.
   * Example: `dagger call evidence show`, `dagger call evidence may --environment prod`
   */
  @func({ cache: "never" })
  evidence(): Evidence {
    return evidenceOf(this)
  }

  /**
   * Goes back to the last release that was green in an environment, whatever state the current one is in, and checks that it
   * answers. Saves logs and events of the current one first. If that release already runs, nothing changes.
   * Example: `dagger call with-cluster --kubeconfig file://kubeconfig.yaml with-record-key --key env://RECORD_KEY rollback verdict`
   *
   * @param environment `dev`, `stage` or `prod`.
   */
  @func({ cache: "session" })
  async rollback(environment: string = "prod"): Promise<Pipeline> {
    return pipelineOf(liveOutcome("rollback", "Rollback", goBack(this.source, environment, this.delivery())))
  }

  /**
   * Rehearses the whole chain without any account, on targets that live as long as the call: pull request, publish, dev, stage,
   * prod; then a bad release, which the analysis has to notice, and the rollback, with the number of requests that failed.
   * Example: `dagger call rehearse reports export --path reports`
   *
   * @param faults Faults of the bad release, instead of delivery.yaml's rehearsal.faults; for example `api.FAULT_ERROR_RATE=0.5`.
   * @param short Leave out the browser's journeys in stage and shorten load, scan and analysis; the report says so.
   */
  @func({ cache: "session" })
  async rehearse(faults: string[] = [], short: boolean = false): Promise<Pipeline> {
    return pipelineOf(rehearsalOutcome(this.source, { faults, short, access: this.access() }))
  }

  /**
   * Runs the pipelines of a branch by Git Flow and returns their tables; fails if one is red. Pull requests: pr; develop:
   * pr, then dev; release/* and hotfix/*: pr, then stage; master: prod.
   * Example: `dagger call auto --explain`, `dagger call auto --branch release/1.4 --explain`
   *
   * @param branch The branch, instead of the one that is checked out; for example `develop`.
   * @param event `push` or `pull_request`.
   * @param base Target branch of the pull request, for example `develop`.
   * @param explain Say which pipelines would run and why, and run nothing.
   */
  @func({ cache: "session" })
  async auto(
    branch: string = "",
    event: string = "push",
    base: string = "",
    explain: boolean = false,
  ): Promise<string> {
    const decision = await pipelinesOfBranch(this.source, { branch, event, base, explain })
    const pipelines = { pr: () => this.pr(), dev: () => this.dev(), stage: () => this.stage(), prod: () => this.prod() }
    const tables: string[] = []
    for (const name of decision.names) tables.push((await pipelines[name]()).verdict())
    return tables.join("\n\n") || decision.reason
  }

  private access(): Access {
    const { netrc, goproxy, goprivate, npmrc } = this
    return { netrc, goproxy, goprivate, npmrc }
  }

  private delivery(
    release = "",
    faults: string[] = [],
    promotion: Promotion = noPromotion,
  ): DeliverOptions & { access: Access } {
    const secrets = Object.fromEntries(this.secretNames.map((name, i) => [name, this.secretValues[i]]))
    return { ...this, ...promotion, release, faults, secrets, access: this.access() }
  }
}
