import { Directory, File, dag, func, object } from "@dagger.io/dagger"

/** Calls the module gosec. */
@object()
export class GosecExample {
  /** Fails when a Go module has a security flaw. */
  @func()
  async modules(source: Directory, paths: string[]): Promise<string> {
    return dag.gosec().scan(source, { paths }).verdict()
  }

  /** The SARIF log of a Go module, also when it has findings. */
  @func()
  log(source: Directory): File {
    return dag.gosec().scan(source).reports().file("gosec.sarif")
  }
}
