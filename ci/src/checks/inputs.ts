// The files that stages depend on, as directories whose cache key is their content.
import { createHash } from "node:crypto"
import { Directory, ExistsType, dag } from "@dagger.io/dagger"
import type { Service } from "../config/config"
import { asPattern } from "../config/checkout"
import { goLayout } from "../shared/gosource"
import { searchIn } from "../shared/search"
import { documents, embeddedFiles, mentionOf } from "./markdown"

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

/** What a folder needs: with a go.mod in it what that module needs, else itself. A file is what it is. */
async function neededIn(source: Directory, folder: string): Promise<string[]> {
  // The engine refuses to look for something below a file.
  const isFolder = await source.exists(folder, { expectedType: ExistsType.DirectoryType })
  if (!isFolder || !(await source.exists(`${folder}/go.mod`))) return [folder]
  const { folders, files } = await goLayout(source, folder)
  return [...folders, ...files]
}

/** Returns what a Go service needs (goFolders) in one directory: an edit elsewhere runs nothing again. */
export async function goInput(source: Directory, path: string, inputs: string[] = []): Promise<Directory> {
  let input = dag.directory()
  for (const folder of await goFolders(source, path, inputs))
    if (await source.exists(folder)) input = await placed(input, source, folder)
  return input
}

/** Returns an input with a file or folder of the source. */
export async function placed(input: Directory, source: Directory, path: string): Promise<Directory> {
  if (await source.exists(path, { expectedType: ExistsType.DirectoryType }))
    return input.withDirectory(path, await withoutMarkdown(source.directory(path)))
  return input.withFile(path, source.file(path))
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
  services: Pick<Service, "path" | "kind" | "inputs" | "exclude">[],
  isBase = false,
): Promise<Directory> {
  let input = dag.directory()
  for (const service of services)
    input =
      service.kind === "go"
        ? input.withDirectory(".", await goInput(source, service.path, service.inputs))
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
 * Returns a folder without its documents (README.md and its like) and .git, so that an edited README runs no stage again. A
 * document stays if a Go program embeds it, another file mentions it or all Markdown, or if it is test data.
 */
export async function withoutMarkdown(folder: Directory): Promise<Directory> {
  const [files, hasGit] = await Promise.all([folder.glob("**/*.md"), folder.exists(".git")])
  const without = await unread(folder, documents(files))
  if (without.length === 0 && !hasGit) return folder
  return withoutPaths(folder, without)
}

/** Returns a folder without some of its files and folders, .git and node_modules, named by its content. Links stay links. */
export async function withoutPaths(folder: Directory, paths: string[]): Promise<Directory> {
  const hash = createHash("sha256").update(JSON.stringify(paths)).digest("hex").slice(0, 16)
  const name = `content/${await folder.digest()}/${hash}`
  // Several checks take the same folder at once: it is written once.
  const made = written.get(name) ?? matching(folder, name, ["**"], paths.map(asPattern))
  written.set(name, made)
  return made
}

const written = new Map<string, Promise<Directory>>()

/** Returns the documents that no program reads. */
async function unread(folder: Directory, candidates: string[]): Promise<string[]> {
  if (candidates.length === 0) return []
  const [mentions, directives] = await Promise.all([
    searchIn(folder, { pattern: mentionOf(candidates), globs: ["!*.md", "!package-lock.json"], limit: 1 }),
    searchIn(folder, { pattern: "^//go:embed\\s", globs: ["*.go"] }),
  ])
  if (mentions.length > 0) return []
  const lines = directives.map(async (line) => ({ file: await line.filePath(), text: await line.matchedLines() }))
  const embedded = embeddedFiles(await Promise.all(lines), candidates)
  return candidates.filter((file) => !embedded.includes(file))
}
