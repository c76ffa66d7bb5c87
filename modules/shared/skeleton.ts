// The skeleton of a Go module: go.mod, go.sum and the packages that its sources import, which is all that its dependencies
// follow from. An edit that changes none of these has the same skeleton, so a tool that reads it answers from the cache.
import { Container, Directory, dag } from "@dagger.io/dagger"
import { firstLine } from "./clock"
import { withGoCaches } from "./go"
import { goReason } from "./go-output"
import { withSettings } from "./go-settings"
import { goShell } from "./go-shell"
import { joined } from "./folders"
import { moduleName } from "./gomod"
import { goLayout, partOf } from "./gosource"
import { readReport, runStep, type Ran } from "./step"
import type { Layout } from "./workspace"

/**
 * Prints a line `own <module>` and its `import <package>` lines for each package of the module itself, of its workspace and
 * of folders that replace modules, a line `module <name> <version> <replacement> <version>` for any other package that is
 * not Go's own, and `cgo` where C is compiled.
 */
const template =
  "{{if not .Standard}}{{if .CgoFiles}}cgo\n{{end}}{{with .Module}}" +
  "{{if or .Main (and .Replace (not .Replace.Version))}}own {{.Path}}\n{{range $.Imports}}import {{.}}\n{{end}}" +
  "{{else}}module {{.Path}} {{.Version}}{{with .Replace}} {{.Path}} {{.Version}}{{end}}\n{{end}}{{end}}{{end}}"

/** Dependencies do not follow from embedded files: where these are missing, the packages are listed nevertheless. */
export const listScript = `${goShell}
packages=$1
choose_toolchain
echo "go $(go env GOVERSION | sed 's/^go//')" > "$packages"
if [ "$GOTOOLCHAIN" = auto ]; then echo newer >> "$packages"; fi
go list -deps -f "$2" ./... >> "$packages" 2> /tmp/list.err && exit
status=$?
if only_embeds /tmp/list.err; then go list -e -deps -f "$2" ./... >> "$packages"; exit; fi
cat /tmp/list.err >&2
exit $status
`

/** A module that another one takes packages from, and what replaces it. */
export interface Required {
  name: string
  version: string
  replacement?: { name: string; version: string }
}

/** What a Go module is made of, as `go list` with the template printed it. */
export interface Packages {
  own: string[]
  imports: string[]
  modules: Required[]
  cgo: boolean
  /** Whether it requires a newer Go than the image has. */
  newer: boolean
  /** The version of the Go that printed it. */
  goVersion: string
}

/** Reads what `go list` with the template printed. */
export function readPackages(printed: string): Packages {
  const lines = [...new Set(printed.split("\n"))].map((line) => line.trim().split(" "))
  const after = (tag: string): string[][] => lines.filter(([first]) => first === tag).map(([, ...words]) => words)
  return {
    own: after("own").map(([name]) => name!),
    imports: after("import").map(([name]) => name!),
    modules: after("module").map(([name = "", version = "", other, otherVersion = ""]) =>
      other ? { name, version, replacement: { name: other, version: otherVersion } } : { name, version },
    ),
    cgo: after("cgo").length > 0,
    newer: after("newer").length > 0,
    goVersion: after("go")[0]?.[0] ?? "",
  }
}

/**
 * A go.mod that requires exactly the modules of packages. `folder` has the folder of each module whose files are in the
 * skeleton. Its Go is the one that listed them: each module may require a newer one than the go.mod that it is made of.
 */
export function requiring(
  name: string,
  { modules, goVersion }: Pick<Packages, "modules" | "goVersion">,
  folder?: (name: string) => string,
): string {
  const requires = modules.map(({ name: one, version }) => `\t${one} ${version}\n`)
  const replaces = modules.flatMap(({ name: one, version, replacement }) =>
    folder
      ? [`\t${one} ${version} => ./${folder(one)}\n`]
      : replacement
        ? [`\t${one} ${version} => ${replacement.name} ${replacement.version}\n`]
        : [],
  )
  const block = (verb: string, lines: string[]): string =>
    lines.length > 0 ? `\n${verb} (\n${lines.sort().join("")})\n` : ""
  return `module ${name}\n\ngo ${goVersion}\n${block("require", requires)}${block("replace", replaces)}`
}

/** The lines of several go.sum files, each once. */
export function joinedSums(texts: string[]): string {
  const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line !== "")
  return lines.length > 0 ? `${[...new Set(lines)].sort().join("\n")}\n` : ""
}

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

/** The skeleton of a Go module. */
export interface Skeleton {
  /** A folder with the same paths. */
  folder: Directory
  /** Settings that a tool needs to read it. */
  ready: (container: Container) => Container
  /** The versions of modules whose files are in the skeleton, by their name. */
  versions: Record<string, string>
}

/** What a skeleton is made of. */
interface Parts {
  source: Directory
  path: string
  layout: Layout
  packages: Packages
}

/**
 * The skeleton of the Go module at `path`. The container has Go and the module cache; the time-out is in seconds. A tool
 * that reads a vendor folder gets it as it is (`vendor: "kept"`); for others its modules are replaced by their folders.
 */
export async function skeletonOf(
  container: Container,
  source: Directory,
  path: string,
  { timeout, vendor, settings }: { timeout: number; vendor: "kept" | "replaced"; settings?: string[] },
): Promise<Skeleton> {
  const layout = await goLayout(source, path)
  const input = await partOf(source, [...layout.folders, ...layout.files])
  const set = (tool: Container): Container => withSettings(tool, settings, path, ["-trimpath"])
  const ran = await runStep(
    set(inMode(container, layout.workspace !== "").withEnvVariable("CGO_ENABLED", "1"))
      .withMountedDirectory("/src", input)
      .withWorkdir(path === "." ? "/src" : `/src/${path}`),
    ["bash", "-c", listScript, "list", "/report/packages.txt", template],
    timeout,
    { yields: true },
  )
  if (ran.exitCode !== 0)
    throw new Error(
      `${joined(path, "go.mod")}: ${failureOf(ran, await readReport(ran.reports, "output.txt"), timeout)}`,
    )
  const packages = readPackages(await readReport(ran.reports, "packages.txt"))
  const parts = { source, path, layout, packages }
  const isVendored = await source.exists(`${vendorFolder(parts)}/modules.txt`)
  const made = await (isVendored
    ? vendor === "kept"
      ? vendoredSkeleton(parts)
      : replacedSkeleton(parts)
    : layout.workspace
      ? workspaceSkeleton(parts)
      : plainSkeleton(parts))
  const text = importing(foreignImports(packages.imports.join("\n"), packages.own))
  const isWorkspace = isVendored && vendor === "kept" && layout.workspace !== ""
  return {
    folder: made.withNewFile(joined(path, "dependencies.go")!, text),
    ready: (tool) => {
      const ready = inMode(tool, isWorkspace)
      const compiling = packages.cgo ? ready.withEnvVariable("CGO_ENABLED", "1") : ready
      return set(packages.newer ? compiling.withEnvVariable("GOTOOLCHAIN", "auto") : compiling)
    },
    versions:
      isVendored && vendor === "replaced"
        ? Object.fromEntries(packages.modules.map(({ name, version }) => [name, version]))
        : {},
  }
}

/** The container with or without workspaces. */
function inMode(container: Container, isWorkspace: boolean): Container {
  return isWorkspace ? container.withoutEnvVariable("GOWORK") : container
}

/** Where vendored modules lie: beside go.work, or in the module's own folder. */
function vendorFolder({ path, layout: { workspace } }: Parts): string {
  return joined(workspace ? workspace.replace(/(^|\/)go\.work$/, "") : path, "vendor")!
}

/** go.mod and go.sum of the module itself, and the go.mod of each folder that replaces a module. */
async function plainSkeleton({ source, path, layout }: Parts): Promise<Directory> {
  return filesIn(source, [...layout.folders.map((folder) => joined(folder, "go.mod")!), joined(path, "go.sum")!])
}

/** A vendor folder with the manifests that it belongs to. */
async function vendoredSkeleton(parts: Parts): Promise<Directory> {
  const { source, layout } = parts
  const modules = layout.folders.filter((folder) => folder !== vendorFolder(parts))
  const manifests = modules.flatMap((folder) => ["go.mod", "go.sum"].map((file) => joined(folder, file)!))
  const skeleton = await filesIn(source, [...manifests, ...layout.files])
  return skeleton.withDirectory(vendorFolder(parts), source.directory(vendorFolder(parts)))
}

/** A module that finds its vendored modules in their folders. */
async function replacedSkeleton(parts: Parts): Promise<Directory> {
  const { source, path, packages } = parts
  const folderOf = (name: string): string => `vendored/${name}`
  const name = await nameOf(parts)
  let skeleton = dag.directory().withDirectory(joined(path, "vendored")!, source.directory(vendorFolder(parts)))
  for (const { name: one } of packages.modules)
    skeleton = skeleton.withNewFile(joined(path, `${folderOf(one)}/go.mod`)!, `module ${one}\n`)
  return skeleton.withNewFile(joined(path, "go.mod")!, requiring(name, packages, folderOf))
}

/** A module that requires what its workspace has selected. */
async function workspaceSkeleton(parts: Parts): Promise<Directory> {
  const { source, path, layout, packages } = parts
  const name = await nameOf(parts)
  const sums = [...layout.folders.map((folder) => joined(folder, "go.sum")!), ...layout.files].filter((file) =>
    /(^|\/)go(\.work)?\.sum$/.test(file),
  )
  const texts = await Promise.all(
    sums.map(async (file) => ((await source.exists(file)) ? source.file(file).contents() : "")),
  )
  return dag
    .directory()
    .withNewFile(joined(path, "go.mod")!, requiring(name, packages))
    .withNewFile(joined(path, "go.sum")!, joinedSums(texts))
}

async function nameOf({ source, path }: Parts): Promise<string> {
  return moduleName(await source.file(joined(path, "go.mod")!).contents())
}

/** Those of the files that exist. */
async function filesIn(source: Directory, files: string[]): Promise<Directory> {
  let folder = dag.directory()
  for (const file of [...new Set(files)])
    if (await source.exists(file)) folder = folder.withNewFile(file, await source.file(file).contents())
  return folder
}

function failureOf({ timedOut, exitCode }: Ran, printed: string, timeout: number): string {
  if (timedOut) return `go list took more than ${timeout} s`
  return goReason(printed) || firstLine(printed) || `go list ended with ${exitCode}`
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
