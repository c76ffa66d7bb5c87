/**
 * Access to a Kubernetes cluster on Amazon EKS: a kubeconfig with a short-lived token, as `aws eks get-token` makes it.
 *
 * The module needs neither an image nor AWS's SDK: it signs one request, and sends one more when the endpoint is not given.
 */
import { Secret, Service, dag, func, object } from "@dagger.io/dagger"
import { Described, checkedCa, checkedCluster, checkedEndpoint, kubeconfigFor, readCluster, tokenFor } from "./access"
import { addressOf, checkedKey, checkedRegion } from "./shared/aws"
import { Keys, signedHeaders } from "./sign"

/** What EKS returns about a cluster. */
@object()
export class Cluster {
  /** Address of the cluster's API server. */
  @func() endpoint: string
  /** The cluster's certificate authority in base64. */
  @func() ca: string
  /** Status of the cluster; it can be used when this is `ACTIVE`. */
  @func() status: string
  /** Kubernetes version, such as `1.34`. */
  @func() version: string

  constructor(endpoint: string, ca: string, status: string, version: string) {
    this.endpoint = endpoint
    this.ca = ca
    this.status = status
    this.version = version
  }
}

@object()
export class Eks {
  /** Id of the access key; set by withAccess. */
  accessKey?: Secret
  /** Secret access key; set by withAccess. */
  secretKey?: Secret
  /** Session token of temporary credentials; set by withAccess. */
  sessionToken?: Secret

  /**
   * Sets the AWS credentials that all other functions use.
   *
   * Example: `dagger -m modules/eks call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY token --cluster shop --region eu-central-1 plaintext`
   *
   * @param accessKey Id of the access key, for example `env://AWS_ACCESS_KEY_ID`.
   * @param secretKey Secret access key, for example `env://AWS_SECRET_ACCESS_KEY`.
   * @param sessionToken Session token, for example `env://AWS_SESSION_TOKEN`; only temporary credentials have one.
   */
  @func({ cache: "session" })
  withAccess(accessKey: Secret, secretKey: Secret, sessionToken?: Secret): Eks {
    this.accessKey = accessKey
    this.secretKey = secretKey
    this.sessionToken = sessionToken
    return this
  }

  /**
   * Returns a kubeconfig with a token that the cluster accepts for 15 minutes.
   * With `endpoint` and `ca` no request is sent; without them EKS is asked for both (permission eks:DescribeCluster).
   *
   * Example: `dagger -m modules/eks call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY kubeconfig --cluster shop --region eu-central-1 plaintext`
   *
   * @param cluster Name of the cluster, for example `shop`.
   * @param region AWS region of the cluster, such as `eu-central-1`.
   * @param endpoint Address of the cluster's API server; requires `ca`. Without it, EKS is asked.
   * @param ca The cluster's certificate authority, as PEM or in base64; requires `endpoint`.
   * @param service An emulator of AWS to send requests to, such as `tcp://127.0.0.1:4566`; AWS itself by default.
   * @param nonce Any value not used before, for example `$RANDOM`, makes a new token instead of returning the one of
   * this session.
   */
  @func({ cache: "session" })
  async kubeconfig(
    cluster: string,
    region: string,
    endpoint?: string,
    ca?: string,
    service?: Service,
    nonce: string = "",
  ): Promise<Secret> {
    if (!endpoint !== !ca)
      throw new Error(
        `${endpoint ? "endpoint is given without ca" : "ca is given without endpoint"}: give both or neither`,
      )
    const target = await targetOf(this, cluster, region, service)
    const found = endpoint && ca ? { endpoint: checkedEndpoint(endpoint), ca: checkedCa(ca) } : await describe(target)
    const config = kubeconfigFor(cluster, found.endpoint, found.ca, tokenOf(target))
    return dag.setSecret(`eks-kubeconfig-${cluster}-${nonce}-${Date.now()}`, config)
  }

  /**
   * Returns the token alone, for tools that take one (`kubectl --token`).
   * The cluster accepts it for 15 minutes.
   *
   * Example: `dagger -m modules/eks call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY token --cluster shop --region eu-central-1 plaintext`
   *
   * @param cluster Name of the cluster, for example `shop`.
   * @param region AWS region of the cluster, such as `eu-central-1`.
   * @param service An emulator of AWS to send requests to, such as `tcp://127.0.0.1:4566`; AWS itself by default.
   * @param nonce Any value not used before, for example `$RANDOM`, makes a new token instead of returning the one of
   * this session.
   */
  @func({ cache: "session" })
  async token(cluster: string, region: string, service?: Service, nonce: string = ""): Promise<Secret> {
    const target = await targetOf(this, cluster, region, service)
    return dag.setSecret(`eks-token-${cluster}-${nonce}-${Date.now()}`, tokenOf(target))
  }

  /**
   * Asks EKS about a cluster: endpoint, certificate authority, status and version.
   *
   * Example: `dagger -m modules/eks call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY describe --cluster shop --region eu-central-1 endpoint`
   *
   * @param cluster Name of the cluster, for example `shop`.
   * @param region AWS region of the cluster, such as `eu-central-1`.
   * @param service An emulator of AWS to send requests to, such as `tcp://127.0.0.1:4566`; AWS itself by default.
   * @param nonce Any value not used before, for example `$RANDOM`, asks again instead of returning the answer of this
   * session.
   */
  @func({ cache: "session" })
  async describe(cluster: string, region: string, service?: Service, nonce: string = ""): Promise<Cluster> {
    void nonce
    const { endpoint, ca, status, version } = await describe(await targetOf(this, cluster, region, service))
    return new Cluster(endpoint, ca, status, version)
  }
}

/** A cluster, and what a request about it needs. */
interface Target {
  cluster: string
  region: string
  keys: Keys
  /** Address of an emulator; empty for AWS itself. */
  emulator: string
}

/** Checks the arguments that all functions have, and reads the secrets. */
async function targetOf(eks: Eks, cluster: string, region: string, service?: Service): Promise<Target> {
  const { accessKey, secretKey, sessionToken } = eks
  const checked = { cluster: checkedCluster(cluster), region: checkedRegion(region) }
  if (!accessKey || !secretKey) throw new Error("no credentials: call with-access first")
  const keys = {
    accessKey: checkedKey("accessKey", await accessKey.plaintext()),
    secretKey: checkedKey("secretKey", await secretKey.plaintext()),
    sessionToken: sessionToken ? checkedKey("sessionToken", await sessionToken.plaintext()) : "",
  }
  return { ...checked, keys, emulator: service ? await (await service.start()).endpoint({ scheme: "http" }) : "" }
}

function tokenOf({ cluster, region, keys, emulator }: Target): string {
  return tokenFor(cluster, emulator || addressOf("sts", region), keys, { region, date: new Date() })
}

/** Asks EKS about a cluster. */
async function describe({ cluster, region, keys, emulator }: Target): Promise<Described> {
  const address = emulator || addressOf("eks", region)
  const path = `/clusters/${cluster}`
  const scope = { region, service: "eks", date: new Date() }
  const headers = signedHeaders({ method: "GET", address, path, query: {}, headers: {} }, keys, scope)
  const signal = AbortSignal.timeout(30_000)
  const answer = await fetch(`${address}${path}`, { headers, redirect: "manual", signal }).catch((error: unknown) => {
    throw new Error(`eks:DescribeCluster: ${new URL(address).host} ${unreachable(error, region)}`)
  })
  return readCluster(answer.status, await answer.text(), cluster, region)
}

/** Why a request got no answer. */
function unreachable(error: unknown, region: string): string {
  const { name, code, cause } = error as Error & { code?: string; cause?: { code?: string } }
  if (name === "TimeoutError") return "did not answer within 30 s"
  const why = cause?.code ?? code ?? name
  return `cannot be reached (${why}): does the region ${region} exist, and can the engine reach AWS?`
}
