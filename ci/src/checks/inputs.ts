// The files that stages depend on, as directories whose cache key is their content.
import { Directory, ExistsType, dag } from "@dagger.io/dagger"
import type { Service } from "../config/config"
import { goLayout } from "../shared/gosource"

/** The files that the formatters of Terraform and OpenTofu read, and configurations in JSON. */
export const terraformFiles = [
  ...["**/*.tf", "**/*.tfvars", "**/*.tftest.hcl", "**/*.tfmock.hcl", "**/*.tf.json"],
  ...["**/*.tofu", "**/*.tofutest.hcl", "**/*.tofumock.hcl", "**/*.tofu.json"],
]

/** The files of a configuration of Terraform or OpenTofu, without those that only go with one. */
export const configurations = ["**/*.tf", "**/*.tf.json", "**/*.tofu", "**/*.tofu.json"]

/** Returns the folders and files that the Go modules in a service's folder and its `inputs` need, sorted. */
export async function goFolders(source: Directory, path: string, inputs: string[] = []): Promise<string[]> {
  const found = await Promise.all([path, ...inputs].map((folder) => neededIn(source, folder)))
  return [...new Set(found.flat())].sort()
}

/** What a folder needs: with a go.mod in it what that module needs, else itself. */
async function neededIn(source: Directory, folder: string): Promise<string[]> {
  if (!(await source.exists(`${folder}/go.mod`))) return [folder]
  const { folders, files } = await goLayout(source, folder)
  return [...folders, ...files]
}

/** Returns what a Go service needs (goFolders) in one directory: an edit elsewhere runs nothing again. */
export async function goInput(source: Directory, path: string, inputs: string[] = []): Promise<Directory> {
  let input = dag.directory()
  for (const one of await goFolders(source, path, inputs)) {
    if (!(await source.exists(one))) continue
    const isFolder = await source.exists(one, { expectedType: ExistsType.DirectoryType })
    input = isFolder
      ? input.withDirectory(one, await withoutMarkdown(source.directory(one)))
      : input.withFile(one, source.file(one))
  }
  return input
}

/** Returns the folder of a Node service without what it excludes, as a directory that is named by its content. */
export async function nodeInput(
  source: Directory,
  { path, exclude }: Pick<Service, "path" | "exclude">,
  isBase = false,
): Promise<Directory> {
  const folder = source.directory(path)
  if (exclude.length === 0) return withoutMarkdown(folder)
  return matching(folder, sideOf({ isBase }, `node/${path === "." ? "root" : path}`), ["**"], exclude)
}

/** Returns the inputs of several services in one directory, each at its own path. */
export async function inputsOf(
  source: Directory,
  services: Pick<Service, "path" | "kind" | "exclude">[],
  isBase = false,
): Promise<Directory> {
  let input = dag.directory()
  for (const service of services)
    input =
      service.kind === "go"
        ? input.withDirectory(".", await goInput(source, service.path))
        : input.withDirectory(service.path, await nodeInput(source, service, isBase))
  return input
}

/** Returns the name of an input for `matching`: the base of a change has files of its own beside those of the change. */
export function sideOf({ isBase = false }: { isBase?: boolean }, name: string): string {
  return isBase ? `base/${name}` : name
}

/**
 * Returns the files of a source that match patterns, as a directory whose cache key is their content: they are written to this
 * function's own disk and read from there. For many small files all over a repository, which are slow to compose one by one.
 */
export async function matching(
  source: Directory,
  name: string,
  include: string[],
  exclude: string[],
): Promise<Directory> {
  const folder = `inputs/${name}`
  await source.filter({ include, exclude: [".git", "**/node_modules", ...exclude] }).export(folder)
  return dag.currentModule().workdir(folder)
}

/**
 * Returns a folder without its Markdown, so that an edited README runs no stage again. Markdown stays if other files of the folder
 * mention a .md file (an embedded or imported one), and in testdata.
 *
 * It is composed of whole sub-folders and files: the cache key of a filter's result is how it was made (docs/decisions/0004).
 */
export async function withoutMarkdown(folder: Directory): Promise<Directory> {
  const markdown = (await folder.glob("**/*.md")).filter((file) => !/(^|\/)testdata\//.test(file))
  if (markdown.length === 0) return folder
  const mentions = await folder.search({ pattern: "\\.md\\b", globs: ["!*.md", "!package-lock.json"], limit: 1 })
  return mentions.length > 0 ? folder : composed(folder, new Set(markdown), "")
}

/** Returns a folder without some of its files and folders, composed of whole sub-folders and files. */
export async function composed(folder: Directory, without: Set<string>, at: string): Promise<Directory> {
  let result = dag.directory()
  for (const entry of await folder.entries({ path: at || "." })) {
    const name = entry.replace(/\/$/, "")
    const path = at ? `${at}/${name}` : name
    if (without.has(path)) continue
    if (!entry.endsWith("/")) result = result.withFile(name, folder.file(path))
    else
      result = result.withDirectory(
        name,
        [...without].some((file) => file.startsWith(`${path}/`))
          ? await composed(folder, without, path)
          : folder.directory(path),
      )
  }
  return result
}
