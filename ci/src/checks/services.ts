// The steps of a service, all in one call of its module.
import { Golang, dag } from "@dagger.io/dagger"
import type { Config, Service as Delivered } from "../config/config"
import { nextStepOf } from "../report/next-steps"
import { collect, type Part } from "../report/parts"
import { mergedSarif } from "../report/sarif"
import type { Found, Stage } from "../report/stages"
import { timedSteps, type CheckRun } from "./check"
import { compareWithBase, type Comparing } from "./compare"
import { judgeLint } from "./findings"
import { goInput } from "./inputs"
import { nodeProject } from "./node-input"
import { golang, isGiven, node } from "./private"
import { cachedResults, resultsIn } from "./results"
import { pairs, testEnvOf, withGoSettings, withNeeds } from "./settings"

/** A service with the steps of it that run. */
export interface ServiceSteps {
  name: string
  service: Delivered
  steps: string[]
}

/** Runs steps of a service. */
export function checkService(run: CheckRun, service: ServiceSteps): Promise<Part> {
  const { name, steps } = service
  const stages = steps.map((step) => `${name}:${step}`)
  const call = async () => compareWithBase(run, await checkOf(service)(run, service), lintOf(service))
  const counted = (part: Part) => ({
    ...part,
    stages: part.stages.map((stage) => countedAlways(stage, run.config.scope)),
  })
  return collect(name, stages, call, (part) =>
    withKnownFindings(withCoverageGate(service.service)(counted(part)), service),
  )
}

/** Says with `gates.scope: new` that a failed test, type check or build holds also if it is old: the base does not run them. */
export function countedAlways(stage: Stage, scope: Config["scope"]): Stage {
  const isAlways = /:(test|typecheck|build)$/.test(stage.name) && stage.status === "failed"
  return scope === "new" && isAlways ? { ...stage, next: `old failures count too: ${nextStepOf(stage)}` } : stage
}

function checkOf({ service }: ServiceSteps): (run: CheckRun, of: ServiceSteps) => Promise<Found> {
  return service.kind === "go" ? checkGo : checkNode
}

/** The exit code of a linter that has looked at everything and found something. */
const lintFound = 1

/** Returns how the findings of a service's linters are compared with those of the base. */
function lintOf(of: ServiceSteps): Comparing {
  const { name, service } = of
  return {
    stage: `${name}:lint`,
    folder: folderOfTools(service),
    ended: ({ exitCode }) => exitCode === 0 || exitCode === lintFound,
    async atBase(run) {
      if (!(await run.source.exists(service.path))) return undefined
      // Another name, so that its lines of progress are not taken for those of the change.
      return checkOf(of)(run, { ...of, name: `base-of-${name}`, steps: ["lint"] })
    },
  }
}

/** The folder that the tools of a service name files from; the repository's root if there is none. */
function folderOfTools({ kind, path }: Delivered): string | undefined {
  return kind === "node" ? path : undefined
}

/** Decides the lint stage of a service with `gates.scope: new`. */
function withKnownFindings(part: Part, { name, service }: ServiceSteps): Part {
  const logs = Object.entries(part.reports).filter(
    ([path]) => path.startsWith(`${name}/lint/`) && path.endsWith(".sarif"),
  )
  const stage = `${name}:lint`
  const { found } = mergedSarif(logs.map(([, text]) => ({ stage, text, folder: folderOfTools(service) })))
  const judged = (one: Stage) => (one.name === stage ? judgeLint(one, found, part.compared) : one)
  return { ...part, stages: part.stages.map(judged) }
}

async function checkGo({ source, config, deadline, nonce, access }: CheckRun, of: ServiceSteps): Promise<Found> {
  const { name, steps, service } = of
  const { path, inputs, needs } = service
  const ready = (module: Golang) => withNeeds(withGoSettings(module, [service]), needs)
  const input = await goInput(source, path, inputs)
  const options = { path, name, steps: timedSteps(config, steps), testEnv: testEnvOf(service), deadline, nonce }
  // With secrets nothing is cached beyond the call.
  return isGiven(access)
    ? resultsIn(ready(golang(access)).check(input, options).reports())
    : cachedResults((attempt) => ready(dag.golang()).cachedCheck(input, { ...options, attempt }))
}

async function checkNode(
  { source, config, deadline, nonce, access, isBase }: CheckRun,
  of: ServiceSteps,
): Promise<Found> {
  const { name, steps, service } = of
  const others = Object.values(config.services).map(({ path }) => path)
  const input = await nodeProject(source, service, others, isBase)
  const scripts = pairs(service.scripts)
  const testEnv = testEnvOf(service)
  const options = { path: service.path, name, steps: timedSteps(config, steps), scripts, testEnv, deadline, nonce }
  return access.npmrc
    ? resultsIn(withNeeds(node(access), service.needs).check(input, options).reports())
    : cachedResults((attempt) => withNeeds(dag.node(), service.needs).cachedCheck(input, { ...options, attempt }))
}

/** Returns a function that applies a service's coverage gate, in percent, to its tests. */
function withCoverageGate({ coverage, coverageWritten }: Delivered): (part: Part) => Part {
  return (part) => ({ ...part, stages: part.stages.map((stage) => gateCoverage(stage, coverage, coverageWritten)) })
}

/**
 * Applies a coverage gate, in percent, to a stage. Tests that measure no coverage fail it only if delivery.yaml sets the gate
 * (`isWritten`): not every test runner measures, and a service may have no test yet.
 */
export function gateCoverage(stage: Stage, limit: number, isWritten = true): Stage {
  if (limit === 0 || !stage.name.endsWith(":test")) return stage
  const passed = stage.status === "passed"
  const gated = { ...stage, limit, unit: "%" }
  if (stage.value === undefined) {
    if (!isWritten || !(passed || stage.status === "notApplicable")) return stage
    const reason = `no coverage was measured; the gate wants ${limit} %`
    return { ...gated, status: "failed", reason: stage.reason ? `${reason} (${stage.reason})` : reason }
  }
  const reason = `coverage ${stage.value} % is below ${limit} %`
  return passed && stage.value < limit ? { ...gated, status: "failed", reason } : gated
}
