import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import {
  blobPath,
  isComplete,
  layerFromFolder,
  layerFromTar,
  prune,
  writeImage,
  writeImageTar,
} from "../../../engine/src/oci.js"

let dir: string
beforeEach(() => (dir = fs.mkdtempSync(path.join(os.tmpdir(), "oci-"))))
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }))

function folder(name: string, files: Record<string, string>): string {
  const root = path.join(dir, name)
  for (const [file, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), content)
  }
  return root
}
const out = (): string => path.join(dir, "out")
const sha = (file: string): string => "sha256:" + createHash("sha256").update(fs.readFileSync(file)).digest("hex")

describe("layers", () => {
  test("a folder's layer is stored under its digest", async () => {
    const layer = await layerFromFolder(out(), folder("a", { "etc/x": "1" }))
    const blob = blobPath(out(), layer.digest)
    expect(sha(blob)).toBe(layer.digest)
    expect(fs.statSync(blob).size).toBe(layer.size)
    expect(execFileSync("tar", ["-xOf", blob, "./etc/x"], { encoding: "utf8" })).toBe("1")
  })
  test("the same files give the same digest, whenever they were written", async () => {
    const one = folder("a", { x: "1", y: "2" })
    const two = folder("b", { y: "2", x: "1" })
    fs.utimesSync(path.join(two, "x"), 1, 1)
    expect((await layerFromFolder(out(), one)).digest).toBe((await layerFromFolder(out(), two)).digest)
  })
  test("a folder that is not there is an error, and leaves nothing", async () => {
    await expect(layerFromFolder(out(), path.join(dir, "none"))).rejects.toThrow(/tar of .*none failed/)
    expect(fs.readdirSync(path.join(out(), "blobs/sha256"))).toEqual([])
  })
})

describe("images", () => {
  test("config and manifest name the layers, the platform and the settings", async () => {
    const layer = await layerFromFolder(out(), folder("a", { x: "1" }))
    const image = await writeImage(out(), [layer], { env: { A: "b=c" }, cmd: ["sh"], labels: { l: "v" } })
    const manifest = JSON.parse(fs.readFileSync(blobPath(out(), image.manifest.digest), "utf8")) as {
      config: { digest: string }
      layers: unknown
    }
    expect(manifest.layers).toEqual([layer])
    expect(JSON.parse(fs.readFileSync(blobPath(out(), manifest.config.digest), "utf8"))).toEqual({
      architecture: "amd64",
      os: "linux",
      config: { Env: ["A=b=c"], Cmd: ["sh"], Labels: { l: "v" } },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    })
  })
  test("an image with a layer cut short or missing is not complete", async () => {
    const layer = await layerFromFolder(out(), folder("a", { x: "1" }))
    const { manifest } = await writeImage(out(), [layer])
    expect(await isComplete(out(), manifest.digest)).toBe(true)
    fs.truncateSync(blobPath(out(), layer.digest), 10)
    expect(await isComplete(out(), manifest.digest)).toBe(false)
    fs.rmSync(blobPath(out(), layer.digest))
    expect(await isComplete(out(), manifest.digest)).toBe(false)
    expect(await isComplete(out(), "sha256:" + "0".repeat(64))).toBe(false)
  })
  test("prune keeps what is named", async () => {
    const old = await writeImage(out(), [await layerFromFolder(out(), folder("a", { x: "old" }))])
    const kept = await writeImage(out(), [await layerFromFolder(out(), folder("b", { x: "new" }))])
    fs.writeFileSync(path.join(out(), "blobs/sha256/.partial-1"), "left over")
    await prune(out(), [kept.manifest.digest])
    expect(await isComplete(out(), kept.manifest.digest)).toBe(true)
    expect(await isComplete(out(), old.manifest.digest)).toBe(false)
    expect(fs.readdirSync(path.join(out(), "blobs/sha256"))).toHaveLength(3)
  })
})

test("one file for `docker load` and for readers of the OCI layout", async () => {
  const tar = path.join(dir, "layer.tar")
  execFileSync("tar", ["-cf", tar, "-C", folder("a", { "bin/x": "1" }), "."])
  const file = path.join(dir, "image.tar")
  const { digest } = await writeImageTar(file, {
    layers: [tar],
    name: "debian:bookworm-slim",
    config: { cmd: ["bash"] },
  })
  const read = (name: string): string => execFileSync("tar", ["-xOf", file, name], { encoding: "utf8" })
  const index = JSON.parse(read("index.json")) as {
    manifests: { digest: string; annotations: Record<string, string> }[]
  }
  expect(index.manifests[0]).toMatchObject({
    digest,
    annotations: { "org.opencontainers.image.ref.name": "bookworm-slim" },
  })
  const docker = JSON.parse(read("manifest.json")) as { Config: string; RepoTags: string[]; Layers: string[] }[]
  expect(docker[0]!.RepoTags).toEqual(["debian:bookworm-slim"])
  expect(docker[0]!.Layers).toEqual([`blobs/${(await layerFromTar(out(), tar)).digest.replace(":", "/")}`])
  expect(JSON.parse(read(docker[0]!.Config))).toMatchObject({ config: { Cmd: ["bash"] } })
  expect(fs.readdirSync(dir).filter((f) => f.startsWith(".image-") || f.includes("partial"))).toEqual([])
})

test("one file that is asked for twice at the same time is there for both", async () => {
  const tar = path.join(dir, "layer.tar")
  execFileSync("tar", ["-cf", tar, "-C", folder("a", { "bin/x": "1".repeat(20_000_000) }), "."])
  const file = path.join(dir, "image.tar")
  const [first, second] = await Promise.all(
    [1, 2, 3].map(() => writeImageTar(file, { layers: [tar], name: "debian:bookworm-slim" })),
  )
  expect(first).toEqual(second)
  expect(execFileSync("tar", ["-xOf", file, "index.json"], { encoding: "utf8" })).toContain(first!.digest)
})
