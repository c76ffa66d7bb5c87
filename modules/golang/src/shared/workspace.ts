// Generated from modules/shared/workspace.ts by `npm run sync`; do not edit.
// Which folders and files of a source a Go module needs: its own, those that replace modules, and its workspace.
import { foldersFrom, inFolder, isAbsolute, joined, parentOf } from "./folders"
import { moduleName, replacesIn, requiresIn, usesIn } from "./gomod"

/** What is read of a source. */
export interface SourceFiles {
  exists: (path: string) => Promise<boolean>
  text: (path: string) => Promise<string>
  /** The names of those modules that the Go files of a folder import. */
  imported: (folder: string, modules: string[]) => Promise<string[]>
}

/** What a Go module needs of its source. */
export interface Layout {
  /** Whole folders, the module's own first. */
  folders: string[]
  /** Single files: go.work, and go.mod and go.sum of modules that the workspace only names. */
  files: string[]
  /** The go.work that is in effect; empty for none. */
  workspace: string
  /** Whether a go.work lies above a module that it does not use: Go then works in the module alone, with GOWORK=off. */
  isApart: boolean
  /** Whether its modules are in a vendor folder: its own, or that of its workspace. */
  isVendored: boolean
}

/**
 * Finds what the Go module at `path` needs. Throws an error of one line if a folder is missing or lies outside of the
 * source.
 */
export async function layoutOf(files: SourceFiles, path: string): Promise<Layout> {
  const own = joined(".", path)
  const goMod = own === undefined ? "" : joined(own, "go.mod")!
  if (own === undefined || !(await files.exists(goMod)))
    throw new Error(
      `the source has no ${goMod || `${path}/go.mod`}: pass the folder of the Go module as path, ` +
        "or create one with `go mod init`",
    )
  const workspace = await nearestWorkspace(files, own)
  const members = workspace ? await membersOf(files, workspace, own) : undefined
  if (members) return workspaceLayout(files, own, workspace, members)
  const replaced = replacedBy(goMod, own, await files.text(goMod))
  // Go takes vendored modules from the vendor folder alone, also those that a folder replaces.
  const isVendored = await files.exists(joined(own, "vendor/modules.txt")!)
  const needed: string[] = [own]
  for (const { place } of replaced)
    if (!isVendored || (await isThere(files, place))) needed.push(await checked(files, place))
  const folders = [...new Set(needed)]
  return { folders, files: [], workspace: "", isApart: workspace !== "", isVendored }
}

/** The go.work in the folder or the nearest one above it; empty if there is none. */
async function nearestWorkspace(files: SourceFiles, own: string): Promise<string> {
  for (const folder of foldersFrom(own)) {
    const goWork = inFolder(folder, "go.work")
    if (await files.exists(goWork)) return goWork
  }
  return ""
}

/** The members of a workspace by their folder, with their go.mod; undefined if the module is none of them. */
async function membersOf(files: SourceFiles, workspace: string, own: string): Promise<Map<string, string> | undefined> {
  const uses = usesIn(await files.text(workspace)).map(({ folder, line }) => ({
    folder: joined(parentOf(workspace), folder),
    written: folder,
    at: `${workspace}, line ${line}`,
  }))
  if (!uses.some(({ folder }) => folder === own)) return undefined
  const members = new Map<string, string>()
  for (const { folder, written, at } of uses) {
    if (folder === undefined)
      throw new Error(`${at}: uses ${written}, which is outside of the source: move it into the repository, or ${drop}`)
    const goMod = joined(folder, "go.mod")!
    if (!(await files.exists(goMod)))
      throw new Error(`${at}: uses ${written}, but the source has no ${goMod}: add it, or ${drop}`)
    members.set(folder, await files.text(goMod))
  }
  return members
}

const drop = "remove it with `go work edit -dropuse`"

/** A place that may be missing: `folder` is undefined if it is outside of the source. */
interface Named {
  folder: string | undefined
  /** What names it, for an error. */
  by: string
  written: string
}

/** The folders that replace modules in a go.mod or go.work, by the module's name. */
function replacedBy(file: string, at: string, text: string): { name: string; place: Named }[] {
  return replacesIn(text).flatMap(({ from, target, isFolder, line }) =>
    isFolder
      ? [{ name: from, place: { folder: joined(at, target), by: `${file}, line ${line}`, written: target } }]
      : [],
  )
}

async function isThere(files: SourceFiles, { folder }: Named): Promise<boolean> {
  return folder !== undefined && files.exists(joined(folder, "go.mod")!)
}

/** Returns the folder of a place; an error if it is not in the source. */
async function checked(files: SourceFiles, place: Named): Promise<string> {
  if (await isThere(files, place)) return place.folder!
  const { folder, by, written } = place
  const goMod = folder === undefined ? "" : joined(folder, "go.mod")!
  const replaces = `${by}: replaces a module by ${written}`
  if (isAbsolute(written))
    throw new Error(`${replaces}, an absolute path, which other machines do not have: write it as seen from the module`)
  const why = goMod ? `but the source has no ${goMod}` : "which is not in the source"
  throw new Error(`${replaces}, ${why}: pass a source that contains it, or require a version of the module instead`)
}

async function workspaceLayout(
  files: SourceFiles,
  own: string,
  workspace: string,
  members: Map<string, string>,
): Promise<Layout> {
  const root = parentOf(workspace)
  const goWork = await files.text(workspace)
  // A member is never replaced, and go.work comes before the members' own lines.
  const replaced = [
    ...[...members].flatMap(([folder, goMod]) => replacedBy(joined(folder, "go.mod")!, folder, goMod)),
    ...replacedBy(workspace, root, goWork),
  ]
  const places = new Map<string, Named>(replaced.map(({ name, place }) => [name, place]))
  for (const [folder, goMod] of members) places.set(moduleName(goMod), { folder, by: workspace, written: folder })

  const needed = await closure(files, own, places)
  const vendor = joined(root, "vendor")!
  const isVendored = await files.exists(`${vendor}/modules.txt`)
  if (isVendored) needed.push(vendor)
  const named = [...new Set([...members.keys(), ...[...places.values()].flatMap(({ folder }) => folder ?? [])])]
  const manifests = named
    .filter((folder) => !needed.includes(folder))
    .flatMap((folder) => ["go.mod", "go.sum"].map((file) => joined(folder, file)!))
  const single = [...manifests, joined(root, "go.work.sum")!]
  const existing = await Promise.all(single.map(async (file) => ((await files.exists(file)) ? [file] : [])))
  return { folders: needed, files: [workspace, ...existing.flat()], workspace, isApart: false, isVendored }
}

/**
 * The folders that the module at `own` takes packages from: those of modules that it requires or imports, and what
 * these need. In a workspace a module may import another one that its go.mod does not require.
 */
async function closure(files: SourceFiles, own: string, places: Map<string, Named>): Promise<string[]> {
  const needed = [own]
  for (const folder of needed) {
    const requires = requiresIn(await files.text(joined(folder, "go.mod")!))
    const others = [...places.keys()].filter((name) => !needed.includes(places.get(name)!.folder ?? ""))
    const free = others.filter((name) => !requires.includes(name))
    const imported = free.length ? await files.imported(folder, free) : []
    for (const name of others.filter((one) => requires.includes(one) || imported.includes(one))) {
      const place = await checked(files, places.get(name)!)
      if (!needed.includes(place)) needed.push(place)
    }
  }
  return needed
}
