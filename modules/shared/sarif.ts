// Findings of linters and scanners, and SARIF files of them.
import { uriOf } from "./uri"

/** One thing that a linter has found. */
export interface Finding {
  tool: string
  rule: string
  text: string
  /** The file, from the repository's root. */
  file: string
  /** From 1; 0 where the tool names none. */
  line: number
  /** The last line, where the tool names it. */
  endLine?: number
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

function resultOf({ rule, text, file, line, endLine, column, level = "error", fingerprints }: Finding): object {
  const end = endLine === undefined ? {} : { endLine }
  const region = { startLine: line, ...end, ...(column > 0 ? { startColumn: column } : {}) }
  return {
    ruleId: rule,
    level,
    message: { text },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...(line > 0 ? { region } : {}) } }],
    ...(fingerprints ? { partialFingerprints: fingerprints } : {}),
  }
}

/** What was read of a tool's run. */
export interface Reading {
  findings: Finding[]
  /** Why the tool did not look at everything: it crashed, or could not read a file; "" if it looked at all. */
  broken: string
  /** What was done, for a run without a finding. */
  clean: string
}

/** A run passes only if its tool looked at everything and found nothing. What is broken comes before what was found. */
export function concluded({ findings, broken, clean }: Reading): { passed: boolean; reason: string } {
  const found = describe(findings)
  return { passed: broken === "" && found === "", reason: [broken, found].filter((part) => part).join("; ") || clean }
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
