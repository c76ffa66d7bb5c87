// Prepares the containers that work on a release, and reads what the scripts have found.
import { Container, File, Secret, Service, dag } from "@dagger.io/dagger"
import { images } from "./images"
import { checkName, outcome } from "./read"
import { firstLine } from "./shared/clock"
import { uncached } from "./shared/nonce"
import { Result, reportStep, resultOfRun } from "./shared/result"
import { Ran, readReport, runStep } from "./shared/step"

/** Access to a cluster, as withCluster() sets it. */
export interface Access {
  kubeconfig?: Secret
  service?: Service
  serviceName?: string
}

/** Debian's slim image has no certificate authorities; helm's image has those that public registries need. */
export const authorities = "/etc/ssl/certs/ca-certificates.crt"

/** The container with helm and kubectl in it. */
export function toolsIn(container: Container): Container {
  const helm = dag.container().from(images.helm)
  return container
    .withFile("/usr/local/bin/helm", helm.file("/usr/bin/helm"))
    .withFile("/usr/local/bin/kubectl", dag.container().from(images.kubectl).file("/bin/kubectl"))
    .withFile(authorities, helm.file(authorities))
    .withWorkdir("/work")
}

/** The container with the cluster's kubeconfig and service, where they were given. */
export function withClusterAccess(
  container: Container,
  { kubeconfig, service, serviceName = "kubernetes" }: Access,
): Container {
  if (kubeconfig)
    container = container
      .withMountedSecret("/run/kubeconfig", kubeconfig)
      .withEnvVariable("KUBECONFIG", "/run/kubeconfig")
  return service ? container.withServiceBinding(serviceName, service) : container
}

/** The container with access to the cluster, never answered from the cache; an error without a cluster. */
export function connected(container: Container, access: Access, nonce = ""): Container {
  if (!access.kubeconfig) throw new Error("no cluster: call with-cluster first")
  return uncached(withClusterAccess(container, access), nonce)
}

/** The container with the names of a release, for the scripts. */
export function onRelease(container: Container, release: string, namespace: string): Container {
  checkName("release", release, 53)
  checkName("namespace", namespace)
  return container.withEnvVariable("RELEASE", release).withEnvVariable("NAMESPACE", namespace)
}

/** The container with the files of values as /values/<number>.yaml. */
export function withValues(container: Container, values: File[]): Container {
  return values.reduce((one, file, i) => one.withMountedFile(`/values/${i}.yaml`, file), container)
}

/** Seconds beyond the limits of cluster and rollout: for an earlier lock holder, for repairs, and for the evidence. */
const overhead = 240

/** Runs a script on a release and reports it. `seconds` are those that the cluster and the rollout may take. */
export async function releaseStep(
  name: string,
  seconds: number,
  prepare: () => { container: Container; command: string[] },
): Promise<Result> {
  return reportStep(name, async () => {
    const { container, command } = prepare()
    return releaseResult(name, await runStep(container, command, seconds + overhead))
  })
}

async function releaseResult(name: string, ran: Ran): Promise<Result> {
  const { reason, revision = 0, created } = outcome(await readReport(ran.reports, "outcome"))
  const facts = { reports: ran.reports.withoutFile("outcome"), details: { revision, created } }
  if (reason) return resultOfRun(name, { ...ran, timedOut: false }, reason, facts)
  const output = ran.timedOut ? "" : firstLine(await readReport(ran.reports, "output.txt"))
  return resultOfRun(name, ran, output, { ...facts, passed: false })
}
