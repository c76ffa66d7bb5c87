/**
 * Finds secrets with gitleaks: in the whole history of a git repository and in its files.
 *
 * No report holds a secret: gitleaks redacts them before it writes. A shallow clone, a repository that git cannot read and
 * a scan that saw no commit are failures, not a clean result.
 */
import { Container, Directory, ReturnType, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import {
  Finding,
  baselineEntries,
  candidateLines,
  candidates,
  commitsScanned,
  describe,
  extendedFile,
  findings,
  found,
  junit,
  merged,
  ownFile,
  sarif,
  troubleOf,
} from "./read"
import { acceptScript, sourcesScript } from "./scripts"
import { withNonce } from "./shared/nonce"
import { Result, makeResult, reportStep } from "./shared/result"
import { Ran, readReport, runStep } from "./shared/step"

@object()
export class Gitleaks {
  /**
   * The container that gitleaks runs in.
   *
   * Example: `dagger -m modules/gitleaks call base with-exec --args gitleaks,dir,--help stdout`
   *
   * @param image Image with gitleaks, git and bash, for example `ghcr.io/gitleaks/gitleaks:v8.30.1`.
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
   * Scans the full history and the files of a git repository, as from its root.
   * Rules and exceptions are read from its `.gitleaks.toml`, from the files that this one extends, and from
   * `.gitleaksignore`: a finding that is accepted with its commit is accepted in the files too, as long as its text is
   * the same. Files that git ignores are left out, unless it tracks them; with `git` all files of `source` are scanned.
   * The result's value is the number of scanned commits; exit code 3 means that the scan was complete and found
   * secrets. The reports are `secrets.json`, `secrets.sarif`, `junit.xml`, and gitleaks' own JSON and output of each scan.
   *
   * Example: `dagger -m modules/gitleaks call scan --source . reason`
   *
   * @param source Repository with its `.git`, for example `.`.
   * @param git The `.git` folder, for example `./.git`, when `source` has none: the history is then not scanned again
   * after an edit of a file.
   * @param name Name of the result, for example `secrets`.
   * @param timeout Time limit in seconds for each of the two scans, for example `600`.
   * @param image Image with gitleaks, git and bash, for example `ghcr.io/gitleaks/gitleaks:v8.30.1`.
   * @param args More arguments of both scans, for example `--max-target-megabytes=5`.
   * @param deadline Seconds since 1970 after which an unfinished scan is reported as skipped, for example `1767225600`;
   * 0 waits for it.
   * @param nonce Any value not used before, for example `$RANDOM`: gitleaks runs again instead of answering from the
   * cache.
   * @param config File of `source` with gitleaks' rules, for example `ci/gitleaks.toml`; empty for `.gitleaks.toml`.
   * @param baseline File of `source` with accepted findings, a JSON report of gitleaks, for example
   * `.gitleaks-baseline.json`.
   */
  @func({ cache: "session" })
  async scan(
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
    deadline: number = 0,
    nonce: string = "",
    config: string = "",
    baseline: string = "",
  ): Promise<Result> {
    const scanBoth = async (): Promise<Result> => {
      const history = git ?? (await gitFolder(source))
      const shallow = await history.exists("shallow")
      const own = await ownFiles(source, { config, baseline })
      const base = withNonce(withRules(this.base(image), source, own), nonce)
      const rules = await extendedFiles(source, own.config)
      // Who gives the history apart has chosen the files.
      const files = git ? source.withoutDirectory(".git") : sources(base, source)
      const [past, present] = await Promise.all([
        scan(base.withMountedDirectory("/src", rules).withMountedDirectory("/src/.git", history), "git", args, timeout),
        scan(base.withMountedDirectory("/src", files), "dir", args, timeout),
      ])
      const commits = commitsScanned(past.log)
      const trouble = past.trouble || present.trouble || incomplete(shallow, commits)
      const repository = base.withMountedDirectory("/src", files).withMountedDirectory("/src/.git", history)
      const standing = await unaccepted(repository, own.accepted, findings(present.json, own.baseline))
      const clean = `no secret in ${commits} commits and the files`
      return result(name, [past, present], { trouble, commits, standing, clean, baseline: own.baseline })
    }
    return reportStep(name, scanBoth, { deadline })
  }

  /**
   * Scans the files of a folder that need not be a git repository.
   * Reports and exit codes are those of `scan`.
   *
   * Example: `dagger -m modules/gitleaks call scan-files --source ./services/kit reason`
   *
   * @param source Folder to scan, for example `./services/api`.
   * @param name Name of the result, for example `files`.
   * @param timeout Time limit in seconds, for example `600`.
   * @param image Image with gitleaks, git and bash, for example `ghcr.io/gitleaks/gitleaks:v8.30.1`.
   * @param args More arguments of gitleaks, for example `--max-archive-depth=2`.
   */
  @func({ cache: "session" })
  async scanFiles(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    name: string = "files",
    timeout: number = 600,
    image: string = images.gitleaks,
    args: string[] = [],
  ): Promise<Result> {
    return reportStep(name, async () => {
      const base = withRules(this.base(image), source, await ownFiles(source, {}))
      const present = await scan(
        base.withMountedDirectory("/src", source.filter({ gitignore: true })),
        "dir",
        args,
        timeout,
      )
      const standing = findings(present.json)
      return result(name, [present], { trouble: present.trouble, standing, clean: "no secret in the files" })
    })
  }

  /**
   * Runs gitleaks with any arguments on a folder, mounted as the working directory.
   * It is an error when gitleaks fails or finds a secret.
   *
   * Example: `dagger -m modules/gitleaks call exec --source . --args dir,--redact,--no-banner,services/kit stdout`
   *
   * @param source Folder to run in, for example `.`.
   * @param args Arguments of gitleaks, for example `dir,--redact,.`.
   * @param image Image with gitleaks, git and bash, for example `ghcr.io/gitleaks/gitleaks:v8.30.1`.
   */
  @func({ cache: "session" })
  exec(
    @argument({ ignore: ["**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.gitleaks,
  ): Container {
    return this.base(image)
      .withMountedDirectory("/src", source)
      .withExec(["gitleaks", ...args])
  }
}

interface Scan {
  ran: Ran
  json: string
  log: string
  /** Why the scan is not complete; empty when it is. */
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
  const [json, log] = await Promise.all([`${kind}.json`, "output.txt"].map((file) => readReport(ran.reports, file)))
  return { ran, json: json!, log: log!, trouble: troubleOf(ran, json!, log!) }
}

/** Why a scan of the history has not seen all of it; empty when it has. */
function incomplete(shallow: boolean, commits: number | undefined): string {
  if (shallow)
    return "shallow clone: gitleaks saw only a part of the history; fetch all of it (`git fetch --unshallow`)"
  return commits ? "" : "no commit was scanned: the repository has none, or git cannot read it"
}

/** The folder `.git`, or an error that says what is there instead. */
async function gitFolder(source: Directory): Promise<Directory> {
  if (await source.exists(".git/HEAD")) return source.directory(".git")
  const linked = await source.exists(".git")
  throw new Error(
    linked
      ? ".git is a file: the source is a linked worktree or a submodule; give a complete clone"
      : "the source is not a git repository (it has no .git); `scan-files` scans a folder without a history",
  )
}

/** What is scanned as files: everything but the history and what git ignores. */
function sources(base: Container, source: Directory): Directory {
  return base.withMountedDirectory("/src", source).withExec(["bash", "-c", sourcesScript]).directory("/src")
}

/** The files of a source that gitleaks goes by. */
interface OwnFiles {
  /** Its rules; "" if there are none. */
  config: string
  /** Accepted findings as entries of .gitleaksignore. */
  accepted: string
  /** The report that some of them are from, which may hold secrets; gitleaks does not look into it. */
  baseline: string
}

/** The files that a caller names, and those of the usual names; an error if one that is named is not there. */
async function ownFiles(source: Directory, named: { config?: string; baseline?: string }): Promise<OwnFiles> {
  const [config, baseline] = (["config", "baseline"] as const).map((name) => ownFile(name, named[name] ?? ""))
  for (const [argument, file] of Object.entries({ config, baseline }))
    if (file && !(await source.exists(file))) throw new Error(`${argument}: there is no ${file} in the source`)
  const text = async (file: string): Promise<string> =>
    (await source.exists(file)) ? source.file(file).contents() : ""
  const usual = (await source.exists(".gitleaks.toml")) ? ".gitleaks.toml" : ""
  const ignored = await text(".gitleaksignore")
  const entries = baseline ? baselineEntries(await text(baseline), baseline) : ""
  return { config: config || usual, accepted: `${ignored}\n${entries}`, baseline: baseline ?? "" }
}

function withRules(base: Container, source: Directory, { config, accepted }: OwnFiles): Container {
  const container = base.withNewFile("/rules/.gitleaksignore", accepted)
  return config
    ? container
        .withFile("/rules/.gitleaks.toml", source.file(config))
        .withEnvVariable("GITLEAKS_CONFIG", "/rules/.gitleaks.toml")
    : container
}

/**
 * The files that the rules extend, one after the other. gitleaks looks for them from the repository's root; it reports a file
 * that is missing.
 */
async function extendedFiles(source: Directory, config: string): Promise<Directory> {
  let files = dag.directory()
  const seen = new Set<string>()
  for (let file = config; file !== "" && !seen.has(file) && (await source.exists(file));) {
    seen.add(file)
    if (file !== config) files = files.withFile(file, source.file(file))
    file = extendedFile(await source.file(file).contents())
    if (file.startsWith("/") || file.split("/").includes("..")) break
  }
  return files
}

/** The findings in the files that no entry of .gitleaksignore accepts in the commit that brought them in. */
async function unaccepted(repository: Container, accepted: string, standing: Finding[]): Promise<Finding[]> {
  const possible = candidates(accepted, standing)
  if (possible.length === 0) return standing
  const stdin = candidateLines(possible)
  const ran = repository.withExec(["bash", "-c", acceptScript], { stdin, expect: ReturnType.Any })
  const indices = new Set(
    (await ran.stdout())
      .split("\n")
      .filter((line) => line !== "")
      .map(Number),
  )
  return standing.filter((_, index) => !indices.has(index))
}

interface Outcome {
  /** Why the scan is not complete; empty when it is. */
  trouble: string
  /** The findings in the files that are not accepted. */
  standing: Finding[]
  /** The reason of a scan that is complete and found nothing. */
  clean: string
  /** A file that is not looked into. */
  baseline?: string
  commits?: number
}

/** The result of a scan of the files, or of the history and the files. */
function result(name: string, scans: Scan[], { trouble, standing, clean, commits, baseline }: Outcome): Result {
  const files = scans.at(-1)!
  const history = scans.length === 2 ? findings(scans[0]!.json, baseline) : []
  const all = merged(history, standing)
  const reason = [describe(all), trouble].filter((part) => part !== "").join("; ")
  let reports = dag
    .directory()
    .withNewFile("secrets.json", `${JSON.stringify(all, null, 1)}\n`)
    .withNewFile("secrets.sarif", sarif(all))
    .withNewFile("junit.xml", junit(all))
  for (const one of scans) reports = reports.withDirectory(one === files ? "files" : "history", one.ran.reports)
  const error = scans.map(({ ran }) => ran.exitCode).find((code) => code !== 0 && code !== found)
  return makeResult(name, reason ? "failed" : "passed", reason || clean, {
    exitCode: trouble ? (error ?? 1) : all.length > 0 ? found : 0,
    seconds: Math.max(...scans.map(({ ran }) => ran.seconds)),
    cached: scans.every(({ ran }) => ran.cached),
    value: commits,
    unit: "commits",
    reports,
  })
}
