// The project that a Node service belongs to: the folder with its lock file, and what is wrong with that.
import type { Directory } from "@dagger.io/dagger"
import { chooseLockfile, foldersFrom, isWorkspace, lockfilesIn, workspacePatterns } from "../shared/lockfiles"

/** Returns the folder with the lock file of a Node service: its own, or that of the project whose workspace it is. */
export async function nodeRoot(source: Directory, path: string): Promise<string> {
  for (const root of foldersFrom(path)) {
    if (!(await source.exists(root))) continue
    const entries = await entriesIn(source, root)
    if (lockfilesIn(entries).length === 0) continue
    if (root === path) return root
    if (entries.includes("package.json") && isWorkspace(await patternsOf(source, root, entries), within(root, path)))
      return root
  }
  return path
}

/** Returns what is wrong with the lock file of a Node service; undefined if nothing is. */
export async function lockfileFault(source: Directory, path: string): Promise<string | undefined> {
  const root = await nodeRoot(source, path)
  const folder = source.directory(root)
  try {
    chooseLockfile(await entriesIn(source, root), await folder.file("package.json").contents(), root)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The patterns of the workspaces of a project's root. */
export async function patternsOf(source: Directory, root: string, entries: string[]): Promise<string[]> {
  const folder = source.directory(root)
  const pnpm = entries.includes("pnpm-workspace.yaml") ? await folder.file("pnpm-workspace.yaml").contents() : ""
  return workspacePatterns(await folder.file("package.json").contents(), pnpm)
}

/** The names in a folder, without slashes. */
export async function entriesIn(source: Directory, folder: string): Promise<string[]> {
  return (await source.directory(folder).entries()).map((name) => name.replace(/\/$/, ""))
}

/** A path below a folder, from that folder. */
export function within(folder: string, path: string): string {
  return folder === "." ? path : path.slice(folder.length + 1)
}
