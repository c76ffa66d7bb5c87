/**
 * Finds merge conflict markers in text files, with grep. Replace this example with the tool of the module.
 */
import { Container, Directory, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { findingsIn } from "./read"
import { firstLine } from "./shared/clock"
import { withNonce } from "./shared/nonce"
import { Result, makeResult, reportStep, timedOutAfter } from "./shared/result"
import { describe, ordered, sarif } from "./shared/sarif"
import { Ran, readReport, runStep } from "./shared/step"

@object()
export class Sample {
  /**
   * The container that the tool runs in.
   *
   * Example: `dagger -m modules/sample call base with-exec --args grep,--version stdout`
   *
   * @param image Image with bash and grep, for example `debian:bookworm-slim`.
   */
  @func()
  base(image: string = images.debian): Container {
    return dag.container().from(image).withWorkdir("/src")
  }

  /**
   * Finds merge conflict markers. The result's value is the number of findings; the reports are `sample.sarif` and
   * `output.txt`.
   *
   * Example: `dagger -m modules/sample call lint --source . verdict`
   *
   * @param source Folder to look through, for example `.`.
   * @param name Name of the result, for example `sample`.
   * @param timeout Time limit in seconds, for example `600`.
   * @param image Image with bash and grep, for example `debian:bookworm-slim`.
   * @param args More arguments of grep, for example `--exclude-dir=vendor`.
   * @param deadline Seconds since 1970 after which unfinished work is reported as skipped, for example `1767225600`;
   * 0 waits for its end.
   * @param nonce Any value not used before, for example `$RANDOM`: grep runs again instead of answering from the cache.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/node_modules", "**/.git"] }) source: Directory,
    name: string = "sample",
    timeout: number = 600,
    image: string = images.debian,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const search = async (): Promise<Result> => {
      const container = withNonce(this.base(image), nonce).withMountedDirectory("/src", source)
      const command = ["grep", "-rnIE", "^(<{7}|>{7}) ", ...args, "."]
      return result(name, await runStep(container, command, timeout))
    }
    return reportStep(name, search, { deadline })
  }

  /**
   * Runs grep with any arguments on a folder, mounted as the working directory. It is an error when grep finds nothing.
   *
   * Example: `dagger -m modules/sample call exec --source . --args=-rn,TODO,. stdout`
   *
   * @param source Folder to run in, for example `.`.
   * @param args Arguments of grep, for example `-rn,TODO,.`.
   * @param image Image with bash and grep, for example `debian:bookworm-slim`.
   */
  @func({ cache: "session" })
  exec(
    @argument({ ignore: ["**/node_modules"] }) source: Directory,
    args: string[],
    image: string = images.debian,
  ): Container {
    return this.base(image)
      .withMountedDirectory("/src", source)
      .withExec(["grep", ...args])
  }
}

async function result(name: string, ran: Ran): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  // grep ends with 0 when it found a line, with 1 when it found none, and with 2 for an error.
  const trouble = ran.timedOut ? timedOutAfter(ran) : ran.exitCode > 1 ? firstLine(output) : ""
  const findings = ordered(findingsIn(output))
  const reason = trouble || describe(findings)
  return makeResult(name, reason ? "failed" : "passed", reason || "no conflict marker", {
    ...ran,
    exitCode: trouble ? ran.exitCode : 0,
    value: findings.length,
    unit: "findings",
    reports: ran.reports.withNewFile("sample.sarif", sarif(["sample"], findings)),
  })
}
