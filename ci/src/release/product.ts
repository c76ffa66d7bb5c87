// The whole product as Dagger services: who needs whom, and with which settings.
import { Container, Directory, File, Service, dag } from "@dagger.io/dagger"
import { images } from "../images"
import { goInput } from "../checks/inputs"
import { golang, node, type Access } from "../checks/private"

/** The Go services, by the order in which they ask each other, with what each asks. */
const asks: Record<string, string[]> = { suppliers: [], recipes: ["suppliers"], restaurant: ["recipes"] }

/** Ephemeral: the database is reachable by the product's own containers only, and gone with the call. */
const passwordOf = (role: string): string => `${role}-ephemeral`

/** Where nothing listens: what a service that is down looks like. */
const closedPort = "127.0.0.1:9"

export interface Product {
  /** The source that is built. */
  source: Directory
  /** The content of version.json. */
  version: string
  /** The source whose migrations make the schema, where it is another one. */
  schema?: Directory
  demo: boolean
  mode: string
  /** Services that nothing can reach. */
  unreachable: string[]
  access: Access
}

/** Starts nothing by itself: the parts start when the service that it gives is started. */
export async function productService({
  source,
  version,
  schema,
  demo,
  mode,
  unreachable,
  access,
}: Product): Promise<Service> {
  const known = ["suppliers", "recipes", "redis"]
  const wrong = unreachable.filter((name) => !known.includes(name))
  if (wrong.length) throw new Error(`unreachable: ${wrong.join(", ")} is not known; allowed: ${known.join(", ")}`)
  const page = node(access).build(source.directory("services/frontend"))
  const names = Object.keys(asks)
  const binaries = await binariesOf(source, names, access)
  const migrators = schema ? await binariesOf(schema, names, access) : binaries

  const database = dag.postgres().server({
    user: "postgres",
    database: "product",
    instance: "product",
    init: dag.directory().withFile("init.sh", (schema ?? source).file("services/database/init.sh")),
    env: names.flatMap((name) => [
      `${name.toUpperCase()}_PASSWORD=${passwordOf(name)}`,
      `${name.toUpperCase()}_OWNER_PASSWORD=${passwordOf(`${name}_owner`)}`,
    ]),
  })
  const cache = dag.redis().server({ instance: "product" })

  const proxy = unreachable.reduce(
    (text, name) => text.replaceAll(`server ${name}:8080;`, `server ${closedPort};`),
    await source.file("services/frontend/nginx/default.conf").contents(),
  )
  let front = dag
    .container()
    .from(images.nginx)
    .withNewFile("/etc/nginx/conf.d/default.conf", proxy)
    .withDirectory("/usr/share/nginx/html", page)
    .withNewFile("/usr/share/nginx/html/version.json", version)
    .withExposedPort(8080)
  const running: Record<string, Service> = {}
  for (const [i, name] of names.entries()) {
    let container = dag
      .container()
      .from(images.debian)
      .withFile(`/app/${name}`, binaries[i]!)
      .withFile(`/migrate/${name}`, migrators[i]!)
      .withNewFile("/app/version.json", version)
      .withServiceBinding("postgres", database)
      .withServiceBinding("redis", cache)
    const address = (other: string): string =>
      unreachable.includes(other) ? closedPort : other === "redis" ? "redis:6379" : `${other}:8080`
    for (const other of asks[name]!)
      container = container
        .withServiceBinding(other, running[other]!)
        .withEnvVariable(`${other.toUpperCase()}_URL`, `http://${address(other)}`)
    const settings = {
      APP_MODE: mode,
      APP_URL: "http://localhost:8080",
      DB_HOST: "postgres",
      DB_NAME: "product",
      REDIS_URL: `redis://${address("redis")}/0`,
      DEMO_DATA: String(demo),
      DRAIN_DELAY: "0s",
    }
    for (const [key, value] of Object.entries(settings)) container = container.withEnvVariable(key, value)
    running[name] = serving(container, name)
    front = front.withServiceBinding(name, running[name])
  }
  return front.asService({ useEntrypoint: true })
}

function binariesOf(source: Directory, names: string[], access: Access): Promise<File[]> {
  return Promise.all(
    names.map(async (name) => {
      const path = `services/${name}`
      return golang(access)
        .build(await goInput(source, path), { path, goos: "linux", goarch: "amd64" })
        .file(name)
    }),
  )
}

/** Migrates as the schema's owner, then serves as the role that may only read and write rows. */
function serving(container: Container, name: string): Service {
  const migrate = `DB_USER=${name}_owner DB_PASSWORD=${passwordOf(`${name}_owner`)} /migrate/${name} migrate expand`
  return container.withExposedPort(8080).asService({
    args: ["sh", "-c", `${migrate} && DB_USER=${name} DB_PASSWORD=${passwordOf(name)} exec /app/${name}`],
  })
}

/** version.json as the services read it: the commit of HEAD and its time; `-dirty` when tracked files differ from it. */
export async function versionFile(source: Directory): Promise<string> {
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
    .withMountedDirectory("/src", source)
    .withWorkdir("/src")
    .withExec(["bash", "-c", script])
    .stdout()
}
