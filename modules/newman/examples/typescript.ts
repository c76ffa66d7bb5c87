import { Directory, File, Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module newman. */
@object()
export class NewmanExample {
  /** Fails when an assertion of a collection fails. */
  @func()
  async api(collection: File, service: Service): Promise<string> {
    return dag.newman().run(collection, "http://shop:8080", { service, serviceName: "shop" }).verdict()
  }

  /** Returns the reports of a collection, whether it passed or not. */
  @func()
  reports(collection: File, service: Service): Directory {
    return dag.newman().run(collection, "http://shop:8080", { service, serviceName: "shop" }).reports()
  }
}
