// The first step of every npm script: make sure that the locked npm dependencies are installed, then run engine/src/main.ts.
// Plain JavaScript, because nothing is installed yet when it starts.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 20 || (major === 20 && minor < 12)) {
  console.error(`Node ${process.versions.node} is too old: this project needs Node 20.12 or newer.`)
  process.exit(2)
}

installDependencies()
const { register } = await import(pathToFileURL(join(root, "node_modules/tsx/dist/esm/api/index.mjs")).href)
register()
await import("./src/main.ts")

/** Runs `npm ci` when node_modules is missing or was installed from another lockfile. Two at once: the second waits for the first. */
function installDependencies() {
  const stamp = join(root, "node_modules/.delivery-lock-hash")
  const wanted = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex")
  const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted
  if (installed()) return
  const lock = join(root, ".npm-ci.lock")
  while (!tryLock(lock)) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    if (installed()) return
  }
  try {
    if (installed()) return
    console.error("▶ npm dependencies: npm ci")
    const { npm_config_global, ...env } = process.env
    const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: ["ignore", "inherit", "inherit"], env })
    if (result.status !== 0) {
      console.error(`npm ci failed in ${root} (exit code ${result.status}): see its message above.`)
      process.exit(2)
    }
    writeFileSync(stamp, wanted)
    console.error("✔ npm dependencies")
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/** A folder is made by one process only; one that is older than ten minutes was left by a process that is gone. */
function tryLock(path) {
  try {
    mkdirSync(path)
    return true
  } catch {
    try {
      if (Date.now() - statSync(path).mtimeMs > 600_000) rmSync(path, { recursive: true, force: true })
    } catch {
      // It has just been released.
    }
    return false
  }
}
