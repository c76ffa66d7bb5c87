// Which pipelines belong to a branch, by Git Flow.
import { Directory, dag } from "@dagger.io/dagger"
import type { EnvironmentName } from "../config/config"
import { openSource } from "../config/source"
import { identify } from "./record"

export interface BranchOptions {
  /** The branch; the one that is checked out if it is empty. */
  branch: string
  /** `push` or `pull_request`. */
  event: string
  /** Target branch of the pull request. */
  base: string
  /** Whether only the reason is wanted. */
  explain: boolean
}

/** Returns the names of the pipelines that belong to a branch, in their order, and the reason. */
export async function pipelinesOfBranch(
  checkout: Directory,
  { branch, event, base, explain }: BranchOptions,
): Promise<{ names: ("pr" | EnvironmentName)[]; reason: string }> {
  const { source, config } = await openSource(checkout)
  const { master, develop } = config.branches
  const name = branch || (await identify(checkout, source, config)).branch
  const options = { event, base, master, develop }
  if (explain) return { names: [], reason: await dag.gitflow().explain(name, options) }
  const decision = dag.gitflow().pipeline(name, options)
  const [first, next, reason] = await Promise.all([decision.name(), decision.next(), decision.reason()])
  const names = [first, next].filter((one) => one !== "none" && one !== "") as ("pr" | EnvironmentName)[]
  return { names, reason }
}
