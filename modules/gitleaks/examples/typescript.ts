import { Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module gitleaks. */
@object()
export class GitleaksExample {
  /** Fails when the history or the files of a repository hold a secret. */
  @func()
  async noSecrets(source: Directory): Promise<string> {
    return dag.gitleaks().scan(source).verdict()
  }

  /** The reports of a scan, also when it found something. */
  @func()
  reports(source: Directory): Directory {
    return dag.gitleaks().scan(source, { timeout: 300 }).reports()
  }
}
