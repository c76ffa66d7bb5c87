/**
 * Runs golangci-lint on Go modules, with their own configuration.
 *
 * A module without a configuration is checked with the defaults of golangci-lint. A module that does not compile, and a
 * wrong configuration, fail.
 */
import { Container, Directory, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { readRun } from "./read"
import { firstLine } from "./shared/clock"
import { withGoCaches } from "./shared/go"
import { settingsOf, settingsText, withSettings } from "./shared/go-settings"
import { goShell } from "./shared/go-shell"
import { cleanPaths, filesAbove, inWorkspace, moduleInput } from "./shared/gosource"
import { withNonce } from "./shared/nonce"
import { withoutQuotes } from "./shared/quotes"
import { Result, makeResult, reportStep } from "./shared/result"
import { concluded, ordered, sarif } from "./shared/sarif"
import { readReport, runStep, timesOf, type Ran } from "./shared/step"
import { turns } from "./shared/turns"
import type { Layout } from "./shared/workspace"

const workdir = "/src"

@object()
export class GolangciLint {
  /** Build tags and variables of Go modules, as text. */
  settings?: string[]

  /**
   * Sets build tags and Go's own variables for the functions that follow.
   *
   * Example: `dagger -m modules/golangci-lint call with-settings --tags integration lint --source . verdict`
   *
   * @param tags Build tags, for example `integration,netgo`. Default: none.
   * @param env Variables that change what Go compiles, as NAME=value, for example `CGO_ENABLED=0`: CGO_ENABLED,
   * CGO_CFLAGS and the like, GOAMD64, GOARM64, GODEBUG, GOEXPERIMENT, GOFIPS140, GOFLAGS. Default: none.
   * @param path Folder of the Go module that they are for, for example `services/api`. Default: all.
   */
  @func({ cache: "session" })
  withSettings(tags: string[] = [], env: string[] = [], path: string = ""): GolangciLint {
    this.settings = [...(this.settings ?? []), settingsText({ path, tags, env })]
    return this
  }

  /**
   * The container of golangci-lint, with the module and build caches of the module golang, which compiles the same
   * packages.
   *
   * Example: `dagger -m modules/golangci-lint call base with-exec --args golangci-lint,version stdout`
   *
   * @param image Image with golangci-lint, Go and bash, for example `golangci/golangci-lint:v2.15.0`. Default: the
   * pinned one.
   */
  @func()
  base(image: string = images.golangcilint): Container {
    return withGoCaches(dag.container().from(image))
      .withMountedCache("/root/.cache/golangci-lint", dag.cacheVolume("delivery-golangci-lint"))
      .withEnvVariable("GOFLAGS", "-trimpath")
  }

  /**
   * Lints Go modules and gives one result for all. Each module is linted with its own folder, the folders that replace
   * modules in its go.mod, and the configuration (`.golangci.yml`, `.yaml`, `.toml`, `.json`) in its folder or above,
   * so that a change in one does not lint the others again.
   *
   * Example: `dagger -m modules/golangci-lint call lint --source . --paths services/api,services/kit verdict`
   *
   * @param source Folder with everything that the Go modules need, and with their configuration, for example `.`.
   * @param paths Folders of the Go modules in `source`, for example `services/api,services/shared`. Default: its
   * root.
   * @param name Name of the result, for example `lint`.
   * @param timeout Time limit for each module in seconds, for example `900`. Default: 600.
   * @param image Image with golangci-lint, Go and bash, for example `golangci/golangci-lint:v2.15.0`. Default: the
   * pinned one.
   * @param args Further arguments for `golangci-lint run`, for example `--enable=errorlint`. Default: none.
   * @param deadline Seconds since 1970 after which an unfinished run is reported as skipped, for example `1767225600`.
   * 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: golangci-lint runs again instead of answering from
   * the cache. Default: use the cache.
   * @param inputs Further folders and files of `source` that every module needs, such as the template of a file header,
   * for example `licence.txt`. Default: none.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    name: string = "lint",
    timeout: number = 600,
    image: string = images.golangcilint,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
    inputs: string[] = [],
  ): Promise<Result> {
    const flags = [
      "--output.json.path=/report/golangci-lint.json",
      "--output.text.path=stdout",
      "--path-mode=abs",
      "--max-issues-per-linter=0",
      "--max-same-issues=0",
      `--timeout=${timeout}s`,
      ...args,
    ]
    const work = async (): Promise<Result> => {
      if (paths.length === 0) throw new Error("paths: empty; pass the folder of at least one Go module")
      const clean = cleanPaths(paths)
      const sources = await Promise.all(clean.map((path) => lintInput(source, path, inputs)))
      const missing = await missingImage(image)
      if (missing) {
        const reports = dag.directory().withNewFile("output.txt", `${missing}\n`)
        return makeResult(name, "skipped", missing, { reports })
      }
      // One after the other: golangci-lint uses all processors, and takes a lock.
      const runs: Linted[] = []
      for (const [i, path] of clean.entries()) {
        const { input, layout } = sources[i]!
        const settled = withSettings(this.base(image), this.settings, path, ["-trimpath"])
        const container = inWorkspace(withNonce(settled, nonce), layout)
          .withMountedDirectory(workdir, input)
          .withWorkdir(path === "." ? workdir : `${workdir}/${path}`)
        const { tags } = settingsOf(this.settings, path)
        const own = tags.length > 0 ? [`--build-tags=${tags.join(",")}`] : []
        const command = ["bash", "-c", lintScript, "lint", ...flags, ...own]
        runs.push({ path, ran: await runStep(container, command, timeout) })
      }
      return resultOf(name, runs)
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs golangci-lint with any arguments on a folder, for what this module has no function for.
   *
   * Example: `dagger -m modules/golangci-lint call exec --source services/kit --args=linters stdout`
   *
   * @param source The folder, for example `services/shared`; it is the working directory.
   * @param args Arguments of golangci-lint, for example `linters`.
   * @param image Image with golangci-lint, Go and bash, for example `golangci/golangci-lint:v2.15.0`. Default: the
   * pinned one.
   */
  @func({ cache: "session" })
  exec(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.golangcilint,
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["golangci-lint", ...args])
  }
}

/**
 * Findings are read from the report. Exit codes are left for errors: a wrong configuration, no Go files, a time-out.
 */
const lintScript = `${turns}${goShell}
choose_toolchain
has_packages || exit 0
take_turn lint
choose_cgo -test
golangci-lint run --issues-exit-code=0 "$@" ./... || exit
end_turn
`

/** What golangci-lint needs for the module at `path`. */
async function lintInput(
  source: Directory,
  path: string,
  inputs: string[],
): Promise<{ input: Directory; layout: Layout }> {
  return moduleInput(source, path, [...(await filesAbove(source, path, ".golangci.*")), ...inputs])
}

/** Why the image is not available; empty when it is. */
async function missingImage(image: string): Promise<string> {
  try {
    await dag.container().from(image).sync()
    return ""
  } catch (error) {
    const why = firstLine(error instanceof Error ? error.message : String(error)).replace(/ \[traceparent:[^\]]*\]/, "")
    return (
      `no golangci-lint: ${image} is not available (${why}). Where images are built locally, ` +
      "`npm run dagger -- -m modules/golangci-lint call base sync` builds it"
    )
  }
}

/** The run of golangci-lint on the module at `path`. */
interface Linted {
  path: string
  ran: Ran
}

async function resultOf(name: string, runs: Linted[]): Promise<Result> {
  const texts = await Promise.all(runs.map(({ ran }) => readReport(ran.reports, "golangci-lint.json")))
  let reports = dag.directory()
  for (const [i, { path, ran }] of runs.entries()) {
    const kept = withoutQuotes(ran.reports, "golangci-lint.json", { text: texts[i]!, field: "SourceLines" })
    reports = reports.withDirectory(path === "." ? "module" : path.replaceAll("/", "-"), kept)
  }
  const isEmpty = await Promise.all(runs.map(({ ran }) => ran.reports.exists("no-packages.txt")))
  const filled = runs.map((run, i) => ({ ...run, report: texts[i]! })).filter((_, i) => !isEmpty[i])
  if (filled.length === 0)
    return makeResult(name, "notApplicable", "no package has a file for linux/amd64", { exitCode: 0, reports })
  const read = await Promise.all(
    filled.map(async ({ path, ran, report }) => {
      const log = await readReport(ran.reports, "output.txt")
      return readRun(ran, { report, log }, { path, workdir })
    }),
  )
  const findings = ordered(read.flatMap((one) => one.findings))
  const linters = new Set(read.flatMap((one) => one.linters))
  const broken = read.find((one) => one.broken !== "")?.broken ?? ""
  const clean = `no finding of ${linters.size} linters in ${filled.length} modules`
  const { passed, reason } = concluded({ findings, broken, clean })
  const { sum, cached } = timesOf(runs.map(({ ran }) => ran))
  return makeResult(name, passed ? "passed" : "failed", reason, {
    exitCode: runs.map(({ ran }) => ran.exitCode).find((code) => code !== 0) ?? (broken ? 1 : 0),
    seconds: sum,
    cached,
    value: findings.length,
    unit: "findings",
    reports: reports.withNewFile("golangci-lint.sarif", sarif(["golangci-lint"], findings)),
  })
}
