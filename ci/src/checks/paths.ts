// Folders that a Go module takes other modules from.
import { golangciFiles } from "../catalogue"

export { localReplaces, moduleName } from "../shared/gomod"

/** The folders that hold a file of a name, without those below another one's `charts/`: a chart's own sub-charts are checked with it. */
export function chartFolders(files: string[]): string[] {
  const folders = files.map((file) => file.replace(/\/?Chart\.yaml$/, "") || ".").sort()
  return folders.filter(
    (folder) => !folders.some((above) => folder.startsWith(above === "." ? "charts/" : `${above}/charts/`)),
  )
}

/** The configuration of golangci-lint that counts for the module at `path`: in its folder, or in the nearest above it, the first by name. `files` are all of that name in the repository. */
export function golangciConfig(path: string, files: string[]): string | undefined {
  const parts = path === "." ? [] : path.split("/")
  for (let depth = parts.length; depth >= 0; depth--) {
    const folder = parts.slice(0, depth).join("/")
    const found = golangciFiles
      .map((file) => (folder ? `${folder}/${file}` : file))
      .find((file) => files.includes(file))
    if (found) return found
  }
  return undefined
}

/** `rest` as seen from the folder `path`, without `..`; undefined where it leads out of the repository. */
export function joinedPath(path: string, rest: string): string | undefined {
  const parts: string[] = []
  for (const part of `${path}/${rest}`.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined
    } else if (part && part !== ".") parts.push(part)
  }
  return parts.join("/") || undefined
}
