// delivery.yaml: read, checked against its schema, defaults filled in. Every fault is found before anything runs, with its place.
import Ajv, { type ErrorObject } from "ajv"
import { LineCounter, parseDocument, type Document } from "yaml"
import schema from "../../delivery.schema.json"
import { fullProduct, productFaults, type Product, type Run, type WrittenProduct } from "./product"

export type Kind = "go" | "node"
export type Need = "postgres" | "redis"

export interface Service {
  path: string
  kind: Kind
  /** More folders that its checks read. */
  inputs: string[]
  /** Servers that its tests reach. */
  needs: Need[]
  /** Statement coverage that its tests must reach, in percent; 0 for none. */
  coverage: number
  /** Whether it is delivered, as an image. */
  image: boolean
  run?: Run
}

export type EnvironmentName = "dev" | "stage" | "prod"
export type Step = "pr" | "publish" | "dev" | "stage" | "prod" | "rollback"

/** Where the product runs, and which numbers it must reach there. delivery.schema.json says what each is. */
export interface Environment {
  appMode: string
  appUrl: string
  cluster: string
  region?: string
  namespace: string
  values: string
  port: number
  tests: ("api" | "ui")[]
  approval: boolean
  prometheus?: string
  /** The keys of its Kubernetes Secret with their values on an ephemeral cluster, by the Secret's name. */
  secrets: Record<string, Record<string, string>>
  gates: {
    load?: { users: number; duration: number; p95: number; errors: number }
    dast?: { high: number; medium: number; low: number; urls: number; seconds: number; seeds: string[] }
    feedback?: { path: string; blocker: number; critical: number }
    analysis?: {
      window: number
      interval: number
      errors: number
      p95: number
      requests: string
      durations: string
    }
  }
}

/** Coverage that all tests together must reach, in percent; 0 for none. */
export interface Coverage {
  total: number
  changedLines: number
}

/** What SonarQube looks for, and for how long. */
export interface Quality {
  conditions: string[]
  exclusions: string[]
  project: string
  seconds: number
}

/** What linters of the whole repository leave out. */
export interface Lint {
  exclusions: string[]
}

/** How bad a finding has to be to count. */
export type Severity = "high" | "medium" | "low"

/** What dependencies may be. */
export interface Dependencies {
  severity: Severity
  licences: { allow: string[]; deny: string[] }
  /** Where vulnerabilities are known: addresses, or for Go a folder of the repository. */
  database: { go: string; npm: string }
  /** Whether a database that cannot be asked holds the pipeline. */
  inconclusive: "warn" | "fail"
}

/** A finding that is known and accepted for a while. */
export interface Suppression {
  rule: string
  path: string
  reason: string
  /** The last day, as YYYY-MM-DD. */
  until: string
}

export interface Config extends Product {
  services: Record<string, Service>
  coverage: Coverage
  quality?: Quality
  sast: Severity
  dependencies: Dependencies
  lint: Lint
  suppressions: Suppression[]
  /** The page of the repository, for links in reports; else what git's remote says. */
  repository?: string
  registry: string
  environments: Partial<Record<EnvironmentName, Environment>>
  branches: Record<"develop" | "master", string>
  notifications: { slack?: { channel: string; on: Step[] } }
  timeouts: Record<"secrets" | "lint" | "typecheck" | "test" | "build", number>
}

/** Faults of a delivery.yaml, all of them, one line each: path, line, value, what is allowed. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(
      `delivery.yaml has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    )
  }
}

/** Names that a service cannot have, and what the stage does that has it. */
const taken = {
  secrets: "scans for secrets",
  lint: "looks at YAML, charts and Terraform",
  sast: "looks for security flaws",
  dependencies: "looks at what is depended on",
  quality: "asks SonarQube",
  coverage: "judges the coverage of all tests",
}

/** What stands in a file, as far as that is known before it is validated. */
type Settings = Record<string, unknown>
type Written = Settings & { environments?: Settings }

/** The file's value in which each environment that extends another has what that one says and it does not. */
function extended(written: Written, fault: (name: string, text: string) => void): Written {
  const { environments } = written
  if (!isMapping(environments)) return written
  const whole = (name: string, below: string[]): unknown => {
    const own = environments[name]
    if (!isMapping(own)) return own
    const base = own.extends
    if (typeof base !== "string" || !isMapping(environments[base])) {
      if (typeof base === "string" && below.length === 0)
        fault(
          name,
          `there is no environment ${JSON.stringify(base)}; there are: ${Object.keys(environments).join(", ")}`,
        )
      return own
    }
    if ([...below, name].includes(base)) {
      fault(below[0] ?? name, `${[...below, name, base].join(" extends ")}: that has no beginning`)
      return own
    }
    const from = whole(base, [...below, name]) as Settings
    return { ...from, ...own, ...(isMapping(from.gates) ? { gates: joined(from.gates, own.gates) } : {}) }
  }
  return {
    ...written,
    environments: Object.fromEntries(Object.keys(environments).map((name) => [name, whole(name, [])])),
  }
}

/** Gates of one environment on top of another's, number by number. */
function joined(below: Settings, own: unknown): unknown {
  if (own === undefined) return below
  if (!isMapping(own)) return own
  return {
    ...below,
    ...Object.fromEntries(
      Object.entries(own).map(([gate, numbers]) => [
        gate,
        isMapping(numbers) && isMapping(below[gate]) ? { ...below[gate], ...numbers } : numbers,
      ]),
    ),
  }
}

function isMapping(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** Whether a fault stands in what an environment has from another one: it is told of there. */
function inherited(error: ErrorObject, value: unknown, document: Document): boolean {
  const path = error.instancePath.split("/").slice(1)
  const more = error.keyword === "additionalProperties" ? [error.params.additionalProperty as string] : []
  const own = (value as Written).environments?.[path[1] ?? ""]
  return (
    path[0] === "environments" &&
    isMapping(own) &&
    own.extends !== undefined &&
    path.length + more.length > 2 &&
    !document.hasIn([...path, ...more])
  )
}

/** Reads the text of a delivery.yaml. Throws a ConfigError that lists every fault. */
export function parseConfig(text: string): Config {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length)
    throw new ConfigError(
      document.errors.map(
        (error) =>
          `line ${lines.linePos(error.pos[0]).line}: ${error.message.split("\n")[0]!.replace(/ at line \d+.*$/, "")}`,
      ),
    )
  const written = (document.toJS() ?? {}) as Written
  const faults: string[] = []
  const value: unknown = extended(written, (name, fault) =>
    faults.push(
      `environments.${name}.extends, line ${lineOf(document, lines, ["environments", name, "extends"])}: ${fault}`,
    ),
  )
  const validate = new Ajv({ allErrors: true, strict: false, useDefaults: true, verbose: true }).compile(schema)
  if (!validate(value)) {
    for (const error of validate.errors ?? []) {
      const fault = inherited(error, value, document) ? undefined : describe(error, value, document, lines)
      if (fault && !faults.includes(fault)) faults.push(fault)
    }
  }
  if (faults.length) throw new ConfigError(faults)
  const config = value as WrittenProduct &
    Pick<Config, "repository" | "suppressions" | "registry"> &
    Partial<Pick<Config, "environments" | "branches" | "notifications">> & {
      services: Record<
        string,
        { path: string; kind: Kind; inputs?: string[]; needs?: Need[]; coverage?: number; image: boolean; run?: Run }
      >
      gates?: {
        coverage?: { service?: number } & Partial<Coverage>
        quality?: Quality
        sast?: { severity: Severity }
        dependencies?: Partial<Omit<Dependencies, "licences" | "database">> & {
          licences?: Partial<Dependencies["licences"]>
          database?: Partial<Dependencies["database"]>
        }
        lint?: Lint
      }
      timeouts?: Partial<Config["timeouts"]>
    }
  const seen = new Map<string, string>()
  const usual = schema.properties.gates.properties.coverage.properties
  const gate = (name: keyof typeof usual) => config.gates?.coverage?.[name] ?? usual[name].default
  const coverage = gate("service")
  const { severity = "medium", licences, database, inconclusive = "warn" } = config.gates?.dependencies ?? {}
  const databases = schema.properties.gates.properties.dependencies.properties.database.properties
  const clean = (path: string) => path.replace(/^\.\//, "").replace(/\/+$/, "")
  const services = Object.fromEntries(
    Object.entries(config.services).map(([name, service]) => {
      const path = clean(service.path)
      if (seen.has(path))
        faults.push(
          `services.${name}.path, line ${lineOf(document, lines, ["services", name, "path"])}: ${path} is the folder of ${seen.get(path)} already; each service has its own`,
        )
      seen.set(path, name)
      return [
        name,
        {
          ...service,
          coverage: service.coverage ?? coverage,
          path,
          inputs: (service.inputs ?? []).map(clean),
          needs: [...new Set(service.needs)],
        },
      ]
    }),
  )
  for (const [name, what] of Object.entries(taken)) {
    if (name in services)
      faults.push(
        `services.${name}, line ${lineOf(document, lines, ["services", name])}: the name is taken by the stage that ${what}; choose another`,
      )
  }
  const product = fullProduct(config)
  for (const { path, fault } of productFaults({ services, ...product }))
    faults.push(`${path.join(".")}, line ${lineOf(document, lines, path)}: ${fault}`)
  const { environments = {}, suites } = config
  const namespaces = new Map<string, string>()
  for (const [name, { cluster, region, namespace, tests, gates }] of Object.entries(environments)) {
    const at = (...keys: string[]) =>
      `environments.${[name, ...keys].join(".")}, line ${lineOf(document, lines, ["environments", name, ...keys])}`
    const place = `${cluster}/${namespace}`
    if (namespaces.has(place))
      faults.push(
        `${at("namespace")}: ${namespace} of the cluster ${cluster} is ${namespaces.get(place)}'s already; each environment has its own`,
      )
    namespaces.set(place, name)
    if (cluster !== "ephemeral" && !region)
      faults.push(`${at()}: region is missing: the AWS region of the EKS cluster ${cluster}`)
    for (const test of tests)
      if (!suites[test]) faults.push(`${at("tests")}: ${test} has no suite; name it in suites.${test}`)
    if (gates.analysis && cluster !== "ephemeral" && !environments[name as EnvironmentName]!.prometheus)
      faults.push(`${at("gates", "analysis")}: prometheus is missing: where it answers`)
    if (gates.load && !suites.load) faults.push(`${at("gates", "load")}: there is no plan; name it in suites.load`)
  }
  if (faults.length) throw new ConfigError(faults)
  const defaults = schema.properties.timeouts.properties
  const timeout = (name: keyof Config["timeouts"]) => config.timeouts?.[name] ?? defaults[name].default
  const branches = Object.fromEntries(
    Object.entries(schema.properties.branches.properties).map(([role, { default: branch }]) => [
      role,
      config.branches?.[role as keyof Config["branches"]] ?? branch,
    ]),
  ) as Config["branches"]
  return {
    services,
    coverage: { total: gate("total"), changedLines: gate("changedLines") },
    quality: config.gates?.quality,
    sast: config.gates?.sast?.severity ?? "medium",
    dependencies: {
      severity,
      licences: { allow: licences?.allow ?? [], deny: licences?.deny ?? [] },
      database: { go: database?.go ?? databases.go.default, npm: database?.npm ?? databases.npm.default },
      inconclusive,
    },
    lint: config.gates?.lint ?? { exclusions: [] },
    suppressions: config.suppressions.map((one) => ({ ...one, path: clean(one.path) })),
    repository: config.repository,
    registry: config.registry,
    ...product,
    environments,
    branches,
    notifications: config.notifications ?? {},
    timeouts: {
      secrets: timeout("secrets"),
      lint: timeout("lint"),
      typecheck: timeout("typecheck"),
      test: timeout("test"),
      build: timeout("build"),
    },
  }
}

function describe(error: ErrorObject, value: unknown, document: Document, lines: LineCounter): string | undefined {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
  const found = path.reduce<unknown>((below, key) => (below as Record<string, unknown> | undefined)?.[key], value)
  const name = (...more: string[]) => [...path, ...more].join(".") || "the file"
  const at = (...more: string[]) => `${name(...more)}, line ${lineOf(document, lines, [...path, ...more])}`
  const schemaHere = error.parentSchema as { properties?: Record<string, unknown>; allowed?: string } | undefined
  const allowedName = schemaHere?.allowed ?? "small letters, digits and -, a letter first, 39 characters at most"
  switch (error.keyword) {
    case "additionalProperties": {
      const key = error.params.additionalProperty as string
      const allowed = Object.keys(schemaHere?.properties ?? schemaPart(error.schemaPath))
      const near = nearest(key, allowed)
      return `${at(key)}: the key ${key} is not known${near ? ` (did you mean ${near}?)` : ""}; allowed: ${allowed.join(", ")}`
    }
    case "required":
      return `${at()}: ${error.params.missingProperty as string} is missing`
    case "enum":
      return `${at()}: ${JSON.stringify(found)} is not allowed; allowed: ${(error.params.allowedValues as string[]).join(", ")}`
    case "type":
      return `${at()}: ${JSON.stringify(found)} is not ${article(error.params.type as string)}`
    case "minimum":
    case "maximum":
      return `${at()}: ${JSON.stringify(found)} is out of range; it must be ${error.params.comparison as string} ${error.params.limit as number}`
    case "pattern":
      if (error.propertyName !== undefined)
        return `${at(error.propertyName)}: the name ${JSON.stringify(error.propertyName)} is not allowed; ${allowedName}`
      return `${at()}: ${JSON.stringify(found)} is not allowed; ${schemaHere?.allowed ?? "a folder below the repository's root, without .."}`
    case "minProperties":
      return `${at()}: it is empty; at least one service is needed`
    case "propertyNames":
    case "if":
      return undefined // The cause is listed too: the pattern, or what the branch refuses.
    default:
      return `${at()}: ${error.message}`
  }
}

function schemaPart(path: string): Record<string, unknown> {
  const keys = path.split("/").slice(1, -1)
  const part = keys.reduce<unknown>((below, key) => (below as Record<string, unknown> | undefined)?.[key], schema)
  return (part as { properties?: Record<string, unknown> } | undefined)?.properties ?? {}
}

/** The line on which the key at a path stands, or else that of the nearest key above it. */
function lineOf(document: Document, lines: LineCounter, path: string[]): number {
  for (let length = path.length; length > 0; length--) {
    const line = lineAt(document, lines, path.slice(0, length))
    if (line) return line
  }
  return 1
}

/** The line on which the key at a path stands; nothing when the file does not have it. */
export function lineAt(document: Document, lines: LineCounter, path: string[]): number | undefined {
  const parent = (path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)) as
    { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] } | undefined
  const range = parent?.items?.find((item) => item.key?.value === path.at(-1))?.key?.range
  return range && lines.linePos(range[0]).line
}

function article(type: string): string {
  return (
    {
      object: "a mapping of keys to values",
      string: "a text",
      number: "a number",
      integer: "a whole number",
      array: "a list",
      boolean: "true or false",
    }[type] ?? `a ${type}`
  )
}

/** The allowed word that is at most two edits away. */
function nearest(word: string, allowed: string[]): string | undefined {
  return allowed
    .map((candidate) => [distance(word, candidate), candidate] as const)
    .filter(([d]) => d <= 2)
    .sort(([a], [b]) => a - b)[0]?.[1]
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
