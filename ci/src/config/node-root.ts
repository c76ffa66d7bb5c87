// The lock file of a Node service: the folder that has it, and what is wrong with it.
import type { Directory } from "@dagger.io/dagger"
import { chooseLockfile } from "../shared/lockfiles"
import { projectRoot } from "../shared/node-root"

/** Returns the folder with the lock file of a Node service: its own, or that of the project whose workspace it is. */
export async function nodeRoot(source: Directory, path: string): Promise<string> {
  return (await projectRoot(source, path)).root
}

/** Returns what is wrong with the lock file of a Node service; undefined if nothing is. */
export async function lockfileFault(source: Directory, path: string): Promise<string | undefined> {
  const { root, entries } = await projectRoot(source, path)
  const packageJson = await source.directory(root).file("package.json").contents()
  try {
    chooseLockfile(entries, packageJson, root)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
