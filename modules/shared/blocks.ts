// The block mappings of YAML, as package managers write them into lock files: pure functions over texts.

/** A key with its value, or with the keys below it. */
export interface Block {
  /** A scalar without its quotes, or what stands in brackets; empty if there are only keys below. */
  value: string
  /** The line of the key, from 1. */
  line: number
  below: Map<string, Block>
}

const entry = /^( *)(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s"'#-].*?)):(?: +(.*))?$/

/**
 * Returns the documents of a file that consists of block mappings. Lists, and texts of several lines, are left out. An error
 * names a line at the margin that is none of them, such as a conflict marker.
 */
export function blocksOf(text: string): Block[] {
  const documents: Block[] = []
  let open: { indent: number; block: Block }[] = []
  const begin = (): void => {
    documents.push({ value: "", line: 0, below: new Map() })
    open = [{ indent: -1, block: documents.at(-1)! }]
  }
  begin()
  for (const [i, raw] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    if (/^---(\s|$)/.test(raw)) begin()
    if (/^(---|\s*#|\s*$)/.test(raw)) continue
    const found = entry.exec(plainKey(raw))
    if (!found) {
      if (/^\S/.test(raw) && !/^(- |:)/.test(raw)) throw new Error(`line ${i + 1} is no YAML: ${raw.slice(0, 60)}`)
      continue
    }
    const [, indent = "", double, single, plain, value = ""] = found
    while (open.at(-1)!.indent >= indent.length) open.pop()
    const block = { value: unquoted(value.trim()), line: i + 1, below: new Map<string, Block>() }
    const key = double === undefined ? (single?.replaceAll("''", "'") ?? plain!) : unquoted(`"${double}"`)
    open.at(-1)!.block.below.set(key, block)
    open.push({ indent: indent.length, block })
  }
  return documents.filter(({ below }) => below.size > 0)
}

/** A long key stands behind a question mark, and what belongs to it behind a colon in the next line. */
function plainKey(line: string): string {
  return line.replace(/^( *)\? (.*)$/, "$1$2:").replace(/^( *): +(?=\S)/, "$1  ")
}

function unquoted(text: string): string {
  if (/^'.*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'")
  if (!/^".*"$/.test(text)) return text
  try {
    return JSON.parse(text) as string
  } catch {
    return text.slice(1, -1)
  }
}
