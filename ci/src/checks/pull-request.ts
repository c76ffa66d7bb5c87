// The checks of a pull request: which run, in which order, and what they add up to.
import { availableParallelism } from "node:os"
import type { RepositoryStage } from "../catalogue"
import { hasDockerfile } from "../config/dockerfile"
import type { Opened } from "../config/source"
import type { Part } from "../report/parts"
import { notSelected, type FileCoverage, type Stage } from "../report/stages"
import { unique } from "../report/unique"
import { changedSince, type Changed } from "./changed"
import type { Check, CheckRun } from "./check"
import { checkImage, splitSteps } from "./docker"
import { coverageOf, coveragePart, coverageStages } from "./coverage"
import { dependencies } from "./dependencies"
import { lintGolangci } from "./lint-golangci"
import { lintHelm } from "./lint-helm"
import { lintTerraform } from "./lint-terraform"
import { lintYaml } from "./lint-yaml"
import type { Access } from "./private"
import { quality, type Sonar } from "./quality"
import { sastGo } from "./sast-go"
import { sastJs } from "./sast-js"
import { secrets } from "./secrets"
import { selectStages, stageNames } from "./selection"
import { checkService } from "./services"

/** What a caller wants of the checks. */
interface Wanted extends Sonar {
  only?: string[]
  skip?: string[]
  /** Seconds after which stages that still run are reported as skipped; 0 for never. */
  grace?: number
  /** The branch that changed lines are compared with, instead of delivery.yaml's. */
  base?: string
  /** Whether all tools run again, whatever is in the cache. */
  all?: boolean
  access?: Access
}

/** The results of the checks. */
export interface Checked {
  stages: Stage[]
  parts: Part[]
  coverage: FileCoverage[]
}

/** Runs the selected checks and applies their gates. Every stage has a result, in the order of stageNames(). */
export async function pullRequest(opened: Opened, wanted: Wanted): Promise<Checked> {
  const { checkout, source, config } = opened
  const names = stageNames(config)
  const selected = selectStages(names, wanted.only ?? [], wanted.skip ?? [])
  const { grace = 0, access = {} } = wanted
  const nonce = wanted.all ? unique() : ""
  const deadline = grace && Math.ceil(Date.now() / 1000) + grace
  const branches = wanted.base ? [wanted.base] : [...new Set(Object.values(config.branches))]
  const changed = changedOf(opened, branches, selected)
  const run: CheckRun = { checkout, source, config, deadline, nonce, access, changed, branches }
  const parts = await runAll(run, selected)
  // SonarQube reads what the tests have measured.
  if (selected.has("quality")) parts.push(await quality(run, parts, wanted))

  const results = new Map(parts.flatMap(({ stages }) => stages).map((stage) => [stage.name, stage]))
  const measured = await coverageOf(source, config, parts)
  const coverage = [...measured.values()].flat()
  if (isCoverageSelected(selected)) {
    const isMissed = (name: string) => config.services[name]!.coverageWritten || !isGood(results.get(`${name}:test`))
    const unmeasured = [...measured].filter(([name, files]) => !files.length && isMissed(name)).map(([name]) => name)
    for (const stage of coverageStages(coverage, unmeasured, (await run.changed).change, config.coverage))
      if (selected.has(stage.name)) results.set(stage.name, stage)
    parts.push(coveragePart(coverage))
  }
  return { stages: names.map((name) => results.get(name) ?? leftOut(name)), parts, coverage }
}

/** Finds what the source changes, if a selected check wants it. The files of the base are for scanners that compare with it. */
function changedOf(
  { checkout, config: { scope } }: Opened,
  branches: string[],
  selected: Set<string>,
): Promise<Changed> {
  const withFiles = selected.has("dependencies") || scope === "new"
  if (!withFiles && !isCoverageSelected(selected)) return Promise.resolve({ change: { none: notSelected } })
  return changedSince(checkout, branches, withFiles)
}

function isCoverageSelected(selected: Set<string>): boolean {
  return [...selected].some((name) => name.startsWith("coverage:"))
}

/** Whether a stage ran and did not fail, or has nothing to do. */
function isGood(stage: Stage | undefined): boolean {
  return stage?.status === "passed" || stage?.status === "notApplicable"
}

function leftOut(name: string): Stage {
  return { name, status: "skipped", reason: notSelected, seconds: 0, cached: false, exitCode: -1 }
}

/** Stages that need the results of others. */
type LastStage = "quality" | "coverage:total" | "coverage:changed"

/**
 * The checks of the repository that start by themselves, in this order: secrets before the services, the others after them. gosec
 * comes late, because it reads what the services' checks have compiled.
 */
const checks: Record<Exclude<RepositoryStage, LastStage>, Check> = {
  secrets,
  "lint:yaml": lintYaml,
  "lint:helm": lintHelm,
  "lint:terraform": lintTerraform,
  "lint:golangci": lintGolangci,
  "sast:go": sastGo,
  "sast:js": sastJs,
  dependencies,
}

/**
 * Runs every part, one more at a time than there are processors: each has several steps side by side, and some wait for what the
 * cache says.
 */
async function runAll(run: CheckRun, selected: Set<string>): Promise<Part[]> {
  const workOf = (some: Check[]) => some.filter(({ name }) => selected.has(name)).map((check) => () => check.run(run))
  const { secrets: first, ...later } = checks
  const work = [...workOf([first]), ...serviceWork(run, selected), ...workOf(Object.values(later))]
  const parts: Part[] = []
  const workers = Array.from({ length: availableParallelism() + 1 }, async () => {
    for (let next = work.shift(); next; next = work.shift()) parts.push(await next())
  })
  await Promise.all(workers)
  return parts
}

/** Returns the work of the services. Node and Dockerfiles first: an npm install waits for the network while Go compiles. */
function serviceWork(run: CheckRun, selected: Set<string>): (() => Promise<Part>)[] {
  const services = Object.entries(run.config.services)
  const ofKind = (kind: string) => services.filter(([, service]) => service.kind === kind)
  return [...ofKind("node"), ...ofKind("docker"), ...ofKind("go")].flatMap(([name, service]) => {
    const stages = [...selected].filter((stage) => stage.startsWith(`${name}:`))
    const { own, ofImage } = splitSteps(
      service,
      stages.map((stage) => stage.split(":")[1]!),
    )
    return [
      ...(own.length ? [() => checkService(run, { name, service, steps: own })] : []),
      ...(ofImage.length && hasDockerfile(service) ? [() => checkImage(run, name, service, ofImage)] : []),
    ]
  })
}
