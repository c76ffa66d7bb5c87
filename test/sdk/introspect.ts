/** Registers modules with the vendor's introspector and with ours, and tells what differs. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { expect } from "vitest"
import { reduceClient } from "../../engine/sdk/src/scan/reduce.js"
import { sourceFiles } from "../../engine/sdk/src/scan/files.js"
import { scan } from "../../engine/sdk/src/scan/scan.js"
import { register } from "../../engine/sdk/src/call/register.js"
import { dagger } from "./dagger.js"
import { Registry, serve, type Registered } from "./registry.js"

const repository = path.resolve(import.meta.dirname, "../..")
const library = fs.realpathSync(path.join(repository, "node_modules/@dagger.io/dagger"))

export interface Result {
  registered?: Registered
  error?: string
}

export interface Module {
  name: string
  folder: string
}

/** Lays out what modules that see the same API share, as the vendor's runtime does. Returns the folder for the modules. */
export function layClient(folder: string, client: string): string {
  for (const sdk of [path.join(folder, "sdk"), path.join(folder, "node_modules/@dagger.io/dagger")]) {
    fs.cpSync(path.join(repository, "engine/sdk/lib"), sdk, { recursive: true })
    fs.writeFileSync(path.join(sdk, "client.gen.ts"), client)
  }
  fs.mkdirSync(path.join(folder, "scan"), { recursive: true })
  fs.writeFileSync(path.join(folder, "scan/client.gen.ts"), reduceClient(client))
  return folder
}

/** Copies the sources of a module to where it sees an API. */
export function lay(name: string, sources: string | Record<string, string>, api: string): Module {
  const folder = path.join(api, name)
  if (typeof sources === "string") fs.cpSync(sources, path.join(folder, "src"), { recursive: true })
  else
    for (const [file, text] of Object.entries(sources)) {
      fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
      fs.writeFileSync(path.join(folder, file), text)
    }
  return { name, folder }
}

/** Registers modules with the vendor's introspector, in one process that does nothing else. */
export async function vendors(modules: Module[]): Promise<Map<string, Result>> {
  const registry = new Registry()
  const { port, close } = await serve(registry)
  const script = path.join(import.meta.dirname, "vendor-introspector.mjs")
  const child = spawn(process.execPath, [script, library], {
    cwd: path.dirname(modules[0]!.folder),
    env: {
      PATH: process.env.PATH,
      HOME: path.dirname(modules[0]!.folder),
      DAGGER_SESSION_PORT: String(port),
      DAGGER_SESSION_TOKEN: "test",
      OTEL_SDK_DISABLED: "true",
    },
  })
  let [stdout, stderr] = ["", ""]
  child.stdout.on("data", (chunk) => (stdout += chunk))
  child.stderr.on("data", (chunk) => (stderr += chunk))
  child.stdin.end(modules.map((module) => JSON.stringify(module)).join("\n"))
  const code = await new Promise((resolve) => child.on("close", resolve))
  close()
  expect(code, stderr).toBe(0)
  const results = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { name: string; id?: string; error?: string })
  return new Map(
    results.map(({ name, id, error }) => [name, id === undefined ? { error } : { registered: registry.module(id) }]),
  )
}

/** Registers a module as our runtime does. */
export async function ours({ name, folder }: Module): Promise<Result> {
  const registry = new Registry()
  try {
    const { signature } = scan({
      name,
      root: folder,
      files: sourceFiles(path.join(folder, "src")),
      client: path.join(folder, "../scan/client.gen.ts"),
      lib: path.join(repository, "node_modules/typescript/lib/lib.es2022.d.ts"),
    })
    const id = await register(signature, (query) => Promise.resolve(registry.answer(query)))
    return { registered: registry.module(id) }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

/** The client that the engine generates for a module, as `dagger develop` writes it. */
export async function clientOf(folder: string, sdk = folder): Promise<string> {
  if (process.env.G_CLIENTS)
    return fs.readFileSync(path.join(process.env.G_CLIENTS, sdk === folder ? "core.ts" : "whole.ts"), "utf8")
  const { code, stderr } = await dagger(["develop", "--silent"], { cwd: folder })
  expect(code, stderr).toBe(0)
  return fs.readFileSync(path.join(sdk, "sdk/client.gen.ts"), "utf8")
}

/** What two modules register differently, one line each: `objects.Golang.functions.lint.returns: ours …, the vendor's …`. */
export function differences(own: unknown, theirs: unknown, at = ""): string[] {
  const isTree = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null
  if (isTree(own) && isTree(theirs)) {
    const keys = new Set([...Object.keys(own), ...Object.keys(theirs)])
    return [...keys].flatMap((key) => differences(own[key], theirs[key], at ? `${at}.${key}` : key))
  }
  if (own === theirs) return []
  return [`${at}: ours ${JSON.stringify(own)}, the vendor's ${JSON.stringify(theirs)}`]
}
