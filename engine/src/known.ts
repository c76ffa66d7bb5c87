// Answers a pull request whose source is the same, byte by byte, as in an earlier green run: the reports come from the
// state folder, and no engine is needed. The source is what the pipeline gets: every file that git tracks or would add, and
// the refs.
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { reportsFolder } from "../../ci/src/config/checkout.js"
import { repository, statePaths } from "./paths.js"
import { hashOf } from "./stamp.js"
import { contentOf } from "./unchanged.js"

/** What the pipeline leaves out of the source too, whatever git says (`ignore` in ci/src/index.ts), as patterns for git. */
const excludes = `node_modules\n/${reportsFolder}/\n`

/** Seconds for which a result is valid: afterwards other vulnerabilities of dependencies may be known. */
const validFor = 24 * 3600

/** Seconds for which a result is valid when a stage is inconclusive: a database that did not answer may answer now. */
export const validWithoutVerdict = 3600

/** How many results stay. */
const maxResults = 20

/**
 * The key of a run: a hash of the source, the pipeline's own code, its arguments and the stand-in images. Undefined where
 * the source cannot be read through git.
 */
export function keyOfRun(
  source: string,
  args: string[],
  { images } = statePaths(),
  code = repository,
): string | undefined {
  const trees = [...new Set([resolve(source), code])].map(contentKey)
  if (trees.some((tree) => tree === undefined)) return undefined
  return hashOf(trees, args, contentOf(images, "images"))
}

/** The report files of a green run with this key, unless they are too old. */
export function knownReports(key: string, { state } = statePaths()): Record<string, string> | undefined {
  const file = join(state, "known", key)
  if (!existsSync(file)) return undefined
  const reports = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>
  const { stages = [] } = JSON.parse(reports["result.json"] ?? "{}") as { stages?: { status: string }[] }
  const limit = stages.some(({ status }) => status === "inconclusive") ? validWithoutVerdict : validFor
  return Date.now() - statSync(file).mtimeMs > 1000 * limit ? undefined : reports
}

/** Records the report files of a green run. The record is written beside its place and renamed: complete or absent. */
export function noteReports(key: string, reports: string, { state } = statePaths()): void {
  const folder = join(state, "known")
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `.${key}`), reports)
  renameSync(join(folder, `.${key}`), join(folder, key))
  const old = readdirSync(folder)
    .map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at)
    .slice(maxResults)
  for (const { name } of old) rmSync(join(folder, name))
}

/**
 * A hash of a folder that is the root of a git clone: the tree that `git add --all` would make, HEAD and all refs.
 * Nothing is written into the clone. Undefined when git fails, or has other repositories inside, whose files it does not name.
 */
function contentKey(folder: string): string | undefined {
  const gitFolder = join(folder, ".git")
  if (!existsSync(join(gitFolder, "HEAD"))) return undefined
  const scratch = mkdtempSync(join(tmpdir(), "delivery-key-"))
  try {
    const git = gitBeside(folder, gitFolder, scratch)
    if (git("add", "--all", ".") === undefined) return undefined
    const [tree, refs, files] = [
      git("write-tree"),
      git("for-each-ref", "--format=%(objectname) %(refname)"),
      git("ls-files", "-z", "--stage"),
    ]
    if (tree === undefined || refs === undefined || files === undefined) return undefined
    if (/(^|\0)160000 /.test(files)) return undefined
    return hashOf(tree, readFileSync(join(gitFolder, "HEAD"), "utf8"), refs)
  } catch {
    return undefined
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Runs git on a clone with an index and objects of its own in `scratch`; returns stdout, or undefined on failure. */
function gitBeside(folder: string, gitFolder: string, scratch: string): (...args: string[]) => string | undefined {
  const index = join(scratch, "index")
  if (existsSync(join(gitFolder, "index"))) {
    // With a copy of the index, git reads only the files that changed since. A file that was edited in the second in
    // which the index was written may look unchanged; git reads such files when the index is not younger than they are.
    copyFileSync(join(gitFolder, "index"), index)
    const written = statSync(join(gitFolder, "index")).mtimeMs / 1000 - 2
    utimesSync(index, written, written)
  }
  mkdirSync(join(scratch, "objects"))
  writeFileSync(join(scratch, "excludes"), excludes)
  const env = {
    ...process.env,
    GIT_DIR: gitFolder,
    GIT_WORK_TREE: folder,
    GIT_INDEX_FILE: index,
    GIT_OBJECT_DIRECTORY: join(scratch, "objects"),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: join(gitFolder, "objects"),
    GIT_OPTIONAL_LOCKS: "0",
  }
  const settings = ["core.fsmonitor=false", `core.excludesFile=${join(scratch, "excludes")}`, "safe.directory=*"]
  const options = settings.flatMap((setting) => ["-c", setting])
  return (...args) => {
    const { status, stdout } = spawnSync("git", [...options, ...args], {
      cwd: folder,
      env,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "ignore"],
    })
    return status === 0 ? stdout : undefined
  }
}
