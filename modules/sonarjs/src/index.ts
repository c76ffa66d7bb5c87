/**
 * Scans JavaScript, TypeScript and Vue sources for security flaws with the rules of eslint-plugin-sonarjs, whatever
 * linter the project has.
 *
 * A scan that read no file, or could not parse one, fails. `eslint-disable` comments are ignored: the caller accepts
 * findings, by filtering the SARIF log.
 */
import { Container, Directory, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { readRun } from "./read"
import { withNonce } from "./shared/nonce"
import { withoutQuotes } from "./shared/quotes"
import { Result, makeResult, reportStep } from "./shared/result"
import { concluded, sarif } from "./shared/sarif"
import { readReport, runStep, type Ran } from "./shared/step"
import { config, files } from "./tool"

const workdir = "/src"
const eslint = "/tool/node_modules/.bin/eslint"

@object()
export class Sonarjs {
  /**
   * The container of eslint, with the plugin and the parsers in the versions of this module's lockfile.
   *
   * Example: `dagger -m modules/sonarjs call base with-exec --args npx,eslint,--version stdout`
   *
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func()
  base(image: string = images.node): Container {
    let container = dag.container().from(image).withWorkdir("/tool")
    for (const [file, text] of Object.entries(files)) container = container.withNewFile(file, text)
    return container
      .withExec(["npm", "ci", "--no-audit", "--no-fund", "--no-progress"])
      .withNewFile("eslint.config.mjs", config)
  }

  /**
   * Scans sources. Tests are left out; `args` leaves out what a build has written.
   *
   * Example: `dagger -m modules/sonarjs call scan --source services/web verdict`
   *
   * @param source Folder with the sources, for example `services/web`.
   * @param name Name of the result, for example `sast`.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   * @param args Further arguments for eslint, for example `--ignore-pattern=src/api/**`. Default: none.
   * @param deadline Seconds since 1970 after which an unfinished scan is reported as skipped, for example `1767225600`.
   * 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: eslint runs again instead of answering from the
   * cache. Default: use the cache.
   */
  @func({ cache: "session" })
  async scan(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    name: string = "sast",
    timeout: number = 600,
    image: string = images.node,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const flags = [
      "--config=/tool/eslint.config.mjs",
      "--format=json",
      "--output-file=/report/eslint.json",
      "--no-error-on-unmatched-pattern",
      ...args,
    ]
    const work = async (): Promise<Result> => {
      const container = withNonce(this.base(image), nonce).withMountedDirectory(workdir, source).withWorkdir(workdir)
      return resultOf(name, await runStep(container, [eslint, ...flags, "."], timeout))
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs eslint with any arguments on a folder, for what this module has no function for.
   *
   * Example: `dagger -m modules/sonarjs call exec --source services/web --args=--help stdout`
   *
   * @param source The folder, for example `services/web`; it is the working directory.
   * @param args Arguments of eslint, for example `--help`.
   * @param image Image with Node, npm and bash, for example `node:24.21.0-bookworm-slim`. Default: the pinned one.
   */
  @func({ cache: "session" })
  exec(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.node,
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec([eslint, ...args])
  }
}

async function resultOf(name: string, ran: Ran): Promise<Result> {
  const [report, output] = await Promise.all(["eslint.json", "output.txt"].map((file) => readReport(ran.reports, file)))
  const reading = readRun(ran, { report: report!, output: output! }, workdir)
  const { passed, reason } = concluded(reading)
  return makeResult(name, passed ? "passed" : "failed", reason, {
    ...ran,
    reports: withoutQuotes(ran.reports, "eslint.json", { text: report!, field: "source" }).withNewFile(
      "sonarjs.sarif",
      sarif(["eslint-plugin-sonarjs"], reading.findings),
    ),
    exitCode: reading.broken ? ran.exitCode || 1 : 0,
    value: reading.findings.length,
    unit: "findings",
  })
}
