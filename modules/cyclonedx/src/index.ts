/**
 * Lists the dependencies of Go modules and Node projects: an SBOM in CycloneDX format, licences, and the difference to
 * another state of the sources. With CycloneDX's own tools.
 *
 * What is shipped counts: not what only tests import, and npm's development dependencies only on request.
 */
import { Container, Directory, File, argument, dag, func, object } from "@dagger.io/dagger"
import { images, tools } from "./images"
import { makeSbom, type Sbom, type Toolset } from "./make"
import {
  byLicence,
  describeDifference,
  difference,
  differenceText,
  licencesText,
  missingText,
  readComponents,
  unknownLicence,
  type Component,
} from "./sbom"
import { asText } from "./shared/cached"
import { firstLine } from "./shared/clock"
import { withGoProgram, withModules } from "./shared/go"
import { settingsText } from "./shared/go-settings"
import { withNonce } from "./shared/nonce"
import { Result, makeResult, reportStep } from "./shared/result"
import { goContainer } from "./shared/skeleton"
import { files } from "./tool"

@object()
export class Cyclonedx {
  /** Build tags and variables of Go modules, as text. */
  settings?: string[]

  /**
   * Sets build tags and Go's own variables for the functions that follow.
   *
   * Example: `dagger -m modules/cyclonedx call with-settings --tags integration sbom --source . reason`
   *
   * @param tags Build tags, for example `integration,netgo`. Default: none.
   * @param env Variables that change what Go compiles, as NAME=value, for example `CGO_ENABLED=0`: CGO_ENABLED,
   * CGO_CFLAGS and the like, GOAMD64, GOARM64, GODEBUG, GOEXPERIMENT, GOFIPS140, GOFLAGS. Default: none.
   * @param path Folder of the Go module that they are for, for example `services/api`. Default: all.
   */
  @func({ cache: "session" })
  withSettings(tags: string[] = [], env: string[] = [], path: string = ""): Cyclonedx {
    this.settings = [...(this.settings ?? []), settingsText({ path, tags, env })]
    return this
  }

  /**
   * The container of cyclonedx-gomod, with the module cache of the module golang.
   *
   * Example: `dagger -m modules/cyclonedx call base with-exec --args cyclonedx-gomod,version stdout`
   *
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func()
  base(image: string = images.golang): Container {
    return withGoProgram(goContainer(image), tools.gomod)
  }

  /**
   * Makes one SBOM of what the given folders ship, with licences; each has a go.mod, a lock file of npm, pnpm, yarn or
   * bun, or both. Licences that a lock file does not name are looked up in the registry; the result is `inconclusive` when
   * it does not answer, and `details` says so as `unreachable`. The result's value is the number of dependencies; its
   * status is `notApplicable` when no folder declares any. The reports are `sbom.cdx.json`, `components.json`,
   * `licences.json`, `licences.txt`, and with `before` `diff.json` and `diff.txt`.
   *
   * Example: `dagger -m modules/cyclonedx call sbom --source . --paths services/api,services/web reason`
   *
   * @param source Folder that contains all of them, for example `.`.
   * @param paths Folders in `source`, for example `services/api,services/web`. Default: its root.
   * @param before Another state of the source, which the SBOM is compared with, for example `../develop`. Default: no
   * comparison.
   * @param dev Whether npm's development dependencies count, for example `true`.
   * @param name Name of the result, for example `sbom`.
   * @param timeout Time limit for each run of a tool in seconds, for example `900`. Default: 300.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   * @param nodeImage Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param deadline Seconds since 1970 after which an unfinished run is reported as skipped, for example `1767225600`.
   * 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: the tools run again instead of answering from the
   * cache. Default: use the cache.
   * @param modules A Go module cache with everything that is needed, from `modules` of the module golang, for example
   * `./modules`: nothing is fetched then, and private modules need no login here. Default: the cache that all modules
   * share.
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
    deadline: number = 0,
    nonce: string = "",
    modules?: Directory,
  ): Promise<Result> {
    const toolset: Toolset = {
      gomod: withNonce(withModules(this.base(image), modules), nonce),
      go: withNonce(withModules(goContainer(image), modules), nonce),
      npm: withNonce(npmContainer(nodeImage), nonce),
      timeout,
      dev,
      settings: this.settings,
    }
    const work = async (): Promise<Result> => {
      const [now, old] = await Promise.all([
        makeSbom(toolset, source, paths),
        before && makeSbom(toolset, before, paths).then(({ text }) => readComponents(text), messageOf),
      ])
      return resultOf(name, paths, now, old)
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs `sbom` and gives its answer as one text that is cached for a day: the same arguments run and look up nothing.
   * The text is JSON with `ended` (seconds since 1970), `results` with one result, and `files`, the text of every
   * report by its path. Failures are cached too: a caller that gets one from before its own start passes another
   * `attempt`.
   *
   * Example: `dagger -m modules/cyclonedx call cached-sbom --source services --paths api,web --attempt
   * "$RANDOM"`
   *
   * @param source Folder that contains all of them, for example `.`.
   * @param paths Folders in `source`, for example `services/api,services/web`. Default: its root.
   * @param before Another state of the source, which the SBOM is compared with, for example `../develop`. Default: no
   * comparison.
   * @param dev Whether npm's development dependencies count, for example `true`.
   * @param name Name of the result, for example `sbom`.
   * @param timeout Time limit for each run of a tool in seconds, for example `900`. Default: 300.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   * @param nodeImage Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param deadline Seconds since 1970 after which an unfinished run is reported as skipped, for example `1767225600`.
   * 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: the tools run again instead of answering from the
   * cache. Default: use the cache.
   * @param attempt Any value not used before, for example `$RANDOM`: a failed run is repeated. Default: the first
   * attempt.
   */
  @func({ cache: "24h" })
  async cachedSbom(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    paths: string[] = ["."],
    before?: Directory,
    dev: boolean = false,
    name: string = "sbom",
    timeout: number = 300,
    image: string = images.golang,
    nodeImage: string = images.node,
    deadline: number = 0,
    nonce: string = "",
    attempt: string = "",
  ): Promise<string> {
    const made = await this.sbom(source, paths, before, dev, name, timeout, image, nodeImage, deadline, nonce)
    return asText([made], made.reports)
  }

  /**
   * Compares two SBOMs and gives the difference as text: `+` added, `-` removed, `~` another version.
   *
   * Example: `dagger -m modules/cyclonedx call compare --before old.cdx.json --after new.cdx.json`
   *
   * @param before The earlier SBOM, in CycloneDX JSON, for example `./before.cdx.json`.
   * @param after The later SBOM, in CycloneDX JSON, for example `./after.cdx.json`.
   */
  @func()
  async compare(before: File, after: File): Promise<string> {
    const [old, now] = await Promise.all([before.contents(), after.contents()])
    return differenceText(difference(readComponents(old), readComponents(now)))
  }

  /**
   * Runs cyclonedx-gomod with any arguments on a folder, for what this module has no function for.
   *
   * Example: `dagger -m modules/cyclonedx call exec --source services/kit --args=mod,-json stdout`
   *
   * @param source The folder, for example `services/shared`; it is the working directory.
   * @param args Arguments of cyclonedx-gomod, for example `mod,-json`.
   * @param image Image with Go and bash, for example `golang:1.26.8-bookworm`. Default: the pinned one.
   */
  @func({ cache: "session" })
  exec(
    @argument({ ignore: ["**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.golang,
  ): Container {
    return this.base(image)
      .withMountedDirectory("/src", source)
      .withWorkdir("/src")
      .withExec(["cyclonedx-gomod", ...args])
  }
}

/** Node with cyclonedx-npm from this module's lockfile, and the download cache of the module node. */
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The result of an SBOM. `old` has the components of the earlier state, or the error that there are none. */
function resultOf(name: string, paths: string[], now: Sbom, old: Component[] | string | undefined): Result {
  const missing = missingText(now.unread)
  if (now.manifests === 0 && missing !== "")
    return makeResult(name, "inconclusive", `no dependency is listed${missing}`, {
      exitCode: 0,
      details: { unreachable: "" },
    })
  if (now.manifests === 0)
    return makeResult(name, "notApplicable", `no go.mod or lock file in ${paths.join(", ")}`, { exitCode: 0 })
  const components = readComponents(now.text)
  const licences = byLicence(components)
  const change = old === undefined ? { text: "", reports: dag.directory() } : changeSince(old, components)
  const unknown = licences.find(({ licence }) => licence === unknownLicence)?.components.length ?? 0
  const known = licences.length - (unknown ? 1 : 0)
  const without = unknown ? `, ${unknown} of an unknown one` : ""
  const count = `${components.length} dependencies of ${known} licences${without}`
  const silent = now.unreachable ? `licences are not known: ${now.unreachable}; ` : ""
  const status = now.unreachable ? "inconclusive" : "passed"
  return makeResult(name, status, `${silent}${count}${missing}${change.text}`, {
    exitCode: 0,
    details: { unreachable: now.unreachable },
    seconds: now.seconds,
    cached: now.cached,
    value: components.length,
    unit: "dependencies",
    reports: change.reports
      .withNewFile("sbom.cdx.json", now.text)
      .withNewFile("components.json", `${JSON.stringify(components, null, 1)}\n`)
      .withNewFile("licences.json", `${JSON.stringify(licences, null, 1)}\n`)
      .withNewFile("licences.txt", licencesText(components)),
  })
}

/** The difference to an earlier state, for the reason and as reports. */
function changeSince(old: Component[] | string, components: Component[]): { text: string; reports: Directory } {
  if (typeof old === "string") {
    const reports = dag.directory().withNewFile("diff.txt", `${old}\n`)
    return { text: `; no comparison with the earlier state: ${firstLine(old)}`, reports }
  }
  const found = difference(old, components)
  const reports = dag
    .directory()
    .withNewFile("diff.json", `${JSON.stringify(found, null, 1)}\n`)
    .withNewFile("diff.txt", differenceText(found))
  return { text: `; ${describeDifference(found)}`, reports }
}
