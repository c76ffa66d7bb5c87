// What the state folder may hold and what is thrown away first: engine/src/footprint.ts and trim.ts.
import { linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  diskCap,
  minimumCache,
  partNames,
  planOf,
  removals,
  report,
  setupBytes,
  wantedCache,
  workBytes,
  type Sizes,
} from "../../engine/src/footprint.js"
import { pathsBelow, type Paths } from "../../engine/src/paths.js"
import { engineConfig } from "../../engine/src/sandbox.js"
import { linkDuplicates, measure, removeSupersededBlobs, trim } from "../../engine/src/trim.js"

const sizes = (given: Partial<Sizes> = {}): Sizes => ({
  ...(Object.fromEntries(partNames.map((name) => [name, 0])) as Sizes),
  leftovers: 0.2e9,
  downloads: 0.5e9,
  sources: 2.5e9,
  images: 2.7e9,
  sdk: 0.9e9,
  dependencies: 0.3e9,
  programs: 1.8e9,
  toolchain: 0.4e9,
  engine: 21e9,
  ...given,
})

describe("the cap", () => {
  it("is 25 GB, or what the environment says", () => {
    expect(diskCap({})).toBe(25e9)
    expect(diskCap({ DELIVERY_ENGINE_DISK: "40GB" })).toBe(40e9)
    expect(diskCap({ DELIVERY_ENGINE_DISK: "17.5 gb" })).toBe(17.5e9)
  })
  it.each(["25", "25GiB", "-3GB", "much"])("refuses %s, with what is allowed", (text) =>
    expect(() => diskCap({ DELIVERY_ENGINE_DISK: text })).toThrow(
      `DELIVERY_ENGINE_DISK=${text}: allowed is a number of gigabytes, such as 25GB`,
    ),
  )
  it("is what a first set-up needs free, and some", () => {
    expect(setupBytes(25e9, true)).toBe(30e9)
    expect(setupBytes(25e9, false)).toBeLessThan(10e9)
  })
})

describe("what is thrown away", () => {
  it("is cheapest to make again first", () =>
    expect(removals.map(({ part }) => part)).toEqual(["leftovers", "downloads", "sources"]))
  it("is only what nothing uses where there is room", () => expect(planOf(40e9, sizes()).remove).toEqual(["leftovers"]))
  it("is a part more when the engine's cache would get too little", () => {
    const cap = (spare: number) => 2.7e9 + 0.3e9 + 0.9e9 + 0.3e9 + 1.8e9 + 0.4e9 + workBytes + wantedCache + spare
    expect(planOf(cap(3.1e9), sizes()).remove).toEqual(["leftovers"])
    expect(planOf(cap(2.6e9), sizes()).remove).toEqual(["leftovers", "downloads"])
    expect(planOf(cap(2.4e9), sizes()).remove).toEqual(["leftovers", "downloads", "sources"])
  })
  it("is never an image, a program or a record: the cache of the engine gets smaller", () => {
    const { remove, cache } = planOf(23e9, sizes({ records: 1e9 }))
    expect(remove).toEqual(["leftovers", "downloads", "sources"])
    expect(cache).toBe(23e9 - (3e9 + 0.9e9 + 0.3e9 + 1.8e9 + 0.4e9 + 1e9) - workBytes)
  })
  it("leaves room for images that are not built yet", () =>
    expect(planOf(25e9, sizes({ images: 0 })).cache).toBe(planOf(25e9, sizes({ images: 3e9 })).cache))
  it("does not depend on what the cache holds now", () =>
    expect(planOf(25e9, sizes({ engine: 90e9 }))).toEqual(planOf(25e9, sizes({ engine: 0 }))))
  it("is refused when one run would not find its own cache again", () => {
    expect(() => planOf(15e9, sizes())).toThrow(
      "DELIVERY_ENGINE_DISK: 15.0 GB are too little. The engine and its images take 6.4 GB, what the engine does not count " +
        "6.0 GB, and one run needs 7.0 GB of cache. Set at least 20GB.",
    )
    expect(planOf(20e9, sizes()).cache).toBeGreaterThanOrEqual(minimumCache)
  })
  it("stays below the cap with all that is left", () => {
    for (const cap of [20e9, 22e9, 25e9, 60e9]) {
      const { remove, cache } = planOf(cap, sizes())
      const left = partNames.filter((name) => name !== "engine" && !remove.includes(name))
      expect(left.reduce((sum, name) => sum + sizes()[name], cache + workBytes)).toBeLessThanOrEqual(cap)
    }
  })
})

describe("the status", () => {
  it("has the sum against the cap, the parts, and what the next start removes", () =>
    expect(report("/s", 25e9, sizes())).toEqual([
      "folder:  /s, 30.3 GB of 25.0 GB (DELIVERY_ENGINE_DISK)",
      "   21.0 GB  cache of the engine",
      "    2.7 GB  stand-in images",
      "    2.5 GB  sources and objects of the engine's own build",
      "    1.8 GB  programs and roots",
      "    0.9 GB  content of the SDKs",
      "    0.5 GB  downloads of npm and Go",
      "    0.4 GB  Go toolchain",
      "    0.3 GB  npm packages of the scripts",
      "    0.2 GB  left by interrupted work",
      "  the engine's cache may use 12.6 GB; beyond that the least recently used goes first",
      "  the engine's next start removes: 0.2 GB left by interrupted work, 0.5 GB downloads of npm and Go, " +
        "2.5 GB sources and objects of the engine's own build",
    ]))
  it("says that the cap is too small", () => expect(report("/s", 9e9, sizes()).at(-1)).toContain("Set at least 20GB"))
})

describe("the engine's collector", () => {
  it("gets the bytes as a number, because it reads GB as GiB", () =>
    expect(engineConfig(undefined, 15_600_000_000)).toMatchObject({
      gc: { policies: [{ all: true, maxUsedSpace: 15_600_000_000, minFreeSpace: 2e9, sweepSize: 1_560_000_000 }] },
    }))
})

describe("a state folder", () => {
  let paths: Paths
  const file = (path: string, text: string): string => {
    const full = join(paths.state, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
    return full
  }
  const blob = (digit: string, text: string): string =>
    file(`registry/docker/registry/v2/blobs/sha256/${digit}${digit}/${digit.repeat(64)}/data`, text)
  const tag = (path: string, digit: string): string =>
    file(`registry/docker/registry/v2/repositories/${path}/current/link`, `sha256:${digit.repeat(64)}`)
  const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined
  const ino = (path: string): number => statSync(path).ino

  beforeEach(() => (paths = pathsBelow(mkdtempSync(join(tmpdir(), "footprint-")))))
  afterEach(() => rmSync(paths.state, { recursive: true }))

  it("is measured part by part; a file with two names counts once", () => {
    const layer = blob("a", "x".repeat(100_000))
    mkdirSync(join(paths.engine, "worker"), { recursive: true })
    linkSync(layer, join(paths.engine, "worker/copy"))
    file("engine/worker/more", "y".repeat(50_000))
    file("known/k", "z")
    const found = measure(paths, true)
    expect(found.images).toBeGreaterThan(100_000)
    expect(found.engine).toBeGreaterThan(50_000)
    expect(found.engine).toBeLessThan(100_000)
    expect(found.records).toBeGreaterThan(0)
    expect(found.programs).toBe(0)
    expect(measure(paths, false).engine).toBe(0)
  })

  it("has no folder that does not count", () => {
    file("docker-test/image", "x".repeat(50_000))
    file("last-red-test", "a")
    expect(measure(paths, true).other).toBeGreaterThan(50_000)
  })

  it("has the same bytes once: what was pulled is what the registry and the SDKs' content have", () => {
    const copy = (digit: string, text: string) => file(`engine/worker/content/blobs/sha256/${digit.repeat(64)}`, text)
    const [layer, pulled] = [blob("a", "layer"), copy("a", "layer")]
    const [content, imported] = [file(`content/blobs/sha256/${"b".repeat(64)}`, "root"), copy("b", "root")]
    const root = file("tar/engineRoot.tar", "root")
    file("steps/engineRoot.json", JSON.stringify({ outputs: { "tar/engineRoot.tar": { sha256: "b".repeat(64) } } }))
    const [other, partial] = [copy("c", "only here"), [blob("d", "whole"), copy("d", "who")] as const]
    expect(linkDuplicates(paths)).toBeGreaterThan(0)
    expect(ino(pulled)).toBe(ino(layer))
    expect([ino(content), ino(imported)]).toEqual([ino(root), ino(root)])
    expect(statSync(other).nlink).toBe(1)
    expect(ino(partial[0])).not.toBe(ino(partial[1]))
    expect(readFileSync(pulled, "utf8")).toBe("layer")
    expect(linkDuplicates(paths)).toBe(0)
    expect(readdirSync(dirname(pulled)).some((name) => name.includes("link-"))).toBe(false)
  })

  it("loses blobs that no tag names, also through a list of manifests", () => {
    const names = (digit: string) => `{"digest":"sha256:${digit.repeat(64)}"}`
    const list = blob("1", names("2"))
    const manifest = blob("2", names("3"))
    const layer = blob("3", "layer")
    const old = [blob("4", names("5")), blob("5", "old layer")]
    tag("docker.io/library/debian/_manifests/tags/bookworm", "1")
    removeSupersededBlobs(paths)
    expect([list, manifest, layer].map(isThere)).toEqual([true, true, true])
    expect(old.map(isThere)).toEqual([false, false])
  })

  it("keeps all blobs where no tag can be read", () => {
    const layer = blob("3", "layer")
    removeSupersededBlobs(paths)
    expect(isThere(layer)).toBe(true)
  })

  it("loses leftovers, downloads and sources before the engine starts, and nothing else", () => {
    const gone = [
      file("damaged-1/engine/x", ""),
      file("content/.stage-1/x", ""),
      file("cache/debian-image.tar", "x"),
      file("engine/worker/clientdbs/a.db", ""),
      file("cache/npm/x", "x"),
      file("cache/go-mod/cache/download/a/@v/v1.zip", "x"),
      file("cache/go-mod/example.com/a@v1/a.go", "x"),
      file("cache/go-build/00/x", "x"),
      file("cache/dagger/source/x", "x"),
    ]
    const kept = [
      file("known/k", ""),
      file("green/g", ""),
      file("steps/npm.json", "{}"),
      file("bin/dagger", ""),
      file("cache/go-mod/golang.org/toolchain@v0.0.1/bin/go", ""),
      file("cache/go-mod/cache/download/a/@v/v1.ziphash", ""),
      file("engine/worker/content/x", ""),
      blob("7", "layer"),
    ]
    const cache = trim(paths, { DELIVERY_ENGINE_DISK: "20GB" })
    expect(gone.filter(isThere)).toEqual([])
    expect(kept.filter((path) => !isThere(path))).toEqual([])
    expect(cache).toBeLessThan(20e9 - workBytes)
  })
})
