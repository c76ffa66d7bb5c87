/**
 * A Redis server for tests and for a product that lives as long as a call: nothing is written to a disk.
 */
import { Container, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"

/** Runs redis-cli with "$@" as soon as the server answers, which has `$1` seconds for that. */
const whenItAnswers = `
limit=$1; shift
until answer=$(redis-cli -h server ping 2>&1) && case "$answer" in PONG|NOAUTH*) true;; *) false;; esac; do
  if [ "$SECONDS" -ge "$limit" ]; then echo "the server did not answer within $limit s: $answer" >&2; exit 2; fi
  sleep 0.1
done
exec redis-cli -h server -e "$@"
`

@object()
export class Redis {
  /**
   * The container that the server runs in, with redis-cli.
   *
   * Example: `dagger -m modules/redis call base with-exec --args redis-cli,--version stdout`
   *
   * @param image Another image of Redis that is started as the vendor's is.
   */
  @func()
  base(image: string = images.redis): Container {
    return dag.container().from(image)
  }

  /**
   * An empty server at port 6379, without a password: only the call that made it can reach it.
   *
   * Example: `dagger -m modules/redis call server hostname`
   *
   * @param args More settings of the server, for example `--maxmemory,64mb`.
   * @param instance Two servers with the same settings are one and the same; another name makes another one.
   * @param image Another image of Redis that is started as the vendor's is.
   */
  @func()
  server(args: string[] = [], instance: string = "", image: string = images.redis): Service {
    const passing = ["--save", "", "--appendonly", "no", "--protected-mode", "no"]
    return this.base(image)
      .withEnvVariable("INSTANCE", instance)
      .withExposedPort(6379)
      .asService({ args: ["redis-server", ...passing, ...args], useEntrypoint: true })
  }

  /**
   * Runs redis-cli on a server, once it answers, and gives what it prints. An error that the server answers is an error of the call. It
   * is run each time, also when nothing has changed.
   *
   * Example: `dagger -m modules/redis call cli --args=ping`
   *
   * @param args A command of Redis, or options of redis-cli before it.
   * @param server Where; an empty server if not given.
   * @param timeout Seconds that the server may take until it answers.
   * @param image Another image with redis-cli and bash in it.
   */
  @func({ cache: "never" })
  async cli(args: string[], server?: Service, timeout: number = 60, image: string = images.redis): Promise<string> {
    const answer = await this.base(image)
      .withServiceBinding("server", server ?? this.server([], "", image))
      .withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}`)
      .withExec(["bash", "-c", whenItAnswers, "client", String(timeout), ...args])
      .stdout()
    return answer.trimEnd()
  }
}
