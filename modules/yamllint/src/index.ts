/**
 * Checks YAML files with yamllint.
 *
 * A source with its own configuration (`.yamllint`, `.yamllint.yaml` or `.yamllint.yml`) is checked with that. Any
 * other source is checked for errors only: syntax errors, duplicate keys, aliases without an anchor. A run that found
 * no YAML file fails.
 */
import { Container, Directory, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { errorsOnly, readRun } from "./read"
import { requirements } from "./requirements"
import { lintScript } from "./scripts"
import { withNonce } from "./shared/nonce"
import { Result, makeResult, reportStep } from "./shared/result"
import { concluded, sarif } from "./shared/sarif"
import { readReport, runStep, type Ran } from "./shared/step"

const workdir = "/src"

const install = `
python3 -m venv /opt/yamllint
/opt/yamllint/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r /opt/requirements.txt
`

@object()
export class Yamllint {
  /**
   * The container of yamllint: Python's image with the packages of src/requirements.ts.
   *
   * Example: `dagger -m modules/yamllint call base with-exec --args yamllint,--version stdout`
   *
   * @param image Image with yamllint and bash, for example `registry.example.com/yamllint:1.38.0`. Default: the one
   * that this module builds.
   */
  @func()
  base(image: string = ""): Container {
    if (image !== "") return dag.container().from(image)
    return dag
      .container()
      .from(images.python)
      .withNewFile("/opt/requirements.txt", requirements)
      .withMountedCache("/root/.cache/pip", dag.cacheVolume("delivery-yamllint-pip"))
      .withExec(["sh", "-ec", install])
      .withoutMount("/root/.cache/pip")
      .withEnvVariable("PATH", "/opt/yamllint/bin:${PATH}", { expand: true })
  }

  /**
   * Checks every `*.yaml` and `*.yml` of a folder. Errors fail it; warnings, which a configuration can set, do not.
   *
   * Example: `dagger -m modules/yamllint call lint --source . verdict`
   *
   * @param source The folder, for example `.`. Leave out templates that only look like YAML, in the folder or by
   * `ignore` in its configuration.
   * @param name Name of the result, for example `yaml`.
   * @param timeout Time limit in seconds, for example `900`. Default: 600.
   * @param image Image with yamllint and bash, for example `registry.example.com/yamllint:1.38.0`. Default: the one
   * that this module builds.
   * @param args Further arguments for yamllint, for example `--strict`. Default: none.
   * @param deadline Seconds since 1970 after which an unfinished run is reported as skipped, for example `1767225600`.
   * 0: wait for it.
   * @param nonce Any value not used before, for example `$RANDOM`: yamllint runs again instead of answering from the
   * cache. Default: use the cache.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    name: string = "yaml",
    timeout: number = 600,
    image: string = "",
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const work = async (): Promise<Result> => {
      const container = withNonce(this.base(image), nonce).withMountedDirectory(workdir, source).withWorkdir(workdir)
      const command = ["bash", "-c", lintScript, "lint", errorsOnly, ...args]
      return resultOf(name, await runStep(container, command, timeout))
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs yamllint with any arguments on a folder, for what this module has no function for.
   *
   * Example: `dagger -m modules/yamllint call exec --source charts --args=--list-files,. stdout`
   *
   * @param source The folder, for example `charts`; it is the working directory.
   * @param args Arguments of yamllint, for example `--list-files,.`.
   * @param image Image with yamllint and bash, for example `registry.example.com/yamllint:1.38.0`. Default: the one
   * that this module builds.
   */
  @func({ cache: "session" })
  exec(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    args: string[],
    image: string = "",
  ): Container {
    return this.base(image)
      .withMountedDirectory(workdir, source)
      .withWorkdir(workdir)
      .withExec(["yamllint", ...args])
  }
}

async function resultOf(name: string, ran: Ran): Promise<Result> {
  const read = (file: string): Promise<string> => readReport(ran.reports, file)
  const [report, output, config] = await Promise.all(["yamllint.json", "output.txt", "config.txt"].map(read))
  const lint = readRun(ran, { "yamllint.json": report!, "output.txt": output!, "config.txt": config! })
  const { passed, reason } = concluded({ ...lint, findings: lint.errors })
  const reports = ran.reports
    .withoutFile("config.txt")
    .withNewFile("yamllint.sarif", sarif(["yamllint"], lint.findings))
  return makeResult(name, passed ? "passed" : "failed", reason, {
    ...ran,
    reports,
    exitCode: ran.exitCode || (lint.broken ? 1 : 0),
    value: lint.errors.length,
    unit: "errors",
  })
}
