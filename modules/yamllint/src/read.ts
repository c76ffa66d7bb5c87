import type { Finding } from "./sarif"

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
    return [{ tool: "yamllint", rule, text: text.replace(/^syntax error: /, ""), file: file.replace(/^\.\//, ""), line: Number(at), column: Number(column), level: level as "error" | "warning" }]
  })
}

/** The findings in the order in which to look at them: errors first, then by file and line. */
export function ordered(findings: Finding[]): Finding[] {
  const weight = ({ level }: Finding): number => (level === "warning" ? 1 : 0)
  return [...findings].sort((a, b) => weight(a) - weight(b) || a.file.localeCompare(b.file) || a.line - b.line)
}

/** One line on findings: the first, and how many more. */
export function describe(findings: Finding[]): string {
  const [first] = findings
  if (!first) return ""
  const rest = findings.length - 1
  return `${first.file}:${first.line} ${first.text} (${first.rule})${rest ? `, and ${rest} more` : ""}`
}
