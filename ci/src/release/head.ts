// The commit that is checked out, whatever the repository delivers.
import { Directory, dag } from "@dagger.io/dagger"

/** A commit, its branch and its author, and whether the checkout has changes that are not committed. */
export interface Head {
  commit: string
  branch: string
  author: string
  dirty: boolean
}

/** Returns the commit of a checkout. `identify` needs the paths of a release too, which not every repository has. */
export async function headOf(checkout: Directory): Promise<Head> {
  const found = dag.gitflow().ofSource(checkout)
  const [commit, branch, author, dirty] = await Promise.all([
    found.commit(),
    found.branch(),
    found.author(),
    found.dirty(),
  ])
  return { commit, branch, author, dirty }
}
