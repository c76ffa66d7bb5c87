// Progress of long work on the terminal: one line when a step starts, one when it ends, one each 20 s while it runs. All on stderr.
import { appendFileSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"

const started = Date.now()

/** Prints one line with the time since the start. */
export function say(line: string): void {
  const seconds = (Date.now() - started) / 1000
  process.stderr.write(`[${seconds.toFixed(1).padStart(6)} s] ${line}\n`)
}

/** Runs a step and says when it starts, that it still runs (with the last line it reported), and how long it took. */
export async function step<T>(name: string, work: (report: (line: string) => void) => Promise<T>): Promise<T> {
  const begin = Date.now()
  let last = ""
  say(`▶ ${name}`)
  const timer = setInterval(
    () => say(`… ${name}, ${Math.round((Date.now() - begin) / 1000)} s${last && `: ${last}`}`),
    20_000,
  )
  try {
    const result = await work((line) => (last = line.trim().slice(0, 120) || last))
    say(`✔ ${name}, ${((Date.now() - begin) / 1000).toFixed(1)} s`)
    return result
  } catch (error) {
    say(`✘ ${name}, ${((Date.now() - begin) / 1000).toFixed(1)} s`)
    throw error
  } finally {
    clearInterval(timer)
  }
}

export interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** File that takes the whole output. */
  log?: string
  /** Called with each line of output. */
  onLine?: (line: string) => void
}

/** Runs a command, returns its stdout; an exit code other than 0 is an error that carries the last lines of the output. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  // Loaded here: the calls that find everything in place run no command, and need not wait for it.
  const { $ } = await import("zx")
  if (options.log) mkdirSync(dirname(options.log), { recursive: true })
  const child = $({ cwd: options.cwd, env: options.env ?? process.env, quiet: true, nothrow: true })`${command} ${args}`
  const take = (chunk: Buffer) => {
    if (options.log) appendFileSync(options.log, chunk)
    for (const line of String(chunk).split("\n")) if (line.trim()) options.onLine?.(line)
  }
  child.stdout.on("data", take)
  child.stderr.on("data", take)
  const { exitCode, signal, stdout, stdall } = await child
  if (exitCode !== 0)
    throw new Error(
      `${command} ${args.slice(0, 4).join(" ")}… ended with ${exitCode ?? signal}${options.log ? ` (whole output: ${options.log})` : ""}:\n${stdall.trim().split("\n").slice(-15).join("\n")}`,
    )
  return stdout
}
