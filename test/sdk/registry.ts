/** An engine that only takes the registration of modules, and tells what was registered as plain data. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Kind, parse, type FieldNode, type ValueNode } from "graphql"

/** A call of the API, with what it was called on, by the names that the engine gives its arguments. */
interface Built {
  call: string
  args: Record<string, unknown>
  on?: Built
}

/** What a module registers, as a caller sees it. */
export type Registered = Record<string, unknown>

/** Answers registrations with ids, and knows what each id stands for. */
export class Registry {
  private readonly known: Built[] = []

  /** Answers a query whose results are ids. */
  answer(query: string): unknown {
    const [operation] = parse(query).definitions
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`not a query: ${query}`)
    return Object.fromEntries(
      operation.selectionSet.selections.map((selection) => {
        const field = selection as FieldNode
        return [(field.alias ?? field.name).value, this.follow(field)]
      }),
    )
  }

  private follow(field: FieldNode, on?: Built): unknown {
    const name = field.name.value
    if (name === "id") return `id-${this.known.push(on!) - 1}`
    const args = Object.fromEntries((field.arguments ?? []).map((arg) => [arg.name.value, valueOf(arg.value)]))
    const next = (field.selectionSet?.selections ?? [])[0] as FieldNode
    return { [next.name.value]: this.follow(next, { call: name, args, ...(on ? { on } : {}) }) }
  }

  /** The module with this id. */
  module(id: string): Registered {
    const { description, of } = this.steps(id)
    const parts = (call: string, argument: string): Registered[] =>
      of(call).map((args) => this.definition(String(args[argument])))
    return {
      ...description,
      objects: byName(parts("withObject", "object")),
      enums: byName(parts("withEnum", "enum")),
      interfaces: byName(parts("withInterface", "iface")),
    }
  }

  /** The calls that made what an id stands for: the arguments of each, and of all calls of one name. */
  private steps(id: string) {
    const chain: Built[] = []
    for (let one: Built | undefined = this.known[Number(id.slice("id-".length))]; one; one = one.on) chain.unshift(one)
    const of = (call: string): Record<string, unknown>[] =>
      chain.filter((one) => one.call === call).map((one) => one.args)
    return { chain, of, description: text("description", of("withDescription").at(-1)?.description) }
  }

  private definition(id: string): Registered {
    const { chain, of } = this.steps(id)
    const { name, description, deprecated, sourceMap } = chain[1]!.args
    const [constructor] = of("withConstructor")
    return {
      kind: chain[1]!.call,
      name,
      ...text("description", description),
      ...(deprecated === undefined ? {} : { deprecated }),
      place: this.place(sourceMap),
      ...(constructor ? { constructor: this.callable(constructor.function) } : {}),
      functions: byName(of("withFunction").map((args) => this.callable(args.function))),
      fields: byName(of("withField").map((args) => this.typed(args))),
      members: of("withEnumMember").map((args) => this.typed({ ...args, value: String(args.value) })),
    }
  }

  private callable(id: unknown): Registered {
    const { chain, of, description } = this.steps(String(id))
    const { name, returnType } = chain[0]!.args
    return {
      name,
      ...description,
      returns: this.type(returnType),
      place: this.place(of("withSourceMap")[0]?.sourceMap),
      // Default without a time is what holds without a policy.
      cache: of("withCachePolicy").filter((args) => args.policy !== "Default" || args.timeToLive !== undefined),
      deprecated: of("withDeprecated"),
      check: of("withCheck").length,
      arguments: of("withArg").map((args) => this.typed(args)),
    }
  }

  /** An argument, field or member: what it was registered with, its type and place in words. */
  private typed({ typeDef, sourceMap, description, ...others }: Record<string, unknown>): Registered {
    return {
      ...others,
      ...text("description", description),
      ...(typeDef === undefined ? {} : { type: this.type(typeDef) }),
      place: this.place(sourceMap),
    }
  }

  /** A type in words, such as `Directory[]?`. */
  private type(id: unknown): string {
    const { chain, of } = this.steps(id as string)
    const { call, args } = chain[1]!
    // The engine knows each kind by two names, STRING and STRING_KIND.
    const name = String(args.name ?? args.kind).replace(/_KIND$/, "")
    const named = call === "withListOf" ? `${this.type(args.elementType)}[]` : `${call.replace("with", "")} ${name}`
    return `${named}${of("withOptional").some((one) => one.optional) ? "?" : ""}`
  }

  private place(id: unknown): string | undefined {
    if (typeof id !== "string") return undefined
    const { filename, line, column } = this.steps(id).chain[0]!.args
    return `${String(filename)}:${String(line)}:${String(column)}`
  }
}

/** An empty text is none: the engine makes no difference. */
const text = (key: string, value: unknown): Registered => (value ? { [key]: value } : {})

const byName = (parts: Registered[]): Registered => Object.fromEntries(parts.map((part) => [String(part.name), part]))

function valueOf(node: ValueNode): unknown {
  switch (node.kind) {
    case Kind.LIST:
      return node.values.map(valueOf)
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, valueOf(field.value)]))
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value)
    case Kind.NULL:
      return null
    case Kind.VARIABLE:
      throw new Error("a registration has no variables")
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.BOOLEAN:
      return node.value
  }
}

/** Serves a registry as the engine of a session does. */
export async function serve(registry: Registry): Promise<{ port: number; close: () => void }> {
  const server = createServer((request, answer) => {
    let body = ""
    request.on("data", (chunk: Buffer) => (body += chunk.toString()))
    request.on("end", () => {
      answer.setHeader("Content-Type", "application/json")
      try {
        const { query } = JSON.parse(body) as { query: string }
        answer.end(JSON.stringify({ data: registry.answer(query) }))
      } catch (error) {
        answer.end(JSON.stringify({ errors: [{ message: (error as Error).message }] }))
      }
    })
  })
  // The vendor's client fails where the server closes a connection that it is about to use.
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, close }
}
