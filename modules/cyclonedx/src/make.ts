// Makes the SBOM of several folders with CycloneDX's tools.
import { basename } from "node:path"
import { Container, Directory, dag } from "@dagger.io/dagger"
import { isBom, mergedBom, withVersions } from "./sbom"
import { inFolder } from "./shared/folders"
import { cleanPaths } from "./shared/gosource"
import { unreadLockfile } from "./shared/lockfiles"
import { entriesIn } from "./shared/node-root"
import { timedOutAfter } from "./shared/result"
import { eachOf, skeletonOf } from "./shared/skeleton"
import { readReport, runStep, timesOf } from "./shared/step"
import { couldNotRun } from "./shared/words"

const workdir = "/src"

/** The containers of the tools, and how they run: the time-out in seconds for each run. */
export interface Toolset {
  gomod: Container
  go: Container
  npm: Container
  timeout: number
  dev: boolean
  /** Build tags and variables of Go modules, as text. */
  settings?: string[]
}

/** One SBOM of several manifests. */
export interface Sbom {
  text: string
  /** Number of manifests. */
  manifests: number
  /** Lock files of other package managers, which the tools cannot read. */
  unread: string[]
  seconds: number
  cached: boolean
}

/** The SBOM of one manifest. */
type Part = Omit<Sbom, "manifests" | "unread">

/** Makes one SBOM of the manifests in the given folders of a source. */
export async function makeSbom(toolset: Toolset, source: Directory, paths: string[]): Promise<Sbom> {
  const work: { manifest: string; make: () => Promise<Part> }[] = []
  const unread: string[] = []
  for (const path of cleanPaths(paths)) {
    const [goMod, lockfile] = [inFolder(path, "go.mod"), inFolder(path, "package-lock.json")]
    if (await source.exists(goMod)) work.push({ manifest: goMod, make: () => goBom(toolset, source, path) })
    if (await source.exists(lockfile)) work.push({ manifest: lockfile, make: () => npmBom(toolset, source, path) })
    const other = unreadLockfile(await entriesIn(source, path))
    if (other) unread.push(inFolder(path, other))
  }
  const made = await eachOf(work, 2, async ({ manifest, make }) => ({ manifest, ...(await make()) }))
  const { longest, cached } = timesOf(made)
  return { text: mergedBom(made), manifests: made.length, unread, seconds: longest, cached }
}

async function goBom({ gomod, go, timeout, settings }: Toolset, source: Directory, path: string): Promise<Part> {
  const skeleton = await skeletonOf(go, source, path, { timeout, vendor: "replaced", settings })
  const flags = ["-licenses", "-assert-licenses", "-json", "-noserial", "-notimestamp", "-output=/report/bom.json", "."]
  const command = ["cyclonedx-gomod", "mod", ...flags]
  const container = skeleton.ready(within(gomod, skeleton.folder, path))
  const made = await runTool(container, command, inFolder(path, "go.mod"), timeout)
  return { ...made, text: withVersions(made.text, skeleton.versions) }
}

async function npmBom({ npm, timeout, dev }: Toolset, source: Directory, path: string): Promise<Part> {
  let input = dag.directory()
  for (const file of ["package.json", "package-lock.json"].map((name) => inFolder(path, name)))
    input = input.withNewFile(file, await source.file(file).contents())
  const flags = [
    "--package-lock-only",
    ...(dev ? [] : ["--omit=dev"]),
    "--output-reproducible",
    "--output-format=JSON",
    "--output-file=/report/bom.json",
  ]
  const command = ["/tool/node_modules/.bin/cyclonedx-npm", ...flags]
  return runTool(within(npm, input, path), command, inFolder(path, "package-lock.json"), timeout)
}

/** Runs a tool that writes bom.json; an error that names the manifest when it does not. */
async function runTool(container: Container, command: string[], manifest: string, timeout: number): Promise<Part> {
  const ran = await runStep(container, command, timeout, { yields: true })
  if (ran.timedOut) throw new Error(`${manifest}: ${timedOutAfter(ran)}`)
  const text = await readReport(ran.reports, "bom.json")
  if (ran.exitCode !== 0 || !isBom(text)) {
    const output = await readReport(ran.reports, "output.txt")
    throw new Error(`${manifest}: ${couldNotRun(basename(command[0]!), ran, output)}`)
  }
  return { text, seconds: ran.seconds, cached: ran.cached }
}

function within(container: Container, input: Directory, path: string): Container {
  return container.withMountedDirectory(workdir, input).withWorkdir(path === "." ? workdir : `${workdir}/${path}`)
}
