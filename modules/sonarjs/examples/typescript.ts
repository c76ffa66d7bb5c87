import { Directory, File, dag, func, object } from "@dagger.io/dagger"

/** Calls the module sonarjs. */
@object()
export class SonarjsExample {
  /** Fails when sources have a security flaw. */
  @func()
  async sources(source: Directory): Promise<string> {
    return dag.sonarjs().scan(source, { timeout: 300 }).verdict()
  }

  /** The SARIF log of sources, also when they have findings. */
  @func()
  log(source: Directory): File {
    return dag.sonarjs().scan(source).reports().file("sonarjs.sarif")
  }
}
