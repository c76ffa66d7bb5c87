// The whole product as Dagger services, started as delivery.yaml's `services.<name>.run` and `product` say.
import { Container, Directory, File, Service as Running, dag } from "@dagger.io/dagger"
import { imageSource } from "../checks/docker"
import { goInput } from "../checks/inputs"
import { nodeProject } from "../checks/node-input"
import { golang, node, type Access } from "../checks/private"
import { withGoSettings } from "../checks/settings"
import { openSource } from "../config/source"
import type { Config, Service } from "../config/config"
import { hasDockerfile, type DockerService } from "../config/dockerfile"
import type { ProductSettings, Run } from "../config/product"
import { images } from "../images"
import { userWithGroup } from "../shared/dockerfile"

/** An address at which nothing listens: what a service that is down looks like. */
const closed = "127.0.0.1:9"

/** The ports of the servers that a service can need. */
const serverPorts: Record<string, number> = { postgres: 5432, redis: 6379 }

export interface ProductOptions {
  /** The source that is built. */
  source: Directory
  config: Config
  /** The content of version.json. */
  version: string
  /** The source whose migrations make the schema, if it is another one. */
  schema?: Directory
  /** Whether there is demonstration data. */
  demo: boolean
  /** The APP_MODE. */
  mode: string
  /** Services and servers that nothing can reach. */
  unreachable: string[]
  access: Access
}

/** Starts the product of a source at its own version. */
export async function startProduct(
  checkout: Directory,
  options: Pick<ProductOptions, "demo" | "mode" | "unreachable" | "access">,
): Promise<Running> {
  const [{ source, config }, version] = await Promise.all([openSource(checkout), versionFile(checkout)])
  return productService({ ...options, source, config, version })
}

/** Returns the service that answers at the product's address. Its parts start when it is started. */
export async function productService(options: ProductOptions): Promise<Running> {
  const { product } = options.config
  if (!product)
    throw new Error("product: delivery.yaml does not have it; it names the service that answers as the product")
  const running = runningServices(options.config)
  const known = [...new Set(Object.values(running).flatMap(({ run }) => run.needs))].sort()
  const wrong = options.unreachable.filter((name) => !known.includes(name))
  if (wrong.length) throw new Error(`unreachable: ${wrong.join(", ")} is not known; allowed: ${known.join(", ")}`)
  return new Product(options, product, running).start(product.entry)
}

type RunningService = Service & { run: Run }

function runningServices({ services }: Config): Record<string, RunningService> {
  return Object.fromEntries(
    Object.entries(services).filter((entry): entry is [string, RunningService] => entry[1].run !== undefined),
  )
}

/** The product's parts, each made once. */
class Product {
  private readonly started = new Map<string, Promise<Running>>()

  constructor(
    private readonly options: ProductOptions,
    private readonly settings: ProductSettings,
    private readonly services: Record<string, RunningService>,
  ) {}

  /** Returns a service or server by its name. */
  start(name: string): Promise<Running> {
    const made = this.started.get(name) ?? this.make(name)
    this.started.set(name, made)
    return made
  }

  private async make(name: string): Promise<Running> {
    if (name === "postgres") return this.postgres()
    if (name === "redis") return dag.redis().server({ instance: "product" })
    const service = this.services[name]!
    if (hasDockerfile(service)) return this.ofDockerfile(service)
    return service.kind === "go" ? this.goService(name, service) : this.page(service)
  }

  private postgres(): Running {
    const { database, init, env } = this.settings.postgres
    const source = this.options.schema ?? this.options.source
    return dag.postgres().server({
      database,
      instance: "product",
      init: init ? dag.directory().withFile("init.sh", source.file(init)) : undefined,
      env: Object.entries(env).map(([variable, value]) => `${variable}=${value}`),
    })
  }

  private async goService(name: string, service: RunningService): Promise<Running> {
    const { run } = service
    const { source, schema, version } = this.options
    const container = dag
      .container()
      .from(images.debian)
      .withFile(`/app/${name}`, await this.program(source, name, service))
      .withFile(`/before/${name}`, await this.program(schema ?? source, name, service))
      .withNewFile("/app/version.json", version)
    const env = this.envOf(run)
    const { before } = run
    const first = before
      ? `${assignments(this.reached(before.env))}/before/${name} ${before.args.map(quoted).join(" ")} && `
      : ""
    return withEnv(await this.bound(container, run), this.reached(env))
      .withExposedPort(run.port)
      .asService({ args: ["sh", "-c", `${first}exec /app/${name}`] })
  }

  /** A service of its own image. Its command before the start runs in the image too. */
  private async ofDockerfile(service: RunningService & DockerService): Promise<Running> {
    const { context, options } = await imageSource(this.options.source, service)
    const { run } = service
    const built = dag.dockerfile().build(context, options)
    const [user, hasUsers] = await Promise.all([built.user(), built.exists("/etc/passwd")])
    const runnable = userWithGroup(user, hasUsers)
    const image = (runnable === undefined ? built : built.withUser(runnable)).withNewFile(
      "/app/version.json",
      this.options.version,
    )
    let container = await this.bound(image, run)
    if (run.before)
      container = withEnv(container, this.reached(run.before.env)).withExec(run.before.args, { useEntrypoint: true })
    return withEnv(container, this.reached(this.envOf(run)))
      .withExposedPort(run.port)
      .asService({ useEntrypoint: true })
  }

  private envOf(run: Run): Record<string, string> {
    return {
      APP_MODE: this.options.mode,
      APP_URL: "http://localhost:8080",
      ...this.settings.env,
      ...(this.options.demo ? this.settings.demo : {}),
      ...run.env,
    }
  }

  private async program(source: Directory, name: string, service: RunningService): Promise<File> {
    const { path, inputs } = service
    return withGoSettings(golang(this.options.access), [service])
      .build(await goInput(source, path, inputs), { path, goos: "linux", goarch: "amd64" })
      .file(name)
  }

  private async page(service: RunningService): Promise<Running> {
    const { path, run } = service
    const { source, version, access } = this.options
    let container = dag
      .container()
      .from(images.nginx)
      .withDirectory("/usr/share/nginx/html", node(access).build(await nodeProject(source, service), { path }))
      .withNewFile("/usr/share/nginx/html/version.json", version)
      .withExposedPort(run.port)
    if (run.config) {
      const settings = this.reachable(await source.file(`${path}/${run.config}`).contents())
      container = container.withNewFile("/etc/nginx/conf.d/default.conf", settings)
    }
    return (await this.bound(container, run)).asService({ useEntrypoint: true })
  }

  /** Binds what a service needs to its container, each under its own name. */
  private async bound(container: Container, { needs }: Run): Promise<Container> {
    let all = container
    for (const name of needs) all = all.withServiceBinding(name, await this.start(name))
    return all
  }

  private reachable(text: string): string {
    return withClosed(text, this.options.unreachable, (name) => serverPorts[name] ?? this.services[name]!.run.port)
  }

  private reached(env: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(env).map(([variable, value]) => [variable, this.reachable(value)]))
  }
}

/** Returns a text in which the addresses `<name>:<port>` of unreachable services lead nowhere. */
export function withClosed(text: string, unreachable: string[], portOf: (name: string) => number): string {
  return unreachable.reduce(
    (all, name) => all.replaceAll(new RegExp(`(?<![\\w.-])${name}:${portOf(name)}(?!\\d)`, "g"), closed),
    text,
  )
}

function withEnv(container: Container, env: Record<string, string>): Container {
  return Object.entries(env).reduce((all, [variable, value]) => all.withEnvVariable(variable, value), container)
}

/** Returns variables as a shell writes them before a command. */
function assignments(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([variable, value]) => `${variable}=${quoted(value)} `)
    .join("")
}

/** Returns a text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Returns the content of version.json: HEAD's commit and its time, with `-dirty` if tracked files differ from it. */
async function versionFile(checkout: Directory): Promise<string> {
  const script = `
git config --global --add safe.directory /src
export GIT_INDEX_FILE=/tmp/index
git read-tree HEAD && git update-index -q --refresh > /dev/null
dirty=$(git diff-files --quiet || echo -dirty)
git log -1 --format="{\\"sha\\":\\"%H$dirty\\",\\"commitTime\\":\\"%cI\\"}"
`
  return dag
    .container()
    .from(images.golang)
    .withMountedDirectory("/src", checkout)
    .withWorkdir("/src")
    .withExec(["bash", "-c", script])
    .stdout()
}
