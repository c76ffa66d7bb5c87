// The project that a Node package belongs to: the folder with its lock file, and the patterns of its workspaces.
import type { Directory } from "@dagger.io/dagger"
import { foldersFrom, inFolder, relativeTo } from "./folders"
import { isWorkspace, lockfilesIn, workspacePatterns } from "./lockfiles"

/** Finds the nearest folder with a lock file: the package's own, or that of the root whose workspace it is; else its own. */
export async function projectRoot(source: Directory, path: string): Promise<{ root: string; entries: string[] }> {
  const own = await entriesIn(source, path)
  for (const root of foldersFrom(path)) {
    const entries = root === path ? own : await entriesIn(source, root)
    if (lockfilesIn(entries).length === 0) continue
    if (root === path) return { root, entries }
    if (!entries.includes("package.json")) continue
    if (isWorkspace(await patternsOf(source, root, entries), relativeTo(root, path))) return { root, entries }
  }
  return { root: path, entries: own }
}

/** The patterns of the workspaces of a project's root, whose entries are given. */
export async function patternsOf(source: Directory, root: string, entries: string[]): Promise<string[]> {
  const text = (file: string): Promise<string> => source.file(inFolder(root, file)).contents()
  const pnpm = entries.includes("pnpm-workspace.yaml") ? text("pnpm-workspace.yaml") : ""
  return workspacePatterns(...(await Promise.all([text("package.json"), pnpm])))
}

/** The names in a folder, without slashes; none if there is no such folder. */
export async function entriesIn(source: Directory, folder: string): Promise<string[]> {
  if (!(await source.exists(folder))) return []
  return (await source.directory(folder).entries()).map((name) => name.replace(/\/$/, ""))
}
