// A green pull request whose source is as it was, byte by byte, is not asked again: its reports are taken from the state folder, and no engine is needed. What counts
// as the source is what the pipeline is given: every file that git knows or would take, ignored files that are no tool's output, and the refs.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { repository, statePaths } from "./paths.js"
import { hashOf } from "./stamp.js"
import { contentOf } from "./unchanged.js"

/** Folders that the pipeline leaves out of the source too, wherever they are (`ignore` of pr in ci/src/index.ts); and so is reports/ at its root. */
const outputs = ["node_modules", "dist", "coverage"]
const leftOut = new RegExp(`(^|/)(${outputs.join("|")})(/|$)|^reports/`)

/** The same for git, where a repository does not ignore them: else the reports of a run would make the next one another. */
const untold = [...outputs, "/reports/"].map((line) => `${line}\n`).join("")

/** After this many seconds a result is asked again: by then other vulnerabilities of what is depended on may be known. */
const validFor = 24 * 3600

/** And after this many, where a stage came to no verdict: a database that did not answer may answer again. */
export const validWithoutVerdict = 3600

/** How many results are kept. */
const kept = 20

/** A name for all that a run follows from: the source, the pipeline's own code, its arguments, the stand-in images. Nothing where that cannot be told, such as outside of git. */
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

/** The report files of a green run with this key, unless it is too old. */
export function knownReports(key: string, { state } = statePaths()): Record<string, string> | undefined {
  const file = join(state, "known", key)
  if (!existsSync(file)) return undefined
  const reports = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>
  const { stages = [] } = JSON.parse(reports["result.json"] ?? "{}") as { stages?: { status: string }[] }
  const limit = stages.some(({ status }) => status === "inconclusive") ? validWithoutVerdict : validFor
  return Date.now() - statSync(file).mtimeMs > 1000 * limit ? undefined : reports
}

/** Notes a green run's report files. Written aside and renamed, so that a note is whole or absent. */
export function noteReports(key: string, reports: string, { state } = statePaths()): void {
  const folder = join(state, "known")
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `.${key}`), reports)
  renameSync(join(folder, `.${key}`), join(folder, key))
  const old = readdirSync(folder)
    .map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at)
    .slice(kept)
  for (const { name } of old) rmSync(join(folder, name))
}

/** A hash over a file's content, or over what a link points at. */
function contentHash(file: string): string {
  return createHash("sha256")
    .update(lstatSync(file).isSymbolicLink() ? readlinkSync(file) : readFileSync(file))
    .digest("hex")
}

/** A hash over a folder that is the root of a git clone: the tree that `git add --all` would make, HEAD and all refs, and ignored files. Nothing is written into the clone. */
function contentKey(folder: string): string | undefined {
  const dot = join(folder, ".git")
  if (!existsSync(join(dot, "HEAD"))) return undefined
  const scratch = mkdtempSync(join(tmpdir(), "delivery-key-"))
  try {
    const index = join(scratch, "index")
    // With a copy of the index git reads only the files that changed since. A file that was edited in the second in which the index was written may look as it did then;
    // git reads those files anyway, which it tells by the index's own time: so the copy must not be younger.
    if (existsSync(join(dot, "index"))) {
      copyFileSync(join(dot, "index"), index)
      const written = statSync(join(dot, "index")).mtimeMs / 1000 - 2
      utimesSync(index, written, written)
    }
    mkdirSync(join(scratch, "objects"))
    writeFileSync(join(scratch, "untold"), untold)
    const env = {
      ...process.env,
      GIT_DIR: dot,
      GIT_WORK_TREE: folder,
      GIT_INDEX_FILE: index,
      GIT_OBJECT_DIRECTORY: join(scratch, "objects"),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(dot, "objects"),
      GIT_OPTIONAL_LOCKS: "0",
    }
    const git = (...args: string[]): string | undefined => {
      const { status, stdout } = spawnSync(
        "git",
        [
          "-c",
          "core.fsmonitor=false",
          "-c",
          `core.excludesFile=${join(scratch, "untold")}`,
          "-c",
          "safe.directory=*",
          ...args,
        ],
        { cwd: folder, env, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] },
      )
      return status === 0 ? stdout : undefined
    }
    if (git("add", "--all", ".") === undefined) return undefined
    const [tree, refs, ignored] = [
      git("write-tree"),
      git("for-each-ref", "--format=%(objectname) %(refname)"),
      git("ls-files", "-z", "--others", "--ignored", "--exclude-standard"),
    ]
    if (tree === undefined || refs === undefined || ignored === undefined) return undefined
    const others = ignored.split("\0").filter((file) => file !== "" && !leftOut.test(file))
    if (others.length > 5000) return undefined
    const contents = others.map((file) => [file, contentHash(join(folder, file))])
    return hashOf(tree, readFileSync(join(dot, "HEAD"), "utf8"), refs, contents)
  } catch {
    return undefined
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
