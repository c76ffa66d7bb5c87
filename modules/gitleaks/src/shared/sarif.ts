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
  /** `error` unless it is given. */
  level?: "error" | "warning" | "note"
  /** What the rule looks for, in a sentence. */
  about?: string
  /** Values that stay the same when the finding moves, by the name of the method that made them. */
  fingerprints?: Record<string, string>
}

/**
 * A SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/) with a run for each of the tools, also for those
 * that found nothing.
 */
export function sarif(tools: string[], findings: Finding[]): string {
  const runs = tools.map((tool) => {
    const own = findings.filter((finding) => finding.tool === tool)
    const rules = new Map(own.map((finding) => [finding.rule, ruleOf(finding)]))
    return { tool: { driver: { name: tool, rules: [...rules.values()] } }, results: own.map(resultOf) }
  })
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs }, null, 1)}\n`
}

function ruleOf({ rule, about }: Finding): object {
  return { id: rule, ...(about ? { shortDescription: { text: about } } : {}) }
}

function resultOf({ rule, text, file, line, column, level = "error", fingerprints }: Finding): object {
  const region = { startLine: line, ...(column > 0 ? { startColumn: column } : {}) }
  return {
    ruleId: rule,
    level,
    message: { text },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...(line > 0 ? { region } : {}) } }],
    ...(fingerprints ? { partialFingerprints: fingerprints } : {}),
  }
}

/** A path as a relative URI: `services/order%20api/order.go`. */
function uriOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/")
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
