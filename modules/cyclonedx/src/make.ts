// Makes the SBOM of several folders with CycloneDX's tools.
import { basename } from "node:path"
import { Container, Directory, dag } from "@dagger.io/dagger"
import { licencesOf } from "./licences"
import { isBom, mergedBom, withVersions } from "./sbom"
import { inFolder } from "./shared/folders"
import { cleanPaths } from "./shared/gosource"
import { asNpmLock, nodeLock, wanted, type ForeignLock, type OwnLock } from "./shared/node-lock"
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
  /** Lock files that cannot be read, each with the reason. */
  unread: string[]
  /** Why licences are not known; empty if all that a registry has are known. */
  unreachable: string
  seconds: number
  cached: boolean
}

/** The SBOM of one manifest. */
type Part = Omit<Sbom, "manifests" | "unread" | "unreachable"> & { unanswered?: string }

/** Makes one SBOM of the manifests in the given folders of a source. */
export async function makeSbom(toolset: Toolset, source: Directory, paths: string[]): Promise<Sbom> {
  const work: { manifest: string; make: () => Promise<Part> }[] = []
  const unread: string[] = []
  for (const path of cleanPaths(paths)) {
    const goMod = inFolder(path, "go.mod")
    if (await source.exists(goMod)) work.push({ manifest: goMod, make: () => goBom(toolset, source, path) })
    const lock = await nodeLock(source, path)
    if (lock && "why" in lock) unread.push(`${lock.path}: ${lock.why}`)
    else if (lock) work.push({ manifest: lock.path, make: () => npmBom(toolset, lock) })
  }
  const made = await eachOf(work, 2, async ({ manifest, make }) => ({ manifest, ...(await make()) }))
  const { longest, cached } = timesOf(made)
  const silent = made.flatMap(({ manifest, unanswered }) => (unanswered ? `${manifest}: ${unanswered}` : []))
  return {
    text: mergedBom(made),
    manifests: made.length,
    unread,
    unreachable: silent.join("; "),
    seconds: longest,
    cached,
  }
}

async function goBom({ gomod, go, timeout, settings }: Toolset, source: Directory, path: string): Promise<Part> {
  const skeleton = await skeletonOf(go, source, path, { timeout, vendor: "replaced", settings })
  const flags = ["-licenses", "-assert-licenses", "-json", "-noserial", "-notimestamp", "-output=/report/bom.json", "."]
  const command = ["cyclonedx-gomod", "mod", ...flags]
  const container = skeleton.ready(within(gomod, skeleton.folder, path))
  const made = await runTool(container, command, inFolder(path, "go.mod"), timeout)
  return { ...made, text: withVersions(made.text, skeleton.versions) }
}

async function npmBom(toolset: Toolset, lock: OwnLock | ForeignLock): Promise<Part> {
  const { npm, timeout, dev } = toolset
  const { packageJson, lockfile, ...rest } =
    "packages" in lock ? await withLicences(toolset, lock) : { ...lock, unanswered: "", ran: undefined }
  const name = basename(lock.path) === "npm-shrinkwrap.json" ? "npm-shrinkwrap.json" : "package-lock.json"
  const input = dag.directory().withNewFile("package.json", packageJson).withNewFile(name, lockfile)
  const flags = [
    "--package-lock-only",
    ...(dev ? [] : ["--omit=dev"]),
    "--output-reproducible",
    "--output-format=JSON",
    "--output-file=/report/bom.json",
  ]
  const command = ["/tool/node_modules/.bin/cyclonedx-npm", ...flags]
  const made = await runTool(within(npm, input, "."), command, lock.path, timeout)
  const { sum, cached } = timesOf([made, rest.ran ?? made])
  return { ...made, seconds: rest.ran ? sum : made.seconds, cached, unanswered: rest.unanswered }
}

/** A lock file of another package manager as one of npm, with the licences that it does not name. */
async function withLicences({ npm, timeout, dev }: Toolset, lock: ForeignLock) {
  const { found, unanswered, ran } = await licencesOf(npm, wanted(lock.packages, dev), timeout)
  return { ...asNpmLock(lock, { dev, licences: found }), unanswered, ran }
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
