// Fills in the defaults of a valid delivery.yaml, and writes paths in one way.
import schema from "../../delivery.schema.json"
import { fullProduct } from "./product"
import type { Config, Coverage, Dependencies, Service, WrittenConfig, WrittenGates, WrittenService } from "./types"

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
    ...fullProduct(written),
    environments,
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
  return {
    ...service,
    coverage: service.coverage ?? coverageGate(gates, "service"),
    coverageWritten: service.coverage !== undefined || isGateWritten,
    path: cleanPath(service.path),
    inputs: (service.inputs ?? []).map(cleanPath),
    needs: [...new Set(service.needs)],
    scripts: service.scripts ?? {},
    exclude: service.exclude ?? [],
  }
}

function fullGates(
  gates: WrittenGates,
): Pick<Config, "coverage" | "quality" | "sast" | "dependencies" | "lint" | "scope"> {
  return {
    coverage: { total: coverageGate(gates, "total"), changedLines: coverageGate(gates, "changedLines") },
    quality: gates.quality,
    sast: gates.sast?.severity ?? "medium",
    dependencies: fullDependencies(gates.dependencies),
    lint: gates.lint ?? { exclusions: [] },
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
    database: { go: database?.go ?? databases.go.default, npm: database?.npm ?? databases.npm.default },
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
