// The mirror: stand-ins of vendors' images, built by Dagger itself out of package registries and pushed under the vendor's name and tag
// into the registry beside the engine. Only images that a call uses are built.
import type { Client, Container } from "@dagger.io/dagger"
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { pathToFileURL } from "node:url"
import { parse } from "yaml"
import { goRoot, machineCertificates } from "./build.js"
import { writeImageTar } from "./oci.js"
import { registryAddress, repository, type Paths } from "./paths.js"
import { say, step } from "./progress.js"
import { hashOf } from "./stamp.js"
import { provisionedEnvironment } from "./up.js"

/** One stand-in, as engine/images/*.yaml has it. The parts are put together in this order. */
export interface Recipe {
  /** Full name and tag of the vendor's image. */
  image: string
  /** What the stand-in is made of, in one line. */
  about: string
  /** Another image of the mirror, or the name of a Debian root (`base`) that provisioning made. */
  from: string
  debian?: string[]
  /** Puts Go at /usr/local/go: the toolchain that provisioning fetched. */
  goToolchain?: boolean
  /** Go programs as package@version, by the file they become; built in the image that `goBuilder` names. */
  go?: Record<string, string>
  goBuilder?: string
  /** Go projects, folders of engine/images with go.mod and go.sum, and the programs of each as packages, by the file they become; also built in `goBuilder`. */
  goProject?: GoProject | GoProject[]
  /** Files and folders of npm packages that provisioning fetched, by where they go. */
  npm?: Record<string, string>
  /** npm projects, by where they go: folders of engine/images with package.json and package-lock.json, installed in the image that `from` names. */
  npmLock?: Record<string, string>
  /** Python projects, by where they go: folders of engine/images with requirements.txt (versions and hashes), each installed into a virtual environment; the image has python3-venv. */
  pip?: Record<string, string>
  /** Java libraries, by the folder they go to: folders of engine/images with a pom.xml; what it and all it depends on names, fetched with Debian's Maven in the image that `from` names. */
  maven?: Record<string, string>
  /** The same for archives: folders of engine/images with a pom.xml whose zip dependencies are unpacked, by where they go. */
  mavenUnpack?: Record<string, string>
  /** Files by where they are, with their text. One that begins with `#!` can be executed. */
  files?: Record<string, string>
  /** Symbolic links, by where they are. */
  links?: Record<string, string>
  /** Shell commands that root runs when all of the above is in place. */
  run?: string[]
  env?: Record<string, string>
  user?: string
  workdir?: string
  entrypoint?: string[]
  command?: string[]
}

interface GoProject {
  folder: string
  programs: Record<string, string>
  ldflags?: string
  tags?: string
}

interface Built {
  recipe: string
  digest: string
}

const folder = join(repository, "engine/images")
const certificateEnv = {
  SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt",
  NODE_EXTRA_CA_CERTS: "/etc/ssl/certs/ca-certificates.crt",
  PIP_CERT: "/etc/ssl/certs/ca-certificates.crt",
}

/** The full name of an image: `node:24` is `docker.io/library/node:24`. A tag is required, a digest cannot be mirrored. */
export function canonicalName(reference: string): string {
  if (reference.includes("@"))
    throw new Error(`${reference}: an image with a digest is the vendor's own; a stand-in cannot have it`)
  const [first, ...rest] = reference.split("/")
  const host = rest.length && /[.:]|^localhost$/.test(first!) ? first! : "docker.io"
  const path = host === first ? rest.join("/") : reference
  const full = host === "docker.io" && !path.includes("/") ? `library/${path}` : path
  if (!/:[\w][\w.-]*$/.test(full))
    throw new Error(`${reference} has no tag: name the version that is wanted, such as ${reference}:1.2.3`)
  return `${host}/${full}`
}

function goProjects(recipe: Recipe): GoProject[] {
  return recipe.goProject ? [recipe.goProject].flat() : []
}

/** All recipes, by the full name of the image they stand in for. */
export function readRecipes(from = folder): Map<string, Recipe> {
  const known = [
    "image",
    "about",
    "from",
    "debian",
    "goToolchain",
    "go",
    "goBuilder",
    "goProject",
    "npm",
    "npmLock",
    "pip",
    "maven",
    "mavenUnpack",
    "files",
    "links",
    "run",
    "env",
    "user",
    "workdir",
    "entrypoint",
    "command",
  ]
  const recipes = new Map<string, Recipe>()
  for (const name of readdirSync(from)
    .filter((name) => name.endsWith(".yaml") && name !== "overrides.yaml")
    .sort()) {
    const recipe = parse(readFileSync(join(from, name), "utf8")) as Recipe
    for (const key of Object.keys(recipe))
      if (!known.includes(key))
        throw new Error(`engine/images/${name}: ${key} is not known; allowed are ${known.join(", ")}`)
    for (const key of ["image", "about", "from"] as const)
      if (!recipe[key]) throw new Error(`engine/images/${name}: ${key} is missing`)
    if (canonicalName(recipe.image) !== recipe.image)
      throw new Error(
        `engine/images/${name}: image ${recipe.image} must be written in full: ${canonicalName(recipe.image)}`,
      )
    for (const project of goProjects(recipe))
      if (!existsSync(join(from, project.folder, "go.sum")))
        throw new Error(`engine/images/${name}: goProject: there is no engine/images/${project.folder}/go.sum`)
    if ((recipe.go || recipe.goProject) && !recipe.goBuilder)
      throw new Error(`engine/images/${name}: goBuilder is missing: the image that builds the Go programs`)
    for (const project of Object.values(recipe.npmLock ?? {}))
      if (!existsSync(join(from, project, "package-lock.json")))
        throw new Error(`engine/images/${name}: npmLock: there is no engine/images/${project}/package-lock.json`)
    for (const project of Object.values(recipe.pip ?? {}))
      if (!existsSync(join(from, project, "requirements.txt")))
        throw new Error(`engine/images/${name}: pip: there is no engine/images/${project}/requirements.txt`)
    for (const project of Object.values({ ...recipe.maven, ...recipe.mavenUnpack }))
      if (!existsSync(join(from, project, "pom.xml")))
        throw new Error(`engine/images/${name}: maven: there is no engine/images/${project}/pom.xml`)
    for (const [path, text] of Object.entries(recipe.files ?? {}))
      if (typeof text !== "string" || !path.startsWith("/"))
        throw new Error(`engine/images/${name}: files: ${path} must be an absolute path with the file's text`)
    recipes.set(recipe.image, recipe)
  }
  return recipes
}

/** The files of an npm project that decide what is installed. */
function lockFiles(project: string): string[] {
  return ["package.json", "package-lock.json", ".npmrc"].filter((file) => existsSync(join(folder, project, file)))
}

/** The texts of the folders that a recipe names, with their files' names: when one changes, the image is built again. */
function lockTexts(recipe: Recipe): string[] {
  const files = (project: string) =>
    readdirSync(join(folder, project), { recursive: true, encoding: "utf8" })
      .map((file) => join(folder, project, file))
      .filter((file) => statSync(file).isFile())
      .sort()
  const npm = Object.values(recipe.npmLock ?? {}).flatMap((project) =>
    lockFiles(project).map((file) => readFileSync(join(folder, project, file), "utf8")),
  )
  const others = [
    ...goProjects(recipe).map((project) => project.folder),
    ...Object.values(recipe.pip ?? {}),
    ...Object.values(recipe.maven ?? {}),
    ...Object.values(recipe.mavenUnpack ?? {}),
  ]
  return npm.concat(others.flatMap(files).flatMap((file) => [file.slice(folder.length), readFileSync(file, "utf8")]))
}

/** Vendor's images that another image stands in for, where names cannot agree (engine/images/overrides.yaml). */
function readOverrides(): Record<string, string> {
  const file = join(folder, "overrides.yaml")
  return (existsSync(file) && (parse(readFileSync(file, "utf8")) as Record<string, string> | null)) || {}
}

/** The images that modules use, each with the modules that want it, read from their src/images.ts. */
export async function wantedImages(modules: string[]): Promise<Map<string, string[]>> {
  const wanted = new Map<string, string[]>()
  for (const module of modules) {
    const { images } = (await imagesFile(module)) ?? { images: {} }
    for (const reference of Object.values(images)) {
      const name = canonicalName(reference)
      wanted.set(name, [...(wanted.get(name) ?? []), module])
    }
  }
  return wanted
}

/** A module and all local modules that it depends on, by their folders (dagger.json). */
export function moduleClosure(start: string): string[] {
  const seen = new Set<string>()
  const visit = (module: string) => {
    const file = join(module, "dagger.json")
    if (!existsSync(file)) return
    const config = JSON.parse(readFileSync(file, "utf8")) as { source?: string; dependencies?: { source: string }[] }
    const source = join(module, config.source ?? ".")
    if (seen.has(source)) return
    seen.add(source)
    for (const dependency of config.dependencies ?? []) visit(join(module, dependency.source))
  }
  visit(start)
  return [...seen]
}

/** What a module's src/images.ts says: its images, and, where a root depends on much, what each of its functions uses of that. */
interface ImagesFile {
  images: Record<string, string>
  uses?: Record<string, { modules: string[]; images: string[]; configured?: Record<string, string[]> }>
}

async function imagesFile(module: string): Promise<ImagesFile | undefined> {
  const file = join(module, "src/images.ts")
  return existsSync(file) ? ((await import(pathToFileURL(file).href)) as ImagesFile) : undefined
}

/**
 * The images that a call of a module needs: those of the module and of all that it depends on, or, where its src/images.ts says what
 * each function uses, those of the first function that the words name. `module` is a folder with a dagger.json; `files` are the names of the
 * repository's files that the function works on: some modules are used where a file configures them.
 */
export async function imagesOfCall(
  module: string,
  words: string[],
  files: () => Set<string> = () => new Set(),
): Promise<Map<string, string[]>> {
  const [source] = moduleClosure(module)
  const own = source ? await imagesFile(source) : undefined
  const used = words.map((word) => own?.uses?.[word]).find((use) => use !== undefined)
  if (!source || !used) return wantedImages(moduleClosure(module))
  const { dependencies = [] } = JSON.parse(readFileSync(join(module, "dagger.json"), "utf8")) as {
    dependencies?: { name: string; source: string }[]
  }
  const here = used.configured ? files() : new Set<string>()
  const modules = [
    ...used.modules,
    ...Object.entries(used.configured ?? {}).flatMap(([name, by]) => (by.some((file) => here.has(file)) ? [name] : [])),
  ]
  const wanted = await wantedImages(
    dependencies
      .filter(({ name }) => modules.includes(name))
      .flatMap((dependency) => moduleClosure(join(module, dependency.source))),
  )
  for (const key of used.images) wanted.set(canonicalName(own!.images[key]!), [source])
  return wanted
}

/** Every module of this repository, and those of the tests that stand in for something. */
export function allModules(): string[] {
  const folders = ["modules", "test/standins"]
    .map((name) => join(repository, name))
    .filter((folder) => existsSync(folder))
  const modules = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  return [...new Set([...moduleClosure(repository), ...modules.flatMap(moduleClosure)])]
}

/** Makes sure that the mirror has each image; builds what is missing. Cheap when all are there: it looks at files only. */
export async function ensureImages(paths: Paths, wanted: Map<string, string[]>): Promise<void> {
  if (process.env.DELIVERY_REGISTRY_MIRROR) return
  const recipes = readRecipes()
  const overrides = readOverrides()
  const order: { name: string; recipe: Recipe; hash: string }[] = []
  const hashes = new Map<string, string>()
  const visit = (name: string, wantedBy: string): string => {
    if (hashes.has(name)) return hashes.get(name)!
    const recipe = recipes.get(overrides[name] ?? name)
    if (!recipe) {
      throw new Error(
        `no recipe for the image ${name}, which ${wantedBy} wants, and vendors' registries are not used here.\nAdd one as engine/images/<name>.yaml (see engine/images/README.md), map it to another image in engine/images/overrides.yaml, or set DELIVERY_REGISTRY_MIRROR to a registry that has it.`,
      )
    }
    const below = [recipe.from, recipe.goBuilder]
      .filter((part): part is string => !!part && part !== "base")
      .map((part) => visit(canonicalName(part), `the recipe of ${name}`))
    const hash = hashOf(
      name,
      recipe,
      below,
      recipe.from === "base" && readFileSync(join(paths.steps, "base.json"), "utf8"),
      machineCertificates().map((file) => readFileSync(file, "utf8")),
      ...lockTexts(recipe),
    )
    hashes.set(name, hash)
    order.push({ name, recipe, hash })
    return hash
  }
  for (const [name, modules] of wanted)
    visit(name, modules.map((module) => module.replace(`${repository}/`, "")).join(", "))
  const missing = order.filter(({ name, hash }) => builtImage(paths, name)?.recipe !== hash)
  if (!missing.length) return
  say(`images that the mirror lacks: ${missing.map(({ name }) => name).join(", ")}`)
  // Loaded here because it takes 1.5 s, which the calls that find everything in place need not wait for.
  const { connect, ExecError, ImageLayerCompression } = await import("@dagger.io/dagger")
  const before = { ...process.env }
  Object.assign(process.env, provisionedEnvironment(paths))
  const waves = missing.map(({ name }) => name)
  const done = new Map<string, Promise<void>>()
  await connect(async (dag) => {
    // Written once, however many images begin with it, and only where one does.
    let root: Promise<Container> | undefined
    const base = () => (root ??= debianRoot(dag, paths))
    const build = ({ name, recipe, hash }: (typeof missing)[number]): Promise<void> =>
      step(`image ${name}`, async () => {
        const needs = [recipe.from, recipe.goBuilder]
          .filter((part): part is string => !!part && part !== "base")
          .map(canonicalName)
        // Two that push the same layer into one repository at once take each other's word for it, before it is there: the registry then refuses the manifest. Such images follow each other.
        const beside = waves.slice(0, waves.indexOf(name)).filter((other) => split(other).path === split(name).path)
        await Promise.all(
          [...needs.filter((need) => waves.includes(need)), ...beside].map((before) => done.get(before)),
        )
        const container = await assemble(dag, paths, recipe, hash, base)
        // Less work than gzip, here and each time that the engine unpacks it.
        const published = await container.publish(`${registryAddress}/${name}`, {
          forcedCompression: ImageLayerCompression.Zstd,
        })
        mkdirSync(paths.images, { recursive: true })
        writeFileSync(
          recordFile(paths, name),
          JSON.stringify({ recipe: hash, digest: published.split("@")[1]! } satisfies Built),
        )
      }).catch((error: Error) => {
        throw new Error(
          `image ${name}: ${error.message}\n${error instanceof ExecError ? error.stderr.trim().split("\n").slice(-15).join("\n") : ""}`.trim(),
        )
      })
    for (const image of missing) done.set(image.name, build(image))
    await Promise.all(done.values())
  })
    .then(() => (missing.some(({ recipe }) => goProjects(recipe).length) ? forgetBuilds(connect) : undefined))
    .finally(() => (process.env = before))
}

/** After a large build what it was compiled from is nothing but weight: half of what the engine's cache may hold, so that what the pipelines themselves compile would have to go. */
async function forgetBuilds(connect: (typeof import("@dagger.io/dagger"))["connect"]): Promise<void> {
  await step("engine: forget what the images were compiled from", () =>
    connect(async (dag) => {
      const container = dag
        .container()
        .from(`${registryAddress}/${canonicalName("debian:bookworm-slim")}`)
        .withEnvVariable("AT", new Date().toISOString())
      const paths = Object.keys(goCaches)
      await withGoCaches(dag, container)
        .withExec(["find", ...paths, "-mindepth", "1", "-delete"])
        .sync()
    }),
  )
}

/** Puts a recipe's parts together as one container. `base` gives the Debian root of provisioning. */
async function assemble(
  dag: Client,
  paths: Paths,
  recipe: Recipe,
  hash: string,
  base: () => Promise<Container>,
): Promise<Container> {
  let container =
    recipe.from === "base" ? await base() : dag.container().from(`${registryAddress}/${canonicalName(recipe.from)}`)
  if (recipe.debian?.length) container = withPackages(container, recipe.debian)
  if (recipe.goToolchain)
    container = container.withDirectory(
      "/usr/local/go",
      dag.host().directory(goRoot(paths), { exclude: ["test", "api", "doc"] }),
    )
  for (const [file, program] of Object.entries(recipe.go ?? {})) {
    const built = await inTurn(
      "go install",
      goBuilder(dag, recipe)
        .withEnvVariable("GOBIN", "/out")
        .withExec(["go", "install", ...compiled, "-ldflags", "-s -w", program]),
    )
    container = container.withFile(file, built.file(`/out/${/([^/@]+?)(?:\/v\d+)?@/.exec(program)![1]}`), {
      permissions: 0o755,
    })
  }
  for (const { folder: project, programs, ldflags = "-s -w", tags } of goProjects(recipe)) {
    // One program after the other: two at a time would need more memory than small machines have. What is compiled stays in the cache volume when an attempt is broken off.
    const builds = Object.entries(programs).map(
      ([file, program]) =>
        `go build ${compiled.join(" ")} ${tags ? `-tags '${tags}' ` : ""}-ldflags '${ldflags}' -o '/out/${basename(file)}' '${program}'`,
    )
    const built = await inTurn(
      project,
      goBuilder(dag, recipe)
        .withDirectory("/project", dag.host().directory(join(folder, project)))
        .withWorkdir("/project")
        .withExec(["sh", "-exc", builds.join("\n")]),
    )
    for (const file of Object.keys(programs))
      container = container.withFile(file, built.file(`/out/${basename(file)}`), { permissions: 0o755 })
  }
  for (const [target, source] of Object.entries(recipe.npm ?? {})) {
    const from = join(paths.npm, "node_modules", source)
    container = statSync(from).isDirectory()
      ? container.withDirectory(target, dag.host().directory(from))
      : container.withFile(target, dag.host().file(from), { permissions: 0o755 })
  }
  for (const [target, project] of Object.entries(recipe.npmLock ?? {})) {
    for (const file of lockFiles(project))
      container = container.withFile(join(target, file), dag.host().file(join(folder, project, file)))
    container = container
      .withMountedCache("/root/.npm", dag.cacheVolume("delivery-images-npm"))
      .withExec([
        "npm",
        "ci",
        "--omit=dev",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--prefix",
        target,
      ])
      .withoutMount("/root/.npm")
  }
  for (const [target, project] of Object.entries(recipe.pip ?? {})) {
    container = container
      .withMountedFile("/tmp/requirements.txt", dag.host().file(join(folder, project, "requirements.txt")))
      .withMountedCache("/root/.cache/pip", dag.cacheVolume("delivery-images-pip"))
      .withExec([
        "sh",
        "-ec",
        `python3 -m venv ${target} && ${target}/bin/pip install --no-deps --require-hashes -q -r /tmp/requirements.txt`,
      ])
      .withoutMount("/root/.cache/pip")
      .withoutMount("/tmp/requirements.txt")
  }
  for (const [target, project] of Object.entries(recipe.maven ?? {})) {
    const fetched = mavenBuilder(dag, recipe)
      .withMountedFile("/project/pom.xml", dag.host().file(join(folder, project, "pom.xml")))
      .withExec(["mvn", "-B", "-q", `${dependencyPlugin}:copy-dependencies`, "-DoutputDirectory=/out"])
    container = container.withDirectory(target, fetched.directory("/out"))
  }
  for (const [target, project] of Object.entries(recipe.mavenUnpack ?? {})) {
    const unpacked = mavenBuilder(dag, recipe)
      .withMountedFile("/project/pom.xml", dag.host().file(join(folder, project, "pom.xml")))
      .withExec(["mvn", "-B", "-q", `${dependencyPlugin}:unpack-dependencies`, "-DoutputDirectory=/out"])
    container = container.withDirectory(target, unpacked.directory("/out"))
  }
  for (const [file, text] of Object.entries(recipe.files ?? {}))
    container = container.withNewFile(file, text, { permissions: text.startsWith("#!") ? 0o755 : 0o644 })
  for (const [link, target] of Object.entries(recipe.links ?? {})) container = container.withSymlink(target, link)
  if (recipe.run?.length) container = container.withExec(["sh", "-ec", recipe.run.join("\n")])
  for (const [name, value] of Object.entries({ ...certificateEnv, ...recipe.env }))
    container = container.withEnvVariable(name, value, { expand: true })
  if (recipe.workdir) container = container.withWorkdir(recipe.workdir)
  if (recipe.user) container = container.withUser(recipe.user)
  container = recipe.entrypoint ? container.withEntrypoint(recipe.entrypoint) : container.withoutEntrypoint()
  container = container.withDefaultArgs(recipe.command ?? ["sh"])
  return container
    .withLabel("org.opencontainers.image.title", `stand-in of ${recipe.image}`)
    .withLabel("org.opencontainers.image.description", recipe.about)
    .withLabel("delivery.stand-in", "true")
    .withLabel(
      "delivery.stand-in.sources",
      JSON.stringify({
        debian: recipe.debian,
        go: recipe.go,
        goProject: recipe.goProject,
        npm: recipe.npm,
        npmLock: recipe.npmLock,
        pip: recipe.pip,
        maven: { ...recipe.maven, ...recipe.mavenUnpack },
        goToolchain: recipe.goToolchain,
      }),
    )
    .withLabel("delivery.stand-in.recipe", hash)
}

/** Installs Debian packages. As in vendors' images, none starts its service. Java's want a folder that small Debian images leave out. */
function withPackages(container: Container, packages: string[]): Container {
  return container
    .withNewFile("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", { permissions: 0o755 })
    .withExec([
      "sh",
      "-c",
      `mkdir -p /usr/share/man/man1 && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages.join(" ")} && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin`,
    ])
}

/** How all Go programs are compiled, so that they share what they have in common. They are stripped, so nothing for debuggers is compiled: 5 % less time, 24 % less cache. */
const compiled = ["-trimpath", "-gcflags=all=-dwarf=false"]

/**
 * The image that builds a recipe's Go programs, with the caches that all such builds share, and the standard library in them. The compiler may take four times the memory that lives before it
 * collects: 15 % less time.
 */
function goBuilder(dag: Client, recipe: Recipe): Container {
  return withGoCaches(dag, dag.container().from(`${registryAddress}/${canonicalName(recipe.goBuilder!)}`))
    .withEnvVariable("CGO_ENABLED", "0")
    .withEnvVariable("GOGC", "400")
    .withExec(["go", "build", ...compiled, "std"])
}

/** The caches of all builds of Go programs: the names of their volumes, by where they are. */
const goCaches = { "/go/pkg/mod": "delivery-images-go-mod", "/root/.cache/go-build": "delivery-images-go-build" }

function withGoCaches(dag: Client, container: Container): Container {
  for (const [path, name] of Object.entries(goCaches))
    container = container.withMountedCache(path, dag.cacheVolume(name))
  return container
}

const turns = new Map<string, Promise<unknown>>()

/** Builds of one line run one after another: they have packages in common, which two at a time would both compile. */
function inTurn(line: string, build: Container): Promise<Container> {
  const turn = (turns.get(line) ?? Promise.resolve()).then(() => build.sync())
  turns.set(
    line,
    turn.catch(() => undefined),
  )
  return turn
}

/** Fetches what a pom.xml names, and all that this depends on. */
const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"

/** The image that a recipe begins with, with Debian's Maven in it. */
function mavenBuilder(dag: Client, recipe: Recipe): Container {
  return withPackages(dag.container().from(`${registryAddress}/${canonicalName(recipe.from)}`), ["maven"])
    .withMountedCache("/root/.m2", dag.cacheVolume("delivery-images-maven"))
    .withWorkdir("/project")
}

/** The Debian root of provisioning as a container, with the machine's certificates in it. */
async function debianRoot(dag: Client, paths: Paths): Promise<Container> {
  const file = join(paths.cache, "debian-image.tar")
  await writeImageTar(file, {
    layers: [join(paths.tar, "base.tar")],
    name: "debian",
    config: { env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" } },
  })
  let container = dag.container().import_(dag.host().file(file))
  for (const certificate of machineCertificates())
    container = container.withFile(
      join("/usr/local/share/ca-certificates", certificate.replace(/.*\//, "")),
      dag.host().file(certificate),
    )
  return container.withExec(["update-ca-certificates"])
}

/** What the mirror holds of an image, if it is whole: its manifest's link and each of its blobs, by size. */
export function builtImage(paths: Paths, name: string): Built | undefined {
  const file = recordFile(paths, name)
  if (!existsSync(file)) return undefined
  const built = JSON.parse(readFileSync(file, "utf8")) as Built
  const { path, tag } = split(name)
  const link = join(paths.registry, "docker/registry/v2/repositories", path, "_manifests/tags", tag, "current/link")
  if (!existsSync(link) || readFileSync(link, "utf8").trim() !== built.digest) return undefined
  const manifest = readManifest(paths, built.digest)
  if (!manifest) return undefined
  const whole = [manifest.config, ...manifest.layers].every(
    ({ digest, size }) => existsSync(blobFile(paths, digest)) && statSync(blobFile(paths, digest)).size === size,
  )
  return whole ? built : undefined
}

interface Manifest {
  config: { digest: string; size: number }
  layers: { digest: string; size: number }[]
}

function readManifest(paths: Paths, digest: string): Manifest | undefined {
  const file = blobFile(paths, digest)
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Manifest) : undefined
}

function blobFile(paths: Paths, digest: string): string {
  const [algorithm, hex] = digest.split(":") as [string, string]
  return join(paths.registry, "docker/registry/v2/blobs", algorithm, hex.slice(0, 2), hex, "data")
}

/** An image's name in two parts: where its repository is, and the tag. */
function split(name: string): { path: string; tag: string } {
  const [, path, tag] = /^(.*):([^:]+)$/.exec(name)!
  return { path: path!, tag: tag! }
}

function recordFile(paths: Paths, name: string): string {
  return join(paths.images, `${name.replaceAll("/", "__")}.json`)
}

/** Prints every image that has a recipe: name, tag, digest, size, what it is made of, and which modules want it. */
export async function listImages(paths: Paths): Promise<void> {
  const wanted = await wantedImages(allModules())
  const rows = [...readRecipes()].map(([name, recipe]) => {
    const built = builtImage(paths, name)
    const manifest = built && readManifest(paths, built.digest)
    const size = manifest
      ? `${Math.round(manifest.layers.reduce((sum, layer) => sum + layer.size, 0) / 1e6)} MB`
      : "not built"
    return [
      name,
      built?.digest.slice(7, 19) ?? "-",
      size,
      "stand-in",
      recipe.about,
      wanted
        .get(name)
        ?.map((module) => module.replace(`${repository}/`, ""))
        .join(" ") ?? "-",
    ]
  })
  for (const [vendor, ours] of Object.entries(readOverrides()))
    rows.push([vendor, "-", "-", `override → ${ours}`, "", wanted.get(vendor)?.join(" ") ?? "-"])
  const head = ["image", "digest", "size", "kind", "parts", "wanted by"]
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  for (const row of [head, ...rows])
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
}
