// Steps that run once: the stamp of a step holds the hash of its inputs and the digest of each file that it made. The step
// runs again when an input changed or a file is missing or altered.
import { createHash } from "node:crypto"
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { pipeline } from "node:stream/promises"
import type { Paths } from "./paths.js"

interface Stamp {
  inputs: string
  /** Size and digest of each file, by its path below the state folder, which can be moved or copied. */
  outputs: Record<string, { size: number; sha256: string }>
}

/** A short hash of the inputs of a step. */
export function hashOf(...inputs: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16)
}

/** SHA-256 of a file, in hex. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256")
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest("hex")
}

/** Why a step has to run; undefined when its stamp is valid. `deep` compares digests, otherwise only sizes. */
export async function staleReason(
  paths: Paths,
  name: string,
  inputs: string,
  deep: boolean,
): Promise<string | undefined> {
  const file = join(paths.steps, `${name}.json`)
  if (!existsSync(file)) return "not built yet"
  let stamp: Stamp
  try {
    stamp = JSON.parse(readFileSync(file, "utf8")) as Stamp
  } catch {
    return "its stamp cannot be read"
  }
  if (stamp.inputs !== inputs) return "its inputs changed"
  for (const [below, { size, sha256 }] of Object.entries(stamp.outputs)) {
    const path = join(paths.state, below)
    if (!existsSync(path)) return `${path} is missing`
    if (statSync(path).size !== size) return `${path} has another size than it was built with`
    if (deep && (await fileDigest(path)) !== sha256)
      return `${path} is corrupt: its digest is not the one it was built with`
  }
  return undefined
}

/** Records that a step is done. The stamp is written beside its place and renamed, so it is complete or absent. */
export async function writeStamp(paths: Paths, name: string, inputs: string, outputs: string[]): Promise<void> {
  mkdirSync(paths.steps, { recursive: true })
  const entries = await Promise.all(
    outputs.map(async (path) => {
      const output = { size: statSync(path).size, sha256: await fileDigest(path) }
      return [relative(paths.state, path), output] as const
    }),
  )
  const file = join(paths.steps, `${name}.json`)
  writeFileSync(
    `${file}.new`,
    JSON.stringify({ inputs, outputs: Object.fromEntries(entries) } satisfies Stamp, null, 1),
  )
  renameSync(`${file}.new`, file)
}
