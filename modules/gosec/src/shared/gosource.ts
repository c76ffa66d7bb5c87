// Generated from modules/shared/gosource.ts by `npm run sync`; do not edit.
// The files of a Go module in a source: its folder, folders that replace modules, and what its workspace needs.
import { Container, Directory, ExistsType, dag } from "@dagger.io/dagger"
import { foldersFrom, inFolder, joined } from "./folders"
import { searchIn } from "./search"
import { layoutOf, type Layout, type SourceFiles } from "./workspace"

/** Folders as a caller wrote them, each once, without `./` before and `/` after them. */
export function cleanPaths(paths: string[]): string[] {
  return [...new Set(paths.map((path) => path.replace(/^\.\//, "").replace(/\/+$/, "") || "."))]
}

/** What the Go module at `path` needs of a source; an error of one line when a part of it is missing. */
export function goLayout(source: Directory, path: string): Promise<Layout> {
  return layoutOf(filesOf(source), path)
}

function filesOf(source: Directory): SourceFiles {
  return {
    exists: (path) => source.exists(path),
    text: (path) => source.file(path).contents(),
    imported: async (folder, modules) => {
      const found = async (names: string[]): Promise<boolean> => {
        const pattern = `"(${names.map(escaped).join("|")})["/]`
        return (await searchIn(source.directory(folder), { pattern, globs: ["*.go"], limit: 1 })).length > 0
      }
      // Mostly none is imported, which one search says.
      if (!(await found(modules))) return []
      const each = await Promise.all(modules.map(async (name) => ((await found([name])) ? [name] : [])))
      return each.flat()
    },
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
}

/** The container for a module of this layout: a go.work that does not use the module has no effect on it. */
export function inWorkspace(container: Container, { isApart }: Pick<Layout, "isApart">): Container {
  return isApart ? container.withEnvVariable("GOWORK", "off") : container
}

/** The part of a source that the Go module at `path` needs, and `more` folders and files. */
export async function moduleInput(
  source: Directory,
  path: string,
  more: string[] = [],
): Promise<{ input: Directory; layout: Layout }> {
  const layout = await goLayout(source, path)
  return { input: await partOf(source, [...layout.folders, ...layout.files, ...more]), layout }
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
  const folders = foldersFrom(joined(".", path) ?? ".").reverse()
  const found = await Promise.all(folders.map((folder) => source.glob(inFolder(folder, pattern))))
  return found.flat()
}
