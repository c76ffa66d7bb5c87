/**
 * Registers a module's types with the engine. Each is an id that others are built from, so the ids are requested in
 * layers: one request for a layer, instead of one for each id.
 */
import { literal } from "../core/context.js"
import type {
  ArgumentSig,
  EnumSig,
  FunctionSig,
  InterfaceSig,
  Location,
  ModuleSig,
  ObjectSig,
  TypeSig,
} from "../signature.js"

export type Send = (query: string) => Promise<unknown>

/** A field of a query with its arguments. */
function step(field: string, args: Record<string, unknown> = {}): string {
  const present = Object.entries(args).filter(([name, v]) => v !== undefined && !(name === "description" && v === ""))
  if (present.length === 0) return field
  return `${field}(${present.map(([name, v]) => `${name}:${v instanceof Raw ? v.text : literal(v)}`).join(",")})`
}

/** Text of a query that is not a string, such as a member of an enum. */
class Raw {
  constructor(readonly text: string) {}
}

/** Chains of fields whose ids one request returns. Equal chains are requested once. */
class Layer {
  private readonly chains = new Map<string, string>()
  private ids = new Map<string, string>()

  add(...steps: string[]): string {
    const chain = steps.join("{") + "{id" + "}".repeat(steps.length)
    if (!this.chains.has(chain)) this.chains.set(chain, `q${this.chains.size}`)
    return chain
  }

  async send(send: Send): Promise<void> {
    if (this.chains.size === 0) return
    const query = `{${[...this.chains].map(([chain, alias]) => `${alias}:${chain}`).join("\n")}}`
    const data = (await send(query)) as Record<string, unknown>
    for (const [chain, alias] of this.chains) {
      let value: unknown = data[alias]
      while (typeof value === "object" && value !== null) value = Object.values(value)[0]
      this.ids.set(chain, value as string)
    }
  }

  id(chain: string): string {
    return this.ids.get(chain)!
  }
}

/** How many lists a type is nested in. */
const depth = (type: TypeSig): number => (type.kind === "LIST_KIND" ? 1 + depth(type.typeDef) : 0)

/** The chain of a type that is no list. */
function leaf(type: TypeSig, optional: boolean): string[] {
  const opt = optional ? [step("withOptional", { optional: true })] : []
  switch (type.kind) {
    case "OBJECT_KIND":
      return ["typeDef", step("withObject", { name: type.name }), ...opt]
    case "ENUM_KIND":
      return ["typeDef", step("withEnum", { name: type.name }), ...opt]
    case "INTERFACE_KIND":
      return ["typeDef", step("withInterface", { name: type.name }), ...opt]
    case "SCALAR_KIND":
      return ["typeDef", step("withScalar", { name: type.name }), ...opt]
    case "VOID_KIND":
      return ["typeDef", step("withKind", { kind: new Raw(type.kind) }), step("withOptional", { optional: true })]
    default:
      return ["typeDef", step("withKind", { kind: new Raw(type.kind) }), ...opt]
  }
}

const PRIMITIVE = new Set(["STRING_KIND", "INTEGER_KIND", "FLOAT_KIND", "BOOLEAN_KIND", "ENUM_KIND"])

/** The default of an argument as JSON, if the engine can have it; otherwise the code applies it to an optional argument. */
export function defaultOf(module: ModuleSig, arg: ArgumentSig): string | undefined {
  if (arg.defaultValue === undefined || !PRIMITIVE.has(arg.type.kind)) return undefined
  if (arg.type.kind === "ENUM_KIND") {
    const own = module.enums[arg.type.name]
    if (!own) return JSON.stringify(arg.defaultValue)
    const member = Object.entries(own.members).find(([, m]) => m.value === arg.defaultValue)
    if (!member)
      throw new Error(
        `the default ${JSON.stringify(arg.defaultValue)} of ${arg.name} is not a member of ${arg.type.name}`,
      )
    return JSON.stringify(member[0])
  }
  return JSON.stringify(arg.defaultValue)
}

export const isOptional = (module: ModuleSig, arg: ArgumentSig): boolean =>
  arg.optional === true || (arg.defaultValue !== undefined && defaultOf(module, arg) === undefined)

/** Registers the module and returns its id. */
export async function register(module: ModuleSig, send: Send): Promise<string> {
  const registration = new Registration(module, send)
  await registration.requestTypes()
  await registration.requestFunctions()
  const members = await registration.requestDefinitions()
  const top = new Layer()
  const description = module.description ? [step("withDescription", { description: module.description })] : []
  const chain = top.add("module", ...description, ...members)
  await top.send(send)
  return top.id(chain)
}

interface Use {
  type: TypeSig
  optional: boolean
}

const typeKey = ({ type, optional }: Use): string => `${optional}:${JSON.stringify(type)}`
const placeKey = (place: Location): string => `${place.filepath}:${place.line}:${place.column}`

/** The ids of a module's types, places and functions, in the order in which they need each other. */
class Registration {
  private readonly objects: ObjectSig[]
  private readonly tables: Record<string, FunctionSig>[]
  private readonly functions: FunctionSig[]
  private readonly args: ArgumentSig[]
  private readonly typeIds = new Map<string, string>()
  private readonly placeIds = new Map<string, string>()
  /** By the function itself, and of a constructor by its arguments. */
  private readonly functionIds = new Map<FunctionSig | ArgumentSig[], string>()

  constructor(
    private readonly module: ModuleSig,
    private readonly send: Send,
  ) {
    this.objects = Object.values(module.objects)
    const interfaces = Object.values(module.interfaces).map((found) => found.functions)
    this.tables = [...this.objects.map((object) => object.methods), ...interfaces]
    this.functions = this.tables.flatMap((table) => Object.values(table))
    const constructorArgs = this.objects.flatMap((object) => object.constructorArgs ?? [])
    this.args = [...this.functions.flatMap((fn) => fn.args), ...constructorArgs]
  }

  private typeId(type: TypeSig, optional = false): string {
    return this.typeIds.get(typeKey({ type, optional }))!
  }

  private placeId(place: Location): string {
    return this.placeIds.get(placeKey(place))!
  }

  /** Every type that the module mentions. */
  private uses(): Use[] {
    const required = (type: TypeSig): Use => ({ type, optional: false })
    const exposed = this.objects.flatMap((object) => Object.values(object.properties).filter((one) => one.exposed))
    return [
      ...this.functions.map((fn) => required(fn.returns)),
      ...this.args.map((arg) => ({ type: arg.type, optional: isOptional(this.module, arg) })),
      ...exposed.map((property) => required(property.type)),
      ...this.objects.map((object) => required({ kind: "OBJECT_KIND", name: object.name })),
    ]
  }

  /** Requests types and places in the source. A list needs the id of its elements' type, so each depth is a layer. */
  async requestTypes(): Promise<void> {
    const uses = this.uses()
    const deepest = Math.max(0, ...uses.map((use) => depth(use.type)))
    for (let level = 0; level <= deepest; level++) {
      const layer = new Layer()
      const chains = this.typeChains(layer, uses, level)
      const places = level === 0 ? this.placeChains(layer) : new Map<string, string>()
      await layer.send(this.send)
      for (const [key, chain] of chains) this.typeIds.set(key, layer.id(chain))
      for (const [key, chain] of places) this.placeIds.set(key, layer.id(chain))
    }
  }

  /** Adds the types of one depth to a layer. */
  private typeChains(layer: Layer, uses: Use[], level: number): Map<string, string> {
    const chains = new Map<string, string>()
    const add = (use: Use): void => {
      const { type, optional } = use
      if (depth(type) === level) chains.set(typeKey(use), layer.add(...this.typeSteps(type, optional)))
      else if (type.kind === "LIST_KIND") add({ type: type.typeDef, optional: false })
    }
    for (const use of uses) add(use)
    return chains
  }

  private typeSteps(type: TypeSig, optional: boolean): string[] {
    if (type.kind !== "LIST_KIND") return leaf(type, optional)
    const list = step("withListOf", { elementType: this.typeId(type.typeDef) })
    return ["typeDef", list, ...(optional ? [step("withOptional", { optional: true })] : [])]
  }

  /** Adds the places of all declarations to a layer. */
  private placeChains(layer: Layer): Map<string, string> {
    const enums = Object.values(this.module.enums)
    const located: { location: Location }[] = [
      ...this.functions,
      ...this.args,
      ...this.objects,
      ...this.objects.flatMap((object) => Object.values(object.properties)),
      ...enums,
      ...enums.flatMap((found) => Object.values(found.members)),
    ]
    return new Map(
      located.map(({ location: { filepath, line, column }, location }) => [
        placeKey(location),
        layer.add(step("sourceMap", { filename: filepath, line, column })),
      ]),
    )
  }

  async requestFunctions(): Promise<void> {
    const layer = new Layer()
    const chains = new Map<FunctionSig | ArgumentSig[], string>()
    for (const table of this.tables)
      for (const [apiName, fn] of Object.entries(table)) chains.set(fn, layer.add(...this.functionSteps(apiName, fn)))
    for (const { name, constructorArgs } of this.objects) {
      if (!constructorArgs) continue
      const made = step("function", { name: "", returnType: this.typeId({ kind: "OBJECT_KIND", name }) })
      chains.set(constructorArgs, layer.add(made, ...this.argumentSteps(constructorArgs)))
    }
    await layer.send(this.send)
    for (const [fn, chain] of chains) this.functionIds.set(fn, layer.id(chain))
  }

  private functionSteps(apiName: string, fn: FunctionSig): string[] {
    const steps = [step("function", { name: apiName, returnType: this.typeId(fn.returns) })]
    if (fn.description) steps.push(step("withDescription", { description: fn.description }))
    steps.push(step("withSourceMap", { sourceMap: this.placeId(fn.location) }), ...this.argumentSteps(fn.args))
    if (fn.cache === "never") steps.push(step("withCachePolicy", { policy: new Raw("Never") }))
    else if (fn.cache === "session") steps.push(step("withCachePolicy", { policy: new Raw("PerSession") }))
    else if (fn.cache) steps.push(step("withCachePolicy", { policy: new Raw("Default"), timeToLive: fn.cache }))
    if (fn.deprecated !== undefined) steps.push(step("withDeprecated", { reason: fn.deprecated }))
    if (fn.check) steps.push("withCheck")
    return steps
  }

  private argumentSteps(args: ArgumentSig[]): string[] {
    return args.map((arg) => {
      const place = `${arg.location.filepath}:${arg.location.line}`
      if (arg.defaultValue && arg.defaultPath)
        throw new Error(`argument ${arg.name} (${place}) has both a default value and a defaultPath`)
      return step("withArg", {
        name: arg.name,
        typeDef: this.typeId(arg.type, isOptional(this.module, arg)),
        description: arg.description,
        defaultValue: defaultOf(this.module, arg),
        defaultPath: arg.defaultPath,
        ignore: arg.ignore,
        sourceMap: this.placeId(arg.location),
        deprecated: arg.deprecated,
      })
    })
  }

  /** Requests objects, enums and interfaces; returns the steps that add them to the module. */
  async requestDefinitions(): Promise<string[]> {
    const layer = new Layer()
    const { enums, interfaces } = this.module
    const definitions = [
      ...this.objects.map((one) => ({ add: "withObject", as: "object", steps: this.objectSteps(one) })),
      ...Object.values(enums).map((one) => ({ add: "withEnum", as: "enum", steps: this.enumSteps(one) })),
      ...Object.values(interfaces).map((one) => ({
        add: "withInterface",
        as: "iface",
        steps: this.interfaceSteps(one),
      })),
    ].map(({ add, as, steps }) => ({ add, as, chain: layer.add(...steps) }))
    await layer.send(this.send)
    return definitions.map(({ add, as, chain }) => step(add, { [as]: layer.id(chain) }))
  }

  private objectSteps({ name, description, deprecated, ...object }: ObjectSig): string[] {
    const sourceMap = this.placeId(object.location)
    const steps = ["typeDef", step("withObject", { name, description, sourceMap, deprecated })]
    for (const fn of Object.values(object.methods))
      steps.push(step("withFunction", { function: this.functionIds.get(fn) }))
    for (const [apiName, property] of Object.entries(object.properties)) {
      if (!property.exposed) continue
      const field = {
        name: apiName,
        typeDef: this.typeId(property.type),
        description: property.description,
        sourceMap: this.placeId(property.location),
        deprecated: property.deprecated,
      }
      steps.push(step("withField", field))
    }
    if (object.constructorArgs)
      steps.push(step("withConstructor", { function: this.functionIds.get(object.constructorArgs) }))
    return steps
  }

  private enumSteps({ name, description, location, members }: EnumSig): string[] {
    const steps = ["typeDef", step("withEnum", { name, description, sourceMap: this.placeId(location) })]
    for (const [memberName, member] of Object.entries(members)) {
      const added = {
        name: memberName,
        value: String(member.value),
        description: member.description,
        sourceMap: this.placeId(member.location),
        deprecated: member.deprecated,
      }
      steps.push(step("withEnumMember", added))
    }
    return steps
  }

  private interfaceSteps({ name, description, functions }: InterfaceSig): string[] {
    const added = Object.values(functions).map((fn) => step("withFunction", { function: this.functionIds.get(fn) }))
    return ["typeDef", step("withInterface", { name, description }), ...added]
  }
}
