/**
 * A new module: describe it here in one line.
 *
 * A longer description may follow after an empty line.
 */
import { dag, Container, Directory, object, func } from "@dagger.io/dagger"

@object()
export class NewModule {
  /**
   * Returns a container that prints a text.
   *
   * @param text The text to print.
   */
  @func()
  echo(text: string): Container {
    return dag.container().from("debian:bookworm-slim").withExec(["echo", text])
  }

  /**
   * Returns the lines of a folder's files that contain a text.
   *
   * @param source The folder to search.
   * @param text The text to find.
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
