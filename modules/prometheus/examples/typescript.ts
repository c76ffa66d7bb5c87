import { Directory, Service, dag, func, object } from "@dagger.io/dagger"

/** Calls the module prometheus. */
@object()
export class PrometheusExample {
  /** Fails when a query exceeds its limit during one minute. */
  @func()
  async analysis(service: Service): Promise<string> {
    return dag
      .prometheus()
      .withQuery("restarts", "sum(kube_pod_restarts_total)", "0")
      .withQuery("p95", "max(request_p95_seconds)", "0.3", { unit: "s" })
      .analyze("http://prometheus:9090", { service, window: 60 })
      .verdict()
  }

  /** Fails when a rule is wrong or one of its tests fails. */
  @func()
  async rules(rules: Directory): Promise<string> {
    return dag.prometheus().check(rules).verdict()
  }
}
