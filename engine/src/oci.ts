/** Writes OCI images from tar layers, with nothing but node and the system's tar. */
import { spawn } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { createReadStream, createWriteStream } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { Transform, type TransformCallback } from "node:stream"
import { pipeline } from "node:stream/promises"

const MEDIA = {
  layer: "application/vnd.oci.image.layer.v1.tar",
  config: "application/vnd.oci.image.config.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
}

export interface Descriptor {
  mediaType: string
  digest: string
  size: number
}

export interface ImageConfig {
  env?: Record<string, string>
  workdir?: string
  entrypoint?: string[]
  cmd?: string[]
  user?: string
  labels?: Record<string, string>
}

export interface Image {
  manifest: Descriptor
  config: Descriptor
  layers: Descriptor[]
}

export const blobPath = (root: string, digest: string): string => path.join(root, "blobs", ...digest.split(":"))

/** Hashes and counts the bytes that pass through. */
class Meter extends Transform {
  private readonly hash = createHash("sha256")
  size = 0
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.hash.update(chunk)
    this.size += chunk.length
    done(null, chunk)
  }
  digest(): string {
    return "sha256:" + this.hash.digest("hex")
  }
}

/** Stores the bytes of a stream as a blob: whole under its digest, or not at all. */
async function put(
  root: string,
  open: () => NodeJS.ReadableStream | Iterable<Buffer>,
  mediaType: string,
): Promise<Descriptor> {
  const folder = path.join(root, "blobs", "sha256")
  await fs.mkdir(folder, { recursive: true })
  const partial = path.join(folder, `.partial-${process.pid}-${randomBytes(4).toString("hex")}`)
  const meter = new Meter()
  try {
    await pipeline(open(), meter, createWriteStream(partial))
    const digest = meter.digest()
    await fs.rename(partial, blobPath(root, digest))
    return { mediaType, digest, size: meter.size }
  } catch (error) {
    await fs.rm(partial, { force: true })
    throw error
  }
}

const putJson = async (root: string, value: unknown, mediaType: string): Promise<Descriptor> =>
  await put(root, () => [Buffer.from(JSON.stringify(value))], mediaType)

/** Stores an existing tar as a layer. */
export async function layerFromTar(root: string, tar: string): Promise<Descriptor> {
  return await put(root, () => createReadStream(tar), MEDIA.layer)
}

/** Stores a folder as a layer. The same files give the same digest: times and owners are fixed, names are sorted. */
export async function layerFromFolder(root: string, folder: string): Promise<Descriptor> {
  const pax = ["--format=pax", "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"]
  const args = ["--create", ...pax, ...REPRODUCIBLE, "--directory", folder, "."]
  let ended: Promise<number | null> | undefined
  let stderr = ""
  // Started when its output is read: unread output of a finished process is lost.
  const start = (): NodeJS.ReadableStream => {
    const tar = spawn("tar", args, { stdio: ["ignore", "pipe", "pipe"] })
    tar.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
    ended = new Promise((resolve, reject) => {
      tar.on("error", reject)
      tar.on("close", resolve)
    })
    ended.catch(() => {}) // awaited below
    return tar.stdout
  }
  const layer = await put(root, start, MEDIA.layer)
  const code = await ended
  if (code !== 0) {
    await fs.rm(blobPath(root, layer.digest), { force: true })
    throw new Error(`tar of ${folder} failed (${code}): ${stderr.trim()}`)
  }
  return layer
}

/** Writes config and manifest of an image for linux/amd64. Layers are uncompressed, so their digests are their diff ids. */
export async function writeImage(root: string, layers: Descriptor[], config: ImageConfig = {}): Promise<Image> {
  const { env, workdir, entrypoint, cmd, user, labels } = config
  const configBlob = await putJson(
    root,
    {
      architecture: "amd64",
      os: "linux",
      config: {
        ...(env ? { Env: Object.entries(env).map(([k, v]) => `${k}=${v}`) } : {}),
        ...(workdir ? { WorkingDir: workdir } : {}),
        ...(entrypoint ? { Entrypoint: entrypoint } : {}),
        ...(cmd ? { Cmd: cmd } : {}),
        ...(user ? { User: user } : {}),
        ...(labels ? { Labels: labels } : {}),
      },
      rootfs: { type: "layers", diff_ids: layers.map((l) => l.digest) },
    },
    MEDIA.config,
  )
  const manifest = await putJson(
    root,
    { schemaVersion: 2, mediaType: MEDIA.manifest, config: configBlob, layers },
    MEDIA.manifest,
  )
  return { manifest, config: configBlob, layers }
}

/** Writes an image as one file that `docker load` and readers of the OCI layout accept. */
export async function writeImageTar(
  file: string,
  image: { layers: string[]; name: string; config?: ImageConfig },
): Promise<{ digest: string }> {
  const stage = await fs.mkdtemp(path.join(path.dirname(path.resolve(file)), ".image-"))
  try {
    const layers: Descriptor[] = []
    for (const layer of image.layers) layers.push(await layerFromTar(stage, layer))
    const { manifest, config } = await writeImage(stage, layers, image.config)
    await writeIndexes(stage, image.name, { manifest, config, layers })
    // Written beside its place: two images with the same root may be built at the same time.
    const partial = `${file}.partial-${process.pid}-${randomBytes(4).toString("hex")}`
    await tarOf(stage, ["oci-layout", "index.json", "manifest.json", "blobs"], partial)
    await fs.rename(partial, file)
    return { digest: manifest.digest }
  } finally {
    await fs.rm(stage, { recursive: true, force: true })
  }
}

/** Writes the OCI layout's index and `docker load`'s manifest into a folder with blobs. */
async function writeIndexes(folder: string, name: string, { manifest, config, layers }: Image): Promise<void> {
  const tag = name.includes(":") ? name.slice(name.lastIndexOf(":") + 1) : "latest"
  const annotations = { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": tag }
  const described = { ...manifest, platform: { architecture: "amd64", os: "linux" }, annotations }
  const inTar = (blob: Descriptor): string => `blobs/${blob.digest.replace(":", "/")}`
  const write = (file: string, value: unknown) => fs.writeFile(path.join(folder, file), JSON.stringify(value))
  await write("oci-layout", { imageLayoutVersion: "1.0.0" })
  await write("index.json", { schemaVersion: 2, mediaType: MEDIA.index, manifests: [described] })
  await write("manifest.json", [{ Config: inTar(config), RepoTags: [name], Layers: layers.map(inTar) }])
}

/** Options of tar with which the same files give the same bytes. */
const REPRODUCIBLE = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"]

async function tarOf(folder: string, names: string[], file: string): Promise<void> {
  const args = ["--create", ...REPRODUCIBLE, "--file", file, "--directory", folder, ...names]
  await new Promise<void>((resolve, reject) => {
    const tar = spawn("tar", args, { stdio: ["ignore", "ignore", "inherit"] })
    tar.on("error", reject)
    tar.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`tar of ${file} failed (${code})`))))
  })
}

/** Whether every blob of a manifest exists in the recorded size. */
export async function isComplete(root: string, manifestDigest: string): Promise<boolean> {
  return (await blobsOf(root, manifestDigest)) !== undefined
}

/** The digests of a manifest and of all blobs that it names; undefined when one is missing or truncated. */
export async function blobsOf(root: string, manifestDigest: string): Promise<string[] | undefined> {
  try {
    const manifest = JSON.parse(await fs.readFile(blobPath(root, manifestDigest), "utf8")) as {
      config: Descriptor
      layers: Descriptor[]
    }
    const named = [manifest.config, ...manifest.layers]
    for (const blob of named) if ((await fs.stat(blobPath(root, blob.digest))).size !== blob.size) return undefined
    return [manifestDigest, ...named.map((b) => b.digest)]
  } catch {
    return undefined
  }
}

/** Removes blobs that no image in `keep` needs, and the rest of interrupted writes. */
export async function prune(root: string, keep: string[]): Promise<void> {
  const needed = new Set<string>()
  for (const digest of keep) for (const blob of (await blobsOf(root, digest)) ?? [digest]) needed.add(blob)
  const folder = path.join(root, "blobs", "sha256")
  for (const name of await fs.readdir(folder)) {
    if (!needed.has("sha256:" + name)) await fs.rm(path.join(folder, name), { force: true })
  }
}
