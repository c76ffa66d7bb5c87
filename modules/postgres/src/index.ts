/**
 * A PostgreSQL server for tests and for a product that lives as long as a call. It keeps no data and does not wait for
 * the disk.
 */
import { Container, Directory, ReturnType, Secret, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { sqlError, variables } from "./settings"
import { uncached } from "./shared/nonce"

const defaultUser = "postgres"

/** The default password. Only the call that starts a server can reach it, and the server holds no valuable data. */
const testPassword = "postgres"

/** Runs the command in "$@" when the server answers, which may take `$1` seconds. */
const whenReady = `
limit=$1; shift
until reason=$(pg_isready); do
  if [ "$SECONDS" -ge "$limit" ]; then
    echo "error: the server did not answer within $limit s: $reason" >&2
    exit 2
  fi
  sleep 0.1
done
exec "$@"
`

/** Initializes the data directory, if the image has the official script for it; otherwise the server does it. */
const initialize = "if command -v docker-ensure-initdb.sh > /dev/null; then docker-ensure-initdb.sh; fi"

/** Settings that trade durability for speed: data does not outlive the call. */
const volatile = ["fsync", "synchronous_commit", "full_page_writes"].flatMap((setting) => ["-c", `${setting}=off`])

@object()
export class Postgres {
  /** Role of all functions; set by withLogin. */
  username?: string
  /** Password of the role; set by withLogin. */
  password?: Secret

  /**
   * Sets the role of all other functions: the superuser of servers that they start, and the role of queries.
   *
   * Example: `dagger -m modules/postgres call with-login --username chef --password env://PGPASSWORD
   * query-sql --sql "select 40 + 2"`
   *
   * @param username Name of the role; `postgres` without this function.
   * @param password Password of the role; `postgres` by default, which is enough for servers that live as long as a
   * call.
   */
  @func({ cache: "session" })
  withLogin(username: string, password?: Secret): Postgres {
    this.username = username
    this.password = password
    return this
  }

  /**
   * Returns the container that servers and psql run in.
   *
   * Example: `dagger -m modules/postgres call base with-exec --args psql,--version stdout`
   *
   * @param image PostgreSQL image with the official image's entrypoint; the pinned one by default.
   */
  @func()
  base(image: string = images.postgres): Container {
    return dag.container().from(image)
  }

  /**
   * Returns an empty server at port 5432 as a service.
   * Its port opens when all init scripts have ended. A script that fails ends the server, and its last lines are the
   * error of whoever uses it.
   *
   * Example: `dagger -m modules/postgres call server --database shop hostname`
   *
   * @param database Database that is created at the start and that the init scripts run in, for example `shop`; the
   * role's name by default.
   * @param init Folder with `*.sh` and `*.sql`, run in the order of their names (docker-entrypoint-initdb.d).
   * @param env Environment variables of the init scripts as NAME=value, such as `SHOP_PASSWORD=test`.
   * @param args Additional arguments of the server, such as `-c,max_connections=300`.
   * @param instance Servers with equal arguments are one server; another value, for example `second`, starts another
   * one.
   * @param image PostgreSQL image with the official image's entrypoint; the pinned one by default.
   */
  @func({ cache: "session" })
  server(
    database: string = "",
    @argument({ ignore: ["*", "!*.sh", "!*.sql"] }) init?: Directory,
    env: string[] = [],
    args: string[] = [],
    instance: string = "",
    image: string = images.postgres,
  ): Service {
    const { username = defaultUser, password } = this
    let container = withPassword(this.base(image), "POSTGRES_PASSWORD", password)
      .withEnvVariable("POSTGRES_USER", username)
      .withEnvVariable("POSTGRES_INITDB_ARGS", "--no-sync")
    if (database !== "") container = container.withEnvVariable("POSTGRES_DB", database)
    // Without a secret and without scripts the result is always the same, so it is a layer that the cache answers.
    if (!password && !init) container = container.withExec(["bash", "-c", initialize])
    for (const [name, value] of variables(env)) container = container.withEnvVariable(name, value)
    if (init) container = container.withDirectory("/docker-entrypoint-initdb.d", init)
    return container
      .withEnvVariable("INSTANCE", instance)
      .withExposedPort(5432)
      .asService({ args: ["postgres", ...volatile, ...args], useEntrypoint: true })
  }

  /**
   * Returns an empty server at port 5432 for tests: like `server`, without a secret and without scripts.
   * It is the same service in every session, so that steps which use it can be answered from the cache.
   *
   * Example: `dagger -m modules/postgres call test-server --database shop hostname`
   *
   * @param database Database that is created at the start; `postgres` by default.
   * @param instance Servers with equal arguments are one server; another value, for example `second`, starts another
   * one.
   * @param image PostgreSQL image with the official image's entrypoint; the pinned one by default.
   */
  @func()
  testServer(database: string = "", instance: string = "", image: string = images.postgres): Service {
    return new Postgres().server(database, undefined, [], [], instance, image)
  }

  /**
   * Runs SQL statements and returns their rows, one a line, columns separated by `|`.
   * Waits until the server answers. An SQL error is an error of the call. Never cached.
   *
   * Example: `dagger -m modules/postgres call query-sql --sql "select 40 + 2"`
   *
   * @param sql One or more statements, for example `SELECT 1; SELECT 2`.
   * @param service PostgreSQL server to connect to; a new empty one by default.
   * @param database Database to connect to, for example `shop`; the role's name by default.
   * @param timeout Seconds until the server has to answer.
   * @param image Image with psql and bash; the pinned one by default.
   */
  @func({ cache: "never" })
  async querySql(
    sql: string,
    service?: Service,
    database: string = "",
    timeout: number = 60,
    image: string = images.postgres,
  ): Promise<string> {
    const format = ["--no-psqlrc", "--set=ON_ERROR_STOP=1", "--tuples-only", "--no-align", "--quiet"]
    const rows = await this.exec([...format, `--command=${sql}`], service, database, timeout, image)
    return rows.trimEnd()
  }

  /**
   * Runs psql with any arguments when the server answers and returns its output, for what has no function here.
   * An error of psql is an error of the call. Never cached.
   *
   * Example: `dagger -m modules/postgres call exec --args=--list`
   *
   * @param args Arguments of psql, for example `--list`.
   * @param service PostgreSQL server to connect to; a new empty one by default.
   * @param database Database to connect to, for example `shop`; the role's name by default.
   * @param timeout Seconds until the server has to answer.
   * @param image Image with psql and bash; the pinned one by default.
   */
  @func({ cache: "never" })
  async exec(
    args: string[],
    service?: Service,
    database: string = "",
    timeout: number = 60,
    image: string = images.postgres,
  ): Promise<string> {
    const { username = defaultUser, password } = this
    const client = this.base(image)
      .withServiceBinding("server", service ?? this.server(database))
      .withEnvVariable("PGHOST", "server")
      .withEnvVariable("PGUSER", username)
      .withEnvVariable("PGDATABASE", database || username)
    const ran = uncached(withPassword(client, "PGPASSWORD", password)).withExec(
      ["bash", "-c", whenReady, "client", String(timeout), "psql", ...args],
      { expect: ReturnType.Any },
    )
    if ((await ran.exitCode()) !== 0) throw new Error(sqlError(await ran.stderr()))
    return ran.stdout()
  }
}

function withPassword(container: Container, variable: string, password: Secret | undefined): Container {
  return password ? container.withSecretVariable(variable, password) : container.withEnvVariable(variable, testPassword)
}
