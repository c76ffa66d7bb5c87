/**
 * A Redis server for tests and for a product that lives as long as a call. It writes nothing to a disk.
 */
import { Container, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { uncached } from "./shared/nonce"

/** Runs redis-cli with "$@" when the server answers, which may take `$1` seconds. */
const whenReady = `
limit=$1; shift
answers() {
  answer=$(redis-cli -h server ping 2>&1) || return 1
  case "$answer" in PONG|NOAUTH*) return 0 ;; *) return 1 ;; esac
}
until answers; do
  if [ "$SECONDS" -ge "$limit" ]; then echo "the server did not answer within $limit s: $answer" >&2; exit 2; fi
  sleep 0.1
done
exec redis-cli -h server -e "$@"
`

@object()
export class Redis {
  /**
   * Returns the container that servers and redis-cli run in.
   *
   * Example: `dagger -m modules/redis call base with-exec --args redis-cli,--version stdout`
   *
   * @param image Redis image with the official image's entrypoint; the pinned one by default.
   */
  @func()
  base(image: string = images.redis): Container {
    return dag.container().from(image)
  }

  /**
   * Returns an empty server at port 6379 as a service.
   * It has no password: only the call that starts it can reach it.
   *
   * Example: `dagger -m modules/redis call server hostname`
   *
   * @param args Additional arguments of redis-server, such as `--maxmemory,64mb`.
   * @param instance Servers with equal arguments are one server; another value, for example `second`, starts another
   * one.
   * @param image Redis image with the official image's entrypoint; the pinned one by default.
   */
  @func()
  server(args: string[] = [], instance: string = "", image: string = images.redis): Service {
    const volatile = ["--save", "", "--appendonly", "no", "--protected-mode", "no"]
    return this.base(image)
      .withEnvVariable("INSTANCE", instance)
      .withExposedPort(6379)
      .asService({ args: ["redis-server", ...volatile, ...args], useEntrypoint: true })
  }

  /**
   * Runs redis-cli with any arguments when the server answers and returns its output.
   * An error reply of the server is an error of the call. Never cached.
   *
   * Example: `dagger -m modules/redis call exec --args=ping`
   *
   * @param args A Redis command, for example `set,key,value`; options of redis-cli may precede it.
   * @param service Redis server to connect to; a new empty one by default.
   * @param timeout Seconds until the server has to answer.
   * @param image Image with redis-cli and bash; the pinned one by default.
   */
  @func({ cache: "never" })
  async exec(args: string[], service?: Service, timeout: number = 60, image: string = images.redis): Promise<string> {
    const client = this.base(image).withServiceBinding("server", service ?? this.server([], "", image))
    const output = await uncached(client)
      .withExec(["bash", "-c", whenReady, "client", String(timeout), ...args])
      .stdout()
    return output.trimEnd()
  }
}
