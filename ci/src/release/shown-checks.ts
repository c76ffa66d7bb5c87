// The checks of a pull request with everything that the caller's access allows: recorded, told to Slack, shown on the forge.
import type { Checked } from "../checks/pull-request"
import { checkedOutcome } from "../checks/outcome"
import type { Opened } from "../config/source"
import { forgePage, showOn, shownChecks as shownOn, type ForgeOptions, type Show } from "../report/forge"
import type { SlackOptions } from "../report/notify"
import type { Outcome } from "../report/outcome"
import { repositoryPage, type Extra } from "../report/report"
import { toldChecks, type Options } from "./checks-record"
import { headOf } from "./head"

/** Runs the checks and returns their outcome. */
export async function checksOutcome(
  opened: Opened,
  options: Options & SlackOptions & ForgeOptions,
  { extra, checks }: { extra: Extra; checks: () => Promise<Checked> },
): Promise<Outcome> {
  const run = async () => checkedOutcome(opened.source, opened.config, await toldChecks(opened, options, checks), extra)
  return options.forgeToken ? shownOn(await showOf(opened, options), run) : run()
}

/** Returns what shows the checks on the forge; the error if it is not known where. */
async function showOf({ checkout, config }: Opened, options: ForgeOptions): Promise<Show | Error> {
  try {
    const page = forgePage(await repositoryPage(checkout, config.repository), config.notifications.forge)
    const { commit, dirty } = await headOf(checkout)
    if (dirty) return new Error("the source has uncommitted changes, and a status is of a commit")
    return showOn(page, commit, options)
  } catch (error) {
    return error as Error
  }
}
