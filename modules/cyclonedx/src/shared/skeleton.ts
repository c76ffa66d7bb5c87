// Generated from modules/shared/skeleton.ts by `npm run sync`; do not edit.
// The skeleton of a Go module: go.mod, go.sum and the packages that its sources import, which is all that its dependencies
// follow from. An edit that changes none of these has the same skeleton, so a tool that reads it answers from the cache.
import { Container, Directory, dag } from "@dagger.io/dagger"
import { firstLine } from "./clock"
import { withGoCaches } from "./go"
import { joined, moduleName } from "./gomod"
import { moduleFolders, partOf } from "./gosource"
import { readReport, runStep, type Ran } from "./step"

/** Prints the imports of every package that belongs to the module, or to a folder that replaces a module in its go.mod. */
const template =
  "{{if not .Standard}}{{with .Module}}{{if or .Main (and .Replace (not .Replace.Version))}}" +
  '{{join $.Imports "\\n"}}{{end}}{{end}}{{end}}'

/**
 * The packages of other modules and of the standard library in what `go list` printed, each once; without packages of the
 * modules `own`, messages of go, and cgo's C.
 */
export function foreignImports(printed: string, own: string[]): string[] {
  const lines = printed.split("\n").filter((line) => /^[A-Za-z0-9][^\s:]*$/.test(line) && line !== "C")
  return [...new Set(lines)]
    .filter((line) => !own.some((name) => name !== "" && (line === name || line.startsWith(`${name}/`))))
    .sort()
}

/** A Go file that only imports packages. */
export function importing(packages: string[]): string {
  return `package dependencies\n\nimport (\n${packages.map((name) => `\t_ ${JSON.stringify(name)}\n`).join("")})\n`
}

/**
 * The skeleton of the Go module at `path`, as a folder with the same paths. The container has Go and the module cache;
 * the time-out is in seconds.
 */
export async function skeletonOf(
  container: Container,
  source: Directory,
  path: string,
  timeout: number,
): Promise<Directory> {
  const folders = await moduleFolders(source, path)
  const goMods = await Promise.all(
    folders.map(async (folder) => ({ folder, text: await source.file(joined(folder, "go.mod")!).contents() })),
  )
  const input = await partOf(source, folders)
  const ran = await runStep(
    container.withMountedDirectory("/src", input).withWorkdir(path === "." ? "/src" : `/src/${path}`),
    ["go", "list", "-deps", "-f", template, "./..."],
    timeout,
    { yields: true },
  )
  const printed = await readReport(ran.reports, "output.txt")
  if (ran.exitCode !== 0) throw new Error(`${joined(path, "go.mod")}: ${failureOf(ran, printed, timeout)}`)
  let skeleton = dag.directory()
  for (const { folder, text } of goMods) skeleton = skeleton.withNewFile(joined(folder, "go.mod")!, text)
  const goSum = joined(path, "go.sum")!
  if (await source.exists(goSum)) skeleton = skeleton.withNewFile(goSum, await source.file(goSum).contents())
  const own = goMods.map(({ text }) => moduleName(text))
  return skeleton.withNewFile(joined(path, "dependencies.go")!, importing(foreignImports(printed, own)))
}

function failureOf({ timedOut, exitCode }: Ran, printed: string, timeout: number): string {
  if (timedOut) return `go list took more than ${timeout} s`
  return firstLine(printed.replace(/^go: downloading .*$/gm, "")) || `go list ended with ${exitCode}`
}

/** Go with the caches and flags of the module golang, so that nothing is fetched or compiled twice. */
export function goContainer(image: string): Container {
  return withGoCaches(dag.container().from(image), image)
    .withEnvVariable("GOWORK", "off")
    .withEnvVariable("CGO_ENABLED", "0")
    .withEnvVariable("GOFLAGS", "-trimpath")
}

/** Works on each item of a list, at most `atOnce` at a time; the results are in the list's order. */
export async function eachOf<T, R>(list: T[], atOnce: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const rest = [...list.entries()]
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next; next = rest.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
