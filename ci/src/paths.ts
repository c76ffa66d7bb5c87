// Folders that a Go module takes other modules from.

/** The folders that `replace … => ../x` lines of a go.mod name, as they stand there. */
export function localReplaces(goMod: string): string[] {
  return [...goMod.replace(/\/\/.*$/gm, "").matchAll(/=>\s*(\.{1,2}(?:\/[^\s]*)?)/g)].map((match) => match[1]!)
}

/** The name of the module that a go.mod is of; empty where it says none. */
export function moduleName(goMod: string): string {
  return /^module\s+"?([^\s"]+)"?/m.exec(goMod)?.[1] ?? ""
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
