// Declarations of parameters, and the arguments that are given for them.
import { isMap, type Faults, type Json } from "./faults"

/** A parameter as it is declared. */
interface Declaration {
  type: string
  default?: unknown
  enum?: unknown[]
  description?: string
}

const types = ["string", "boolean", "integer", "enum", "executor", "steps", "env_var_name"]
const pipelineTypes = ["string", "boolean", "integer", "enum"]

/** Reads the parameters of an element; those of a pipeline have fewer types and need defaults. */
export function declared(
  value: unknown,
  path: string,
  faults: Faults,
  kind: "element" | "pipeline" = "element",
): Record<string, Declaration> {
  if (value === undefined) return {}
  if (!isMap(value)) return (faults.add(path, value, "a map of parameters"), {})
  const allowed = kind === "pipeline" ? pipelineTypes : types
  for (const [name, one] of Object.entries(value)) {
    const at = `${path}.${name}`
    if (kind === "element" && !/^[a-z][a-z0-9_-]*$/.test(name))
      faults.add(path, name, "a letter, then lower-case letters, digits, _ and -")
    if (!isMap(one) || !allowed.includes(String(one.type))) {
      faults.add(`${at}.type`, isMap(one) ? one.type : one, allowed.join(", "))
      continue
    }
    faults.keys(at, one, ["type", "default", "description", ...(one.type === "enum" ? ["enum"] : [])])
    if (one.type === "enum" && (!Array.isArray(one.enum) || !one.enum.length))
      faults.add(`${at}.enum`, one.enum, "a list of values")
    else if ("default" in one) checkType(one as unknown as Declaration, one.default, `${at}.default`, faults)
    if (kind === "pipeline" && !("default" in one))
      faults.add(`${at}.default`, undefined, "pipeline parameters need one")
  }
  return value as unknown as Record<string, Declaration>
}

/** Returns the value of every parameter: what is given, or its default. */
export function argumentsFor(
  declarations: Record<string, Declaration>,
  given: Json,
  path: string,
  faults: Faults,
): Json {
  const names = Object.keys(declarations)
  for (const name of Object.keys(given))
    if (!names.includes(name))
      faults.add(path, name, names.length ? `the parameters are ${names.join(", ")}` : "there are no parameters")
  const values: Json = {}
  for (const [name, declaration] of Object.entries(declarations)) {
    const value = Object.hasOwn(given, name) ? given[name] : declaration.default
    if (value === undefined) faults.add(`${path}.${name}`, undefined, `a ${declaration.type} is required`)
    else if (Object.hasOwn(given, name)) checkType(declaration, value, `${path}.${name}`, faults)
    values[name] = value ?? ""
  }
  return values
}

function checkType(declaration: Declaration, value: unknown, path: string, faults: Faults): void {
  const { type } = declaration
  const fits: Record<string, () => boolean> = {
    string: () => typeof value === "string",
    boolean: () => typeof value === "boolean",
    integer: () => Number.isInteger(value),
    enum: () => (declaration.enum ?? []).includes(value),
    executor: () => typeof value === "string" || (isMap(value) && typeof value.name === "string"),
    steps: () => Array.isArray(value),
    env_var_name: () => typeof value === "string" && /^[A-Za-z_]\w*$/.test(value),
  }
  if (fits[type]?.() === false)
    faults.add(
      path,
      value,
      type === "enum" ? `one of ${(declaration.enum ?? []).join(", ")}` : `a value of type ${type}`,
    )
}
