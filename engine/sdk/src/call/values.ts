/** Converts values between the engine (JSON, ids) and a module's code (classes, generated clients). */
import {
  typeToString,
  type ArgumentSig,
  type FunctionSig,
  type Location,
  type ModuleSig,
  type ObjectSig,
  type TypeSig,
} from "../signature.js"

/** What the conversion needs from the running module. */
export interface Surroundings {
  module: ModuleSig
  /** The class of one of the module's own objects. */
  classOf(name: string): { prototype: object }
  /** An object of the API or of a dependency, from its id. */
  load(type: string, id: unknown): unknown
  /** An implementation of one of the module's interfaces, from its id. */
  loadInterface(type: string, id: unknown): unknown
  /** The generated class of that name, if there is one. */
  generated(type: string): (abstract new (...args: never[]) => unknown) | undefined
}

export const at = (location: Location | undefined): string =>
  location ? ` (${location.filepath}:${location.line})` : ""

export function loadValue(env: Surroundings, type: TypeSig, value: unknown): unknown {
  if (value === undefined || value === null) return value
  switch (type.kind) {
    case "LIST_KIND":
      return (value as unknown[]).map((item) => loadValue(env, type.typeDef, item))
    case "OBJECT_KIND": {
      const own = env.module.objects[type.name]
      return own ? loadObject(env, own, value as Record<string, unknown>) : env.load(type.name, value)
    }
    case "INTERFACE_KIND":
      return env.loadInterface(type.name, value)
    case "ENUM_KIND": {
      const own = env.module.enums[type.name]
      if (!own) return value
      // A default that comes through an interface is spelled as in the API: VERY_HIGH for VeryHigh.
      const given = typeof value === "string" ? value : JSON.stringify(value)
      const plain = (name: string): string => name.replaceAll("_", "").toLowerCase()
      const member =
        own.members[given] ?? Object.entries(own.members).find(([name]) => plain(name) === plain(given))?.[1]
      if (!member) throw new Error(`${type.name} has no member ${given}; it has ${Object.keys(own.members).join(", ")}`)
      return member.value
    }
    default:
      return value
  }
}

/** One of the module's objects, with its class, and so with its methods, at every depth. */
export function loadObject(
  env: Surroundings,
  sig: ObjectSig,
  state: Record<string, unknown> | null | undefined,
): object {
  const instance = (sig.kind === "class" ? Object.create(env.classOf(sig.name).prototype) : {}) as Record<
    string,
    unknown
  >
  for (const [key, value] of Object.entries(state ?? {})) {
    const property = sig.properties[key]
    if (!property) throw new Error(`the state of ${sig.name} holds "${key}", which the class does not declare`)
    instance[property.name] = loadValue(env, property.type, value)
  }
  return instance
}

/** The arguments of a call, by name in `values`, in the order of the declaration. */
export function loadArgs(env: Surroundings, declared: ArgumentSig[], values: Record<string, unknown>): unknown[] {
  const args: unknown[] = []
  for (const arg of declared) {
    const value = loadValue(env, arg.type, values[arg.name])
    if (arg.variadic) args.push(...((value as unknown[] | undefined) ?? []))
    else args.push(value === undefined && arg.nullable && !arg.defaultValue ? null : value)
  }
  return args
}

export class WrongResult extends Error {}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (Array.isArray(value)) return "a list"
  if (typeof value === "object") return `a ${value.constructor?.name ?? "object"}`
  if (typeof value === "function") return "a function"
  if (typeof value !== "string") return `the ${typeof value} ${String(value as number | bigint | boolean | symbol)}`
  return `the string ${JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value)}`
}

interface HasId {
  id(): Promise<unknown>
}
const hasId = (value: unknown): value is HasId => typeof (value as Partial<HasId> | null)?.id === "function"
const isGenerated = (value: unknown): boolean => typeof value === "object" && value !== null && "_ctx" in value

/** A returned value as the engine expects it; `what` names it in an error. */
export async function dumpValue(env: Surroundings, type: TypeSig, returned: unknown, what: string): Promise<unknown> {
  if (type.kind === "VOID_KIND") return null
  const value = await returned
  const wrong = (): WrongResult =>
    new WrongResult(`${what} is declared as ${typeToString(type)} but is ${describe(value)}`)
  switch (type.kind) {
    case "STRING_KIND":
    case "SCALAR_KIND":
      if (typeof value !== "string" && !(type.kind === "SCALAR_KIND" && value != null)) throw wrong()
      return value
    case "BOOLEAN_KIND":
      if (typeof value !== "boolean") throw wrong()
      return value
    case "INTEGER_KIND":
      if (typeof value === "number" && !Number.isInteger(value)) {
        throw new WrongResult(
          `${what} is ${value}, but \`number\` is an integer to Dagger: ` +
            "declare it as `float` (from @dagger.io/dagger)",
        )
      }
      if (typeof value !== "number") throw wrong()
      return value
    case "FLOAT_KIND":
      if (typeof value !== "number" || !Number.isFinite(value)) throw wrong()
      return value
    case "LIST_KIND":
      if (!Array.isArray(value)) throw wrong()
      return await Promise.all(value.map((item, i) => dumpValue(env, type.typeDef, item, `${what}[${i}]`)))
    case "ENUM_KIND": {
      const own = env.module.enums[type.name]
      if (!own) return value
      const entry = Object.entries(own.members).find(([, member]) => member.value === value)
      const values = Object.values(own.members).map((member) => JSON.stringify(member.value))
      if (!entry) throw new WrongResult(`${wrong().message}; its values are ${values.join(", ")}`)
      return entry[0]
    }
    case "INTERFACE_KIND":
      if (value === undefined || value === null) return null
      if (!hasId(value)) throw wrong()
      return await value.id()
    case "OBJECT_KIND": {
      if (value === undefined || value === null) return null
      if (typeof value !== "object") throw wrong()
      const own = env.module.objects[type.name]
      if (own && !isGenerated(value)) return await dumpObject(env, own, value as Record<string, unknown>, what)
      const expected = env.generated(type.name)
      if (!hasId(value) || (expected && isGenerated(value) && !(value instanceof expected))) throw wrong()
      return await value.id()
    }
  }
}

/** The state of one of the module's objects, by the names of the API. */
export async function dumpObject(
  env: Surroundings,
  sig: ObjectSig,
  value: Record<string, unknown>,
  what: string,
): Promise<Record<string, unknown>> {
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new WrongResult(`${what} is declared as ${sig.name} but is ${describe(value)}`)
  }
  const byName = new Map(Object.entries(sig.properties).map(([key, property]) => [property.name, { key, property }]))
  const entries = await Promise.all(
    Object.entries(value).map(async ([name, field]) => {
      const declared = byName.get(name)
      if (!declared) {
        throw new WrongResult(
          `${what} has "${name}", which ${sig.name}${at(sig.location)} does not declare as a field with a type: ` +
            "declare it, otherwise the next call does not see it",
        )
      }
      if (field === undefined) return undefined
      if (field === null) return [declared.key, null] as const
      return [declared.key, await dumpValue(env, declared.property.type, field, `${what}.${name}`)] as const
    }),
  )
  return Object.fromEntries(entries.filter((e) => e !== undefined))
}

export const resultOf = (owner: string, fn: FunctionSig): string =>
  `the result of ${owner}.${fn.name}${at(fn.location)}`
