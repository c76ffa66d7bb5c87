// The first step of every npm script: installs the locked npm dependencies if they are missing, then runs
// engine/src/main.ts. Plain JavaScript, because nothing is installed yet when it starts.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { stateFolder } from "./state.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 20 || (major === 20 && minor < 12)) {
  console.error(`Node ${process.versions.node} is too old: this project needs Node 20.12 or newer.`)
  process.exit(2)
}

// The commands of engine/src/main.ts, repeated here so that an unknown one is refused before anything is installed.
const commands = [
  "engine",
  "pipeline",
  "product",
  "test-api",
  "test-ui",
  "dagger",
  "generate",
  "sync",
  "new-module",
  "unit",
  "test",
  "e2e",
  "lint",
  "format",
  "typecheck",
]
const command = process.argv[2]
if (!commands.includes(command)) {
  console.error(
    `${command ? `unknown command ${command}` : "a command is missing"}: allowed are ${commands.join(", ")}`,
  )
  process.exit(2)
}

// These need no engine: a folder that `npm ci` made, as in the pipeline's own container, serves them as it is.
const installedByNpm = existsSync(join(root, "node_modules/.package-lock.json"))
if (!(installedByNpm && ["unit", "lint", "format", "typecheck"].includes(command))) installDependencies()
const { register } = await import(pathToFileURL(join(root, "node_modules/tsx/dist/esm/api/index.mjs")).href)
register()
await import("./src/main.ts")

/**
 * Installs what the lockfile names into the state folder, once for all clones, unless node_modules links to it already. A
 * real folder makes each call slower: the Dagger CLI walks the repository once for every module that it loads, including
 * what git ignores (docs/decisions/0036-node-modules-link.md).
 */
function installDependencies() {
  const link = join(root, "node_modules")
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex")
  const complete = (folder) =>
    existsSync(join(folder, ".delivery-lock-hash")) &&
    readFileSync(join(folder, ".delivery-lock-hash"), "utf8") === wanted
  const linked = () => lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && complete(link)
  if (linked()) return
  const home = join(stateFolder(), "npm-dependencies", wanted.slice(0, 16))
  const folder = join(home, "node_modules")
  mkdirSync(home, { recursive: true })
  const lock = join(home, "lock")
  while (!tryLock(lock)) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    if (linked()) return
  }
  let installed = false
  try {
    installed = complete(folder) || install(home, folder, wanted)
    if (installed && !linked()) {
      rmSync(link, { recursive: true, force: true })
      symlinkSync(folder, link)
    }
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
  if (!installed) process.exit(2)
}

/** Installs what the lockfile names; returns whether npm succeeded. */
function install(home, folder, wanted) {
  console.error("▶ npm dependencies: npm ci")
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(root, name), join(home, name))
  const { npm_config_global, ...env } = process.env
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: home,
    stdio: ["ignore", "inherit", "inherit"],
    env,
  })
  if (result.status !== 0) {
    console.error(`npm ci failed in ${home} (exit code ${result.status}): see its message above.`)
    return false
  }
  writeFileSync(join(folder, ".delivery-lock-hash"), wanted)
  console.error("✔ npm dependencies")
  return true
}

/** Takes a lock: only one process can make a folder. A lock older than ten minutes was left by a process that died. */
function tryLock(path) {
  try {
    mkdirSync(path)
    return true
  } catch {
    try {
      if (Date.now() - statSync(path).mtimeMs > 600_000) rmSync(path, { recursive: true, force: true })
    } catch {
      // Another process has just released it.
    }
    return false
  }
}
