import { Directory, Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module helm. */
@object()
export class HelmExample {
  /** Deploys a chart; when that fails, rolls back and returns the logs and events of the failed revision. */
  @func()
  async deploy(chart: Directory, kubeconfig: Secret): Promise<Directory> {
    const helm = dag.helm().withCluster(kubeconfig)
    const deployed = helm.deploy(dag.helm().package_(chart), "shop", "prod", { holder: "example" })
    if ((await deployed.status()) !== "passed") await helm.rollback("shop", "prod").verdict()
    return deployed.reports()
  }

  /** Fails when a chart has a finding. */
  @func()
  async lint(chart: Directory): Promise<string> {
    return dag.helm().lint(chart).verdict()
  }
}
