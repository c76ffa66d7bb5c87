// Validates the value of a delivery.yaml against its schema; fills in the defaults that the schema has.
import Ajv, { type ErrorObject } from "ajv"
import schema from "../../delivery.schema.json"
import { isMapping, type Written } from "./extend"
import { positionOf, type Source } from "./places"

/** Returns the faults of a value, one line each. Defaults of the schema are added to the value. */
export function validate(value: unknown, source: Source): string[] {
  const check = new Ajv({ allErrors: true, strict: false, useDefaults: true, verbose: true }).compile(schema)
  if (check(value)) return []
  const own = (check.errors ?? []).filter((error) => !isInherited(error, value, source))
  const faults = own.map((error) => describe(error, value, source)).filter((fault) => fault !== undefined)
  return [...new Set(faults)]
}

/** Whether a fault is in settings that an environment takes from another one: it is listed there. */
function isInherited(error: ErrorObject, value: unknown, { document }: Source): boolean {
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

/** The part of the schema that refuses a value, with our own keywords. */
interface SchemaHere {
  properties?: Record<string, unknown>
  /** What is allowed, in words. */
  allowed?: string
  /** Keys of earlier versions, with what to write now. */
  removed?: Record<string, string>
}

/** A fault in words: path, line, value and what is allowed; undefined for one whose cause is listed too. */
function describe(error: ErrorObject, value: unknown, source: Source): string | undefined {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
  const found = path.reduce<unknown>((below, key) => (below as Record<string, unknown> | undefined)?.[key], value)
  const at = (...more: string[]) => positionOf(source, [...path, ...more])
  const schemaHere = error.parentSchema as SchemaHere | undefined
  const allowedName = schemaHere?.allowed ?? "small letters, digits and -, a letter first, 39 characters at most"
  const allowedFolder = schemaHere?.allowed ?? "a folder below the repository's root, without .."
  switch (error.keyword) {
    case "additionalProperties": {
      const key = error.params.additionalProperty as string
      const allowed = Object.keys(schemaHere?.properties ?? schemaPart(error.schemaPath))
      const removed = schemaHere?.removed?.[key]
      if (removed) return `${at(key)}: the key ${key} was removed: ${removed}`
      const near = nearest(key, allowed)
      return `${at(key)}: the key ${key} is not known${near ? ` (did you mean ${near}?)` : ""}; allowed: ${allowed.join(", ")}`
    }
    case "required":
      return `${at()}: ${error.params.missingProperty as string} is missing`
    case "enum": {
      const values = error.params.allowedValues as string[]
      const allowed = [...values, ...(schemaHere?.allowed ? [schemaHere.allowed] : [])]
      return `${at()}: ${JSON.stringify(found)} is not allowed; allowed: ${allowed.join(", ")}`
    }
    case "type":
      return `${at()}: ${JSON.stringify(found)} is not ${article(error.params.type as string)}`
    case "minimum":
    case "maximum":
      return `${at()}: ${JSON.stringify(found)} is out of range; it must be ${error.params.comparison} ${error.params.limit}`
    case "pattern":
      if (error.propertyName !== undefined)
        return `${at(error.propertyName)}: the name ${JSON.stringify(error.propertyName)} is not allowed; ${allowedName}`
      return `${at()}: ${JSON.stringify(found)} is not allowed; ${allowedFolder}`
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
