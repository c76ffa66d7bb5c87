// Reads the conditions of a quality gate and the report of the analysis: pure functions over text.
import { uriOf } from "./shared/uri"

/** A condition of a quality gate; it is violated if the metric's value compares with the number as `op` says. */
export interface Condition {
  metric: string
  op: "GT" | "LT"
  error: string
}

/** Parses conditions such as `bugs > 0` and `coverage < 80` with SonarQube's metric keys. Throws for any other text. */
export function readConditions(conditions: string[]): Condition[] {
  return conditions.map((text) => {
    const [, metric, sign, error] = /^\s*([a-z][a-z0-9_]*)\s*([<>])\s*(\d+(?:\.\d+)?)\s*$/.exec(text) ?? []
    if (!metric)
      throw new Error(
        `conditions: ${JSON.stringify(text)} is not a metric, > or <, and a number, such as "bugs > 0" or "coverage < 80"`,
      )
    return { metric, op: sign === ">" ? "GT" : "LT", error: error! }
  })
}

/** The content of sonarqube.json. */
export interface Answer {
  /** OK, ERROR, or NONE if the project has no gate. */
  gate: string
  conditions: { status: string; metricKey: string; comparator: string; errorThreshold?: string; actualValue?: string }[]
  /** URL of the project on an existing server; "" for an ephemeral one. */
  dashboard: string
  /** Number of open issues. */
  total: number
  /** The most severe of them, the most severe first. */
  issues: Issue[]
  hotspots: Issue[]
}

export interface Issue {
  rule: string
  file: string
  line: number
  text: string
  severity: string
  quality: string
}

/** Whether the gate is green, the number of violated conditions, and the reason. */
export function outcome(answer: Answer): { passed: boolean; broken: number; reason: string } {
  const broken = answer.conditions.filter(({ status }) => status !== "OK")
  if (answer.gate !== "OK" && answer.gate !== "ERROR")
    return { passed: false, broken: broken.length, reason: `the project has no quality gate (${answer.gate})` }
  if (answer.conditions.length === 0)
    return { passed: false, broken: 0, reason: "the quality gate has no condition, so it would pass everything" }
  if (answer.gate === "OK")
    return { passed: true, broken: 0, reason: `${answer.conditions.length} conditions hold; ${answer.total} issues` }
  const violations = broken.map(
    ({ metricKey, actualValue = "nothing", comparator, errorThreshold = "" }) =>
      `${metricKey} ${actualValue} ${comparator === "LT" ? "<" : ">"} ${errorThreshold}`,
  )
  const [worst] = answer.issues
  return {
    passed: false,
    broken: broken.length,
    reason: `${violations.join(", ")}${worst ? `; worst: ${place(worst)} ${worst.text}` : ""}`,
  }
}

/** The first line of the scanner's output that says what went wrong; "" if there is none. */
export function scannerTrouble(output: string): string {
  const error = output
    .split("\n")
    .map((line) => /\bERROR\b:?\s+(.*)$/.exec(line)?.[1]?.trim() ?? "")
    .find(
      (line) =>
        line !== "" && !/^(Error during SonarScanner|Re-run|EXECUTION FAILURE|\[baseline-browser-mapping\])/.test(line),
    )
  return error ?? ""
}

/** The issues and hotspots in SARIF 2.1.0. Blocker and high are errors, medium are warnings, all others notes. */
export function sarif({ issues, hotspots }: Answer): string {
  const all = [...issues, ...hotspots]
  const level = ({ severity }: Issue): string =>
    /^(BLOCKER|HIGH|CRITICAL)$/.test(severity) ? "error" : /^(MEDIUM|MAJOR)$/.test(severity) ? "warning" : "note"
  const results = all.map((issue) => ({
    ruleId: issue.rule,
    level: level(issue),
    message: { text: issue.text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(issue.file) },
          ...(issue.line > 0 ? { region: { startLine: issue.line } } : {}),
        },
      },
    ],
  }))
  const rules = [...new Set(all.map(({ rule }) => rule))].map((id) => ({ id }))
  const driver = { name: "SonarQube", informationUri: "https://www.sonarsource.com", rules }
  const runs = [{ tool: { driver }, results }]
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs }
  return `${JSON.stringify(log, null, 1)}\n`
}

function place({ file, line }: Issue): string {
  return line > 0 ? `${file}:${line}` : file
}
