import { Context } from "../core/context.js"
import type { InterfaceSig, ModuleSig, TypeSig } from "../signature.js"

type Make = (type: TypeSig & { name: string }, context: Context) => unknown

/**
 * An object of another module that implements an interface of this one: each function of the interface is a call of
 * the API. Calls do not change the object, so it can be used many times.
 */
export class Implementation {
  constructor(readonly _ctx: Context) {}

  async id(): Promise<unknown> {
    return await this._ctx.select("id").execute()
  }
}

export function implementation(
  module: ModuleSig,
  sig: InterfaceSig,
  context: Context,
  makeGenerated: Make,
): Implementation {
  const object = new Implementation(context) as Implementation & Record<string, unknown>
  const make = (type: TypeSig & { name: string }, ctx: Context): unknown => {
    const own = module.interfaces[type.name]
    return own ? implementation(module, own, ctx, makeGenerated) : makeGenerated(type, ctx)
  }
  const load = (type: TypeSig & { name: string }, id: unknown): unknown => {
    const own = module.interfaces[type.name]
    const name = own ? module.name + type.name : type.name
    return make(type, context.copy().select(`load${name}FromID`, { id }))
  }
  for (const [apiName, fn] of Object.entries(sig.functions)) {
    object[fn.name] = async (...values: unknown[]): Promise<unknown> => {
      const args = Object.fromEntries(
        fn.args.map((arg, i) => [arg.name, values[i]] as const).filter(([, value]) => value !== undefined),
      )
      const called = context.select(apiName, args)
      const type = fn.returns
      if (type.kind === "OBJECT_KIND" || type.kind === "INTERFACE_KIND") return make(type, called)
      if (
        type.kind === "LIST_KIND" &&
        (type.typeDef.kind === "OBJECT_KIND" || type.typeDef.kind === "INTERFACE_KIND")
      ) {
        const element = type.typeDef
        const found = (await called.select("id").execute()) as { id: unknown }[]
        return found.map(({ id }) => load(element, id))
      }
      const result = await called.execute()
      return type.kind === "VOID_KIND" ? undefined : result
    }
  }
  return object
}

export function interfaceFromId(
  module: ModuleSig,
  sig: InterfaceSig,
  id: unknown,
  makeGenerated: Make,
): Implementation {
  return implementation(module, sig, new Context().select(`load${module.name}${sig.name}FromID`, { id }), makeGenerated)
}
