// Plan, apply and unlock: work that reaches a backend and is never answered from an earlier session's cache.
import { Container, Secret, Service } from "@dagger.io/dagger"
import { Program, Root, terraformContainer, within } from "./container"
import { firstError, withoutColours } from "./read"
import { changesOf, describe, describeLock, jsonError, lockOf, outputsOf } from "./read-plan"
import { applyScript, graceful, planScript, unlockScript } from "./scripts"
import { assignments } from "./shared/arguments"
import { firstLine } from "./shared/clock"
import { uncached } from "./shared/nonce"
import { Facts, Result, reportStep, resultOfRun } from "./shared/result"
import { Ran, readReport, runStep } from "./shared/step"
import { initFailure, initialized, withoutReports, withoutTerraform } from "./steps"

/** The secrets and services of the module's builders. */
interface Surroundings {
  secretNames?: string[]
  secretValues?: Secret[]
  serviceNames?: string[]
  services?: Service[]
}

/** What work on a backend needs. */
interface Access {
  module: Surroundings
  program: Program
  backendFiles: string[]
  backend: string[]
  env: string[]
  /** Seconds that `init` may take. */
  timeout: number
  nonce: string
}

type Step = (container: Container) => Promise<Result>

/** Runs `init` with the backend, then a step. Without Terraform, or when `init` fails, the result says so. */
export async function runLive(name: string, root: Root, access: Access, step: Step): Promise<Result> {
  const flags = [
    ...access.backendFiles.map((file) => `-backend-config=${file}`),
    ...assignments("backend", access.backend).map(([key, value]) => `-backend-config=${key}=${value}`),
  ]
  return reportStep(name, async () => {
    const container = await terraformContainer(access.program)
    if (typeof container === "string") return withoutTerraform(name, container)
    const ready = await initialized(withSurroundings(within(container, root), access), flags, access.timeout)
    return ready.exitCode === 0 ? step(withoutReports(ready)) : initFailure(name, root, ready)
  })
}

/** The container with services, variables and secrets; never answered from the cache. */
function withSurroundings(container: Container, { module, env, nonce }: Access): Container {
  for (const [i, name] of (module.serviceNames ?? []).entries())
    container = container.withServiceBinding(name, module.services![i]!)
  for (const [name, value] of assignments("env", env)) container = container.withEnvVariable(name, value)
  for (const [i, name] of (module.secretNames ?? []).entries())
    container = container.withSecretVariable(name, module.secretValues![i]!)
  return uncached(container, nonce)
}

interface PlanOptions {
  varFiles: string[]
  vars: string[]
  /** Seconds to wait for a locked state. */
  lockTimeout: number
  timeout: number
}

/** A step that plans. */
export function planStep(name: string, root: Root, options: PlanOptions): Step {
  const { timeout } = options
  const args = planArguments(options)
  return async (container) => {
    const command = ["bash", "-c", planScript, "plan", String(timeout), ...args]
    return planned(name, root, await runStep(container, command, timeout + graceful), "plan.jsonl")
  }
}

/** A step that plans, and applies that plan unless it destroys more than `maxDestroy` resources. */
export function applyStep(name: string, root: Root, options: PlanOptions & { maxDestroy: number }): Step {
  const { timeout, maxDestroy } = options
  const args = planArguments(options)
  return async (container) => {
    const command = ["bash", "-c", applyScript, "apply", String(timeout), String(maxDestroy), ...args]
    return planned(name, root, await runStep(container, command, 2 * (timeout + graceful)), "apply.jsonl")
  }
}

function planArguments({ varFiles, vars, lockTimeout }: PlanOptions): string[] {
  return [
    `-lock-timeout=${lockTimeout}s`,
    ...varFiles.map((file) => `-var-file=${file}`),
    ...assignments("vars", vars).map(([name, value]) => `-var=${name}=${value}`),
  ]
}

/** A step that removes a lock. */
export function unlockStep(name: string, lockId: string, timeout: number): Step {
  return async (container) => {
    const ran = await runStep(container, ["bash", "-c", unlockScript, "unlock", lockId], timeout)
    const output = await readReport(ran.reports, "output.txt")
    const reason = ran.exitCode === 0 ? `the lock ${lockId} is gone` : firstLine(withoutColours(output))
    return resultOfRun(name, ran, reason)
  }
}

/** The result of a plan or an apply: counts and resources, or the holder of the lock, or the first error. */
async function planned(name: string, root: Root, ran: Ran, last: "plan.jsonl" | "apply.jsonl"): Promise<Result> {
  const plan = await readReport(ran.reports, "plan.jsonl")
  const end = last === "plan.jsonl" ? plan : await readReport(ran.reports, last)
  const changes = changesOf(plan)
  let { reports } = ran
  if (changes) reports = reports.withNewFile("changes.json", json(changes))
  if (ran.exitCode === 0 && last === "apply.jsonl") reports = reports.withNewFile("outputs.json", json(outputsOf(end)))
  const { add = 0, change = 0, destroy = 0 } = changes ?? {}
  const figures: Facts = changes
    ? { value: add + change + destroy, unit: "changes", details: { add, change, destroy } }
    : {}
  if (ran.exitCode === 0 && changes) return resultOfRun(name, ran, describe(changes), { ...figures, reports })
  if (ran.exitCode === 0)
    return resultOfRun(name, ran, "Terraform reported no changes", { ...figures, reports, passed: false })
  const lock = lockOf(`${plan}\n${end}`, Date.now())
  if (lock) {
    reports = reports.withNewFile("lock.json", json(lock))
    return resultOfRun(name, ran, describeLock(lock), { ...figures, reports })
  }
  return resultOfRun(name, ran, await failure(ran, root, [end, plan]), { ...figures, reports })
}

/** Why a plan or an apply failed: it was refused, or Terraform's first error. */
async function failure(ran: Ran, root: Root, outputs: string[]): Promise<string> {
  const output = await readReport(ran.reports, "output.txt")
  if (ran.exitCode === 3) return firstLine(output.slice(output.lastIndexOf("not applied:")))
  const errors = outputs.map((text) => jsonError(text, root.path))
  return errors.find((error) => error !== "") || firstError(output, root.path) || firstLine(output)
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`
