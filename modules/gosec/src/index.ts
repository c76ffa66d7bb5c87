/**
 * Scans Go modules for security flaws with gosec.
 *
 * A scan that read no file, or could not read one, fails. `#nosec` comments are ignored: the caller accepts findings,
 * by filtering the SARIF log.
 */
import { Container, Directory, File, Secret, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { excludedFolders, isScanned, readRun, unreadText } from "./read"
import { asText } from "./shared/cached"
import { withGoCaches, withModules } from "./shared/go"
import { settingsOf, settingsText, withSettings } from "./shared/go-settings"
import { goShell } from "./shared/go-shell"
import { cleanPaths, inWorkspace, moduleInput } from "./shared/gosource"
import { withNonce } from "./shared/nonce"
import { fetchModules } from "./shared/private"
import { withoutQuotes } from "./shared/quotes"
import { Result, makeResult, reportStep } from "./shared/result"
import { concluded, ordered, sarif } from "./shared/sarif"
import { readReport, runStep, timesOf, type Ran } from "./shared/step"
import { turns } from "./shared/turns"
import type { Layout } from "./shared/workspace"

const workdir = "/src"

/**
 * gosec compiles what lint has not compiled yet. It walks through folders by itself: other modules below are left out. Where
 * Go cannot list the packages, gosec ends with 0 and no word.
 */
const scanScript = `${turns}${goShell}
choose_toolchain
has_packages || exit 0
if [ -s /report/list.err ] && ! only_embeds /report/list.err && ! go list ./... > /dev/null 2>&1; then exit 2; fi
take_turn lint
choose_cgo
others=()
while IFS= read -r other; do
  others+=("-exclude-dir=^$(printf %s "\${other%/go.mod}" | sed 's/[]^$*+?(){}|.\\[]/\\\\&/g')(/|$)")
done < <(find . -mindepth 2 -name go.mod -not -path '*/vendor/*' -not -path '*/testdata/*' | sed 's|^\\./||')
go list -f '{{range .CgoFiles}}{{$.Dir}}/{{.}}{{"\\n"}}{{end}}' ./... | grep . > /report/cgo-files.txt
gosec "\${others[@]}" "$@" || exit
end_turn
`

@object()
export class Gosec {
  /** Logins for hosts of private modules. */
  netrc?: Secret
  /** The module proxies, as in GOPROXY. */
  goproxy?: Secret
  /** Modules that are fetched from their repositories, as in GOPRIVATE. */
  goprivate?: string
  /** Certificate authority of the proxy. */
  certificate?: File
  /** The proxy, when it is a service. */
  service?: Service
  /** Host name of the proxy. */
  serviceName?: string
  /** Build tags and variables of Go modules, as text. */
  settings?: string[]

  /**
   * Grants access to private modules to the functions that follow. Only `go mod download` sees the secrets: gosec runs
   * afterwards on the downloaded modules, with GOPROXY=off and without the secrets. The download is a layer that
   * depends on go.mod and go.sum; other callers do not share it.
   *
   * Example: `dagger -m modules/gosec call with-private --netrc file://$HOME/.netrc --goproxy env://GOPROXY scan
   * --source . --paths services/api verdict`
   *
   * @param netrc Logins in the format of ~/.netrc, for example `file://$HOME/.netrc`. Git uses them, and so does Go for
   * a proxy by https (name it with its port, unless that is 443). Default: none.
   * @param goproxy Value of GOPROXY, for example `env://GOPROXY`. A secret, because the address may contain a password.
   * Default: Go's own.
   * @param goprivate Value of GOPRIVATE, for example `github.com/shop/*`: modules that git fetches and that no checksum
   * database knows. Default: none.
   * @param certificate Certificate authority of a company's proxy, in PEM format, for example `./ca.crt`. Default: only
   * the public ones.
   * @param service The proxy, when it is a service or listens on the caller's own loopback, for example
   * `tcp://127.0.0.1:3000`. Default: goproxy names a public host.
   * @param serviceName Host name of `service`, as in goproxy, for example `goproxy`.
   */
  @func({ cache: "session" })
  withPrivate(
    netrc?: Secret,
    goproxy?: Secret,
    goprivate: string = "",
    certificate?: File,
    service?: Service,
    serviceName: string = "goproxy",
  ): Gosec {
    Object.assign(this, { netrc, goproxy, goprivate, certificate, service, serviceName })
    return this
  }

  /**
   * Sets build tags and Go's own variables for the functions that follow.
   *
   * Example: `dagger -m modules/gosec call with-settings --tags integration scan --source . --paths services/api verdict`
   *
   * @param tags Build tags, for example `integration,netgo`. Default: none.
   * @param env Variables that change what Go compiles, as NAME=value, for example `CGO_ENABLED=0`: CGO_ENABLED,
   * CGO_CFLAGS and the like, GOAMD64, GOARM64, GODEBUG, GOEXPERIMENT, GOFIPS140, GOFLAGS. Default: none.
   * @param path Folder of the Go module that they are for, for example `services/api`. Default: all.
   */
  @func({ cache: "session" })
  withSettings(tags: string[] = [], env: string[] = [], path: string = ""): Gosec {
    this.settings = [...(this.settings ?? []), settingsText({ path, tags, env })]
    return this
  }

  /**
   * The container of gosec, with the module and build caches of the module golang, which compiles the same packages.
   *
   * Example: `dagger -m modules/gosec call base with-exec --args gosec,--version stdout`
   *
   * @param image Image with gosec, Go and bash, for example `securego/gosec:2.30.0`. Default: the pinned one.
   */
  @func()
  base(image: string = images.gosec): Container {
    return withGoCaches(dag.container().from(image)).withEnvVariable("GOFLAGS", "-trimpath")
  }

  /**
   * Scans Go modules and gives one result for all. Generated files, tests, vendored code and test data are left out.
   * Each module is scanned with its own folder and those that replace modules in its go.mod, so that a change in one
   * does not scan the others again.
   *
   * Example: `dagger -m modules/gosec call scan --source . --paths services/api,services/kit verdict`
   *
   * @param source Folder with everything that the Go modules need, for example `.`.
   * @param paths Folders of the Go modules in `source`, for example `services/api,services/shared`. Default: its root.
   * @param name Name of the result, for example `sast`.
   * @param timeout Time limit for each module in seconds, for example `900`. Default: 600.
   * @param image Image with gosec, Go and bash, for example `securego/gosec:2.30.0`. Default: the pinned one.
   * @param args Further arguments for gosec, for example `-exclude=G104`. Default: none.
   * @param deadline Seconds since 1970 after which an unfinished scan is reported as skipped, for example
   * `1767225600`. 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: gosec runs again instead of answering from the
   * cache. Default: use the cache.
   */
  @func({ cache: "session" })
  async scan(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    name: string = "sast",
    timeout: number = 600,
    image: string = images.gosec,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const flags = [
      "-fmt=json",
      "-out=/report/gosec.json",
      "-no-fail",
      "-nosec",
      "-exclude-generated",
      `-exclude-dir=${excludedFolders}`,
      ...args,
    ]
    const work = async (): Promise<Result> => {
      if (paths.length === 0) throw new Error("paths: empty; pass the folder of at least one Go module")
      const scans: Scanned[] = []
      // One after the other: gosec uses all processors, and scans side by side would compile the same packages.
      for (const path of cleanPaths(paths)) {
        const needed = await moduleInput(source, path)
        if (await hasSources(needed.input, path)) {
          const container = await this.ready(needed, path, { image, timeout, nonce })
          const { tags } = settingsOf(this.settings, path)
          const own = tags.length > 0 ? [`-tags=${tags.join(",")}`] : []
          const command = ["bash", "-c", scanScript, "gosec", ...flags, ...own, "./..."]
          scans.push({ path, ran: await runStep(container, command, timeout, { yields: true }) })
        }
      }
      if (scans.length === 0)
        return makeResult(name, "notApplicable", "no file to scan: there are only tests", { exitCode: 0 })
      return resultOf(name, scans)
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs `scan` and gives its answer as one text that is cached for a day: the same arguments run and look up nothing.
   * The text is JSON with `ended` (seconds since 1970), `results` with one result, and `files`, the text of every
   * report by its path. Failures are cached too: a caller that gets one from before its own start passes another
   * `attempt`.
   *
   * Example: `dagger -m modules/gosec call cached-scan --source services --paths api,kit --attempt "$RANDOM"`
   *
   * @param source Folder with everything that the Go modules need, for example `.`.
   * @param paths Folders of the Go modules in `source`, for example `services/api,services/shared`. Default: its
   * root.
   * @param name Name of the result, for example `sast`.
   * @param timeout Time limit for each module in seconds, for example `900`. Default: 600.
   * @param image Image with gosec, Go and bash, for example `securego/gosec:2.30.0`. Default: the pinned one.
   * @param args Further arguments for gosec, for example `-exclude=G104`. Default: none.
   * @param deadline Seconds since 1970 after which an unfinished scan is reported as skipped, for example `1767225600`.
   * 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: gosec runs again instead of answering from the
   * cache. Default: use the cache.
   * @param attempt Any value not used before, for example `$RANDOM`: a failed scan runs again. Default: the first
   * attempt.
   */
  @func({ cache: "24h" })
  async cachedScan(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    name: string = "sast",
    timeout: number = 600,
    image: string = images.gosec,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
    attempt: string = "",
  ): Promise<string> {
    const scan = await this.scan(source, paths, name, timeout, image, args, deadline, nonce)
    return asText([scan], scan.reports)
  }

  /**
   * Runs gosec with any arguments on a folder, for what this module has no function for.
   *
   * Example: `dagger -m modules/gosec call exec --source services/kit --args=-version stdout`
   *
   * @param source The folder, for example `services/shared`; it is the working directory.
   * @param args Arguments of gosec, for example `-version`.
   * @param image Image with gosec, Go and bash, for example `securego/gosec:2.30.0`. Default: the pinned one.
   */
  @func({ cache: "session" })
  exec(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.gosec,
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["gosec", ...args])
  }

  /** gosec in the folder of a Go module, with its modules fetched; an error when they were refused. */
  private async ready(
    { input: source, layout }: { input: Directory; layout: Layout },
    path: string,
    { image, timeout, nonce }: { image: string; timeout: number; nonce: string },
  ): Promise<Container> {
    const settled = withSettings(this.base(image), this.settings, path, ["-trimpath"])
    const base = inWorkspace(withNonce(settled, nonce), layout)
    const folder = path === "." ? workdir : `${workdir}/${path}`
    const fetched = layout.isVendored ? {} : await fetchModules(base, { source, workdir: folder }, this, timeout)
    if (fetched.refused) throw new Error(`${path}: ${fetched.refused.reason}`)
    return withModules(base, fetched.modules).withMountedDirectory(workdir, source).withWorkdir(folder)
  }
}

/** The run of gosec on the module at `path`. */
interface Scanned {
  path: string
  ran: Ran
}

/** Whether a module has a file to scan: its own, not one of another module below. */
async function hasSources(source: Directory, path: string): Promise<boolean> {
  const folder = source.directory(path)
  const [files, modules] = await Promise.all([folder.glob("**/*.go"), folder.glob("**/go.mod")])
  const others = modules.filter((file) => file !== "go.mod").map((file) => file.replace(/go\.mod$/, ""))
  return files.some((file) => isScanned(file) && !others.some((other) => file.startsWith(other)))
}

const noPackage = "no package has a file for linux/amd64"

async function resultOf(name: string, scans: Scanned[]): Promise<Result> {
  const texts = await Promise.all(scans.map(({ ran }) => readReport(ran.reports, "gosec.json")))
  let reports = dag.directory()
  for (const [i, { path, ran }] of scans.entries()) {
    const kept = withoutQuotes(ran.reports, "gosec.json", { text: texts[i]!, field: "code" })
    reports = reports.withDirectory(path === "." ? "module" : path.replaceAll("/", "-"), kept)
  }
  const isEmpty = await Promise.all(scans.map(({ ran }) => ran.reports.exists("no-packages.txt")))
  const filled = scans.map((scan, i) => ({ ...scan, report: texts[i]! })).filter((_, i) => !isEmpty[i])
  if (filled.length === 0) return makeResult(name, "notApplicable", noPackage, { exitCode: 0, reports })
  const read = await Promise.all(
    filled.map(async ({ path, ran, report }) => {
      const names = ["output.txt", "cgo-files.txt"]
      const [log, cgo] = await Promise.all(names.map((file) => readReport(ran.reports, file)))
      return readRun(ran, { report, log: log!, cgo }, { path, workdir })
    }),
  )
  const findings = ordered(read.flatMap((one) => one.findings))
  const files = read.reduce((sum, one) => sum + one.files, 0)
  const broken = read.find((one) => one.broken !== "")?.broken ?? ""
  const unread = unreadText(read.flatMap((one) => one.unread))
  if (unread && files === 0 && !broken) return makeResult(name, "notApplicable", unread, { exitCode: 0, reports })
  const clean = `no finding in ${files} files${unread && `; ${unread}`}`
  const { passed, reason } = concluded({ findings, broken, clean })
  const { sum, cached } = timesOf(scans.map(({ ran }) => ran))
  return makeResult(name, passed ? "passed" : "failed", reason, {
    exitCode: scans.map(({ ran }) => ran.exitCode).find((code) => code !== 0) ?? (broken ? 1 : 0),
    seconds: sum,
    cached,
    value: findings.length,
    unit: "findings",
    reports: reports.withNewFile("gosec.sarif", sarif(["gosec"], findings)),
  })
}
