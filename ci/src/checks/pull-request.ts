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
import { today } from "./findings"
import { heldGates, loweredGates, type LoweredGate } from "./held-gates"
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
    const { change } = await run.changed
    const lowered = await loweredSince(run)
    const held = { suppressions: config.suppressions, base: "base" in change ? change.base : "", today: today() }
    for (const stage of coverageStages(coverage, unmeasured, change, config.coverage))
      if (selected.has(stage.name))
        results.set(stage.name, stage.name === "coverage:total" ? heldGates(stage, lowered, held) : stage)
    parts.push(coveragePart(coverage))
  }
  return { stages: names.map((name) => results.get(name) ?? leftOut(name)), parts, coverage }
}

/**
 * Finds what the source changes, if a selected check wants it. The files of the base are for scanners that compare with it, and for
 * its gates.
 */
function changedOf(
  { checkout, config: { scope } }: Opened,
  branches: string[],
  selected: Set<string>,
): Promise<Changed> {
  const isWanted = selected.has("dependencies") || scope === "new" || isCoverageSelected(selected)
  return isWanted ? changedSince(checkout, branches) : Promise.resolve({ change: { none: notSelected } })
}

function isCoverageSelected(selected: Set<string>): boolean {
  return [...selected].some((name) => name.startsWith("coverage:"))
}

/** Returns the coverage gates that are lower than in the delivery.yaml of the base, if it has one. */
async function loweredSince({ changed, config }: CheckRun): Promise<LoweredGate[]> {
  const { before } = await changed
  if (!before || config.detected || !(await before.exists("delivery.yaml"))) return []
  return loweredGates(await before.file("delivery.yaml").contents(), config)
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

/** The checks of the repository that start by themselves, in this order: secrets before the services, the others after them. */
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

/** Checks that read what the Go services' checks have compiled: side by side with them, all of it would be compiled twice. */
const afterGo: string[] = ["lint:golangci", "sast:go"]

/** Runs every part: first what starts by itself, then what reads the results of the Go services. */
async function runAll(run: CheckRun, selected: Set<string>): Promise<Part[]> {
  const workOf = (some: Check[]) => some.filter(({ name }) => selected.has(name)).map((check) => () => check.run(run))
  const { secrets: first, ...later } = checks
  const others = Object.values(later)
  const last = workOf(others.filter(({ name }) => afterGo.includes(name)))
  const { go, rest } = serviceWork(run, selected)
  const work = [...workOf([first]), ...rest, ...go, ...workOf(others.filter(({ name }) => !afterGo.includes(name)))]
  return inOrder(work, go, last)
}

/**
 * Runs work, one piece more at a time than there are processors: each has several steps side by side, and some wait for what the
 * cache says. `last` begins when all of `before`, a part of the work, has ended.
 */
export async function inOrder<T>(
  work: (() => Promise<T>)[],
  before: (() => Promise<T>)[],
  last: (() => Promise<T>)[],
  atOnce = availableParallelism() + 1,
): Promise<T[]> {
  let free = atOnce
  const waiting: (() => void)[] = []
  const run = async (piece: () => Promise<T>): Promise<T> => {
    if (free > 0) free--
    else await new Promise<void>((begin) => waiting.push(begin))
    try {
      return await piece()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
  const begun = new Map(work.map((piece) => [piece, run(piece)]))
  const later = Promise.all(before.map((piece) => begun.get(piece)!)).then(() => Promise.all(last.map(run)))
  return (await Promise.all([Promise.all(begun.values()), later])).flat()
}

/** Returns the work of the services. Node and Dockerfiles come first: an npm install waits for the network while Go compiles. */
function serviceWork(run: CheckRun, selected: Set<string>): Record<"go" | "rest", (() => Promise<Part>)[]> {
  const services = Object.entries(run.config.services)
  const workOf = (kind: string) =>
    services
      .filter(([, service]) => service.kind === kind)
      .flatMap(([name, service]) => {
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
  return { go: workOf("go"), rest: [...workOf("node"), ...workOf("docker")] }
}
