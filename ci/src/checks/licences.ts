// What the pipeline makes of dependencies: which licences are refused, and what a scan without an answer comes to.
import { uriOf } from "../shared/uri"
import type { Dependencies } from "../config/config"
import type { Stage } from "../report/stages"

/** A dependency in the SBOM's components.json. */
export interface Component {
  name: string
  version: string
  licences: string[]
  manifests: string[]
}

/** Whether a licence is allowed. An SPDX expression is allowed if one operand of OR, or all of AND, are. */
export function isAllowed(expression: string, { allow, deny }: Dependencies["licences"]): boolean {
  const has = (list: string[], name: string) => list.some((one) => one.toLowerCase() === name.toLowerCase())
  const whole = unwrapped(expression.trim())
  for (const [word, holds] of [
    ["OR", "some"],
    ["AND", "every"],
  ] as const) {
    const parts = splitAt(whole, word)
    if (parts.length > 1) return parts[holds]((part) => isAllowed(part, { allow, deny }))
  }
  return (allow.length === 0 || has(allow, whole)) && !has(deny, whole)
}

/** Splits an expression at a word outside of parentheses. */
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

/** Removes parentheses around a whole expression. */
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

/** Returns dependencies with a refused licence as a SARIF log, one result per manifest. The rule is `licence:<name>`. */
export function licencesSarif(components: Component[], gate: Dependencies["licences"]): string {
  const results = components.flatMap(({ name, version, licences, manifests }) => {
    const refused = (licences.length ? licences : ["unknown"]).filter((licence) => !isAllowed(licence, gate))
    return refused.flatMap((licence) =>
      manifests.map((manifest) => ({
        ruleId: `licence:${licence}`,
        level: "error",
        message: { text: `${name}@${version} has ${licenceText(licence)}, which ${refusal(licence, gate)}` },
        locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(manifest) } } }],
      })),
    )
  })
  const rules = [...new Set(results.map(({ ruleId }) => ruleId))].map((id) => ({ id }))
  const runs = [{ tool: { driver: { name: "licences", rules } }, results }]
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs }
  return `${JSON.stringify(log, null, 1)}\n`
}

const licenceText = (licence: string): string => (licence === "unknown" ? "no known licence" : `the licence ${licence}`)

function refusal(licence: string, { deny }: Dependencies["licences"]): string {
  return deny.some((one) => one.toLowerCase() === licence.toLowerCase()) ? "is denied" : "is not allowed"
}

/** Returns one stage for the SBOM and the scan, before findings are counted. An error of either is its reason. */
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

/** Returns what is not known and why, in a few words; empty if all is. */
export function notKnown(unreachable: Record<string, string | undefined>): string {
  return Object.entries(unreachable)
    .flatMap(([what, why]) => (why ? `${what} are not known: ${why}` : []))
    .join("; ")
}

/** Changes a stage if a database has not answered: green becomes inconclusive, or failed if delivery.yaml says so. */
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
  const besides = stage.known ? `; ${stage.reason}` : ""
  const reason = `${unreachable}${besides}`
  return { ...rest, status: "inconclusive", tolerated: true, reason }
}
