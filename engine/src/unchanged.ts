// Leaves out live test files that passed on the same inputs, as `go test` does with packages. A line that begins with
// `// inputs:` names the folders and files that the result of a test file depends on, besides the file itself. The inputs
// of every live test are added here: the engine as it is built and configured, and the SDK (a stand-in image has a stamp
// of its own). The npm scripts around them are inputs of those tests that call them. Files without that line always run.
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { repository, statePaths } from "./paths.js"
import { hashOf } from "./stamp.js"

const common = [
  ...["patches", "build", "sdk-content", "sandbox", "paths"].map((name) => `engine/src/${name}.ts`),
  "engine/go",
  "engine/npm",
  "engine/sdk",
  "test/lib",
  "test/sdk/dagger.ts",
  "vitest.config.ts",
  "package-lock.json",
]
const generated = new Set(["node_modules", "sdk", "dist", "coverage", ".git", "reports", "delivery-reports"])

/** A test file that passed on the present inputs: its path, when it ran, and how many tests it has. */
export interface Unchanged {
  file: string
  at: string
  tests: number
}

/** The live test files that passed on the present inputs and on the images of this state folder. */
export function unchangedTests(folder = repository, { state, images } = statePaths()): Unchanged[] {
  return testFiles(folder).flatMap((file) => {
    const key = keyOf(file, folder, images)
    const recorded = key && join(state, "green", key)
    if (!recorded || !existsSync(recorded)) return []
    return [{ file, ...(JSON.parse(readFileSync(recorded, "utf8")) as { at: string; tests: number }) }]
  })
}

/** Records that all tests of a file passed. Does nothing for a file that does not name its inputs. */
export function noteGreen(file: string, tests: number, folder = repository, { state, images } = statePaths()): void {
  const key = keyOf(file, folder, images)
  if (key) record(key, tests, state)
}

/** A part of a test file: its name in the file, and the folders and files that its result depends on. */
export interface Part {
  file: string
  name: string
  inputs: string[]
}

/** When a part passed on the present inputs, and how many tests it has; undefined when it did not. */
export function unchangedPart(
  part: Part,
  folder = repository,
  { state, images } = statePaths(),
): Omit<Unchanged, "file"> | undefined {
  const recorded = join(state, "green", keyOfPart(part, folder, images))
  return existsSync(recorded) ? (JSON.parse(readFileSync(recorded, "utf8")) as Omit<Unchanged, "file">) : undefined
}

/** Records that all tests of a part of a file passed. */
export function notePart(part: Part, tests: number, folder = repository, { state, images } = statePaths()): void {
  record(keyOfPart(part, folder, images), tests, state)
}

function keyOfPart({ file, name, inputs }: Part, folder: string, images: string): string {
  return hashOf(name, keyOfInputs(file, inputs, folder, images))
}

function record(key: string, tests: number, state: string): void {
  mkdirSync(join(state, "green"), { recursive: true })
  writeFileSync(join(state, "green", key), JSON.stringify({ at: new Date().toISOString(), tests }))
}

/** A hash of a test file and all its inputs; undefined when it does not name them. */
function keyOf(file: string, folder: string, images: string): string | undefined {
  const named = /^\/\/ inputs: (.+)$/m.exec(readFileSync(join(folder, file), "utf8"))?.[1]
  return named && keyOfInputs(file, named.trim().split(/\s+/), folder, images)
}

function keyOfInputs(file: string, inputs: string[], folder: string, images: string): string {
  for (const input of inputs)
    if (!existsSync(join(folder, input))) throw new Error(`${file}: inputs: there is no ${input}`)
  return hashOf(
    file,
    [file, ...common, ...inputs].flatMap((input) => contentOf(join(folder, input), input)),
    contentOf(images, "images"),
  )
}

/** Each file below a path with the hash of its content, in a fixed order; generated files are left out. */
export function contentOf(path: string, name: string): [string, string][] {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [[name, createHash("sha256").update(readFileSync(path)).digest("hex")]]
  const entries = readdirSync(path)
    .filter((entry) => !generated.has(entry))
    .sort()
  return entries.flatMap((entry) => contentOf(join(path, entry), `${name}/${entry}`))
}

function testFiles(folder: string): string[] {
  return ["sdk", "modules", "pipeline", "engine", "product"].flatMap((part) =>
    readdirSync(join(folder, "test", part))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => `test/${part}/${name}`),
  )
}
