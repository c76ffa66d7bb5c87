// Reads what an image holds and what a vulnerability database says about it: pure functions over text.
import type { Finding } from "./shared/sarif"
import { lastWords } from "./shared/words"

/** One package, distribution or module in an image. `name` and `version` are those that the database knows. */
export interface Component {
  /** As in OSV: `Debian:12`, `Alpine:v3.20`, `PyPI`, `npm`, `Go`. */
  ecosystem: string
  /** As in package URLs: `deb`, `apk`, `pypi`, `npm`, `golang`. */
  type: string
  name: string
  version: string
  /** Name and version of the package itself, where the database knows its source package. */
  package?: string
  packageVersion?: string
}

/** What an image holds, as inventoryScript prints it. */
export interface Inventory {
  os: string
  components: Component[]
  /** What was found and not read, with how often. */
  unread: Record<string, number>
  /** Programs by the architecture that they run on, such as `amd64`. */
  machines?: Record<string, number>
}

/**
 * Why an image does not fit a platform: it holds programs, and none for that platform. An engine uses a base image that a
 * registry has for one platform only for every other platform, too. Empty if the image fits.
 */
export function platformFault({ machines = {} }: Pick<Inventory, "machines">, platform: string): string {
  const [, wanted = ""] = platform.split("/")
  const others = Object.keys(machines)
  if (others.length === 0 || wanted in machines) return ""
  return `the image for ${platform} holds programs for ${others.sort().join(", ")} only: a base image is not there for ${platform}`
}

/** The fields that are read of a vulnerability in the format of OSV. */
export interface Vulnerability {
  id: string
  aliases?: string[]
  summary?: string
  details?: string
  withdrawn?: string
  severity?: { type: string; score: string }[]
  database_specific?: { severity?: string }
  affected?: {
    package?: { name?: string; ecosystem?: string }
    ranges?: { events?: { fixed?: string }[] }[]
    ecosystem_specific?: { urgency?: string; severity?: string }
    database_specific?: { severity?: string }
  }[]
}

/** The answer of the database, as osvScript prints it. */
export interface Answer {
  answers?: string[][]
  entries?: Record<string, Vulnerability>
  unreachable?: string
}

/** What an image holds, in words: `12 deb, 3 pypi`. */
export function countsOf({ components }: Inventory): string {
  const counts = new Map<string, number>()
  for (const { type } of components) counts.set(type, (counts.get(type) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, count]) => `${count} ${type}`)
    .join(", ")
}

/** The packages of an image that no database knows; empty if there are none. */
export function unreadOf({ unread, components }: Inventory): string {
  const texts = Object.entries(unread).map(([what, count]) => (count > 1 ? `${count} ${what}` : what))
  const system = components.filter(({ ecosystem, type }) => ["deb", "apk"].includes(type) && !ecosystem.includes(":"))
  return [...texts, ...(system.length ? [`packages of an unknown distribution (${system.length})`] : [])].join(", ")
}

/** The package URL of a component. */
export function purlOf({ type, name, version, package: own, packageVersion, ecosystem }: Component): string {
  const distribution = ecosystem.split(":")[0]!.toLowerCase()
  const path = (own ?? name).split("/").map(encodeURIComponent).join("/")
  const namespace = type === "deb" || type === "apk" ? `${distribution}/` : ""
  return `pkg:${type}/${namespace}${path}@${encodeURIComponent(packageVersion ?? version)}`
}

/** The SBOM of an image in CycloneDX 1.6. */
export function sbomOf(inventory: Inventory, name: string): string {
  const components = inventory.components.map((component) => ({
    type: "library",
    "bom-ref": purlOf(component),
    name: component.package ?? component.name,
    version: component.packageVersion ?? component.version,
    purl: purlOf(component),
  }))
  const system = inventory.os ? [{ type: "operating-system", "bom-ref": "os", name: inventory.os }] : []
  const unread = Object.entries(inventory.unread).map(([what, count]) => ({
    name: `delivery:unread:${what}`,
    value: String(count),
  }))
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { type: "container", "bom-ref": "image", name },
      ...(unread.length ? { properties: unread } : {}),
    },
    components: [...system, ...new Map(components.map((one) => [one["bom-ref"], one])).values()],
  }
  return `${JSON.stringify(bom, null, 1)}\n`
}

/** The queries to the database: each package once. */
export function queriesOf({
  components,
}: Inventory): { package: { name: string; ecosystem: string }; version: string }[] {
  const known = components.filter(({ ecosystem, type }) => ecosystem.includes(":") || !["deb", "apk"].includes(type))
  const queries = known.map(({ ecosystem, name, version }) => ({
    package: { name, ecosystem },
    version: ecosystem === "Go" ? version.replace(/^v/, "") : version,
  }))
  return [...new Map(queries.map((one) => [JSON.stringify(one), one])).values()]
}

/** The findings of an answer to queries. `file` is where they are placed: the Dockerfile. */
export function findingsOf(
  queries: ReturnType<typeof queriesOf>,
  { answers = [], entries = {} }: Answer,
  file: string,
): Finding[] {
  return queries.flatMap((query, at) =>
    [...new Set(answers[at] ?? [])].flatMap((id) => {
      const entry = entries[id] ?? { id }
      return entry.withdrawn ? [] : [findingOf(query, entry, file)]
    }),
  )
}

function findingOf(
  { package: { name, ecosystem }, version }: ReturnType<typeof queriesOf>[number],
  entry: Vulnerability,
  file: string,
): Finding {
  const affected = (entry.affected ?? []).filter((one) => one.package?.name === name || one.package?.name === undefined)
  const fixed = affected.flatMap(({ ranges = [] }) =>
    ranges.flatMap(({ events = [] }) => events.flatMap((one) => one.fixed ?? [])),
  )
  const cve = entry.aliases?.find((one) => one.startsWith("CVE-"))
  const summary = (entry.summary ?? entry.details ?? "").split("\n")[0]!.slice(0, 200).replace(/\.$/, "")
  const isSystem = ecosystem.includes(":")
  // What a distribution has no fix for cannot be mended by whoever builds an image.
  const level = isSystem && fixed.length === 0 ? "note" : levelOf(entry, affected)
  const fix = fixed.length ? `fixed in ${[...new Set(fixed)].slice(0, 3).join(", ")}` : "no fixed version"
  const what = summary || "known vulnerability"
  return {
    tool: "osv",
    rule: entry.id,
    text: `${name}@${version} (${ecosystem}): ${what}${cve ? ` (${cve})` : ""}; ${fix}`,
    file,
    line: 0,
    column: 0,
    level,
  }
}

const words: Record<string, Finding["level"]> = {
  critical: "error",
  high: "error",
  important: "error",
  moderate: "warning",
  medium: "warning",
  low: "note",
  negligible: "note",
  unimportant: "note",
}

/** The level of a vulnerability: by the database's own word, else by its CVSS score, else medium. */
function levelOf(entry: Vulnerability, affected: NonNullable<Vulnerability["affected"]>): Finding["level"] {
  const named = [
    entry.database_specific?.severity,
    ...affected.flatMap((one) => [
      one.ecosystem_specific?.urgency,
      one.ecosystem_specific?.severity,
      one.database_specific?.severity,
    ]),
  ]
  for (const word of named) {
    const level = words[(word ?? "").toLowerCase()]
    if (level) return level
  }
  const scores = (entry.severity ?? []).map(({ score }) => cvssScore(score)).filter((score) => score !== undefined)
  if (scores.length === 0) return "warning"
  const worst = Math.max(...scores)
  return worst >= 7 ? "error" : worst >= 4 ? "warning" : "note"
}

const weights: Record<string, Record<string, number>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
}
const privileges = { U: { N: 0.85, L: 0.62, H: 0.27 }, C: { N: 0.85, L: 0.68, H: 0.5 } } as Record<
  string,
  Record<string, number>
>

/** The base score of a CVSS 3 vector (https://www.first.org/cvss/v3.1/specification-document); undefined for another text. */
export function cvssScore(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\//.test(vector)) return undefined
  const values = Object.fromEntries(
    vector
      .split("/")
      .slice(1)
      .map((part) => part.split(":") as [string, string]),
  )
  const weight = (metric: string): number => weights[metric]?.[values[metric] ?? ""] ?? NaN
  const changed = values.S === "C"
  const base = 1 - (1 - weight("C")) * (1 - weight("I")) * (1 - weight("A"))
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base
  const exploitability =
    8.22 * weight("AV") * weight("AC") * (privileges[values.S ?? ""]?.[values.PR ?? ""] ?? NaN) * weight("UI")
  if (Number.isNaN(impact + exploitability)) return undefined
  if (impact <= 0) return 0
  return Math.ceil(Math.min(10, (changed ? 1.08 : 1) * (impact + exploitability)) * 10 - 1e-9) / 10
}

/**
 * The words of an error that the engine threw, without the request before them; empty where the runtime gives none. No decision
 * depends on them.
 */
export function wordsOfError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const text = message.replace(/^(?:input: )?query:[\s\S]*?\}\s*error: /, "").replace(/ \[traceparent:[^\]]*\]/g, "")
  if (/encountered an unknown error/i.test(text)) return ""
  return lastWords(text)
}

/** Whether an image's user may be root: none is named, or root is. */
export function mayBeRoot(user: string): boolean {
  return user === "" || /^(root|0)(:|$)/.test(user)
}
