import { session, type GraphQLClient } from "./client.js"
import { TooManyNestedObjectsError } from "./errors.js"

export interface Step {
  operation: string
  args?: Record<string, unknown>
}

type EnumMetadata = Record<string, { is_enum?: boolean; value_to_name?: (value: unknown) => string }>

/** An object of the generated client: a chain of steps that has not run yet. */
interface Lazy {
  _ctx: Context
}

const isLazy = (value: unknown): value is Lazy =>
  typeof value === "object" && value !== null && (value as Partial<Lazy>)._ctx instanceof Context

/** A JavaScript value as a GraphQL literal. */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return "null"
  if (Array.isArray(value)) return `[${value.map(literal).join(",")}]`
  if (typeof value === "object") {
    const fields = Object.entries(value).filter(([, v]) => v !== undefined)
    return `{${fields.map(([k, v]) => `${k}:${literal(v)}`).join(",")}}`
  }
  return JSON.stringify(value)
}

function argument(value: unknown, metadata: EnumMetadata[string] | undefined): string {
  if (!metadata?.is_enum || !metadata.value_to_name) return literal(value)
  if (Array.isArray(value)) return `[${value.map((v) => argument(v, metadata)).join(",")}]`
  return metadata.value_to_name(value)
}

/** The GraphQL query of a chain whose arguments are all plain values. */
export function buildQuery(steps: Step[]): string {
  let query = ""
  for (const { operation, args } of steps) {
    query += `{${operation}`
    const metadata = (args?.__metadata ?? {}) as EnumMetadata
    const present = Object.entries(args ?? {})
      .filter(([name, value]) => name !== "__metadata" && value !== undefined && value !== null)
      .map(([name, value]) => `${name}:${argument(value, metadata[name])}`)
    if (present.length > 0) query += `(${present.join(",")})`
  }
  return query + "}".repeat(steps.length)
}

/** The innermost value of an answer that has one field at each level. */
export function flatten(response: unknown): unknown {
  let value = response
  while (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const keys = Object.keys(value)
    if (keys.length !== 1)
      throw new TooManyNestedObjectsError("Too many nested objects inside graphql response", response)
    value = (value as Record<string, unknown>)[keys[0]!]
  }
  return value
}

// The id of an object that several calls take is requested once: its chain never changes.
const ids = new WeakMap<object, Promise<unknown>>()

function idOf(object: Lazy): Promise<unknown> {
  let id = ids.get(object)
  if (!id) {
    id = object._ctx.select("id").execute()
    ids.set(object, id)
    id.catch(() => ids.delete(object))
  }
  return id
}

async function resolve(value: unknown): Promise<unknown> {
  if (isLazy(value)) return await idOf(value)
  if (Array.isArray(value) && value.some((v) => isLazy(v) || Array.isArray(v)))
    return await Promise.all(value.map(resolve))
  return value
}

async function resolveArgs(step: Step): Promise<Step> {
  const entries = Object.entries(step.args ?? {})
  if (!entries.some(([, v]) => isLazy(v) || Array.isArray(v))) return step
  const resolved = await Promise.all(entries.map(async ([k, v]) => [k, await resolve(v)] as const))
  return { operation: step.operation, args: Object.fromEntries(resolved) }
}

/** A chain of operations, run by `execute`. The generated client is made of these. */
export class Context {
  constructor(
    private readonly _queryTree: Step[] = [],
    private readonly _connection?: GraphQLClient,
  ) {}

  getGQLClient(): GraphQLClient {
    return this._connection ?? session.get()
  }

  copy(): Context {
    return new Context([], this._connection)
  }

  select(operation: string, args?: Record<string, unknown>): Context {
    return new Context([...this._queryTree, { operation, args }], this._connection)
  }

  async execute<T>(): Promise<T> {
    const steps = await Promise.all(this._queryTree.map(resolveArgs))
    return flatten(await this.getGQLClient().request(buildQuery(steps))) as T
  }
}
