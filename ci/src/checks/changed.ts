// What the source changes against the branch that it will be merged into.
import { Directory, dag } from "@dagger.io/dagger"
import { errorText } from "../report/parts"

/** git's diff and its base, the reason why there is none, or the error that prevented it. */
export type Change = { diff: string; base: string } | { none: string } | { fault: string }

export interface Changed {
  change: Change
  /** The files of the base, if they are wanted. */
  before?: Directory
}

/** Compares the source with the first of the branches that exists. */
export async function changedSince(source: Directory, branches: string[], withFiles: boolean): Promise<Changed> {
  try {
    const found = dag.gitflow().diff(source, { branches, withFiles })
    const [base, none, diff] = await Promise.all([found.base(), found.reason(), found.text()])
    return none ? { change: { none } } : { change: { base, diff }, before: withFiles ? found.files() : undefined }
  } catch (error) {
    return { change: { fault: errorText(error) } }
  }
}
