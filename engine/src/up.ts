// up, down, status, prune, doctor: what a person or a script asks of the engine.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { buildParts, inputHashes, layOutRoot, machineCertificates } from "./build.js"
import { cacheCapBytes, daggerVersion, repository, startBytes, setupBytes, statePaths, type Paths } from "./paths.js"
import { gigabytes, inspectMachine, machineFaults } from "./preflight.js"
import { run, say, step } from "./progress.js"
import { chooseRunner, vendorImage, type Runner } from "./runner.js"
import { answers, engineConfig, keyFile, processLives, startOrReset, stop, writeBundle } from "./sandbox.js"
import { hashOf, staleReason } from "./stamp.js"

export interface Engine {
  runner: Runner
  /** Environment that a `dagger` needs to use the engine, PATH included. */
  env: Record<string, string>
}

/** Makes sure that an engine answers, and returns how to use it. Quick when it runs already. */
export async function up(): Promise<Engine> {
  const runner = await chooseRunner(process.env)
  if (runner.kind !== "provisioned") return { runner, env: await vendorEnvironment(runner) }
  const paths = statePaths()
  if (!(await isCurrent(paths))) await underLock(paths, ["engine", "start-locked"])
  return { runner, env: provisionedEnvironment(paths) }
}

/** What a `dagger` needs to use the provisioned engine. */
export function provisionedEnvironment(paths: Paths): Record<string, string> {
  return {
    _EXPERIMENTAL_DAGGER_RUNNER_HOST: `unix://${paths.socket}`,
    _EXPERIMENTAL_DAGGER_CLI_BIN: join(paths.bin, "dagger"),
    PATH: `${paths.bin}:${process.env.PATH}`,
    DAGGER_NO_NAG: "1",
    DO_NOT_TRACK: "1",
  }
}

/** Hash of all that the engine is made of and configured with. */
function wantedKey(): string {
  return hashOf(
    inputHashes(),
    engineConfig(process.env.DELIVERY_REGISTRY_MIRROR),
    Object.entries(process.env).filter(([name]) => /_proxy$/i.test(name)),
  )
}

async function isCurrent(paths: Paths): Promise<boolean> {
  return (
    existsSync(keyFile(paths)) &&
    readFileSync(keyFile(paths), "utf8") === wantedKey() &&
    processLives(paths.enginePid) &&
    (await answers(paths))
  )
}

/** Runs one of our commands while holding the state folder's lock; the kernel releases it whatever happens to us. */
async function underLock(paths: Paths, args: string[]): Promise<void> {
  mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  if (spawnSync("flock", ["--version"], { stdio: "ignore" }).status !== 0)
    throw new Error("`flock` is missing (Debian package util-linux): two set-ups could not be kept apart.")
  if (spawnSync("flock", ["--nonblock", paths.lock, "true"]).status !== 0)
    say(`another command sets this engine up (lock ${paths.lock}); waiting for it`)
  const child = spawn("flock", ["--close", paths.lock, process.execPath, join(repository, "engine/run.mjs"), ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  })
  const code = await new Promise((resolve) => child.on("close", resolve))
  if (code !== 0) process.exit(1)
}

/** Builds and starts; called with the lock held. */
export async function startLocked(): Promise<void> {
  const paths = statePaths()
  if (await isCurrent(paths)) return
  // Taken before anything is built: an edit during the build makes the next command build again.
  const key = wantedKey()
  if (process.getuid?.() === 0 && existsSync(paths.enginePid)) {
    if (!processLives(paths.enginePid) || !(await answers(paths)))
      say("the engine is gone without having been stopped; clearing what it left")
    else say("the engine runs with other parts or settings than this checkout wants; starting it again")
    await stop(paths)
  }
  say(`engine ${daggerVersion}: ${(await chooseRunner(process.env)).why} → provisioned in ${paths.state}`)
  const digests = await buildParts(paths)
  await stop(paths)
  await step("engine: unpack its root, start", async () => {
    await layOutRoot(paths)
    writeBundle(paths, digests, process.env)
    await startOrReset(paths)
    writeFileSync(keyFile(paths), key)
  })
  say(
    `the engine's cache is capped at ${gigabytes(cacheCapBytes)}; npm run engine -- status says how much ${paths.state} holds`,
  )
}

/** How much a folder holds. It takes half a minute where nothing of a large one is in memory. */
async function diskUse(folder: string): Promise<string> {
  // Files come and go while the engine runs: du then names them and ends with 1, but its sum is right.
  const out = spawnSync("du", ["-s", "--block-size=1", folder], { encoding: "utf8" }).stdout
  return gigabytes(Number(out.split("\t")[0]))
}

/** With Docker or Podman the CLI starts the vendor's engine itself; only a CLI of the right version is needed. */
async function vendorEnvironment(runner: Runner): Promise<Record<string, string>> {
  const env: Record<string, string> = { DAGGER_NO_NAG: "1", DO_NOT_TRACK: "1" }
  if (runner.kind === "container") env._EXPERIMENTAL_DAGGER_RUNNER_HOST = vendorHost(runner.tool)
  const onPath = spawnSync("dagger", ["version"], { encoding: "utf8" })
  if (onPath.status === 0) return env
  const bin = statePaths().bin
  const cli = join(bin, "dagger")
  if (!existsSync(cli)) {
    if (runner.kind !== "container" || process.platform !== "linux") {
      throw new Error(`no \`dagger\` on the PATH: install the Dagger CLI ${daggerVersion} or newer (${runner.why}).`)
    }
    mkdirSync(bin, { recursive: true })
    await step(`Dagger CLI from ${vendorHost(runner.tool)}`, async () => {
      const id = (await run(runner.tool, ["create", vendorImage])).trim()
      await run(runner.tool, ["cp", `${id}:/usr/local/bin/dagger`, cli])
      await run(runner.tool, ["rm", id])
    })
  }
  return { ...env, PATH: `${bin}:${process.env.PATH}` }
}

function vendorHost(tool: "docker" | "podman"): string {
  return `image+${tool}://${vendorImage}`
}

/** Stops the provisioned engine. What was built stays. */
export async function down(): Promise<void> {
  const paths = statePaths()
  await stop(paths)
  say(
    `engine stopped; ${existsSync(paths.state) ? `what was built stays in ${paths.state} (npm run engine -- prune removes it)` : "nothing was built"}`,
  )
}

/** Removes the state folder, after stopping the engine in it. */
export async function prune(): Promise<void> {
  const paths = statePaths()
  await stop(paths)
  const list = join(paths.state, "host-packages")
  const packages = existsSync(list) ? readFileSync(list, "utf8").trim().split("\n").join(" ") : ""
  rmSync(paths.state, { recursive: true, force: true })
  say(`${paths.state} removed.${packages ? ` Debian packages that were installed and stay: ${packages}` : ""}`)
}

/** A few lines on the engine: which, why, running or not, where, how large. */
export async function status(): Promise<void> {
  const runner = await chooseRunner(process.env)
  console.log(
    `engine:  ${runner.kind}${runner.kind === "given" ? ` (${runner.host})` : runner.kind === "container" ? ` (${runner.tool})` : ""}, because ${runner.why}`,
  )
  if (runner.kind !== "provisioned") return
  const paths = statePaths()
  const lives = processLives(paths.enginePid)
  const current = await isCurrent(paths)
  console.log(
    `state:   ${current ? "running" : lives ? "running, but with other parts or settings than this checkout wants (the next command starts it again)" : existsSync(paths.enginePid) ? "killed (the next command heals it)" : "not running"}`,
  )
  if (lives) console.log(`process: ${readFileSync(paths.enginePid, "utf8").trim()}, socket ${paths.socket}`)
  if (existsSync(paths.state))
    console.log(`folder:  ${paths.state}, ${await diskUse(paths.state)}; cache cap ${gigabytes(cacheCapBytes)}`)
}

/** Checks what provisioning needs and what was built; each line is one check. Returns false when something is wrong. */
export async function doctor(): Promise<boolean> {
  const runner = await chooseRunner(process.env)
  console.log(`engine that is used: ${runner.kind}, because ${runner.why}`)
  if (runner.kind !== "provisioned") return true
  const paths = statePaths()
  const hashes = inputHashes()
  let good = true
  const check = (name: string, fault: string | undefined, fine: string) => {
    if (fault) good = false
    console.log(`${fault ? "✘" : "✔"} ${name}: ${fault ?? fine}`)
  }
  const machine = inspectMachine(paths)
  const faults = machineFaults(machine, existsSync(paths.bin) ? startBytes : setupBytes, paths.state)
  check("machine", faults.join(" ") || undefined, `root, Go ${machine.goVersion}, ${gigabytes(machine.freeBytes)} free`)
  console.log(`  certificates of the machine: ${machineCertificates().join(", ") || "none"}`)
  if (!existsSync(paths.steps)) {
    console.log("  nothing built yet: npm run engine -- up")
    return good
  }
  for (const name of ["programs", "base", "engineRoot", "npm", "toolchain"] as const) {
    check(name, await staleReason(paths, name, hashes[name], true), "built, digests as recorded")
  }
  check(
    "engine",
    (await answers(paths)) ? undefined : "does not answer; npm run engine -- up starts it",
    "answers on its socket",
  )
  return good
}
