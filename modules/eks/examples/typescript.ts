import { Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module eks. */
@object()
export class EksExample {
  /** The pods of a cluster, through its kubeconfig. */
  @func()
  async pods(accessKey: Secret, secretKey: Secret, cluster: string): Promise<string> {
    const kubeconfig = dag.eks().withAccess(accessKey, secretKey).kubeconfig(cluster, "eu-central-1")
    return dag.kubernetes().withCluster(kubeconfig).exec(["get", "pods", "--all-namespaces"])
  }
}
