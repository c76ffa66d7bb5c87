// Fills in the defaults of a valid delivery.yaml, and writes paths in one way.
import schema from "../../delivery.schema.json"
import { fullProduct } from "./product"
import { fullPromote } from "./promote"
import type {
  Config,
  Coverage,
  Dependencies,
  DockerfileSettings,
  EnvironmentName,
  Need,
  Service,
  WrittenConfig,
  WrittenContainer,
  WrittenGates,
  WrittenService,
} from "./types"

type Timeout = keyof Config["timeouts"]
type Branch = keyof Config["branches"]

/** Returns the configuration in full. `isGateWritten`: the file itself sets gates.coverage.service. */
export function withDefaults(written: WrittenConfig, isGateWritten: boolean): Config {
  const { gates = {}, environments = {}, notifications = {} } = written
  return {
    services: mapValues(written.services, (service) => fullService(service, gates, isGateWritten)),
    ...fullGates(gates),
    suppressions: written.suppressions.map((one) => ({ ...one, path: cleanPath(one.path) })),
    repository: written.repository,
    registry: written.registry,
    platforms: [...new Set(written.platforms)],
    evidence: written.evidence,
    ...fullProduct(written),
    environments: mapValues(environments, (environment, name) => ({
      ...environment,
      promote: fullPromote(name as EnvironmentName, environment.promote, environments),
    })),
    branches: mapValues(
      schema.properties.branches.properties,
      (branch, role) => written.branches?.[role as Branch] ?? branch.default,
    ),
    notifications,
    timeouts: mapValues(
      schema.properties.timeouts.properties,
      (timeout, name) => written.timeouts?.[name as Timeout] ?? timeout.default,
    ),
  }
}

function fullService(service: WrittenService, gates: WrittenGates, isGateWritten: boolean): Service {
  const path = cleanPath(service.path)
  const dockerfile = fullDockerfile(service, path)
  return {
    ...service,
    image: service.image ?? dockerfile !== undefined,
    dockerfile,
    // What a test in an image covers is not known.
    coverage: service.kind === "docker" ? 0 : (service.coverage ?? coverageGate(gates, "service")),
    coverageWritten: service.coverage !== undefined || isGateWritten,
    path,
    inputs: (service.inputs ?? []).map(cleanPath),
    needs: [...new Set(service.needs)].map(fullNeed),
    testEnv: service.testEnv ?? {},
    tags: service.tags ?? [],
    goenv: service.goenv ?? {},
    scripts: service.scripts ?? {},
    exclude: service.exclude ?? [],
  }
}

function fullDockerfile({ kind, dockerfile }: WrittenService, path: string): DockerfileSettings | undefined {
  if (dockerfile === undefined && kind !== "docker") return undefined
  const written = typeof dockerfile === "string" ? { path: dockerfile } : (dockerfile ?? {})
  return {
    path: cleanPath(written.path ?? "Dockerfile"),
    context: cleanPath(written.context ?? path),
    target: written.target ?? "",
    args: written.args ?? {},
  }
}

function fullNeed(need: string | WrittenContainer): Need {
  if (typeof need === "string") return need as Need
  return { ...need, env: need.env ?? {}, args: need.args ?? [], seconds: need.seconds ?? 60 }
}

function fullGates(
  gates: WrittenGates,
): Pick<Config, "coverage" | "quality" | "sast" | "dependencies" | "lint" | "secrets" | "scope"> {
  return {
    coverage: { total: coverageGate(gates, "total"), changedLines: coverageGate(gates, "changedLines") },
    quality: gates.quality,
    sast: gates.sast?.severity ?? "medium",
    dependencies: fullDependencies(gates.dependencies),
    lint: gates.lint ?? { exclusions: [] },
    secrets: { config: "", baseline: "", ...gates.secrets },
    scope: gates.scope ?? "all",
  }
}

function fullDependencies({
  severity,
  licences,
  database,
  inconclusive,
}: WrittenGates["dependencies"] = {}): Dependencies {
  const databases = schema.properties.gates.properties.dependencies.properties.database.properties
  return {
    severity: severity ?? "medium",
    licences: { allow: licences?.allow ?? [], deny: licences?.deny ?? [] },
    database: {
      go: database?.go ?? databases.go.default,
      npm: database?.npm ?? databases.npm.default,
      osv: database?.osv ?? databases.osv.default,
    },
    inconclusive: inconclusive ?? "warn",
  }
}

function coverageGate(gates: WrittenGates, name: "service" | keyof Coverage): number {
  return gates.coverage?.[name] ?? schema.properties.gates.properties.coverage.properties[name].default
}

/** A folder without `./` before it and `/` behind it. */
function cleanPath(path: string): string {
  return path.replace(/^\.\//, "").replace(/\/+$/, "")
}

function mapValues<In, Out>(record: Record<string, In>, change: (value: In, key: string) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]))
}
