/**
 * A Kubernetes that lives as long as the call that made it, and kubectl for any cluster.
 */
import {
  CacheSharingMode,
  Container,
  Directory,
  File,
  ReturnType,
  Secret,
  Service,
  dag,
  func,
  object,
} from "@dagger.io/dagger"
import { randomBytes } from "node:crypto"
import { certificateAuthority } from "./certificate"
import { images } from "./images"
import { evidenceScript, kubectlScript, startScript } from "./scripts"
import { kubeconfig, registries } from "./settings"

/** The host name in the kubeconfig of an ephemeral cluster: who uses the cluster binds its service by this name. */
const host = "kubernetes"

/** A Kubernetes of one node, and the way to it. */
@object()
export class Cluster {
  /** The running cluster: bind it as `kubernetes`. It starts on first use and ends soon after the last; `start()` keeps it for the whole session. */
  @func() service: Service
  /** The kubeconfig of its administrator, for the address https://kubernetes:6443. */
  @func() kubeconfig: File

  constructor(service: Service, kubeconfig: File) {
    this.service = service
    this.kubeconfig = kubeconfig
  }
}

@object()
export class Kubernetes {
  /**
   * The container that kubectl runs in.
   *
   * Example: `dagger -m modules/kubernetes call base with-exec --args kubectl,version,--client stdout`
   *
   * @param image Another image with bash in it, instead of the pinned one; kubectl is put into it.
   */
  @func()
  base(image: string = images.debian): Container {
    return dag
      .container()
      .from(image)
      .withFile("/usr/local/bin/kubectl", dag.container().from(images.kubectl).file("/bin/kubectl"))
  }

  /**
   * A cluster of one node, with certificates and an administrator's token of its own. It is empty: no ingress, no load balancer, no storage class. In one session the
   * same call gives the same cluster.
   *
   * Example: `dagger -m modules/kubernetes call cluster kubeconfig contents`
   *
   * @param registry A registry that the nodes pull from, by plain HTTP.
   * @param registryName The host name and port of that registry, as they stand in images' names.
   * @param mirrors Names of other registries that this one serves too, such as docker.io.
   * @param instance Another name makes another cluster.
   * @param image Another image of k3s.
   */
  @func({ cache: "session" })
  cluster(
    registry?: Service,
    registryName: string = "registry:5000",
    mirrors: string[] = [],
    instance: string = "",
    image: string = images.k3s,
  ): Cluster {
    const authority = certificateAuthority(`kubernetes-${instance || "ephemeral"}`, 30)
    const token = randomBytes(24).toString("hex")
    const tls = "/var/lib/rancher/k3s/server/tls"
    let node = dag
      .container()
      .from(image)
      .withEnvVariable("INSTANCE", instance)
      .withNewFile(`${tls}/server-ca.crt`, authority.certificate)
      .withNewFile(`${tls}/server-ca.key`, authority.key, { permissions: 0o600 })
      .withNewFile("/etc/rancher/k3s/tokens.csv", `${token},admin,admin,system:masters\n`, { permissions: 0o600 })
      .withMountedTemp("/var/lib/rancher/k3s/server/db")
      .withMountedCache("/var/lib/rancher/k3s/agent/containerd", dag.cacheVolume("kubernetes-containerd"), {
        sharing: CacheSharingMode.Private,
      })
    if (registry) {
      node = node
        .withNewFile("/etc/rancher/k3s/registries.yaml", registries(registryName, mirrors))
        .withServiceBinding(registryName.replace(/:\d+$/, ""), registry)
    }
    const settings = [
      ...["--node-name", "node", "--tls-san", host, "--kube-apiserver-arg=token-auth-file=/etc/rancher/k3s/tokens.csv"],
      ...["--disable=traefik", "--disable=servicelb", "--disable=local-storage", "--disable=metrics-server"],
      // One node reaches itself without a tunnel and without a VXLAN device, which the engine's kernel may lack.
      ...["--egress-selector-mode=disabled", "--flannel-backend=host-gw"],
    ]
    const service = node
      .withExposedPort(6443)
      .asService({ args: ["sh", "-c", startScript, "start", ...settings], insecureRootCapabilities: true })
    return new Cluster(
      service,
      dag.file("kubeconfig", kubeconfig(`https://${host}:6443`, authority.certificate, token)),
    )
  }

  /**
   * Runs kubectl with any arguments and gives what it prints, once the cluster has a node that is ready. An error of kubectl is an error of the call. It is run each
   * time, also when nothing has changed.
   *
   * Example: `dagger -m modules/kubernetes call kubectl --args=get,nodes`
   *
   * @param args The arguments of kubectl.
   * @param kubeconfig Of the cluster; an empty ephemeral one if not given.
   * @param cluster The cluster, when it is a service.
   * @param clusterName The host name of that service, as it stands in the kubeconfig.
   * @param stdin What kubectl reads, for `--args=apply,--filename=-`.
   * @param wait Seconds until a node has to be ready; 0 does not wait.
   * @param timeout Seconds for kubectl itself.
   * @param image Another image with bash in it.
   */
  @func({ cache: "never" })
  async kubectl(
    args: string[],
    kubeconfig?: Secret,
    cluster?: Service,
    clusterName: string = host,
    stdin: string = "",
    wait: number = 60,
    timeout: number = 300,
    image: string = images.debian,
  ): Promise<string> {
    const container = await this.connected(image, kubeconfig, cluster, clusterName)
    const ran = container.withExec(["bash", "-c", kubectlScript, "kubectl", String(wait), String(timeout), ...args], {
      expect: ReturnType.Any,
      stdin,
    })
    if ((await ran.exitCode()) !== 0)
      throw new Error((await ran.stderr()).trim() || `kubectl ended with ${await ran.exitCode()}`)
    return ran.stdout()
  }

  /**
   * What a namespace holds: `pods.txt`, `workloads.txt`, `events.txt`, `describe.txt`, and the logs of each container, also of its run before when it was started again
   * (`logs/<pod>/<container>.log` and `.previous.log`).
   *
   * Example: `dagger -m modules/kubernetes call evidence --namespace kube-system entries`
   *
   * @param namespace The namespace to read.
   * @param kubeconfig Of the cluster; an empty ephemeral one if not given.
   * @param cluster The cluster, when it is a service.
   * @param clusterName The host name of that service, as it stands in the kubeconfig.
   * @param wait Seconds until a node has to be ready; 0 does not wait.
   * @param again In one session the same call runs once; another value here runs it again.
   * @param image Another image with bash in it.
   */
  @func({ cache: "session" })
  async evidence(
    namespace: string,
    kubeconfig?: Secret,
    cluster?: Service,
    clusterName: string = host,
    wait: number = 60,
    again: string = "",
    image: string = images.debian,
  ): Promise<Directory> {
    const container = (await this.connected(image, kubeconfig, cluster, clusterName)).withEnvVariable("AGAIN", again)
    const ran = container.withExec(["bash", "-c", evidenceScript, "evidence", String(wait), namespace], {
      expect: ReturnType.Any,
    })
    if ((await ran.exitCode()) !== 0) throw new Error((await ran.stderr()).trim())
    return ran.directory("/evidence")
  }

  /** kubectl's container with the way to the cluster, different from that of any other call: no layer may come from the cache. */
  private async connected(
    image: string,
    config: Secret | undefined,
    cluster: Service | undefined,
    clusterName: string,
  ): Promise<Container> {
    // Of its own: two calls in two sessions at once would share one, and lose it when the first of them ends.
    const made = config ? undefined : this.cluster(undefined, undefined, undefined, String(Math.random()))
    const secret =
      config ?? dag.setSecret(`kubeconfig-${randomBytes(8).toString("hex")}`, await made!.kubeconfig.contents())
    const service = cluster ?? made?.service
    let container = this.base(image)
      .withMountedSecret("/run/kubeconfig", secret)
      .withEnvVariable("KUBECONFIG", "/run/kubeconfig")
    if (service) container = container.withServiceBinding(clusterName, service)
    return container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}`)
  }
}
