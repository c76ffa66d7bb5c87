import { connection, type ConnectOpts } from "./core.js"
import { dag, type Client } from "./client.gen.js"

export { argument, check, connection, Context, entrypoint, enumType, field, func, object } from "./core.js"
export type { ConnectOpts } from "./core.js"
export * from "./client.gen.js"

export type CallbackFct = (client: Client) => Promise<void>

/** Like `connection`, for code that takes the client as an argument. */
export async function connect(fn: CallbackFct, options?: ConnectOpts): Promise<void> {
  await connection(() => fn(dag), options)
}
