// The commands of the engine: up, down, status, prune, doctor.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { buildParts, inputHashes, layOutRoot, machineCertificates } from "./build.js"
import { diskCap, planOf, report, setupBytes } from "./footprint.js"
import { daggerVersion, mainArguments, startBytes, statePaths, type Paths } from "./paths.js"
import { gigabytes, inspectMachine, machineFaults } from "./preflight.js"
import { run, say, step } from "./progress.js"
import { chooseRunner, vendorImage, type Runner } from "./runner.js"
import { answers, engineConfig, keyFile, processLives, startOrReset, stop, writeBundle } from "./sandbox.js"
import { hashOf, staleReason } from "./stamp.js"
import { measure, trim } from "./trim.js"

export interface Engine {
  runner: Runner
  /** Environment that a `dagger` needs to use the engine, PATH included. */
  env: Record<string, string>
}

/** Starts an engine unless one answers, and returns how to use it. */
export async function up(): Promise<Engine> {
  const runner = await chooseRunner(process.env)
  if (runner.kind !== "provisioned") return { runner, env: await vendorEnvironment(runner) }
  const paths = statePaths()
  if (!(await isCurrent(paths))) await underLock(paths, ["engine", "start-locked"])
  return { runner, env: provisionedEnvironment(paths) }
}

/** Environment that a `dagger` needs to use the provisioned engine. */
export function provisionedEnvironment(paths: Paths): Record<string, string> {
  return {
    _EXPERIMENTAL_DAGGER_RUNNER_HOST: `unix://${paths.socket}`,
    _EXPERIMENTAL_DAGGER_CLI_BIN: join(paths.bin, "dagger"),
    PATH: `${paths.bin}:${process.env.PATH}`,
    DAGGER_NO_NAG: "1",
    DO_NOT_TRACK: "1",
  }
}

/** A hash of the engine's parts and configuration as this checkout has them. */
function wantedKey(): string {
  return hashOf(
    inputHashes(),
    // What the cache may use follows from the cap and from what the other parts take when the engine starts.
    engineConfig(process.env.DELIVERY_REGISTRY_MIRROR, diskCap()),
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

/** Runs one of our commands with the lock of the state folder; the kernel releases it when the process ends. */
async function underLock(paths: Paths, args: string[]): Promise<void> {
  mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  if (spawnSync("flock", ["--version"], { stdio: "ignore" }).status !== 0)
    throw new Error("`flock` is missing (Debian package util-linux): it keeps two set-ups from running at once.")
  if (spawnSync("flock", ["--nonblock", paths.lock, "true"]).status !== 0)
    say(`waiting for another command that sets up this engine (lock ${paths.lock})`)
  const child = spawn("flock", ["--close", paths.lock, process.execPath, ...mainArguments, ...args], {
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
    if (!processLives(paths.enginePid) || !(await answers(paths))) say("the engine died; removing what it left")
    else say("the engine's parts or settings differ from this checkout; restarting it")
    await stop(paths)
  }
  say(`engine ${daggerVersion}: ${(await chooseRunner(process.env)).why} → provisioned in ${paths.state}`)
  // A cap that is too small is refused before anything is built.
  planOf(diskCap(), measure(paths, false))
  const digests = await buildParts(paths)
  await stop(paths)
  let cache = 0
  await step("engine: unpack and start", async () => {
    await layOutRoot(paths)
    cache = trim(paths)
    writeBundle(paths, digests, cache, process.env)
    await startOrReset(paths)
    writeFileSync(keyFile(paths), key)
  })
  say(
    `${paths.state} may use ${gigabytes(diskCap())}, ${gigabytes(cache)} of it the engine's cache: \`engine -- status\``,
  )
}

/** With Docker or Podman the CLI starts the vendor's engine by itself; only a CLI of the right version is needed. */
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
  const rest = `what was built stays in ${paths.state} (\`npm run engine -- prune\` removes it)`
  say(`engine stopped; ${existsSync(paths.state) ? rest : "nothing was built"}`)
}

/** Stops the engine and removes its state folder. */
export async function prune(): Promise<void> {
  const paths = statePaths()
  await stop(paths)
  const list = join(paths.state, "host-packages")
  const packages = existsSync(list) ? readFileSync(list, "utf8").trim().split("\n").join(" ") : ""
  rmSync(paths.state, { recursive: true, force: true })
  say(`${paths.state} removed.${packages ? ` These Debian packages were installed and stay: ${packages}` : ""}`)
}

/** Prints which engine is used and why, whether it runs, its state folder and disk use. */
export async function status(): Promise<void> {
  const runner = await chooseRunner(process.env)
  const detail = runner.kind === "given" ? ` (${runner.host})` : runner.kind === "container" ? ` (${runner.tool})` : ""
  console.log(`engine:  ${runner.kind}${detail}, because ${runner.why}`)
  if (runner.kind !== "provisioned") return
  const paths = statePaths()
  const lives = processLives(paths.enginePid)
  console.log(`state:   ${await stateOf(paths, lives)}`)
  if (lives) console.log(`process: ${readFileSync(paths.enginePid, "utf8").trim()}, socket ${paths.socket}`)
  if (existsSync(paths.state))
    for (const line of report(paths.state, diskCap(), measure(paths, true))) console.log(line)
}

async function stateOf(paths: Paths, lives: boolean): Promise<string> {
  if (await isCurrent(paths)) return "running"
  if (lives) return "running with other parts or settings than this checkout (the next command restarts it)"
  return existsSync(paths.enginePid) ? "died (the next command starts it again)" : "not running"
}

/** Checks what provisioning needs and what was built; one line for each check. Returns false when a check fails. */
export async function doctor(): Promise<boolean> {
  const runner = await chooseRunner(process.env)
  console.log(`engine: ${runner.kind}, because ${runner.why}`)
  if (runner.kind !== "provisioned") return true
  const paths = statePaths()
  const hashes = inputHashes()
  let good = true
  const check = (name: string, fault: string | undefined, fine: string) => {
    if (fault) good = false
    console.log(`${fault ? "✘" : "✔"} ${name}: ${fault ?? fine}`)
  }
  const machine = inspectMachine(paths)
  const faults = machineFaults(machine, existsSync(paths.bin) ? startBytes : setupBytes(diskCap(), true), paths.state)
  check("machine", faults.join(" ") || undefined, `root, Go ${machine.goVersion}, ${gigabytes(machine.freeBytes)} free`)
  console.log(`  extra CA certificates: ${machineCertificates().join(", ") || "none"}`)
  if (!existsSync(paths.steps)) {
    console.log("  nothing is built yet: run `npm run engine -- up`")
    return good
  }
  for (const name of ["programs", "base", "engineRoot", "npm", "toolchain"] as const) {
    check(name, await staleReason(paths, name, hashes[name], true), "built, digests as recorded")
  }
  check(
    "engine",
    (await answers(paths)) ? undefined : "does not answer; `npm run engine -- up` starts it",
    "answers on its socket",
  )
  return good
}
