// What the pipeline makes of dependencies: which licences are refused, and what a scan without an answer comes to.
import type { Dependencies } from "../config/config"
import type { Stage } from "../report/stages"

/** A dependency as the SBOM's components.json has it. */
export interface Component {
  name: string
  version: string
  licences: string[]
  manifests: string[]
}

/** Whether a licence, or an expression of several, is one that may be: of `A OR B` one has to be, of `A AND B` both. */
export function mayBe(expression: string, { allow, deny }: Dependencies["licences"]): boolean {
  const has = (list: string[], name: string) => list.some((one) => one.toLowerCase() === name.toLowerCase())
  const whole = unwrapped(expression.trim())
  for (const [word, holds] of [
    ["OR", "some"],
    ["AND", "every"],
  ] as const) {
    const parts = splitAt(whole, word)
    if (parts.length > 1) return parts[holds]((part) => mayBe(part, { allow, deny }))
  }
  return (allow.length === 0 || has(allow, whole)) && !has(deny, whole)
}

/** The parts of an expression between a word, where that stands in no parentheses. */
function splitAt(expression: string, word: string): string[] {
  const parts = [""]
  let depth = 0
  for (const token of expression.split(/(\s+|[()])/)) {
    if (token === "(") depth++
    if (token === ")") depth--
    if (depth === 0 && token.toUpperCase() === word) parts.push("")
    else parts[parts.length - 1] += token
  }
  return parts
}

/** An expression without parentheses around all of it. */
function unwrapped(expression: string): string {
  if (!expression.startsWith("(")) return expression
  let depth = 0
  for (const [at, character] of [...expression].entries()) {
    if (character === "(") depth++
    if (character === ")" && --depth === 0)
      return at === expression.length - 1 ? unwrapped(expression.slice(1, -1).trim()) : expression
  }
  return expression
}

/** The dependencies whose licence may not be, as a SARIF log: a result for each manifest that has one. The rule is `licence:<name>`. */
export function licencesSarif(components: Component[], gate: Dependencies["licences"]): string {
  const results = components.flatMap(({ name, version, licences, manifests }) => {
    const refused = (licences.length ? licences : ["unknown"]).filter((licence) => !mayBe(licence, gate))
    return refused.flatMap((licence) =>
      manifests.map((manifest) => ({
        ruleId: `licence:${licence}`,
        level: "error",
        message: {
          text: `${name}@${version} has ${licence === "unknown" ? "no known licence" : `the licence ${licence}`}, which ${gate.deny.some((one) => one.toLowerCase() === licence.toLowerCase()) ? "is denied" : "is not allowed"}`,
        },
        locations: [{ physicalLocation: { artifactLocation: { uri: manifest } } }],
      })),
    )
  })
  const rules = [...new Set(results.map(({ ruleId }) => ruleId))].map((id) => ({ id }))
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [{ tool: { driver: { name: "licences", rules } }, results }] }, null, 1)}\n`
}

/** The stage of an SBOM and a scan together, before findings are judged. What went wrong in either is what it says. */
export function dependenciesStage(sbom: Stage, scan: Stage, base: string): Stage {
  const [seconds, cached] = [Math.max(sbom.seconds, scan.seconds), sbom.cached && scan.cached]
  const stage = { name: "dependencies", seconds, cached, exitCode: 0 }
  if (sbom.status === "notApplicable") return { ...stage, status: "notApplicable", reason: sbom.reason }
  const wrong = [sbom, scan].find(({ status, exitCode }) => status === "skipped" || exitCode !== 0)
  if (wrong)
    return {
      ...stage,
      status: wrong.status === "skipped" ? "skipped" : "failed",
      reason: wrong.reason,
      exitCode: wrong.exitCode || 1,
    }
  return { ...stage, status: "passed", reason: base ? `${sbom.reason} since ${base}` : sbom.reason }
}

/** What a stage is when a database has not answered: a red one stays red, a green one is inconclusive, or red where that is asked for. */
export function withoutAnswer(stage: Stage, unreachable: string, inconclusive: Dependencies["inconclusive"]): Stage {
  if (unreachable === "" || stage.status !== "passed") return stage
  const { value: _value, limit: _limit, unit: _unit, atMost: _atMost, ...rest } = stage
  if (inconclusive === "fail")
    return {
      ...rest,
      status: "failed",
      reason: `${unreachable} (gates.dependencies.inconclusive is fail)`,
      exitCode: 1,
    }
  return { ...rest, status: "inconclusive", tolerated: true, reason: `vulnerabilities are not known: ${unreachable}` }
}
