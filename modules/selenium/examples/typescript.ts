import { Directory, Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module selenium. */
@object()
export class SeleniumExample {
  /** Fails when a test of a page fails in the browser. */
  @func()
  async ui(source: Directory, service: Service): Promise<string> {
    return dag.selenium().run(source, "http://shop:8080", { service, serviceName: "shop" }).verdict()
  }
}
