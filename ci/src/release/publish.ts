// From a commit to a release: an image of each service, the chart, the suites, and the record that names them by
// digest.
import { Container, Directory, dag } from "@dagger.io/dagger"
import { goInput, withoutMarkdown } from "../checks/inputs"
import { golang, node, type Access } from "../checks/private"
import type { Config, Service } from "../config/config"
import { images } from "../images"
import { live, type Part } from "../report/parts"
import type { Stage } from "../report/stages"
import type { Identity, Records, ReleaseRecord } from "./record"
import { registryAccess, withLogin, type Registry } from "./targets"

/** What is published, and where to. */
export interface Publication {
  source: Directory
  config: Config
  identity: Identity
  registry: Registry
  records: Records
  /** Access to private modules and packages. */
  access: Access
}

/**
 * Builds and pushes a release. Returns the stage `publish`, and the record if it passed. The same commit again has the
 * same digests: nothing is pushed, and its record keeps its verdicts.
 */
export async function publish(publication: Publication): Promise<{ part: Part; record?: ReleaseRecord }> {
  const { identity, registry, records } = publication
  let record: ReleaseRecord | undefined
  const part = await live("publish", async () => {
    if (identity.dirty && !registry.ephemeral)
      throw new Error(
        `the source has uncommitted changes (${identity.sha}): only a commit is published to a real registry`,
      )
    const [pushed, chart, files] = await Promise.all([
      pushImages(publication),
      pushChart(publication),
      pushFiles(publication),
    ])
    const result = JSON.parse(await pushed.file("result.json").contents()) as Stage
    if (result.status !== "passed") return pushed
    const { tree, sha, commitTime } = identity
    record = await recordRelease(records, {
      format: 1,
      tree,
      sha,
      commitTime,
      images: digestsOf(await pushed.file("pushed.json").contents()),
      chart,
      files,
      verdicts: {},
    })
    return pushed.withNewFile("release.json", `${JSON.stringify(record, null, 1)}\n`)
  })
  return { part, record }
}

/** Writes the record of a release. A record of the same release has verdicts already: they stay. */
export async function recordRelease(records: Records, release: ReleaseRecord): Promise<ReleaseRecord> {
  const found = await records.find(release.tree)
  const verdicts = found?.sha === release.sha ? found.verdicts : {}
  const record = { ...release, verdicts }
  await records.write(record)
  return record
}

/** Reads pushed.json of modules/registry: the reference by digest of each service. */
function digestsOf(pushed: string): Record<string, string> {
  const references = JSON.parse(pushed) as { reference: string; byDigest: string }[]
  return Object.fromEntries(
    references.map(({ reference, byDigest }) => [/([^/:]+):[^/]*$/.exec(reference)![1]!, byDigest]),
  )
}

async function pushImages({ source, config, identity, registry, access }: Publication): Promise<Directory> {
  const delivered = Object.entries(config.services).filter(([, { image }]) => image)
  const built = await Promise.all(
    delivered.map(([name, service]) =>
      (service.kind === "go" ? goImage : pageImage)({ name, service, source, identity, access }),
    ),
  )
  const references = delivered.map(([name]) => `${registry.address}/${name}:${identity.sha}`)
  let module = withLogin(dag.registry(), registry)
  for (const [i, reference] of references.entries()) module = module.withImage(built[i]!, reference)
  return module
    .push({ ...registryAccess(registry), timeout: 600, name: "publish:images", nonce: "" })
    .reports()
    .sync()
}

/** What an image is built from. */
interface ImageInput {
  name: string
  service: Service
  source: Directory
  identity: Identity
  access: Access
}

/** The image of a Go service: its program alone. */
async function goImage({ name, service, source, identity, access }: ImageInput): Promise<Container> {
  const { path, run } = service
  const binary = golang(access)
    .build(await goInput(source, path), { path, goos: "linux", goarch: "amd64" })
    .file(name)
  return dag.image().build(dag.directory().withFile(name, binary), identity.sha, identity.commitTime, {
    at: "/app",
    versionPath: "/app/version.json",
    base: "",
    entrypoint: [`/app/${name}`],
    args: [],
    user: "65532:65532",
    ports: portsOf(run),
    env: [],
    labels: [`org.opencontainers.image.title=${name}`],
    platform: "linux/amd64",
  })
}

/** The image of a Node project: its build, served by nginx. */
async function pageImage({ name, service, source, identity, access }: ImageInput): Promise<Container> {
  const { path, run } = service
  const page = node(access).build(await withoutMarkdown(source.directory(path)))
  const settings = run?.config
    ? dag.directory().withFile("etc/nginx/conf.d/default.conf", source.file(`${path}/${run.config}`))
    : undefined
  return dag.image().build(page, identity.sha, identity.commitTime, {
    at: "/usr/share/nginx/html",
    versionPath: "/usr/share/nginx/html/version.json",
    base: images.nginx,
    config: settings,
    entrypoint: [],
    args: [],
    user: "101:101",
    ports: portsOf(run),
    env: [],
    labels: [`org.opencontainers.image.title=${name}`],
    platform: "linux/amd64",
  })
}

function portsOf(run: Service["run"]): number[] {
  return [run?.port ?? 8080, ...(run?.metrics ? [run.metrics] : [])]
}

/** Pushes the chart under a version made of the commit; returns its reference by digest. */
async function pushChart({ source, config, identity: { sha }, registry }: Publication): Promise<string> {
  const chart = dag.helm().package_(source.directory(config.chart.path), { version: `0.0.0-g${sha}`, appVersion: sha })
  const helm = withLogin(dag.helm(), registry)
  return helm.push(chart, `${registry.address}/charts`, { ...registryAccess(registry), timeout: 120 })
}

/**
 * Stores delivery.yaml and the suites, so that a later step needs the record alone; returns their reference by digest.
 */
async function pushFiles({ source, config, identity: { sha }, registry }: Publication): Promise<string> {
  const { api, ui, load } = config.suites
  let files = dag.directory().withFile("delivery.yaml", source.file("delivery.yaml"))
  for (const file of [api?.collection, load]) if (file) files = files.withFile(file, source.file(file))
  if (ui) files = files.withDirectory(ui, source.directory(ui))
  const reference = `${registry.address}/files`
  const module = withLogin(dag.registry(), registry)
  const digest = await module.pushFiles(files.withTimestamps(0), [`${reference}:${sha}`], registryAccess(registry))
  return `${reference}@${digest}`
}
