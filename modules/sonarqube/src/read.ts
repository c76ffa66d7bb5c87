// Reads conditions, and what the program in the container has left: pure functions over text.

/** A condition of a quality gate: it is broken when the metric's value compares so with the number. */
export interface Condition {
  metric: string
  op: "GT" | "LT"
  error: string
}

/** Reads conditions such as `bugs > 0` and `coverage < 80`; the names of metrics are SonarQube's. An error names the one that is none. */
export function readConditions(conditions: string[]): Condition[] {
  return conditions.map((text) => {
    const [, metric, sign, error] = /^\s*([a-z][a-z0-9_]*)\s*([<>])\s*(\d+(?:\.\d+)?)\s*$/.exec(text) ?? []
    if (!metric)
      throw new Error(
        `conditions: ${JSON.stringify(text)} is none; a metric of SonarQube's, > or <, and a number, such as "bugs > 0" or "coverage < 80"`,
      )
    return { metric, op: sign === ">" ? "GT" : "LT", error: error! }
  })
}

/** What the server said, as the program leaves it in sonarqube.json. */
export interface Answer {
  /** OK, ERROR, or NONE where the project has no gate. */
  gate: string
  conditions: { status: string; metricKey: string; comparator: string; errorThreshold?: string; actualValue?: string }[]
  /** The project's page on a server that stays. */
  dashboard: string
  /** How many issues are open. */
  total: number
  /** The worst of them, the worst first. */
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

/** What an answer adds up to: whether the gate is green, how many conditions are broken, and in one line what to look at first. */
export function outcome(answer: Answer): { passed: boolean; broken: number; reason: string } {
  const broken = answer.conditions.filter(({ status }) => status !== "OK")
  if (answer.gate !== "OK" && answer.gate !== "ERROR")
    return { passed: false, broken: broken.length, reason: `the project has no quality gate (${answer.gate})` }
  if (answer.conditions.length === 0)
    return { passed: false, broken: 0, reason: "the quality gate has no condition: it would let everything through" }
  if (answer.gate === "OK")
    return { passed: true, broken: 0, reason: `${answer.conditions.length} conditions hold; ${answer.total} issues` }
  const said = broken.map(
    ({ metricKey, actualValue = "nothing", comparator, errorThreshold = "" }) =>
      `${metricKey} ${actualValue} ${comparator === "LT" ? "<" : ">"} ${errorThreshold}`,
  )
  const [worst] = answer.issues
  return {
    passed: false,
    broken: broken.length,
    reason: `${said.join(", ")}${worst ? `; worst: ${place(worst)} ${worst.text}` : ""}`,
  }
}

/** The first line of the scanner's output that says what went wrong. */
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

/** A SARIF 2.1.0 log of the issues and hotspots. Levels: blocker and high are errors, medium ones warnings, all else notes. */
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
          artifactLocation: { uri: issue.file },
          ...(issue.line > 0 ? { region: { startLine: issue.line } } : {}),
        },
      },
    ],
  }))
  const rules = [...new Set(all.map(({ rule }) => rule))].map((id) => ({ id }))
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [{ tool: { driver: { name: "SonarQube", informationUri: "https://www.sonarsource.com", rules } }, results }] }, null, 1)}\n`
}

function place({ file, line }: Issue): string {
  return line > 0 ? `${file}:${line}` : file
}
