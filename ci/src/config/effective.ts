// The configuration as it takes effect, with where each value comes from.
import { stringify } from "yaml"
import schema from "../../delivery.schema.json"
import { parseConfig } from "./config"
import { lineAt, readSource, type Source } from "./places"

/**
 * Returns everything that a delivery.yaml says and implies, as YAML. Behind each value stands its line, `default`, or the
 * setting that it follows from. Throws a ConfigError like parseConfig.
 */
export function effectiveConfig(text: string): string {
  const { services, coverage, quality, sast, lint, secrets, scope, dependencies, ...rest } = parseConfig(text)
  const source = readSource(text)
  const service =
    (source.document.getIn(["gates", "coverage", "service"]) as number | undefined) ??
    schema.properties.gates.properties.coverage.properties.service.default
  const whole = {
    services: Object.fromEntries(
      Object.entries(services).map(([name, { coverageWritten: _, ...settings }]) => [name, settings]),
    ),
    gates: {
      scope,
      coverage: { service, ...coverage },
      quality,
      sast: { severity: sast },
      lint,
      secrets,
      dependencies,
    },
    ...rest,
  }
  const rows: [string, string][] = []
  const print = (value: unknown, path: string[], indent: string): void => {
    const key = path.length ? `${indent.slice(2)}${path.at(-1)}:` : ""
    if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length) {
      if (key) rows.push([key, ""])
      for (const [name, below] of Object.entries(value))
        if (below !== undefined) print(below, [...path, name], `${indent}${path.length ? "  " : ""}`)
    } else
      rows.push([
        `${key} ${stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim()}`,
        originOf(path, source),
      ])
  }
  print(whole, [], "  ")
  const width = Math.min(60, Math.max(...rows.map(([row]) => row.length)))
  return `${rows.map(([row, origin]) => (origin ? `${row.padEnd(width)}  # ${origin}` : row)).join("\n")}\n`
}

/** Where the value at a path comes from. */
function originOf(path: string[], source: Source): string {
  const own = lineAt(source, path) ?? lineOfShortForm(path, source)
  if (own) return `line ${own}`
  const [first, name, ...rest] = path as [string, string, ...string[]]
  if (first === "environments") {
    const base = source.document.getIn(["environments", name, "extends"]) as string | undefined
    if (base && rest.join(".") !== "promote.requires")
      return originOf(["environments", base, ...rest], source).replace(/^line/, `environments.${base}, line`)
  }
  const gate = lineAt(source, ["gates", "coverage", "service"])
  if (first === "services" && rest[0] === "coverage" && gate) return `gates.coverage.service, line ${gate}`
  return "default"
}

/** Returns the line of a setting in its short form, such as `chart: charts/shop` for chart.path. */
function lineOfShortForm(path: string[], source: Source): number | undefined {
  const above = path.slice(0, -1)
  const isShort =
    shortForms.some((form) => form.test(path.join("."))) && typeof source.document.getIn(above) === "string"
  return isShort ? lineAt(source, above) : undefined
}

/** The settings that a short form gives: what else stands beside them is a default. */
const shortForms = [/^chart\.path$/, /^suites\.api\.collection$/, /^services\.[^.]+\.dockerfile\.path$/]
