// Progress of long work, on stderr: one line when a step starts, one when it ends, one every 20 s in between.
import { appendFileSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"

const started = Date.now()

/** Prints one line with the time since the start. */
export function say(line: string): void {
  const seconds = (Date.now() - started) / 1000
  process.stderr.write(`[${seconds.toFixed(1).padStart(6)} s] ${line}\n`)
}

/** Runs a step; prints its start, every 20 s the last line that it reported, and its duration. */
export async function step<T>(name: string, work: (report: (line: string) => void) => Promise<T>): Promise<T> {
  const begin = Date.now()
  const seconds = (digits: number): string => `${((Date.now() - begin) / 1000).toFixed(digits)} s`
  let last = ""
  say(`▶ ${name}`)
  const timer = setInterval(() => say(`… ${name}, ${seconds(0)}${last && `: ${last}`}`), 20_000)
  try {
    const result = await work((line) => (last = line.trim().slice(0, 120) || last))
    say(`✔ ${name}, ${seconds(1)}`)
    return result
  } catch (error) {
    say(`✘ ${name}, ${seconds(1)}`)
    throw error
  } finally {
    clearInterval(timer)
  }
}

export interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** File to which the whole output is appended. */
  log?: string
  /** Called with each line of output. */
  onLine?: (line: string) => void
}

/** Runs a command and returns its stdout. Fails with the last lines of its output when the exit code is not 0. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  // Loaded here: calls that find everything in place run no command and need not wait for it.
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
  if (exitCode !== 0) {
    const called = `${command} ${args.slice(0, 4).join(" ")}…`
    const log = options.log ? ` (whole output: ${options.log})` : ""
    const lastLines = stdall.trim().split("\n").slice(-15).join("\n")
    throw new Error(`${called} ended with ${exitCode ?? signal}${log}:\n${lastLines}`)
  }
  return stdout
}
