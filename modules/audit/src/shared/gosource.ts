// Generated from modules/shared/gosource.ts by `npm run sync`; do not edit.
// The files of a Go module in a source: its folder, and the folders that replace modules in its go.mod.
import { Directory, ExistsType, dag } from "@dagger.io/dagger"
import { joined, localReplaces } from "./gomod"

/** Folders as a caller wrote them, each once, without `./` before and `/` after them. */
export function cleanPaths(paths: string[]): string[] {
  return [...new Set(paths.map((path) => path.replace(/^\.\//, "").replace(/\/+$/, "") || "."))]
}

/** The folders that the Go module at `path` needs, its own first; an error when one of them is not in the source. */
export async function moduleFolders(source: Directory, path: string): Promise<string[]> {
  const own = joined(".", path)
  const goMod = own === undefined ? "" : joined(own, "go.mod")!
  if (own === undefined || !(await source.exists(goMod)))
    throw new Error(
      `the source has no ${goMod || `${path}/go.mod`}: pass the folder of the Go module as path, ` +
        "or create one with `go mod init`",
    )
  const folders = new Set([own])
  for (const replaced of localReplaces(await source.file(goMod).contents())) {
    const folder = joined(own, replaced)
    if (folder === undefined || !(await source.exists(joined(folder, "go.mod")!)))
      throw new Error(
        `${goMod} replaces a module by ${replaced}, which is not in the source: pass the folder that contains both ` +
          `as source, and ${own === "." ? "the folder of the module" : own} as path`,
      )
    folders.add(folder)
  }
  return [...folders]
}

/**
 * The part of a source that the Go module at `path` needs, and `more` folders and files. A source with a go.work in the
 * folder or above is needed as a whole.
 */
export async function moduleInput(source: Directory, path: string, more: string[] = []): Promise<Directory> {
  const [folders, workspace] = await Promise.all([moduleFolders(source, path), filesAbove(source, path, "go.work")])
  return workspace.length > 0 ? source : partOf(source, [...folders, ...more])
}

/**
 * The given folders and files of a source, each at its own path. The result is named by their content, so that an edit
 * elsewhere in the source runs nothing again.
 */
export async function partOf(source: Directory, paths: string[]): Promise<Directory> {
  if (paths.includes(".")) return source
  let part = dag.directory()
  for (const path of [...new Set(paths)].sort()) {
    const isFolder = await source.exists(path, { expectedType: ExistsType.DirectoryType })
    part = isFolder ? part.withDirectory(path, source.directory(path)) : part.withFile(path, source.file(path))
  }
  return part
}

/** The files that match a pattern for names, for example `.golangci.*`, in the folder `path` and in the folders above it. */
export async function filesAbove(source: Directory, path: string, pattern: string): Promise<string[]> {
  const own = joined(".", path) ?? "."
  const parts = own === "." ? [] : own.split("/")
  const folders = parts.map((_, i) => parts.slice(0, i + 1).join("/"))
  const found = await Promise.all(
    [pattern, ...folders.map((folder) => `${folder}/${pattern}`)].map((glob) => source.glob(glob)),
  )
  return found.flat()
}
