// What the state folder may hold in all, what its parts take, and what is thrown away first: docs/decisions/0052-disk-cap.md.
import { gigabytes } from "./preflight.js"

/** Bytes that the state folder may use unless DELIVERY_ENGINE_DISK says otherwise. */
export const defaultCap = 25e9

/**
 * Bytes for what the engine does not count: the growth of cache volumes (v0.19.10 measures a volume once; 3 GB here), the
 * telemetry of the last hour's calls (1.2 GB after 2,000 of them), metadata, and what a run writes until the collector has
 * run.
 */
export const workBytes = 6e9

/** Bytes of cache with which a run of ten services finds its images and compiled packages again (measured: 6 to 8 GB). */
export const minimumCache = 7e9

/** Bytes of cache for which downloads and sources make room. Measured: all tests and rehearsals of a day use 14 GB. */
export const wantedCache = 16e9

/** The cap in bytes: DELIVERY_ENGINE_DISK, such as 25GB, or the default. */
export function diskCap(env: NodeJS.ProcessEnv = process.env): number {
  const text = env.DELIVERY_ENGINE_DISK
  if (!text) return defaultCap
  const match = /^(\d+(?:\.\d+)?) ?GB$/i.exec(text.trim())
  if (!match) throw new Error(`DELIVERY_ENGINE_DISK=${text}: allowed is a number of gigabytes, such as 25GB`)
  return Number(match[1]) * 1e9
}

/**
 * Bytes that have to be free for a first set-up, during which caches in use may exceed the cap; or for building the engine
 * again in a folder that is there.
 */
export function setupBytes(cap: number, isNew: boolean): number {
  return isNew ? cap + 5e9 : 6e9
}

/** The parts of a state folder by their names in `engine status`. Each file counts for the first part that has it. */
export const partNames = [
  "leftovers",
  "downloads",
  "toolchain",
  "sources",
  "images",
  "sdk",
  "dependencies",
  "programs",
  "records",
  "other",
  "engine",
] as const
export type PartName = (typeof partNames)[number]

export type Sizes = Record<PartName, number>

const descriptions: Record<PartName, string> = {
  leftovers: "left by interrupted work",
  downloads: "downloads of npm and Go",
  toolchain: "Go toolchain",
  sources: "sources and objects of the engine's own build",
  images: "stand-in images",
  sdk: "content of the SDKs",
  dependencies: "npm packages of the scripts",
  programs: "programs and roots",
  records: "records and logs",
  other: "other folders, such as those of tests",
  engine: "cache of the engine",
}

/** Parts that a first run fills only later: what they take when all images are built (measured). */
const reserved: Partial<Sizes> = { images: 3e9, sdk: 0.9e9, programs: 1.8e9, toolchain: 0.35e9, dependencies: 0.3e9 }

/**
 * What makes room for the engine's cache, in this order: cheapest to make again first. What is not here is never thrown
 * away for room: images (a quarter of an hour of compiling), programs, SDKs, records of green runs. After these, the engine
 * throws away parts of its cache, the least recently used first.
 */
export const removals: { part: PartName; cost: string }[] = [
  { part: "leftovers", cost: "nothing: no command uses it" },
  { part: "downloads", cost: "a minute of downloading, when the engine is built again" },
  { part: "sources", cost: "four minutes of compiling, when a patch of the engine changes" },
]

export interface Plan {
  /** Parts to remove, in this order. */
  remove: PartName[]
  /** Bytes that the engine's cache may use. */
  cache: number
}

/** What to remove, and what is left for the engine's cache. Fails when that is too little for one run. */
export function planOf(cap: number, sizes: Sizes): Plan {
  const remove: PartName[] = []
  const taken = (): number =>
    partNames
      // Other folders count in the sum, but they come and go with tests: no start is refused for them.
      .filter((part) => part !== "engine" && part !== "other" && !remove.includes(part))
      .reduce((sum, part) => sum + Math.max(sizes[part], reserved[part] ?? 0), 0)
  const room = (): number => cap - taken() - workBytes
  for (const { part } of removals)
    if (sizes[part] > 0 && (part === "leftovers" || room() < wantedCache)) remove.push(part)
  if (room() < minimumCache) {
    const least = Math.ceil((taken() + workBytes + minimumCache) / 1e9)
    throw new Error(
      `DELIVERY_ENGINE_DISK: ${gigabytes(cap)} are too little. The engine and its images take ${gigabytes(taken())}, ` +
        `what the engine does not count ${gigabytes(workBytes)}, and one run needs ${gigabytes(minimumCache)} of cache. ` +
        `Set at least ${least}GB.`,
    )
  }
  return { remove, cache: Math.floor(room()) }
}

/** The lines of `engine status` about the state folder: sum against cap, parts, and what the next start removes. */
export function report(folder: string, cap: number, sizes: Sizes): string[] {
  const sum = partNames.reduce((total, name) => total + sizes[name], 0)
  const rows = partNames
    .filter((name) => sizes[name] > 0)
    .sort((a, b) => sizes[b] - sizes[a])
    .map((name) => `  ${gigabytes(sizes[name]).padStart(8)}  ${descriptions[name]}`)
  const head = `folder:  ${folder}, ${gigabytes(sum)} of ${gigabytes(cap)} (DELIVERY_ENGINE_DISK)`
  try {
    const { remove, cache } = planOf(cap, sizes)
    const removed = remove.map((name) => `${gigabytes(sizes[name])} ${descriptions[name]}`).join(", ")
    return [
      head,
      ...rows,
      `  the engine's cache may use ${gigabytes(cache)}; beyond that the least recently used goes first`,
      ...(removed ? [`  the engine's next start removes: ${removed}`] : []),
    ]
  } catch (error) {
    return [head, ...rows, `  ${(error as Error).message}`]
  }
}

/** What a removal was and what it costs, for the log. */
export function removalText(part: PartName, bytes: number): string {
  const { cost } = removals.find((one) => one.part === part)!
  return `removed ${gigabytes(bytes)}, ${descriptions[part]}; to make it again costs ${cost}`
}
