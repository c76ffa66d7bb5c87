// A registry and a cluster that live as long as the call.
import { Directory, dag } from "@dagger.io/dagger"
import type { Config } from "../config/config"
import { images } from "../images"
import { helmOn, prometheusPort, registryHost, registryAccess, type Cluster, type Registry } from "./targets"

/** Starts an empty registry. */
export async function ephemeralRegistry(instance: string): Promise<Registry> {
  const service = await dag.registry().server({ instance, volume: "" }).start()
  return { address: `${registryHost}/delivery`, service, username: "", ephemeral: true }
}

/** Starts a cluster that takes its images from the registry, and those of the charts too (`seed`). */
export async function ephemeralCluster(registry: Registry, config: Config, instance: string): Promise<Cluster> {
  const mirrors = [...new Set(chartImages(config).map((name) => mirrored(name).host))]
  const cluster = dag.kubernetes().cluster({ service: registry.service, serviceName: registryHost, mirrors, instance })
  const kubeconfig = dag.setSecret(`kubeconfig-${instance}`, await cluster.kubeconfig().contents())
  const service = await cluster.service().start()
  return { kubeconfig, service, ephemeral: true }
}

/**
 * Pushes the images that the charts do not build into the registry, under the names that the cluster's mirror asks for.
 */
export async function seed(registry: Registry, config: Config): Promise<void> {
  let module = dag.registry()
  for (const name of chartImages(config))
    module = module.withImage(dag.container().from(name), `${registryHost}/${mirrored(name).path}`)
  await module.push({ ...registryAccess(registry), timeout: 300, name: "seed", nonce: "" }).verdict()
}

/** Returns the images that the product's chart and the platform's run beside those of the services. */
function chartImages({ chart }: Config): string[] {
  return [...chart.images, images.prometheus]
}

/** Splits the name of an image, such as `redis:7.0` or `quay.io/shop/tool:1`, into its registry and its path there. */
export function mirrored(name: string): { host: string; path: string } {
  const [first, ...rest] = name.split("/") as [string, ...string[]]
  if (rest.length && /[.:]|^localhost$/.test(first)) return { host: first, path: rest.join("/") }
  return { host: "docker.io", path: rest.length ? name : `library/${name}` }
}

/** Installs the rehearsal's Prometheus in the cluster's namespace `monitoring`. */
export async function installPrometheus(source: Directory, { rehearsal }: Config, cluster: Cluster): Promise<void> {
  if (!(await source.exists(rehearsal.platform)))
    throw new Error(`rehearsal.platform: ${rehearsal.platform} does not exist in the source: the chart of Prometheus`)
  await helmOn(cluster)
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
