/**
 * A PostgreSQL server for tests and for a product that lives as long as a call: nothing is kept, and nothing waits for the disk.
 */
import { Container, Directory, ReturnType, Secret, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { sqlError, variables } from "./settings"

/** The password when none is given. A server here can be reached by the call that made it alone, and holds no data of value. */
const testPassword = "postgres"

/** Runs the command in "$@" as soon as the server answers, which has `$1` seconds for that. */
const whenItAnswers = `
limit=$1; shift
until reason=$(pg_isready); do
  if [ "$SECONDS" -ge "$limit" ]; then echo "error: the server did not answer within $limit s: $reason" >&2; exit 2; fi
  sleep 0.1
done
exec "$@"
`

/** The first start's work, where the image has the official one's script for it; else it is done when the server starts. */
const madeReady = "if command -v docker-ensure-initdb.sh > /dev/null; then docker-ensure-initdb.sh; fi"

@object()
export class Postgres {
  /**
   * The container that the server runs in: its tools are psql, pg_dump and the like.
   *
   * Example: `dagger -m modules/postgres call base with-exec --args psql,--version stdout`
   *
   * @param image Another image of PostgreSQL that is started as the vendor's is.
   */
  @func()
  base(image: string = images.postgres): Container {
    return dag.container().from(image)
  }

  /**
   * An empty server at port 5432, set up by the init scripts when it first starts. Its port opens when they have ended; a script that
   * fails ends the server, and whoever uses it gets the error.
   *
   * Example: `dagger -m modules/postgres call server --database shop hostname`
   *
   * @param user The superuser.
   * @param password Of the superuser; without one it is `postgres`, which is fit for servers that live as long as a call.
   * @param database Made at the start, and where the init scripts run; the user's name if not given.
   * @param init Scripts, `*.sh` and `*.sql`, run in the order of their names: the official image's docker-entrypoint-initdb.d.
   * @param env More variables for the init scripts, such as `SHOP_PASSWORD=test`.
   * @param args More settings of the server, for example `-c,max_connections=300`.
   * @param instance Two servers with the same settings are one and the same; another name makes another one.
   * @param image Another image of PostgreSQL that is started as the vendor's is.
   */
  @func({ cache: "session" })
  server(
    user: string = "postgres",
    password?: Secret,
    database: string = "",
    @argument({ ignore: ["*", "!*.sh", "!*.sql"] }) init?: Directory,
    env: string[] = [],
    args: string[] = [],
    instance: string = "",
    image: string = images.postgres,
  ): Service {
    let container = withPassword(
      this.base(image).withEnvVariable("POSTGRES_USER", user).withEnvVariable("POSTGRES_INITDB_ARGS", "--no-sync"),
      "POSTGRES_PASSWORD",
      password,
    )
    if (database !== "") container = container.withEnvVariable("POSTGRES_DB", database)
    // Without a secret and without scripts the first start's work is the same each time: it is done once, and kept as a layer.
    if (!password && !init) container = container.withExec(["bash", "-c", madeReady])
    for (const [name, value] of variables(env)) container = container.withEnvVariable(name, value)
    if (init) container = container.withDirectory("/docker-entrypoint-initdb.d", init)
    container = container.withEnvVariable("INSTANCE", instance)
    const lasting = ["fsync", "synchronous_commit", "full_page_writes"].flatMap((setting) => ["-c", `${setting}=off`])
    return container.withExposedPort(5432).asService({ args: ["postgres", ...lasting, ...args], useEntrypoint: true })
  }

  /**
   * An empty server at port 5432 for tests: as `server` without a secret and without scripts. It is the same question in every session, so that what is asked of it may be answered from the cache.
   *
   * Example: `dagger -m modules/postgres call test-server --database shop hostname`
   *
   * @param user The superuser; the password is `postgres`.
   * @param database Made at the start; the user's name if not given.
   * @param instance Two servers with the same settings are one and the same; another name makes another one.
   */
  @func()
  testServer(
    user: string = "postgres",
    database: string = "",
    instance: string = "",
    image: string = images.postgres,
  ): Service {
    return this.server(user, undefined, database, undefined, [], [], instance, image)
  }

  /**
   * Runs SQL and gives what it answers, one row a line, columns separated by `|`. Waits until the server answers. An error of the SQL
   * is an error of the call. It is run each time, also when nothing has changed.
   *
   * Example: `dagger -m modules/postgres call query --sql=select(40+2)`
   *
   * @param sql One statement or several.
   * @param server Where; an empty server if not given.
   * @param user The role to log in as.
   * @param password Of that role; `postgres` if not given.
   * @param database The user's name if not given.
   * @param timeout Seconds that the server may take until it answers.
   * @param image Another image with psql in it.
   */
  @func({ cache: "never" })
  async query(
    sql: string,
    server?: Service,
    user: string = "postgres",
    password?: Secret,
    database: string = "",
    timeout: number = 60,
    image: string = images.postgres,
  ): Promise<string> {
    const command = [
      "psql",
      "--no-psqlrc",
      "--set=ON_ERROR_STOP=1",
      "--tuples-only",
      "--no-align",
      "--quiet",
      `--command=${sql}`,
    ]
    return (
      await run(
        this.base(image),
        server ?? this.server(user, password, database),
        user,
        password,
        database,
        timeout,
        command,
      )
    ).trimEnd()
  }

  /**
   * Runs psql with any arguments on a server, once it answers, and gives what it prints: the way to what this module has no function for.
   * An error of psql is an error of the call. It is run each time.
   *
   * Example: `dagger -m modules/postgres call psql --args=--list`
   *
   * @param args The arguments of psql.
   * @param server Where; an empty server if not given.
   */
  @func({ cache: "never" })
  async psql(
    args: string[],
    server?: Service,
    user: string = "postgres",
    password?: Secret,
    database: string = "",
    timeout: number = 60,
    image: string = images.postgres,
  ): Promise<string> {
    return run(this.base(image), server ?? this.server(user, password, database), user, password, database, timeout, [
      "psql",
      ...args,
    ])
  }
}

/** Runs a command with PostgreSQL's own variables for the server, never from the cache, and gives what it prints. */
async function run(
  base: Container,
  server: Service,
  user: string,
  password: Secret | undefined,
  database: string,
  timeout: number,
  command: string[],
): Promise<string> {
  const named = base
    .withServiceBinding("server", server)
    .withEnvVariable("PGHOST", "server")
    .withEnvVariable("PGUSER", user)
    .withEnvVariable("PGDATABASE", database || user)
  const ran = withPassword(named, "PGPASSWORD", password)
    .withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}`)
    .withExec(["bash", "-c", whenItAnswers, "client", String(timeout), ...command], { expect: ReturnType.Any })
  if ((await ran.exitCode()) !== 0) throw new Error(sqlError(await ran.stderr()))
  return ran.stdout()
}

function withPassword(container: Container, variable: string, password: Secret | undefined): Container {
  return password ? container.withSecretVariable(variable, password) : container.withEnvVariable(variable, testPassword)
}
