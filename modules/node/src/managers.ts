// Which package manager a project is installed with, and its commands: pure functions over names and texts.
import { managers } from "./images"
import { chooseLockfile, lockfiles, type Lockfile, type PinnedManager } from "./shared/lockfiles"

/** The package managers. `yarn` is yarn classic (1.x), `berry` yarn 2 and later. */
export type ManagerName = "npm" | "pnpm" | "yarn" | "berry" | "bun"

/** A package manager of one version. */
export interface Manager {
  name: ManagerName
  /** The npm package that it is installed from, such as `pnpm@10.1.0`; empty for the npm of the image. */
  package: string
  /** The digest that `packageManager` pins, such as `sha512.9f…`; empty if it pins none. */
  digest: string
  /** The lock file; empty for a project that depends on nothing. */
  lockfile: Lockfile | ""
  /** Why this manager in this version, for messages. */
  because: string
}

/** What a project's root says about its package manager. */
export interface Root {
  /** The names in the folder. */
  entries: string[]
  packageJson: string
  /** The text of its lock file, if that is no binary one. */
  lock: (file: Lockfile) => Promise<string>
  /** Where it is, for messages: `.` or a path. */
  folder: string
}

/** The package manager of a project: what `packageManager` in package.json names, else that of its lock file. */
export async function chooseManager({ entries, packageJson, lock, folder }: Root): Promise<Manager> {
  const { lockfile, pinned } = chooseLockfile(entries, packageJson, folder)
  if (lockfile === "") return { name: "npm", package: "", digest: "", lockfile, because: "no dependency" }
  if (pinned) return { ...pinnedManager(pinned), lockfile }
  return managerOf(lockfile, lockfile === "bun.lockb" ? "" : await lock(lockfile))
}

function pinnedManager({ manager, version, digest }: PinnedManager): Omit<Manager, "lockfile"> {
  const because = "packageManager in package.json"
  const isBerry = manager === "yarn" && !/^[01]\./.test(version)
  const name = isBerry ? "berry" : manager
  return { name, package: `${isBerry ? "@yarnpkg/cli-dist" : manager}@${version}`, digest, because }
}

/** The manager of a lock file, in a version that reads the file's format without changing it. */
export function managerOf(lockfile: Lockfile, text: string): Manager {
  const common = { digest: "", lockfile }
  const manager = lockfiles[lockfile]
  if (manager === "npm") return { ...common, name: "npm", package: "", because: lockfile }
  const isBerry = lockfile === "yarn.lock" && /^__metadata:/m.test(text)
  const name = isBerry ? "berry" : manager
  const [, found = ""] = isBerry
    ? (/^__metadata:\r?\n\s+version:\s*"?(\d+)/m.exec(text) ?? [])
    : (/^lockfileVersion:\s*'?(\d+(?:\.\d+)?)/m.exec(text) ?? [])
  const version = name === "pnpm" || name === "berry" ? Number(found || "Infinity") : 1
  const chosen = managers[name].find(({ upTo }) => version <= upTo)!
  return { ...common, name, package: chosen.package, because: found ? `${lockfile} of version ${found}` : lockfile }
}

/** How a manager installs. */
interface Commands {
  /** Everything from manifests and lock file alone, with install scripts. */
  install: string
  /** Downloads and links without running a script. */
  fetch: string
  /** What `fetch` left out, with all files of the project there. */
  finish: string
}

/** The scripts that `npm ci` runs for the project itself, once all packages are there. */
const npmScripts = "preinstall install postinstall prepublish preprepare prepare postprepare"
const npmFinish = `npm rebuild || exit
for name in ${npmScripts}; do npm run --if-present $name || exit; done`

/** What `npm ci` does for a project without dependencies, which may have no lock file. */
const scriptsAlone = `for name in ${npmScripts}; do npm run --if-present $name || exit; done`

const commands: Record<ManagerName, Commands> = {
  npm: {
    install: "npm ci --no-progress",
    fetch: "npm ci --no-progress --ignore-scripts",
    finish: npmFinish,
  },
  pnpm: {
    install: "pnpm install --frozen-lockfile",
    // A second `pnpm install` would find everything up to date, and run no script.
    fetch: "pnpm fetch --ignore-scripts",
    finish: "pnpm install --frozen-lockfile --prefer-offline",
  },
  yarn: {
    install: "yarn install --frozen-lockfile --non-interactive",
    fetch: "yarn install --frozen-lockfile --non-interactive --ignore-scripts",
    finish: "yarn install --frozen-lockfile --non-interactive --prefer-offline",
  },
  berry: {
    install: "yarn install --immutable",
    fetch: "yarn install --immutable --mode=skip-build",
    finish: "yarn install --immutable",
  },
  bun: {
    install: "bun install --frozen-lockfile",
    fetch: "bun install --frozen-lockfile --ignore-scripts",
    // A second `bun install` would run the scripts of the root alone.
    finish: "find . -name node_modules -prune -exec rm -rf {} + && bun install --frozen-lockfile",
  },
}

/** The commands of a manager, for bash. */
export function commandsOf({ name, lockfile }: Manager): Commands {
  if (lockfile === "") return { install: scriptsAlone, fetch: "true", finish: scriptsAlone }
  return commands[name]
}

/** The program of a package manager. */
export function programOf(name: ManagerName): string {
  return name === "berry" ? "yarn" : name
}

/** The command that runs a script of package.json. */
export function scriptCommand(name: ManagerName, script: string, args: string[] = []): string[] {
  const run = programOf(name)
  if (name === "npm") return [run, "run", script, ...(args.length > 0 ? ["--", ...args] : [])]
  return [run, "run", script, ...args]
}

/** The command that runs a program of an installed package. */
export function programCommand(name: ManagerName, program: string, args: string[] = []): string[] {
  const run = {
    npm: ["npx", "--no-install"],
    pnpm: ["pnpm", "exec"],
    yarn: ["yarn", "run"],
    berry: ["yarn", "run"],
    bun: ["bunx", "--no-install"],
  }[name]
  return [...run, program, ...args]
}

/** Where a manager keeps its downloads: a cache volume. */
export function downloadsOf(name: ManagerName): { volume: string; at: string } {
  return { volume: `delivery-node-${name}`, at: name === "npm" ? "/root/.npm" : `/var/cache/${name}` }
}

/** The environment of a manager: where its downloads are, and nothing that asks or reports. */
export function environmentOf(name: ManagerName): Record<string, string> {
  const { at } = downloadsOf(name)
  return {
    npm: {},
    pnpm: {
      npm_config_store_dir: at,
      pnpm_config_store_dir: at,
      npm_config_manage_package_manager_versions: "false",
      pnpm_config_manage_package_manager_versions: "false",
      npm_config_verify_deps_before_run: "false",
      pnpm_config_verify_deps_before_run: "false",
    },
    yarn: { YARN_CACHE_FOLDER: at },
    // The archives that Plug'n'Play runs from are in the project: a cache volume may be emptied between two steps.
    berry: { YARN_GLOBAL_FOLDER: at, YARN_ENABLE_GLOBAL_CACHE: "false", YARN_ENABLE_TELEMETRY: "false" },
    bun: { BUN_INSTALL_CACHE_DIR: at },
  }[name]
}
