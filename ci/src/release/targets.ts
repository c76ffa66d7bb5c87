// Where images and releases go: parts that live as long as the call, or real ones. What is above does not know which.
import { randomBytes } from "node:crypto"
import { Container, Directory, Secret, Service, dag } from "@dagger.io/dagger"
import type { Config, Environment } from "../config/config"
import { images } from "../images"
import { unique } from "../report/unique"

export interface Registry {
  /** Host and path below which everything goes. */
  address: string
  /** Set when it is a service of this call. */
  service?: Service
  username: string
  password?: Secret
  ephemeral: boolean
}

export interface Cluster {
  kubeconfig: Secret
  /** Set when it is a service of this call. */
  service?: Service
  ephemeral: boolean
}

/** The host of the ephemeral registry, and of the ephemeral cluster. */
export const registryHost = "registry:5000"
export const clusterHost = "kubernetes"

/** Where the rehearsal's Prometheus answers on an ephemeral cluster. */
export const prometheusPort = 30090

/** What a caller gives of a real target. */
export interface Given {
  registry?: Service
  registryUser: string
  registryPassword?: Secret
  kubeconfig?: Secret
  cluster?: Service
  awsAccessKey?: Secret
  awsSecretKey?: Secret
  awsSessionToken?: Secret
}

/** Access to a registry as the arguments of a module's call. */
export function access({ service, username, password, ephemeral }: Registry) {
  return { target: service, targetName: "registry", username, password, insecure: ephemeral }
}

/** A registry that lives as long as the call. */
export async function ephemeralRegistry(instance: string): Promise<Registry> {
  const service = await dag.registry().server({ instance, volume: "" }).start()
  return { address: `${registryHost}/delivery`, service, username: "", ephemeral: true }
}

/** A cluster that lives as long as the call and takes images from the registry, also those of docker.io that the chart needs. */
export async function ephemeralCluster(registry: Registry, instance: string): Promise<Cluster> {
  const cluster = dag
    .kubernetes()
    .cluster({ registry: registry.service, registryName: registryHost, mirrors: ["docker.io"], instance })
  const kubeconfig = dag.setSecret(`kubeconfig-${instance}`, await cluster.kubeconfig().contents())
  const service = await cluster.service().start()
  return { kubeconfig, service, ephemeral: true }
}

/** Puts the images that the charts take from elsewhere into the ephemeral registry, under the names that the cluster's mirror looks for. */
export async function seed(registry: Registry): Promise<void> {
  const { postgres, redis, prometheus } = images
  const names = [postgres, redis, prometheus]
  const references = names.map((name) => `${registryHost}/${name.includes("/") ? name : `library/${name}`}`)
  await dag
    .registry()
    .push(
      names.map((name): Container => dag.container().from(name)),
      references,
      { ...access(registry), timeout: 300, name: "seed", again: "" },
    )
    .verdict()
}

/** The registry of a call: the given one, that of delivery.yaml with AWS's own login, or an ephemeral one. */
export async function registryOf(config: Config, given: Given): Promise<Registry> {
  if (config.registry === "ephemeral") {
    if (!given.registry) return ephemeralRegistry(unique())
    return {
      address: `${registryHost}/delivery`,
      service: given.registry,
      username: given.registryUser,
      password: given.registryPassword,
      ephemeral: true,
    }
  }
  const ecr = /^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/.exec(config.registry)
  if (!ecr || given.registryPassword)
    return {
      address: config.registry,
      service: given.registry,
      username: given.registryUser,
      password: given.registryPassword,
      ephemeral: false,
    }
  const { accessKey, secretKey } = awsKeys(given, `registry: ${config.registry} is an ECR`)
  const password = dag.ecr().withAccess(accessKey, secretKey, { sessionToken: given.awsSessionToken }).login(ecr[1]!)
  return { address: config.registry, username: "AWS", password, ephemeral: false }
}

/** The cluster of an environment: the given one, or the EKS cluster of delivery.yaml. */
export function clusterOf(environment: Environment, given: Given): Cluster | undefined {
  if (given.kubeconfig)
    return { kubeconfig: given.kubeconfig, service: given.cluster, ephemeral: environment.cluster === "ephemeral" }
  if (environment.cluster === "ephemeral") return undefined
  const { accessKey, secretKey } = awsKeys(given, `cluster: ${environment.cluster} is an EKS cluster`)
  return {
    kubeconfig: dag
      .eks()
      .withAccess(accessKey, secretKey, { sessionToken: given.awsSessionToken })
      .kubeconfig(environment.cluster, environment.region!),
    ephemeral: false,
  }
}

function awsKeys({ awsAccessKey, awsSecretKey }: Given, why: string): { accessKey: Secret; secretKey: Secret } {
  if (!awsAccessKey || !awsSecretKey)
    throw new Error(
      `${why}: --aws-access-key and --aws-secret-key are missing, such as --aws-access-key env://AWS_ACCESS_KEY_ID`,
    )
  return { accessKey: awsAccessKey, secretKey: awsSecretKey }
}

/** A random password, or key, as a secret of this call. */
export function randomSecret(name: string): Secret {
  return dag.setSecret(`${name}-${unique()}`, randomBytes(24).toString("base64url"))
}

/** Prometheus of the rehearsal, in the cluster's namespace `monitoring`. */
export async function installPrometheus(source: Directory, cluster: Cluster): Promise<void> {
  const chart = dag.helm().package_(source.directory("charts/platform"))
  await dag
    .helm()
    .deploy(chart, "platform", "monitoring", cluster.kubeconfig, {
      cluster: cluster.service,
      clusterName: clusterHost,
      values: [],
      set: [`prometheus.nodePort=${prometheusPort}`],
      secretName: "",
      secretKeys: [],
      secrets: [],
      holder: "rehearsal",
      timeout: 180,
      wait: 60,
      name: "platform",
      again: "",
      args: [],
    })
    .verdict()
}
