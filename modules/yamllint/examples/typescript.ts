import { Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module yamllint. */
@object()
export class YamllintExample {
  /** Fails when a YAML file has an error. */
  @func()
  async files(source: Directory): Promise<string> {
    return dag.yamllint().lint(source).verdict()
  }

  /** The output of yamllint, with its warnings. */
  @func()
  async output(source: Directory): Promise<string> {
    return dag.yamllint().lint(source, { timeout: 60 }).reports().file("yamllint.txt").contents()
  }
}
