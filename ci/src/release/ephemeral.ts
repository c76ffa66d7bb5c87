// A registry and a cluster that live as long as the call.
import { Directory, dag } from "@dagger.io/dagger"
import type { Config } from "../config/config"
import { images } from "../images"
import { clusterHost, prometheusPort, registryHost, registryAccess, type Cluster, type Registry } from "./targets"

/** Starts an empty registry. */
export async function ephemeralRegistry(instance: string): Promise<Registry> {
  const service = await dag.registry().server({ instance, volume: "" }).start()
  return { address: `${registryHost}/delivery`, service, username: "", ephemeral: true }
}

/** Starts a cluster that takes its images from the registry, those of docker.io too. */
export async function ephemeralCluster(registry: Registry, instance: string): Promise<Cluster> {
  const cluster = dag
    .kubernetes()
    .cluster({ service: registry.service, serviceName: registryHost, mirrors: ["docker.io"], instance })
  const kubeconfig = dag.setSecret(`kubeconfig-${instance}`, await cluster.kubeconfig().contents())
  const service = await cluster.service().start()
  return { kubeconfig, service, ephemeral: true }
}

/**
 * Pushes the images that the charts do not build into the registry, under the names that the cluster's mirror asks for.
 */
export async function seed(registry: Registry, { chart }: Config): Promise<void> {
  const names = [...chart.images, images.prometheus]
  const references = names.map((name) => `${registryHost}/${name.includes("/") ? name : `library/${name}`}`)
  let module = dag.registry()
  for (const [i, name] of names.entries()) module = module.withImage(dag.container().from(name), references[i]!)
  await module.push({ ...registryAccess(registry), timeout: 300, name: "seed", nonce: "" }).verdict()
}

/** Installs the rehearsal's Prometheus in the cluster's namespace `monitoring`. */
export async function installPrometheus(source: Directory, { rehearsal }: Config, cluster: Cluster): Promise<void> {
  if (!(await source.exists(rehearsal.platform)))
    throw new Error(`rehearsal.platform: ${rehearsal.platform} does not exist in the source: the chart of Prometheus`)
  await dag
    .helm()
    .withCluster(cluster.kubeconfig, { service: cluster.service, serviceName: clusterHost })
    .deploy(dag.helm().package_(source.directory(rehearsal.platform)), "platform", "monitoring", {
      values: [],
      set: [`prometheus.nodePort=${prometheusPort}`],
      secretName: "",
      holder: "rehearsal",
      timeout: 180,
      wait: 60,
      name: "platform",
      nonce: "",
      args: [],
    })
    .verdict()
}
