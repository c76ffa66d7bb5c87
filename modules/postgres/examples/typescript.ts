import { Container, Directory, Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module postgres. */
@object()
export class PostgresExample {
  /** Returns a server that the scripts of a folder have set up. */
  @func()
  server(init: Directory): Service {
    return dag.postgres().server({ init, database: "shop", env: ["SHOP_PASSWORD=test"] })
  }

  /** Returns a container that reaches an empty server as the host postgres. */
  @func()
  tested(container: Container): Container {
    const url = "postgres://postgres:postgres@postgres:5432/postgres"
    const service = dag.postgres().testServer()
    return container.withServiceBinding("postgres", service).withEnvVariable("TEST_DATABASE_URL", url)
  }
}
