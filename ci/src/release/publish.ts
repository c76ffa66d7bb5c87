// From a commit to a release: an image a service, the chart, the suites, and the record that names them all by digest.
import { Container, Directory, dag } from "@dagger.io/dagger"
import type { Config } from "../config/config"
import { images } from "../images"
import { goInput, withoutMarkdown } from "../checks/inputs"
import { golang, node, type Access } from "../checks/private"
import { openSealed, sealed, type ReleaseRecord } from "./release"
import { access, type Registry } from "./targets"
import { unique } from "../report/unique"

/** Which commit a source is at. */
export interface Identity {
  sha: string
  commitTime: string
  branch: string
  /** Of the delivered files: what decides whether a release is the same one. */
  tree: string
  dirty: boolean
}

/** The folders and files whose content makes a release. */
function deliveredPaths(config: Config): string[] {
  const services = Object.values(config.services)
    .filter(({ image }) => image)
    .flatMap(({ path, inputs }) => [path, ...inputs])
  return [
    ...new Set([...services, "services/kit", config.chart, ...Object.values(config.suites), "delivery.yaml"]),
  ].sort()
}

/** Tells commit, time, branch and tree of a source. */
export async function identify(source: Directory, config: Config): Promise<Identity> {
  const found = dag.gitflow().ofSource(source, { paths: deliveredPaths(config) })
  const [commit, commitTime, branch, tree, dirty] = await Promise.all([
    found.commit(),
    found.time(),
    found.branch(),
    found.tree(),
    found.dirty(),
  ])
  // Of what is not committed the content is the name, so that an edit never meets the release of another one.
  return {
    sha: dirty ? `${commit}-dirty-${tree.slice(0, 12)}` : commit,
    commitTime,
    branch,
    tree: dirty ? `${tree}-dirty` : tree,
    dirty,
  }
}

/** The image of each service that is delivered, not built yet. */
async function serviceImages(
  source: Directory,
  config: Config,
  { sha, commitTime }: Identity,
  access: Access,
): Promise<Record<string, Container>> {
  const delivered = Object.entries(config.services).filter(([, { image }]) => image)
  const built = await Promise.all(
    delivered.map(async ([name, { kind, path }]) => {
      const labels = [`org.opencontainers.image.title=${name}`]
      if (kind === "go") {
        const binary = golang(access)
          .build(await goInput(source, path), { path, goos: "linux", goarch: "amd64" })
          .file(name)
        return dag.image().build(dag.directory().withFile(name, binary), sha, commitTime, {
          at: "/app",
          versionPath: "/app/version.json",
          base: "",
          entrypoint: [`/app/${name}`],
          args: [],
          user: "65532:65532",
          ports: [8080, 9090],
          env: [],
          labels,
          platform: "linux/amd64",
        })
      }
      const page = node(access).build(await withoutMarkdown(source.directory(path)))
      const config = dag
        .directory()
        .withFile("etc/nginx/conf.d/default.conf", source.file(`${path}/nginx/default.conf`))
      return dag.image().build(page, sha, commitTime, {
        at: "/usr/share/nginx/html",
        versionPath: "/usr/share/nginx/html/version.json",
        base: images.nginx,
        config,
        entrypoint: [],
        args: [],
        user: "101:101",
        ports: [8080],
        env: [],
        labels,
        platform: "linux/amd64",
      })
    }),
  )
  return Object.fromEntries(delivered.map(([name], i) => [name, built[i]!]))
}

/** Pushes what a commit becomes. The same commit again is the same digests, and nothing is pushed. */
export async function pushImages(
  source: Directory,
  config: Config,
  identity: Identity,
  registry: Registry,
  from: Access,
): Promise<Directory> {
  const built = await serviceImages(source, config, identity, from)
  const references = Object.keys(built).map((name) => `${registry.address}/${name}:${identity.sha}`)
  return dag
    .registry()
    .push(Object.values(built), references, { ...access(registry), timeout: 600, name: "publish:images", again: "" })
    .reports()
    .sync()
}

/** Pushes the chart, its version made of the commit, and gives its reference by digest. */
export async function pushChart(
  source: Directory,
  config: Config,
  { sha }: Identity,
  registry: Registry,
): Promise<string> {
  const chart = dag.helm().package_(source.directory(config.chart), { version: `0.0.0-g${sha}`, appVersion: sha })
  return dag.helm().push(chart, `${registry.address}/charts`, { ...access(registry), timeout: 120 })
}

/** Stores delivery.yaml and the suites, so that a later step needs the record alone. */
export async function pushFiles(
  source: Directory,
  config: Config,
  { sha }: Identity,
  registry: Registry,
): Promise<string> {
  const { api, ui, load } = config.suites
  let files = dag.directory().withFile("delivery.yaml", source.file("delivery.yaml"))
  for (const file of [api, load]) if (file) files = files.withFile(file, source.file(file))
  if (ui) files = files.withDirectory(ui, source.directory(ui))
  const reference = `${registry.address}/files`
  return `${reference}@${await dag.registry().put(files.withTimestamps(0), [`${reference}:${sha}`], { ...access(registry), again: "" })}`
}

/** Writes the record under the tree that it is of and the commit that it was built from. */
export async function writeRecord(record: ReleaseRecord, registry: Registry, key: string): Promise<void> {
  const files = dag.directory().withNewFile("release.txt", sealed(record, key))
  const names = [...new Set([record.tree, record.sha])].map((tag) => `${registry.address}/releases:${tag}`)
  await dag.registry().put(files, names, { ...access(registry), again: unique() })
}

/** The record of a commit or a tree; an error in words when there is none, or when it was altered. */
export async function readRecord(release: string, registry: Registry, key: string): Promise<ReleaseRecord> {
  if (!/^([0-9a-f]{40}(-dirty-[0-9a-f]{12})?|[0-9a-f]{64}(-dirty)?)$/.test(release))
    throw new Error(
      `release: ${JSON.stringify(release)} is not allowed; the full hash of a commit, or of a tree as a record names it`,
    )
  const files = await findFiles(`${registry.address}/releases:${release}`, registry).catch((error: unknown) => {
    const said = error instanceof Error ? error.message : String(error)
    if (!said.includes("there is no ")) throw error
    throw new Error(
      `there is no release record of ${release.slice(0, 12)} in ${registry.address}: publish it first${registry.ephemeral ? " (an ephemeral registry forgets it with the call: run `npm run rehearse`, or give a registry that stays)" : ""}`,
    )
  })
  return openSealed(await files.file("release.txt").contents(), key)
}

/** The files of an artefact in the registry, by digest or tag. */
export function findFiles(reference: string, registry: Registry): Promise<Directory> {
  return dag
    .registry()
    .get(reference, { ...access(registry), again: unique() })
    .sync()
}
