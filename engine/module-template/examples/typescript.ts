import { Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module sample. */
@object()
export class SampleExample {
  /** Fails when a file holds a merge conflict marker. */
  @func()
  async lint(source: Directory): Promise<string> {
    return dag.sample().lint(source).verdict()
  }
}
