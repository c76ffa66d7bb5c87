// The files that the steps of a Node service see: its folder and its inputs, and for a workspace the project around it.
import { Directory, dag } from "@dagger.io/dagger"
import type { Service } from "../config/config"
import { nodeRoot } from "../config/node-root"
import { inFolder, isIn, relativeTo } from "../shared/folders"
import { isWorkspace, neededWorkspaces, type Manifest } from "../shared/lockfiles"
import { entriesIn, patternsOf } from "../shared/node-root"
import { nodeInput, placed, withoutMarkdown, withoutPaths } from "./inputs"

/** What is read of a Node service. */
export type NodeService = Pick<Service, "path" | "exclude" | "inputs">

/**
 * Returns the files of a Node service at their places in the repository, named by their content. A workspace comes with
 * its project: the workspaces that it needs, the manifests of the others, and every other folder but those of `others`,
 * the paths of other services.
 */
export async function nodeProject(
  source: Directory,
  { path, exclude, inputs }: NodeService,
  others: string[] = [],
  isBase = false,
): Promise<Directory> {
  const root = await nodeRoot(source, path)
  const around = root === path ? dag.directory() : await projectAround(source, { root, path, others })
  let project = around.withDirectory(path, await nodeInput(source, { path, exclude }, isBase))
  for (const folder of inputs) if (await source.exists(folder)) project = await placed(project, source, folder)
  return project
}

/** The project of a workspace, at its place in the repository, without the workspace itself. */
async function projectAround(
  source: Directory,
  { root, path, others }: { root: string; path: string; others: string[] },
): Promise<Directory> {
  const folder = source.directory(root)
  const manifests = await manifestsIn(source, root)
  const needed = neededWorkspaces(path, root, manifests)
  const unneeded = manifests.filter((one) => !needed.includes(one.folder))
  const isNeeded = (other: string): boolean => needed.some((one) => one !== root && overlap(one, other))
  const foreign = others.filter((other) => other !== root && isIn(other, root) && !isNeeded(other))
  const left = [path, ...foreign, ...unneeded.map((one) => one.folder)].map((one) => relativeTo(root, one))
  let around = await withoutPaths(await withoutMarkdown(folder), left)
  for (const { folder: at, text } of unneeded) around = around.withNewFile(`${relativeTo(root, at)}/package.json`, text)
  return dag.directory().withDirectory(root, around)
}

/** The package.json of a root and of its workspaces. */
async function manifestsIn(source: Directory, root: string): Promise<Manifest[]> {
  const folder = source.directory(root)
  const patterns = await patternsOf(source, root, await entriesIn(source, root))
  const files = (await folder.glob("**/package.json")).filter((file) => !/(^|\/)node_modules\//.test(file))
  const members = files.map((file) => file.replace(/\/?package\.json$/, "")).filter((at) => isWorkspace(patterns, at))
  return Promise.all(
    [root, ...members.map((at) => inFolder(root, at))].map(async (at) => ({
      folder: at,
      text: await source.file(inFolder(at, "package.json")).contents(),
    })),
  )
}

function overlap(one: string, other: string): boolean {
  return isIn(one, other) || isIn(other, one)
}
