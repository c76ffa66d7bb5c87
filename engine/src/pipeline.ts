// `npm start` and `npm run pipeline -- <name>`: one `dagger call` that returns the pipeline's reports, with progress while
// it runs and the summary at the end.
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  type WriteStream,
} from "node:fs"
import { dirname, join, resolve } from "node:path"
import { reportsFolder } from "../../ci/src/config/checkout.js"
import { callOf, pipelines } from "./call-options.js"
import { callDagger, prepare, type CallResult } from "./dagger.js"
import { Errors } from "./errors.js"
import { initCommand } from "./init.js"
import { keyOfRun, knownReports, noteReports, validWithoutVerdict } from "./known.js"
import { repository } from "./paths.js"
import { claimReports, clearReports } from "./reports-folder.js"
import { say } from "./progress.js"
import type { Engine } from "./up.js"

/** Pipelines whose whole answer may come from the cache, as text. The reports of the others are files of a live run. */
const cachedPipelines = ["pr", "baseline"]

/**
 * The error of a vendor's v0.19.10 engine when pruning deleted a record that was just made. The engine that is built here
 * does not have this fault (docs/decisions/0038-cache-record-race.md).
 */
const lostByEngine = /failed to commit \S+ to \S+ during finalize/

/** Lines of the pipeline that are printed; all others of the stream go to dagger.log only. */
const shown = /^\d+ +: .*\] \| ([▶✔✘⊘?] .*)$/u

/**
 * Runs a pipeline on a source folder and writes its reports, whatever the verdict. Returns the exit code: 0 green, 1 red,
 * 2 not run. After Ctrl-C the finished stages are collected within a few seconds, from the cache; a second Ctrl-C ends at
 * once.
 */
export async function pipelineCommand(args: string[]): Promise<number> {
  const [name, ...rest] = args
  const names = [...Object.keys(pipelines), "init"]
  if (!name || name.startsWith("-")) {
    console.error(
      `usage: npm run pipeline -- <${names.join("|")}> [--source folder] [--reports folder] [further options]`,
    )
    return 2
  }
  if (!names.includes(name)) {
    console.error(`npm run pipeline: ${name} is not a pipeline; allowed: ${names.join(", ")}`)
    return 2
  }
  const source = resolve(process.env.INIT_CWD ?? ".", option(rest, "--source") ?? repository)
  const reports = resolve(process.env.INIT_CWD ?? ".", option(rest, "--reports") ?? join(source, reportsFolder))
  if (name === "init") {
    if (!rest.length) return initCommand(source, reports)
    console.error(`npm run pipeline: init: ${rest[0]!} is not an option; allowed: --source --reports`)
    return 2
  }
  try {
    callOf(name, source, rest)
    if (!existsSync(source)) throw new Error(`--source: ${source} does not exist`)
    claimReports(reports)
  } catch (error) {
    console.error(`npm run pipeline: ${(error as Error).message}`)
    return 2
  }
  const began = Date.now() / 1000
  // The names of secrets and servers do not say what these answer: calls with them are always made.
  const key =
    name === "pr" && !rest.some((arg) => /^--(all|attempt|sonar|registry|record-key|slack|forge)/.test(arg))
      ? keyOfRun(source, rest)
      : undefined
  const known = key && knownReports(key)
  if (known) return finish(reports, known, began)
  const engine = await prepare(repository, [name], source)
  return new Run(engine, { name, source, rest, reports, began }).run(key)
}

interface RunInputs {
  name: string
  source: string
  /** Further options of the pipeline. */
  rest: string[]
  /** Folder for the reports. */
  reports: string
  /** When the command started, in seconds since 1970. */
  began: number
}

/** One run of a pipeline on an engine: its call, its progress lines and its reports. */
class Run {
  private readonly cached: boolean
  private readonly fresh: string
  private readonly log: WriteStream
  private readonly interrupt = new AbortController()
  private readonly errors = new Errors()
  private readonly printed = new Set<string>()
  private readonly running = new Set<string>()
  private interrupted = false
  private lastLine = Date.now()

  constructor(
    private readonly engine: Engine,
    private readonly inputs: RunInputs,
  ) {
    this.cached = cachedPipelines.includes(inputs.name)
    this.fresh = join(inputs.reports, ".fresh")
    this.log = createWriteStream(join(inputs.reports, "dagger.log"))
  }

  /** Makes the call and writes the reports; records those of a green run under the key. Returns the exit code. */
  async run(key: string | undefined): Promise<number> {
    const { name, source, rest, reports, began } = this.inputs
    const onInterrupt = () => this.onInterrupt()
    process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt)
    const heartbeat = setInterval(() => this.heartbeat(), 5_000)
    const result = this.cached ? await this.cachedCall() : await this.call([], this.interrupt.signal)
    clearInterval(heartbeat)
    this.log.end()
    if (result.engineDied) {
      say("the engine stopped while the pipeline ran. Run the same command again: it starts the engine,")
      say("and finished work is cached.")
      return 2
    }
    if (result.exitCode !== 0) {
      const log = join(reports, "dagger.log")
      console.error(this.errors.text() || readFileSync(log, "utf8").trim().split("\n").slice(-10).join("\n"))
      console.error(`\n${name} could not run; the whole log: ${log}`)
      return 2
    }
    if (!this.cached) {
      clearReports(reports, whileRunning)
      for (const entry of readdirSync(this.fresh)) renameSync(join(this.fresh, entry), join(reports, entry))
      rmSync(this.fresh, { recursive: true })
      return this.interrupted ? 130 : summarize(reports, began)
    }
    const code = finish(reports, JSON.parse(result.stdout) as Record<string, string>, began)
    // A source that changed during the run is perhaps not what was checked.
    const isGreen = code === 0 && !this.interrupted
    if (key && isGreen && keyOfRun(source, rest) === key) noteReports(key, result.stdout)
    return this.interrupted ? 130 : code
  }

  private call(extra: string[], signal?: AbortSignal): Promise<CallResult> {
    const { name, source, rest } = this.inputs
    // A root module with fewer dependencies and the same functions, which loads faster (decision 0023).
    // A verdict that is recorded needs the registry's module.
    const records = rest.some((arg) => /^--(registry|record-key|slack|forge)/.test(arg))
    const root = this.cached && !records ? join(repository, "ci") : repository
    const output = this.cached ? ["report-files"] : ["reports", "export", `--path=${this.fresh}`]
    return callDagger(
      this.engine,
      ["call", "--progress=plain", "-m", root, ...callOf(name, source, [...rest, ...extra]), ...output],
      { cwd: repository, onProgress: (line) => this.onProgress(line), signal },
    )
  }

  /** A call whose answer may come from the cache. It is made again when that answer may be out of date. */
  private async cachedCall(): Promise<CallResult> {
    const { rest, began } = this.inputs
    const again = () => this.call([`--attempt=${Date.now()}`], this.interrupt.signal)
    // --all applies to this call; it must not become part of the cache's key.
    let result = await this.call(rest.includes("--all") ? [`--attempt=${began}`] : [], this.interrupt.signal)
    // An earlier red or inconclusive answer may have had a temporary cause.
    if (result.exitCode === 0 && resultOf(result.stdout).ended < began && !isSettled(result.stdout)) {
      say("the cached result is not green: running again")
      result = await again()
    }
    // A fault of a vendor's engine that the next call does not meet.
    if (result.exitCode === 0 && lostByEngine.test(result.stdout) && !this.interrupted) {
      say("the engine lost a part of its cache while a stage read it: running again")
      result = await again()
    }
    if (this.interrupted && result.exitCode !== 0) result = await this.call(["--grace=20", `--attempt=${Date.now()}`])
    return result
  }

  private onInterrupt(): void {
    if (this.interrupted) process.exit(130)
    this.interrupted = true
    say("interrupted: ending the call, then collecting what is finished (Ctrl-C again ends at once)")
    this.interrupt.abort()
  }

  private onProgress(line: string): void {
    this.log.write(`${line}\n`)
    const plain = line.replace(/\x1b\[[0-9;]*m/g, "")
    const match = shown.exec(plain)
    if (!match) return this.errors.read(plain)
    // A module and the pipeline both report a stage; it is printed once.
    const [mark, stage] = match[1]!.split(" ") as [string, string]
    if (this.printed.has(`${mark} ${stage}`)) return
    this.printed.add(`${mark} ${stage}`)
    this.lastLine = Date.now()
    if (mark === "▶") this.running.add(stage)
    else this.running.delete(stage)
    say(match[1]!)
  }

  private heartbeat(): void {
    if (Date.now() - this.lastLine < 20_000) return
    this.lastLine = Date.now()
    say(`… ${this.inputs.name} runs: ${[...this.running].join(", ") || "loading"}`)
  }
}

/** Writes report files from their texts, prints the summary, and returns the exit code. */
function finish(reports: string, files: Record<string, string>, began: number): number {
  clearReports(reports, whileRunning)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(reports, dirname(path)), { recursive: true })
    writeFileSync(join(reports, path), text)
  }
  return summarize(reports, began)
}

/** What a run itself keeps in the folder of its reports. */
const whileRunning = ["dagger.log", ".fresh"]

/** Prints the table of the reports, and returns the exit code. */
function summarize(reports: string, began: number): number {
  const { passed, ended, table } = JSON.parse(readFileSync(join(reports, "result.json"), "utf8")) as {
    passed: boolean
    ended: number
    table: string
  }
  const unchanged =
    ended < began
      ? `nothing changed since ${new Date(ended * 1000).toLocaleString("sv")}: this is that run's result\n`
      : ""
  const lit =
    process.stdout.isTTY && !process.env.NO_COLOR
      ? table.replace(/^.*  \? inconclusive.*$/gm, "\x1b[33m$&\x1b[0m")
      : table
  console.log(`\n${lit}\n\n${unchanged}reports: ${join(reports, "index.html")}`)
  return passed ? 0 : 1
}

/** Removes `--name value` or `--name=value` from a list of arguments, and returns the value. */
function option(args: string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`))
  if (at < 0) return undefined
  if (args[at]!.includes("=")) return args.splice(at, 1)[0]!.slice(name.length + 1)
  return args.splice(at, 2)[1]
}

interface Result {
  passed: boolean
  ended: number
  stages: { status: string }[]
}

/** The result.json among report files. */
function resultOf(reportFiles: string): Result {
  return JSON.parse((JSON.parse(reportFiles) as Record<string, string>)["result.json"]!) as Result
}

/**
 * Whether these report files are those of a green run in which no stage is inconclusive, or of one so recent that a
 * database that did not answer need not be tried again.
 */
function isSettled(reportFiles: string): boolean {
  const { passed, ended, stages } = resultOf(reportFiles)
  return (
    passed &&
    (ended > Date.now() / 1000 - validWithoutVerdict || stages.every(({ status }) => status !== "inconclusive"))
  )
}
