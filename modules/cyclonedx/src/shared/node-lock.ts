// Generated from modules/shared/node-lock.ts by `npm run sync`; do not edit.
// The lock file of a Node project, for tools of npm: as it is, or as one of npm with the packages of another manager's.
import type { Directory } from "@dagger.io/dagger"
import { inFolder, parentOf } from "./folders"
import { lockedPackages, npmLock, type Locked, type NpmLock } from "./locked"
import {
  chooseLockfile,
  isWorkspace,
  lockfiles,
  lockfilesIn,
  readManifest,
  workspacePatterns,
  type Lockfile,
  type Manifest,
} from "./lockfiles"
import { entriesIn } from "./node-root"

/** A lock file of npm. */
export interface OwnLock {
  path: string
  packageJson: string
  lockfile: string
}

/** A lock file of another package manager. */
export interface ForeignLock {
  path: string
  packageJson: string
  packages: Locked[]
}

/** A lock file that is not read, and why. */
export interface UnreadLock {
  path: string
  why: string
}

/** Returns the lock file that counts in a folder; undefined if there is none. */
export async function nodeLock(
  source: Directory,
  folder: string,
): Promise<OwnLock | ForeignLock | UnreadLock | undefined> {
  const entries = await entriesIn(source, folder)
  const [first] = lockfilesIn(entries)
  if (first === undefined) return undefined
  const text = (file: string): Promise<string> => source.file(inFolder(folder, file)).contents()
  let file: Lockfile = first
  try {
    if (!entries.includes("package.json")) throw new Error("there is no package.json beside it")
    const packageJson = await text("package.json")
    file = chooseLockfile(entries, packageJson, folder).lockfile || first
    const path = inFolder(folder, file)
    if (lockfiles[file] === "npm") return { path, packageJson, lockfile: await text(file) }
    const manifests = file === "yarn.lock" ? await manifestsOf(source, folder, packageJson) : []
    // A binary one is no text.
    return {
      path,
      packageJson,
      packages: lockedPackages(file, file === "bun.lockb" ? "" : await text(file), manifests),
    }
  } catch (error) {
    return { path: inFolder(folder, file), why: error instanceof Error ? error.message : String(error) }
  }
}

/** The package.json of a project and those of its workspaces, by their folders in it. */
async function manifestsOf(source: Directory, root: string, packageJson: string): Promise<Manifest[]> {
  const own = { folder: ".", text: packageJson }
  const patterns = workspacePatterns(packageJson)
  if (patterns.length === 0) return [own]
  const project = source.directory(root)
  const files = (await project.glob("**/package.json")).filter((file) => isWorkspace(patterns, parentOf(file)))
  const read = files.map(async (file) => ({ folder: parentOf(file), text: await project.file(file).contents() }))
  return [own, ...(await Promise.all(read))]
}

/** Returns a lock file of another manager as one of npm. `dev`: with packages that only development needs. */
export function asNpmLock(
  { packageJson, packages }: ForeignLock,
  { dev, licences }: { dev: boolean; licences?: Record<string, string> },
): NpmLock {
  const name = readManifest(packageJson).name ?? "project"
  return npmLock(name, wanted(packages, dev), licences)
}

/** The packages that count. */
export function wanted(packages: Locked[], dev: boolean): Locked[] {
  return packages.filter(({ isShipped }) => dev || isShipped)
}
