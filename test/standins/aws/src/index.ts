/**
 * A stand-in of AWS for tests: ministack, an emulator, with a registry as strict as ECR; and what another module does with
 * ecr and eks.
 */
import { readFileSync } from "node:fs"
import { ReturnType, Secret, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"

const port = 4566
const region = "eu-central-1"

@object()
export class Aws {
  /**
   * AWS at the ports 4566 and 5000: STS, IAM, ECR with its registry, EC2 and EKS, with signatures checked, and a cluster
   * `shop`. The access key `test` may do everything, whatever the signature. The registry is as strict as ECR: see
   * src/ecr.ts. With `layers` distribution's registry holds what is pushed instead of ministack: for images of a real size;
   * ECR's API then does not describe them.
   */
  @func({ cache: "session" })
  service(layers: boolean = false): Service {
    const emulator = dag
      .container()
      .from(images.ministack)
      .withEnvVariable("AUTH", "true")
      .withEnvVariable("GATEWAY_PORT", String(port))
      .withEnvVariable("BIND_HOST", "0.0.0.0")
      .withExposedPort(port)
    let proxy = dag
      .container()
      .from(images.node)
      .withEnvVariable("NODE_NO_WARNINGS", "1")
      .withServiceBinding("ministack", emulator.asService({ useEntrypoint: true }))
      .withExposedPort(port)
      .withExposedPort(5000)
    for (const file of ["proxy.ts", "ecr.ts"])
      proxy = proxy.withNewFile(`/${file}`, readFileSync(new URL(file, import.meta.url), "utf8"))
    if (layers) {
      const registry = dag.container().from(images.registry).withExposedPort(5000)
      proxy = proxy.withServiceBinding("layers", registry.asService({ useEntrypoint: true }))
    }
    const registry = layers ? '{ host: "layers", port: 5000 }' : "api"
    return proxy.asService({
      args: [
        "node",
        "--input-type=module",
        "-e",
        'import { makeCluster, serve } from "/proxy.ts"; ' +
          `const api = { host: "ministack", port: ${port} }; await makeCluster(api); serve([${port}, 5000], api, ${registry})`,
      ],
    })
  }

  /**
   * Creates a repository, logs in and pushes a small image with crane; returns crane's exit code and output. `password` is used
   * instead of the login's; `expire` ends all passwords between login and push.
   */
  @func({ cache: "never" })
  async pushed(
    aws: Service,
    accessKey: Secret,
    secretKey: Secret,
    repository: string,
    tag: string,
    password?: Secret,
    expire: boolean = false,
  ): Promise<string> {
    const ecr = dag.ecr().withAccess(accessKey, secretKey)
    await ecr.ensure([repository], region, { service: aws })
    const used = password ?? ecr.login(region, { service: aws })
    await used.id()
    const host = `aws:${await (await aws.ports())[0]!.port()}`
    const push = [
      ...(expire ? [`node -e 'await fetch("http://${host}/_tokens?expire")'`] : []),
      'printf %s "$PASSWORD" | crane auth login "$REGISTRY" --username "$USERNAME" --password-stdin',
      'timeout 60 crane push --insecure /image.tar "$REGISTRY/$NAME"',
    ].join(" && ")
    const ran = dag
      .container()
      .from(images.node)
      .withFile("/usr/local/bin/crane", dag.container().from(images.crane).file("/ko-app/crane"))
      .withMountedFile("/image.tar", dag.container().withNewFile("/hello", tag).asTarball())
      .withServiceBinding("aws", aws)
      .withSecretVariable("PASSWORD", used)
      .withEnvVariable("USERNAME", "AWS")
      .withEnvVariable("REGISTRY", host)
      .withEnvVariable("NAME", `${repository}:${tag}`)
      .withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}`)
      .withExec(["bash", "-o", "pipefail", "-c", push], { expect: ReturnType.Any })
    return `${await ran.exitCode()}\n${await ran.stdout()}${await ran.stderr()}`
  }

  /**
   * Asks as a cluster does, with the token of its kubeconfig; returns the answer's status and who signed. `header` names the
   * cluster that asks.
   */
  @func({ cache: "never" })
  async authenticated(
    aws: Service,
    accessKey: Secret,
    secretKey: Secret,
    cluster: string,
    header: string,
    sessionToken?: Secret,
    endpoint?: string,
    ca?: string,
  ): Promise<string> {
    const config = JSON.parse(
      await dag
        .eks()
        .withAccess(accessKey, secretKey, { sessionToken })
        .kubeconfig(cluster, region, { service: aws, endpoint, ca })
        .plaintext(),
    )
    const url = Buffer.from(config.users[0].user.token.replace("k8s-aws-v1.", ""), "base64url").toString()
    const answer = await fetch(url, { headers: { "x-k8s-aws-id": header }, signal: AbortSignal.timeout(20_000) })
    const text = await answer.text()
    return `${config.clusters[0].cluster.server} ${answer.status} ${
      /<Arn>(.*?)<|<Code>(.*?)</
        .exec(text)
        ?.slice(1)
        .find((part) => part) ?? text.slice(0, 200)
    }`
  }
}
