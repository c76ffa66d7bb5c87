// Where a key stands in a YAML file, for errors and for the printed configuration.
import { LineCounter, parseDocument, type Document } from "yaml"

/** A YAML file with the positions of its parts. */
export interface Source {
  document: Document
  lines: LineCounter
}

/** Parses a YAML text and keeps the positions. Faults of the syntax are in `document.errors`. */
export function readSource(text: string): Source {
  const lines = new LineCounter()
  return { document: parseDocument(text, { lineCounter: lines }), lines }
}

/** The path of a key with its line, such as `services.api.path, line 3`. */
export function positionOf(source: Source, path: string[]): string {
  return `${path.join(".") || "the file"}, line ${lineOf(source, path)}`
}

/** The line of the key at a path, or of the nearest key above it. */
function lineOf(source: Source, path: string[]): number {
  for (let length = path.length; length > 0; length--) {
    const line = lineAt(source, path.slice(0, length))
    if (line) return line
  }
  return 1
}

/** The line of the key at a path; undefined if the file does not have it. */
export function lineAt({ document, lines }: Source, path: string[]): number | undefined {
  const parent = (path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)) as
    { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] } | undefined
  const range = parent?.items?.find((item) => item.key?.value === path.at(-1))?.key?.range
  return range && lines.linePos(range[0]).line
}
