// `npm run sync`: copies the code that modules share from modules/shared/ into each module that names it in its
// package.json. A module's runtime sees only the module's own folder, so these copies are committed; a unit test fails
// when one differs from its source.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { repository } from "./paths.js"

/** A copy that is not as `npm run sync` would write it; `text` is missing where the file has to go. */
interface Drift {
  file: string
  problem: "missing" | "differs" | "not named"
  text?: string
}

/** Names of all modules in a folder: those of its folders that have a dagger.json (`shared` has none). */
export function moduleNames(folder = join(repository, "modules")): string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "dagger.json")))
    .sort()
}

/** The shared files that a module's package.json names, without what these import. */
export function namedBy(module: string, folder = join(repository, "modules")): string[] {
  const file = join(folder, module, "package.json")
  const { delivery } = JSON.parse(readFileSync(file, "utf8")) as { delivery?: { shared?: unknown } }
  const shared = delivery?.shared ?? []
  if (!Array.isArray(shared) || shared.some((name) => typeof name !== "string"))
    throw new Error(`modules/${module}/package.json: delivery.shared must be a list of names, for example ["step"]`)
  return shared as string[]
}

/** Every copy in a folder of modules that `npm run sync` would write or remove. */
export function drift(folder = join(repository, "modules")): Drift[] {
  return moduleNames(folder).flatMap((module) => driftOf(module, folder))
}

/** Writes and removes what differs; returns the paths, from the folder of modules. */
export function sync(folder = join(repository, "modules")): string[] {
  return drift(folder).map(({ file, text }) => {
    const path = join(folder, file)
    if (text === undefined) rmSync(path)
    else {
      mkdirSync(join(path, ".."), { recursive: true })
      writeFileSync(path, text)
    }
    return file
  })
}

/** The command: exit code 0 when the copies are, or now are, equal to their sources. */
export function syncCommand(args: string[]): number {
  const [option, ...rest] = args
  if (rest.length > 0 || (option !== undefined && option !== "--check")) {
    console.error(`npm run sync: unknown argument ${rest[0] ?? option}; allowed is --check`)
    return 2
  }
  if (option === undefined) {
    const changed = sync()
    for (const file of changed) console.log(`modules/${file}`)
    console.log(
      changed.length === 0 ? "all copies of modules/shared are up to date" : `${changed.length} files changed`,
    )
    return 0
  }
  const problems = drift()
  for (const { file, problem } of problems) console.error(`modules/${file}: ${explain(problem)}`)
  return problems.length === 0 ? 0 : 1
}

/** What to do about a copy that differs. */
export function explain(problem: Drift["problem"]): string {
  const run = "run `npm run sync`"
  return {
    missing: `the copy is missing: ${run}`,
    differs: `the copy differs from its source in modules/shared; edit the source, then ${run}`,
    "not named": `no longer named in the module's package.json (delivery.shared): add the name, or ${run} to remove the copy`,
  }[problem]
}

function driftOf(module: string, folder: string): Drift[] {
  const wanted = closure(module, folder)
  const target = join(folder, module, "src/shared")
  const there = existsSync(target) ? readdirSync(target).sort() : []
  const copies = wanted.flatMap((name): Drift[] => {
    const file = `${module}/src/shared/${name}.ts`
    const text = copyOf(name, folder)
    if (!there.includes(`${name}.ts`)) return [{ file, problem: "missing", text }]
    return readFileSync(join(folder, file), "utf8") === text ? [] : [{ file, problem: "differs", text }]
  })
  const stale = there.filter((file) => !wanted.includes(file.replace(/\.ts$/, "")))
  return [...copies, ...stale.map((file): Drift => ({ file: `${module}/src/shared/${file}`, problem: "not named" }))]
}

/** The named files and all that they import from modules/shared, in the order of their names. */
function closure(module: string, folder: string): string[] {
  const found = new Set<string>()
  const visit = (name: string, by: string): void => {
    if (found.has(name)) return
    if (!existsSync(sourceOf(name, folder)))
      throw new Error(`${by}: there is no modules/shared/${name}.ts; the shared files are ${sharedNames(folder)}`)
    found.add(name)
    const text = readFileSync(sourceOf(name, folder), "utf8")
    for (const [, imported] of text.matchAll(/\bfrom\s+"\.\/([\w-]+)"/g)) visit(imported!, `modules/shared/${name}.ts`)
  }
  for (const name of namedBy(module, folder)) visit(name, `modules/${module}/package.json, delivery.shared`)
  return [...found].sort()
}

function copyOf(name: string, folder: string): string {
  const header = `// Generated from modules/shared/${name}.ts by \`npm run sync\`; do not edit.\n`
  return header + readFileSync(sourceOf(name, folder), "utf8")
}

function sharedNames(folder: string): string {
  return readdirSync(join(folder, "shared"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(/\.ts$/, ""))
    .join(", ")
}

const sourceOf = (name: string, folder: string): string => join(folder, "shared", `${name}.ts`)
