// What the source changes against the branch that it will be merged into.
import { Directory, dag } from "@dagger.io/dagger"
import { reportsFolder } from "../config/checkout"
import { errorText } from "../report/parts"

/** git's diff with its base, the reason why there is none, or the error that prevented it. */
export type Change = Difference | { none: string } | { fault: string }

export interface Difference {
  diff: string
  base: string
  /** Commits that the base does not have. */
  commits: string[]
  /** Whether one of the branches exists here; else the base is the commit before, whatever that is. */
  ofBranch: boolean
}

export interface Changed {
  change: Change
  /** The files of the base; undefined if there is none. */
  before?: Directory
}

/** Compares the source with the first of the branches that exists. */
export async function changedSince(checkout: Directory, branches: string[]): Promise<Changed> {
  try {
    const found = dag.gitflow().diff(checkout.withoutDirectory(reportsFolder), { branches, withFiles: true })
    const [base, none, diff, branch, commits] = await Promise.all([
      found.base(),
      found.reason(),
      found.text(),
      found.branch(),
      found.commits(),
    ])
    if (none) return { change: { none } }
    return {
      change: { base, diff, commits, ofBranch: branch !== "" },
      before: found.files(),
    }
  } catch (error) {
    return { change: { fault: errorText(error) } }
  }
}
