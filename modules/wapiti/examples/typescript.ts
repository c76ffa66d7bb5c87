import { Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module wapiti. */
@object()
export class WapitiExample {
  /** Fails when a scan of a service has a high finding, or more than two medium ones. */
  @func()
  async scan(service: Service): Promise<string> {
    const options = { service, serviceName: "shop", start: ["/api/search?name=x"], maxMedium: 2 }
    return dag.wapiti().scan("http://shop:8080/", options).verdict()
  }
}
