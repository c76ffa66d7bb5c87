/** A module's API as plain data, read from the sources when the module is built, used by every call. */

/** A type; the kinds are the engine's. */
export type TypeSig =
  | { kind: "STRING_KIND" | "INTEGER_KIND" | "FLOAT_KIND" | "BOOLEAN_KIND" | "VOID_KIND" }
  | { kind: "SCALAR_KIND" | "OBJECT_KIND" | "ENUM_KIND" | "INTERFACE_KIND"; name: string }
  | { kind: "LIST_KIND"; typeDef: TypeSig }

export interface Location {
  filepath: string
  line: number
  column: number
}

export interface ArgumentSig {
  name: string
  type: TypeSig
  description?: string
  deprecated?: string
  location: Location
  variadic?: true
  nullable?: true
  optional?: true
  defaultValue?: unknown
  defaultPath?: string
  ignore?: string[]
}

export interface FunctionSig {
  /** The name in the source; the key in the table is the name in the API. */
  name: string
  description?: string
  deprecated?: string
  location: Location
  args: ArgumentSig[]
  returns: TypeSig
  cache?: string
  check?: true
}

export interface PropertySig {
  name: string
  type: TypeSig
  description?: string
  deprecated?: string
  location: Location
  exposed: boolean
}

export interface ObjectSig {
  name: string
  /** A class is rebuilt with its prototype; a type alias is plain data. */
  kind: "class" | "object"
  description?: string
  deprecated?: string
  location: Location
  constructorArgs?: ArgumentSig[]
  methods: Record<string, FunctionSig>
  properties: Record<string, PropertySig>
}

export interface EnumSig {
  name: string
  description?: string
  location: Location
  members: Record<string, { value: unknown; description?: string; deprecated?: string; location: Location }>
}

export interface InterfaceSig {
  name: string
  description?: string
  functions: Record<string, FunctionSig>
}

export interface ModuleSig {
  name: string
  description?: string
  objects: Record<string, ObjectSig>
  enums: Record<string, EnumSig>
  interfaces: Record<string, InterfaceSig>
}

export function typeToString(type: TypeSig): string {
  switch (type.kind) {
    case "LIST_KIND":
      return typeToString(type.typeDef) + "[]"
    case "STRING_KIND":
      return "string"
    case "INTEGER_KIND":
      return "number"
    case "FLOAT_KIND":
      return "float"
    case "BOOLEAN_KIND":
      return "boolean"
    case "VOID_KIND":
      return "void"
    default:
      return type.name
  }
}
