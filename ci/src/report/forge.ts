// Shows the checks on their pull request: a status from the beginning, and one comment with the verdict.
import { Secret, Service, dag } from "@dagger.io/dagger"
import type { Forge } from "../config/types"
import type { Outcome } from "./outcome"
import { errorText } from "./parts"
import { oneLine } from "./stages"
import { unique } from "./unique"

/** What a caller gives for the pull request's page. */
export interface ForgeOptions {
  /** Token that may comment and set statuses. Without it nothing is shown. */
  forgeToken?: Secret
  /** Number of the pull request; 0 for none: only the commit gets its status. */
  pull?: number
  /** Web page of the CI job, which the status leads to. */
  slackJob?: string
  /** The forge if it is a service, which its API's address calls `forge`. */
  forge?: Service
}

/** A forge, and the repository on it. */
export interface Page extends Forge {
  repository: string
}

type Kind = Forge["kind"]

/** Hosted forges, by their host. */
const hosts: Record<string, Kind> = { "github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket" }

/**
 * Returns the forge and the repository's path, from the repository's web page and `notifications.forge` of delivery.yaml.
 * Throws what is missing.
 */
export function forgePage(webPage: string | undefined, settings?: Forge): Page {
  const missing = (what: string) =>
    new Error(`${what}; set \`repository\` in delivery.yaml, such as https://github.com/shop/web`)
  if (!webPage) throw missing("the repository's web page is not known: git has no remote origin that is one")
  const { host, pathname } = new URL(webPage)
  const repository = pathname.replace(/^\/|\/$/g, "")
  if (settings) return { ...settings, repository }
  const kind = hosts[host]
  if (!kind)
    throw new Error(
      `notifications.forge: missing; ${host} is no hosted forge that is known (${Object.keys(hosts).join(", ")}): ` +
        `forge: { kind: gitea, api: "https://${host}/api/v1" }`,
    )
  return { kind, repository }
}

/** Shows a state of the checks. Throws what the forge refused. */
export type Show = (
  state: "pending" | "success" | "failure" | "error",
  description: string,
  body?: string,
) => Promise<void>

/** Runs the checks between a pending status and their verdict. A forge that refuses changes no verdict: a line of the table says why. */
export async function shownChecks(show: Show | Error, run: () => Promise<Outcome>): Promise<Outcome> {
  if (show instanceof Error) return withWarning(await run(), show)
  const refused = (error: unknown) => error as Error
  const begun = show("pending", "running").catch(refused)
  let outcome: Outcome
  try {
    outcome = await run()
  } catch (error) {
    await begun
    await show("error", `could not run: ${oneLine(errorText(error), 200)}`).catch(refused)
    throw error
  }
  const first = await begun
  const { passed, table, files } = outcome
  const description = table.trimEnd().split("\n").at(-1)!
  const why = await show(passed ? "success" : "failure", description, files["summary.md"]).catch(refused)
  return withWarning(outcome, why ?? first)
}

/** Adds a line to the table and the summary if there is something to say. */
function withWarning(outcome: Outcome, error: unknown): Outcome {
  if (!error) return outcome
  const line = `? pull request: the verdict is not shown there: ${oneLine(errorText(error), 300)}`
  console.log(line)
  const { table, files } = outcome
  return {
    ...outcome,
    table: `${table}\n${line}`,
    files: { ...files, "summary.md": `${files["summary.md"]}\n${line}\n` },
  }
}

/** Returns what shows states through the module forge; the error if it cannot. */
export function showOn(page: Page, commit: string, { forgeToken, pull = 0, slackJob = "", forge }: ForgeOptions): Show {
  return async (state, description, text) => {
    const body = text === undefined ? undefined : dag.directory().withNewFile("body.md", text).file("body.md")
    const shown = dag.forge().show(page.kind, page.repository, commit, forgeToken!, state, {
      pull,
      body,
      context: "delivery/pr",
      description,
      url: slackJob,
      api: page.api ?? "",
      service: forge,
      serviceName: "forge",
      timeout: 10,
      attempts: 3,
      name: "forge",
      nonce: unique(),
    })
    const [status, reason] = await Promise.all([shown.status(), shown.reason()])
    if (status !== "passed") throw new Error(reason)
  }
}
