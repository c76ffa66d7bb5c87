// What an installation needs besides package.json and the lock file: pure functions over names and texts.
import type { ManagerName } from "./managers"
import { pathFrom } from "./shared/folders"
import { dependenciesOf, readManifest, type Manifest } from "./shared/lockfiles"

/**
 * How a project is installed. `manifests`: in a layer of manifests and lock file alone, so that an edited source installs
 * nothing again. `scripts`: downloads in that layer, and runs install scripts with all files of the project there.
 * `whole`: with all files there.
 */
export type Way = "manifests" | "scripts" | "whole"

/** Files of a project's root that its installation reads, beside lock file and package.json. */
export const rootFiles = [
  ".npmrc",
  "pnpm-workspace.yaml",
  ".pnpmfile.cjs",
  ".pnpmfile.mjs",
  ".yarnrc",
  ".yarnrc.yml",
  "bunfig.toml",
]

/** Folders of a project's root that its installation may read: releases, plug-ins and patches. */
export const rootFolders = [".yarn", "patches"]

/** Scripts of a package.json that an installation runs. */
const lifecycle = [
  "preinstall",
  "install",
  "postinstall",
  "prepublish",
  "preprepare",
  "prepare",
  "postprepare",
  "pnpm:devPreinstall",
]

/** What the way of an installation follows from. `npmrc` is the project's .npmrc, `inSource` the folders that are there. */
interface Facts {
  manager: ManagerName
  /** The root and its workspaces, and the packages in folders that these depend on. */
  manifests: Manifest[]
  npmrc: string
}

/**
 * The way to install a project, and why it is not the simplest one. An install script may read any file of the project,
 * and so may `patch-package`, which says nothing when it finds no patch; a program of a workspace is linked only where
 * it is.
 */
export function wayOf({ manager, manifests, npmrc }: Facts): { way: Way; because: string } {
  const read = manifests.map(({ folder, text }) => ({ folder, manifest: readManifest(text, `${folder}/package.json`) }))
  for (const { folder, manifest } of read)
    for (const [name, range] of Object.entries(dependenciesOf(manifest)))
      if (isCopied(manager, range)) return { way: "whole", because: `${name} is ${range} in ${folder}/package.json` }
  if (/^\s*ignore-scripts\s*=\s*true\s*$/m.test(npmrc)) return { way: "manifests", because: "" }
  for (const { folder, manifest } of read) {
    const script = lifecycle.find((name) => manifest.scripts?.[name])
    if (script) return { way: "scripts", because: `script ${script} in ${folder}/package.json` }
    if (folder !== manifests[0]?.folder && (manifest.bin !== undefined || manifest.directories?.bin !== undefined))
      return { way: "scripts", because: `program of ${folder}/package.json` }
  }
  return { way: "manifests", because: "" }
}

/** Whether a dependency is copied out of the source when it is installed: npm links folders, the others copy them. */
function isCopied(manager: ManagerName, range: string): boolean {
  if (/^portal:/.test(range)) return true
  if (!/^file:/.test(range)) return false
  return manager !== "npm" || /\.(tgz|tar|tar\.gz)$/.test(range)
}

/** The folders that a package.json takes packages from: `file:`, `link:` and `portal:`, from the source's root. */
export function linkedFolders({ folder, text }: Manifest): { name: string; range: string; at: string | undefined }[] {
  const all = Object.entries(dependenciesOf(readManifest(text, `${folder}/package.json`)))
  return all.flatMap(([name, range]) => {
    const path = /^(?:file|link|portal):(.+)$/.exec(range)?.[1]
    return path === undefined ? [] : [{ name, range, at: pathFrom(folder, path) }]
  })
}
