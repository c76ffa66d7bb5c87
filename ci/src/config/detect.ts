// The services of a repository without a delivery.yaml, by their manifests. Plain data in and out: the scripts on the host use it too.
import { reservedNames, stageNamesOf, type ServiceKind } from "../catalogue"
import { copiedFiles, parseDockerfile } from "../shared/dockerfile"
import { inFolder, isIn, parentOf, relativeTo } from "../shared/folders"
import { moduleName } from "../shared/gomod"
import {
  chooseLockfile,
  isWorkspace,
  lockfilesIn,
  readManifest,
  workspacePatterns,
  type PackageJson,
} from "../shared/lockfiles"

/** A service that was found. */
export interface DetectedService {
  name: string
  path: string
  kind: ServiceKind
  /** What it was found by. */
  why: string
  /** Folders below `path` that are other services. */
  exclude: string[]
}

/** What was found in a repository. */
export interface Detected {
  services: DetectedService[]
  /** Folders with a manifest that are no service, and why. */
  leftOut: { path: string; why: string }[]
}

/** The files that detection reads, as patterns from the root. */
export const manifestPatterns = ["go.mod", "go.work", "package.json", "pnpm-workspace.yaml", "Dockerfile"].map(
  (name) => `**/${name}`,
)

/** Folders whose projects are no services and are not listed as left out: Go's and npm's own. */
const foreign = /(^|\/)(vendor|testdata|node_modules|bower_components|[._][^/]*)(\/|$)/

/** Folders whose projects are inputs of tests, or examples. */
const examples = /(^|\/)(examples?|samples?|fixtures|__fixtures__|templates?|third_party)(\/|$)/

/**
 * Returns the services of a repository. `files` are its files by path; `readFile` returns the text of a manifest. Examples count
 * if there is nothing else.
 */
export function detectServices(files: string[], readFile: (file: string) => string): Detected {
  // A link that leads nowhere, or a folder with such a name.
  const read = (file: string): string => {
    try {
      return readFile(file)
    } catch {
      return ""
    }
  }
  const own = files.filter((file) => !foreign.test(file))
  const found = foundIn(
    own.filter((file) => !examples.test(file)),
    read,
  )
  const others = foundIn(
    own.filter((file) => examples.test(file)),
    read,
  )
  if (!found.candidates.length) return named({ ...others, leftOut: [...found.leftOut, ...others.leftOut] }, read)
  const besides = others.candidates.map(({ path }) => ({
    path,
    why: `in ${examples.exec(`${path}/`)![2]!}; name it in delivery.yaml if it is a service`,
  }))
  return named({ candidates: found.candidates, leftOut: [...found.leftOut, ...besides] }, read)
}

type Candidate = Omit<DetectedService, "name" | "exclude"> & {
  /** Whether it is the root of a workspace. */
  isRoot?: boolean
}

interface Candidates {
  candidates: Candidate[]
  leftOut: Detected["leftOut"]
}

function foundIn(files: string[], read: (file: string) => string): Candidates {
  const repository = new Repository(files, read)
  const leftOut: Detected["leftOut"] = []
  const candidates: Candidate[] = []
  for (const path of repository.folders) {
    const answer = repository.candidateAt(path)
    if (answer && "kind" in answer) candidates.push(answer)
    else if (answer) leftOut.push(answer)
  }
  return { candidates, leftOut }
}

/** Scripts of package.json that are steps of a service. */
const stepScripts = ["lint", "typecheck", "test", "build"]

/** The manifests of a repository. */
class Repository {
  readonly folders: string[]
  private readonly files: Set<string>
  private readonly packages = new Map<string, PackageJson | undefined>()
  private readonly workspaces: { root: string; members: string[] }[]

  constructor(
    files: string[],
    private readonly read: (file: string) => string,
  ) {
    this.files = new Set(files)
    const manifests = files.filter((file) => /(^|\/)(go\.mod|package\.json|Dockerfile)$/.test(file))
    this.folders = [...new Set(manifests.map(parentOf))].sort()
    for (const path of this.folders) if (this.has(path, "package.json")) this.packages.set(path, this.packageAt(path))
    this.workspaces = [...this.packages.keys()].flatMap((root) => {
      const members = this.membersOf(root)
      return members.length ? [{ root, members }] : []
    })
  }

  private has(path: string, name: string): boolean {
    return this.files.has(inFolder(path, name))
  }

  private packageAt(path: string): PackageJson | undefined {
    try {
      return readManifest(this.read(inFolder(path, "package.json")))
    } catch {
      return undefined
    }
  }

  /** The packages of a workspace, by npm's and yarn's `workspaces` or pnpm's file. */
  private membersOf(root: string): string[] {
    if (!this.packages.get(root)) return []
    const pnpm = this.has(root, "pnpm-workspace.yaml") ? this.read(inFolder(root, "pnpm-workspace.yaml")) : ""
    const patterns = workspacePatterns(this.read(inFolder(root, "package.json")), pnpm)
    return [...this.packages.keys()].filter(
      (path) => path !== root && isIn(path, root) && isWorkspace(patterns, relativeTo(root, path)),
    )
  }

  /** The lock file of a package: its own, or that of its workspace. An error if there is none, or more than one. */
  private lockfileOf(path: string, root: string | undefined): string {
    const entries = (folder: string) => [...this.files].filter((file) => parentOf(file) === folder).map(nameIn)
    const folder = root === undefined || lockfilesIn(entries(path)).length ? path : root
    const { lockfile } = chooseLockfile(entries(folder), this.read(inFolder(folder, "package.json")), folder)
    return lockfile && inFolder(folder, lockfile)
  }

  /** Returns the service of a folder with a manifest, or why it is none. */
  candidateAt(path: string): Candidate | { path: string; why: string } | undefined {
    if (this.has(path, "go.mod")) return this.goModule(path)
    if (this.has(path, "package.json")) return this.nodePackage(path)
    return this.dockerFolder(path)
  }

  private goModule(path: string): Candidate | { path: string; why: string } {
    const modules = this.folders.filter((one) => one !== path && isIn(one, path) && this.has(one, "go.mod"))
    const isOwn = (file: string) => isIn(file, path) && !modules.some((one) => isIn(file, one))
    if (![...this.files].some((file) => file.endsWith(".go") && isOwn(file)))
      return { path, why: "its go.mod has no Go file beside or below it" }
    const name = moduleName(this.read(inFolder(path, "go.mod")))
    return { path, kind: "go", why: `go.mod${name ? ` of ${name}` : ""}` }
  }

  private nodePackage(path: string): Candidate | { path: string; why: string } {
    const json = this.packages.get(path)
    if (!json) return { path, why: "its package.json is no JSON object" }
    const scripts = scriptsOf(json)
    const workspace = this.workspaces.find(({ root }) => root === path)
    const members = (workspace?.members ?? []).filter((member) => scriptsOf(this.packages.get(member)).length)
    if (members.length && !ownScripts(json).length)
      return {
        path,
        why: `root of a workspace; ${members.join(", ")} ${members.length === 1 ? "is" : "are"} checked alone`,
      }
    const above = this.workspaces.find(({ members }) => members.includes(path))?.root
    const doneAbove = above === undefined ? [] : ownScripts(this.packages.get(above))
    if (scripts.length && scripts.every((script) => doneAbove.includes(script)))
      return { path, why: `the scripts of the workspace's root do ${scripts.join(", ")}` }
    if (!scripts.length) return { path, why: `its package.json has no script ${stepScripts.join(", ")}` }
    let lock: string
    try {
      lock = this.lockfileOf(path, above)
    } catch (error) {
      return { path, why: (error as Error).message.replace(/; allowed: .*$/, "") }
    }
    const why = `package.json with ${scripts.join(", ")}${lock ? `; ${lock}` : ""}`
    return { path, kind: "node", why, isRoot: workspace !== undefined }
  }

  private dockerFolder(path: string): Candidate | { path: string; why: string } {
    const folders = [...this.files].filter((file) => isIn(file, path))
    const isThere = (name: string) => folders.some((file) => isIn(file, inFolder(path, name)))
    const missing = copiedFrom(this.read(inFolder(path, "Dockerfile"))).find((name) => !isThere(name))
    if (missing === undefined) return { path, kind: "docker", why: "Dockerfile" }
    return { path, why: `its Dockerfile copies ${missing}, which is not beside it; name its \`dockerfile.context\`` }
  }
}

function nameIn(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1)
}

/** Returns the scripts of a package that are steps; npm's placeholder of a test is none. */
function scriptsOf(json: PackageJson | undefined): string[] {
  const scripts = json?.scripts ?? {}
  return stepScripts.filter((name) => {
    const script = scripts[name]
    return typeof script === "string" && script !== "" && !/no test specified/.test(script)
  })
}

/** What hands a script on to a workspace's packages. */
const handsOn = [
  /(^|\s)(-ws|--workspaces?|-w|-r|--recursive|--filter)(\s|=|$)/,
  /\b(turbo|nx|lerna|wsrun)\b/,
  /\bworkspaces? (run|foreach)\b|\byarn workspace\b/,
]

/** Returns the step scripts of a package that do something themselves: those of a workspace's root may only call its packages'. */
function ownScripts(json: PackageJson | undefined): string[] {
  return scriptsOf(json).filter((name) => !handsOn.some((words) => words.test(json!.scripts![name] as string)))
}

/** Returns the paths that a Dockerfile takes from its context, if they have no variable and no pattern. */
function copiedFrom(dockerfile: string): string[] {
  return parseDockerfile(dockerfile)
    .instructions.flatMap(copiedFiles)
    .map((one) => one.replace(/^\.?\/+/, "").replace(/\/+$/, ""))
    .filter((one) => one !== "" && one !== ".")
}

/** Words that select a stage: a service with such a name would be selected with others. */
function takenWords(): Set<string> {
  const stages = stageNamesOf({ x: { kind: "go" }, y: { kind: "node" } })
  return new Set([...Object.keys(reservedNames()), ...stages.flatMap((stage) => stage.split(":"))])
}

/** Gives each service a name of its own: its folder's, with the folder above if two are the same. */
function named({ candidates, leftOut }: Candidates, read: (file: string) => string): Detected {
  const reserved = takenWords()
  const taken = new Set(reserved)
  const own = candidates.map((one) => nameOf(one, read))
  const services = candidates.map((candidate, i) => {
    const isShared = own.filter((one) => one === own[i]).length > 1
    const above = parentOf(candidate.path)
    const wanted = isShared && above !== "." ? validName(`${above.split("/").at(-1)!}-${own[i]!}`) : own[i]!
    const name = freeName(reserved.has(wanted) ? validName(`${wanted}-service`) : wanted, taken)
    taken.add(name)
    const below = candidates
      .map(({ path }) => path)
      .filter((path) => path !== candidate.path && isIn(path, candidate.path))
    // A workspace's root works with its packages.
    const exclude = (candidate.isRoot ? [] : below).map((path) => relativeTo(candidate.path, path))
    const { kind, path, why } = candidate
    return { name, path, kind, why, exclude: candidate.kind === "node" ? exclude : [] }
  })
  return { services, leftOut: [...leftOut].sort((a, b) => a.path.localeCompare(b.path)) }
}

function freeName(name: string, taken: Set<string>): string {
  if (!taken.has(name)) return name
  for (let number = 2; ; number++) {
    const next = `${name.slice(0, 35)}-${number}`
    if (!taken.has(next)) return next
  }
}

function nameOf({ path, kind }: Candidate, read: (file: string) => string): string {
  if (path !== ".") return validName(path.split("/").at(-1)!)
  if (kind === "go") {
    const [last = ""] = moduleName(read("go.mod"))
      .replace(/\/v\d+$/, "")
      .split("/")
      .slice(-1)
    return validName(last)
  }
  const { name } = kind === "node" ? readManifest(read("package.json")) : {}
  return validName(typeof name === "string" ? name.replace(/^@[^/]*\//, "") : "")
}

/** Returns a text as the name of a service: small letters, digits and -, a letter first, 39 at most. */
function validName(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
  const name = /^[a-z]/.test(plain) ? plain : plain ? `app-${plain}` : "app"
  return name.slice(0, 39).replace(/-+$/, "")
}

/** Returns what was found as a table for people: what was taken and why, and what was left out. */
export function detectedTable({ services, leftOut }: Detected): string {
  const rows = [
    ...services.map(({ name, path, kind, why }) => [name, kind, path, why]),
    ...leftOut.map(({ path, why }) => ["–", "left out", path, why]),
  ]
  const head = ["service", "kind", "folder", "found by"]
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd()
  const title = services.length
    ? "There is no delivery.yaml: these services were found. `npm run pipeline -- init` writes it."
    : "There is no delivery.yaml, and no service was found: only the checks of the whole repository run."
  return rows.length ? [title, line(head), ...rows.map(line)].join("\n") : title
}
