// Reads, merges and compares SBOMs in CycloneDX JSON: pure functions over text.
import { isWhole } from "./shared/words"

/** One dependency. */
export interface Component {
  /** The ecosystem, as in package URLs: `golang`, `npm`. */
  kind: string
  name: string
  version: string
  purl: string
  /** SPDX identifiers, or the names that the tool read; empty when it found none. */
  licences: string[]
  /** The manifests that declare it, for example `services/api/go.mod`. */
  manifests: string[]
}

/** The difference between two lists of dependencies. Several versions of one package are joined: `1.0.0, 2.0.0`. */
export interface Difference {
  added: { kind: string; name: string; version: string; licences: string[] }[]
  removed: { kind: string; name: string; version: string }[]
  changed: { kind: string; name: string; from: string; to: string }[]
}

interface Licence {
  license?: { id?: string; name?: string }
  expression?: string
}
interface RawComponent {
  "bom-ref"?: string
  group?: string
  name: string
  version?: string
  purl?: string
  licenses?: Licence[]
  evidence?: { licenses?: Licence[] }
  components?: RawComponent[]
  properties?: { name: string; value: string }[]
  [more: string]: unknown
}
interface Bom {
  metadata?: { component?: RawComponent; tools?: unknown; [more: string]: unknown }
  components?: RawComponent[]
  dependencies?: { ref: string; dependsOn?: string[] }[]
  [more: string]: unknown
}

/** The property of a component that names a manifest that declares it. */
const manifestProperty = "delivery:manifest"

/** The licence of a component that declares none. */
export const unknownLicence = "unknown"

/** All components of an SBOM, including nested ones. */
function allOf(components: RawComponent[] = []): RawComponent[] {
  return components.flatMap(({ components: below, ...one }) => [one as RawComponent, ...allOf(below)])
}

/** A package URL without its qualifiers and sub-path. */
function plainPurl(purl: string): string {
  return purl.replace(/[?#].*$/, "")
}

/** The name in a package URL: `example.com/a` for `pkg:golang/example.com/a@v1.0.0`. */
function nameOf({ purl = "", group, name }: RawComponent): string {
  const path = /^pkg:[^/]+\/(.+?)(@[^@/]*)?$/.exec(plainPurl(purl))?.[1]
  return path ? decodeURIComponent(path) : group ? `${group}/${name}` : name
}

function licencesOf({ licenses, evidence }: RawComponent): string[] {
  const names = (list: Licence[] = []) =>
    list
      .map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? "")
      .filter((text) => text !== "")
  const declared = names(licenses)
  return [...new Set(declared.length ? declared : names(evidence?.licenses))].sort()
}

/** An SBOM and the manifest that it was made from. */
interface Source {
  manifest: string
  bom: Bom
}

const byKey = <T>(map: Map<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1))

/** Whether a text is a whole SBOM: a tool that crashes may leave half of one. */
export function isBom(text: string): boolean {
  return isWhole(text) && (JSON.parse(text) as { bomFormat?: string }).bomFormat === "CycloneDX"
}

/**
 * Merges SBOMs, each with the manifest that it was made from. Each component appears once, with the manifests that
 * declare it. The manifests' own modules (a service, a library of the same repository) are not dependencies. The result
 * has no time stamp: the same dependencies give the same bytes.
 */
export function mergedBom(boms: { manifest: string; text: string }[]): string {
  const sources = boms.map(({ manifest, text }): Source => ({ manifest, bom: JSON.parse(text) as Bom }))
  const { components, refs } = mergedComponents(sources)
  const edges = mergedEdges(sources, refs)
  const whole = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        "bom-ref": "delivery",
        type: "application",
        name: "delivery",
        components: sources.map(({ manifest }) => ({ "bom-ref": manifest, type: "file", name: manifest })),
      },
    },
    components: byKey(components).map(([, one]) => one),
    dependencies: [
      { ref: "delivery", dependsOn: sources.map(({ manifest }) => manifest) },
      ...byKey(edges).map(([ref, on]) => ({ ref, dependsOn: [...on].sort() })),
    ],
  }
  return `${JSON.stringify(whole, null, 1)}\n`
}

/** An SBOM with versions of modules that the tool has seen as folders, by their name. */
export function withVersions(text: string, versions: Record<string, string>): string {
  if (Object.keys(versions).length === 0) return text
  const bom = JSON.parse(text) as Bom
  const refs = new Map<string, string>()
  const components = (bom.components ?? []).map((one) => {
    const version = versions[one.name]
    if (one.version || !version) return one
    const purl = `pkg:golang/${one.name}@${version}?type=module`
    if (one["bom-ref"]) refs.set(one["bom-ref"], purl)
    return { ...one, version, "bom-ref": purl, purl }
  })
  const renamed = (ref: string): string => refs.get(ref) ?? ref
  const dependencies = (bom.dependencies ?? []).map(({ ref, dependsOn }) => ({
    ref: renamed(ref),
    ...(dependsOn && { dependsOn: dependsOn.map(renamed) }),
  }))
  return JSON.stringify({ ...bom, components, dependencies })
}

/** The components by package URL, and the package URL of each `<manifest> <bom-ref>`. */
function mergedComponents(sources: Source[]): { components: Map<string, RawComponent>; refs: Map<string, string> } {
  const own = new Set(sources.flatMap(({ bom }) => (bom.metadata?.component ? [nameOf(bom.metadata.component)] : [])))
  const refs = new Map<string, string>()
  const components = new Map<string, RawComponent>()
  for (const { manifest, bom } of sources) {
    for (const one of allOf(bom.components)) {
      if (own.has(nameOf(one))) continue
      const purl = plainPurl(one.purl ?? one["bom-ref"] ?? `${nameOf(one)}@${one.version ?? ""}`)
      if (one["bom-ref"]) refs.set(`${manifest} ${one["bom-ref"]}`, purl)
      const known = components.get(purl)
      const others = (known?.properties ?? []).filter(({ value }) => value !== manifest)
      const properties = [...others, { name: manifestProperty, value: manifest }]
      components.set(purl, { ...one, ...known, "bom-ref": purl, purl, properties })
    }
  }
  return { components, refs }
}

/** The dependencies of each component and manifest, by package URL. */
function mergedEdges(sources: Source[], refs: Map<string, string>): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>()
  for (const { manifest, bom } of sources) {
    const root = bom.metadata?.component?.["bom-ref"]
    for (const { ref, dependsOn = [] } of bom.dependencies ?? []) {
      const from = ref === root ? manifest : refs.get(`${manifest} ${ref}`)
      if (from === undefined) continue
      const targets = dependsOn.flatMap((on) => refs.get(`${manifest} ${on}`) ?? [])
      edges.set(from, new Set([...(edges.get(from) ?? []), ...targets]))
    }
  }
  return edges
}

/** The components of an SBOM, sorted by kind, name and version. */
export function readComponents(text: string): Component[] {
  const list = allOf((JSON.parse(text) as Bom).components).map((one): Component => {
    const purl = plainPurl(one.purl ?? "")
    const manifests = (one.properties ?? []).filter(({ name }) => name === manifestProperty).map(({ value }) => value)
    return {
      kind: /^pkg:([^/]+)\//.exec(purl)?.[1] ?? "",
      name: nameOf(one),
      version: one.version ?? "",
      purl,
      licences: licencesOf(one),
      manifests,
    }
  })
  return list.sort(
    (a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name) || a.version.localeCompare(b.version),
  )
}

/** Components by licence, the most frequent licence first. A component with several licences is listed under each. */
export function byLicence(components: Component[]): { licence: string; components: string[] }[] {
  const found = new Map<string, string[]>()
  for (const { name, version, licences } of components)
    for (const licence of licences.length ? licences : [unknownLicence])
      found.set(licence, [...(found.get(licence) ?? []), `${name}@${version}`])
  return [...found]
    .map(([licence, list]) => ({ licence, components: list }))
    .sort((a, b) => b.components.length - a.components.length || a.licence.localeCompare(b.licence))
}

/** The dependencies that were added, removed and changed between two lists. */
export function difference(before: Component[], after: Component[]): Difference {
  const [old, now] = [grouped(before), grouped(after)]
  const result: Difference = { added: [], removed: [], changed: [] }
  for (const [key, list] of now) {
    const { kind, name } = list[0]!
    const was = old.get(key)
    const version = versionsOf(list)
    if (!was) {
      const licences = [...new Set(list.flatMap((one) => one.licences))]
      result.added.push({ kind, name, version, licences })
    } else if (versionsOf(was) !== version) {
      result.changed.push({ kind, name, from: versionsOf(was), to: version })
    }
  }
  for (const [key, list] of old)
    if (!now.has(key)) result.removed.push({ kind: list[0]!.kind, name: list[0]!.name, version: versionsOf(list) })
  return result
}

/** Components by kind and name. */
function grouped(components: Component[]): Map<string, Component[]> {
  const groups = new Map<string, Component[]>()
  for (const one of components) {
    const key = `${one.kind} ${one.name}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return groups
}

function versionsOf(list: Component[]): string {
  return [...new Set(list.map(({ version }) => version))].sort().join(", ")
}

/** A difference in a few words, for example `2 added, 1 changed`. */
export function describeDifference({ added, removed, changed }: Difference): string {
  const counts = [
    [added.length, "added"],
    [removed.length, "removed"],
    [changed.length, "changed"],
  ] as const
  return (
    counts
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${count} ${what}`)
      .join(", ") || "none added, removed or changed"
  )
}

/** A difference as readable text: one line for each package. */
export function differenceText({ added, removed, changed }: Difference): string {
  const lines = [
    ...added.map(
      ({ name, version, licences }) => `+ ${name} ${version} (${licences.join(", ") || `licence ${unknownLicence}`})`,
    ),
    ...removed.map(({ name, version }) => `- ${name} ${version}`),
    ...changed.map(({ name, from, to }) => `~ ${name} ${from} → ${to}`),
  ]
  return `${lines.join("\n") || "no dependency was added, removed or changed"}\n`
}

/** The licences as readable text. */
export function licencesText(components: Component[]): string {
  return (
    byLicence(components)
      .map(
        ({ licence, components: list }) => `${licence} (${list.length})\n${list.map((one) => `  ${one}\n`).join("")}`,
      )
      .join("") || "no dependency\n"
  )
}

/** Which lock files could not be read, for the reason. */
export function missingText(unread: string[]): string {
  return unread.length === 0 ? "" : `; not read: ${unread.join("; ")}`
}
