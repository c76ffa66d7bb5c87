// The reports of a rehearsal: those of the pull request, a page per environment, and the chain as a whole.
import type { Directory } from "@dagger.io/dagger"
import type { Access } from "../checks/private"
import { checkedOutcome } from "../checks/outcome"
import { pullRequest, type Checked } from "../checks/pull-request"
import { openSource } from "../config/source"
import { chainHtml, environmentHtml } from "../report/chain-page"
import { liveOutcome, type Outcome } from "../report/outcome"
import { notRun, step, type Part } from "../report/parts"
import { isRed, verdictOf, type Stage } from "../report/stages"
import { rehearse, shorten, type Ended } from "./rehearse"

interface Options {
  /** Faults of the bad release; those of delivery.yaml if there are none. */
  faults: string[]
  /** Whether to shorten what takes long. */
  short: boolean
  access: Access
}

/** Rehearses the whole chain and returns its reports. */
export async function rehearsalOutcome(checkout: Directory, { faults, short, access }: Options): Promise<Outcome> {
  const opened = await openSource(checkout)
  const { source, config } = opened
  const shortened = short ? shorten(config) : ""
  let checked: Checked = { stages: [], parts: [], coverage: [] }
  const checks = async (): Promise<Part[]> => {
    checked = await pullRequest(opened, { access })
    return [await step("pr", async () => ({ reason: greenOrThrow(checked.stages) }))]
  }
  const badFaults = faults.length ? faults : config.rehearsal.faults
  const { steps, record, told, commit, evidence } = await rehearse({
    checkout,
    source,
    config,
    checks,
    faults: badFaults,
    access,
  })
  if (shortened) steps.push(shortenedStep(shortened))

  const parts = steps.flatMap((one) => one.parts)
  const whole = await liveOutcome("rehearse", "Rehearsal", parts)
  const pr = await checkedOutcome(source, config, checked)
  const files: Record<string, string> = {
    ...whole.files,
    "index.html": chainHtml(commit, steps, told, evidence["table.txt"]),
    "slack.json": told,
  }
  for (const [path, text] of Object.entries(evidence)) files[`evidence/${path}`] = text
  for (const [path, text] of Object.entries(pr.files)) files[`pr/${path}`] = text
  const filesOfStages = Object.fromEntries(parts.flatMap((part) => Object.entries(part.files)))
  for (const one of steps)
    if (!["pr", "targets"].includes(one.step)) files[`${one.step}.html`] = environmentHtml(one, filesOfStages)
  if (record) files["release.json"] = `${JSON.stringify(record, null, 1)}\n`
  return { ...whole, files }
}

/** A step that lists what a short rehearsal leaves out. */
function shortenedStep(reason: string): Ended {
  const stage = { name: "shortened", status: "notApplicable" as const, reason, seconds: 0, cached: false, exitCode: 0 }
  return { step: "targets", title: "Shortened", parts: [{ ...notRun([], ""), stages: [stage] }] }
}

/** Returns the verdict of the pull request's stages as the reason of one stage; throws the first failure if it is red. */
function greenOrThrow(stages: Stage[]): string {
  const { passed, line } = verdictOf(stages)
  const first = stages.find(isRed)
  if (!passed) throw new Error(first ? `${first.name}: ${first.reason}` : line)
  return line
}
