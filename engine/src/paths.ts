// Paths of the engine's parts, and limits of disk use. Everything that this project keeps on a machine is below one
// state folder.
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { stateFolder } from "../state.mjs"

/** The Dagger version that CLI, engine, SDK content and modules share. */
export const daggerVersion = "v0.19.10"

/** The Go toolchain that compiles modules in the engine, and that the golang image contains. */
export const goVersion = "1.26.8"

/** Bytes that a start needs when everything is built. */
export const startBytes = 2e9

/** Address of the mirror registry inside the engine's network namespace. Nothing listens on the host. */
export const registryAddress = "127.0.0.1:5000"

/** The repository's root. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The arguments with which node runs engine/src/main.ts where the npm dependencies are installed. */
export const mainArguments = [
  "--import",
  pathToFileURL(join(repository, "node_modules/tsx/dist/esm/index.mjs")).href,
  join(repository, "engine/src/main.ts"),
]

export type Paths = ReturnType<typeof pathsBelow>

/** The parts of a state folder. */
export function pathsBelow(state: string) {
  return {
    state,
    lock: join(state, "lock"),
    cache: join(state, "cache"),
    bin: join(state, "bin"),
    npm: join(state, "npm"),
    tar: join(state, "tar"),
    steps: join(state, "steps"),
    root: join(state, "root"),
    content: join(state, "content"),
    bundle: join(state, "bundle"),
    registry: join(state, "registry"),
    engine: join(state, "engine"),
    run: join(state, "run"),
    runc: join(state, "runc"),
    logs: join(state, "logs"),
    images: join(state, "images"),
    socket: join(state, "run", "engine.sock"),
    slirpPid: join(state, "run", "slirp.pid"),
    enginePid: join(state, "run", "engine.pid"),
  }
}

/** The parts of the state folder. Fails on a path too long for a socket. */
export function statePaths(env: NodeJS.ProcessEnv = process.env): Paths {
  const state = stateFolder(env)
  const paths = pathsBelow(state)
  if (Buffer.byteLength(paths.socket) > 100) {
    throw new Error(
      `DELIVERY_ENGINE_STATE: ${state} is too long: the path of the engine's socket below it has ` +
        `${paths.socket.length} characters, 100 are possible. Choose a shorter folder.`,
    )
  }
  if (state === "/" || state === homedir())
    throw new Error(
      `DELIVERY_ENGINE_STATE: ${state} is not a folder of its own, and \`prune\` would remove it. Choose another.`,
    )
  return paths
}
