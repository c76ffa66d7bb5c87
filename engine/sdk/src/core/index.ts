/** The contents of a module's `sdk/core.js`: the part of the library that is not generated. */
import { clientFromEnvironment, session } from "./client.js"

export { Context } from "./context.js"
export { GraphQLClient } from "./client.js"
export { argument, check, enumType, field, func, object } from "./decorators.js"
export * from "./errors.js"
export { getTracer, Tracer, Span } from "./trace.js"

export interface ConnectOpts {
  Workdir?: string
  LogOutput?: unknown
}

/** Runs `fn` with `dag` connected to the session of the environment. */
export async function connection(fn: () => Promise<void>, _options: ConnectOpts = {}): Promise<void> {
  const client = clientFromEnvironment()
  if (!client) throw new Error("No Dagger session: run this inside `dagger run …`.")
  session.set(client)
  try {
    await fn()
  } finally {
    session.set(undefined)
  }
}

/** Refuses: only the engine's runtime starts modules. */
export async function entrypoint(_files: string[]): Promise<void> {
  throw new Error("A module is started by its runtime, not by entrypoint().")
}
