/**
 * Builds a module: reads its signatures and bundles its sources, both at once.
 *
 *   bun build.js <module name> <module folder> <prepared folder> <bun|node>
 *
 * An error in the sources is a result as well, so that it is cached like one, and the
 * caller gets it as the error of the call, not as a failed command.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import ts from "typescript"
import { sourceFiles } from "./scan/files.js"
import { completeTsconfig } from "./tsconfig.js"
import { scan, SourceError, type Scan } from "./scan/scan.js"

const [name, root, prepared, runtime] = process.argv.slice(2) as [string, string, string, "bun" | "node"]
const src = path.join(root, "src")
const library = path.join(prepared, runtime, runtime === "bun" ? "library.js" : "library.mjs")
const output = path.join(src, "__dagger.call.mjs")
const relative = (file: string): string => path.relative(root, file)

/** The module's own files go into the bundle; the client and packages stay where they are. */
const placed: Bun.BunPlugin = {
  name: "dagger",
  setup(build) {
    build.onResolve({ filter: /^@dagger\.io\/dagger(\/telemetry)?$/ }, () => ({ path: library, external: true }))
  },
}

const LOCKFILES = ["package-lock.json", "npm-shrinkwrap.json", "bun.lock", "bun.lockb", "yarn.lock", "pnpm-lock.yaml"]

function packages(): string[] {
  const file = path.join(root, "package.json")
  if (!fs.existsSync(file)) return []
  const { config } = ts.parseConfigFileTextToJson("package.json", fs.readFileSync(file, "utf8")) as {
    config?: Record<string, Record<string, string> | undefined>
  }
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = config ?? {}
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).filter(
    (p) => p !== "@dagger.io/dagger",
  )
}

function unlocked(): string[] {
  const installed = packages().some((p) => p !== "typescript")
  if (!installed || LOCKFILES.some((name) => fs.existsSync(path.join(root, name)))) return []
  return [
    "package.json names packages and there is no lockfile: the newest versions that it allows were installed. Run `npm install` and commit package-lock.json",
  ]
}

async function bundle(entry: string): Promise<string> {
  let result
  try {
    result = await Bun.build({
      entrypoints: [entry],
      target: runtime,
      format: "esm",
      splitting: false,
      external: packages().flatMap((p) => [p, `${p}/*`]),
      plugins: [placed],
      sourcemap: "inline",
      minify: false,
      throw: false,
    })
  } catch (error) {
    throw new SourceError((error as Error).message)
  }
  if (!result.success) {
    throw new SourceError(
      result.logs
        .filter((l) => l.level === "error")
        .map((log) => {
          const at = log.position
          return `${at ? `${relative(at.file)}:${at.line}:${at.column}: ` : ""}${log.message}`
        })
        .join("\n"),
    )
  }
  return await result.outputs[0]!.text()
}

/** Decorators on parameters need a setting; a module's own tsconfig.json may lack it. */
function settings(): void {
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

function write(code: string): void {
  fs.writeFileSync(output, code)
}

async function main(): Promise<void> {
  try {
    const files = sourceFiles(src)
    if (files.length === 0) throw new SourceError(`the module "${name}" has no TypeScript file in src/`)
    settings()
    const found: Scan = scan({
      name,
      root,
      files,
      client: path.join(prepared, "scan/client.gen.ts"),
      lib: path.join(path.dirname(process.argv[1]!), "lib/lib.d.ts"),
    })
    const entry = path.join(src, "__dagger.entry.ts")
    const imports = found.used.map(
      (file, i) => `import * as file${i} from ${JSON.stringify("./" + path.relative(src, path.join(root, file)))}`,
    )
    fs.writeFileSync(
      entry,
      [
        `import * as library from "@dagger.io/dagger"`,
        ...imports,
        `void library.start(${JSON.stringify(found.signature)}, [${found.used.map((_, i) => `file${i}`).join(",")}], library, ${JSON.stringify([...unlocked(), ...found.warnings])})`,
      ].join("\n"),
    )
    write(await bundle(entry))
    fs.rmSync(entry)
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    console.error(error.message)
    write(`import { refuseAll } from ${JSON.stringify(library)}\nvoid refuseAll(${JSON.stringify(error.message)})\n`)
  }
}

void main()
