// What tools can fix by themselves: gofmt, the Node projects' own eslint and prettier, terraform fmt.
import { Changeset, Directory, dag } from "@dagger.io/dagger"
import type { Service } from "../config/config"
import type { Opened } from "../config/source"
import { goInput, matching, terraformFiles } from "./inputs"
import { errorText } from "../report/parts"
import { nodeProject } from "./node-input"
import { node, type Access } from "./private"

/** Returns everything that the tools change, as one set of changes to the source. */
export async function fixed({ source, config }: Opened, access: Access): Promise<Changeset> {
  const fixable = Object.entries(config.services).filter(([, { kind }]) => kind !== "docker")
  const services = fixable.map(async ([name, service]) => {
    const { path, kind, inputs } = service
    const input = kind === "go" ? await goInput(source, path, inputs) : await withMarkdown(source, service)
    try {
      const changes = kind === "go" ? dag.golang().fix(input, { path }) : node(access).fix(input, { path })
      return await changed(changes)
    } catch (error) {
      throw new Error(`${name}: ${errorText(error)}`)
    }
  })
  const terraform = await matching(source, "terraform", terraformFiles, config.lint.exclusions)
  const all = await Promise.all([
    ...services,
    ...((await terraform.glob("**/*.tf")).length ? [changed(dag.terraform().fix(terraform))] : []),
  ])
  let result = source
  for (const { after, paths } of all) for (const path of paths) result = result.withFile(path, after.file(path))
  return changesOf(source, result)
}

// v0.19.10 confuses paths unless both folders are roots of their own.
function changesOf(before: Directory, after: Directory): Changeset {
  const root = (directory: Directory): Directory => dag.directory().withDirectory("/", directory)
  return root(after).changes(root(before))
}

/** Returns the changes that add a file to a source. */
export function added(source: Directory, file: string, text: string): Changeset {
  return changesOf(source, source.withNewFile(file, text))
}

/** The files of a Node service with its Markdown, which prettier lays out too. */
async function withMarkdown(source: Directory, service: Service): Promise<Directory> {
  const project = await nodeProject(source, service)
  return service.exclude.length ? project : project.withDirectory(service.path, source.directory(service.path))
}

/** Returns the files that a tool has changed. A formatter adds and removes none. */
async function changed(changes: Changeset): Promise<{ after: Directory; paths: string[] }> {
  return { after: changes.after(), paths: await changes.modifiedPaths() }
}
