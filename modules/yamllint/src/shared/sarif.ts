// Generated from modules/shared/sarif.ts by `npm run sync`; do not edit.
// Findings of linters and scanners, and SARIF files of them.

/** One thing that a linter has found. */
export interface Finding {
  tool: string
  rule: string
  text: string
  /** The file, from the repository's root. */
  file: string
  /** From 1; 0 where the tool names none. */
  line: number
  column: number
  /** error, if nothing is said. */
  level?: "error" | "warning" | "note"
}

/** A SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/) with a run for each of the tools, also for those that found nothing. */
export function sarif(tools: string[], findings: Finding[]): string {
  const runs = tools.map((tool) => {
    const own = findings.filter((finding) => finding.tool === tool)
    return {
      tool: { driver: { name: tool, rules: [...new Set(own.map(({ rule }) => rule))].map((id) => ({ id })) } },
      results: own.map(({ rule, text, file, line, column, level = "error" }) => ({
        ruleId: rule,
        level,
        message: { text },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: file },
              ...(line > 0 ? { region: { startLine: line, ...(column > 0 ? { startColumn: column } : {}) } } : {}),
            },
          },
        ],
      })),
    }
  })
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs }, null, 1)}\n`
}

const weight = { error: 0, warning: 1, note: 2 }

/** Findings with the worst first, then by where they are. */
export function ordered(findings: Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      weight[a.level ?? "error"] - weight[b.level ?? "error"] || a.file.localeCompare(b.file) || a.line - b.line,
  )
}

/** One line on findings: the first, and how many more. */
export function describe(findings: Finding[]): string {
  const [first] = findings
  if (!first) return ""
  const rest = findings.length - 1
  return `${first.file}${first.line ? `:${first.line}` : ""} ${first.text} (${first.rule})${rest ? `, and ${rest} more` : ""}`
}
