import { Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module health. */
@object()
export class HealthExample {
  /** Fails unless a service answers at its port 8080 and serves the version. */
  @func()
  async version(service: Service, sha: string): Promise<string> {
    const options = { version: sha, service, serviceName: "shop" }
    return dag.health().check(["shop=http://shop:8080/version.json"], options).verdict()
  }
}
