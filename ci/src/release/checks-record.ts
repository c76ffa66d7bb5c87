// The verdict of `pr` among the records of a release, which stage and prod require. It may be written before `publish`.
import type { Checked } from "../checks/pull-request"
import type { Opened } from "../config/source"
import { errorText } from "../report/parts"
import { oneLine, verdictOf, type Stage } from "../report/stages"
import { recordKeyOf, type DeliverOptions } from "./deliver"
import { identify, recordsIn, verdictEntry, type Identity, type Records } from "./record"
import { registryOf, type TargetOptions } from "./targets"

type Options = TargetOptions & Pick<DeliverOptions, "recordKey">

/** Returns the results with a stage `record`, if the caller gives a registry or the key of its records. */
export async function withRecordedChecks(opened: Opened, checked: Checked, options: Options): Promise<Checked> {
  if (!options.registry && !options.recordKey) return checked
  const stage = await recorded(checked.stages, async () => {
    const key = await recordKeyOf(options.recordKey)
    const registry = registryOf(opened.config, options)
    if (!registry) throw new Error("registry: missing; a verdict is stored beside the images (`--registry`)")
    const identity = await identify(opened.checkout, opened.source, opened.config)
    return { identity, isEphemeral: registry.ephemeral, records: recordsIn(registry, key) }
  })
  console.log(`${stage.status === "failed" ? "✘" : "✔"} record ${oneLine(stage.reason, 160)}`)
  const part = { folder: "record", stages: [stage], files: {}, reports: {} }
  return { ...checked, stages: [...checked.stages, stage], parts: [...checked.parts, part] }
}

/** What a verdict is of, and where it goes. */
interface Destination {
  identity: Pick<Identity, "sha" | "tree" | "dirty">
  isEphemeral: boolean
  records: Pick<Records, "append">
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
    const { identity, isEphemeral, records } = await open()
    const { sha, tree, dirty } = identity
    if (dirty && !isEphemeral)
      return end("notApplicable", `not recorded: the source has uncommitted changes (${sha}); a verdict is of a commit`)
    await records.append(verdictEntry({ tree, sha, subject: [] }, "pr", stages))
    return end("passed", `${verdictOf(stages).passed ? "green" : "red"} verdict of pr on the tree ${tree.slice(0, 12)}`)
  } catch (error) {
    return end("failed", oneLine(errorText(error), 300))
  }
}
