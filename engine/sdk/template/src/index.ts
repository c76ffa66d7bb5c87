/**
 * A new module: say here, in one line, what it is for.
 *
 * What follows after an empty line is shown where there is room for more.
 */
import { dag, Container, Directory, object, func } from "@dagger.io/dagger"

@object()
export class NewModule {
  /**
   * A container that prints a text.
   *
   * @param text what it prints
   */
  @func()
  echo(text: string): Container {
    return dag.container().from("debian:bookworm-slim").withExec(["echo", text])
  }

  /**
   * The lines of a folder's files that contain a text.
   *
   * @param source the folder to look into
   * @param text what to look for
   */
  @func()
  async grep(source: Directory, text: string): Promise<string> {
    return dag
      .container()
      .from("debian:bookworm-slim")
      .withMountedDirectory("/source", source)
      .withWorkdir("/source")
      .withExec(["grep", "-rF", "--", text, "."])
      .stdout()
  }
}
