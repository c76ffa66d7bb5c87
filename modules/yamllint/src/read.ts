import type { Finding } from "./shared/sarif"

// Reads the output of yamllint: pure functions over text.

/**
 * The configuration for a source that has none of its own. It reports what a parser rejects or silently misreads:
 * syntax errors, duplicate keys (the first value is lost), aliases without an anchor. It reports nothing about style.
 */
export const errorsOnly = `rules:
  key-duplicates: enable
  anchors: enable
`

/** Why yamllint did not check all files, from its output: the last line of a traceback, else the first line. */
export function failureIn(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const crash = lines.findIndex((line) => line.startsWith("Traceback (most recent call last)"))
  const last = lines.slice(crash).findLast((line) => /^[\w.]+(Error|Exception|Interrupt)\b/.test(line)) ?? lines.at(-1)
  return crash < 0 ? (lines[0] ?? "") : `could not run: ${last}`
}

/** Reads the lines of `yamllint -f parsable`. The rule follows the text in parentheses; a syntax error has none. */
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
