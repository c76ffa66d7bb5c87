/**
 * Access to a Kubernetes cluster on Amazon's EKS: a kubeconfig whose token is a signed question to AWS who signed it, as `aws eks get-token` makes it.
 *
 * It needs no image and no SDK: one signature, and where the endpoint is not given one request.
 */
import { Secret, Service, dag, func, object } from "@dagger.io/dagger"
import {
  Described,
  addressOf,
  checkedCa,
  checkedCluster,
  checkedEndpoint,
  checkedKey,
  checkedRegion,
  kubeconfigFor,
  readCluster,
  tokenFor,
} from "./access"
import { Keys, signedHeaders } from "./sign"

/** What EKS tells of a cluster. */
@object()
export class Cluster {
  /** The address of its API. */
  @func() endpoint: string
  /** Its certificate authority in base64. */
  @func() ca: string
  /** `ACTIVE` when it can be used. */
  @func() status: string
  /** Kubernetes' version, such as `1.34`. */
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
  /**
   * A kubeconfig for a cluster, with a token that it takes for 15 minutes. Where endpoint and ca are given, nothing is asked of AWS; else EKS is
   * (eks:DescribeCluster).
   *
   * Example: `dagger -m modules/eks call kubeconfig --cluster shop --region eu-central-1 --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY plaintext`
   *
   * @param cluster The cluster's name.
   * @param region Its region.
   * @param accessKey The access key's id.
   * @param secretKey The secret access key.
   * @param sessionToken For temporary credentials.
   * @param endpoint The address of the cluster's API, when it is known; with `ca`.
   * @param ca The cluster's certificate authority: PEM, or base64 as EKS and Terraform give it.
   * @param target A stand-in of AWS, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:4566`).
   * @param again In one session the same call runs once; another value here makes another token.
   */
  @func({ cache: "session" })
  async kubeconfig(
    cluster: string,
    region: string,
    accessKey: Secret,
    secretKey: Secret,
    sessionToken?: Secret,
    endpoint?: string,
    ca?: string,
    target?: Service,
    again?: string,
  ): Promise<Secret> {
    if (!endpoint !== !ca)
      throw new Error(
        `${endpoint ? "endpoint is given without ca" : "ca is given without endpoint"}: both are wanted, or neither`,
      )
    const access = await accessOf(cluster, region, accessKey, secretKey, sessionToken, target)
    const found = endpoint && ca ? { endpoint: checkedEndpoint(endpoint), ca: checkedCa(ca) } : await describe(access)
    const config = kubeconfigFor(cluster, found.endpoint, found.ca, tokenOf(access))
    return dag.setSecret(`eks-kubeconfig-${cluster}-${again ?? ""}-${Date.now()}`, config)
  }

  /**
   * The token by itself, for tools that take one (`kubectl --token`).
   *
   * Example: `dagger -m modules/eks call token --cluster shop --region eu-central-1 --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY plaintext`
   *
   * @param cluster As for `kubeconfig`, and so are the others.
   */
  @func({ cache: "session" })
  async token(
    cluster: string,
    region: string,
    accessKey: Secret,
    secretKey: Secret,
    sessionToken?: Secret,
    target?: Service,
    again?: string,
  ): Promise<Secret> {
    return dag.setSecret(
      `eks-token-${cluster}-${again ?? ""}-${Date.now()}`,
      tokenOf(await accessOf(cluster, region, accessKey, secretKey, sessionToken, target)),
    )
  }

  /**
   * What EKS tells of a cluster: endpoint, certificate authority, status and version.
   *
   * Example: `dagger -m modules/eks call describe --cluster shop --region eu-central-1 --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY endpoint`
   *
   * @param cluster As for `kubeconfig`, and so are the others.
   */
  @func({ cache: "session" })
  async describe(
    cluster: string,
    region: string,
    accessKey: Secret,
    secretKey: Secret,
    sessionToken?: Secret,
    target?: Service,
    again?: string,
  ): Promise<Cluster> {
    const { endpoint, ca, status, version } = await describe(
      await accessOf(cluster, region, accessKey, secretKey, sessionToken, target),
    )
    return new Cluster(endpoint, ca, status, version)
  }
}

interface Access {
  cluster: string
  region: string
  keys: Keys
  /** The address of a stand-in; empty for AWS itself. */
  standIn: string
}

/** Checks the arguments that all calls have, and reads the secrets. */
async function accessOf(
  cluster: string,
  region: string,
  accessKey: Secret,
  secretKey: Secret,
  sessionToken: Secret | undefined,
  target: Service | undefined,
): Promise<Access> {
  const checked = { cluster: checkedCluster(cluster), region: checkedRegion(region) }
  const keys = {
    accessKey: checkedKey("accessKey", await accessKey.plaintext()),
    secretKey: checkedKey("secretKey", await secretKey.plaintext()),
    sessionToken: sessionToken ? checkedKey("sessionToken", await sessionToken.plaintext()) : "",
  }
  return { ...checked, keys, standIn: target ? await (await target.start()).endpoint({ scheme: "http" }) : "" }
}

function tokenOf({ cluster, region, keys, standIn }: Access): string {
  return tokenFor(cluster, region, standIn || addressOf("sts", region), keys, new Date())
}

/** Asks EKS for a cluster. */
async function describe({ cluster, region, keys, standIn }: Access): Promise<Described> {
  const address = standIn || addressOf("eks", region)
  const path = `/clusters/${cluster}`
  const headers = signedHeaders({ method: "GET", address, path, query: {}, headers: {} }, keys, {
    region,
    service: "eks",
    date: new Date(),
  })
  let answer: Response
  try {
    answer = await fetch(`${address}${path}`, { headers, redirect: "manual", signal: AbortSignal.timeout(30_000) })
  } catch (error) {
    const { name, code, cause } = error as Error & { code?: string; cause?: { code?: string } }
    throw new Error(
      `eks:DescribeCluster: ${new URL(address).host} ${name === "TimeoutError" ? "does not answer within 30 s" : `cannot be reached (${cause?.code ?? code ?? name}): is there a region ${region}, and does the engine reach AWS?`}`,
    )
  }
  return readCluster(answer.status, await answer.text(), cluster, region)
}
