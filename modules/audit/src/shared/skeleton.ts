// Generated from modules/shared/skeleton.ts by `npm run sync`; do not edit.
// What the dependencies of a Go module follow from: go.mod, go.sum, and which packages its sources import. An edit
// that changes none of these has the same skeleton, so a tool that looks at dependencies answers from the cache.
// Beside it, the container that has Go, for both.
import { Container, Directory, dag } from "@dagger.io/dagger"
import { firstLine } from "./clock"
import { withGoCaches } from "./go"
import { joined, localReplaces, moduleName } from "./gomod"
import { readReport, runStep } from "./step"

/** A line for each import of the packages that belong to the module or to a folder that its go.mod takes a module from. */
const template =
  '{{if not .Standard}}{{with .Module}}{{if or .Main (and .Replace (not .Replace.Version))}}{{join $.Imports "\\n"}}{{end}}{{end}}{{end}}'

/** The folders that a caller names, each once, as they stand in the source: without `./` before and `/` behind. */
export function cleanPaths(paths: string[]): string[] {
  return [...new Set(paths.map((path) => path.replace(/^\.\//, "").replace(/\/+$/, "") || "."))]
}

/**
 * The packages that `go list` printed, each once, of other modules and of Go's library (which has vulnerabilities too):
 * without the packages of the modules `own`, without messages of go, and without cgo's.
 */
export function foreignImports(printed: string, own: string[]): string[] {
  const lines = printed.split("\n").filter((line) => /^[A-Za-z0-9][^\s:]*$/.test(line) && line !== "C")
  return [...new Set(lines)]
    .filter((line) => !own.some((name) => name !== "" && (line === name || line.startsWith(`${name}/`))))
    .sort()
}

/** A Go file that imports packages and does nothing else. */
export function importing(packages: string[]): string {
  return `package dependencies\n\nimport (\n${packages.map((name) => `\t_ ${JSON.stringify(name)}\n`).join("")})\n`
}

/** The skeleton of the Go module at `path`, as a folder with the same paths. `container` has Go and the module cache. */
export async function skeletonOf(
  container: Container,
  source: Directory,
  path: string,
  timeout: number,
): Promise<Directory> {
  const at = (folder: string, file: string): string => (folder === "." ? file : `${folder}/${file}`)
  const goMod = await source.file(at(path, "go.mod")).contents()
  const folders = new Set(localReplaces(goMod).map((rest) => joined(path, rest)))
  let [input, skeleton] = [
    dag.directory().withDirectory(path, source.directory(path)),
    dag.directory().withNewFile(at(path, "go.mod"), goMod),
  ]
  const own = [moduleName(goMod)]
  for (const folder of folders) {
    if (folder === undefined || !(await source.exists(at(folder, "go.mod"))))
      throw new Error(
        `${at(path, "go.mod")} takes a module from ${folder ?? "a folder above the source"}, which is not in the source`,
      )
    const text = await source.file(at(folder, "go.mod")).contents()
    own.push(moduleName(text))
    input = input.withDirectory(folder, source.directory(folder))
    skeleton = skeleton.withNewFile(at(folder, "go.mod"), text)
  }
  if (await source.exists(at(path, "go.sum")))
    skeleton = skeleton.withNewFile(at(path, "go.sum"), await source.file(at(path, "go.sum")).contents())
  const ran = await runStep(
    container.withMountedDirectory("/src", input).withWorkdir(path === "." ? "/src" : `/src/${path}`),
    ["go", "list", "-deps", "-f", template, "./..."],
    timeout,
    { yields: true },
  )
  const printed = await readReport(ran.reports, "output.txt")
  if (ran.exitCode !== 0)
    throw new Error(
      `${at(path, "go.mod")}: ${ran.timedOut ? `go list took more than ${timeout} s` : firstLine(printed.replace(/^go: downloading .*$/gm, "")) || `go list ended with ${ran.exitCode}`}`,
    )
  return skeleton.withNewFile(at(path, "dependencies.go"), importing(foreignImports(printed, own)))
}

/** Go with the caches of the module golang, and its flags, so that nothing is fetched or compiled twice. */
export function goContainer(image: string): Container {
  return withGoCaches(dag.container().from(image), image)
    .withEnvVariable("GOWORK", "off")
    .withEnvVariable("CGO_ENABLED", "0")
    .withEnvVariable("GOFLAGS", "-trimpath")
}

/** The container with modules that were fetched before, where it can fetch no others. */
export function withModules(container: Container, modules?: Directory): Container {
  return modules
    ? container
        .withoutMount("/go/pkg/mod")
        .withMountedDirectory("/go/pkg/mod", modules)
        .withEnvVariable("GOPROXY", "off")
    : container
}

/** Does something for each of a list, so many at a time; the results in the list's order. */
export async function eachOf<T, R>(list: T[], atOnce: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const rest = [...list.entries()]
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next; next = rest.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
