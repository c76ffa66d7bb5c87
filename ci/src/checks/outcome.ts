// The reports of a pull request's checks.
import type { Directory } from "@dagger.io/dagger"
import { checkFunctions, type CheckFunction } from "../catalogue"
import type { Config } from "../config/config"
import { detectedTable } from "../config/detect"
import { openSource } from "../config/source"
import type { Outcome } from "../report/outcome"
import { reportOf, type Extra } from "../report/report"
import type { Access } from "./private"
import { pullRequest, type Checked } from "./pull-request"
import { stageNames } from "./selection"

/** Returns the outcome of a pull request's checks. */
export async function checkedOutcome(
  source: Directory,
  { services, repository, detected }: Config,
  { stages, parts, coverage }: Checked,
  extra: Extra = {},
): Promise<Outcome> {
  const serviceOf = (stage: string) => services[stage.split(":")[0]!]
  // The tools of a Node project name files from the project's folder.
  const folders = (stage: string) =>
    serviceOf(stage)?.kind === "node" && !stage.endsWith(":scan") ? serviceOf(stage)!.path : undefined
  const paths = (stage: string) => serviceOf(stage)?.path
  const context = { source, folders, paths, repository, coverage, note: detected && detectedTable(detected), ...extra }
  return reportOf({ name: "pr", title: "Pull request", stages, parts }, context)
}

/** Runs the checks of one function and returns their table; throws it if it is red. */
export async function runChecks(checkout: Directory, name: CheckFunction, access: Access): Promise<string> {
  const opened = await openSource(checkout)
  const { source, config } = opened
  const steps = checkFunctions[name]
  const words = stageNames(config).flatMap((stage) => stage.split(":"))
  const only = steps.filter((step) => words.includes(step))
  if (!only.length) return `not applicable: no service has the step ${steps.join(", ")}`
  const { passed, table } = await checkedOutcome(source, config, await pullRequest(opened, { only, access }))
  if (!passed) throw new Error(`\n${table}`)
  return table
}
