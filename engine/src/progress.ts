// Progress of long work on the terminal: one line when a step starts, one when it ends, one each 20 s while it runs. All on stderr.
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { createWriteStream, mkdirSync } from "node:fs"
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
  const timer = setInterval(() => say(`… ${name}, ${Math.round((Date.now() - begin) / 1000)} s${last && `: ${last}`}`), 20_000)
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
  input?: string
}

/** Runs a command, returns its stdout; an exit code other than 0 is an error that carries the last lines of the output. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  if (options.log) mkdirSync(dirname(options.log), { recursive: true })
  const log = options.log ? createWriteStream(options.log, { flags: "a" }) : undefined
  const child: ChildProcess = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"] })
  let stdout = ""
  let tail = ""
  const take = (chunk: Buffer) => {
    log?.write(chunk)
    tail = (tail + chunk).slice(-4000)
    for (const line of String(chunk).split("\n")) if (line.trim()) options.onLine?.(line)
  }
  child.stdout!.on("data", (chunk) => ((stdout += chunk), take(chunk)))
  child.stderr!.on("data", take)
  if (options.input !== undefined) child.stdin!.end(options.input)
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`${command} cannot be run: ${error.message}`)))
    child.on("close", (code, signal) => resolve(code ?? signal ?? "?"))
  })
  log?.end()
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 4).join(" ")}… ended with ${code}${options.log ? ` (whole output: ${options.log})` : ""}:\n${tail.trim().split("\n").slice(-15).join("\n")}`)
  return stdout
}
