import type { Finding } from "./shared/sarif"

// Reads what yamllint has written: pure functions over text.

/**
 * The configuration for a source that has none: what cannot be read, or is read as something else than it says. A key that stands twice loses its first value without a word, an alias
 * without an anchor is nothing. Nothing about style, which is each team's own.
 */
export const errorsOnly = `rules:
  key-duplicates: enable
  anchors: enable
`

/** The lines of `yamllint -f parsable`; a rule is named in brackets behind the text, but for YAML that cannot be read. */
export function findingsIn(output: string): Finding[] {
  return output.split("\n").flatMap((line) => {
    const [, file, at, column, level, words] = /^(.+?):(\d+):(\d+): \[(error|warning)\] (.*)$/.exec(line) ?? []
    if (!file) return []
    const [, text = words!, rule = "syntax"] = /^(.*) \(([a-z-]+)\)$/.exec(words!) ?? []
    return [
      {
        tool: "yamllint",
        rule,
        text: text.replace(/^syntax error: /, ""),
        file: file.replace(/^\.\//, ""),
        line: Number(at),
        column: Number(column),
        level: level as "error" | "warning",
      },
    ]
  })
}
