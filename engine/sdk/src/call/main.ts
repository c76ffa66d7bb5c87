/**
 * The start of every call. The engine runs the module's bundle, which loads this first: the request for what to call
 * is under way while the module's own code is loaded.
 */
import { session } from "../core/client.js"
import { Context, literal } from "../core/context.js"
import { registered } from "../core/decorators.js"
import { ExecError, GraphQLRequestError } from "../core/errors.js"
import { flushSpans } from "../core/trace.js"
import type { ModuleSig } from "../signature.js"
import { interfaceFromId } from "./interface.js"
import { register } from "./register.js"
import { at, dumpObject, dumpValue, loadArgs, loadObject, resultOf, type Surroundings } from "./values.js"

interface Call {
  parentName: string
  name: string
  parent: string
  inputArgs: { name: string; value: string }[]
}

type Exports = Record<string, unknown>
type Generated = Record<string, unknown> & { dag: Record<string, unknown> }

const request = async (query: string): Promise<unknown> => await session.get().request(query)

const requested: Promise<Call> | undefined = process.env.DAGGER_SESSION_PORT
  ? (
      request("{currentFunctionCall{parentName name parent inputArgs{name value}}}") as Promise<{
        currentFunctionCall: Call
      }>
    ).then((r) => r.currentFunctionCall)
  : undefined
requested?.catch(() => {}) // reported where it is awaited

const answer = async (json: string): Promise<unknown> =>
  await request(`{currentFunctionCall{returnValue(value:${literal(json)})}}`)

async function refuse(error: unknown): Promise<void> {
  let message: string
  let extensions: Record<string, unknown> = {}
  if (error instanceof Error) {
    message = error.message
    if (error instanceof ExecError || error instanceof GraphQLRequestError) extensions = error.extensions ?? {}
    else if (error.stack) console.error(error.stack)
  } else {
    message = typeof error === "string" ? error : (JSON.stringify(error) ?? String(error))
  }
  let query = `error(message:${literal(message)})`
  let close = ""
  for (const [name, value] of Object.entries(extensions)) {
    if (value === "" || value === undefined || value === null) continue
    query += `{withValue(name:${literal(name)},value:${literal(JSON.stringify(value))})`
    close += "}"
  }
  let id: unknown = await request(`{${query}{id}${close}}`)
  while (typeof id === "object" && id !== null) id = Object.values(id)[0]
  await request(`{currentFunctionCall{returnError(error:${literal(id)})}}`)
}

export function surroundings(module: ModuleSig, files: Exports[], generated: Generated): Surroundings {
  const make = (type: { name: string }, context: Context): unknown => {
    const Class = generated[type.name] as (new (context: Context) => unknown) | undefined
    if (!Class) throw new Error(`${type.name} is unknown to the generated client`)
    return new Class(context)
  }
  return {
    module,
    classOf(name) {
      const found = files.find((exports) => typeof exports[name] === "function")?.[name] ?? registered.get(name)
      if (!found) throw new Error(`class ${name}${at(module.objects[name]?.location)} cannot be found: export it`)
      return found as { prototype: object }
    },
    load(type, id) {
      const loader = generated.dag[`load${type}FromID`] as ((id: unknown) => unknown) | undefined
      if (!loader) throw new Error(`${type} is unknown to the generated client`)
      return loader.call(generated.dag, id)
    },
    loadInterface(type, id) {
      const sig = module.interfaces[type]
      if (!sig) throw new Error(`interface ${type} is unknown to the module`)
      return interfaceFromId(module, sig, id, make)
    },
    generated: (type) => generated[type] as ReturnType<Surroundings["generated"]>,
  }
}

/** Calls the function that the engine requests; returns its result as JSON. */
export async function invoke(call: Call, env: Surroundings): Promise<string> {
  const sig = env.module.objects[call.parentName]
  if (!sig) throw new Error(`the module has no object ${call.parentName}`)
  const args = Object.fromEntries(call.inputArgs.map((a) => [a.name, JSON.parse(a.value) as unknown]))
  if (call.name === "") {
    const Class = env.classOf(sig.name) as unknown as new (...args: unknown[]) => Record<string, unknown>
    // A constructor may give a promise of the object, as an async `create` does.
    // eslint-disable-next-line @typescript-eslint/await-thenable
    const object = await new Class(...loadArgs(env, sig.constructorArgs ?? [], args))
    return JSON.stringify(await dumpObject(env, sig, object, `a new ${sig.name}`))
  }
  const fn = sig.methods[call.name]
  if (!fn) throw new Error(`${call.parentName} has no function ${call.name}`)
  const parent = loadObject(env, sig, JSON.parse(call.parent) as Record<string, unknown> | null) as Record<
    string,
    (...args: unknown[]) => unknown
  >
  const result = await parent[fn.name]!(...loadArgs(env, fn.args, args))
  return JSON.stringify((await dumpValue(env, fn.returns, result, resultOf(sig.name, fn))) ?? null)
}

async function finish(code: number): Promise<never> {
  await flushSpans()
  process.exit(code)
}

async function guarded(work: () => Promise<string>): Promise<never> {
  let settled = false
  const fail = async (error: unknown): Promise<never> => {
    if (settled) return await new Promise<never>(() => {})
    settled = true
    await refuse(error)
    return await finish(1)
  }
  // A rejection that is not awaited is a failure too.
  process.on("unhandledRejection", (error) => void fail(error))
  process.on("uncaughtException", (error) => void fail(error))
  process.on(
    "beforeExit",
    () =>
      void fail(
        new Error("the function has not returned and nothing is left to run: it awaits a promise that never settles"),
      ),
  )
  try {
    const json = await work()
    if (settled) return await new Promise<never>(() => {})
    settled = true
    await answer(json)
  } catch (error) {
    return await fail(error)
  }
  return await finish(0)
}

/** Answers the engine's call; the bundle's last line runs this. */
export async function start(
  module: ModuleSig,
  files: Exports[],
  generated: Generated,
  warnings: string[] = [],
): Promise<void> {
  if (!requested) return
  await guarded(async () => {
    const call = await requested
    if (call.parentName === "") return JSON.stringify(await register(module, request))
    for (const warning of warnings) console.warn(warning)
    return await invoke(call, surroundings(module, files, generated))
  })
}

/** Runs in place of a module that could not be built: every call fails with the reason. */
export async function refuseAll(message: string): Promise<void> {
  if (!requested) return
  const error = new Error(message)
  delete error.stack
  await guarded(async () => {
    await requested
    throw error
  })
}
