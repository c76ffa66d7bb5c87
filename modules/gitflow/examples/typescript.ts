import { Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module gitflow. */
@object()
export class GitflowExample {
  /** The pipeline of the branch that is checked out, and why. */
  @func()
  async pipeline(source: Directory): Promise<string> {
    const decision = dag.gitflow().pipeline(await dag.gitflow().ofSource(source).branch())
    return `${await decision.name()}: ${await decision.reason()}`
  }

  /** The hash by which delivered paths are found again after a merge. */
  @func()
  async tree(source: Directory): Promise<string> {
    return dag.gitflow().trees(source, ["services", "charts"])
  }
}
