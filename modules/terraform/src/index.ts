/**
 * Checks a Terraform configuration (format, validate, test, checkov), plans it and applies it.
 *
 * `source` is the folder with everything that a root module needs, `path` the root module's own folder in it. Terraform itself comes out of the vendor's
 * image. Where that cannot be had, give the program as `binary` and a folder with the providers (as `terraform providers mirror` lays it out) as
 * `plugins`; with neither, what needs Terraform is reported as skipped, with the reason, and is never green.
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
import { images, tools, vendorOnly } from "./images"
import {
  changesOf,
  cleanPath,
  describe,
  describeFindings,
  describeLock,
  firstError,
  isLockId,
  jsonError,
  lockOf,
  more,
  outputsOf,
  pairs,
  securityOutcome,
  testOutcome,
  under,
  unformatted,
  unformattedAt,
  validateErrors,
  withoutColours,
} from "./read"
import {
  applyScript,
  fixScript,
  fmtScript,
  graceful,
  hclfmtFixScript,
  hclfmtScript,
  initScript,
  planScript,
  securityScript,
  testScript,
  unlockScript,
  validateScript,
} from "./scripts"
import { sarif } from "./shared/sarif"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

const workdir = "/src"

/** What one step has found. */
@object()
export class Result {
  /** `<name>:<step>`, for example `terraform:validate`. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when there is no Terraform, or when the call was interrupted before the step ended. */
  @func() status: string
  /** For a failure the first thing to look at; else what was done. */
  @func() reason: string
  /** The exit code of the tool; 3 when an apply was refused, 124 when the time-out ended it, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the tool took when it really ran. */
  @func() seconds: float
  /** Whether the step came from the cache. */
  @func() cached: boolean
  /** Tests that ran; checks of checkov that failed; resources that a plan changes. */
  @func() value?: float
  /** The most that `value` may be, where there is a limit. */
  @func() limit?: float
  /** The unit of `value`: tests, failed checks or changes. */
  @func() unit: string
  /** Resources that a plan adds. */
  @func() add?: number
  /** Resources that a plan changes in place. */
  @func() change?: number
  /** Resources that a plan destroys, those that it replaces included. */
  @func() destroy?: number
  /** `result.json` with these fields, `output.txt`, and the tool's own files. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    figures: Figures = {},
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = figures.value
    this.limit = figures.limit
    this.unit = figures.unit ?? ""
    this.add = figures.add
    this.change = figures.change
    this.destroy = figures.destroy
    this.reports = reports
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
export class Terraform {
  /**
   * The container that Terraform runs in: Debian with certificates, `terraform` and the providers.
   *
   * Example: `dagger -m modules/terraform call base --binary ./terraform with-exec --args terraform,version stdout`
   *
   * @param binary The program `terraform` for linux/amd64, instead of the one in the vendor's image.
   * @param plugins A folder with providers, `registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/…`; those in it are not fetched.
   * @param image Another image with Terraform at /bin/terraform.
   */
  @func()
  async base(binary?: File, plugins?: Directory, image: string = vendorOnly.terraform): Promise<Container> {
    const found = await terraformContainer(binary, plugins, image)
    if (typeof found === "string") throw new Error(found)
    return found
  }

  /**
   * An emulator of AWS on port 4566, against which a configuration can be applied without an account: give it to `apply` as the service, and the
   * variable AWS_ENDPOINT_URL. It is empty when it starts, takes any credentials, and forgets everything when the call ends.
   *
   * Example: `dagger -m modules/terraform call emulator up`
   *
   * @param image Another image with ministack in it.
   */
  @func()
  emulator(image: string = images.ministack): Service {
    return dag
      .container()
      .from(image)
      .withEnvVariable("GATEWAY_PORT", "4566")
      .withEnvVariable("BIND_HOST", "0.0.0.0")
      .withExposedPort(4566)
      .asService({ args: ["ministack"] })
  }

  /**
   * Checks a configuration and gives all results: a step that fails stops none of the others. `fmt` and `security` look at all of the
   * source; `validate` and `test` (tests/*.tftest.hcl) at the root module, one after the other, because each needs most of a gigabyte of memory.
   *
   * Example: `dagger -m modules/terraform call check --source terraform --path stack summary`
   *
   * @param source The folder with everything that the root module needs.
   * @param path The root module's folder in `source`.
   * @param name What the results are called by.
   * @param steps Which of fmt, validate, test and security.
   * @param timeouts Seconds for each of the steps, in the same order; 600 where none is given.
   * @param maxFailed How many checks of checkov may fail. Checks that are skipped in the configuration have to say why, or they count as failed.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the vendor's image.
   * @param plugins A folder with providers, `registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/…`; those in it are not fetched.
   * @param image Another image with Terraform at /bin/terraform.
   * @param checkovImage Another image with checkov and bash in it.
   * @param until Seconds since 1970: steps that run longer are given as skipped. 0 waits for all.
   */
  @func({ cache: "session" })
  async check(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules", "**/*.tfstate", "**/*.tfstate.*"] })
    source: Directory,
    path: string = ".",
    name: string = "terraform",
    steps: string[] = ["fmt", "validate", "test", "security"],
    timeouts: number[] = [],
    maxFailed: number = 0,
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
    checkovImage: string = images.checkov,
    until: number = 0,
  ): Promise<Report> {
    const root = await rootModule(source, path)
    let container: Promise<Container | string> | undefined
    const terraform = (): Promise<Container | string> => (container ??= terraformContainer(binary, plugins, image))
    const known: Record<string, (name: string, timeout: number) => Promise<Result>> = {
      fmt: (name, timeout) => fmtStep(name, root, terraform, timeout),
      validate: (name, timeout) => validateStep(name, root, terraform, timeout),
      test: (name, timeout) => testStep(name, root, terraform, timeout),
      security: (name, timeout) => securityStep(name, root, checkovImage, [], maxFailed, timeout),
    }
    const wrong = steps.filter((s) => !(s in known))
    if (wrong.length > 0 || steps.length === 0)
      throw new Error(`steps: ${wrong.join(", ") || "none given"}; there are ${Object.keys(known).join(", ")}`)
    const heavy = ["validate", "test"]
    let before: Promise<unknown> = Promise.resolve()
    const results = await Promise.all(
      steps.map((step, i) => {
        const run = (): Promise<Result> =>
          reported(`${name}:${step}`, () => known[step]!(`${name}:${step}`, timeouts[i] ?? 600), until)
        if (!heavy.includes(step)) return run()
        const mine = before.then(run)
        before = mine
        return mine
      }),
    )
    let reports = dag.directory()
    for (const [i, result] of results.entries()) reports = reports.withDirectory(steps[i]!, result.reports)
    const fields = results.map(({ reports: _, ...rest }) => rest)
    return new Report(results, reports.withNewFile("results.json", `${JSON.stringify(fields, null, 1)}\n`))
  }

  /**
   * Whether all files are formatted, as `terraform fmt -check -recursive` sees it, with SARIF. Where Terraform cannot be had, hclfmt of Terraform's own language library says so: it knows
   * the same layout, but not the old ways of writing that `terraform fmt` brings up to date (`"${var.name}"`, `type = "string"`); the reason names it then.
   *
   * Example: `dagger -m modules/terraform call format --source terraform verdict`
   *
   * @param source The folder with the files: `*.tf`, `*.tfvars`, `*.tftest.hcl`, `*.tfmock.hcl`.
   * @param name What the result is called by.
   * @param timeout Seconds for the step.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the vendor's image.
   * @param image Another image with Terraform at /bin/terraform.
   * @param until Seconds since 1970: a step that runs longer is given as skipped. 0 waits for it.
   * @param again Another value than before runs the formatter again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async format(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules", "**/*.tfstate", "**/*.tfstate.*"] })
    source: Directory,
    name: string = "terraform:format",
    timeout: number = 600,
    binary?: File,
    image: string = vendorOnly.terraform,
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    return reported(name, () => formatStep(name, source, binary, image, timeout, again), until)
  }

  /**
   * Formats all files of a folder, as `terraform fmt -recursive` does; where Terraform cannot be had, as hclfmt does (see `format`).
   *
   * Example: `dagger -m modules/terraform call fmt --source terraform modified-paths`
   *
   * @param source The folder with the files.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the vendor's image.
   * @param image Another image with Terraform at /bin/terraform.
   */
  @func({ cache: "session" })
  async fmt(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules", "**/*.tfstate", "**/*.tfstate.*"] })
    source: Directory,
    binary?: File,
    image: string = vendorOnly.terraform,
  ): Promise<Changeset> {
    const { container, terraform } = await formatter(binary, image)
    const formatted = container
      .withDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["bash", "-c", terraform ? fixScript : hclfmtFixScript])
      .directory(workdir)
    // Changes are taken between two folders that are roots of their own: v0.19.10 mixes up the paths of others.
    const root = (folder: Directory): Directory => dag.directory().withDirectory("/", folder)
    return root(formatted).changes(root(source))
  }

  /**
   * Looks for what is insecure in all of the source, with checkov: SARIF, JUnit and JSON in the reports. It asks no server. A source in which nothing
   * was checked fails, and so does a check that is skipped (`checkov:skip=…`) without a reason.
   *
   * Example: `dagger -m modules/terraform call security --source terraform verdict`
   *
   * @param source The folder with the configuration.
   * @param maxFailed How many checks may fail.
   * @param args More arguments for checkov, for example `--check=CKV_AWS_39`.
   * @param timeout Seconds for the step.
   * @param name What the result is called by.
   * @param checkovImage Another image with checkov and bash in it.
   */
  @func({ cache: "session" })
  async security(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules", "**/*.tfstate", "**/*.tfstate.*"] })
    source: Directory,
    maxFailed: number = 0,
    args: string[] = [],
    timeout: number = 600,
    name: string = "terraform:security",
    checkovImage: string = images.checkov,
  ): Promise<Result> {
    return reported(
      name,
      () => securityStep(name, { source, path: ".", workdir }, checkovImage, args, maxFailed, timeout),
      0,
    )
  }

  /**
   * Says what an apply would do: `add`, `change` and `destroy`, and as `value` their sum. Changes nothing. The reports hold the plan as text
   * (`plan.txt`), the resources as JSON (`changes.json`) and Terraform's own lines (`plan.jsonl`), without values of sensitive arguments.
   *
   * Example: `dagger -m modules/terraform call plan --source terraform --path stack --var-files env/dev.tfvars --backend-files env/dev.s3.tfbackend --secrets env://AWS_ACCESS_KEY_ID,env://AWS_SECRET_ACCESS_KEY --secret-names AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY reason`
   *
   * @param source The folder with everything that the root module needs.
   * @param path The root module's folder in `source`.
   * @param varFiles Files with values of variables, from the root module's folder.
   * @param vars Values of variables, as `name=value`; no secrets.
   * @param backendFiles Files with settings of the backend, from the root module's folder.
   * @param backend Settings of the backend, as `name=value`; no secrets.
   * @param env Variables of the environment, as `NAME=value`; no secrets.
   * @param secrets Secret variables of the environment, such as AWS credentials.
   * @param secretNames The name of each of them, in the same order.
   * @param service A service that terraform reaches, such as an emulator of AWS.
   * @param serviceName Its host name.
   * @param lockTimeout Seconds to wait for a state that is locked.
   * @param timeout Seconds for terraform's work; it then ends in order and gives the lock back.
   * @param name What the result is called by.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the vendor's image.
   * @param plugins A folder with providers, `registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/…`; those in it are not fetched.
   * @param image Another image with Terraform at /bin/terraform.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async plan(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules"] }) source: Directory,
    path: string = ".",
    varFiles: string[] = [],
    vars: string[] = [],
    backendFiles: string[] = [],
    backend: string[] = [],
    env: string[] = [],
    secrets: Secret[] = [],
    secretNames: string[] = [],
    service?: Service,
    serviceName: string = "aws",
    lockTimeout: number = 0,
    timeout: number = 600,
    name: string = "terraform:plan",
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
    again: string = "",
  ): Promise<Result> {
    const root = await rootModule(source, path)
    const values = variableArguments(varFiles, vars)
    return live(
      name,
      root,
      {
        backendFiles,
        backend,
        env,
        secrets,
        secretNames,
        service,
        serviceName,
        timeout,
        binary,
        plugins,
        image,
        again,
      },
      async (container) => {
        const ran = await runStep(
          container,
          ["bash", "-c", planScript, "plan", String(timeout), `-lock-timeout=${lockTimeout}s`, ...values],
          timeout + graceful,
        )
        return planned(name, root, ran, "plan.jsonl")
      },
    )
  }

  /**
   * Makes a plan and applies that very plan. Never answered from an earlier session's cache. A plan that destroys more than `maxDestroy` resources is
   * refused (exit code 3): that is what the wrong environment's values look like. A state that another run has locked fails with the holder and the
   * lock's age; nothing is unlocked by itself. The reports hold the root's outputs (`outputs.json`), without the sensitive ones.
   *
   * Example: `dagger -m modules/terraform call apply --source terraform --path stack --var-files env/dev.tfvars --backend-files env/dev.s3.tfbackend --secrets env://AWS_ACCESS_KEY_ID,env://AWS_SECRET_ACCESS_KEY --secret-names AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY verdict`
   *
   * @param maxDestroy How many resources may be destroyed or replaced.
   * @param timeout Seconds for the plan, and again for the apply; terraform then ends in order and gives the lock back.
   */
  @func({ cache: "session" })
  async apply(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules"] }) source: Directory,
    path: string = ".",
    varFiles: string[] = [],
    vars: string[] = [],
    backendFiles: string[] = [],
    backend: string[] = [],
    env: string[] = [],
    secrets: Secret[] = [],
    secretNames: string[] = [],
    service?: Service,
    serviceName: string = "aws",
    maxDestroy: number = 0,
    lockTimeout: number = 0,
    timeout: number = 1800,
    name: string = "terraform:apply",
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
    again: string = "",
  ): Promise<Result> {
    const root = await rootModule(source, path)
    const values = variableArguments(varFiles, vars)
    return live(
      name,
      root,
      {
        backendFiles,
        backend,
        env,
        secrets,
        secretNames,
        service,
        serviceName,
        timeout,
        binary,
        plugins,
        image,
        again,
      },
      async (container) => {
        const ran = await runStep(
          container,
          [
            "bash",
            "-c",
            applyScript,
            "apply",
            String(timeout),
            String(maxDestroy),
            `-lock-timeout=${lockTimeout}s`,
            ...values,
          ],
          2 * (timeout + graceful),
        )
        return planned(name, root, ran, "apply.jsonl")
      },
    )
  }

  /**
   * Takes a lock away that a killed run has left. Only for the lock whose ID is given, as the failed plan or apply names it: it is for a person to know that
   * its holder is gone.
   *
   * Example: `dagger -m modules/terraform call unlock --source terraform --path stack --lock-id 5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10 --backend-files env/dev.s3.tfbackend verdict`
   *
   * @param lockId The ID of the lock.
   */
  @func({ cache: "session" })
  async unlock(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules"] }) source: Directory,
    lockId: string,
    path: string = ".",
    backendFiles: string[] = [],
    backend: string[] = [],
    env: string[] = [],
    secrets: Secret[] = [],
    secretNames: string[] = [],
    service?: Service,
    serviceName: string = "aws",
    timeout: number = 120,
    name: string = "terraform:unlock",
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
    again: string = "",
  ): Promise<Result> {
    if (!isLockId(lockId))
      throw new Error(
        `lockId: ${JSON.stringify(lockId)} is no lock's ID; a plan or apply that finds the state locked names it, such as 5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10`,
      )
    const root = await rootModule(source, path)
    return live(
      name,
      root,
      {
        backendFiles,
        backend,
        env,
        secrets,
        secretNames,
        service,
        serviceName,
        timeout,
        binary,
        plugins,
        image,
        again,
      },
      async (container) => {
        const ran = await runStep(container, ["bash", "-c", unlockScript, "unlock", lockId], timeout)
        const output = await readReport(ran.reports, "output.txt")
        return ran.exitCode === 0
          ? result(name, ran, `the lock ${lockId} is gone`)
          : result(name, ran, firstLine(withoutColours(output)))
      },
    )
  }

  /**
   * Runs terraform with any arguments in the root module's folder, without `init`: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/terraform call terraform --source terraform --path stack --args=providers stdout`
   *
   * @param args The arguments of terraform.
   */
  @func({ cache: "session" })
  async terraform(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules"] }) source: Directory,
    args: string[],
    path: string = ".",
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
  ): Promise<Container> {
    const root = await rootModule(source, path)
    return within(await this.base(binary, plugins, image), root).withExec(["terraform", ...args])
  }
}

/** The numbers of a result. */
interface Figures {
  value?: number
  limit?: number
  unit?: string
  add?: number
  change?: number
  destroy?: number
}

/** A root module: its folder, in the folder that holds all it needs. */
interface Root {
  source: Directory
  path: string
  workdir: string
}

/** What calls that reach a backend have in common. */
interface Surroundings {
  backendFiles: string[]
  backend: string[]
  env: string[]
  secrets: Secret[]
  secretNames: string[]
  service?: Service
  serviceName: string
  timeout: number
  binary?: File
  plugins?: Directory
  image: string
  again: string
}

/** The container with terraform in it, or why there is none. */
async function terraformContainer(
  binary: File | undefined,
  plugins: Directory | undefined,
  image: string,
): Promise<Container | string> {
  const program = binary ?? (await fromImage(image))
  if (typeof program === "string") return program
  let container = dag
    .container()
    .from(images.debian)
    // The vendor's Debian has no certificates.
    .withExec([
      "sh",
      "-c",
      "test -e /etc/ssl/certs/ca-certificates.crt || { apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*; }",
    ])
    .withFile("/usr/local/bin/terraform", program, { permissions: 0o755 })
    .withEnvVariable("TF_IN_AUTOMATION", "1")
    .withEnvVariable("CHECKPOINT_DISABLE", "1")
  // Terraform looks for providers here of its own accord, and does not fetch those that it finds.
  if (plugins) container = container.withMountedDirectory("/usr/local/share/terraform/plugins", plugins)
  else
    container = container
      .withMountedCache("/var/cache/terraform", dag.cacheVolume("delivery-terraform-plugins"))
      .withEnvVariable("TF_PLUGIN_CACHE_DIR", "/var/cache/terraform")
  return container
}

/** The program in the vendor's image, or why it cannot be had. */
async function fromImage(image: string): Promise<File | string> {
  try {
    return await dag.container().from(image).file("/bin/terraform").sync()
  } catch (error) {
    return `no Terraform: ${image} cannot be had (${firstLine(error instanceof Error ? error.message : String(error))}), and no binary was given`
  }
}

/** Makes sure that the folder is there and has a configuration in it. */
async function rootModule(source: Directory, path: string): Promise<Root> {
  const clean = cleanPath(path)
  const files = await source.glob(under(clean, "*.tf"))
  if (files.length === 0)
    throw new Error(`path: there is no *.tf in ${JSON.stringify(path)} of the source; give the root module's folder`)
  return { source, path: clean, workdir: clean === "." ? workdir : `${workdir}/${clean}` }
}

/** The source as a part of the container, so that what `init` leaves in it stays. */
function within(container: Container, root: Root): Container {
  return container.withDirectory(workdir, root.source).withWorkdir(root.workdir)
}

function variableArguments(files: string[], values: string[]): string[] {
  return [
    ...files.map((file) => `-var-file=${file}`),
    ...pairs("vars", values).map(([name, value]) => `-var=${name}=${value}`),
  ]
}

/** The container with the service bound, and with variables and secrets; it differs from that of any other call, so that no layer may come from the cache. */
function withSurroundings(
  container: Container,
  { env, secrets, secretNames, service, serviceName, again }: Surroundings,
): Container {
  if (secrets.length !== secretNames.length)
    throw new Error(`${secrets.length} secrets, but ${secretNames.length} secret names: each secret needs one`)
  if (service) container = container.withServiceBinding(serviceName, service)
  for (const [name, value] of pairs("env", env)) container = container.withEnvVariable(name, value)
  for (const [i, secret] of secrets.entries()) container = container.withSecretVariable(secretNames[i]!, secret)
  return container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
}

/** Runs `init` with the backend, then the work; a result that says so when there is no terraform, or when `init` fails. */
async function live(
  name: string,
  root: Root,
  around: Surroundings,
  work: (container: Container) => Promise<Result>,
): Promise<Result> {
  const flags = [
    ...around.backendFiles.map((file) => `-backend-config=${file}`),
    ...pairs("backend", around.backend).map(([key, value]) => `-backend-config=${key}=${value}`),
  ]
  return reported(
    name,
    async () => {
      const container = await terraformContainer(around.binary, around.plugins, around.image)
      if (typeof container === "string") return withoutTerraform(name, container)
      const ready = await initialised(withSurroundings(within(container, root), around), flags, around.timeout)
      return ready.exitCode === 0 ? work(withoutReports(ready)) : initFailure(name, root, ready)
    },
    0,
  )
}

async function initialised(container: Container, flags: string[], timeout: number): Promise<Ran> {
  return runStep(container, ["bash", "-c", initScript, "init", ...flags], timeout)
}

/** The container after `init`, without its output: the next step writes its own. */
function withoutReports(ready: Ran): Container {
  return ready.container.withoutDirectory("/report")
}

async function initFailure(name: string, root: Root, ran: Ran): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  return result(name, ran, `terraform init: ${firstError(output, root.path) || firstLine(output)}`)
}

async function fmtStep(
  name: string,
  root: Root,
  terraform: () => Promise<Container | string>,
  timeout: number,
): Promise<Result> {
  const container = await terraform()
  if (typeof container === "string") return withoutTerraform(name, container)
  const ran = await runStep(
    container.withDirectory(workdir, root.source).withWorkdir(workdir),
    ["bash", "-c", fmtScript],
    timeout,
  )
  if (ran.exitCode === 0) return result(name, ran, "all files are formatted")
  const output = await readReport(ran.reports, "output.txt")
  const files = unformatted(output).map((file) => `${file} is not formatted`)
  return result(name, ran, firstError(output, ".") || more(files, "file") || firstLine(output))
}

/** What formats: Terraform, or hclfmt where that cannot be had. A program that was given is used, or an error. */
async function formatter(
  binary: File | undefined,
  image: string,
): Promise<{ container: Container; terraform: boolean }> {
  const container = await terraformContainer(binary, undefined, image)
  if (typeof container !== "string") return { container, terraform: true }
  return {
    container: withGoProgram(withGoCaches(dag.container().from(images.golang), images.golang), tools.hclfmt),
    terraform: false,
  }
}

async function formatStep(
  name: string,
  source: Directory,
  binary: File | undefined,
  image: string,
  timeout: number,
  again: string,
): Promise<Result> {
  const files = await source.glob("**/*.tf")
  if (files.length === 0) throw new Error("source: there is no *.tf in it, so there is nothing to look at")
  const { container, terraform } = await formatter(binary, image)
  const ready = container.withMountedDirectory(workdir, source).withWorkdir(workdir)
  const ran = await runStep(
    again ? ready.withEnvVariable("STEP_AGAIN", again) : ready,
    ["bash", "-c", terraform ? fmtScript : hclfmtScript],
    timeout,
  )
  const output = await readReport(ran.reports, "output.txt")
  const findings = unformattedAt(output)
  const by = terraform ? "" : " (by hclfmt: there is no Terraform here)"
  const found = { ...ran, reports: ran.reports.withNewFile("terraform.sarif", sarif(["terraform"], findings)) }
  if (ran.exitCode === 0) return result(name, found, `all files are formatted${by}`, { value: 0, unit: "findings" })
  return result(name, found, `${firstError(output, ".") || describeFindings(findings) || firstLine(output)}${by}`, {
    value: findings.length,
    unit: "findings",
  })
}

async function validateStep(
  name: string,
  root: Root,
  terraform: () => Promise<Container | string>,
  timeout: number,
): Promise<Result> {
  const container = await terraform()
  if (typeof container === "string") return withoutTerraform(name, container)
  const ready = await initialised(within(container, root), ["-backend=false"], timeout)
  if (ready.exitCode !== 0) return initFailure(name, root, ready)
  const ran = await runStep(withoutReports(ready), ["bash", "-c", validateScript], timeout)
  if (ran.exitCode === 0) return result(name, ran, "the configuration is valid")
  return result(
    name,
    ran,
    more(validateErrors(await readReport(ran.reports, "validate.json"), root.path), "error") ||
      firstLine(await readReport(ran.reports, "output.txt")),
  )
}

async function testStep(
  name: string,
  root: Root,
  terraform: () => Promise<Container | string>,
  timeout: number,
): Promise<Result> {
  const container = await terraform()
  if (typeof container === "string") return withoutTerraform(name, container)
  const ready = await initialised(within(container, root), ["-backend=false"], timeout)
  if (ready.exitCode !== 0) return initFailure(name, root, ready)
  const ran = await runStep(
    withoutReports(ready),
    ["bash", "-c", testScript, "test", String(timeout)],
    timeout + graceful,
  )
  const outcome = testOutcome(await readReport(ran.reports, "junit.xml"))
  const figures = outcome && { value: outcome.tests, unit: "tests" }
  const output = await readReport(ran.reports, "output.txt")
  if (ran.exitCode !== 0)
    return result(
      name,
      ran,
      (outcome && more([outcome.first, ...Array<string>(Math.max(0, outcome.failing - 1)).fill("")], "failing")) ||
        firstError(output, root.path) ||
        firstLine(output),
      figures,
    )
  if (!outcome || outcome.tests - outcome.skipped <= 0)
    return result(name, ran, `${under(root.path, "tests/*.tftest.hcl")}: no test ran`, figures, false)
  return result(name, ran, `${outcome.tests} tests`, figures)
}

async function securityStep(
  name: string,
  root: Root,
  image: string,
  args: string[],
  most: number,
  timeout: number,
): Promise<Result> {
  const container = dag.container().from(image).withMountedDirectory(workdir, root.source).withWorkdir(workdir)
  const ran = await runStep(container, ["bash", "-c", securityScript, "checkov", ...args], timeout)
  const found = ran.timedOut ? undefined : securityOutcome(await readReport(ran.reports, "checkov.json"))
  if (!found)
    return result(
      name,
      ran,
      firstLine(await readReport(ran.reports, "output.txt")) || "checkov wrote no report",
      undefined,
      false,
    )
  const failed = [...found.failed, ...found.unexplained]
  const figures = { value: failed.length, limit: most, unit: "failed checks" }
  const count = `${found.passed} checks passed, ${found.failed.length} failed, ${found.skipped} skipped with a reason`
  if (found.unread.length > 0)
    return result(name, ran, `checkov cannot read ${more(found.unread, "file")}`, figures, false)
  if (failed.length > most) return result(name, ran, more(failed, "failed check"), figures, false)
  if (found.passed + found.failed.length === 0) return result(name, ran, "nothing was checked", figures, false)
  // It ends with 1 when a check failed, which the limit may allow; anything else is trouble.
  if (ran.exitCode > 1) return result(name, ran, firstLine(await readReport(ran.reports, "output.txt")), figures, false)
  return result(name, ran, count, figures, true)
}

/** The result of a plan or an apply: counts and resources, or who holds the lock, or the first error. */
async function planned(name: string, root: Root, ran: Ran, last: string): Promise<Result> {
  const plan = await readReport(ran.reports, "plan.jsonl")
  const end = last === "plan.jsonl" ? plan : await readReport(ran.reports, last)
  const changes = changesOf(plan)
  const figures = changes && {
    value: changes.add + changes.change + changes.destroy,
    unit: "changes",
    add: changes.add,
    change: changes.change,
    destroy: changes.destroy,
  }
  let reports = ran.reports
  if (changes) reports = reports.withNewFile("changes.json", `${JSON.stringify(changes, null, 1)}\n`)
  if (ran.exitCode === 0 && last === "apply.jsonl")
    reports = reports.withNewFile("outputs.json", `${JSON.stringify(outputsOf(end), null, 1)}\n`)
  const done = { ...ran, reports }
  if (ran.exitCode === 0)
    return changes
      ? result(name, done, describe(changes), figures)
      : result(name, done, "terraform told no changes", figures, false)
  const output = await readReport(ran.reports, "output.txt")
  const lock = lockOf(`${plan}\n${end}`, Date.now())
  if (lock)
    return result(
      name,
      { ...done, reports: reports.withNewFile("lock.json", `${JSON.stringify(lock, null, 1)}\n`) },
      describeLock(lock),
      figures,
    )
  const refused = ran.exitCode === 3 ? firstLine(output.slice(output.lastIndexOf("not applied:"))) : ""
  return result(
    name,
    done,
    refused ||
      jsonError(end, root.path) ||
      jsonError(plan, root.path) ||
      firstError(output, root.path) ||
      firstLine(output),
    figures,
  )
}

function withoutTerraform(name: string, why: string): Result {
  return new Result(name, "skipped", why, -1, 0, false, dag.directory().withNewFile("output.txt", `${why}\n`))
}

function result(name: string, ran: Ran, reason: string, figures?: Figures, passed = ran.exitCode === 0): Result {
  const why = ran.timedOut ? `timed out after ${Math.round(ran.seconds)} s${reason ? `: ${reason}` : ""}` : reason
  return new Result(
    name,
    passed ? "passed" : "failed",
    why || `exit code ${ran.exitCode}`,
    ran.exitCode,
    ran.seconds,
    ran.cached,
    ran.reports,
    figures,
  )
}

/** Runs a step with a line when it starts and one when it ends; what goes wrong around the tools is a failed result too. */
async function reported(name: string, work: () => Promise<Result>, until: number): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, false, reports)),
  )
}
