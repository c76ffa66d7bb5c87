// What tools can mend by themselves: gofmt, the Node projects' own eslint and prettier, terraform fmt.
import { Changeset, Directory, dag } from "@dagger.io/dagger"
import type { Config } from "../config/config"
import { goInput, matching, nodeInput, terraformFiles } from "./inputs"
import { errorText } from "../report/parts"
import { node, type Access } from "./private"

/** All that the tools change, as one set of changes to the source. Files that a caller has not asked for stay as they are: a formatter's own are looked at, and no others. */
export async function fixed(source: Directory, config: Config, access: Access): Promise<Changeset> {
  const services = Object.entries(config.services).map(async ([name, service]) => {
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
  // Changes are taken between two folders that are roots of their own: v0.19.10 mixes up the paths of others.
  const root = (directory: Directory): Directory => dag.directory().withDirectory("/", directory)
  return root(result).changes(root(source))
}

/** The files that a tool has changed, and what they are now. A formatter makes none and takes none away. */
async function changed(
  changes: Changeset,
  folder: string,
): Promise<{ after: Directory; paths: string[]; folder: string }> {
  return { after: changes.after(), paths: await changes.modifiedPaths(), folder }
}
