/**
 * Terraform configurations: checks them (layout, validate, test, checkov), plans and applies them.
 *
 * `source` is the folder with everything that a root module needs, `path` the root module's own folder in it. Terraform itself
 * comes out of the vendor's image. Where that image cannot be pulled, pass the program as `binary` and a folder with the
 * providers (as `terraform providers mirror` lays it out) as `plugins`. With neither, steps that need Terraform are reported as
 * skipped, with the reason, and never as passed.
 */
import { Changeset, Container, Directory, File, Secret, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { Program, formatter, rootModule, terraformContainer, within, workdir } from "./container"
import { images, vendorOnly } from "./images"
import { applyStep, planStep, runLive, unlockStep } from "./live"
import { isLockId } from "./read"
import { fixScript, hclfmtFixScript } from "./scripts"
import { Report, makeReport } from "./shared/report"
import { Result, reportStep } from "./shared/result"
import { lintStep, scanStep, testStep, validateStep } from "./steps"

@object()
export class Terraform {
  /** Names of secret environment variables; set by withSecret. */
  secretNames?: string[]
  /** Values of these variables, in the same order; set by withSecret. */
  secretValues?: Secret[]
  /** Host names of services; set by withService. */
  serviceNames?: string[]
  /** The services, in the same order; set by withService. */
  services?: Service[]

  /**
   * Adds a secret environment variable, such as an AWS credential, for `plan`, `apply` and `unlock`.
   *
   * Example: `dagger -m modules/terraform call
   * with-secret --name AWS_ACCESS_KEY_ID --value env://AWS_ACCESS_KEY_ID
   * with-secret --name AWS_SECRET_ACCESS_KEY --value env://AWS_SECRET_ACCESS_KEY
   * plan --source terraform --path stack --var-files env/dev.tfvars reason`
   *
   * @param name Name of the environment variable, for example `AWS_ACCESS_KEY_ID`.
   * @param value Value of the variable, for example `env://AWS_ACCESS_KEY_ID`.
   */
  @func({ cache: "session" })
  withSecret(name: string, value: Secret): Terraform {
    this.secretNames = [...(this.secretNames ?? []), name]
    this.secretValues = [...(this.secretValues ?? []), value]
    return this
  }

  /**
   * Adds a service that `plan`, `apply` and `unlock` can reach, such as the emulator of AWS.
   *
   * Example: `dagger -m modules/terraform call with-service --name aws --service tcp://127.0.0.1:4566
   * plan --source terraform --path stack --env AWS_ENDPOINT_URL=http://aws:4566 reason`
   *
   * @param name Host name that the service gets, for example `aws`.
   * @param service The service, for example `tcp://127.0.0.1:4566`.
   */
  @func({ cache: "session" })
  withService(name: string, service: Service): Terraform {
    this.serviceNames = [...(this.serviceNames ?? []), name]
    this.services = [...(this.services ?? []), service]
    return this
  }

  /**
   * Returns the container that Terraform runs in: Debian with certificate authorities, `terraform` and the providers.
   * An error where Terraform cannot be had.
   *
   * Example: `dagger -m modules/terraform call base --binary ./terraform with-exec --args terraform,version stdout`
   *
   * @param binary The program `terraform` for linux/amd64, instead of the one in the image.
   * @param plugins Folder with providers, for example `./providers`; those in it are not downloaded.
   * @param image Image with Terraform at /bin/terraform, for example `hashicorp/terraform:1.11.4`.
   */
  @func()
  async base(binary?: File, plugins?: Directory, image: string = vendorOnly.terraform): Promise<Container> {
    const found = await terraformContainer({ binary, plugins, image })
    if (typeof found === "string") throw new Error(found)
    return found
  }

  /**
   * Returns an emulator of AWS on port 4566: a configuration can be applied to it without an account.
   * Pass it to `with-service`, and set the variable AWS_ENDPOINT_URL. It is empty when it starts, accepts any
   * credentials, and forgets everything when the call ends.
   *
   * Example: `dagger -m modules/terraform call emulator up`
   *
   * @param image Image with ministack, for example `ministackorg/ministack:1.5.33`.
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
   * Checks a configuration and returns all results: a failing step does not stop the others.
   * `lint` and `scan` look at all of the source; `validate` and `test` (tests/*.tftest.hcl) at the root module, one
   * after the other, because each needs almost a gigabyte of memory. Without Terraform, `lint`, `validate` and `test`
   * are skipped.
   *
   * Example: `dagger -m modules/terraform call check --source terraform --path stack summary`
   *
   * @param source Folder with everything that the root module needs, for example `terraform`.
   * @param path Folder of the root module in `source`.
   * @param name Name of the results, before the step's own, for example `terraform`.
   * @param steps Steps to run: `lint`, `validate`, `test`, `scan`.
   * @param timeout Seconds that each step may take, for example `300`.
   * @param maxFailed Number of checkov's checks that may fail, for example `0`. A check that the configuration skips
   * without a reason counts.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the image.
   * @param plugins Folder with providers, for example `./providers`; those in it are not downloaded.
   * @param image Image with Terraform at /bin/terraform, for example `hashicorp/terraform:1.11.4`.
   * @param checkovImage Image with checkov and bash, for example `bridgecrew/checkov:3.3.30`.
   * @param deadline Seconds since 1970 after which unfinished steps are reported as skipped, for example `1767225600`;
   * 0 waits for their end.
   */
  @func({ cache: "session" })
  async check(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules", "**/*.tfstate", "**/*.tfstate.*"] })
    source: Directory,
    path: string = ".",
    name: string = "terraform",
    steps: string[] = ["lint", "validate", "test", "scan"],
    timeout: number = 600,
    maxFailed: number = 0,
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
    checkovImage: string = images.checkov,
    deadline: number = 0,
  ): Promise<Report> {
    const root = await rootModule(source, path)
    let container: Promise<Container | string> | undefined
    const terraform = (): Promise<Container | string> => (container ??= terraformContainer({ binary, plugins, image }))
    const run: Record<string, (name: string) => Promise<Result>> = {
      lint: async (name) => lintStep(name, { source, program: await terraform(), timeout }),
      validate: async (name) => validateStep(name, { root, program: await terraform(), timeout }),
      test: async (name) => testStep(name, { root, program: await terraform(), timeout }),
      scan: (name) => scanStep(name, { source, image: checkovImage, args: [], maxFailed, timeout }),
    }
    const unknown = steps.filter((step) => !(step in run))
    if (unknown.length > 0 || steps.length === 0)
      throw new Error(`steps: ${unknown.join(", ") || "none given"}; there are ${Object.keys(run).join(", ")}`)
    let heavy: Promise<unknown> = Promise.resolve()
    const results = steps.map((step) => {
      const report = (): Promise<Result> =>
        reportStep(`${name}:${step}`, () => run[step]!(`${name}:${step}`), { deadline })
      if (step !== "validate" && step !== "test") return report()
      const mine = heavy.then(report)
      heavy = mine
      return mine
    })
    return makeReport(steps, await Promise.all(results))
  }

  /**
   * Checks that all files are formatted, as `terraform fmt -check -recursive` does, with SARIF.
   * Where Terraform cannot be had, hclfmt of Terraform's own language library checks instead: it knows the same layout,
   * but not the outdated syntax that `terraform fmt` updates (`"${var.name}"`, `type = "string"`); the reason says so.
   * Exit code 3 means that files are not formatted.
   *
   * Example: `dagger -m modules/terraform call lint --source terraform verdict`
   *
   * @param source Folder with the files: `*.tf`, `*.tfvars`, `*.tftest.hcl`, `*.tfmock.hcl`.
   * @param name Name of the result, for example `terraform:lint`.
   * @param timeout Seconds that the step may take, for example `300`.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the image.
   * @param image Image with Terraform at /bin/terraform, for example `hashicorp/terraform:1.11.4`.
   * @param deadline Seconds since 1970 after which an unfinished step is reported as skipped, for example `1767225600`;
   * 0 waits for its end.
   * @param nonce Any value not used before, for example `$RANDOM`, runs the formatter again instead of answering from
   * the cache.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules", "**/*.tfstate", "**/*.tfstate.*"] })
    source: Directory,
    name: string = "terraform:lint",
    timeout: number = 600,
    binary?: File,
    image: string = vendorOnly.terraform,
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const work = async (): Promise<Result> => {
      const { container, isTerraform } = await formatter({ binary, image })
      return lintStep(name, { source, program: container, isTerraform, timeout, nonce })
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Formats all files of a folder, as `terraform fmt -recursive` does.
   * Where Terraform cannot be had, hclfmt formats (see `lint`).
   *
   * Example: `dagger -m modules/terraform call fix --source terraform modified-paths`
   *
   * @param source Folder with the files, for example `terraform`.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the image.
   * @param image Image with Terraform at /bin/terraform, for example `hashicorp/terraform:1.11.4`.
   */
  @func({ cache: "session" })
  async fix(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules", "**/*.tfstate", "**/*.tfstate.*"] })
    source: Directory,
    binary?: File,
    image: string = vendorOnly.terraform,
  ): Promise<Changeset> {
    const { container, isTerraform } = await formatter({ binary, image })
    const formatted = container
      .withDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["bash", "-c", isTerraform ? fixScript : hclfmtFixScript])
      .directory(workdir)
    // Both folders have to be roots of their own: v0.19.10 confuses the paths of others.
    const root = (folder: Directory): Directory => dag.directory().withDirectory("/", folder)
    return root(formatted).changes(root(source))
  }

  /**
   * Scans all of the source for insecure settings with checkov.
   * The reports contain SARIF, JUnit and JSON. checkov contacts no server. A source in which nothing was checked fails,
   * and so does a check that is skipped (`checkov:skip=…`) without a reason. The result's value is the number of failed
   * checks.
   *
   * Example: `dagger -m modules/terraform call scan --source terraform verdict`
   *
   * @param source Folder with the configuration, for example `terraform`.
   * @param maxFailed Number of checks that may fail, for example `0`.
   * @param args More arguments of checkov, for example `--check=CKV_AWS_39`.
   * @param timeout Seconds that the step may take, for example `300`.
   * @param name Name of the result, for example `terraform:scan`.
   * @param checkovImage Image with checkov and bash, for example `bridgecrew/checkov:3.3.30`.
   */
  @func({ cache: "session" })
  async scan(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules", "**/*.tfstate", "**/*.tfstate.*"] })
    source: Directory,
    maxFailed: number = 0,
    args: string[] = [],
    timeout: number = 600,
    name: string = "terraform:scan",
    checkovImage: string = images.checkov,
  ): Promise<Result> {
    return reportStep(name, () => scanStep(name, { source, image: checkovImage, args, maxFailed, timeout }))
  }

  /**
   * Plans: says what an apply would do, and changes nothing.
   * The result's value is the number of changes; `details` has `add`, `change` and `destroy`. The reports contain the
   * plan as text (`plan.txt`), the resources as JSON (`changes.json`) and Terraform's own output (`plan.jsonl`),
   * without values of sensitive arguments.
   *
   * Example: `dagger -m modules/terraform call
   * with-secret --name AWS_ACCESS_KEY_ID --value env://AWS_ACCESS_KEY_ID
   * with-secret --name AWS_SECRET_ACCESS_KEY --value env://AWS_SECRET_ACCESS_KEY
   * plan --source terraform --path stack --var-files env/dev.tfvars --backend-files env/dev.s3.tfbackend reason`
   *
   * @param source Folder with everything that the root module needs, for example `terraform`.
   * @param path Folder of the root module in `source`.
   * @param varFiles Files with values of variables, relative to the root module, for example `env/dev.tfvars`.
   * @param vars Values of variables, for example `region=eu-central-1`; no secrets.
   * @param backendFiles Files with settings of the backend, relative to the root module, for example
   * `env/dev.s3.tfbackend`.
   * @param backend Settings of the backend, for example `bucket=shop-state`; no secrets.
   * @param env Environment variables, for example `AWS_REGION=eu-central-1`; no secrets.
   * @param lockTimeout Seconds to wait for a locked state, for example `60`.
   * @param timeout Seconds that Terraform may take, for example `300`; it is then interrupted, and gives the lock back.
   * @param name Name of the result, for example `terraform:plan`.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the image.
   * @param plugins Folder with providers, for example `./providers`; those in it are not downloaded.
   * @param image Image with Terraform at /bin/terraform, for example `hashicorp/terraform:1.11.4`.
   * @param nonce Any value not used before, for example `$RANDOM`, plans again instead of returning the result of this
   * session.
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
    lockTimeout: number = 0,
    timeout: number = 600,
    name: string = "terraform:plan",
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
    nonce: string = "",
  ): Promise<Result> {
    const program: Program = { binary, plugins, image }
    const root = await rootModule(source, path)
    const step = planStep(name, root, { varFiles, vars, lockTimeout, timeout })
    return runLive(name, root, { module: this, program, backendFiles, backend, env, timeout, nonce }, step)
  }

  /**
   * Makes a plan and applies exactly that plan.
   * It never answers from an earlier session's cache. A plan that destroys more than `maxDestroy` resources is refused
   * (exit code 3): the values of a wrong environment look like that. A state that another run has locked fails with the
   * lock's holder and age; nothing is unlocked automatically. The reports contain the outputs of the root module
   * (`outputs.json`), without the sensitive ones.
   *
   * Example: `dagger -m modules/terraform call
   * with-secret --name AWS_ACCESS_KEY_ID --value env://AWS_ACCESS_KEY_ID
   * with-secret --name AWS_SECRET_ACCESS_KEY --value env://AWS_SECRET_ACCESS_KEY
   * apply --source terraform --path stack --var-files env/dev.tfvars --backend-files env/dev.s3.tfbackend verdict`
   *
   * @param source Folder with everything that the root module needs, for example `terraform`.
   * @param path Folder of the root module in `source`.
   * @param varFiles Files with values of variables, relative to the root module, for example `env/dev.tfvars`.
   * @param vars Values of variables, for example `region=eu-central-1`; no secrets.
   * @param backendFiles Files with settings of the backend, relative to the root module, for example
   * `env/dev.s3.tfbackend`.
   * @param backend Settings of the backend, for example `bucket=shop-state`; no secrets.
   * @param env Environment variables, for example `AWS_REGION=eu-central-1`; no secrets.
   * @param maxDestroy Number of resources that may be destroyed or replaced, for example `0`.
   * @param lockTimeout Seconds to wait for a locked state, for example `60`.
   * @param timeout Seconds that the plan may take, and again the apply, for example `300`; Terraform is then
   * interrupted, and gives the lock back.
   * @param name Name of the result, for example `terraform:apply`.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the image.
   * @param plugins Folder with providers, for example `./providers`; those in it are not downloaded.
   * @param image Image with Terraform at /bin/terraform, for example `hashicorp/terraform:1.11.4`.
   * @param nonce Any value not used before, for example `$RANDOM`, applies again instead of returning the result of
   * this session.
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
    maxDestroy: number = 0,
    lockTimeout: number = 0,
    timeout: number = 1800,
    name: string = "terraform:apply",
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
    nonce: string = "",
  ): Promise<Result> {
    const program: Program = { binary, plugins, image }
    const root = await rootModule(source, path)
    const step = applyStep(name, root, { varFiles, vars, lockTimeout, timeout, maxDestroy })
    return runLive(name, root, { module: this, program, backendFiles, backend, env, timeout, nonce }, step)
  }

  /**
   * Removes a lock that a killed run has left, by its ID, which the failed plan or apply names.
   * A person has to know that the holder of the lock is gone.
   *
   * Example: `dagger -m modules/terraform call unlock --source terraform --path stack
   * --lock-id 5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10 --backend-files env/dev.s3.tfbackend verdict`
   *
   * @param source Folder with everything that the root module needs, for example `terraform`.
   * @param lockId ID of the lock, for example `5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10`.
   * @param path Folder of the root module in `source`.
   * @param backendFiles Files with settings of the backend, relative to the root module, for example
   * `env/dev.s3.tfbackend`.
   * @param backend Settings of the backend, for example `bucket=shop-state`; no secrets.
   * @param env Environment variables, for example `AWS_REGION=eu-central-1`; no secrets.
   * @param timeout Seconds that Terraform may take, for example `300`.
   * @param name Name of the result, for example `terraform:unlock`.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the image.
   * @param plugins Folder with providers, for example `./providers`; those in it are not downloaded.
   * @param image Image with Terraform at /bin/terraform, for example `hashicorp/terraform:1.11.4`.
   * @param nonce Any value not used before, for example `$RANDOM`, unlocks again instead of returning the result of
   * this session.
   */
  @func({ cache: "session" })
  async unlock(
    @argument({ ignore: ["**/.git", "**/.terraform", "**/node_modules"] }) source: Directory,
    lockId: string,
    path: string = ".",
    backendFiles: string[] = [],
    backend: string[] = [],
    env: string[] = [],
    timeout: number = 120,
    name: string = "terraform:unlock",
    binary?: File,
    plugins?: Directory,
    image: string = vendorOnly.terraform,
    nonce: string = "",
  ): Promise<Result> {
    if (!isLockId(lockId))
      throw new Error(
        `lockId: ${JSON.stringify(lockId)} is not the ID of a lock, such as 5ba2eb1b-7b8c-4b3f-9c39-0f1c1d6a2f10; ` +
          "a plan or apply that finds the state locked names it",
      )
    const program: Program = { binary, plugins, image }
    const root = await rootModule(source, path)
    const access = { module: this, program, backendFiles, backend, env, timeout, nonce }
    return runLive(name, root, access, unlockStep(name, lockId, timeout))
  }

  /**
   * Runs Terraform with any arguments in the root module's folder, without `init`.
   *
   * Example: `dagger -m modules/terraform call exec --source terraform --path stack --args=providers stdout`
   *
   * @param source Folder with everything that the root module needs, for example `terraform`.
   * @param args Arguments of Terraform, for example `providers`.
   * @param path Folder of the root module in `source`.
   * @param binary The program `terraform` for linux/amd64, instead of the one in the image.
   * @param plugins Folder with providers, for example `./providers`; those in it are not downloaded.
   * @param image Image with Terraform at /bin/terraform, for example `hashicorp/terraform:1.11.4`.
   */
  @func({ cache: "session" })
  async exec(
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
