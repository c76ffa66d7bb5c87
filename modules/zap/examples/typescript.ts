import { Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module zap. */
@object()
export class ZapExample {
  /** Fails when a scan of a service has a high or medium finding. */
  @func()
  async scan(service: Service): Promise<string> {
    const options = { service, serviceName: "shop", minRules: 50 }
    return dag.zap().scan("http://shop:8080/", options).verdict()
  }
}
