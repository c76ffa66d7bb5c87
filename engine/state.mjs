// The folder of everything that this project keeps on a machine. Plain JavaScript, because run.mjs needs it before
// anything is installed.
import { homedir } from "node:os"
import { join, resolve } from "node:path"

/** The state folder: DELIVERY_ENGINE_STATE, or `delivery-engine` below XDG_CACHE_HOME or ~/.cache. */
export function stateFolder(env = process.env) {
  return resolve(env.DELIVERY_ENGINE_STATE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "delivery-engine"))
}
