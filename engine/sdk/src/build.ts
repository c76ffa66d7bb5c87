/**
 * Builds a module: reads its signatures and bundles its sources.
 *
 *   bun build.js <module name> <module folder> <prepared folder> <bun|node> [version that package.json pins]
 *
 * An error in the sources is a result as well, so that it is cached like one, and the
 * caller gets it as the error of the call, not as a failed command.
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import ts from "typescript"
import { placeMeta } from "./meta.js"
import { SourceError } from "./scan/errors.js"
import { sourceFiles } from "./scan/files.js"
import { scan, type Scan } from "./scan/scan.js"
import { completeTsconfig } from "./tsconfig.js"
import { pinWarning } from "./version.js"

type Runtime = "bun" | "node"
const [name, root, prepared, runtime, pinned = ""] = process.argv.slice(2) as [string, string, string, Runtime, string?]
const src = path.join(root, "src")
const library = path.join(prepared, runtime, runtime === "bun" ? "library.js" : "library.mjs")
const output = path.join(src, "__dagger.call.mjs")

/** The module's own files go into the bundle; the client and packages stay where they are. */
const ownFiles: Bun.BunPlugin = {
  name: "dagger",
  setup(build) {
    build.onResolve({ filter: /^@dagger\.io\/dagger(\/telemetry)?$/ }, () => ({ path: library, external: true }))
    build.onLoad({ filter: /\.m?ts$/ }, async ({ path: file }) => ({
      contents: placeMeta(await fs.promises.readFile(file, "utf8"), file),
      loader: "ts",
    }))
  },
}

const LOCKFILES = ["package-lock.json", "npm-shrinkwrap.json", "bun.lock", "bun.lockb", "yarn.lock", "pnpm-lock.yaml"]

/** The packages that package.json names, without the SDK's own. */
function packages(): string[] {
  const file = path.join(root, "package.json")
  if (!fs.existsSync(file)) return []
  const { config } = ts.parseConfigFileTextToJson("package.json", fs.readFileSync(file, "utf8")) as {
    config?: Record<string, Record<string, string> | undefined>
  }
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = config ?? {}
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  return names.filter((one) => one !== "@dagger.io/dagger")
}

function missingLockfile(): string[] {
  const installed = packages().some((one) => one !== "typescript")
  if (!installed || LOCKFILES.some((file) => fs.existsSync(path.join(root, file)))) return []
  return [
    "package.json names packages and there is no lockfile: the newest versions that it allows were installed. " +
      "Run `npm install` and commit package-lock.json",
  ]
}

/** A warning when package.json pins another version of the runtime than this image has. */
function otherVersion(): string[] {
  if (pinned === "") return []
  const available =
    runtime === "bun" ? Bun.version : execFileSync("node", ["--version"], { encoding: "utf8" }).trim().slice(1)
  return pinWarning(runtime, pinned, available)
}

async function bundle(entry: string): Promise<string> {
  let result
  try {
    result = await Bun.build({
      entrypoints: [entry],
      target: runtime,
      format: "esm",
      splitting: false,
      external: packages().flatMap((one) => [one, `${one}/*`]),
      plugins: [ownFiles],
      sourcemap: "inline",
      minify: false,
      throw: false,
    })
  } catch (error) {
    throw new SourceError((error as Error).message)
  }
  if (result.success) return await result.outputs[0]!.text()
  const errors = result.logs
    .filter(({ level }) => level === "error")
    .map(({ position: at, message }) =>
      at ? `${path.relative(root, at.file)}:${at.line}:${at.column}: ${message}` : message,
    )
  throw new SourceError(errors.join("\n"))
}

/** Decorators on parameters need a setting that a module's own tsconfig.json may lack. */
function completeSettings(): void {
  const file = path.join(root, "tsconfig.json")
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "{}"
  let completed: string | undefined
  try {
    completed = completeTsconfig(text)
  } catch (error) {
    throw new SourceError((error as Error).message)
  }
  if (completed !== undefined) fs.writeFileSync(file, completed)
}

/** The bundle's entry: starts a call with the signatures, the files that declare the module's classes, and warnings. */
function entryCode({ signature, used, warnings }: Scan): string {
  const imports = used.map((file, i) => {
    const from = "./" + path.relative(src, path.join(root, file))
    return `import * as file${i} from ${JSON.stringify(from)}`
  })
  const files = used.map((_, i) => `file${i}`).join(",")
  const printed = JSON.stringify([...missingLockfile(), ...otherVersion(), ...warnings])
  return [
    `import * as library from "@dagger.io/dagger"`,
    ...imports,
    `void library.start(${JSON.stringify(signature)}, [${files}], library, ${printed})`,
  ].join("\n")
}

async function build(): Promise<string> {
  const files = sourceFiles(src)
  if (files.length === 0) throw new SourceError(`the module "${name}" has no TypeScript file in src/`)
  completeSettings()
  const scanned = scan({
    name,
    root,
    files,
    client: path.join(prepared, "scan/client.gen.ts"),
    lib: path.join(path.dirname(process.argv[1]!), "lib/lib.d.ts"),
  })
  const entry = path.join(src, "__dagger.entry.ts")
  fs.writeFileSync(entry, entryCode(scanned))
  const code = await bundle(entry)
  fs.rmSync(entry)
  return code
}

async function main(): Promise<void> {
  try {
    fs.writeFileSync(output, await build())
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    console.error(error.message)
    const refusal = `import { refuseAll } from ${JSON.stringify(library)}\nvoid refuseAll(${JSON.stringify(error.message)})\n`
    fs.writeFileSync(output, refusal)
  }
}

void main()
