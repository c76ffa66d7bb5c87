/**
 * Looks for security flaws in Go sources with gosec.
 *
 * A scan that has read no file, or could not read one, is a failure, not a clean result. Comments in the sources (`#nosec`) silence nothing: what is to be left out is
 * the caller's decision, who filters the SARIF log.
 */
import { Container, Directory, File, Secret, Service, argument, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { withGoCaches } from "./shared/go"
import { images } from "./images"
import { asText } from "./shared/cached"
import { fetchModules, withModules } from "./shared/private"
import { readScan } from "./read"
import { describe, ordered, sarif } from "./shared/sarif"
import { Ran, readReport, runStep, timesOf, told, withResult } from "./shared/step"
import { turns } from "./shared/turns"

const workdir = "/src"

/** gosec needs what lint compiles, and compiles what is not there yet. */
const scanScript = `${turns}
take_turn lint
gosec "$@" || exit
end_turn
`

/** What a scan has found. */
@object()
export class Result {
  /** The name of the result, `sast` if no other was given. */
  @func() name: string
  /** `passed` with no finding, `failed`, or `skipped` when the call was interrupted before the scan ended. */
  @func() status: string
  /** For a failure the worst finding, or what could not be read; else how much was looked at. */
  @func() reason: string
  /** The exit code: 0 when the scan came to its end, whatever it found; 124 time-out, -1 when nothing ran, anything else an error. */
  @func() exitCode: number
  /** How long gosec took when it really ran. */
  @func() seconds: float
  /** Whether all of it came from the cache. */
  @func() cached: boolean
  /** How many findings there are. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `gosec.sarif` with all findings, and a folder for each module with gosec's own report and output. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    findings?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = findings
    this.unit = findings === undefined ? "" : "findings"
    this.reports = reports
  }

  /** The reason; an error when there is a finding, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Gosec {
  /** Logins of hosts that private modules come from. */
  netrc?: Secret
  /** The module proxies, as Go's GOPROXY. */
  goproxy?: Secret
  /** The modules that are fetched from where they are developed, as Go's GOPRIVATE. */
  goprivate?: string
  /** A certificate authority that the proxy is known by. */
  certificate?: File
  /** The proxy, when it is a service. */
  proxy?: Service
  /** The host name of that service. */
  proxyName?: string

  /**
   * The same functions, with access to private modules. Secrets reach `go mod download` and nothing else: gosec runs on what was downloaded, with neither in its files
   * nor in its environment, and with GOPROXY=off. What was downloaded is a layer that depends on go.mod and go.sum, not the cache that other callers share.
   *
   * Example: `dagger -m modules/gosec call with-private --netrc file://$HOME/.netrc --goproxy env://GOPROXY scan --source . --path services/suppliers verdict`
   *
   * @param netrc Logins, as ~/.netrc has them, such as file://$HOME/.netrc: for git, and for a proxy by https (with its port in the name, where it is not 443).
   * @param goproxy What GOPROXY would be, such as env://GOPROXY; a secret, because an address may hold a password.
   * @param goprivate What GOPRIVATE would be, such as `github.com/shop/*`: what is fetched by git and looked up in no checksum database.
   * @param certificate A company's certificate authority, in PEM.
   * @param proxy The proxy, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:3000`).
   * @param proxyName The host name of that service, as it stands in goproxy.
   */
  @func({ cache: "session" })
  withPrivate(
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    certificate?: File,
    proxy?: Service,
    proxyName: string = "goproxy",
  ): Gosec {
    Object.assign(this, { netrc, goproxy, goprivate, certificate, proxy, proxyName })
    return this
  }

  /**
   * The container that gosec runs in, with warm module and build caches: those of the module golang, which has compiled the same packages with the same Go.
   *
   * Example: `dagger -m modules/gosec call base with-exec --args gosec,--version stdout`
   *
   * @param image Another image with gosec, Go and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.gosec): Container {
    return withGoCaches(dag.container().from(image))
      .withEnvVariable("CGO_ENABLED", "0")
      .withEnvVariable("GOFLAGS", "-trimpath")
  }

  /**
   * Scans one Go module; generated files and tests are left out.
   *
   * Example: `dagger -m modules/gosec call scan --source . --path services/suppliers verdict`
   *
   * @param source The folder with everything that the module needs.
   * @param path The module's folder in `source`.
   * @param name What the result is called by.
   * @param timeout Seconds.
   * @param image Another image with gosec, Go and bash in it.
   * @param args More arguments for gosec, for example `-exclude=G104`.
   * @param until Seconds since 1970: a scan that runs longer is given as skipped. 0 waits for it.
   */
  @func({ cache: "session" })
  async scan(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    path: string = ".",
    name: string = "sast",
    timeout: number = 600,
    image: string = images.gosec,
    args: string[] = [],
    until: number = 0,
  ): Promise<Result> {
    return this.scanAll([source], [path], name, timeout, image, args, until)
  }

  /**
   * Scans several Go modules, as one result. Each has a source of its own, so that a change in one scans that one again.
   *
   * Example: `dagger -m modules/gosec call scan-all --sources services,services/kit --paths suppliers,. verdict`
   *
   * @param sources For each module the folder with everything that it needs.
   * @param paths The modules' folders in their sources, in the same order.
   * @param again Another value than before runs the tools again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async scanAll(
    sources: Directory[],
    paths: string[],
    name: string = "sast",
    timeout: number = 600,
    image: string = images.gosec,
    args: string[] = [],
    until: number = 0,
    again: string = "",
  ): Promise<Result> {
    return reported(name, until, async () => {
      if (sources.length !== paths.length || paths.length === 0)
        throw new Error(`${sources.length} sources and ${paths.length} paths: each module has one of both`)
      const flags = ["-fmt=json", "-out=/report/gosec.json", "-no-fail", "-nosec", "-exclude-generated", ...args]
      for (const [i, path] of paths.entries())
        if (!(await sources[i]!.exists(`${path}/go.mod`)))
          throw new Error(`paths: there is no ${path === "." ? "" : `${path}/`}go.mod in the source`)
      // One after the other: gosec uses all cores by itself, and several of them with empty caches would compile the same packages.
      const ran: { path: string; ran: Ran }[] = []
      for (const [i, path] of paths.entries()) {
        // A module of tests alone has nothing that could be attacked.
        const files = await sources[i]!.glob(path === "." ? "**/*.go" : `${path}/**/*.go`)
        if (files.every((file) => file.endsWith("_test.go"))) continue
        const at = path === "." ? workdir : `${workdir}/${path}`
        const fetched = await fetchModules(anew(this.base(image), again), sources[i]!, at, workdir, this, timeout)
        if (fetched.refused) throw new Error(`${path}: ${fetched.refused.reason}`)
        const container = withModules(anew(this.base(image), again), fetched)
          .withMountedDirectory(workdir, sources[i]!)
          .withWorkdir(at)
        ran.push({
          path,
          ran: await runStep(container, ["bash", "-c", scanScript, "gosec", ...flags, "./..."], timeout, {
            yields: true,
          }),
        })
      }
      if (ran.length === 0) throw new Error("no file was looked at: there are none but tests")
      return result(name, ran)
    })
  }

  /**
   * What `scanAll` gives, as one text that is kept for a day: with the same arguments nothing is run or looked up, not even from layers. It is JSON with `ended` (seconds since 1970), `results`, which has
   * one, and `files`, the texts of all reports by their path. What could not run is kept too: a caller that meets one older than itself asks with another `attempt`.
   *
   * Example: `dagger -m modules/gosec call kept-scan --sources services,services/kit --paths suppliers,. --attempt "$RANDOM"`
   *
   * @param sources For each module the folder with everything that it needs.
   * @param paths The modules' folders in their sources, in the same order.
   * @param attempt Any text that was not given before: what failed is tried again.
   */
  @func({ cache: "24h" })
  async keptScan(
    sources: Directory[],
    paths: string[],
    name: string = "sast",
    timeout: number = 600,
    image: string = images.gosec,
    args: string[] = [],
    until: number = 0,
    again: string = "",
    attempt: string = "",
  ): Promise<string> {
    const scan = await this.scanAll(sources, paths, name, timeout, image, args, until, again)
    return asText([scan], scan.reports)
  }

  /**
   * Runs gosec with any arguments on a folder, mounted as the working directory: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/gosec call gosec --source services/kit --args=-version stdout`
   *
   * @param source The folder.
   * @param args The arguments of gosec.
   */
  @func({ cache: "session" })
  gosec(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.gosec,
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["gosec", ...args])
  }
}

/** The container, another one for each value of `again` but none: nothing in it then comes from an earlier call's cache. */
function anew(container: Container, again: string): Container {
  return again ? container.withEnvVariable("STEP_AGAIN", again) : container
}

async function result(name: string, scans: { path: string; ran: Ran }[]): Promise<Result> {
  let reports = dag.directory()
  for (const { path, ran } of scans)
    reports = reports.withDirectory(path === "." ? "module" : path.replaceAll("/", "-"), ran.reports)
  const read = await Promise.all(
    scans.map(async ({ path, ran }) => {
      const text = await readReport(ran.reports, "gosec.json")
      if (ran.timedOut) return { findings: [], trouble: `${path}: timed out after ${Math.round(ran.seconds)} s` }
      // gosec writes no report where it has found no package.
      if (ran.exitCode !== 0 || text === "")
        return {
          findings: [],
          trouble: `${path}: ${firstLine(await readReport(ran.reports, "output.txt")) || `gosec ended with ${ran.exitCode} and no report`}`,
        }
      const { findings, files, errors } = readScan(text, workdir, path)
      return { findings, files, trouble: errors[0] ?? (files === 0 ? `${path}: no file was looked at` : "") }
    }),
  )
  const findings = ordered(read.flatMap((one) => one.findings))
  const trouble = read.find((one) => one.trouble !== "")?.trouble ?? ""
  const files = read.reduce((sum, one) => sum + (one.files ?? 0), 0)
  const code = scans.map(({ ran }) => ran.exitCode).find((one) => one !== 0) ?? (trouble ? 1 : 0)
  const reason = trouble || describe(findings) || `no finding in ${files} files`
  const { sum, cached } = timesOf(scans.map(({ ran }) => ran))
  return new Result(
    name,
    trouble || findings.length ? "failed" : "passed",
    reason,
    code,
    sum,
    cached,
    reports.withNewFile("gosec.sarif", sarif(["gosec"], findings)),
    findings.length,
  )
}

/** Prints a line when the scan starts and one when it ends; what goes wrong around gosec is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, false, reports)),
  )
}
