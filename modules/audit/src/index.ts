/**
 * Looks up known vulnerabilities of dependencies: with govulncheck for Go modules, with npm audit for lock files of
 * npm, pnpm, yarn and bun.
 *
 * Both query a database, whose address can be set. A database that does not answer makes the result inconclusive, never
 * passed.
 */
import { basename } from "node:path"
import { Container, Directory, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { images, tools } from "./images"
import { auditAnswer, govulncheckAnswer, notRead, type Answer } from "./read"
import { inFolder } from "./shared/folders"
import { withGoProgram, withModules } from "./shared/go"
import { settingsText } from "./shared/go-settings"
import { cleanPaths } from "./shared/gosource"
import { asNpmLock, nodeLock, type ForeignLock, type OwnLock } from "./shared/node-lock"
import { uncached, withNonce } from "./shared/nonce"
import { Result, makeResult, reportStep } from "./shared/result"
import { describe, ordered, sarif } from "./shared/sarif"
import { eachOf, goContainer, skeletonOf } from "./shared/skeleton"
import { readReport, runStep, timesOf, type Ran } from "./shared/step"

const workdir = "/src"

@object()
export class Audit {
  /** Build tags and variables of Go modules, as text. */
  settings?: string[]

  /**
   * Sets build tags and Go's own variables for the functions that follow.
   *
   * Example: `dagger -m modules/audit call with-settings --tags integration scan --source . verdict`
   *
   * @param tags Build tags, for example `integration,netgo`. Default: none.
   * @param env Variables that change what Go compiles, as NAME=value, for example `CGO_ENABLED=0`: CGO_ENABLED,
   * CGO_CFLAGS and the like, GOAMD64, GOARM64, GODEBUG, GOEXPERIMENT, GOFIPS140, GOFLAGS. Default: none.
   * @param path Folder of the Go module that they are for, for example `services/api`. Default: all.
   */
  @func({ cache: "session" })
  withSettings(tags: string[] = [], env: string[] = [], path: string = ""): Audit {
    this.settings = [...(this.settings ?? []), settingsText({ path, tags, env })]
    return this
  }

  /**
   * The container of govulncheck, with the module cache of the module golang.
   *
   * Example: `dagger -m modules/audit call base with-exec --args govulncheck,-version stdout`
   *
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func()
  base(image: string = images.golang): Container {
    return withGoProgram(goContainer(image), tools.govulncheck)
  }

  /**
   * Looks up the vulnerabilities of what the given folders ship; each has a go.mod, a lock file of npm, pnpm, yarn or
   * bun, or both. The databases are queried once a day. The result is `inconclusive` when a database did not answer, or
   * a lock file cannot be read, and there is no finding elsewhere; `notApplicable` when no folder declares
   * dependencies. `details` has what is not known as `unreachable`.
   *
   * Example: `dagger -m modules/audit call scan --source . --paths services/api,services/web verdict`
   *
   * @param source Folder that contains all of them, for example `.`.
   * @param paths Folders in `source`, for example `services/api,services/web`. Default: its root.
   * @param goDatabase Address of a Go vulnerability database with the format of vuln.go.dev, for example
   * `http://database:8080`.
   * @param goDatabaseFolder Such a database as a folder (index/, ID/), for a machine without a network, for example
   * `./vulndb`. Default: none, `goDatabase` is queried.
   * @param npmRegistry Registry that npm queries for advisories, for example `http://database:8080`.
   * @param service A service that the addresses may name, such as a mirror, for example `tcp://127.0.0.1:8080`.
   * Default: none.
   * @param serviceName Host name of `service` in the addresses, for example `database`.
   * @param dev Whether npm's development dependencies count, for example `true`.
   * @param name Name of the result, for example `audit`.
   * @param timeout Time limit for each run of a tool in seconds, for example `60`. A database that did not answer by
   * then is unreachable. Default: 120.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   * @param nodeImage Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param deadline Seconds since 1970 after which an unfinished scan is reported as skipped, for example `1767225600`.
   * 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: the tools run and query the databases again.
   * Default: once a day (UTC).
   * @param modules A Go module cache with everything that is needed, from `modules` of the module golang, for example
   * `./modules`: nothing is fetched then, and private modules need no login here. Default: the cache that all modules
   * share.
   */
  @func({ cache: "session" })
  async scan(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    goDatabase: string = "https://vuln.go.dev",
    goDatabaseFolder?: Directory,
    npmRegistry: string = "https://registry.npmjs.org",
    service?: Service,
    serviceName: string = "database",
    dev: boolean = false,
    name: string = "audit",
    timeout: number = 120,
    image: string = images.golang,
    nodeImage: string = images.node,
    deadline: number = 0,
    nonce: string = "",
    modules?: Directory,
  ): Promise<Result> {
    const today = `${new Date().toISOString().slice(0, 10)}${nonce}`
    const online = (container: Container): Container =>
      (service ? container.withServiceBinding(serviceName, service) : container).withEnvVariable("NONCE", today)
    const goQuery: GoQuery = {
      ...(goDatabaseFolder
        ? { address: "file:///database", label: "the folder of Go's database", folder: goDatabaseFolder }
        : { address: goDatabase, label: goDatabase }),
      go: withModules(withNonce(goContainer(image), nonce), modules),
      govulncheck: online(withModules(this.base(image), modules)),
      timeout,
      settings: this.settings,
    }
    const npmQuery: NpmQuery = { registry: npmRegistry, dev, npm: online(npmContainer(nodeImage)), timeout }
    return reportStep(name, () => scanAll(name, source, paths, { go: goQuery, npm: npmQuery }), { deadline })
  }

  /**
   * Runs govulncheck with any arguments on a folder, for what this module has no function for, for example a search for
   * the vulnerable functions that are called. Never answers from the cache.
   *
   * Example: `dagger -m modules/audit call exec --source services/kit --args=-db,https://vuln.example.com,./... stdout`
   *
   * @param source The folder, for example `services/shared`; it is the working directory.
   * @param args Arguments of govulncheck, for example `-version`.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func({ cache: "never" })
  exec(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.golang,
  ): Container {
    return uncached(this.base(image))
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["govulncheck", ...args])
  }
}

/** How Go's database is queried. `label` names it in reasons. */
interface GoQuery {
  address: string
  label: string
  folder?: Directory
  go: Container
  govulncheck: Container
  timeout: number
  settings?: string[]
}

/** How npm's registry is queried. */
interface NpmQuery {
  registry: string
  dev: boolean
  npm: Container
  timeout: number
}

/** The answer for one manifest, and the run of the tool, if there was one. */
interface Answered {
  manifest: string
  ran?: Ran
  answer: Answer
}

interface Queries {
  go: GoQuery
  npm: NpmQuery
}

async function scanAll(name: string, source: Directory, paths: string[], { go, npm }: Queries): Promise<Result> {
  // A database that did not answer is not queried for the next manifest.
  let unreachable = ""
  const work: (() => Promise<Answered>)[] = []
  for (const path of cleanPaths(paths)) {
    const goMod = inFolder(path, "go.mod")
    if (await source.exists(goMod))
      work.push(async () => {
        if (unreachable) return { manifest: goMod, answer: { findings: [], unreachable, trouble: "" } }
        const found = await askGo(source, path, go)
        unreachable ||= found.answer.unreachable
        return found
      })
    const lock = await nodeLock(source, path)
    if (lock && "why" in lock) work.push(async () => notRead(lock.path, lock.why))
    else if (lock) work.push(() => askNpm(lock, npm))
  }
  if (work.length === 0) {
    const reason = `no go.mod or lock file in ${paths.join(", ")}`
    return makeResult(name, "notApplicable", reason, { exitCode: 0, details: { unreachable: "" } })
  }
  return resultOf(name, await eachOf(work, 2, (one) => one()))
}

async function askGo(source: Directory, path: string, query: GoQuery): Promise<Answered> {
  const manifest = inFolder(path, "go.mod")
  const skeleton = await skeletonOf(query.go, source, path, {
    timeout: query.timeout,
    vendor: "kept",
    settings: query.settings,
  })
  let container = skeleton.ready(within(query.govulncheck, skeleton.folder, path))
  if (query.folder) container = container.withMountedDirectory("/database", query.folder)
  const command = ["govulncheck", "-db", query.address, "-scan", "package", "-format", "json", "./..."]
  const ran = await runStep(container, writing("govulncheck.json", command), query.timeout, {
    yields: true,
  })
  const [printed, said, goMod] = await Promise.all([
    readReport(ran.reports, "govulncheck.json"),
    readReport(ran.reports, "output.txt"),
    source.file(manifest).contents(),
  ])
  const { exitCode, timedOut } = ran
  const answer = govulncheckAnswer({ exitCode, timedOut, printed, said, database: query.label, path, goMod })
  return { manifest, ran, answer }
}

async function askNpm(lock: OwnLock | ForeignLock, query: NpmQuery): Promise<Answered> {
  const { registry, dev, npm, timeout } = query
  const { path } = lock
  const { packageJson, lockfile, lines } = "packages" in lock ? asNpmLock(lock, { dev }) : { ...lock, lines: undefined }
  const name = basename(path) === "npm-shrinkwrap.json" ? "npm-shrinkwrap.json" : "package-lock.json"
  const input = dag.directory().withNewFile("package.json", packageJson).withNewFile(name, lockfile)
  const flags = ["--package-lock-only", "--json", `--registry=${registry}`, ...(dev ? [] : ["--omit=dev"])]
  const command = writing("npm-audit.json", ["npm", "audit", ...flags])
  const ran = await runStep(within(npm, input, "."), command, timeout)
  const [printed, said] = await Promise.all([
    readReport(ran.reports, "npm-audit.json"),
    readReport(ran.reports, "output.txt"),
  ])
  const { exitCode, timedOut } = ran
  const answer = auditAnswer({ exitCode, timedOut, printed, said, registry, lock: { path, lockfile, lines } })
  return { manifest: path, ran, answer }
}

/** A command with its standard output written to a report. */
function writing(file: string, command: string[]): string[] {
  return ["bash", "-c", `exec "$@" > /report/${file}`, "audit", ...command]
}

function within(container: Container, input: Directory, path: string): Container {
  return container.withMountedDirectory(workdir, input).withWorkdir(path === "." ? workdir : `${workdir}/${path}`)
}

/** Node with an npm that retries once: a registry that does not answer is a result. */
function npmContainer(image: string): Container {
  return dag
    .container()
    .from(image)
    .withEnvVariable("NO_COLOR", "1")
    .withEnvVariable("npm_config_update_notifier", "false")
    .withEnvVariable("npm_config_fetch_retries", "1")
    .withEnvVariable("npm_config_fetch_retry_mintimeout", "1000")
    .withEnvVariable("npm_config_fetch_timeout", "30000")
}

function resultOf(name: string, all: Answered[]): Result {
  let reports = dag.directory()
  for (const { manifest, ran } of all)
    if (ran) reports = reports.withDirectory(manifest.replaceAll("/", "-"), ran.reports)
  const findings = ordered(all.flatMap(({ answer }) => answer.findings))
  const broken = all.find(({ answer }) => answer.trouble !== "")
  const error = broken ? `${broken.manifest}: ${broken.answer.trouble}` : ""
  const silent = all.map(({ answer }) => answer.unreachable).filter((text) => text !== "")
  const unreachable = [...new Set(silent)].join("; ")
  const clean = `no known vulnerability in ${all.map(({ manifest }) => manifest).join(", ")}`
  const status = error || findings.length > 0 ? "failed" : unreachable ? "inconclusive" : "passed"
  const { longest, cached } = timesOf(all.flatMap(({ ran }) => ran ?? []))
  return makeResult(name, status, error || describe(findings) || unreachable || clean, {
    exitCode: error ? 1 : 0,
    seconds: longest,
    cached,
    value: findings.length,
    unit: "findings",
    details: { unreachable },
    reports: reports.withNewFile("audit.sarif", sarif(["govulncheck", "npm audit"], findings)),
  })
}
