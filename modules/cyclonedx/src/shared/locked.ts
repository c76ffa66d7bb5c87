// Generated from modules/shared/locked.ts by `npm run sync`; do not edit.
// The packages in a lock file of pnpm, yarn or bun, and the same as one of npm, whose tools read no other: pure functions over texts.
import { blocksOf, type Block } from "./blocks"
import { dependenciesOf, readManifest, type Lockfile, type Manifest, type PackageJson } from "./lockfiles"

/** A package of one version. */
export interface Locked {
  name: string
  version: string
  /** Its line in the lock file, from 1. */
  line: number
  /** Whether it is shipped: not only a development dependency needs it. */
  isShipped: boolean
}

/** A package before it is known who needs it. */
interface Entry {
  /** Empty for what does not come from a registry: a folder, a workspace, an archive whose version nobody says. */
  version: string
  name: string
  line: number
  /** The keys of entries that it needs. */
  needs: string[]
}

/** The entries of a lock file by key, and the keys that the project itself needs. */
interface Graph {
  entries: Map<string, Entry>
  shipped: string[]
  development: string[]
}

/**
 * Returns the packages of a lock file, sorted. `manifests` are the package.json files of the project and of its workspaces; of a
 * package that none of them needs, it is assumed that it is shipped. An error says what is not understood.
 */
export function lockedPackages(file: Lockfile, text: string, manifests: Manifest[]): Locked[] {
  const read = readers[file]
  if (!read) throw new Error(notReadable[file] ?? `${file} is read by npm itself`)
  const { entries, shipped, development } = read(text, manifests)
  const [used, developed] = [reached(entries, shipped), reached(entries, development)]
  const found = new Map<string, Locked>()
  for (const [key, { name, version, line }] of entries) {
    if (version === "") continue
    const id = `${name}@${version}`
    const isShipped = used.has(key) || !developed.has(key)
    const known = found.get(id)
    found.set(id, { name, version, line: known?.line ?? line, isShipped: isShipped || (known?.isShipped ?? false) })
  }
  const declared = manifests.some(({ text: json }) => Object.keys(dependenciesOf(readManifest(json))).length > 0)
  if (entries.size === 0 && declared) throw new Error("it has no package, and package.json has dependencies")
  return [...found.values()].sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The keys that can be reached from some. */
function reached(entries: Map<string, Entry>, from: string[]): Set<string> {
  const found = new Set(from)
  for (const key of found) for (const next of entries.get(key)?.needs ?? []) found.add(next)
  return found
}

const notReadable: Partial<Record<Lockfile, string>> = {
  "bun.lockb": "it is binary: write the text with `bun install --save-text-lockfile --lockfile-only`, and commit it",
}

const readers: Partial<Record<Lockfile, (text: string, manifests: Manifest[]) => Graph>> = {
  "pnpm-lock.yaml": readPnpm,
  "yarn.lock": (text, manifests) =>
    /^__metadata:/m.test(text) ? readBerry(text, manifests) : readClassic(text, manifests),
  "bun.lock": readBun,
}

// pnpm

function readPnpm(text: string): Graph {
  const graph: Graph = { entries: new Map(), shipped: [], development: [] }
  const documents = blocksOf(text)
  if (documents.length === 0) throw new Error("it is empty")
  for (const document of documents) {
    const version = document.below.get("lockfileVersion")?.value ?? ""
    const major = Number.parseInt(version, 10)
    if (major === 9) readSnapshots(document, graph)
    else if (major === 5 || major === 6) readFlags(document, graph, major)
    else throw new Error(`lockfileVersion is ${version || "missing"}; 5, 6 and 9 can be read`)
  }
  return graph
}

const below = (block: Block | undefined, ...path: string[]): Map<string, Block> =>
  path.reduce<Block | undefined>((at, name) => at?.below.get(name), block)?.below ?? new Map<string, Block>()

/** Since version 9: `packages` has what a package is, `snapshots` what it needs with its peers. */
function readSnapshots(document: Block, graph: Graph): void {
  const [packages, snapshots] = [below(document, "packages"), below(document, "snapshots")]
  const keysOf = (group: Map<string, Block>, at: (block: Block) => string | undefined): string[] =>
    [...group].flatMap(([name, block]) => {
      const value = at(block) ?? ""
      if (value.startsWith("link:")) return []
      const key = [`${name}@${value}`, value].find((one) => snapshots.has(one))
      if (key === undefined) throw new Error(`line ${block.line}: ${name} ${value} is not among its snapshots`)
      return [key]
    })
  const needed = (block: Block, group: string): string[] => keysOf(below(block, group), ({ value }) => value)
  for (const [key, block] of snapshots) {
    const plain = key.replace(/\(.*$/, "")
    const about = packages.get(plain)
    const [name, range] = nameAndRange(plain)
    const needs = [...needed(block, "dependencies"), ...needed(block, "optionalDependencies")]
    const version = about?.below.get("version")?.value ?? (/^\d/.test(range) ? range : "")
    graph.entries.set(key, { name, version, line: (about ?? block).line, needs })
  }
  for (const importer of below(document, "importers").values()) {
    const own = (group: string): string[] =>
      keysOf(below(importer, group), (block) => block.below.get("version")?.value)
    graph.shipped.push(...own("dependencies"), ...own("optionalDependencies"))
    graph.development.push(...own("devDependencies"))
  }
}

/** Before version 9 each package says whether it is for development alone. */
function readFlags(document: Block, graph: Graph, major: number): void {
  const pattern = major === 5 ? /^\/((?:@[^/]+\/)?[^/]+)\/([^/_(]+)/ : /^\/((?:@[^/]+\/)?[^/@]+)@([^(_]+)/
  for (const [key, { below: about, line }] of below(document, "packages")) {
    const [, name = about.get("name")?.value, version = about.get("version")?.value] = pattern.exec(key) ?? []
    const isFolder = key.startsWith("file:") && !version
    if (!name || (!version && !isFolder)) throw new Error(`line ${line}: ${key} has no name and version`)
    graph.entries.set(key, { name, version: version ?? "", line, needs: [] })
    const group = about.get("dev")?.value === "true" ? graph.development : graph.shipped
    group.push(key)
  }
}

// yarn

/** Splits `name@range`; what stands for another package has its name: `b` for `a@npm:b@^1`. */
function nameAndRange(descriptor: string): [string, string] {
  const at = descriptor.indexOf("@", 1)
  if (at < 0) throw new Error(`${descriptor} has no version`)
  const [name, range] = [descriptor.slice(0, at), descriptor.slice(at + 1)]
  const alias = /^npm:((?:@[^/]+\/)?[^/@\s]+)@(.+)$/.exec(range)
  return alias ? [alias[1]!, alias[2]!] : [name, range.replace(/^npm:/, "")]
}

/** What no registry has. */
const ownRange = /^(file|link|portal|workspace|root|exec):/

/** The entries of a yarn.lock, which are found by their descriptors, `name@range`. */
class YarnGraph implements Graph {
  readonly entries = new Map<string, Entry>()
  readonly shipped: string[] = []
  readonly development: string[] = []
  private readonly byDescriptor = new Map<string, string>()
  private readonly byName = new Map<string, string[]>()

  add(key: string, descriptors: string[], entry: Entry): void {
    this.entries.set(key, entry)
    for (const descriptor of descriptors) {
      this.byDescriptor.set(descriptor, key)
      const name = descriptor.slice(0, descriptor.indexOf("@", 1))
      this.byName.set(name, [...(this.byName.get(name) ?? []), key])
    }
  }

  /** The entries of dependencies: where `resolutions` have replaced a range, all of the package. */
  keysOf(dependencies: Record<string, string> = {}): string[] {
    return Object.entries(dependencies).flatMap(([name, range]) => {
      const key = [`${name}@${range}`, `${name}@npm:${range}`].map((one) => this.byDescriptor.get(one)).find(Boolean)
      return key === undefined ? (this.byName.get(name) ?? []) : [key]
    })
  }

  /** Adds what a package.json needs. */
  root({ dependencies, optionalDependencies, devDependencies }: PackageJson): void {
    this.shipped.push(...this.keysOf({ ...dependencies, ...optionalDependencies }))
    this.development.push(...this.keysOf(devDependencies))
  }
}

/** Reads a yarn.lock of yarn 1, which is no YAML: `name@range, name@range:`, then `version "…"` and `dependencies:`. */
function readClassic(text: string, manifests: Manifest[]): Graph {
  const graph = new YarnGraph()
  const read: { descriptors: string[]; line: number; version: string; needs: Record<string, string> }[] = []
  let group = ""
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, key, value = ""] = /^ +("[^"]+"|[^\s"]+?):?(?: (.*))?$/.exec(line) ?? []
    if (/^\S.*:$/.test(line)) {
      const descriptors = line.slice(0, -1).split(/, (?=\S)/)
      read.push({ descriptors: descriptors.map(unquoted), line: i + 1, version: "", needs: {} })
    } else if (key === undefined || read.length === 0)
      throw new Error(`line ${i + 1} is not understood: ${line.slice(0, 60)}`)
    else if (/^ {2}\S/.test(line)) {
      group = value === "" ? key : ""
      if (key === "version") read.at(-1)!.version = unquoted(value)
    } else if (/^(optionalD|d)ependencies$/.test(group)) read.at(-1)!.needs[unquoted(key)] = unquoted(value)
  }
  for (const { descriptors, line, version } of read) {
    const [name, range] = nameAndRange(descriptors[0]!)
    if (version === "") throw new Error(`line ${line}: ${descriptors[0]} has no version`)
    const entry = { name, version: ownRange.test(range) ? "" : version, line, needs: [] }
    graph.add(descriptors[0]!, descriptors, entry)
  }
  for (const { descriptors, needs } of read) graph.entries.get(descriptors[0]!)!.needs = graph.keysOf(needs)
  for (const { text: json } of manifests) graph.root(readManifest(json))
  return graph
}

function unquoted(text: string): string {
  return text.trim().replace(/^"(.*)"$/, "$1")
}

/** Reads a yarn.lock of yarn 2 and later. Workspaces are entries too, which do not say what is for development. */
function readBerry(text: string, manifests: Manifest[]): Graph {
  const graph = new YarnGraph()
  const entries = [...(blocksOf(text)[0]?.below ?? [])].filter(([key]) => key !== "__metadata")
  const read = entries.map(([key, { below: about, line }]) => {
    const [resolution, version] = ["resolution", "version"].map((field) => about.get(field)?.value)
    if (!resolution || !version) throw new Error(`line ${line}: ${key} has no version and resolution`)
    const [name, range] = nameAndRange(resolution)
    const entry: Entry = { name, version: ownRange.test(range) ? "" : version, line, needs: [] }
    graph.add(key, key.split(/,\s*/), entry)
    const needs = ["dependencies", "optionalDependencies"].flatMap((group) => [...(about.get(group)?.below ?? [])])
    const dependencies = Object.fromEntries(needs.map(([dependency, { value }]) => [dependency, value]))
    return { entry, dependencies, workspace: /^workspace:(.*)$/.exec(range)?.[1] }
  })
  for (const { entry, dependencies, workspace } of read) {
    if (workspace === undefined) entry.needs = graph.keysOf(dependencies)
    else
      graph.root(
        byGroup(
          dependencies,
          manifests.find(({ folder }) => folder === workspace),
        ),
      )
  }
  return graph
}

/** The dependencies of a workspace as in its package.json, with the ranges of the lock file; all are shipped without it. */
function byGroup(dependencies: Record<string, string>, manifest: Manifest | undefined): PackageJson {
  if (!manifest) return { dependencies }
  const { devDependencies = {}, ...rest } = readManifest(manifest.text, `${manifest.folder}/package.json`)
  const others = dependenciesOf(rest)
  const isDevelopment = ([name]: [string, string]): boolean => name in devDependencies && !(name in others)
  const all = Object.entries(dependencies)
  return {
    dependencies: Object.fromEntries(all.filter((one) => !isDevelopment(one))),
    devDependencies: Object.fromEntries(all.filter(isDevelopment)),
  }
}

// bun

interface BunLock {
  lockfileVersion?: number
  workspaces?: Record<string, PackageJson>
  packages?: Record<string, unknown[]>
}

/** Reads a bun.lock: JSON with comments and commas at ends. Keys are paths of packages, such as `chalk/ms`. */
function readBun(text: string): Graph {
  const plain = text.replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|,(?=\s*[\]}])/g, (_, quoted?: string) => quoted ?? "")
  const { lockfileVersion, workspaces = {}, packages = {} } = JSON.parse(plain) as BunLock
  if (![0, 1, 2].includes(lockfileVersion ?? -1))
    throw new Error(`lockfileVersion is ${lockfileVersion ?? "missing"}; 0 to 2 can be read`)
  const lines = text.split("\n")
  const graph: Graph = { entries: new Map(), shipped: [], development: [] }
  const keysOf = (from: string, dependencies: Record<string, string> = {}): string[] =>
    Object.keys(dependencies).flatMap((name) => {
      const key = placesOf(from).map((place) => (place === "" ? name : `${place}/${name}`))
      return key.find((one) => one in packages) ?? []
    })
  for (const [key, [resolution, ...more]] of Object.entries(packages)) {
    if (typeof resolution !== "string") throw new Error(`${key} has no version`)
    const [name, range] = nameAndRange(resolution)
    const about = more.find((one) => typeof one === "object" && one !== null) as PackageJson | undefined
    const line = lines.findIndex((one) => one.trimStart().startsWith(`${JSON.stringify(key)}: [`)) + 1
    const needs = range.startsWith("workspace:") ? [] : keysOf(key, dependenciesOf({ ...about, devDependencies: {} }))
    graph.entries.set(key, { name, version: /^\d/.test(range) ? range : "", line, needs })
  }
  for (const { name = "", dependencies, optionalDependencies, devDependencies } of Object.values(workspaces)) {
    graph.shipped.push(...keysOf(name, { ...dependencies, ...optionalDependencies }))
    graph.development.push(...keysOf(name, devDependencies))
  }
  return graph
}

/** Where what a package needs may be: below itself, below each package that it is in, and at the root. */
function placesOf(key: string): string[] {
  const names = key.match(/(@[^/]+\/)?[^/]+/g) ?? []
  return [...names.map((_, i) => names.slice(0, names.length - i).join("/")), ""]
}

// npm

/** A lock file of npm with some packages, which depend on nothing: each is a dependency of the project. */
export interface NpmLock {
  packageJson: string
  lockfile: string
  /** The line in the original lock file of each key of `packages`. */
  lines: Record<string, number>
}

/** Returns the lock file. `licences` are by `name@version`. Of a package in several versions all but one have other names. */
export function npmLock(name: string, packages: Locked[], licences: Record<string, string> = {}): NpmLock {
  const dependencies: Record<string, string> = {}
  const entries: Record<string, object> = {}
  const lines: Record<string, number> = {}
  for (const one of packages) {
    const license = licences[`${one.name}@${one.version}`]
    const isTaken = one.name in dependencies
    const key = isTaken ? `${one.name}--${one.version.replace(/[^\w.-]/g, "-").toLowerCase()}` : one.name
    dependencies[key] = isTaken ? `npm:${one.name}@${one.version}` : one.version
    entries[`node_modules/${key}`] = {
      ...(isTaken && { name: one.name }),
      version: one.version,
      ...(license && { license }),
    }
    lines[`node_modules/${key}`] = one.line
  }
  const root = { name, version: "0.0.0", dependencies }
  const lock = { name, version: "0.0.0", lockfileVersion: 3, requires: true, packages: { "": root, ...entries } }
  return { packageJson: JSON.stringify(root), lockfile: JSON.stringify(lock, null, 1), lines }
}
