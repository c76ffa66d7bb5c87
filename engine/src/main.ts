// The commands behind the npm scripts.
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { daggerCommand, generate, withImages } from "./dagger.js"
import { listImages } from "./images.js"
import { allModules, wantedImages } from "./modules.js"
import { newModuleCommand } from "./new-module.js"
import { repository, statePaths } from "./paths.js"
import { say } from "./progress.js"
import { syncCommand } from "./sync.js"
import { unchangedTests } from "./unchanged.js"
import { doctor, down, prune, startLocked, status, up } from "./up.js"

const engineUsage = `npm run engine -- <command>
  up       start the engine; where there is no Docker, build it first
  status   print which engine is used and why, whether it runs, and its state folder
  logs     print the engine's log
  images   list the mirror's images: name, digest, size, contents (--build: build those that modules use)
  env      print shell lines that let another repository use this engine
  down     stop the engine; what was built stays
  prune    stop the engine and remove its state folder
  doctor   check the machine and what was built`

async function main([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case "engine":
      return engineCommand(args)
    case "pipeline":
      return (await import("./pipeline.js")).pipelineCommand(args)
    case "product":
      return (await import("./product.js")).devCommand(args)
    case "test-api":
      return (await import("./product.js")).suiteCommand("api", args)
    case "test-ui":
      return (await import("./product.js")).suiteCommand("ui", args)
    case "dagger":
      return daggerCommand(args)
    case "generate":
      return generate()
    case "sync":
      return syncCommand(args)
    case "new-module":
      return newModuleCommand(args)
    case "unit":
      return tool("vitest", ["run", "--project", "unit", ...args], {})
    case "test":
      return testCommand(args)
    case "e2e":
      return endToEnd(args)
    case "lint":
      return lint(args)
    case "format":
      return format(args)
    case "typecheck":
      return typecheck()
    default:
      throw new Error(`unknown command ${command}`)
  }
}

async function engineCommand([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case "up": {
      const { runner } = await up()
      say(`engine: ${runner.kind}, because ${runner.why}; it answers`)
      return 0
    }
    case "start-locked":
      await startLocked()
      return 0
    case "status":
      await status()
      return 0
    case "logs":
      console.log(readFileSync(join(statePaths().logs, "engine.log"), "utf8"))
      return 0
    case "images":
      if (args.includes("--build")) await withImages(await wantedImages(allModules()))
      await listImages(statePaths())
      return 0
    case "env":
      for (const [name, value] of Object.entries((await up()).env)) {
        const text = name === "PATH" ? `'${value.split(":")[0]}:'"$PATH"` : `'${value}'`
        console.log(`export ${name}=${text}`)
      }
      return 0
    case "down":
      await down()
      return 0
    case "prune":
      await prune()
      return 0
    case "doctor":
      return (await doctor()) ? 0 : 1
    default:
      if (command) console.error(`unknown command ${command}; the commands are:\n`)
      console.error(engineUsage)
      return command ? 2 : 0
  }
}

/**
 * Runs unit and live tests. Of the live test files those are left out whose inputs are the same as when they last
 * passed; DELIVERY_TEST=all runs them too, and so does naming files.
 */
async function testCommand(args: string[]): Promise<number> {
  const { env } = await withImages(await wantedImages(allModules()))
  const named = args.some((arg) => !arg.startsWith("-"))
  const unchanged = named || process.env.DELIVERY_TEST === "all" ? [] : unchangedTests()
  for (const { file, at, tests } of unchanged) {
    const when = at.slice(0, 16).replace("T", " ")
    say(
      `left out, because it passed on the same inputs at ${when}: ${file}, ${tests} tests (DELIVERY_TEST=all runs it)`,
    )
  }
  const projects = ["unit", "first", "modules", "live"].flatMap((project) => ["--project", project])
  const leftOut = unchanged.map(({ file }) => file).join(",")
  return tool("vitest", ["run", ...projects, ...args], { ...env, DELIVERY_UNCHANGED: leftOut })
}

/** Runs the end-to-end tests. */
async function endToEnd(args: string[]): Promise<number> {
  const { env } = await withImages(await wantedImages(allModules()))
  return tool("vitest", ["run", "--project", "e2e", ...args], env)
}

/** Checks layout with prettier and everything else with ESLint, in all files or in those that are named. */
async function lint(files: string[]): Promise<number> {
  await writeTypes()
  const layout = await tool("prettier", ["--check", "--log-level", "warn", ...(files.length ? files : ["."])], {})
  const rules = await tool("eslint", ["--max-warnings", "0", ...(files.length ? files : ["."])], {})
  return Math.max(layout, rules)
}

/** Applies what prettier and ESLint can change by themselves, in all files or in those that are named. */
async function format(files: string[]): Promise<number> {
  await writeTypes()
  const paths = files.length ? files : ["."]
  await tool("eslint", ["--fix", ...paths], {})
  return tool("prettier", ["--write", "--log-level", "warn", ...paths], {})
}

/** Checks the types of pipelines, modules, engine scripts and tests. Needs no engine: see client-types.ts. */
async function typecheck(): Promise<number> {
  await writeTypes()
  const codes = [await tool("tsc", ["-p", "."], {}), await tool("tsc", ["-p", "engine/sdk"], {})]
  return Math.max(...codes)
}

/** Writes the types of `dag`. Loaded here, because TypeScript takes longer to load than most commands run. */
async function writeTypes(): Promise<void> {
  const { writeClientTypes } = await import("./client-types.js")
  writeClientTypes()
}

/** Runs a tool of node_modules in the repository, on this terminal. */
function tool(name: string, args: string[], env: Record<string, string>): Promise<number> {
  const path = `${join(repository, "node_modules/.bin")}:${env.PATH ?? process.env.PATH}`
  const child = spawn(name, args, { cwd: repository, env: { ...process.env, ...env, PATH: path }, stdio: "inherit" })
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)))
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(`\n${(error as Error).message}`)
  if (process.env.DEBUG) console.error(error)
  process.exitCode = 2
}
