import { Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module sonarqube. */
@object()
export class SonarqubeExample {
  /** Fails when the sources have a bug or a vulnerability. */
  @func()
  async quality(source: Directory): Promise<string> {
    const conditions = ["bugs > 0", "vulnerabilities > 0"]
    return dag.sonarqube().analyze(source, "shop", { conditions }).verdict()
  }
}
