/**
 * What software depends on: an SBOM in CycloneDX's format, the licences, and what differs from another state of the sources. With CycloneDX's own tools for Go modules and npm.
 *
 * What is shipped counts: neither what only tests import, nor npm's development dependencies unless they are asked for.
 */
import { Container, Directory, File, argument, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { withGoProgram } from "./shared/go"
import { images, tools } from "./images"
import { asText } from "./shared/cached"
import {
  byLicence,
  describeDifference,
  difference,
  differenceText,
  licencesText,
  mergedBom,
  readComponents,
  unknownLicence,
} from "./sbom"
import { cleanPaths, eachOf, goContainer, skeletonOf, withModules } from "./shared/skeleton"
import { readReport, runStep, timesOf, unlessInterrupted, withResult } from "./shared/step"
import { files } from "./tool"

const workdir = "/src"

/** What sources depend on. */
@object()
export class Result {
  /** The name of the result, `sbom` if no other was given. */
  @func() name: string
  /** `passed`, `failed` when the dependencies could not be told, `notApplicable` when nothing declares any, `skipped` when the call was interrupted before it ended. */
  @func() status: string
  /** How many dependencies and licences there are, and what differs; for a failure what went wrong. */
  @func() reason: string
  /** 0, or -1 when it could not be told. */
  @func() exitCode: number
  /** How long the slowest of the runs took when it really ran; several run side by side. */
  @func() seconds: float
  /** Whether all of it came from the cache. */
  @func() cached: boolean
  /** How many dependencies there are. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `sbom.cdx.json`, `licences.json` and `.txt`, `components.json`, and, where there is something to compare with, `diff.json` and `.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    dependencies?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = dependencies
    this.unit = dependencies === undefined ? "" : "dependencies"
    this.reports = reports
  }

  /** The reason; an error when the dependencies could not be told. */
  @func()
  verdict(): string {
    if (this.status === "failed" || this.status === "skipped")
      throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Cyclonedx {
  /**
   * The container that cyclonedx-gomod runs in, with the module cache of the module golang.
   *
   * Example: `dagger -m modules/cyclonedx call base with-exec --args cyclonedx-gomod,version stdout`
   *
   * @param image Another image with Go and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.golang): Container {
    return withGoProgram(goContainer(image), tools.gomod)
  }

  /**
   * The SBOM of all that the given folders ship, with licences; each has a go.mod or a package-lock.json, or both.
   *
   * Example: `dagger -m modules/cyclonedx call sbom --source . --paths services/suppliers,services/frontend reason`
   *
   * @param source The folder with all of them.
   * @param paths The folders in `source`.
   * @param before Another state of the source: the reports then have what was added, removed and changed since.
   * @param dev Whether npm's development dependencies count.
   * @param name What the result is called by.
   * @param timeout Seconds for each of the tools' runs.
   * @param image Another image with Go and bash in it.
   * @param nodeImage Another image with Node, npm and bash in it.
   * @param until Seconds since 1970: what runs longer is given as skipped. 0 waits for it.
   * @param again Another value than before runs the tools again, whatever is in the cache.
   * @param modules Go's module cache with all that is needed, from `modules` of the module golang: nothing is fetched then, and private modules need no login here.
   */
  @func({ cache: "session" })
  async sbom(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    before?: Directory,
    dev: boolean = false,
    name: string = "sbom",
    timeout: number = 300,
    image: string = images.golang,
    nodeImage: string = images.node,
    until: number = 0,
    again: string = "",
    modules?: Directory,
  ): Promise<Result> {
    return reported(name, until, async () => {
      const made = new Maker(
        withModules(this.base(image), modules),
        withModules(goContainer(image), modules),
        npmContainer(nodeImage),
        timeout,
        dev,
        again,
      )
      const [now, old] = await Promise.all([
        made.sbomOf(source, paths),
        before &&
          made.sbomOf(before, paths).catch((error: unknown) => String(error instanceof Error ? error.message : error)),
      ])
      if (now.manifests === 0)
        return new Result(
          name,
          "notApplicable",
          `nothing declares dependencies: there is no go.mod and no package-lock.json in ${paths.join(", ")}`,
          0,
          0,
          false,
          dag.directory(),
        )
      const components = readComponents(now.text)
      const licences = byLicence(components)
      const unknown = licences.find(({ licence }) => licence === unknownLicence)?.components.length ?? 0
      let [since, reports] = [
        "",
        dag
          .directory()
          .withNewFile("sbom.cdx.json", now.text)
          .withNewFile("components.json", `${JSON.stringify(components, null, 1)}\n`),
      ]
      reports = reports
        .withNewFile("licences.json", `${JSON.stringify(licences, null, 1)}\n`)
        .withNewFile("licences.txt", licencesText(components))
      if (typeof old === "string")
        [since, reports] = [
          `; what was before could not be told: ${firstLine(old)}`,
          reports.withNewFile("diff.txt", `${old}\n`),
        ]
      else if (old) {
        const found = difference(readComponents(old.text), components)
        since = `; ${describeDifference(found)}`
        reports = reports
          .withNewFile("diff.json", `${JSON.stringify(found, null, 1)}\n`)
          .withNewFile("diff.txt", differenceText(found))
      }
      const known = licences.length - (unknown ? 1 : 0)
      const reason = `${components.length} dependencies of ${known} licences${unknown ? `, ${unknown} of an unknown one` : ""}${since}`
      return new Result(name, "passed", reason, 0, now.seconds, now.cached, reports, components.length)
    })
  }

  /**
   * What `sbom` gives, as one text that is kept for a day: with the same arguments nothing is run or looked up, not even from layers. It is JSON with `ended` (seconds since 1970), `results`, which has
   * one, and `files`, the texts of all reports by their path. What could not run is kept too: a caller that meets one older than itself asks with another `attempt`.
   *
   * Example: `dagger -m modules/cyclonedx call kept-sbom --source services --paths suppliers,frontend --attempt "$RANDOM"`
   *
   * @param source The folder with all of them.
   * @param paths The folders in `source`.
   * @param before Another state of the source: the reports then have what was added, removed and changed since.
   * @param attempt Any text that was not given before: what failed is tried again.
   */
  @func({ cache: "24h" })
  async keptSbom(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    before?: Directory,
    dev: boolean = false,
    name: string = "sbom",
    timeout: number = 300,
    image: string = images.golang,
    nodeImage: string = images.node,
    until: number = 0,
    again: string = "",
    attempt: string = "",
  ): Promise<string> {
    const made = await this.sbom(source, paths, before, dev, name, timeout, image, nodeImage, until, again)
    return asText([made], made.reports)
  }

  /**
   * What one SBOM has that another has not, as text: `+` added, `-` removed, `~` another version.
   *
   * Example: `dagger -m modules/cyclonedx call compare --before old.cdx.json --after new.cdx.json`
   *
   * @param before An SBOM in CycloneDX's JSON.
   * @param after Another one.
   */
  @func()
  async compare(before: File, after: File): Promise<string> {
    const [old, now] = await Promise.all([before.contents(), after.contents()])
    return differenceText(difference(readComponents(old), readComponents(now)))
  }

  /**
   * Runs cyclonedx-gomod with any arguments on a folder, mounted as the working directory: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/cyclonedx call gomod --source services/kit --args=mod,-json stdout`
   *
   * @param source The folder.
   * @param args The arguments of cyclonedx-gomod.
   */
  @func({ cache: "session" })
  gomod(
    @argument({ ignore: ["**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.golang,
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["cyclonedx-gomod", ...args])
  }
}

/** Node with cyclonedx-npm of this module's own lockfile, and the download cache of the module node. */
function npmContainer(image: string): Container {
  let container = dag
    .container()
    .from(image)
    .withMountedCache("/root/.npm", dag.cacheVolume("delivery-node-npm"))
    .withWorkdir("/tool")
  for (const [file, text] of Object.entries(files)) container = container.withNewFile(file, text)
  return container
    .withExec(["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"])
    .withEnvVariable("npm_config_update_notifier", "false")
}

/** The SBOM of several manifests as one. */
interface Made {
  text: string
  manifests: number
  seconds: number
  cached: boolean
}

/** Makes SBOMs with the tools in the given containers. */
class Maker {
  constructor(
    readonly gomod: Container,
    readonly go: Container,
    readonly npm: Container,
    readonly timeout: number,
    readonly dev: boolean,
    readonly again: string,
  ) {}

  async sbomOf(source: Directory, paths: string[]): Promise<Made> {
    const work: { manifest: string; make: () => Promise<{ text: string; seconds: number; cached: boolean }> }[] = []
    for (const path of cleanPaths(paths)) {
      const at = (file: string) => (path === "." ? file : `${path}/${file}`)
      const [go, npm] = await Promise.all([source.exists(at("go.mod")), source.exists(at("package-lock.json"))])
      if (go) work.push({ manifest: at("go.mod"), make: () => this.goBom(source, path) })
      if (npm) work.push({ manifest: at("package-lock.json"), make: () => this.npmBom(source, path) })
    }
    const made = await eachOf(work, 2, async ({ manifest, make }) => ({ manifest, ...(await make()) }))
    const { longest, cached } = timesOf(made)
    return { text: mergedBom(made), manifests: made.length, seconds: longest, cached }
  }

  async goBom(source: Directory, path: string) {
    const skeleton = await skeletonOf(anew(this.go, this.again), source, path, this.timeout)
    const flags = [
      "mod",
      "-licenses",
      "-assert-licenses",
      "-json",
      "-noserial",
      "-notimestamp",
      "-output=/report/bom.json",
      ".",
    ]
    return this.ran(this.gomod, skeleton, path, ["cyclonedx-gomod", ...flags], "go.mod")
  }

  async npmBom(source: Directory, path: string) {
    const at = (file: string) => (path === "." ? file : `${path}/${file}`)
    let input = dag.directory()
    for (const file of ["package.json", "package-lock.json"])
      input = input.withNewFile(at(file), await source.file(at(file)).contents())
    const flags = [
      "--package-lock-only",
      ...(this.dev ? [] : ["--omit=dev"]),
      "--output-reproducible",
      "--output-format=JSON",
      "--output-file=/report/bom.json",
    ]
    return this.ran(this.npm, input, path, ["/tool/node_modules/.bin/cyclonedx-npm", ...flags], "package-lock.json")
  }

  async ran(container: Container, input: Directory, path: string, command: string[], manifest: string) {
    const ran = await runStep(
      anew(container, this.again)
        .withMountedDirectory(workdir, input)
        .withWorkdir(path === "." ? workdir : `${workdir}/${path}`),
      command,
      this.timeout,
      { yields: true },
    )
    const text = await readReport(ran.reports, "bom.json")
    const where = path === "." ? manifest : `${path}/${manifest}`
    if (ran.timedOut) throw new Error(`${where}: timed out after ${Math.round(ran.seconds)} s`)
    if (ran.exitCode !== 0 || text === "")
      throw new Error(
        `${where}: ${firstLine(await readReport(ran.reports, "output.txt")) || `${command[0]} ended with ${ran.exitCode} and no SBOM`}`,
      )
    return { text, seconds: ran.seconds, cached: ran.cached }
  }
}

/** The container, another one for each value of `again` but none: nothing in it then comes from an earlier call's cache. */
function anew(container: Container, again: string): Container {
  return again ? container.withEnvVariable("STEP_AGAIN", again) : container
}

/** Prints a line when it starts and one when it ends; what goes wrong around the tools is a failed result too. */
async function reported(name: string, until: number, work: () => Promise<Result>): Promise<Result> {
  console.log(`▶ ${name}`)
  const ended = await unlessInterrupted(work(), until).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    return new Result(
      name,
      "failed",
      firstLine(message),
      -1,
      0,
      false,
      dag.directory().withNewFile("output.txt", message),
    )
  })
  if (ended === "interrupted")
    return withResult(new Result(name, "skipped", "interrupted before it ended", -1, 0, false, dag.directory()))
  console.log(ended.status === "failed" ? `✘ ${name} ${ended.reason}` : `✔ ${name} ${ended.seconds} s ${ended.reason}`)
  return withResult(ended)
}
