// Runs the Dagger CLI on the engine, and notices when the engine dies under a call (the CLI alone would wait for minutes).
import { spawn, spawnSync } from "node:child_process"
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { ensureImages } from "./images.js"
import { allModules, imagesOfCall } from "./modules.js"
import { repository, statePaths } from "./paths.js"
import { say, step } from "./progress.js"
import { keyFile, processLives } from "./sandbox.js"
import { up, type Engine } from "./up.js"

export interface CallResult {
  exitCode: number
  stdout: string
  /** Set when the engine died while the call ran. */
  engineDied: boolean
}

export interface CallOptions {
  cwd?: string
  /** Lines of the CLI's progress stream; without it, the terminal is the CLI's own. */
  onProgress?: (line: string) => void
  /** Aborting sends the CLI an interrupt. */
  signal?: AbortSignal
}

/** Brings the engine up with the images that a call of a module needs; the words name the function, if not all of them are wanted; `source` is the repository that it works on. */
export async function prepare(module: string, words: string[] = [], source?: string): Promise<Engine> {
  return withImages(await imagesOfCall(module, words, () => namesIn(source)))
}

/** The names of a repository's files, without folders; none where it is not one of git's. */
function namesIn(source: string | undefined): Set<string> {
  const listed = source
    ? spawnSync("git", ["-C", source, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
      }).stdout
    : ""
  return new Set((listed ?? "").split("\0").map((file) => basename(file)))
}

/** Brings the engine up with these images. */
export async function withImages(wanted: Map<string, string[]>): Promise<Engine> {
  const engine = await up()
  if (engine.runner.kind === "provisioned") await Promise.all([ensureImages(statePaths(), wanted), ensureSdk(engine)])
  return engine
}

/** Has an engine whose cache is empty compile the TypeScript SDK, beside the images: else the first call of a module waits for it. The note that it is done lies with the cache, and goes with it. */
async function ensureSdk(engine: Engine): Promise<void> {
  const paths = statePaths()
  const [note, key] = [join(paths.engine, "sdk-compiled"), readFileSync(keyFile(paths), "utf8")]
  if (existsSync(note) && readFileSync(note, "utf8") === key) return
  await step("TypeScript SDK: compile, where the engine's cache has it not", async () => {
    const lines: string[] = []
    const { exitCode, engineDied } = await callDagger(
      engine,
      ["functions", "--progress=plain", "-m", join(repository, "modules/slack")],
      { cwd: repository, onProgress: (line) => lines.push(line) },
    )
    if (engineDied)
      throw new Error(
        "the engine ended while the TypeScript SDK was compiled. Run the same command again: it starts the engine, and what was finished is cached.",
      )
    if (exitCode !== 0) throw new Error(`the TypeScript SDK could not be compiled:\n${lines.slice(-15).join("\n")}`)
    writeFileSync(note, key)
  })
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
  const exitCode = await new Promise<number>((done, fail) => {
    child.on("error", (error) => fail(new Error(`dagger cannot be run: ${error.message}`)))
    child.on("close", (code) => done(code ?? 130))
  })
  if (watch) {
    clearInterval(watch)
    // The call may have noticed first.
    engineDied ||= exitCode !== 0 && !processLives(statePaths().enginePid)
  }
  if (rest) options.onProgress?.(rest)
  return { exitCode: engineDied ? 1 : exitCode, stdout, engineDied }
}

/** `npm run dagger -- …`: the CLI as it is, with engine and images in place. */
export async function daggerCommand(args: string[]): Promise<number> {
  const engine = await prepare(moduleOf(args), args)
  const { exitCode, engineDied } = await callDagger(engine, args, { cwd: process.env.INIT_CWD ?? process.cwd() })
  if (engineDied) say("the engine ended while this call ran; the next command starts it again")
  return exitCode
}

/** The folder of the module that a command line is about: the one that -m names, or the one it runs in. */
export function moduleOf(args: string[], cwd = process.env.INIT_CWD ?? process.cwd()): string {
  const at = args.findIndex(
    (arg) => arg === "-m" || arg === "--mod" || arg.startsWith("--mod=") || arg.startsWith("-m="),
  )
  const named = at < 0 ? undefined : args[at]!.includes("=") ? args[at]!.split("=")[1] : args[at + 1]
  return resolve(cwd, named ?? ".")
}

/** `npm run generate`: generates sdk/ and tsconfig.json of each module, for editors. */
export async function generate(
  modules = allModules().filter((module) => existsSync(join(module, "dagger.json"))),
): Promise<number> {
  const engine = await up()
  // ci/ is the source of the repository's root, whose clients have all modules; its own dagger.json is the small root.
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
