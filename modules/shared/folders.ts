// Paths of folders and files in a source, which is `.`: pure functions over text.

/** The path of a file or folder in a folder, without `.` and `..`; undefined if it leads out of the source. */
export function pathFrom(folder: string, rest: string): string | undefined {
  const parts: string[] = []
  for (const part of `${folder}/${rest}`.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined
    } else if (part !== "" && part !== ".") parts.push(part)
  }
  return parts.join("/") || "."
}

/** The same as pathFrom; undefined also if `rest` is absolute. */
export function joined(folder: string, rest: string): string | undefined {
  return isAbsolute(rest) ? undefined : pathFrom(folder, rest)
}

/** Whether a path is absolute, on any system. */
export function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:)/.test(path)
}

/** Whether a path is a folder, or is in it. */
export function isIn(path: string, folder: string): boolean {
  return folder === "." || path === folder || path.startsWith(`${folder}/`)
}

/** The path of a file or folder in a folder. */
export function inFolder(folder: string, name: string): string {
  return folder === "." ? name : `${folder}/${name}`
}

/** A path in a folder, as it is named from that folder. */
export function relativeTo(folder: string, path: string): string {
  return folder === "." ? path : path.slice(folder.length + 1)
}

/** The folder that a file or folder is in. */
export function parentOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "."
}

/** A folder and all folders above it, the nearest first, the source last. */
export function foldersFrom(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".")
  const folders = parts.map((_, index) => parts.slice(0, parts.length - index).join("/"))
  return [...folders, "."]
}
