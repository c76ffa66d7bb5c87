import { Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module golangci-lint. */
@object()
export class GolangciLintExample {
  /** Fails when golangci-lint has a finding in a Go module. */
  @func()
  async modules(source: Directory, paths: string[]): Promise<string> {
    return dag.golangciLint().lint(source, { paths, timeout: 300 }).verdict()
  }

  /** The number of findings in a Go module. */
  @func()
  async findings(source: Directory): Promise<string> {
    return `${await dag.golangciLint().lint(source).value()} findings`
  }
}
