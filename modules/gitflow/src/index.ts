/**
 * Decides by Git Flow: which pipeline a branch gets, which version comes next, and by which hash a source tree is found again after a merge.
 *
 * Names of branches and tags are compared and shown, never run.
 */
import { Container, Directory, ExistsType, ReturnType, argument, dag, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { decide, deliveredPaths, explained, nextVersion, readDiff, readState } from "./flow"
import { images } from "./images"
import { diffScript, stateScript } from "./scripts"

/** What is decided for a branch. */
@object()
export class Decision {
  /** The pipeline to run: `pr`, `dev`, `stage`, `prod`, or `none`. */
  @func() name: string
  /** Why, in one line. */
  @func() reason: string
  /** The pipeline to run when that one has passed (`stage`, after the checks of a hotfix); empty when there is none. */
  @func() next: string
  /** What is left to do when all has passed: the merges that the flow asks for; empty when there is nothing. */
  @func() afterwards: string

  constructor(name: string, reason: string, next: string, afterwards: string) {
    this.name = name
    this.reason = reason
    this.next = next
    this.afterwards = afterwards
  }
}

/** What is known of a checkout. */
@object()
export class Source {
  /** The branch that is checked out; empty for a commit that is checked out by itself, as CI systems do. */
  @func() branch: string
  /** The commit's full hash. */
  @func() commit: string
  /** The commit's time, as in `2026-01-31T12:00:00+00:00`. */
  @func() time: string
  /** Whether files of the delivered paths differ from the commit, or are neither in it nor ignored. */
  @func() dirty: boolean
  /** Those files, the first 20. */
  @func() changed: string[]
  /** All tags. */
  @func() tags: string[]
  /** The tags of this commit: a version among them means that it was released before. */
  @func() tagsHere: string[]
  /** Whether the clone is shallow: tags may be missing. */
  @func() shallow: boolean
  /** The hash of the delivered paths, as `trees` gives it. */
  @func() tree: string

  constructor(
    branch: string,
    commit: string,
    time: string,
    dirty: boolean,
    changed: string[],
    tags: string[],
    tagsHere: string[],
    shallow: boolean,
    tree: string,
  ) {
    this.branch = branch
    this.commit = commit
    this.time = time
    this.dirty = dirty
    this.changed = changed
    this.tags = tags
    this.tagsHere = tagsHere
    this.shallow = shallow
    this.tree = tree
  }
}

/** What differs from where a checkout left another branch. */
@object()
export class Diff {
  /** What it is compared with, such as `develop (1a2b3c4d5e)`; empty where there is nothing to compare with. */
  @func() base: string
  /** Why there is nothing to compare with; else empty. */
  @func() reason: string
  /** A unified diff without context. */
  @func() text: string
  /** The files of the commit that it is compared with, where they were asked for. */
  @func() files: Directory

  constructor(base: string, reason: string, text: string, files: Directory) {
    this.base = base
    this.reason = reason
    this.text = text
    this.files = files
  }
}

@object()
export class Gitflow {
  /**
   * The container that git runs in.
   *
   * Example: `dagger -m modules/gitflow call base with-exec --args git,--version stdout`
   *
   * @param image Another image with git and bash in it, instead of the pinned one.
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
   * The pipeline for a branch. A pull request is checked (`pr`), whatever it asks to be merged into; a push gets `dev` on develop, `stage` on release/*,
   * `prod` on master, and `pr` then `stage` on hotfix/*. Any other branch is checked as a pull request is, and no branch (a tag) gets `none`.
   *
   * Example: `dagger -m modules/gitflow call pipeline --branch release/1.4 name`
   *
   * @param branch The branch that was pushed or asks to be merged, such as `release/1.4`; `refs/heads/…` is taken, too.
   * @param event `push` or `pull_request`.
   * @param base The branch that a pull request asks to be merged into; only shown.
   * @param master The branch that production runs.
   * @param develop The branch that features go to.
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
   * The table of branches and pipelines as text; the row for this branch is marked, and the last line says why.
   *
   * Example: `dagger -m modules/gitflow call explain --branch hotfix/login`
   *
   * @param branch As for `pipeline`, and so are the others.
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
   * The next version as a tag: the one that a release or hotfix branch is named by (`release/1.4` gives v1.4.0), else the highest tag's with a new minor
   * number. A hotfix gets a new minor number, too. Tags that are no version (and pre-releases) do not count; the first version is v0.1.0. A named version
   * that is not above the highest tag is an error, and so is a branch that is never tagged.
   *
   * Example: `dagger -m modules/gitflow call version --branch master --merged release/2.0 --tags v1.3.0,v1.4.0`
   *
   * @param branch master, release/* or hotfix/*.
   * @param tags The tags so far, all of them.
   * @param merged On master, the branch that was merged, if it is known.
   * @param bump `major`, `minor` or `patch`: raises that number instead, whatever the branch is named by.
   * @param master The branch that production runs.
   * @param develop The branch that features go to.
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
    return nextVersion(branch, tags, merged, bump, { master, develop })
  }

  /**
   * What is known of a checkout: branch, commit, time, tags, whether it is dirty, and the hash of the delivered paths.
   *
   * Example: `dagger -m modules/gitflow call of-source --source . commit`
   *
   * @param source The repository, with its `.git`.
   * @param paths The delivered paths: `dirty` and `tree` are about these, `tree` with what is not committed.
   * @param image Another image with git and bash in it.
   */
  @func({ cache: "session" })
  async ofSource(
    @argument({ ignore: ["**/node_modules", ".git/config", ".git/hooks", ".git/logs", ".git/index"] })
    source: Directory,
    paths: string[] = ["."],
    image: string = images.golang,
  ): Promise<Source> {
    const { branch, commit, time, changed, tags, tagsHere, shallow, tree } = readState(
      await state(this.base(image), source, "all", paths),
    )
    return new Source(branch, commit, time, changed.length > 0, changed.slice(0, 20), tags, tagsHere, shallow, tree)
  }

  /**
   * One hash over the given paths of the commit, made from git's own hashes of their trees. A merge that changes none of them has the same hash, so what was
   * built and staged before the merge is found again. The files of the checkout play no part, nor do the order and number of the paths.
   *
   * Example: `dagger -m modules/gitflow call trees --source . --paths services,charts`
   *
   * @param source The repository, with its `.git`; nothing else of it is read.
   * @param paths Files or folders of the repository. One that is not in the commit is an error.
   * @param image Another image with git and bash in it.
   */
  @func({ cache: "session" })
  async trees(
    @argument({ ignore: ["*", "!.git", ".git/config", ".git/hooks", ".git/logs", ".git/index"] }) source: Directory,
    paths: string[],
    image: string = images.golang,
  ): Promise<string> {
    return readState(await state(this.base(image), source, "tree", paths)).tree
  }

  /**
   * What a checkout changes: all that differs from the commit at which it left the first of the given branches that there is (`origin/…` before the local one). Edits
   * that are not committed count, and so do new files that are not ignored. At the end of such a branch, with all committed, it is compared with the commit before.
   *
   * Example: `dagger -m modules/gitflow call diff --source . --branches develop text`
   *
   * @param source The repository, with its `.git`.
   * @param branches Branches that the checkout may have left.
   * @param image Another image with git and bash in it.
   * @param withFiles Whether `files` has the files of the commit that it is compared with.
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
    const { base, reason, text } = readDiff(await ran.stdout())
    return new Diff(base, reason, text, folder ? ran.directory(folder) : dag.directory())
  }
}

/** What git says of a checkout, as readState() takes it. */
async function state(base: Container, source: Directory, kind: "all" | "tree", paths: string[]): Promise<string> {
  return (await gitRan(base, source, stateScript, [kind, ...deliveredPaths(paths)])).stdout()
}

/** The container in which a script has run in the checkout; an error with what it says is wrong. */
async function gitRan(base: Container, source: Directory, script: string, args: string[]): Promise<Container> {
  if (!(await source.exists(".git", { expectedType: ExistsType.DirectoryType })))
    throw new Error(
      (await source.exists(".git"))
        ? ".git is a file: the source is a linked worktree or a submodule; give a whole clone"
        : "the source is not a git repository: it has no .git",
    )
  const ran = base
    .withMountedDirectory("/src", source)
    .withExec(["timeout", "120", "bash", "-c", script, "gitflow", ...args], { expect: ReturnType.Any })
  if ((await ran.exitCode()) !== 0)
    throw new Error(firstLine(await ran.stderr()) || `git ended with ${await ran.exitCode()}`)
  return ran
}
