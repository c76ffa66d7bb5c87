/**
 * Tells the engine a module's types. Each of them is an id that others are made of, so
 * the ids are asked for in layers, one request a layer, instead of one request an id.
 */
import { literal } from "../core/context.js"
import type { ArgumentSig, FunctionSig, Location, ModuleSig, TypeSig } from "../signature.js"

export type Send = (query: string) => Promise<unknown>

/** One field and its arguments, as it stands in a query. */
function step(field: string, args: Record<string, unknown> = {}): string {
  const given = Object.entries(args).filter(([k, v]) => v !== undefined && !(k === "description" && v === ""))
  return given.length === 0
    ? field
    : `${field}(${given.map(([k, v]) => `${k}:${v instanceof Raw ? v.text : literal(v)}`).join(",")})`
}

class Raw {
  constructor(readonly text: string) {}
}

/** Chains whose ids one request brings. Equal chains are asked for once. */
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

const depth = (type: TypeSig): number => (type.kind === "LIST_KIND" ? 1 + depth(type.typeDef) : 0)

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

/** A default that the engine may know, as JSON: others are left to the code, and the argument is then optional. */
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
  const objects = Object.values(module.objects)
  const functions: FunctionSig[] = [
    ...objects.flatMap((o) => Object.values(o.methods)),
    ...Object.values(module.interfaces).flatMap((i) => Object.values(i.functions)),
  ]
  const args = [...functions.flatMap((f) => f.args), ...objects.flatMap((o) => o.constructorArgs ?? [])]
  const uses: { type: TypeSig; optional: boolean }[] = [
    ...functions.map((f) => ({ type: f.returns, optional: false })),
    ...args.map((a) => ({ type: a.type, optional: isOptional(module, a) })),
    ...objects.flatMap((o) =>
      Object.values(o.properties)
        .filter((p) => p.exposed)
        .map((p) => ({ type: p.type, optional: false })),
    ),
    ...objects.map((o) => ({ type: { kind: "OBJECT_KIND", name: o.name } as const, optional: false })),
  ]

  // Types and places in the source. A list needs the id of what it is a list of.
  const types = new Map<string, string>()
  const typeKey = (type: TypeSig, optional: boolean): string => `${optional}:${JSON.stringify(type)}`
  const places = new Map<string, string>()
  const placeKey = (l: Location): string => `${l.filepath}:${l.line}:${l.column}`
  const deepest = Math.max(0, ...uses.map((u) => depth(u.type)))
  for (let level = 0; level <= deepest; level++) {
    const layer = new Layer()
    const chains = new Map<string, string>()
    const want = (type: TypeSig, optional: boolean): void => {
      if (depth(type) !== level) {
        if (type.kind === "LIST_KIND") want(type.typeDef, false)
        return
      }
      const steps =
        type.kind === "LIST_KIND"
          ? [
              "typeDef",
              step("withListOf", { elementType: types.get(typeKey(type.typeDef, false)) }),
              ...(optional ? [step("withOptional", { optional: true })] : []),
            ]
          : leaf(type, optional)
      chains.set(typeKey(type, optional), layer.add(...steps))
    }
    for (const use of uses) want(use.type, use.optional)
    const placed = new Map<string, string>()
    if (level === 0) {
      const located: { location: Location }[] = [
        ...functions,
        ...args,
        ...objects,
        ...objects.flatMap((o) => Object.values(o.properties)),
        ...Object.values(module.enums),
        ...Object.values(module.enums).flatMap((e) => Object.values(e.members)),
      ]
      for (const { location: l } of located)
        placed.set(placeKey(l), layer.add(step("sourceMap", { filename: l.filepath, line: l.line, column: l.column })))
    }
    await layer.send(send)
    for (const [key, chain] of chains) types.set(key, layer.id(chain))
    for (const [key, chain] of placed) places.set(key, layer.id(chain))
  }
  const typeId = (type: TypeSig, optional = false): string => types.get(typeKey(type, optional))!
  const sourceMap = (l: Location): string => places.get(placeKey(l))!

  const withArgs = (list: ArgumentSig[]): string[] =>
    list.map((arg) => {
      if (arg.defaultValue && arg.defaultPath)
        throw new Error(
          `argument ${arg.name} (${arg.location.filepath}:${arg.location.line}) has both a default value and a defaultPath`,
        )
      return step("withArg", {
        name: arg.name,
        typeDef: typeId(arg.type, isOptional(module, arg)),
        description: arg.description,
        defaultValue: defaultOf(module, arg),
        defaultPath: arg.defaultPath,
        ignore: arg.ignore,
        sourceMap: sourceMap(arg.location),
        deprecated: arg.deprecated,
      })
    })

  // Functions.
  const layer = new Layer()
  const fnChains = new Map<FunctionSig | ArgumentSig[], string>()
  for (const table of [...objects.map((o) => o.methods), ...Object.values(module.interfaces).map((i) => i.functions)]) {
    for (const [apiName, fn] of Object.entries(table)) {
      const steps = [step("function", { name: apiName, returnType: typeId(fn.returns) })]
      if (fn.description) steps.push(step("withDescription", { description: fn.description }))
      steps.push(step("withSourceMap", { sourceMap: sourceMap(fn.location) }), ...withArgs(fn.args))
      if (fn.cache === "never") steps.push(step("withCachePolicy", { policy: new Raw("Never") }))
      else if (fn.cache === "session") steps.push(step("withCachePolicy", { policy: new Raw("PerSession") }))
      else if (fn.cache) steps.push(step("withCachePolicy", { policy: new Raw("Default"), timeToLive: fn.cache }))
      if (fn.deprecated !== undefined) steps.push(step("withDeprecated", { reason: fn.deprecated }))
      if (fn.check) steps.push("withCheck")
      fnChains.set(fn, layer.add(...steps))
    }
  }
  for (const object of objects) {
    if (!object.constructorArgs) continue
    const made = step("function", { name: "", returnType: typeId({ kind: "OBJECT_KIND", name: object.name }) })
    fnChains.set(object.constructorArgs, layer.add(made, ...withArgs(object.constructorArgs)))
  }
  await layer.send(send)
  const fnId = (fn: FunctionSig | ArgumentSig[]): string => layer.id(fnChains.get(fn)!)

  // Objects, enums, interfaces.
  const defs = new Layer()
  const members: { withField: string; argument: string; chain: string }[] = []
  for (const object of objects) {
    const steps = [
      "typeDef",
      step("withObject", {
        name: object.name,
        description: object.description,
        sourceMap: sourceMap(object.location),
        deprecated: object.deprecated,
      }),
    ]
    for (const fn of Object.values(object.methods)) steps.push(step("withFunction", { function: fnId(fn) }))
    for (const [apiName, property] of Object.entries(object.properties)) {
      if (!property.exposed) continue
      steps.push(
        step("withField", {
          name: apiName,
          typeDef: typeId(property.type),
          description: property.description,
          sourceMap: sourceMap(property.location),
          deprecated: property.deprecated,
        }),
      )
    }
    if (object.constructorArgs) steps.push(step("withConstructor", { function: fnId(object.constructorArgs) }))
    members.push({ withField: "withObject", argument: "object", chain: defs.add(...steps) })
  }
  for (const def of Object.values(module.enums)) {
    const steps = [
      "typeDef",
      step("withEnum", { name: def.name, description: def.description, sourceMap: sourceMap(def.location) }),
    ]
    for (const [name, member] of Object.entries(def.members)) {
      steps.push(
        step("withEnumMember", {
          name,
          value: String(member.value),
          description: member.description,
          sourceMap: sourceMap(member.location),
          deprecated: member.deprecated,
        }),
      )
    }
    members.push({ withField: "withEnum", argument: "enum", chain: defs.add(...steps) })
  }
  for (const def of Object.values(module.interfaces)) {
    const steps = ["typeDef", step("withInterface", { name: def.name, description: def.description })]
    for (const fn of Object.values(def.functions)) steps.push(step("withFunction", { function: fnId(fn) }))
    members.push({ withField: "withInterface", argument: "iface", chain: defs.add(...steps) })
  }
  await defs.send(send)

  const top = new Layer()
  const chain = top.add(
    "module",
    ...(module.description ? [step("withDescription", { description: module.description })] : []),
    ...members.map((m) => step(m.withField, { [m.argument]: defs.id(m.chain) })),
  )
  await top.send(send)
  return top.id(chain)
}
