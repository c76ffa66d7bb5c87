// Generated from modules/shared/lockfiles.ts by `npm run sync`; do not edit.
// Lock files of Node projects, and the workspaces that one lock file covers: pure functions over names and texts.

/** The lock files, each with the package manager that writes it. Of several of one manager, the first counts. */
export const lockfiles = {
  "npm-shrinkwrap.json": "npm",
  "package-lock.json": "npm",
  "pnpm-lock.yaml": "pnpm",
  "yarn.lock": "yarn",
  "bun.lock": "bun",
  "bun.lockb": "bun",
} as const

export type Lockfile = keyof typeof lockfiles

/** The lock files among the names of a folder's entries. */
export function lockfilesIn(entries: string[]): Lockfile[] {
  return (Object.keys(lockfiles) as Lockfile[]).filter((name) => entries.includes(name))
}

/** A package.json and its folder. */
export interface Manifest {
  folder: string
  text: string
}

/** What is read of a package.json. */
export interface PackageJson {
  name?: string
  packageManager?: string
  workspaces?: string[] | { packages?: string[] }
  scripts?: Record<string, string>
  bin?: unknown
  directories?: { bin?: string }
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** Reads a package.json; an error names the file when it is no JSON object. */
export function readManifest(text: string, file = "package.json"): PackageJson {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""))
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value
  } catch (error) {
    throw new Error(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  throw new Error(`${file} is no JSON object`)
}

/** The names and ranges of everything that a package.json depends on. */
export function dependenciesOf(manifest: PackageJson): Record<string, string> {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest
  return { ...peerDependencies, ...optionalDependencies, ...devDependencies, ...dependencies }
}

/** The package manager that `packageManager` in a package.json names. */
export interface PinnedManager {
  manager: (typeof lockfiles)[Lockfile]
  version: string
  /** Such as `sha512.9f…`; empty without one. */
  digest: string
}

/**
 * Which lock file of a project counts: that of the manager that `packageManager` in package.json names, else the only
 * one; empty for a project that depends on nothing. It is an error when the two disagree, when there are lock files of
 * several managers and nothing says which one counts, and when there are dependencies without a lock file. `folder` is
 * where the project is, for messages.
 */
export function chooseLockfile(
  entries: string[],
  packageJson: string,
  folder: string,
): { lockfile: Lockfile | ""; pinned?: PinnedManager } {
  const where = folder === "." ? "" : ` in ${folder}`
  const manifest = readManifest(packageJson, folder === "." ? "package.json" : `${folder}/package.json`)
  const files = lockfilesIn(entries)
  const pinned = readPinned(manifest.packageManager)
  if (pinned && files.length > 0) {
    const own = files.find((file) => lockfiles[file] === pinned.manager)
    if (own) return { lockfile: own, pinned }
    throw new Error(
      `packageManager in package.json is ${manifest.packageManager}, but the lock file${where} is ` +
        `${files.join(", ")}: commit the lock file of ${pinned.manager}, or correct packageManager`,
    )
  }
  const names = [...new Set(files.map((file) => lockfiles[file]))]
  if (names.length > 1)
    throw new Error(
      `there are several lock files${where}: ${files.join(", ")}; name the package manager that counts in ` +
        `package.json ("packageManager": "${names[0]}@<version>"), or remove the others`,
    )
  if (files[0]) return { lockfile: files[0] }
  if (dependsOnNothing(manifest)) return { lockfile: "" }
  const create = pinned ? `${pinned.manager} install` : "npm install --package-lock-only"
  throw new Error(
    `there is no lock file${where}: create it with \`${create}\`, and commit it; allowed: ` +
      Object.keys(lockfiles).join(", "),
  )
}

function dependsOnNothing({ dependencies, devDependencies, optionalDependencies, workspaces }: PackageJson): boolean {
  const all = [dependencies, devDependencies, optionalDependencies].flatMap((group) => Object.keys(group ?? {}))
  return all.length === 0 && workspaces === undefined
}

/** Reads `packageManager`, such as `pnpm@10.1.0+sha512.9f…`; undefined without one. */
function readPinned(text: unknown): PinnedManager | undefined {
  if (text === undefined) return undefined
  const [, name = "", version = "", digest = ""] =
    typeof text === "string" ? (/^([a-z]+)@(\d+\.\d+\.\d+[\w.-]*)(?:\+(sha\d+\.[\da-f]+))?$/.exec(text) ?? []) : []
  const manager = Object.values(lockfiles).find((one) => one === name)
  if (manager) return { manager, version, digest }
  throw new Error(
    `packageManager in package.json is ${JSON.stringify(text)}; allowed is npm, pnpm, yarn or bun with a version, ` +
      `such as "pnpm@10.34.8"`,
  )
}

/** The patterns of workspaces that a project's root declares; `pnpmWorkspace` is its pnpm-workspace.yaml, or empty. */
export function workspacePatterns(packageJson: string, pnpmWorkspace = ""): string[] {
  const { workspaces = [] } = readManifest(packageJson)
  const declared = Array.isArray(workspaces) ? workspaces : (workspaces.packages ?? [])
  return [...declared, ...pnpmPackages(pnpmWorkspace)].filter((one) => typeof one === "string")
}

/** The list `packages` of a pnpm-workspace.yaml, as a block or in brackets. */
function pnpmPackages(yaml: string): string[] {
  const unquoted = (text: string): string => text.trim().replace(/^(["'])(.*)\1$/, "$2")
  const inline = /^packages:[ \t]*\[([^\]]*)\]/m.exec(yaml)?.[1]
  if (inline !== undefined) return inline.split(",").map(unquoted).filter(Boolean)
  const lines = yaml.split(/\r?\n/)
  const start = lines.findIndex((line) => /^packages:\s*(#.*)?$/.test(line))
  if (start < 0) return []
  const found: string[] = []
  for (const line of lines.slice(start + 1)) {
    const item = /^\s*-\s+(.*?)\s*(?:\s#.*)?$/.exec(line)?.[1]
    if (item !== undefined) found.push(unquoted(item))
    else if (!/^\s*(#.*)?$/.test(line)) break
  }
  return found
}

/** Whether a folder, relative to the project's root, is a workspace by patterns such as `packages/*` and `!packages/old`. */
export function isWorkspace(patterns: string[], folder: string): boolean {
  let included = false
  for (const pattern of patterns) {
    const excludes = pattern.startsWith("!")
    if (expressionOf(pattern.replace(/^!/, "")).test(folder)) included = !excludes
  }
  return included
}

function expressionOf(pattern: string): RegExp {
  const plain = pattern.replace(/^\.\//, "").replace(/\/+$/, "")
  const parts = plain.split(/(\*\*\/?|\*|\?|\{|\}|,)/).map((part) => {
    if (part === "**/") return "(?:.*/)?"
    if (part === "**") return ".*"
    if (part === "*") return "[^/]*"
    if (part === "?") return "[^/]"
    if (part === "{") return "(?:"
    if (part === "}") return ")"
    if (part === ",") return plain.includes("{") ? "|" : ","
    return part.replace(/[.+^$()|[\]\\]/g, "\\$&")
  })
  return new RegExp(`^${parts.join("")}$`)
}

/**
 * The folders of workspaces that the workspace in `folder` and the project's root need: these two, and every workspace
 * that they depend on by its name, directly or through others. `manifests` are all workspaces and the root.
 */
export function neededWorkspaces(folder: string, root: string, manifests: Manifest[]): string[] {
  const read = manifests.map(({ folder: at, text }) => ({ at, manifest: readManifest(text, `${at}/package.json`) }))
  const byName = new Map(read.map(({ at, manifest }) => [manifest.name ?? "", at]))
  const needed = new Set([folder, root])
  for (const at of needed) {
    const manifest = read.find((one) => one.at === at)?.manifest ?? {}
    for (const name of Object.keys(dependenciesOf(manifest))) {
      const other = byName.get(name)
      if (other !== undefined) needed.add(other)
    }
  }
  return [...needed].sort()
}
