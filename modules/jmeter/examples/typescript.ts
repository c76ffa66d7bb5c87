import { File, Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module jmeter. */
@object()
export class JmeterExample {
  /** Fails when the 95th percentile is above 300 ms or a sample failed. */
  @func()
  async load(plan: File, service: Service): Promise<string> {
    const options = { service, serviceName: "shop", properties: ["users=20"], maxP95: 300 }
    return dag.jmeter().run(plan, "http://shop:8080", options).verdict()
  }
}
