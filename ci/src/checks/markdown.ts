// Which Markdown of a folder no tool reads: documents that no program embeds and no file mentions.

/** A line of a file. */
export interface Line {
  file: string
  text: string
}

const names =
  "readme|changelog|changes|contributing|code_of_conduct|security|support|authors|maintainers|license|notice"
const document = new RegExp(`^(${names})([._-][\\w.-]+)?\\.md$`, "i")

/** Returns the files that are documents by their names. Programs may read any other Markdown, without naming it; and test data. */
export function documents(files: string[]): string[] {
  return files.filter((file) => document.test(baseName(file)) && !/(^|\/)testdata\//.test(file))
}

/** A regular expression for a file of another kind that mentions one of the files, or all Markdown. */
export function mentionOf(files: string[]): string {
  const literal = [...new Set(files.map(baseName))].map((name) => name.replace(/[.+]/g, "\\$&"))
  return `(^|[^\\w-])(\\.md\\b|(${literal.join("|")})\\b)`
}

/** Returns the files that Go programs embed. `lines` are the directives `//go:embed`. */
export function embeddedFiles(lines: Line[], files: string[]): string[] {
  const patterns = lines.flatMap(({ file, text }) => patternsOf(text).map((pattern) => joined(folderOf(file), pattern)))
  return files.filter((file) => patterns.some((pattern) => isEmbedded(pattern, file.split("/"))))
}

/** Returns the patterns of a directive, without quotes and `all:`. */
function patternsOf(text: string): string[] {
  const rest = /^\/\/go:embed\s+(.*)$/.exec(text.trim())?.[1] ?? ""
  return [...rest.matchAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|\S+/g)].map(([word]) => {
    const pattern = word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word.replaceAll("`", "")
    return pattern.replace(/^all:/, "")
  })
}

/** Whether a pattern names a file or a folder above it. */
function isEmbedded(pattern: string, file: string[]): boolean {
  if (pattern === ".") return true
  const parts = pattern.split("/")
  return parts.length <= file.length && parts.every((part, i) => segment(part).test(file[i]!))
}

/** A part of a pattern of Go's path.Match as a regular expression. */
function segment(part: string): RegExp {
  const source = part.replace(/\\(.)|\[\^?(?:\\.|[^\]\\])*\]|[*?]|[^\w]/g, (one, escaped?: string) => {
    if (escaped !== undefined) return literally(escaped)
    if (one === "*") return ".*"
    if (one === "?") return "."
    return one.length > 1 ? one : literally(one)
  })
  return new RegExp(`^${source}$`, "u")
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")

const baseName = (file: string): string => file.slice(file.lastIndexOf("/") + 1)
const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf("/")))
const joined = (folder: string, pattern: string): string =>
  folder === "" ? pattern : pattern === "." ? folder : `${folder}/${pattern}`
