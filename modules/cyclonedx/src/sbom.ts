// SBOMs in CycloneDX's JSON: read, put together, compared. Pure functions over text.

/** What something depends on. */
export interface Component {
  /** The ecosystem, as package URLs have it: `golang`, `npm`. */
  kind: string
  name: string
  version: string
  purl: string
  /** SPDX's names, or what the tool has read; none where it has found none. */
  licences: string[]
  /** The manifests that have it, such as `services/api/go.mod`. */
  manifests: string[]
}

/** What differs between two lists of dependencies. Several versions of one package are told as `1.0.0, 2.0.0`. */
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

/** The property under which a component names the manifests that have it. */
const manifestProperty = "delivery:manifest"

/** What is said of a component whose licence nothing tells. */
export const unknownLicence = "unknown"

/** All components of an SBOM, also those inside of others. */
function allOf(components: RawComponent[] = []): RawComponent[] {
  return components.flatMap(({ components: below, ...one }) => [one as RawComponent, ...allOf(below)])
}

/** A package URL without its qualifiers and sub-path. */
function plainPurl(purl: string): string {
  return purl.replace(/[?#].*$/, "")
}

/** What a package URL names: `pkg:golang/example.com/a@v1.0.0` is example.com/a. */
function nameOf({ purl = "", group, name }: RawComponent): string {
  const path = /^pkg:[^/]+\/(.+?)(@[^@/]*)?$/.exec(plainPurl(purl))?.[1]
  return path ? decodeURIComponent(path) : group ? `${group}/${name}` : name
}

function licencesOf({ licenses, evidence }: RawComponent): string[] {
  const told = (list: Licence[] = []) =>
    list
      .map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? "")
      .filter((text) => text !== "")
  const declared = told(licenses)
  return [...new Set(declared.length ? declared : told(evidence?.licenses))].sort()
}

/**
 * One SBOM of several, each by the manifest that it was made of. A component stands in it once, with the manifests that have it; what the manifests themselves are (a service, a
 * library of the same repository) is no dependency. Nothing in it says when it was made: the same dependencies give the same bytes.
 */
export function mergedBom(boms: { manifest: string; text: string }[]): string {
  const read = boms.map(({ manifest, text }) => ({ manifest, bom: JSON.parse(text) as Bom }))
  const own = new Set(read.flatMap(({ bom }) => (bom.metadata?.component ? [nameOf(bom.metadata.component)] : [])))
  const refs = new Map<string, string>()
  const components = new Map<string, RawComponent>()
  for (const { manifest, bom } of read) {
    for (const one of allOf(bom.components)) {
      if (own.has(nameOf(one))) continue
      const purl = plainPurl(one.purl ?? one["bom-ref"] ?? `${nameOf(one)}@${one.version ?? ""}`)
      if (one["bom-ref"]) refs.set(`${manifest} ${one["bom-ref"]}`, purl)
      const known = components.get(purl)
      const kept = (known?.properties ?? []).filter(({ value }) => value !== manifest)
      components.set(purl, {
        ...one,
        ...known,
        "bom-ref": purl,
        purl,
        properties: [...kept, { name: manifestProperty, value: manifest }],
      })
    }
  }
  const edges = new Map<string, Set<string>>()
  for (const { manifest, bom } of read) {
    const root = bom.metadata?.component?.["bom-ref"]
    for (const { ref, dependsOn = [] } of bom.dependencies ?? []) {
      const from = ref === root ? manifest : refs.get(`${manifest} ${ref}`)
      if (from === undefined) continue
      edges.set(
        from,
        new Set([...(edges.get(from) ?? []), ...dependsOn.flatMap((on) => refs.get(`${manifest} ${on}`) ?? [])]),
      )
    }
  }
  const byKey = <T>(map: Map<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
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
        components: read.map(({ manifest }) => ({ "bom-ref": manifest, type: "file", name: manifest })),
      },
    },
    components: byKey(components).map(([, one]) => one),
    dependencies: [
      { ref: "delivery", dependsOn: read.map(({ manifest }) => manifest) },
      ...byKey(edges).map(([ref, on]) => ({ ref, dependsOn: [...on].sort() })),
    ],
  }
  return `${JSON.stringify(whole, null, 1)}\n`
}

/** The components of an SBOM, by kind and name. */
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

/** What has which licence, the most frequent first; what has several stands below each. */
export function byLicence(components: Component[]): { licence: string; components: string[] }[] {
  const found = new Map<string, string[]>()
  for (const { name, version, licences } of components)
    for (const licence of licences.length ? licences : [unknownLicence])
      found.set(licence, [...(found.get(licence) ?? []), `${name}@${version}`])
  return [...found]
    .map(([licence, list]) => ({ licence, components: list }))
    .sort((a, b) => b.components.length - a.components.length || a.licence.localeCompare(b.licence))
}

/** What was added, removed and changed between two lists. */
export function difference(before: Component[], after: Component[]): Difference {
  const group = (components: Component[]): Map<string, Component[]> => {
    const found = new Map<string, Component[]>()
    for (const one of components)
      found.set(`${one.kind} ${one.name}`, [...(found.get(`${one.kind} ${one.name}`) ?? []), one])
    return found
  }
  const versions = (list: Component[]): string => [...new Set(list.map(({ version }) => version))].sort().join(", ")
  const [old, now] = [group(before), group(after)]
  const result: Difference = { added: [], removed: [], changed: [] }
  for (const [key, list] of now) {
    const { kind, name } = list[0]!
    const was = old.get(key)
    if (!was)
      result.added.push({
        kind,
        name,
        version: versions(list),
        licences: [...new Set(list.flatMap(({ licences }) => licences))],
      })
    else if (versions(was) !== versions(list))
      result.changed.push({ kind, name, from: versions(was), to: versions(list) })
  }
  for (const [key, list] of old)
    if (!now.has(key)) result.removed.push({ kind: list[0]!.kind, name: list[0]!.name, version: versions(list) })
  return result
}

/** A difference in a few words, such as `2 added, 1 changed`. */
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

/** A difference as a text for people: a line for each package. */
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

/** The licences as a text for people. */
export function licencesText(components: Component[]): string {
  return (
    byLicence(components)
      .map(
        ({ licence, components: list }) => `${licence} (${list.length})\n${list.map((one) => `  ${one}\n`).join("")}`,
      )
      .join("") || "no dependency\n"
  )
}
