import { Directory, Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module kubernetes. */
@object()
export class KubernetesExample {
  /** Applies a manifest to an ephemeral cluster, and returns what it created. */
  @func()
  async apply(manifest: string): Promise<string> {
    const cluster = dag.kubernetes().cluster({ instance: "example" })
    const service = await cluster.service().start()
    const kubeconfig = dag.setSecret("example-kubeconfig", await cluster.kubeconfig().contents())
    const kubectl = dag.kubernetes().withCluster(kubeconfig, { service })
    return kubectl.exec(["apply", "--filename=-"], { stdin: manifest })
  }

  /** Pods, events and logs of a namespace. */
  @func()
  evidence(kubeconfig: Secret, namespace: string): Directory {
    return dag.kubernetes().withCluster(kubeconfig).evidence(namespace)
  }
}
