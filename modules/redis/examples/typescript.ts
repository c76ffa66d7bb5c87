import { Container, dag, func, object } from "@dagger.io/dagger"

/** Calls the module redis. */
@object()
export class RedisExample {
  /** Returns a container that reaches an empty server as the host redis. */
  @func()
  tested(container: Container): Container {
    const service = dag.redis().server()
    return container.withServiceBinding("redis", service).withEnvVariable("TEST_REDIS_URL", "redis://redis:6379/0")
  }
}
