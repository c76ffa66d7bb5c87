import { Directory, Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module node. */
@object()
export class NodeExample {
  /** Fails when a step of a Node project fails. */
  @func()
  async project(source: Directory): Promise<string> {
    return dag
      .node()
      .check(source, { name: "frontend", steps: ["lint", "test=900"] })
      .verdict()
  }

  /** The build of a project with private packages. */
  @func()
  build(source: Directory, npmrc: Secret): Directory {
    return dag.node().withPrivate(npmrc).build(source)
  }
}
