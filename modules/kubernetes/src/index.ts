/**
 * A Kubernetes cluster that lives as long as the call that started it, and kubectl for any cluster.
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
import { kubeconfigOf, registries } from "./settings"
import { uncached } from "./shared/nonce"

/** Host name in the kubeconfig of an ephemeral cluster; bind the cluster's service under this name. */
const host = "kubernetes"

/** A cluster of one node, and access to it. */
@object()
export class Cluster {
  /**
   * The running cluster; bind it as `kubernetes`. It starts on first use and ends soon after the last use; `start()` keeps it
   * running for the whole session.
   */
  @func() service: Service
  /** Kubeconfig of the cluster's administrator, for the address https://kubernetes:6443. */
  @func() kubeconfig: File

  constructor(service: Service, kubeconfig: File) {
    this.service = service
    this.kubeconfig = kubeconfig
  }
}

@object()
export class Kubernetes {
  /** Kubeconfig of the cluster; set by withCluster. */
  kubeconfig?: Secret
  /** The cluster, when it is a service; set by withCluster. */
  service?: Service
  /** Host name of that service; set by withCluster. */
  serviceName?: string

  /**
   * Sets the cluster that `exec` and `evidence` use.
   * Without it they start an empty ephemeral one.
   *
   * Example: `dagger -m modules/kubernetes call with-cluster --kubeconfig file:$HOME/.kube/config exec --args=get,nodes`
   *
   * @param kubeconfig Kubeconfig with the access to the cluster, for example `file:kubeconfig.yaml`.
   * @param service The cluster, when it is a Dagger service, for example `tcp://127.0.0.1:6443`; by default the address
   * in the kubeconfig has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the kubeconfig, for example `kubernetes`.
   */
  @func({ cache: "session" })
  withCluster(kubeconfig: Secret, service?: Service, serviceName: string = host): Kubernetes {
    this.kubeconfig = kubeconfig
    this.service = service
    this.serviceName = serviceName
    return this
  }

  /**
   * Returns the container that kubectl runs in.
   *
   * Example: `dagger -m modules/kubernetes call base with-exec --args kubectl,version,--client stdout`
   *
   * @param image Image that contains bash, for example `debian:bookworm-slim`; kubectl is added to it.
   */
  @func()
  base(image: string = images.debian): Container {
    return dag
      .container()
      .from(image)
      .withFile("/usr/local/bin/kubectl", dag.container().from(images.kubectl).file("/bin/kubectl"))
  }

  /**
   * Starts a cluster of one node with certificates and an administrator's token of its own.
   * It is empty: no ingress, no load balancer, no storage class. In one session the same arguments return the same
   * cluster.
   *
   * Example: `dagger -m modules/kubernetes call cluster kubeconfig contents`
   *
   * @param service Registry that the node pulls images from over plain HTTP, for example `tcp://127.0.0.1:5000`;
   * without it, images come from the public registries.
   * @param serviceName Host name and port of that registry in the names of images, for example `registry:5000`.
   * @param mirrors Other registries, such as `docker.io`, whose images this registry serves too.
   * @param instance Name of the cluster, for example `rehearsal`; another name starts another cluster.
   * @param image Image of k3s, for example `rancher/k3s:v1.34.4-k3s1`.
   */
  @func({ cache: "session" })
  cluster(
    service?: Service,
    serviceName: string = "registry:5000",
    mirrors: string[] = [],
    instance: string = "",
    image: string = images.k3s,
  ): Cluster {
    const authority = certificateAuthority(`kubernetes-${instance || "ephemeral"}`, 30)
    const token = randomBytes(24).toString("hex")
    let node = nodeOf(image, authority, token).withEnvVariable("INSTANCE", instance)
    if (service)
      node = node
        .withNewFile("/etc/rancher/k3s/registries.yaml", registries(serviceName, mirrors))
        .withServiceBinding(serviceName.replace(/:\d+$/, ""), service)
    const args = ["sh", "-c", startScript, "start", ...nodeSettings]
    const cluster = node.withExposedPort(6443).asService({ args, insecureRootCapabilities: true })
    const kubeconfig = kubeconfigOf(`https://${host}:6443`, authority.certificate, token)
    return new Cluster(cluster, dag.file("kubeconfig", kubeconfig))
  }

  /**
   * Runs kubectl with any arguments and returns its standard output, once the cluster has a ready node.
   * It runs in every call, also when nothing has changed. When kubectl fails, the call fails with kubectl's error.
   *
   * Example: `dagger -m modules/kubernetes call exec --args=get,nodes`
   *
   * @param args Arguments of kubectl, for example `get,nodes`.
   * @param stdin Standard input of kubectl, for `--args=apply,--filename=-`.
   * @param wait Seconds to wait for a ready node, for example `60`; 0 does not wait.
   * @param timeout Seconds that kubectl itself may take, for example `300`.
   * @param image Image that contains bash, for example `debian:bookworm-slim`; kubectl is added to it.
   */
  @func({ cache: "never" })
  async exec(
    args: string[],
    stdin: string = "",
    wait: number = 60,
    timeout: number = 300,
    image: string = images.debian,
  ): Promise<string> {
    const command = ["bash", "-c", kubectlScript, "kubectl", String(wait), String(timeout), ...args]
    const container = await connected(this, image)
    const ran = container.withExec(command, { expect: ReturnType.Any, stdin })
    if ((await ran.exitCode()) !== 0)
      throw new Error((await ran.stderr()).trim() || `kubectl ended with exit code ${await ran.exitCode()}`)
    return ran.stdout()
  }

  /**
   * Returns what a namespace contains as files.
   * These are `pods.txt`, `workloads.txt`, `events.txt`, `describe.txt`, and the log of each container
   * (`logs/<pod>/<container>.log`); of a restarted container also the log before (`….previous.log`).
   *
   * Example: `dagger -m modules/kubernetes call evidence --namespace kube-system entries`
   *
   * @param namespace Namespace to read, for example `kube-system`.
   * @param wait Seconds to wait for a ready node, for example `60`; 0 does not wait.
   * @param nonce Any value not used before, for example `$RANDOM`, reads again instead of returning the answer of this
   * session.
   * @param image Image that contains bash, for example `debian:bookworm-slim`; kubectl is added to it.
   */
  @func({ cache: "session" })
  async evidence(
    namespace: string,
    wait: number = 60,
    nonce: string = "",
    image: string = images.debian,
  ): Promise<Directory> {
    const container = await connected(this, image, nonce)
    const command = ["bash", "-c", evidenceScript, "evidence", String(wait), namespace]
    const ran = container.withExec(command, { expect: ReturnType.Any })
    if ((await ran.exitCode()) !== 0) throw new Error((await ran.stderr()).trim())
    return ran.directory("/evidence")
  }
}

/** Arguments of `k3s server`. */
const nodeSettings = [
  ...["--node-name", "node", "--tls-san", host, "--kube-apiserver-arg=token-auth-file=/etc/rancher/k3s/tokens.csv"],
  ...["--disable=traefik", "--disable=servicelb", "--disable=local-storage", "--disable=metrics-server"],
  // One node reaches itself without a tunnel and without a VXLAN device, which the engine's kernel may lack.
  ...["--egress-selector-mode=disabled", "--flannel-backend=host-gw"],
]

/** The container of a node, with the certificate authority and the administrator's token of its cluster. */
function nodeOf(image: string, authority: { certificate: string; key: string }, token: string): Container {
  const tls = "/var/lib/rancher/k3s/server/tls"
  return dag
    .container()
    .from(image)
    .withNewFile(`${tls}/server-ca.crt`, authority.certificate)
    .withNewFile(`${tls}/server-ca.key`, authority.key, { permissions: 0o600 })
    .withNewFile("/etc/rancher/k3s/tokens.csv", `${token},admin,admin,system:masters\n`, { permissions: 0o600 })
    .withMountedTemp("/var/lib/rancher/k3s/server/db")
    .withMountedCache("/var/lib/rancher/k3s/agent/containerd", dag.cacheVolume("kubernetes-containerd"), {
      sharing: CacheSharingMode.Private,
    })
}

/** The container of kubectl with access to the cluster; never answered from the cache. */
async function connected(kubernetes: Kubernetes, image: string, nonce = ""): Promise<Container> {
  const { kubeconfig, service, serviceName = host } = kubernetes
  // The instance is unique: two sessions would share one cluster, and lose it when the first of them ends.
  const own = kubeconfig ? undefined : kubernetes.cluster(undefined, undefined, undefined, String(Math.random()))
  const secret =
    kubeconfig ?? dag.setSecret(`kubeconfig-${randomBytes(8).toString("hex")}`, await own!.kubeconfig.contents())
  const bound = service ?? own?.service
  let container = kubernetes
    .base(image)
    .withMountedSecret("/run/kubeconfig", secret)
    .withEnvVariable("KUBECONFIG", "/run/kubeconfig")
  if (bound) container = container.withServiceBinding(serviceName, bound)
  return uncached(container, nonce)
}
