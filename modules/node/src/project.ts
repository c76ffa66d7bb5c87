// Finds a project in a source: its folder, the root with its lock file, its package manager, and all manifests.
import { Directory } from "@dagger.io/dagger"
import { chooseManager, type Manager } from "./managers"
import { linkedFolders, wayOf, type Way } from "./manifests"
import { inFolder, pathFrom } from "./shared/folders"
import { isWorkspace, type Manifest } from "./shared/lockfiles"
import { entriesIn, patternsOf, projectRoot } from "./shared/node-root"

/** A Node project. Paths are from the root of the source, which is `.`. */
export interface Project {
  source: Directory
  /** The folder of the project. */
  path: string
  /** The folder of the lock file: `path`, or above it when the project is a workspace. */
  root: string
  /** The names in the root. */
  entries: string[]
  manager: Manager
  /** The package.json of the project. */
  packageJson: string
  /** The root, its workspaces, and the packages in folders that these depend on; the root is the first. */
  manifests: Manifest[]
  way: Way
  because: string
}

/** Finds the project at `path` in a source; an error says what is missing. */
export async function findProject(source: Directory, given: string): Promise<Project> {
  const path = pathFrom(".", given)
  if (path === undefined || !(await source.exists(path))) throw new Error(`path: ${given} is no folder of the source`)
  if (!(await entriesIn(source, path)).includes("package.json"))
    throw new Error(`there is no package.json in ${path}: pass the folder of the project as path`)
  const packageJson = await source.file(inFolder(path, "package.json")).contents()
  const { root, entries } = await projectRoot(source, path)
  const rootJson = root === path ? packageJson : await source.file(inFolder(root, "package.json")).contents()
  const lock = (file: string): Promise<string> => source.file(inFolder(root, file)).contents()
  const manager = await chooseManager({ entries, packageJson: rootJson, lock, folder: root })
  const manifests = await manifestsOf(source, root, rootJson, entries)
  const npmrc = entries.includes(".npmrc") ? await lock(".npmrc") : ""
  const ways = wayOf({ manager: manager.name, manifests, npmrc })
  return { source, path, root, entries, manager, packageJson, manifests, ...ways }
}

/** The root's package.json, those of its workspaces, and those of folders that these depend on. */
async function manifestsOf(source: Directory, root: string, rootJson: string, entries: string[]): Promise<Manifest[]> {
  const found: Manifest[] = [{ folder: root, text: rootJson }]
  const patterns = await patternsOf(source, root, entries)
  if (patterns.length > 0) {
    const files = await source.directory(root).glob("**/package.json")
    const folders = files.map((file) => file.replace(/\/?package\.json$/, ""))
    const members = folders.filter((folder) => !/(^|\/)node_modules\//.test(folder) && isWorkspace(patterns, folder))
    for (const folder of members.map((one) => inFolder(root, one)).sort())
      found.push({ folder, text: await source.file(`${folder}/package.json`).contents() })
  }
  for (const manifest of found)
    for (const { name, range, at } of linkedFolders(manifest)) {
      if (at === undefined || !(await source.exists(at))) throw new Error(outside(manifest.folder, name, range))
      const isKnown = found.some(({ folder }) => folder === at)
      if (!isKnown && (await source.exists(inFolder(at, "package.json"))))
        found.push({ folder: at, text: await source.file(inFolder(at, "package.json")).contents() })
    }
  return found
}

function outside(folder: string, name: string, range: string): string {
  return (
    `${inFolder(folder, "package.json")} takes ${name} from ${range}, which is not in the source: pass a source with ` +
    "both folders (in delivery.yaml: name that folder in the service's inputs)"
  )
}
