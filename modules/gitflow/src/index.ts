/**
 * Git Flow: which pipeline a branch gets, which version comes next, and the hash by which a source tree is recognized after a
 * merge.
 *
 * Names of branches and tags are compared and shown, never run.
 */
import { Container, Directory, ExistsType, ReturnType, argument, dag, func, object } from "@dagger.io/dagger"
import { deliveredPaths, readDiff, readState } from "./checkout"
import { decide, explained } from "./flow"
import { images } from "./images"
import { diffScript, stateScript } from "./scripts"
import { firstLine } from "./shared/clock"
import { nextVersion } from "./version"

/** The decision for a branch. */
@object()
export class Decision {
  /** Pipeline to run: `pr`, `dev`, `stage`, `prod`, or `none`. */
  @func() name: string
  /** Why, in one line. */
  @func() reason: string
  /** Pipeline to run after it has passed (`stage`, after the checks of a hotfix); empty for none. */
  @func() next: string
  /** What to do when everything has passed: the merges of the flow; empty for nothing. */
  @func() afterwards: string

  constructor(name: string, reason: string, next: string, afterwards: string) {
    this.name = name
    this.reason = reason
    this.next = next
    this.afterwards = afterwards
  }
}

/** The state of a checkout. */
@object()
export class Source {
  /** Branch that is checked out; empty for a detached commit, as CI systems check out. */
  @func() branch: string = ""
  /** Full hash of the commit. */
  @func() commit: string = ""
  /** Time of the commit, such as `2026-01-31T12:00:00+00:00`. */
  @func() time: string = ""
  /** Email address of the author of the commit. */
  @func() author: string = ""
  /** Whether files of the delivered paths differ from the commit, or are neither committed nor ignored. */
  @func() dirty: boolean = false
  /** The first 20 of these files. */
  @func() changed: string[] = []
  /** All tags. */
  @func() tags: string[] = []
  /** Tags of this commit; a version among them means that it was released before. */
  @func() tagsHere: string[] = []
  /** Whether the clone is shallow: tags may be missing. */
  @func() shallow: boolean = false
  /** Hash of the delivered paths, as `trees` returns it. */
  @func() tree: string = ""
}

/** What a checkout changes since it left another branch. */
@object()
export class Diff {
  /** Base of the comparison, such as `develop (1a2b3c4d5e)`; empty when there is none. */
  @func() base: string = ""
  /** Why there is no base; empty when there is one. */
  @func() reason: string = ""
  /** Branch that it left, or at whose end it is; empty when none of the branches exists here. */
  @func() branch: string = ""
  /** Commits that the base does not have. */
  @func() commits: string[] = []
  /** Unified diff without context, with renames. */
  @func() text: string = ""
  /** The files of the base, if they were requested. */
  @func() files: Directory

  constructor(files: Directory) {
    this.files = files
  }
}

@object()
export class Gitflow {
  /**
   * Returns the container that git runs in.
   *
   * Example: `dagger -m modules/gitflow call base with-exec --args git,--version stdout`
   *
   * @param image Image with git and bash, for example `golang:1.26.8-bookworm`.
   */
  @func()
  base(image: string = images.golang): Container {
    const settings = { "safe.directory": "*", "core.fsmonitor": "false", "core.quotePath": "false" }
    let container = dag
      .container()
      .from(image)
      .withEnvVariable("GIT_CONFIG_COUNT", String(Object.keys(settings).length))
      .withWorkdir("/src")
    for (const [i, [key, value]] of Object.entries(settings).entries())
      container = container.withEnvVariable(`GIT_CONFIG_KEY_${i}`, key).withEnvVariable(`GIT_CONFIG_VALUE_${i}`, value)
    return container
  }

  /**
   * Returns the pipeline for a branch.
   * A pull request is checked (`pr`), whatever its target. A push to develop gets `dev`, to master
   * `prod`, and to release/* and hotfix/* `pr`, then `stage`. Any other branch is checked as a pull request is; no branch (a
   * tag) gets `none`.
   *
   * Example: `dagger -m modules/gitflow call pipeline --branch release/1.4 name`
   *
   * @param branch Branch that was pushed or is to be merged, for example `release/1.4`; `refs/heads/…` is accepted.
   * @param event What happened: `push` or `pull_request`.
   * @param base Target of a pull request, for example `develop`; it is shown in the reason, and decides nothing.
   * @param master Branch that production runs, for example `main`.
   * @param develop Branch that features are merged into, for example `develop`.
   */
  @func()
  pipeline(
    branch: string,
    event: string = "push",
    base: string = "",
    master: string = "master",
    develop: string = "develop",
  ): Decision {
    const { name, reason, next, afterwards } = decide(branch, event, base, { master, develop })
    return new Decision(name, reason, next, afterwards)
  }

  /**
   * Returns the table of branches and pipelines as text.
   * The row of this branch is marked, and the last line has the reason.
   *
   * Example: `dagger -m modules/gitflow call explain --branch hotfix/login`
   *
   * @param branch Branch that was pushed or is to be merged, for example `release/1.4`; `refs/heads/…` is accepted.
   * @param event What happened: `push` or `pull_request`.
   * @param base Target of a pull request, for example `develop`; it is shown in the reason, and decides nothing.
   * @param master Branch that production runs, for example `main`.
   * @param develop Branch that features are merged into, for example `develop`.
   */
  @func()
  explain(
    branch: string,
    event: string = "push",
    base: string = "",
    master: string = "master",
    develop: string = "develop",
  ): string {
    return explained(branch, event, base, { master, develop })
  }

  /**
   * Returns the next version as a tag.
   * A release or hotfix branch that is named by a version has that version (`release/1.4` is v1.4.0), which has to be
   * above all tags. Otherwise it is the highest tag with a new minor number, for a hotfix too; the first version is
   * v0.1.0. Tags of another form and pre-releases do not count. An error: a branch that is never tagged, and a branch
   * or a later tag that only looks like a version, such as `2027.01`.
   *
   * Example: `dagger -m modules/gitflow call version --branch master --merged release/2.0 --tags v1.3.0,v1.4.0`
   *
   * @param branch Branch to tag: master, or for example `release/1.4` or `hotfix/login`.
   * @param tags All tags so far, for example `v1.3.0,v1.4.0`.
   * @param merged On master, the branch that was merged, for example `release/1.4`; empty if it is not known.
   * @param bump Number to raise, `major`, `minor` or `patch`, whatever the branch is named; empty to go by the branch.
   * @param master Branch that production runs, for example `main`.
   * @param develop Branch that features are merged into, for example `develop`.
   */
  @func()
  version(
    branch: string,
    tags: string[],
    merged: string = "",
    bump: string = "",
    master: string = "master",
    develop: string = "develop",
  ): string {
    return nextVersion({ branch, tags, merged, bump, names: { master, develop } })
  }

  /**
   * Returns the state of a checkout.
   * It has the branch, commit, time, tags, whether it is dirty, and the hash of the delivered paths.
   *
   * Example: `dagger -m modules/gitflow call of-source --source . commit`
   *
   * @param source Repository with its `.git`, for example `.`.
   * @param paths Delivered paths, for example `services,charts`: `dirty` and `tree` are about these, `tree` with what is not
   * committed.
   * @param image Image with git and bash, for example `golang:1.26.8-bookworm`.
   */
  @func({ cache: "session" })
  async ofSource(
    @argument({ ignore: ["**/node_modules", ".git/config", ".git/hooks", ".git/logs", ".git/index"] })
    source: Directory,
    paths: string[] = ["."],
    image: string = images.golang,
  ): Promise<Source> {
    const { changed, ...state } = readState(await stateOf(this.base(image), source, "all", paths))
    return Object.assign(new Source(), { ...state, dirty: changed.length > 0, changed: changed.slice(0, 20) })
  }

  /**
   * Returns one hash over the given paths of the commit, made from git's own hashes of their trees.
   * A merge that changes none of them has the same hash, so what was built and staged before the merge is found again.
   * Neither the files of the checkout nor the order and number of the paths matter.
   *
   * Example: `dagger -m modules/gitflow call trees --source . --paths services,charts`
   *
   * @param source Repository with its `.git`, for example `.`; nothing else of it is read.
   * @param paths Files or folders of the repository, for example `services,charts`. A path that is not in the commit is an
   * error.
   * @param image Image with git and bash, for example `golang:1.26.8-bookworm`.
   */
  @func({ cache: "session" })
  async trees(
    @argument({ ignore: ["*", "!.git", ".git/config", ".git/hooks", ".git/logs", ".git/index"] }) source: Directory,
    paths: string[],
    image: string = images.golang,
  ): Promise<string> {
    return readState(await stateOf(this.base(image), source, "tree", paths)).tree
  }

  /**
   * Returns what a checkout changes since it left another branch.
   * That is everything that differs from the commit at which it left the first existing branch of `branches`
   * (`origin/…` before the local one); where none exists, that of origin's HEAD, main or master. Uncommitted edits
   * count, and so do new files that are not ignored. At the end of such a branch, with everything committed, the base
   * is the commit before.
   *
   * Example: `dagger -m modules/gitflow call diff --source . --branches develop text`
   *
   * @param source Repository with its `.git`, for example `.`.
   * @param branches Branches that the checkout may have left, for example `develop,master`.
   * @param image Image with git and bash, for example `golang:1.26.8-bookworm`.
   * @param withFiles Whether `files` holds the files of the base, for example `true`.
   */
  @func({ cache: "session" })
  async diff(
    @argument({ ignore: ["**/node_modules", ".git/config", ".git/hooks", ".git/logs", ".git/index"] })
    source: Directory,
    branches: string[] = ["develop"],
    image: string = images.golang,
    withFiles: boolean = false,
  ): Promise<Diff> {
    const folder = withFiles ? "/before" : ""
    const ran = await gitRan(this.base(image), source, diffScript, [folder, ...branches])
    const printed = readDiff(await ran.file(printedFile).contents())
    return Object.assign(new Diff(folder ? ran.directory(folder) : dag.directory()), printed)
  }
}

/** The output of stateScript in a checkout. */
async function stateOf(base: Container, source: Directory, kind: "all" | "tree", paths: string[]): Promise<string> {
  return (await gitRan(base, source, stateScript, [kind, ...deliveredPaths(paths)])).file(printedFile).contents()
}

/**
 * What a script has printed. The shell writes the file: the CLI shows what a command prints, `redirectStdout` included, and
 * a diff can hold secrets.
 */
const printedFile = "/tmp/printed"

/** The container in which a script has run in the checkout; an error with its first line when it failed. */
async function gitRan(base: Container, source: Directory, script: string, args: string[]): Promise<Container> {
  if (!(await source.exists(".git", { expectedType: ExistsType.DirectoryType })))
    throw new Error(
      (await source.exists(".git"))
        ? ".git is a file: the source is a linked worktree or a submodule; give a complete clone"
        : "the source is not a git repository: it has no .git",
    )
  const ran = base
    .withMountedDirectory("/src", source)
    .withExec(["timeout", "120", "bash", "-c", `exec > ${printedFile}\n${script}`, "gitflow", ...args], {
      expect: ReturnType.Any,
    })
  if ((await ran.exitCode()) !== 0)
    throw new Error(firstLine(await ran.stderr()) || `git ended with exit code ${await ran.exitCode()}`)
  return ran
}
