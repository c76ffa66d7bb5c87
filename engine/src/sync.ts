// `npm run sync`: writes README's table of checks and Terraform's list of repositories, and copies the code that modules
// share from modules/shared/ into each module, and into ci/, that names it in its package.json. A module's runtime sees
// only the module's own folder, so these copies are committed; a unit test fails when one differs from its source.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"
import { catalogueTable } from "../../ci/src/catalogue.js"
import { parseConfig } from "../../ci/src/config/config.js"
import { repositoriesOf } from "../../ci/src/config/repositories.js"
import { repository } from "./paths.js"

/** A copy that is not as `npm run sync` would write it; `text` is missing where the file has to go. */
interface Drift {
  file: string
  problem: "missing" | "differs" | "not named" | "old table" | "other repositories"
  text?: string
}

/** Names of all modules of a repository: the folders of modules/ that have a dagger.json (`shared` has none). */
export function moduleNames(root = repository): string[] {
  return readdirSync(join(root, "modules"))
    .filter((name) => existsSync(join(root, "modules", name, "dagger.json")))
    .sort()
}

/** The shared files that the package.json of a folder names, without what these import. */
export function namedBy(folder: string, root = repository): string[] {
  const file = join(folder, "package.json")
  if (!existsSync(join(root, file))) return []
  const { delivery } = JSON.parse(readFileSync(join(root, file), "utf8")) as { delivery?: { shared?: unknown } }
  const shared = delivery?.shared ?? []
  if (!Array.isArray(shared) || shared.some((name) => typeof name !== "string"))
    throw new Error(`${file}: delivery.shared must be a list of names, for example ["step"]`)
  return shared as string[]
}

/** Every copy in a repository that `npm run sync` would write or remove. */
export function drift(root = repository): Drift[] {
  const folders = [...moduleNames(root).map((name) => `modules/${name}`), "ci"]
  return [...folders.flatMap((folder) => driftOf(folder, root)), ...tableDrift(root), ...repositoriesDrift(root)]
}

/** Writes and removes what differs; returns the paths. */
export function sync(root = repository): string[] {
  return drift(root).map(({ file, text }) => {
    const path = join(root, file)
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
    for (const file of changed) console.log(file)
    console.log(
      changed.length === 0
        ? "all copies of modules/shared, README's table of checks and Terraform's list of repositories are up to date"
        : `${changed.length} files changed`,
    )
    return 0
  }
  const problems = drift()
  for (const { file, problem } of problems) console.error(`${file}: ${explain(problem)}`)
  return problems.length === 0 ? 0 : 1
}

/** What to do about a copy that differs. */
export function explain(problem: Drift["problem"]): string {
  const run = "run `npm run sync`"
  return {
    missing: `the copy is missing: ${run}`,
    differs: `the copy differs from its source in modules/shared; edit the source, then ${run}`,
    "other repositories": `the list differs from the repositories that delivery.yaml's releases use: ${run}`,
    "old table": `the table of checks differs from ci/src/catalogue.ts: ${run}`,
    "not named": `no longer named in package.json (delivery.shared): add the name, or ${run} to remove the copy`,
  }[problem]
}

function driftOf(folder: string, root: string): Drift[] {
  const wanted = closure(folder, root)
  const target = `${folder}/src/shared`
  const there = existsSync(join(root, target)) ? readdirSync(join(root, target)).sort() : []
  const copies = wanted.flatMap((name): Drift[] => {
    const file = `${target}/${name}.ts`
    const text = copyOf(name, root)
    if (!there.includes(`${name}.ts`)) return [{ file, problem: "missing", text }]
    return readFileSync(join(root, file), "utf8") === text ? [] : [{ file, problem: "differs", text }]
  })
  const stale = there.filter((file) => !wanted.includes(file.replace(/\.ts$/, "")))
  return [...copies, ...stale.map((file): Drift => ({ file: `${target}/${file}`, problem: "not named" }))]
}

/** README's table of checks, if it is not the catalogue's. */
function tableDrift(root: string): Drift[] {
  const file = "README.md"
  if (!existsSync(join(root, file))) return []
  const before = readFileSync(join(root, file), "utf8")
  const text = before.replace(
    /(<!-- checks -->\n)[\s\S]*?(\n<!-- \/checks -->)/,
    (_, begin: string, end: string) => `${begin}${catalogueTable()}${end}`,
  )
  return text === before ? [] : [{ file, problem: "old table", text }]
}

/** Terraform's list of repositories, if it is not that of the releases. */
function repositoriesDrift(root: string): Drift[] {
  const file = "terraform/shared/repositories.auto.tfvars.json"
  if (!existsSync(join(root, "delivery.yaml")) || !existsSync(join(root, "terraform/shared"))) return []
  const { services, chart } = parseConfig(readFileSync(join(root, "delivery.yaml"), "utf8"))
  const { name } = parse(readFileSync(join(root, chart.path, "Chart.yaml"), "utf8")) as { name: string }
  const text = `${JSON.stringify({ repositories: repositoriesOf(services, name) }, null, 2)}\n`
  const before = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : ""
  return text === before ? [] : [{ file, problem: "other repositories", text }]
}

/** The named files and all that they import from modules/shared, in the order of their names. */
function closure(folder: string, root: string): string[] {
  const found = new Set<string>()
  const visit = (name: string, by: string): void => {
    if (found.has(name)) return
    const source = join(root, sourceOf(name))
    if (!existsSync(source))
      throw new Error(`${by}: there is no ${sourceOf(name)}; the shared files are ${sharedNames(root)}`)
    found.add(name)
    for (const [, imported] of readFileSync(source, "utf8").matchAll(/\b(?:from|import)\s+"\.\/([\w-]+)"/g))
      visit(imported!, sourceOf(name))
  }
  for (const name of namedBy(folder, root)) visit(name, `${folder}/package.json, delivery.shared`)
  return [...found].sort()
}

function copyOf(name: string, root: string): string {
  const header = `// Generated from ${sourceOf(name)} by \`npm run sync\`; do not edit.\n`
  return header + readFileSync(join(root, sourceOf(name)), "utf8")
}

function sharedNames(root: string): string {
  return readdirSync(join(root, "modules/shared"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(/\.ts$/, ""))
    .join(", ")
}

const sourceOf = (name: string): string => `modules/shared/${name}.ts`
