// The source that a pipeline is given: its delivery.yaml, and what is wrong with it before anything runs.
import { readFileSync } from "node:fs"
import { Directory, dag } from "@dagger.io/dagger"
import { images } from "../images"
import { goLayout } from "../shared/gosource"
import {
  asPattern,
  checkoutFaults,
  folderFaults,
  linkedFrom,
  readCheckout,
  sourceScript,
  type Checkout,
} from "./checkout"
import { parseConfig, type Config, type Service } from "./config"
import { detectServices, manifestPatterns, type Detected } from "./detect"
import { dockerfileFaults, hasDockerfile } from "./dockerfile"
import { initText, isThere, type Measured } from "./init"
import { lockfileFault } from "./node-root"

/** The text of a checkout's delivery.yaml; if there is none, that which `init` writes. */
export async function configText(checkout: Directory): Promise<string> {
  if (await checkout.exists("delivery.yaml")) return checkout.file("delivery.yaml").contents()
  return initText(await detectedIn((await sourcesIn(checkout)).source))
}

/**
 * Returns the services of a source without a delivery.yaml. The manifests are written to this function's own disk: two calls of
 * the engine, however many there are.
 */
async function detectedIn(source: Directory): Promise<Detected> {
  const folder = "inputs/detect"
  const exclude = [".git", "**/node_modules"]
  const [all] = await Promise.all([
    source.filter({ exclude }).glob("**/*"),
    source.filter({ include: manifestPatterns, exclude }).export(folder),
  ])
  const files = all.filter((file) => !file.endsWith("/"))
  return detectServices(files, (file) => readFileSync(`${folder}/${file}`, "utf8"))
}

/** Returns the delivery.yaml of a checkout that has none. `previous` is the result.json of an earlier run. */
export async function initialConfig(checkout: Directory, previous?: string): Promise<string> {
  if (await checkout.exists("delivery.yaml")) throw new Error(isThere)
  const { source } = await sourcesIn(checkout)
  const measured = previous === undefined ? undefined : (JSON.parse(previous) as Measured)
  return initText(await detectedIn(source), { measured })
}

/** Returns the configuration of a source without a delivery.yaml: its services, and no gate but those on findings. */
async function detectedConfig(source: Directory): Promise<Config> {
  const detected = await detectedIn(source)
  if (detected.services.length) return { ...parseConfig(initText(detected)), detected }
  // Only the checks of the whole repository run. A file needs a service; this is not one.
  const placeholder = { name: "none", path: "none", kind: "go" as const, why: "", exclude: [] }
  return { ...parseConfig(initText({ services: [placeholder], leftOut: [] })), services: {}, detected }
}

/** What a pipeline works on. */
export interface Opened {
  /** The folder that the caller gives, with .git: for what asks git. */
  checkout: Directory
  /** Its sources: what git tracks, and what git neither tracks nor ignores. Their cache key is their content. */
  source: Directory
  config: Config
}

/** Finds the sources in a checkout and reads its delivery.yaml; the error lists every fault. */
export async function openSource(checkout: Directory): Promise<Opened> {
  const { source, found } = await sourcesIn(checkout)
  const config = await readConfig(source, found)
  for (const service of Object.values(config.services))
    service.inputs.push(...linkedFrom(found, [service.path, ...service.inputs]))
  // What a link leads to is looked at where it is.
  config.lint.exclusions.push(...found.links.map(({ path }) => asPattern(path)))
  return { checkout, source, config }
}

/** Finds the sources in a checkout; throws if it cannot be checked at all. */
async function sourcesIn(checkout: Directory): Promise<{ source: Directory; found: Checkout }> {
  const noGit = await gitFault(checkout)
  if (noGit) throw faultsError([noGit])
  const sources = await sourcesOf(checkout)
  const faults = checkoutFaults(sources.found)
  if (faults.length) throw faultsError(faults)
  return sources
}

/**
 * Leaves out what is not a source, and returns what git says of the rest. A checkout without such files is its source; otherwise
 * the files are written to this function's own disk and read from there, which names them by their content.
 */
async function sourcesOf(checkout: Directory): Promise<{ source: Directory; found: Checkout }> {
  const ran = dag
    .container()
    .from(images.golang)
    .withMountedDirectory("/src", checkout)
    .withExec(["bash", "-c", sourceScript, "source", "/src"])
  const found = readCheckout(await ran.stdout())
  if (found.junk === 0) return { source: checkout, found }
  await ran.directory("/src").export("source", { wipe: true })
  return { source: dag.currentModule().workdir("source"), found }
}

/** Reads delivery.yaml and compares it with the source, and with what git says of it; the error lists every fault. */
export async function readConfig(source: Directory, found?: Checkout): Promise<Config> {
  const config = (await source.exists("delivery.yaml"))
    ? parseConfig(await source.file("delivery.yaml").contents())
    : await detectedConfig(source)
  const ofGit = (setting: string, folder: string): string[] => (found ? folderFaults(found, setting, folder) : [])
  const services = Object.entries(config.services).map(async ([name, service]) => {
    const faults = [service.path, ...service.inputs].flatMap((folder, i) =>
      ofGit(`services.${name}.${i === 0 ? "path" : "inputs"}`, folder),
    )
    return faults.length || config.detected ? faults : serviceFaults(source, name, service)
  })
  const faults = [...(await Promise.all(services)).flat(), ...ofGit("chart.path", config.chart.path)]
  if (faults.length) throw faultsError(faults)
  return config
}

function faultsError(faults: string[]): Error {
  return new Error(`the source cannot be checked:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`)
}

async function gitFault(source: Directory): Promise<string | undefined> {
  if (await source.exists(".git/HEAD")) return undefined
  if (await source.exists(".git"))
    return (
      "source: .git is a file, as in a git worktree or submodule, so the history is elsewhere; " +
      "give a clone: `git clone <this folder> <new folder>`"
    )
  return (
    "source is not a git repository (no .git): secrets are looked for in its history. " +
    "Run `git init` and commit, or give the repository's root"
  )
}

async function serviceFaults(source: Directory, name: string, service: Service): Promise<string[]> {
  const fault = await serviceFault(source, name, service)
  if (fault !== undefined) return [fault]
  return hasDockerfile(service) ? dockerfileFaults(source, name, service) : []
}

async function serviceFault(
  source: Directory,
  name: string,
  { path, kind, inputs }: Service,
): Promise<string | undefined> {
  for (const input of inputs)
    if (!(await source.exists(input))) return `services.${name}.inputs: ${input} does not exist in the source`
  const service = `services.${name}.path: ${path}`
  if (!(await source.exists(path))) return `${service} does not exist in the source`
  const entries = await source.directory(path).entries()
  if (!entries.length) return `${service} is an empty folder`
  if (kind === "go" && !entries.includes("go.mod"))
    return `${service} has no go.mod; make one with \`go mod init\`, or correct the kind`
  if (kind === "go") return goFault(source, name, path)
  if (kind === "node" && !entries.includes("package.json")) return `${service} has no package.json, or correct the kind`
  const fault = kind === "node" ? await lockfileFault(source, path) : undefined
  return fault && `${service}: ${fault}`
}

/** Why a Go module cannot be checked: a folder that it needs is missing, or lies outside of the repository. */
async function goFault(source: Directory, name: string, path: string): Promise<string | undefined> {
  return goLayout(source, path).then(
    () => undefined,
    (error: unknown) => `services.${name}.path: ${(error as Error).message}`,
  )
}
