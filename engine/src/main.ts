// The commands behind the npm scripts.
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { writeClientTypes } from "./client-types.js"
import { daggerCommand, generate, withImages } from "./dagger.js"
import { allModules, listImages, wantedImages } from "./images.js"
import { newModuleCommand } from "./new-module.js"
import { repository, statePaths } from "./paths.js"
import { pipelineCommand } from "./pipeline.js"
import { devCommand, suiteCommand } from "./product.js"
import { say } from "./progress.js"
import { syncCommand } from "./sync.js"
import { unchangedTests } from "./unchanged.js"
import { doctor, down, prune, startLocked, status, up } from "./up.js"

const engineUsage = `npm run engine -- <command>
  up       start the engine (build it first where there is no Docker); quick when it runs
  status   which engine is used and why, whether it runs, where its state folder is
  logs     the engine's log
  images   the mirror's images: name, digest, size, what they are made of (with --build: build those that modules want)
  env      shell lines that let another repository use this engine
  down     stop the engine; what was built stays
  prune    stop it and remove its state folder
  doctor   check the machine and what was built`

async function main([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case "engine":
      return engineCommand(args)
    case "pipeline":
      return pipelineCommand(args)
    case "product":
      return devCommand(args)
    case "test-api":
      return suiteCommand("api", args)
    case "test-ui":
      return suiteCommand("ui", args)
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
      return tool(
        "vitest",
        ["run", "--project", "e2e", ...args],
        (await withImages(await wantedImages(allModules()))).env,
      )
    case "lint":
      return lint(args)
    case "format":
      return format()
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
      for (const [name, value] of Object.entries((await up()).env))
        console.log(`export ${name}='${name === "PATH" ? value.split(":")[0] + ':\'"$PATH"' : `${value}'`}`)
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
      if (command) console.error(`unknown command ${command}: allowed are those of this list\n`)
      console.error(engineUsage)
      return command ? 2 : 0
  }
}

/** Runs unit and live tests; of the live ones those whose inputs changed since they were green, or all with DELIVERY_TEST=all, or those that are named. */
async function testCommand(args: string[]): Promise<number> {
  const { env } = await withImages(await wantedImages(allModules()))
  const named = args.some((arg) => !arg.startsWith("-"))
  const unchanged = named || process.env.DELIVERY_TEST === "all" ? [] : unchangedTests()
  for (const { file, at, tests } of unchanged)
    say(
      `unchanged since it was green, not run again (DELIVERY_TEST=all runs it): ${file}, ${tests} tests, ${at.slice(0, 16).replace("T", " ")}`,
    )
  return tool(
    "vitest",
    ["run", ...["unit", "first", "modules", "live"].flatMap((project) => ["--project", project]), ...args],
    { ...env, DELIVERY_UNCHANGED: unchanged.map(({ file }) => file).join(",") },
  )
}

/** Checks layout with prettier and everything else with ESLint, in all files or in those that are named. */
async function lint(files: string[]): Promise<number> {
  writeClientTypes()
  const layout = await tool("prettier", ["--check", "--log-level", "warn", ...(files.length ? files : ["."])], {})
  const rules = await tool("eslint", ["--max-warnings", "0", ...(files.length ? files : ["."])], {})
  return Math.max(layout, rules)
}

/** Applies what prettier and ESLint can change by themselves. */
async function format(): Promise<number> {
  writeClientTypes()
  await tool("eslint", ["--fix", "."], {})
  return tool("prettier", ["--write", "--log-level", "warn", "."], {})
}

/** Checks the types of pipelines, modules, engine scripts and tests. Needs no engine: see client-types.ts. */
async function typecheck(): Promise<number> {
  writeClientTypes()
  const codes = [await tool("tsc", ["-p", "."], {}), await tool("tsc", ["-p", "engine/sdk"], {})]
  return Math.max(...codes)
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
