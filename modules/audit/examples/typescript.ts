import { Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module audit. */
@object()
export class AuditExample {
  /** Fails when a shipped dependency has a known vulnerability. */
  @func()
  async dependencies(source: Directory, paths: string[]): Promise<string> {
    return dag.audit().scan(source, { paths }).verdict()
  }

  /** The status with a database in a folder: `passed`, `failed`, `inconclusive` or `notApplicable`. */
  @func()
  async offline(source: Directory, database: Directory): Promise<string> {
    return dag.audit().scan(source, { goDatabaseFolder: database }).status()
  }
}
