// Where images and releases go: a registry and a cluster that the caller gives or delivery.yaml names. Code above does
// not know which.
import { randomBytes } from "node:crypto"
import { Directory, Helm, Secret, Service, dag } from "@dagger.io/dagger"
import type { Config, Environment } from "../config/config"
import { unique } from "../report/unique"
import { loggedIn } from "./login"

export interface Registry {
  /** Host and path below which everything goes. */
  address: string
  /** Set if it is a service of this call. */
  service?: Service
  username: string
  password?: Secret
  /** Asks AWS for a new password; not set for another registry, or if the caller has given the password. */
  renew?: () => Secret
  ephemeral: boolean
}

export interface Cluster {
  kubeconfig: Secret
  /** Set if it is a service of this call. */
  service?: Service
  ephemeral: boolean
}

/** The host of a registry and of a cluster that are services of the call. */
export const registryHost = "registry:5000"
export const clusterHost = "kubernetes"

/** The node port of the ephemeral cluster's Prometheus. */
export const prometheusPort = 30090

/** What a caller gives of its registry and cluster. */
export interface TargetOptions {
  registry?: Service
  registryUser: string
  registryPassword?: Secret
  kubeconfig?: Secret
  cluster?: Service
  awsAccessKey?: Secret
  awsSecretKey?: Secret
  awsSessionToken?: Secret
}

/** Returns the access to a registry as options of a module's call. */
export function registryAccess({ service, ephemeral }: Registry) {
  return { service, serviceName: "registry", insecure: ephemeral }
}

/** Returns the module helm with access to a cluster. */
export function helmOn({ kubeconfig, service }: Cluster): Helm {
  return dag.helm().withCluster(kubeconfig, { service, serviceName: clusterHost })
}

/** Returns the module registry or helm with the login of a registry, where that has one. */
export function withLogin<T extends { withLogin(username: string, password: Secret): T }>(
  module: T,
  { username, password }: Registry,
): T {
  if ((username === "") !== (password === undefined))
    throw new Error("registryUser, registryPassword: give both or neither")
  return password ? module.withLogin(username, password) : module
}

/** Returns the files of an artefact in the registry, by digest or tag. */
export function pullFiles(reference: string, registry: Registry): Promise<Directory> {
  return loggedIn(registry, () =>
    withLogin(dag.registry(), registry)
      .pullFiles(reference, { ...registryAccess(registry), nonce: unique() })
      .sync(),
  )
}

/** Returns the registry that the caller gives or delivery.yaml names; undefined if that is an ephemeral one. */
export function registryOf(config: Config, options: TargetOptions): Registry | undefined {
  if (config.detected)
    throw new Error(
      "no delivery.yaml in the source: it says what is delivered, and where to; `npm run pipeline -- init` writes it",
    )
  const { registry: service, registryUser: username, registryPassword: password } = options
  if (config.registry === "ephemeral") {
    const address = `${registryHost}/delivery`
    return service ? { address, service, username, password, ephemeral: true } : undefined
  }
  const ecr = /^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/.exec(config.registry)
  if (!ecr || password) return { address: config.registry, service, username, password, ephemeral: false }
  const { accessKey, secretKey } = awsKeys(options, `registry: ${config.registry} is an ECR`)
  const login = dag.ecr().withAccess(accessKey, secretKey, { sessionToken: options.awsSessionToken })
  const passwordOf = (nonce: string): Secret => login.login(ecr[1]!, { nonce })
  const renew = () => passwordOf(unique())
  return { address: config.registry, username: "AWS", password: passwordOf(""), renew, ephemeral: false }
}

/** Returns the cluster that the caller gives or delivery.yaml names; undefined if that is an ephemeral one. */
export function clusterOf({ cluster, region }: Environment, options: TargetOptions): Cluster | undefined {
  if (options.kubeconfig)
    return { kubeconfig: options.kubeconfig, service: options.cluster, ephemeral: cluster === "ephemeral" }
  if (cluster === "ephemeral") return undefined
  const { accessKey, secretKey } = awsKeys(options, `cluster: ${cluster} is an EKS cluster`)
  return {
    kubeconfig: dag
      .eks()
      .withAccess(accessKey, secretKey, { sessionToken: options.awsSessionToken })
      .kubeconfig(cluster, region!),
    ephemeral: false,
  }
}

function awsKeys(options: TargetOptions, why: string): { accessKey: Secret; secretKey: Secret } {
  const { awsAccessKey: accessKey, awsSecretKey: secretKey } = options
  if (!accessKey || !secretKey)
    throw new Error(
      `${why}: AWS keys are missing: \`with-aws --access-key env://AWS_ACCESS_KEY_ID --secret-key …\`; ` +
        "`npm run pipeline`: `--aws-access-key env://AWS_ACCESS_KEY_ID --aws-secret-key …`",
    )
  return { accessKey, secretKey }
}

/**
 * Returns the values of the environment's Kubernetes Secret by key: those that the caller gives, and on an ephemeral
 * cluster delivery.yaml's for the rest. Throws if a real cluster lacks one.
 */
export function secretsOf(
  { secrets }: Environment,
  cluster: Cluster,
  given: Record<string, Secret | undefined>,
): Record<string, Secret> {
  const keys = Object.entries(Object.values(secrets)[0] ?? {})
  const missing = cluster.ephemeral ? [] : keys.filter(([key]) => !given[key]).map(([key]) => key)
  if (missing.length)
    throw new Error(
      `secrets: ${missing.join(", ")} missing; on a real cluster the caller gives them: with-secret --name ${missing[0]} --value …`,
    )
  const made = (key: string, text: string): Secret =>
    dag.setSecret(`${key}-${unique()}`, text === "random" ? randomBytes(24).toString("base64url") : text)
  return Object.fromEntries(keys.map(([key, text]) => [key, given[key] ?? made(key, text)]))
}
