// Generated from modules/shared/gomod.ts by `npm run sync`; do not edit.
// Reads go.mod files, as far as modules need them: the module's name and the folders that replace modules.

/** The folders of the source that a go.mod's replace lines name, as they are written there: `../kit`, `./lib`. */
export function localReplaces(goMod: string): string[] {
  return directives(goMod).flatMap(([verb, ...words]) => {
    const target = words[words.indexOf("=>") + 1]
    const isLocal = verb === "replace" && words.includes("=>") && target !== undefined && /^\.\.?(\/|$)/.test(target)
    return isLocal ? [target] : []
  })
}

/** The name of a go.mod's module; empty when it has none. */
export function moduleName(goMod: string): string {
  return directives(goMod).find(([verb]) => verb === "module")?.[1] ?? ""
}

/** `rest` seen from the folder `path`, without any `..`; undefined when it leads out of the source. */
export function joined(path: string, rest: string): string | undefined {
  const parts: string[] = []
  for (const part of `${path}/${rest}`.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined
    } else if (part !== "" && part !== ".") parts.push(part)
  }
  return parts.join("/") || "."
}

/** The directives of a go.mod as words, each with its verb first, also those inside of `verb ( … )`. */
function directives(goMod: string): string[][] {
  const found: string[][] = []
  let block: string | undefined
  for (const words of goMod.split("\n").map(wordsOf)) {
    if (words.length === 0) continue
    if (block !== undefined && words[0] === ")") block = undefined
    else if (block !== undefined) found.push([block, ...words])
    else if (words[1] === "(" && words[2] !== ")") block = words[0]
    else found.push(words)
  }
  return found
}

/** The words of one line: quotes are taken away, and so is a comment. */
function wordsOf(line: string): string[] {
  const words: string[] = []
  // A string in double quotes, one in backquotes, a parenthesis, or anything up to space, parenthesis or comment.
  for (const [word] of line.matchAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|[()]|\/\/.*|(?:(?!\/\/)[^\s()"`])+/g)) {
    if (word.startsWith("//")) break
    words.push(unquoted(word))
  }
  return words
}

function unquoted(word: string): string {
  if (word.startsWith("`")) return word.slice(1, -1)
  return word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word
}
