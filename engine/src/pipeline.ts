// `npm start` and `npm run pipeline -- <name>`: one `dagger call` that gives the pipeline's reports, progress while it runs, the summary at the end.
import { createWriteStream, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { callOf, pipelines } from "./call-options.js"
import { callDagger, prepare } from "./dagger.js"
import { Errors } from "./errors.js"
import { keyOfRun, knownReports, noteReports, validWithoutVerdict } from "./known.js"
import { repository } from "./paths.js"
import { say } from "./progress.js"

/** Pipelines whose whole answer may come from the cache, as text; the others' reports are files, of something that ran now. */
const cachedPipelines = ["pr", "baseline"]

/** What v0.19.10 says when its cache was pruned of a record that was just made; the engine that is built here does not (docs/decisions/0038-cache-record-race.md). */
const lostByEngine = /failed to commit \S+ to \S+ during finalize/

/** Lines of the pipeline that a person should see; everything else of the stream goes to reports/dagger.log. */
const shown = /^\d+ +: .*\] \| ([▶✔✘⊘?] .*)$/u

/**
 * Runs a pipeline on a source folder and leaves its reports on disk, whatever the verdict. Returns the exit code: 0 green, 1 red, 2 not run.
 * After Ctrl-C the finished stages are collected once more (they are cached) within a few seconds; a second Ctrl-C ends at once.
 */
export async function pipelineCommand(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (!name || name.startsWith("-")) {
    console.error(
      `usage: npm run pipeline -- <${Object.keys(pipelines).join("|")}> [--source folder] [--reports folder] [further options]`,
    )
    return 2
  }
  if (!(name in pipelines)) {
    console.error(`npm run pipeline: ${name} is not a pipeline; allowed: ${Object.keys(pipelines).join(", ")}`)
    return 2
  }
  const source = resolve(process.env.INIT_CWD ?? ".", option(rest, "--source") ?? repository)
  const reports = resolve(process.env.INIT_CWD ?? ".", option(rest, "--reports") ?? join(source, "reports"))
  const cached = cachedPipelines.includes(name)
  // A root with fewer modules below it, which loads faster; the same functions (docs/decisions/0023-two-dagger-json.md).
  const root = cached ? join(repository, "ci") : repository
  const fresh = join(reports, ".fresh")
  try {
    callOf(name, source, rest)
  } catch (error) {
    console.error(`npm run pipeline: ${(error as Error).message}`)
    return 2
  }

  mkdirSync(reports, { recursive: true })
  const began = Date.now() / 1000
  // What a secret or a server says is not known by name: such calls are made each time.
  const key =
    name === "pr" && !rest.some((arg) => /^--(all|attempt|sonar)/.test(arg)) ? keyOfRun(source, rest) : undefined
  const known = key && knownReports(key)
  if (known) return finish(reports, known, began)
  const engine = await prepare(repository, [name], source)
  const log = createWriteStream(join(reports, "dagger.log"))
  const interrupt = new AbortController()
  let interrupted = false
  const onInterrupt = () => {
    if (interrupted) process.exit(130)
    interrupted = true
    say("interrupted: ending the call, then collecting what is finished (Ctrl-C again ends at once)")
    interrupt.abort()
  }
  process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt)
  let lastLine = Date.now()
  const errors = new Errors()
  const seen = new Set<string>()
  const running = new Set<string>()
  const onProgress = (line: string) => {
    log.write(`${line}\n`)
    const plain = line.replace(/\x1b\[[0-9;]*m/g, "")
    const match = shown.exec(plain)
    if (match) {
      // A module and the pipeline each say it; a person is told once.
      const [mark, stage] = match[1]!.split(" ") as [string, string]
      if (seen.has(`${mark} ${stage}`)) return
      seen.add(`${mark} ${stage}`)
      lastLine = Date.now()
      if (mark === "▶") running.add(stage)
      else running.delete(stage)
      say(match[1]!)
    } else errors.read(plain)
  }
  const heartbeat = setInterval(() => {
    if (Date.now() - lastLine < 20_000) return
    lastLine = Date.now()
    say(`… ${name} runs: ${[...running].join(", ") || "loading"}`)
  }, 5_000)
  const call = (extra: string[], signal?: AbortSignal) =>
    callDagger(
      engine,
      [
        "call",
        "--progress=plain",
        "-m",
        root,
        ...callOf(name, source, [...rest, ...extra]),
        ...(cached ? ["report-files"] : ["reports", "export", `--path=${fresh}`]),
      ],
      { cwd: repository, onProgress, signal },
    )
  // --all is a wish for this call, not the name of a result.
  const wish = cached && rest.includes("--all") ? [`--attempt=${began}`] : []
  let result = await call(wish, interrupt.signal)
  // A red answer that is older than this call may have had a passing reason, and so may one without a verdict: it is tried again, not taken from the cache.
  if (cached && result.exitCode === 0 && resultOf(result.stdout).ended < began && !isSettled(result.stdout)) {
    say("the cached result is not green: trying again")
    result = await call([`--attempt=${Date.now()}`], interrupt.signal)
  }
  // A fault of a vendor's engine, not of what it was asked: the same question again has another answer.
  if (cached && result.exitCode === 0 && lostByEngine.test(result.stdout) && !interrupted) {
    say("the engine lost a part of its cache while a stage read it: trying again")
    result = await call([`--attempt=${Date.now()}`], interrupt.signal)
  }
  if (cached && interrupted && result.exitCode !== 0) result = await call([`--grace=20`, `--attempt=${Date.now()}`])
  clearInterval(heartbeat)
  log.end()

  if (result.engineDied) {
    say(
      "the engine ended while the pipeline ran. Run the same command again: it starts the engine, and what was finished is cached.",
    )
    return 2
  }
  if (result.exitCode !== 0) {
    console.error(
      errors.text() || readFileSync(join(reports, "dagger.log"), "utf8").trim().split("\n").slice(-10).join("\n"),
    )
    console.error(`\n${name} could not run; the whole log: ${join(reports, "dagger.log")}`)
    return 2
  }
  if (cached) {
    const files = JSON.parse(result.stdout) as Record<string, string>
    const code = finish(reports, files, began)
    // What changed while it ran was perhaps not what was checked.
    if (key && code === 0 && !interrupted && keyOfRun(source, rest) === key) noteReports(key, result.stdout)
    return interrupted ? 130 : code
  }
  clear(reports)
  for (const entry of readdirSync(fresh)) renameSync(join(fresh, entry), join(reports, entry))
  rmSync(fresh, { recursive: true })
  return interrupted ? 130 : summarize(reports, began)
}

/** Writes report files that are text, prints the summary, and gives the exit code. */
function finish(reports: string, files: Record<string, string>, began: number): number {
  clear(reports)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(reports, dirname(path)), { recursive: true })
    writeFileSync(join(reports, path), text)
  }
  return summarize(reports, began)
}

function clear(reports: string): void {
  for (const entry of readdirSync(reports))
    if (!["dagger.log", ".fresh"].includes(entry)) rmSync(join(reports, entry), { recursive: true, force: true })
}

/** Prints the table of the reports, and gives the exit code. */
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

/** Takes `--name value` or `--name=value` out of a list of arguments. */
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

/** Whether these report files are those of a green run in which every stage came to a verdict, or of one so recent that a database without an answer need not be asked again. */
function isSettled(reportFiles: string): boolean {
  const { passed, ended, stages } = resultOf(reportFiles)
  return (
    passed &&
    (ended > Date.now() / 1000 - validWithoutVerdict || stages.every(({ status }) => status !== "inconclusive"))
  )
}
