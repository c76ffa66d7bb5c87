// Runs the Dagger CLI on the engine, and notices when the engine dies during a call: the CLI alone would wait for minutes.
import { spawn } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { baseImages, parseDockerfile } from "../../modules/shared/dockerfile.js"
import { ensureImages } from "./images.js"
import { allModules, imagesOfCall } from "./modules.js"
import { repository, statePaths } from "./paths.js"
import { say, step } from "./progress.js"
import { canonicalName, readRecipes } from "./recipes.js"
import { filesOf } from "./repository-files.js"
import { keyFile, processLives } from "./sandbox.js"
import { linkDuplicates } from "./trim.js"
import { up, type Engine } from "./up.js"

export interface CallResult {
  exitCode: number
  stdout: string
  /** Set when the engine died while the call ran. */
  engineDied: boolean
}

export interface CallOptions {
  cwd?: string
  /** Receives the lines of the CLI's progress stream; without it the CLI writes to the terminal. */
  onProgress?: (line: string) => void
  /** Aborting sends the CLI an interrupt. */
  signal?: AbortSignal
}

/**
 * Starts the engine and builds the images that a call of a module needs. `words` may name the function, so that only its
 * images are built; `source` is the repository that the function works on.
 */
export async function prepare(module: string, words: string[] = [], source?: string): Promise<Engine> {
  const wanted = await imagesOfCall(module, words, () => namesIn(source))
  if (source) for (const name of standInsOf(dockerfilesIn(source))) wanted.set(name, wanted.get(name) ?? [source])
  return withImages(wanted)
}

/** The base images of Dockerfiles for which there is a stand-in. Others are pulled, or the build says that it cannot. */
export function standInsOf(dockerfiles: string[]): string[] {
  const bases = dockerfiles.flatMap((text) => {
    const dockerfile = parseDockerfile(text)
    return dockerfile.stages.flatMap((_, at) => baseImages(dockerfile, String(at)))
  })
  const named = [...new Set(bases.filter((base) => /:[^/]+$/.test(base) && !base.includes("@")).map(canonicalName))]
  if (named.length === 0) return []
  const recipes = readRecipes()
  return named.filter((name) => recipes.has(name))
}

/** The texts of a repository's Dockerfiles; none outside of git. */
function dockerfilesIn(source: string): string[] {
  const files = (filesOf(source) ?? []).filter(
    (file) => /(^|[/.])Dockerfile($|[.])/i.test(file) && !file.endsWith(".dockerignore"),
  )
  return files.slice(0, 200).flatMap((file) => {
    try {
      return [readFileSync(join(source, file), "utf8")]
    } catch {
      return []
    }
  })
}

/** The names of a repository's files, without folders; empty outside of git. */
function namesIn(source: string | undefined): Set<string> {
  return new Set((source ? (filesOf(source) ?? []) : []).map((file) => basename(file)))
}

/** Starts the engine and builds these images. */
export async function withImages(wanted: Map<string, string[]>): Promise<Engine> {
  const engine = await up()
  if (engine.runner.kind !== "provisioned") return engine
  await Promise.all([ensureImages(statePaths(), wanted), ensureSdk(engine)])
  // What the engine pulled since the last command is in the registry too.
  linkDuplicates(statePaths())
  return engine
}

/**
 * Compiles the TypeScript SDK on an engine whose cache is empty, beside the images: otherwise the first call of a module
 * waits for it. The record that this is done lies in the cache and disappears with it.
 */
async function ensureSdk(engine: Engine): Promise<void> {
  const paths = statePaths()
  const record = join(paths.engine, "sdk-compiled")
  const key = readFileSync(keyFile(paths), "utf8")
  if (existsSync(record) && readFileSync(record, "utf8") === key) return
  await step("TypeScript SDK: compile", async () => {
    const lines: string[] = []
    const { exitCode, engineDied } = await callDagger(
      engine,
      ["functions", "--progress=plain", "-m", join(repository, "modules/slack")],
      { cwd: repository, onProgress: (line) => lines.push(line) },
    )
    if (engineDied)
      throw new Error(
        "the engine stopped while the TypeScript SDK was compiled. " +
          "Run the same command again: it starts the engine, and finished work is cached.",
      )
    if (exitCode !== 0) throw new Error(`the TypeScript SDK could not be compiled:\n${lines.slice(-15).join("\n")}`)
    writeFileSync(record, key)
  })
}

/** Milliseconds after which a call that still runs has the engine's collector run: by itself it waits for the call's end. */
const collectEvery = 180_000

/** Has the engine throw away what is beyond its cap and not in use. A failure is none of the call's. */
function collect(engine: Engine): void {
  const child = spawn("dagger", ["query", "--progress=plain", "-M"], {
    cwd: statePaths().state,
    env: { ...process.env, ...engine.env },
    stdio: ["pipe", "ignore", "ignore"],
  })
  child.on("error", () => undefined)
  child.stdin.on("error", () => undefined).end("{ engine { localCache { prune(useDefaultPolicy: true) } } }")
  child.unref()
}

/** Runs `dagger` with these arguments on the engine. */
export async function callDagger(engine: Engine, args: string[], options: CallOptions = {}): Promise<CallResult> {
  const piped = options.onProgress !== undefined
  const child = spawn("dagger", args, {
    cwd: options.cwd,
    env: { ...process.env, ...engine.env },
    stdio: piped ? ["ignore", "pipe", "pipe"] : "inherit",
    detached: piped,
  })
  let stdout = ""
  let rest = ""
  child.stdout?.on("data", (chunk) => (stdout += chunk))
  child.stderr?.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n")
    rest = lines.pop()!
    for (const line of lines) options.onProgress!(line)
  })
  options.signal?.addEventListener("abort", () => child.kill("SIGINT"))
  let engineDied = false
  const watch =
    engine.runner.kind === "provisioned" &&
    setInterval(() => {
      if (processLives(statePaths().enginePid)) return
      engineDied = true
      child.kill("SIGKILL")
    }, 1000)
  const collecting = watch && setInterval(() => collect(engine), collectEvery)
  const exitCode = await new Promise<number>((done, fail) => {
    child.on("error", (error) => fail(new Error(`dagger cannot be run: ${error.message}`)))
    child.on("close", (code) => done(code ?? 130))
  })
  if (collecting) clearInterval(collecting)
  if (watch) {
    clearInterval(watch)
    // The CLI may notice before the interval does.
    engineDied ||= exitCode !== 0 && !processLives(statePaths().enginePid)
  }
  if (rest) options.onProgress?.(rest)
  return { exitCode: engineDied ? 1 : exitCode, stdout, engineDied }
}

/** `npm run dagger -- …`: runs the CLI, with engine and images in place. */
export async function daggerCommand(args: string[]): Promise<number> {
  const engine = await prepare(moduleOf(args), args)
  const { exitCode, engineDied } = await callDagger(engine, args, { cwd: process.env.INIT_CWD ?? process.cwd() })
  if (engineDied) say("the engine stopped while this call ran; the next command starts it again")
  return exitCode
}

/** The folder of the module that a command line names with -m; without -m the folder in which it runs. */
export function moduleOf(args: string[], cwd = process.env.INIT_CWD ?? process.cwd()): string {
  const at = args.findIndex(
    (arg) => arg === "-m" || arg === "--mod" || arg.startsWith("--mod=") || arg.startsWith("-m="),
  )
  const named = at < 0 ? undefined : args[at]!.includes("=") ? args[at]!.split("=")[1] : args[at + 1]
  return resolve(cwd, named ?? ".")
}

/** `npm run generate`: writes sdk/ and tsconfig.json of each module, for editors. */
export async function generate(
  modules = allModules().filter((module) => existsSync(join(module, "dagger.json"))),
): Promise<number> {
  const engine = await up()
  // ci/ is the source of the repository's root module, whose client has all modules.
  for (const module of modules.map((module) => (module === join(repository, "ci") ? repository : module))) {
    const name = (JSON.parse(readFileSync(join(module, "dagger.json"), "utf8")) as { name: string }).name
    say(`▶ dagger develop: ${name}`)
    const lines: string[] = []
    const { exitCode } = await callDagger(engine, ["develop", "-m", module, "--progress=plain"], {
      cwd: module,
      onProgress: (line) => lines.push(line),
    })
    if (exitCode !== 0) {
      console.error(lines.slice(-15).join("\n"))
      return exitCode
    }
  }
  return 0
}
