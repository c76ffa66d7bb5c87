// Generated from modules/shared/gomod.ts by `npm run sync`; do not edit.
// Reads go.mod and go.work files: names, versions, and the folders that modules come from.

/** A replace directive. `version` is empty where it holds for all versions, and for a folder as its target. */
export interface Replace {
  from: string
  version: string
  /** A folder as it is written, such as `../kit`, or another module. */
  target: string
  /** Whether the target is a folder. */
  isFolder: boolean
  line: number
}

/** The folders of the source that a go.mod's replace lines name, as they are written there: `../kit`, `./lib`. */
export function localReplaces(goMod: string): string[] {
  return replacesIn(goMod).flatMap(({ target, isFolder }) => (isFolder ? [target] : []))
}

/** The replace directives of a go.mod or go.work. */
export function replacesIn(text: string): Replace[] {
  return directives(text).flatMap(({ words: [verb, from, ...words], line }) => {
    const arrow = words.indexOf("=>")
    const target = words[arrow + 1]
    if (verb !== "replace" || from === undefined || arrow < 0 || target === undefined) return []
    return [{ from, version: arrow > 0 ? words[0]! : "", target, isFolder: isFolder(target), line }]
  })
}

/** Whether a replace line names a folder, as Go decides it: a relative path that says so, or an absolute one. */
function isFolder(target: string): boolean {
  return /^(\.\.?([/\\]|$)|[/\\]|[A-Za-z]:)/.test(target)
}

/** The folders that a go.work uses, as they are written there. */
export function usesIn(goWork: string): { folder: string; line: number }[] {
  return directives(goWork).flatMap(({ words: [verb, folder], line }) =>
    verb === "use" && folder !== undefined ? [{ folder, line }] : [],
  )
}

/** The names of the modules that a go.mod requires. */
export function requiresIn(goMod: string): string[] {
  return directives(goMod).flatMap(({ words: [verb, name] }) => (verb === "require" && name ? [name] : []))
}

/** The name of a go.mod's module; empty when it has none. */
export function moduleName(goMod: string): string {
  return directives(goMod).find(({ words: [verb] }) => verb === "module")?.words[1] ?? ""
}

/** A directive as words, its verb first, and its line from 1. */
interface Directive {
  words: string[]
  line: number
}

/** The directives of a go.mod or go.work, each with its verb, also those inside of `verb ( … )`. */
function directives(text: string): Directive[] {
  const found: Directive[] = []
  let block: string | undefined
  for (const [at, words] of text.split("\n").map(wordsOf).entries()) {
    if (words.length === 0) continue
    if (block !== undefined && words[0] === ")") block = undefined
    else if (block !== undefined) found.push({ words: [block, ...words], line: at + 1 })
    else if (words[1] === "(" && words[2] !== ")") block = words[0]
    else found.push({ words, line: at + 1 })
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
