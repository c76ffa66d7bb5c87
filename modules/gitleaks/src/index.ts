/**
 * Finds secrets with gitleaks: in the whole history of a git repository and in its files.
 *
 * No report holds a secret: gitleaks redacts them before it writes. A shallow clone, a repository that git cannot read and a
 * scan that has seen no commit are failures, not a clean result.
 */
import { Container, Directory, argument, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { commitsScanned, describe, findings, junit, merged, sarif, scanErrors } from "./read"
import { Ran, readReport, runStep, told } from "./shared/step"

/** gitleaks ends with this code when it found a secret, so that it cannot be taken for an error. */
const found = 3

/** What a scan has found. */
@object()
export class Result {
  /** The name of the result, `secrets` if no other was given. */
  @func() name: string
  /** `passed`, `failed`, or `skipped` when the call was interrupted before the scan ended. */
  @func() status: string
  /** For a failure the first secret: file, line and rule, and the commit where it is in the history only. */
  @func() reason: string
  /** The exit code: 0 clean, 3 secrets found in a scan that was whole, 124 time-out, -1 when nothing ran, anything else an error. */
  @func() exitCode: number
  /** How long gitleaks took when it really ran. */
  @func() seconds: float
  /** Whether the scans came from the cache. */
  @func() cached: boolean
  /** The number of commits that were scanned, where a history was. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `secrets.json`, `secrets.sarif`, `junit.xml`, gitleaks' own JSON of each scan and its output. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    commits?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = commits
    this.unit = commits === undefined ? "" : "commits"
    this.reports = reports
  }

  /** The reason; an error when the step did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Gitleaks {
  /**
   * The container that gitleaks runs in.
   *
   * Example: `dagger -m modules/gitleaks call base with-exec --args gitleaks,dir,--help stdout`
   *
   * @param image Another image with gitleaks, git and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.gitleaks): Container {
    return dag
      .container()
      .from(image)
      .withEnvVariable("GIT_CONFIG_COUNT", "1")
      .withEnvVariable("GIT_CONFIG_KEY_0", "safe.directory")
      .withEnvVariable("GIT_CONFIG_VALUE_0", "*")
      .withWorkdir("/src")
  }

  /**
   * Scans the full history and the files of a git repository. Rules and exceptions are read from its `.gitleaks.toml` and
   * `.gitleaksignore`; files that `.gitignore` names are left out.
   *
   * Example: `dagger -m modules/gitleaks call detect --source . reason`
   *
   * @param source The repository, with its `.git`.
   * @param git The `.git` folder by itself, when `source` has none: an edited file then does not scan the history again.
   * @param name What the result is called by.
   * @param timeout Seconds for each of the two scans.
   * @param image Another image with gitleaks, git and bash in it.
   * @param args More arguments for both scans, for example `--max-target-megabytes=5`.
   * @param until Seconds since 1970: a scan that runs longer is given as skipped. 0 waits for it.
   * @param again Another value than before runs the tools again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async detect(
    @argument({
      ignore: [
        "**/node_modules",
        ".git/index",
        ".git/config",
        ".git/logs",
        ".git/hooks",
        ".git/*_HEAD",
        ".git/COMMIT_EDITMSG",
      ],
    })
    source: Directory,
    git?: Directory,
    name: string = "secrets",
    timeout: number = 600,
    image: string = images.gitleaks,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    return reported(name, until, async () => {
      const history = git ?? (await gitFolder(source))
      const shallow = await history.exists("shallow")
      const base = anew(withRules(this.base(image), source, await source.glob(".gitleaks*")), again)
      const [past, present] = await Promise.all([
        scan(base.withMountedDirectory("/src/.git", history), "git", args, timeout),
        scan(base.withMountedDirectory("/src", tree(source)), "dir", args, timeout),
      ])
      const commits = commitsScanned(past.log)
      const trouble =
        past.trouble ||
        present.trouble ||
        (shallow
          ? "shallow clone: gitleaks saw only a part of the history; fetch all of it (`git fetch --unshallow`)"
          : commits
            ? ""
            : "no commit was scanned: the repository has none, or git cannot read it")
      return result(name, [past, present], trouble, commits, `no secret in ${commits} commits and the files`)
    })
  }

  /**
   * Scans the files of a folder that need not be a git repository.
   *
   * Example: `dagger -m modules/gitleaks call files --source ./services/kit reason`
   *
   * @param args More arguments for gitleaks, for example `--max-archive-depth=2`.
   */
  @func({ cache: "session" })
  async files(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    name: string = "files",
    timeout: number = 600,
    image: string = images.gitleaks,
    args: string[] = [],
  ): Promise<Result> {
    return reported(name, 0, async () => {
      const base = withRules(this.base(image), source, await source.glob(".gitleaks*"))
      const present = await scan(base.withMountedDirectory("/src", tree(source)), "dir", args, timeout)
      return result(name, [present], present.trouble, undefined, "no secret in the files")
    })
  }

  /**
   * Runs gitleaks with any arguments on a folder, mounted as the working directory.
   *
   * Example: `dagger -m modules/gitleaks call gitleaks --source . --args dir,--redact,--no-banner,services/kit stdout`
   */
  @func({ cache: "session" })
  gitleaks(
    @argument({ ignore: ["**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.gitleaks,
  ): Container {
    return this.base(image)
      .withMountedDirectory("/src", source)
      .withExec(["gitleaks", ...args])
  }
}

/** The container, another one for each value of `again` but none: nothing in it then comes from an earlier call's cache. */
function anew(container: Container, again: string): Container {
  return again ? container.withEnvVariable("STEP_AGAIN", again) : container
}

interface Scan {
  ran: Ran
  json: string
  log: string
  trouble: string
}

async function scan(container: Container, kind: "git" | "dir", args: string[], timeout: number): Promise<Scan> {
  const flags = [
    "--no-banner",
    "--no-color",
    "--redact",
    "--report-format",
    "json",
    "--report-path",
    `/report/${kind}.json`,
    "--exit-code",
    String(found),
    "--gitleaks-ignore-path",
    "/rules",
  ]
  const ran = await runStep(container, ["gitleaks", kind, ...flags, ...args, "."], timeout)
  const log = await readReport(ran.reports, "output.txt")
  const errors = scanErrors(log)
  const ended = ran.exitCode === 0 || ran.exitCode === found
  const trouble = ran.timedOut
    ? `timed out after ${Math.round(ran.seconds)} s`
    : errors.length > 0 || !ended
      ? `gitleaks could not scan: ${errors[0] ?? firstLine(log)}`
      : ""
  return { ran, json: await readReport(ran.reports, `${kind}.json`), log, trouble }
}

/** The folder `.git`, or an error that says what is there instead. */
async function gitFolder(source: Directory): Promise<Directory> {
  if (await source.exists(".git/HEAD")) return source.directory(".git")
  const linked = await source.exists(".git")
  throw new Error(
    linked
      ? ".git is a file: the source is a linked worktree or a submodule; give a whole clone"
      : "the source is not a git repository (it has no .git); `files` scans a folder without a history",
  )
}

/** What is scanned as files: everything but the history and what .gitignore names. */
function tree(source: Directory): Directory {
  return source.withoutDirectory(".git").filter({ gitignore: true })
}

function withRules(base: Container, source: Directory, rules: string[]): Container {
  let container = base.withDirectory("/rules", dag.directory())
  for (const file of rules.filter((f) => f === ".gitleaks.toml" || f === ".gitleaksignore"))
    container = container.withFile(`/rules/${file}`, source.file(file))
  if (rules.includes(".gitleaks.toml"))
    container = container.withEnvVariable("GITLEAKS_CONFIG", "/rules/.gitleaks.toml")
  return container
}

function result(name: string, scans: Scan[], trouble: string, commits: number | undefined, clean: string): Result {
  const [first, second] =
    scans.length === 2 ? [findings(scans[0]!.json), findings(scans[1]!.json)] : [[], findings(scans[0]!.json)]
  const all = merged(first, second!)
  const reason = describe(all) || trouble
  let reports = dag
    .directory()
    .withNewFile("secrets.json", `${JSON.stringify(all, null, 1)}\n`)
    .withNewFile("secrets.sarif", sarif(all))
    .withNewFile("junit.xml", junit(all))
  for (const { ran } of scans)
    reports = reports.withDirectory(scans.length === 2 && ran === scans[0]!.ran ? "history" : "files", ran.reports)
  const codes = scans.map((s) => s.ran.exitCode)
  const exitCode = trouble ? (codes.find((c) => c !== 0 && c !== found) ?? 1) : all.length > 0 ? found : 0
  const seconds = Math.max(...scans.map((s) => s.ran.seconds))
  return new Result(
    name,
    reason ? "failed" : "passed",
    reason || clean,
    exitCode,
    seconds,
    scans.every((s) => s.ran.cached),
    reports,
    commits,
  )
}

/** Prints a line when the scan starts and one when it ends; what goes wrong around gitleaks is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, false, reports))
}
