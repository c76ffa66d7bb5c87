/** Turns what the vendor's scanner found into plain data; a type that the scanner left open is an error. */
import type {
  ArgumentSig,
  EnumSig,
  FunctionSig,
  InterfaceSig,
  Location,
  ModuleSig,
  ObjectSig,
  PropertySig,
  TypeSig,
} from "../signature.js"
import { ALLOWED_TYPES, SourceError } from "./errors.js"

/* eslint-disable @typescript-eslint/no-explicit-any */

/** A module's signatures as plain data. Throws a SourceError for a type that cannot be part of an API. */
export function plainModule(module: any): ModuleSig {
  return {
    name: module.name,
    ...(module.description ? { description: module.description } : {}),
    objects: table<any, ObjectSig>(module.objects, plainObject),
    enums: table<any, EnumSig>(module.enums, plainEnum),
    interfaces: table<any, InterfaceSig>(module.interfaces, (found) => ({
      name: found.name,
      ...doc(found),
      functions: table<any, FunctionSig>(found.functions, plainFunction),
    })),
  }
}

const placeOf = (found: any): Location => found.getLocation() as Location

const doc = (found: any): { description?: string; deprecated?: string } => ({
  ...(found.description ? { description: found.description as string } : {}),
  ...(found.deprecated === undefined ? {} : { deprecated: found.deprecated as string }),
})

function table<T, U>(of: Record<string, T>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, map(value)]))
}

function plainType(type: any, owner: any, what: string): TypeSig {
  const isOpen = (t: any): boolean => !t || (t.kind === "LIST_KIND" && isOpen(t.typeDef))
  if (!isOpen(type)) return type as TypeSig
  const { filepath, line, column } = placeOf(owner)
  throw new SourceError(
    `${filepath}:${line}:${column}: the type of ${what} cannot be part of a module's API; ${ALLOWED_TYPES}`,
  )
}

function plainObject(object: any): ObjectSig {
  const constructorArgs = object._constructor
    ? { constructorArgs: Object.values<any>(object._constructor.arguments).map(plainArgument) }
    : {}
  return {
    name: object.name,
    kind: object.kind(),
    ...doc(object),
    location: placeOf(object),
    ...constructorArgs,
    methods: table<any, FunctionSig>(object.methods, plainFunction),
    properties: table<any, PropertySig>(object.properties, (property) => ({
      name: property.name,
      type: plainType(property.type, property, `field ${property.name}`),
      ...doc(property),
      location: placeOf(property),
      exposed: property.isExposed,
    })),
  }
}

function plainEnum(found: any): EnumSig {
  return {
    name: found.name,
    ...doc(found),
    location: placeOf(found),
    members: table<any, EnumSig["members"][string]>(found.values, (member) => ({
      value: member.value,
      ...doc(member),
      location: placeOf(member),
    })),
  }
}

function plainFunction(fn: any): FunctionSig {
  return {
    name: fn.name,
    ...doc(fn),
    location: placeOf(fn),
    args: Object.values<any>(fn.arguments).map(plainArgument),
    returns: plainType(fn.returnType, fn, `the result of ${fn.name}`),
    ...(fn.cache ? { cache: fn.cache } : {}),
    ...(fn.isCheck ? { check: true as const } : {}),
  }
}

function plainArgument(arg: any): ArgumentSig {
  const plain: ArgumentSig = {
    name: arg.name,
    type: plainType(arg.type, arg, `argument ${arg.name}`),
    ...doc(arg),
    location: placeOf(arg),
  }
  if (arg.isVariadic) plain.variadic = true
  if (arg.isNullable) plain.nullable = true
  if (arg.isOptional) plain.optional = true
  if (arg.defaultValue !== undefined) plain.defaultValue = defaultValue(arg)
  if (arg.defaultPath !== undefined) plain.defaultPath = arg.defaultPath
  if (arg.ignore !== undefined) plain.ignore = arg.ignore
  return plain
}

/** The scanner reads numbers with parseInt, which turns 0.5 into 0: a float's default is read from the source's text. */
function defaultValue(arg: any): unknown {
  const text: string | undefined = arg.type?.kind === "FLOAT_KIND" ? arg.node.initializer?.getText() : undefined
  return text !== undefined && /^[\d._]+(e[+-]?\d+)?$/i.test(text) ? Number(text.replaceAll("_", "")) : arg.defaultValue
}
