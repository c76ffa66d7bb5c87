// The verdict of `pr` among the records of a release, which stage and prod require. It may be written before `publish`.
import type { Checked } from "../checks/pull-request"
import type { Opened } from "../config/source"
import { errorText } from "../report/parts"
import { oneLine, verdictOf, type Stage } from "../report/stages"
import { isTold, slackOf, tell, tellingErrors, type SlackOptions } from "../report/notify"
import { reportsOf } from "../report/report"
import { openRecords, told, type DeliverOptions } from "./deliver"
import { headOf } from "./head"
import { identify, verdictEntry, type Identity, type Records } from "./record"
import { registryOf, type TargetOptions } from "./targets"

export type Options = TargetOptions & Pick<DeliverOptions, "recordKey" | "slackJob">

/** Returns the results with a stage `record`, if the caller gives a registry or the key of its records. */
async function withRecordedChecks(
  opened: Opened,
  checked: Checked,
  options: Options & { began: number },
): Promise<Checked> {
  if (!options.registry && !options.recordKey) return checked
  const stage = await recorded(checked.stages, async () => {
    const registry = registryOf(opened.config, options)
    if (!registry) throw new Error("registry: missing; a verdict is stored beside the images (`--registry`)")
    const identity = await identify(opened.checkout, opened.source, opened.config)
    const records = await openRecords(opened.config, registry, options, "publisher")
    return { identity, isEphemeral: registry.ephemeral, records, began: options.began }
  })
  console.log(`${stage.status === "failed" ? "✘" : "✔"} record ${oneLine(stage.reason, 160)}`)
  const part = { folder: "record", stages: [stage], files: {}, reports: {} }
  return { ...checked, stages: [...checked.stages, stage], parts: [...checked.parts, part] }
}

/** Runs the checks, records their verdict, and tells Slack of them, as far as the caller gives access. */
export async function toldChecks(
  opened: Opened,
  options: Options & SlackOptions,
  checks: () => Promise<Checked>,
): Promise<Checked> {
  const { checkout, config } = opened
  const slack = slackOf(options)
  const began = Date.now() / 1000
  const run = async () => withRecordedChecks(opened, await checks(), { ...options, began })
  if (!isTold("pr", config, slack)) return run()
  // A message with less in it is better than no verdict.
  const head = await headOf(checkout).catch(() => ({ commit: "" }))
  const telling = tell("pr", head, config, slack)
  const checked = await tellingErrors(telling.failed, run)
  // Coverage is judged from the results of others: its stages are in no part.
  const judged = { folder: "", stages: checked.stages, files: {}, reports: reportsOf(checked.parts) }
  const extra = await told(telling, "pr", [judged])
  return {
    ...checked,
    stages: [...checked.stages, ...extra.flatMap(({ stages }) => stages)],
    parts: [...checked.parts, ...extra],
  }
}

/** What a verdict is of, and where it goes. */
interface Destination {
  identity: Pick<Identity, "sha" | "tree" | "dirty"> & Partial<Pick<Identity, "branch">>
  isEphemeral: boolean
  records: Pick<Records, "append">
  /** When the checks began, in seconds since 1970. */
  began?: number
}

/** Stores the verdict of all checks; returns the stage that says so. Checks that were left out are no verdict. */
export async function recorded(stages: Stage[], open: () => Promise<Destination>): Promise<Stage> {
  const begin = Date.now()
  const end = (status: Stage["status"], reason: string): Stage => {
    const seconds = Math.round((Date.now() - begin) / 100) / 10
    return { name: "record", status, reason, seconds, cached: false, exitCode: status === "failed" ? 1 : 0 }
  }
  const missing = stages.filter(({ status }) => status === "skipped")
  if (missing.length)
    return end("notApplicable", `not recorded: a verdict needs all checks, and ${missing[0]!.name} did not run`)
  try {
    const { identity, isEphemeral, records, began } = await open()
    const { sha, tree, branch, dirty } = identity
    if (dirty && !isEphemeral)
      return end("notApplicable", `not recorded: the source has uncommitted changes (${sha}); a verdict is of a commit`)
    await records.append(verdictEntry({ tree, sha, branch, began }, "pr", stages))
    return end("passed", `${verdictOf(stages).passed ? "green" : "red"} verdict of pr on the tree ${tree.slice(0, 12)}`)
  } catch (error) {
    return end("failed", oneLine(errorText(error), 300))
  }
}
