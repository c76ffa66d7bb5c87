import { Container, Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module dockerfile. */
@object()
export class DockerfileExample {
  /** Fails when an image does not build, or its tests fail. */
  @func()
  async checked(source: Directory): Promise<string> {
    return dag
      .dockerfile()
      .check(source, { steps: ["test", "build"], testStage: "test" })
      .verdict()
  }

  /** An image for another platform. */
  @func()
  image(source: Directory): Container {
    return dag.dockerfile().build(source, { platform: "linux/arm64" })
  }
}
