// From a commit to a release: an image of each service, the chart, the suites, and the record that names them by
// digest.
import { Container, Directory, dag } from "@dagger.io/dagger"
import { imageSource } from "../checks/docker"
import { goInput } from "../checks/inputs"
import { nodeProject } from "../checks/node-input"
import { golang, node, type Access } from "../checks/private"
import { withGoSettings } from "../checks/settings"
import type { Config, Platform, Service } from "../config/config"
import { hasDockerfile, type DockerService } from "../config/dockerfile"
import { chartsFolder, filesRepository } from "../config/repositories"
import { images } from "../images"
import { errorText, live, type Part } from "../report/parts"
import type { Stage } from "../report/stages"
import { unique } from "../report/unique"
import { loggedIn } from "./login"
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
 * same digests, and nothing is pushed. Another commit with the same tree is the same release: nothing is built, and the
 * commit becomes a name of what was tested.
 */
export async function publish(publication: Publication): Promise<{ part: Part; record?: ReleaseRecord }> {
  const { identity, registry, records } = publication
  let record: ReleaseRecord | undefined
  const part = await live("publish", async () => {
    if (identity.dirty && !registry.ephemeral)
      throw new Error(
        `the source has uncommitted changes (${identity.sha}): only a commit is published to a real registry`,
      )
    const { tree, sha, commitTime, author, branch } = identity
    const found = await records.find(tree)
    if (found && found.sha !== sha) {
      await records.name(sha, tree)
      record = found
      return withRecord(dag.directory().withNewFile("result.json", JSON.stringify(releasedAlready(found))), found)
    }
    const [pushed, chart, files] = await Promise.all([
      pushImages(publication),
      pushChart(publication),
      pushFiles(publication),
    ])
    const result = await resultOf(pushed)
    if (result.status !== "passed") return pushed
    record = await records.add({
      tree,
      sha,
      commitTime,
      author,
      branch,
      images: digestsOf(await pushed.file("pushed.json").contents()),
      chart,
      files,
    })
    return withRecord(pushed, record)
  })
  return { part, record }
}

function withRecord(reports: Directory, record: ReleaseRecord): Directory {
  return reports.withNewFile("release.json", `${JSON.stringify(record, null, 1)}\n`)
}

/** The result of publishing a tree that another commit has published. */
export function releasedAlready({ tree, sha }: Pick<ReleaseRecord, "tree" | "sha">): Omit<Stage, "name"> {
  return {
    status: "passed",
    reason: `the tree ${tree.slice(0, 12)} is released as ${sha.slice(0, 12)} already: its images and verdicts stay`,
    value: 0,
    unit: "images pushed",
    seconds: 0,
    cached: false,
    exitCode: 0,
  }
}

/** Reads pushed.json of modules/registry: the reference by digest of each service. */
function digestsOf(pushed: string): Record<string, string> {
  const references = JSON.parse(pushed) as { reference: string; byDigest: string }[]
  return Object.fromEntries(
    references.map(({ reference, byDigest }) => [/([^/:]+):[^/]*$/.exec(reference)![1]!, byDigest]),
  )
}

async function pushImages(publication: Publication): Promise<Directory> {
  const { source, config, identity, registry, access } = publication
  const delivered = Object.entries(config.services).filter(([, { image }]) => image)
  const built = await Promise.all(
    delivered.flatMap(([name, service]) =>
      config.platforms.map((platform) => builtImage({ name, service, source, identity, access, platform })),
    ),
  )
  const push = (): Promise<Directory> => {
    let module = withLogin(dag.registry(), registry)
    for (const { name, image, reproducible } of built)
      module = module.withImage(image, `${registry.address}/${name}:${identity.sha}`, { keep: !reproducible })
    return module
      .push({ ...registryAccess(registry), timeout: 600, name: "publish:images", nonce: unique() })
      .reports()
      .sync()
  }
  const pushed = await loggedIn(registry, push, async (reports) => (await resultOf(reports)).exitCode === loginRefused)
  return withSboms(pushed, built).sync()
}

/** The exit code of modules/registry's `push` if the login is refused or has expired. */
const loginRefused = 4

async function resultOf(reports: Directory): Promise<Stage> {
  return JSON.parse(await reports.file("result.json").contents()) as Stage
}

/** An image of a service for one platform. */
interface BuiltImage {
  name: string
  platform: Platform
  image: Container
  /** Whether the same commit makes the same bytes: what a Dockerfile runs may fetch something else another day. */
  reproducible: boolean
}

/** Builds the image of a service: by its own Dockerfile, or as its kind is built. */
async function builtImage(input: ImageInput): Promise<BuiltImage> {
  const { name, service, platform } = input
  const isDocker = hasDockerfile(service)
  const build = isDocker ? dockerImage : service.kind === "go" ? goImage : pageImage
  try {
    return { name, platform, image: await build(input), reproducible: !isDocker }
  } catch (error) {
    throw new Error(`${name}: no image for ${platform}: ${errorText(error)}`)
  }
}

/** Adds the SBOM of each image by a Dockerfile; that of the others is in the reports of `dependencies`. */
function withSboms(reports: Directory, built: BuiltImage[]): Directory {
  return built
    .filter(({ reproducible }) => !reproducible)
    .reduce((all, { name, platform, image }) => {
      const file = `sbom/${name}-${platform.replace("/", "-")}.cdx.json`
      return all.withFile(file, dag.dockerfile().sbom(image, { label: name }))
    }, reports)
}

/** What an image is built from. */
interface ImageInput {
  name: string
  service: Service
  source: Directory
  identity: Identity
  access: Access
  platform: Platform
}

/** The image of a Dockerfile, with the labels of every image, and version.json where a Go service has it. */
async function dockerImage({ name, service, source, identity, platform }: ImageInput): Promise<Container> {
  const { context, options } = await imageSource(source, service as DockerService)
  const built = dag.dockerfile().build(context, { ...options, platform })
  const image = dag.image().stamp(built, identity.sha, identity.commitTime, {
    labels: [`org.opencontainers.image.title=${name}`],
  })
  // Built here, so that an error names the service and the platform.
  return image.sync()
}

/** The image of a Go service: its program alone. */
async function goImage({ name, service, source, identity, access, platform }: ImageInput): Promise<Container> {
  const { path, inputs, run } = service
  const binary = withGoSettings(golang(access), [service])
    .build(await goInput(source, path, inputs), { path, goos: "linux", goarch: platform.split("/")[1]! })
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
    platform,
  })
}

/** The image of a Node project: its build, served by nginx. */
async function pageImage({ name, service, source, identity, access, platform }: ImageInput): Promise<Container> {
  const { path, run } = service
  const page = node(access).build(await nodeProject(source, service), { path })
  const settings = run?.config
    ? dag.directory().withFile("etc/nginx/conf.d/default.conf", source.file(`${path}/${run.config}`))
    : undefined
  const image = dag.image().build(page, identity.sha, identity.commitTime, {
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
    platform,
  })
  if (platform !== "linux/amd64") await dag.dockerfile().verifyPlatform(image)
  return image
}

function portsOf(run: Service["run"]): number[] {
  return [run?.port ?? 8080, ...(run?.metrics ? [run.metrics] : [])]
}

/** Pushes the chart under a version made of the commit; returns its reference by digest. */
async function pushChart({ source, config, identity: { sha }, registry }: Publication): Promise<string> {
  const chart = dag.helm().package_(source.directory(config.chart.path), { version: `0.0.0-g${sha}`, appVersion: sha })
  return loggedIn(registry, () =>
    withLogin(dag.helm(), registry).push(chart, `${registry.address}/${chartsFolder}`, {
      ...registryAccess(registry),
      timeout: 120,
    }),
  )
}

/**
 * Stores delivery.yaml and the suites, so that a later step needs the record alone; returns their reference by digest.
 */
async function pushFiles({ source, config, identity: { sha }, registry }: Publication): Promise<string> {
  const { api, ui, load } = config.suites
  let files = dag.directory().withFile("delivery.yaml", source.file("delivery.yaml"))
  for (const file of [api?.collection, load]) if (file) files = files.withFile(file, source.file(file))
  if (ui) files = files.withDirectory(ui, source.directory(ui))
  const reference = `${registry.address}/${filesRepository}`
  const digest = await loggedIn(registry, () =>
    withLogin(dag.registry(), registry).pushFiles(files, [`${reference}:${sha}`], {
      ...registryAccess(registry),
      nonce: unique(),
    }),
  )
  return `${reference}@${digest}`
}
