import { Changeset, Directory, Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module golang. */
@object()
export class GolangExample {
  /** Fails when a step of a Go module fails; the tests reach a Postgres. */
  @func()
  async module(source: Directory, path: string, postgres: Service): Promise<string> {
    return dag
      .golang()
      .withService("postgres", postgres)
      .check(source, { path, steps: ["lint", "test=900"] })
      .verdict()
  }

  /** The changes that gofmt makes. */
  @func()
  format(source: Directory): Changeset {
    return dag.golang().fix(source)
  }
}
