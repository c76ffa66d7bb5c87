// Reads a SARIF log of any tool (https://docs.oasis-open.org/sarif/sarif/v2.1.0/) into runs of one plain form.
import { posix } from "node:path"
import { uriOf } from "../shared/uri"

/** A run in the form that this pipeline writes: results have a rule, a level, a text, and files named by relative URIs. */
export interface SarifRun {
  tool: { driver: { name: string } }
  results: SarifResult[]
}
export interface SarifResult {
  ruleId: string
  level: string
  message: { text: string }
  locations?: SarifLocation[]
  baselineState?: string
}
export interface SarifLocation {
  physicalLocation?: { artifactLocation?: { uri?: string }; region?: { startLine?: number; endLine?: number } }
}

interface WrittenRule {
  id?: string
  shortDescription?: { text?: string }
  messageStrings?: Record<string, { text?: string }>
  defaultConfiguration?: { level?: string }
}
interface WrittenArtifact {
  uri?: string
  uriBaseId?: string
  index?: number
}
interface WrittenRun {
  tool?: { driver?: { name?: string; rules?: WrittenRule[] } }
  results?: WrittenResult[]
  artifacts?: { location?: WrittenArtifact }[]
  originalUriBaseIds?: Record<string, WrittenArtifact | undefined>
}
interface WrittenResult {
  ruleId?: string
  ruleIndex?: number
  rule?: { id?: string; index?: number }
  kind?: string
  level?: string
  message?: { text?: string; markdown?: string; id?: string; arguments?: string[] }
  locations?: {
    physicalLocation?: { artifactLocation?: WrittenArtifact; region?: { startLine?: number; endLine?: number } }
  }[]
}

/** Whether a text is a SARIF log: a tool that crashes may leave half of one, or nothing. */
export function isSarif(text: string): boolean {
  try {
    const { runs } = JSON.parse(text.replace(/^\ufeff/, "")) as { runs?: unknown }
    return Array.isArray(runs)
  } catch {
    return false
  }
}

/** Returns the runs of a log, with files named from the folder that the tool ran in. Throws if it is none. */
export function runsOf(text: string, stage: string): SarifRun[] {
  if (!isSarif(text)) throw new Error(`a report of ${stage} is no SARIF log: the tool ended before it was written`)
  const { runs } = JSON.parse(text.replace(/^\ufeff/, "")) as { runs: WrittenRun[] }
  return runs.map((run) => ({
    ...run,
    tool: { ...run.tool, driver: { ...run.tool?.driver, name: run.tool?.driver?.name ?? "" } },
    results: (run.results ?? []).filter(isFailure).map((result) => plainResult(result, run)),
  }))
}

/** A result may also say that something is well, or that a rule does not apply. */
function isFailure({ kind = "fail" }: WrittenResult): boolean {
  return kind !== "pass" && kind !== "notApplicable"
}

function plainResult(result: WrittenResult, run: WrittenRun): SarifResult {
  const { rule, ruleId, ruleIndex, kind = "fail", locations } = result
  const rules = run.tool?.driver?.rules ?? []
  const id = ruleId ?? rule?.id
  const known = rules[ruleIndex ?? rule?.index ?? -1] ?? rules.find((one) => one.id !== undefined && one.id === id)
  const usual = known?.defaultConfiguration?.level ?? "warning"
  return {
    ...result,
    ruleId: id ?? known?.id ?? "",
    level: result.level ?? (kind === "fail" ? usual : "note"),
    message: { ...result.message, text: textOfMessage(result, known) },
    ...(locations ? { locations: locations.map((location) => plainLocation(location, run)) } : {}),
  }
}

function textOfMessage({ message = {}, ruleId }: WrittenResult, rule: WrittenRule | undefined): string {
  const template = message.id === undefined ? undefined : rule?.messageStrings?.[message.id]?.text
  const text = template?.replace(/\{(\d+)\}/g, (all, n: string) => message.arguments?.[Number(n)] ?? all)
  return message.text ?? text ?? message.markdown ?? rule?.shortDescription?.text ?? ruleId ?? ""
}

function plainLocation(location: NonNullable<WrittenResult["locations"]>[number], run: WrittenRun): SarifLocation {
  const { artifactLocation: artifact, ...place } = location.physicalLocation ?? {}
  if (!artifact) return location
  const { index = -1, uriBaseId: _, ...rest } = artifact
  const named = artifact.uri === undefined ? (run.artifacts?.[index]?.location ?? {}) : artifact
  const file = fileOf(named, run)
  const uri = isUrl(file) ? file : uriOf(file)
  return { ...location, physicalLocation: { ...place, artifactLocation: { ...rest, uri } } }
}

/** Folders that modules mount a source at: what is below them is named from the source. */
const mounts = /^\/(?:usr\/)?src(?:\/|$)/

/** Returns the path of a file from the tool's folder; a URL, of a page that was scanned, as it is. */
function fileOf(artifact: WrittenArtifact, run: WrittenRun): string {
  const uri = absolute(artifact, run, 4)
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(uri) && !/^file:/i.test(uri)) return uri
  const path = pathOf(uri.replace(/^file:(?:\/\/[^/]*)?(?=\/)/i, ""))
  const isWindows = /\\/.test(path) && !path.includes("/")
  const clean = posix.normalize((isWindows ? path.replaceAll("\\", "/") : path).replace(mounts, ""))
  return clean === "." ? "" : clean
}

/** Returns a URI with what its base id stands for; of an unknown base, the URI alone, which is then from the source's root. */
function absolute({ uri = "", uriBaseId }: WrittenArtifact, run: WrittenRun, deepest: number): string {
  const base = uriBaseId === undefined ? undefined : run.originalUriBaseIds?.[uriBaseId]
  if (!base || deepest === 0 || /^(?:[a-z][a-z\d+.-]+:)?\//i.test(uri)) return uri
  const before = absolute(base, run, deepest - 1)
  return before === "" || before.endsWith("/") ? `${before}${uri}` : `${before}/${uri}`
}

/** Whether a file of a location is the address of a page. */
export function isUrl(file: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(file)
}

/** Returns the path of a relative URI; a text that is not a URI, such as a path with a stray %, is the path itself. */
export function pathOf(uri: string): string {
  try {
    return decodeURIComponent(uri)
  } catch {
    return uri
  }
}
