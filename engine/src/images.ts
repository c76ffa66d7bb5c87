// The mirror: stand-ins of vendors' images, built by Dagger itself out of package registries and pushed under the
// vendor's name and tag into the registry beside the engine. Only images that a call uses are built.
import type { Client, Container } from "@dagger.io/dagger"
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assemble, compileFlags, debianRoot, emptyGoCaches, stripped, type Workshop } from "./assemble.js"
import { machineCertificates } from "./build.js"
import { allModules, wantedImages } from "./modules.js"
import { goVersion, registryAddress, repository, type Paths } from "./paths.js"
import { say, step } from "./progress.js"
import {
  canonicalName,
  goProjects,
  lockTexts,
  programsKey,
  readOverrides,
  readRecipes,
  type Recipe,
} from "./recipes.js"
import { hashOf } from "./stamp.js"
import { provisionedEnvironment } from "./up.js"

interface Built {
  recipe: string
  digest: string
}

/** An image to build: its full name, its recipe, and a hash of all that it is made of. */
interface Item {
  name: string
  recipe: Recipe
  hash: string
}

type Library = typeof import("@dagger.io/dagger")

/** Makes sure that the mirror has each image; builds what is missing. Looks at files only when nothing is missing. */
export async function ensureImages(paths: Paths, wanted: Map<string, string[]>): Promise<void> {
  if (process.env.DELIVERY_REGISTRY_MIRROR) return
  const missing: Item[] = []
  for (const item of inOrder(paths, wanted)) {
    const built = builtImage(paths, item.name)
    if (built?.recipe !== item.hash) missing.push(item)
    // Images that were built before this was recorded.
    else if (!existsSync(compiledFile(paths, item.name))) noteCompiled(paths, item, built.digest)
  }
  if (!missing.length) return
  say(`images to build for the mirror: ${missing.map(({ name }) => name).join(", ")}`)
  // Loaded here because it takes 1.5 s, which calls that find everything in place need not wait for.
  const library = await import("@dagger.io/dagger")
  const before = { ...process.env }
  Object.assign(process.env, provisionedEnvironment(paths))
  try {
    await library.connect((dag) => buildAll(dag, library, paths, missing))
  } finally {
    process.env = before
  }
}

/** The wanted images and all that they are built on, each after those that it needs. */
function inOrder(paths: Paths, wanted: Map<string, string[]>): Item[] {
  const recipes = readRecipes()
  const overrides = readOverrides()
  const items = new Map<string, Item>()
  const visit = (name: string, wantedBy: string): string => {
    const known = items.get(name)
    if (known) return known.hash
    const recipe = recipes.get(overrides[name] ?? name)
    if (!recipe)
      throw new Error(
        `no recipe for the image ${name}, which ${wantedBy} wants, and vendors' registries are not used here.\n` +
          "Add one as engine/images/<name>.yaml (see engine/images/README.md), map it to another image in " +
          "engine/images/overrides.yaml, or set DELIVERY_REGISTRY_MIRROR to a registry that has it.",
      )
    const hash = hashOf(
      name,
      recipe,
      needsOf(recipe).map((part) => visit(part, `the recipe of ${name}`)),
      recipe.from === "base" && readFileSync(join(paths.steps, "base.json"), "utf8"),
      machineCertificates().map((file) => readFileSync(file, "utf8")),
      ...lockTexts(recipe),
    )
    items.set(name, { name, recipe, hash })
    return hash
  }
  for (const [name, modules] of wanted) visit(name, modules.map(inRepository).join(", "))
  return [...items.values()]
}

/** The images of the mirror that a recipe is built on. */
function needsOf(recipe: Recipe): string[] {
  return [recipe.from, recipe.goBuilder].filter((part): part is string => !!part && part !== "base").map(canonicalName)
}

const inRepository = (module: string): string => module.replace(`${repository}/`, "")

/** Builds and pushes images side by side, each after those that it needs. */
async function buildAll(dag: Client, library: Library, paths: Paths, missing: Item[]): Promise<void> {
  // Written once, however many images begin with it, and only where one does.
  let root: Promise<Container> | undefined
  const workshop = { dag, paths, base: () => (root ??= debianRoot(dag, paths)) }
  const names = missing.map(({ name }) => name)
  const done = new Map<string, Promise<void>>()
  // Before anything is built: afterwards each of them is a compiled image.
  const compiled = missing.filter(
    (item) => keyOfPrograms(item.recipe) !== undefined && compiledImage(paths, item) === undefined,
  )
  const compiling: Promise<void>[] = []
  for (const item of missing) {
    // Two pushes of one layer into one repository at the same time each count on the other's upload before it is there,
    // and the registry then refuses the manifest. Images of one repository therefore follow each other.
    const sameRepository = [...done.keys()].filter((other) => split(other).path === split(item.name).path)
    const needed = needsOf(item.recipe).filter((need) => names.includes(need))
    const before = Promise.all([...needed, ...sameRepository].map((name) => done.get(name) ?? Promise.resolve()))
    let assembled = (): void => undefined
    if (compiled.includes(item)) compiling.push(new Promise((resolve) => (assembled = resolve)))
    done.set(item.name, build(workshop, library, item, { before, assembled }))
  }
  const emptied = Promise.all(compiling).then(() => removeGoCaches(dag, paths, compiled))
  await Promise.all(done.values())
  await emptied
}

/**
 * Empties the caches of Go builds as soon as the last of a batch is compiled, because the disk is fullest then. What large
 * projects were compiled from fills half of the engine's cache: it would displace the pipelines' own.
 */
async function removeGoCaches(dag: Client, paths: Paths, compiled: Item[]): Promise<void> {
  const large = compiled.filter(({ recipe }) => goProjects(recipe).length)
  const folders = large.flatMap(({ recipe }) => goProjects(recipe).map(({ folder }) => folder))
  const isBuilt = (name: string): boolean =>
    compiled.some((item) => item.name === name) || builtImage(paths, name) !== undefined
  if (large.length === 0 || laterImages(readRecipes(), folders, isBuilt).length) return
  await step("engine: remove the caches of the images' Go builds", () =>
    emptyGoCaches(dag, large[0]!.recipe.goBuilder!),
  )
}

/**
 * The images that are still to be compiled from these Go projects: helm comes from the same project as Kubernetes, and is
 * wanted long before it. While there are any, what was compiled is worth keeping.
 */
export function laterImages(
  recipes: Map<string, Recipe>,
  projects: string[],
  isBuilt: (name: string) => boolean,
): string[] {
  return [...recipes]
    .filter(([name, recipe]) => goProjects(recipe).some(({ folder }) => projects.includes(folder)) && !isBuilt(name))
    .map(([name]) => name)
}

/** Builds an image when those before it are done, pushes it, and records it. */
async function build(
  workshop: Workshop,
  { ExecError, ImageLayerCompression }: Library,
  item: Item,
  { before, assembled }: { before: Promise<unknown>; assembled: () => void },
): Promise<void> {
  const { name, recipe, hash } = item
  try {
    await step(`image ${name}`, async () => {
      await before
      const container = await assemble(workshop, recipe, { hash, compiled: compiledImage(workshop.paths, item) })
      assembled()
      // Zstandard is less work than gzip, here and each time that the engine unpacks the image.
      const forcedCompression = ImageLayerCompression.Zstd
      const published = await container.publish(`${registryAddress}/${name}`, { forcedCompression })
      const record: Built = { recipe: hash, digest: published.split("@")[1]! }
      writeRecord(recordFile(workshop.paths, name), record)
      noteCompiled(workshop.paths, item, record.digest)
    })
  } catch (error) {
    const output = error instanceof ExecError ? error.stderr.trim().split("\n").slice(-15).join("\n") : ""
    throw new Error(`image ${name}: ${(error as Error).message}\n${output}`.trim())
  }
}

const keyOfPrograms = (recipe: Recipe): string | undefined =>
  programsKey(recipe, [goVersion, ...compileFlags, stripped].join(" "))

/** The file that says from which Go sources the programs of an image of the mirror were compiled. */
const compiledFile = (paths: Paths, name: string): string =>
  join(paths.state, "compiled", `${name.replaceAll("/", "__")}.json`)

/** Records from what the Go programs of an image with this digest were compiled. */
export function noteCompiled(paths: Paths, { name, recipe }: Pick<Item, "name" | "recipe">, digest: string): void {
  const programs = keyOfPrograms(recipe)
  if (programs === undefined) return
  writeRecord(compiledFile(paths, name), { programs, digest })
}

/** Writes a record beside its place and renames it: complete or absent, and no other name of an older one changes. */
function writeRecord(file: string, record: object): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(record))
  renameSync(`${file}.new`, file)
}

/**
 * The image of the mirror, as path@digest, whose Go programs were compiled from what this item's recipe names: another
 * file, package or root of the recipe then compiles nothing. Undefined where there is none.
 */
export function compiledImage(paths: Paths, { name, recipe }: Pick<Item, "name" | "recipe">): string | undefined {
  const key = keyOfPrograms(recipe)
  const file = compiledFile(paths, name)
  const built = key === undefined || !existsSync(file) ? undefined : builtImage(paths, name)
  if (!built) return undefined
  const { programs, digest } = JSON.parse(readFileSync(file, "utf8")) as { programs: string; digest: string }
  return programs === key && digest === built.digest ? `${split(name).path}@${digest}` : undefined
}

/** The mirror's record of an image, if the mirror has its manifest and each of its blobs in full size. */
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

/** The two parts of an image's name: the path of its repository, and the tag. */
function split(name: string): { path: string; tag: string } {
  const [, path, tag] = /^(.*):([^:]+)$/.exec(name)!
  return { path: path!, tag: tag! }
}

function recordFile(paths: Paths, name: string): string {
  return join(paths.images, `${name.replaceAll("/", "__")}.json`)
}

/** Prints every image that has a recipe: name, digest, size, what it is made of, and the modules that use it. */
export async function listImages(paths: Paths): Promise<void> {
  const wanted = await wantedImages(allModules())
  const usedBy = (name: string): string => wanted.get(name)?.map(inRepository).join(" ") ?? "-"
  const rows = [...readRecipes()].map(([name, recipe]) => {
    const built = builtImage(paths, name)
    const manifest = built && readManifest(paths, built.digest)
    const bytes = manifest?.layers.reduce((sum, layer) => sum + layer.size, 0)
    const size = bytes === undefined ? "not built" : `${Math.round(bytes / 1e6)} MB`
    return [name, built?.digest.slice(7, 19) ?? "-", size, recipe.about, usedBy(name)]
  })
  for (const [vendor, ours] of Object.entries(readOverrides()))
    rows.push([vendor, "-", "-", `${ours} stands in for it`, usedBy(vendor)])
  const head = ["image", "digest", "size", "made of", "used by"]
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  for (const row of [head, ...rows])
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
}
