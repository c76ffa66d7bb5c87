// Unified diffs without context: which lines of a file are new, and where the others were before.

/** What a diff does to a file; lines from 1. */
export interface FileChange {
  /** The file's name before; the same unless it was moved. */
  from: string
  /** Whether the diff has no lines to compare: a new or binary file. Then all of it is new. */
  isWhole: boolean
  hunks: Hunk[]
}

interface Hunk {
  from: number
  count: number
  /** How many lines the file has more after this hunk than before it. */
  more: number
}

const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/

/** Returns what a diff of git, with or without renames, does to each file of the new state. */
export function readChanges(diff: string): Map<string, FileChange> {
  const changes = new Map<string, FileChange>()
  for (const section of diff.split(/^diff --git /m).slice(1)) {
    const lines = section.split("\n")
    const isHeader = lines.findIndex((line) => line.startsWith("@@ "))
    const head = isHeader < 0 ? lines : lines.slice(0, isHeader)
    const named = (prefix: string) => head.find((line) => line.startsWith(prefix))?.slice(prefix.length)
    const before = unquoted(named("rename from ") ?? named("copy from "))
    const file = nameIn(named("+++ "), "b/") ?? unquoted(named("rename to ") ?? named("copy to ")) ?? fileOf(lines[0]!)
    if (file === undefined || named("deleted file mode ") !== undefined) continue
    const isWhole = head.some((line) => /^(new file mode |Binary files |GIT binary patch)/.test(line))
    changes.set(file, { from: before ?? file, isWhole, hunks: lines.flatMap(hunkOf) })
  }
  return changes
}

function hunkOf(line: string): Hunk[] {
  const [, , old = "1", from, count = "1"] = header.exec(line) ?? []
  return from ? [{ from: Number(from), count: Number(count), more: Number(count) - Number(old) }] : []
}

/** Returns the name behind `+++ `; undefined for no file. */
function nameIn(text: string | undefined, prefix: string): string | undefined {
  const name = unquoted(text?.replace(/\t$/, ""))
  return name?.startsWith(prefix) ? name.slice(prefix.length) : undefined
}

/** Returns the file of `a/name b/name`, the line of a file whose content git does not show. */
function fileOf(names: string): string | undefined {
  const quoted = /^"(?:[^"\\]|\\.)*" ("(?:[^"\\]|\\.)*")$/.exec(names)?.[1]
  if (quoted) return nameIn(quoted, "b/")
  const half = (names.length - 1) / 2
  return nameIn(names.slice(half + 1), "b/")
}

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\u0007", b: "\b", f: "\f", v: "\v" }

/** Returns a name that git has put in quotes, as C does. */
function unquoted(name: string | undefined): string | undefined {
  if (!name?.startsWith('"') || !name.endsWith('"')) return name
  const bytes: Buffer[] = []
  for (const [part, octal, escape] of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|[^\\]+/g)) {
    if (octal) bytes.push(Buffer.from([parseInt(octal, 8)]))
    else bytes.push(Buffer.from(escape ? (escapes[escape] ?? escape) : part))
  }
  return Buffer.concat(bytes).toString()
}

/** Returns where a line was before; undefined if it is new or changed. */
export function lineBefore({ isWhole, hunks }: FileChange, line: number): number | undefined {
  if (isWhole) return undefined
  let offset = 0
  for (const { from, count, more } of hunks) {
    // A hunk that only deletes stands behind the line that it names.
    if (count > 0 ? line < from : line <= from) break
    if (line < from + count) return undefined
    offset += more
  }
  return line - offset
}
