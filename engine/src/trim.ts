// Keeps the state folder below its cap: removes what a plan names, and stores the same bytes once.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, linkSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { diskCap, partNames, planOf, removalText, type PartName, type Sizes } from "./footprint.js"
import type { Paths } from "./paths.js"
import { say } from "./progress.js"

const entries = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])
const below = (folder: string, wanted: (name: string) => boolean): string[] =>
  entries(folder)
    .filter(wanted)
    .map((name) => join(folder, name))

/** The files and folders of each part, of those that are there. */
export function pathsOf(paths: Paths): Record<PartName, string[]> {
  const modules = join(paths.cache, "go-mod")
  const archives = join(modules, "cache/download")
  const zips = existsSync(archives)
    ? readdirSync(archives, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".zip"))
        .map((file) => join(archives, file))
    : []
  const all: Record<PartName, string[]> = {
    leftovers: [
      ...below(paths.state, (name) => /^(damaged|discarded)-/.test(name)),
      ...below(paths.content, (name) => name.startsWith(".stage-") || name.includes(".partial-")),
      ...below(paths.cache, (name) => name === "programs" || /^(debian-image\.tar|\.image-)/.test(name)),
      ...below(join(paths.cache, "tmp"), () => true),
      ...below(paths.tar, (name) => name.endsWith(".new.tar")),
    ],
    downloads: [join(paths.cache, "npm"), ...zips],
    toolchain: [join(modules, "golang.org")],
    sources: [
      ...below(modules, (name) => name !== "golang.org" && name !== "cache"),
      join(paths.cache, "go-build"),
      join(paths.cache, "dagger"),
    ],
    images: [paths.registry, paths.images],
    sdk: [paths.content],
    dependencies: [join(paths.state, "npm-dependencies")],
    programs: [paths.bin, paths.root, paths.tar, paths.npm],
    records: [...["known", "green", "compiled"].map((name) => join(paths.state, name)), paths.steps, paths.logs],
    // Whatever else is there counts too: a sum that leaves something out is none.
    other: [],
    engine: [paths.engine],
  }
  const known = new Set(Object.values(all).flat().concat(paths.cache))
  all.other = below(paths.state, (name) => !known.has(join(paths.state, name)))
  for (const name of partNames) all[name] = all[name].filter((path) => existsSync(path))
  return all
}

/** Bytes on disk of each part; without the engine's cache, which takes half a minute, unless `whole`. */
export function measure(paths: Paths, whole: boolean, files = pathsOf(paths)): Sizes {
  const wanted = partNames.filter((name) => whole || name !== "engine")
  const list = wanted.flatMap((name) => files[name])
  const sizes = Object.fromEntries(partNames.map((name) => [name, 0])) as Sizes
  if (list.length === 0) return sizes
  // Files disappear while the engine runs: du then names them and exits with 1, but its sum is right. It counts a file
  // with several names once, for the first of these arguments.
  const { stdout } = spawnSync("du", ["-s", "--block-size=1", ...list], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "ignore"],
  })
  const bytes = new Map(stdout.split("\n").map((line) => [line.split("\t")[1] ?? "", Number(line.split("\t")[0])]))
  for (const name of wanted) sizes[name] = files[name].reduce((sum, file) => sum + (bytes.get(file) ?? 0), 0)
  return sizes
}

const registryData = "docker/registry/v2"

/**
 * Removes what is not needed or has to make room, and returns the bytes that the engine's cache may use. The engine must be
 * stopped: nothing of its telemetry is read again, and nobody pushes into the registry.
 */
export function trim(paths: Paths, env: NodeJS.ProcessEnv = process.env): number {
  rmSync(join(paths.engine, "worker/clientdbs"), { recursive: true, force: true })
  removeSupersededBlobs(paths)
  linkDuplicates(paths)
  const files = pathsOf(paths)
  const sizes = measure(paths, false, files)
  const { remove, cache } = planOf(diskCap(env), sizes)
  for (const part of remove) {
    discard(paths, files[part])
    if (sizes[part] >= 50e6) say(`  ${removalText(part, sizes[part])}`)
  }
  return cache
}

/** Takes files out of their place at once, and removes them beside what follows: there may be a hundred thousand. */
function discard(paths: Paths, files: string[]): void {
  const folder = mkdtempSync(join(paths.state, "discarded-"))
  for (const [n, file] of files.entries()) renameSync(file, join(folder, String(n)))
  spawn("rm", ["-rf", folder], { detached: true, stdio: "ignore" }).unref()
}

/** The blobs of the registry beside the engine, by digest. */
function registryBlobs(paths: Paths): Map<string, string> {
  const root = join(paths.registry, registryData, "blobs/sha256")
  const blobs = new Map<string, string>()
  for (const prefix of entries(root))
    for (const hex of entries(join(root, prefix))) blobs.set(hex, join(root, prefix, hex, "data"))
  return blobs
}

/**
 * Stores a blob once that several of these have, under the name of its digest: the registry, the SDKs' content, the
 * engine's copy of what it pulled, and the archive of the root that is the SDKs' first layer. Blobs are never written
 * again, only replaced or removed, so that they can share a file. Returns the bytes that became free.
 */
export function linkDuplicates(paths: Paths): number {
  const engine = join(paths.engine, "worker/content/blobs/sha256")
  const sdk = join(paths.content, "blobs/sha256")
  const copies = new Set(entries(engine))
  let freed = shareRoot(paths, sdk)
  for (const [hex, file] of registryBlobs(paths)) if (copies.has(hex)) freed += share(file, join(engine, hex))
  for (const hex of entries(sdk)) if (copies.has(hex)) freed += share(join(sdk, hex), join(engine, hex))
  return freed
}

/** The archive of the engine's root and the SDKs' first layer are the same bytes: the stamp of the root has its digest. */
function shareRoot(paths: Paths, sdk: string): number {
  const stamp = join(paths.steps, "engineRoot.json")
  if (!existsSync(stamp)) return 0
  const { outputs } = JSON.parse(readFileSync(stamp, "utf8")) as { outputs: Record<string, { sha256: string }> }
  const digest = outputs["tar/engineRoot.tar"]?.sha256
  return digest ? share(join(paths.tar, "engineRoot.tar"), join(sdk, digest)) : 0
}

/** Makes `copy` another name of `original` where both are there with the same size. Returns the bytes that became free. */
function share(original: string, copy: string): number {
  const [kept, other] = [original, copy].map((file) => statSync(file, { throwIfNoEntry: false }))
  if (!kept || !other || kept.ino === other.ino || kept.size !== other.size) return 0
  const link = `${copy}.link-${process.pid}`
  try {
    linkSync(original, link)
    renameSync(link, copy)
    return kept.blocks * 512
  } catch {
    // Removed meanwhile, or on another disk: two copies are no fault.
    rmSync(link, { force: true })
    return 0
  }
}

/** Removes blobs of the registry that no tag's manifest names: those of images that were built again. */
export function removeSupersededBlobs(paths: Paths): void {
  const blobs = registryBlobs(paths)
  const needed = new Set<string>()
  const need = (digest: string): void => {
    const file = blobs.get(digest)
    if (needed.has(digest)) return
    needed.add(digest)
    // Manifests and lists of them are small; a layer is not read.
    if (!file || !existsSync(file) || statSync(file).size > 1e6) return
    for (const [, named] of readFileSync(file, "utf8").matchAll(/"sha256:([0-9a-f]{64})"/g)) need(named!)
  }
  for (const digest of taggedDigests(join(paths.registry, registryData, "repositories"))) need(digest)
  // Where no tag is there, something is wrong or empty: nothing is removed.
  if (needed.size === 0) return
  for (const [hex, file] of blobs) if (!needed.has(hex)) rmSync(join(file, ".."), { recursive: true, force: true })
}

/** The digests of all tags below a folder of repositories. */
function taggedDigests(folder: string): string[] {
  return entries(folder).flatMap((name) => {
    const path = join(folder, name)
    if (name === "_manifests")
      return entries(join(path, "tags")).flatMap((tag) => {
        const link = join(path, "tags", tag, "current/link")
        return existsSync(link) ? [readFileSync(link, "utf8").trim().replace("sha256:", "")] : []
      })
    return name.startsWith("_") || !statSync(path).isDirectory() ? [] : taggedDigests(path)
  })
}
