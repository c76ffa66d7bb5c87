// The steps of services with a Dockerfile: tests, build and scan of the image.
import { Directory, File, dag } from "@dagger.io/dagger"
import type { Config, Service } from "../config/config"
import { dockerfileOf, pathIn, type DockerService } from "../config/dockerfile"
import { collect, type Part } from "../report/parts"
import { mergedSarif } from "../report/sarif"
import type { Stage } from "../report/stages"
import { timedSteps, type CheckRun } from "./check"
import { compareWithBase, type Comparing } from "./compare"
import { judgeFindings, today } from "./findings"
import { notKnown, withoutAnswer } from "./licences"
import { cachedResults, finished, type Texts } from "./results"
import { pairs, testEnvOf, withNeeds } from "./settings"

/** Splits the steps of a service into those of its kind and those of its image. */
export function splitSteps({ kind }: Pick<Service, "kind">, steps: string[]): { own: string[]; ofImage: string[] } {
  const isOfImage = (step: string) => kind === "docker" || step === "scan"
  return { own: steps.filter((step) => !isOfImage(step)), ofImage: steps.filter(isOfImage) }
}

/** What the image of a service is built from: the build context, and the options of the module dockerfile. */
export interface ImageSource {
  context: Directory
  /** The Dockerfile, from the repository's root. */
  path: string
  options: { file: string; dockerfile?: File; stage: string; buildArgs: string[] }
}

/** Returns what a service's image is built from. */
export async function imageSource(source: Directory, service: DockerService): Promise<ImageSource> {
  const { dockerfile } = service
  const path = await dockerfileOf(source, service)
  if (path === undefined) throw new Error(`${dockerfile.path} does not exist`)
  const inContext = pathIn(dockerfile.context, path)
  const buildArgs = pairs(dockerfile.args)
  const context = source.directory(dockerfile.context)
  return {
    // The history is no file that git tracks; with it, each commit would build everything again.
    context: dockerfile.context === "." ? context.withoutDirectory(".git") : context,
    path,
    options: {
      file: inContext ?? path,
      ...(inContext === undefined ? { dockerfile: source.file(path) } : {}),
      stage: dockerfile.target,
      buildArgs,
    },
  }
}

/** Runs the steps of a service's image. */
export function checkImage(run: CheckRun, name: string, service: DockerService, steps: string[]): Promise<Part> {
  const stages = steps.map((step) => `${name}:${step}`)
  const comparing: Comparing = {
    stage: `${name}:scan`,
    identity: "package",
    ended: finished,
    async atBase(base) {
      if (!(await dockerfileOf(base.source, service))) return undefined
      // Another name, so that its lines of progress are not taken for those of the change.
      return imageResults(base, `base-of-${name}`, service, ["scan"])
    },
  }
  const call = async () => compareWithBase(run, await imageResults(run, name, service, steps), comparing)
  return collect(name, stages, call, (part) => judgedImage(part, name, run.config))
}

async function imageResults(
  { source, config, deadline, nonce }: CheckRun,
  name: string,
  service: DockerService,
  steps: string[],
): Promise<Texts> {
  const { context, path, options } = await imageSource(source, service)
  const { target = "", command = [], junit = "" } = service.test ?? {}
  const { found, reports } = await cachedResults((attempt) =>
    withNeeds(dag.dockerfile(), service.needs).cachedCheck(context, {
      ...options,
      name,
      steps: timedSteps(config, steps),
      testStage: target,
      testCommand: command,
      junit,
      testEnv: testEnvOf(service),
      database: config.dependencies.database.osv,
      label: path,
      deadline,
      nonce,
      attempt,
    }),
  )
  // The results are in the pipeline's own; the steps of the kind have a file of this name too.
  const { "results.json": _, ...texts } = reports
  return { found, reports: texts }
}

/** The extra fields that the module gives with a scan. */
type ScanStage = Stage & { unreachable?: string; packages?: string }

/** Returns the part with its scan judged: those findings count that delivery.yaml lets count. */
export function judgedImage(
  part: Part,
  name: string,
  { dependencies, suppressions }: Pick<Config, "dependencies" | "suppressions">,
): Part {
  const judged = (stage: ScanStage): Stage => {
    const { unreachable = "", packages = "", ...rest } = stage
    if (stage.name !== `${name}:scan` || !finished(stage)) return rest
    const { value: _value, unit: _unit, ...plain } = rest
    const text = part.reports[`${part.folder}/scan/scan.sarif`]
    const { found } = mergedSarif(text === undefined ? [] : [{ stage: stage.name, text }])
    const clean = stage.status === "passed" ? stage.reason : `${packages || "nothing known"} in the image`
    const { severity, inconclusive } = dependencies
    const judging = { severity, suppressions, today: today(), compared: part.compared }
    return withoutAnswer(
      judgeFindings({ ...plain, status: "passed", reason: clean }, found, judging),
      notKnown({ vulnerabilities: unreachable }),
      inconclusive,
    )
  }
  return { ...part, stages: part.stages.map(judged) }
}
