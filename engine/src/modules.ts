// The modules of this repository, and the images that a call of one needs (src/images.ts of each module).
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { repository } from "./paths.js"
import { canonicalName } from "./recipes.js"

/** A module and all local modules that it depends on, as their source folders (dagger.json). */
export function moduleClosure(start: string): string[] {
  const sources = new Set<string>()
  const visit = (module: string) => {
    const file = join(module, "dagger.json")
    if (!existsSync(file)) return
    const config = JSON.parse(readFileSync(file, "utf8")) as { source?: string; dependencies?: { source: string }[] }
    const source = join(module, config.source ?? ".")
    if (sources.has(source)) return
    sources.add(source)
    for (const dependency of config.dependencies ?? []) visit(join(module, dependency.source))
  }
  visit(start)
  return [...sources]
}

/** Every module of this repository, and the tests' modules that stand in for something. */
export function allModules(): string[] {
  const folders = ["modules", "test/standins"].map((name) => join(repository, name)).filter(existsSync)
  const modules = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  return [...new Set([...moduleClosure(repository), ...modules.flatMap(moduleClosure)])]
}

/** A module's src/images.ts: its images, and, where it depends on many modules, what each of its functions uses. */
interface ImagesFile {
  images: Record<string, string>
  uses?: Record<string, { modules: string[]; images: string[]; configured?: Record<string, string[]> }>
}

async function imagesFile(module: string): Promise<ImagesFile | undefined> {
  const file = join(module, "src/images.ts")
  return existsSync(file) ? ((await import(pathToFileURL(file).href)) as ImagesFile) : undefined
}

/** The images that modules use, each with the modules that use it. */
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

/**
 * The images that a call of a module needs, each with the modules that use it. `module` is a folder with a dagger.json.
 * Where its src/images.ts says what each function uses, the first function among `words` decides; otherwise the images
 * of the module and of all its dependencies are needed. `files` gives the names of the files that the function works
 * on: some modules are used only where a file configures them.
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
  const names = used.configured ? files() : new Set<string>()
  const configured = Object.entries(used.configured ?? {}).filter(([, by]) => by.some((file) => names.has(file)))
  const modules = [...used.modules, ...configured.map(([name]) => name)]
  const wanted = await wantedImages(
    dependencies
      .filter(({ name }) => modules.includes(name))
      .flatMap((dependency) => moduleClosure(join(module, dependency.source))),
  )
  for (const key of used.images) wanted.set(canonicalName(own!.images[key]!), [source])
  return wanted
}
