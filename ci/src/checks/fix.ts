// What tools can fix by themselves: gofmt, the Node projects' own eslint and prettier, terraform fmt.
import { Changeset, Directory, dag } from "@dagger.io/dagger"
import type { Config } from "../config/config"
import { goInput, matching, nodeInput, terraformFiles } from "./inputs"
import { errorText } from "../report/parts"
import { node, type Access } from "./private"

/** Returns everything that the tools change, as one set of changes to the source. */
export async function fixed(source: Directory, config: Config, access: Access): Promise<Changeset> {
  const fixable = Object.entries(config.services).filter(([, { kind }]) => kind !== "docker")
  const services = fixable.map(async ([name, service]) => {
    const { path, kind, inputs, exclude } = service
    const folder = exclude.length ? await nodeInput(source, service) : source.directory(path)
    const input = kind === "go" ? await goInput(source, path, inputs) : folder
    try {
      const changes = kind === "go" ? dag.golang().fix(input, { path }) : node(access).fix(input)
      return await changed(changes, kind === "go" ? "" : path)
    } catch (error) {
      throw new Error(`${name}: ${errorText(error)}`)
    }
  })
  const terraform = await matching(source, "terraform", terraformFiles, config.lint.exclusions)
  const all = await Promise.all([
    ...services,
    ...((await terraform.glob("**/*.tf")).length ? [changed(dag.terraform().fix(terraform), "")] : []),
  ])
  let result = source
  for (const { after, paths, folder } of all)
    for (const path of paths) result = result.withFile(folder ? `${folder}/${path}` : path, after.file(path))
  // v0.19.10 confuses paths unless both folders are roots of their own.
  const root = (directory: Directory): Directory => dag.directory().withDirectory("/", directory)
  return root(result).changes(root(source))
}

/** Returns the files that a tool has changed. A formatter adds and removes none. */
async function changed(
  changes: Changeset,
  folder: string,
): Promise<{ after: Directory; paths: string[]; folder: string }> {
  return { after: changes.after(), paths: await changes.modifiedPaths(), folder }
}
