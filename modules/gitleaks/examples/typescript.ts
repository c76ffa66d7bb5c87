import { Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module gitleaks. */
@object()
export class GitleaksExample {
  /** Fails when the history or the files of a repository hold a secret. */
  @func()
  async repository(source: Directory): Promise<string> {
    return dag.gitleaks().scan(source).verdict()
  }

  /** Fails when the files of a folder hold a secret. */
  @func()
  async files(source: Directory): Promise<string> {
    return dag.gitleaks().scanFiles(source, { timeout: 300 }).verdict()
  }
}
