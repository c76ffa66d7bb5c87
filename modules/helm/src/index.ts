/**
 * Helm charts: lints, packs and pushes them, and deploys them so that a failure is seen within seconds, names its cause, saves
 * its evidence, and never blocks the next deployment.
 *
 * A function that changes a cluster runs in every session, also when nothing has changed; in one session the same arguments run
 * once, however many fields of the result are read.
 */
import { Container, Directory, File, ReturnType, Secret, Service, argument, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { lintCharts } from "./lint"
import { checkName, checkSecret, historyWithLabels, pushed, registryHost, setArguments, trouble } from "./read"
import { connected, onRelease, releaseStep, toolsIn, withClusterAccess, withValues } from "./release"
import { packageScript, pushScript } from "./scripts/chart"
import { deployScript, historyScript, rollbackScript, uninstallScript } from "./scripts/release"
import { uncached } from "./shared/nonce"
import { Result, reportStep } from "./shared/result"

@object()
export class Helm {
  /** Kubeconfig of the cluster; set by withCluster. */
  kubeconfig?: Secret
  /** The cluster, when it is a service; set by withCluster. */
  service?: Service
  /** Host name of that service; set by withCluster. */
  serviceName?: string
  /** Keys of the Kubernetes Secret that `deploy` makes; set by withSecret. */
  secretNames?: string[]
  /** Values of these keys, in the same order; set by withSecret. */
  secretValues?: Secret[]
  /** User of the registry; set by withLogin. */
  username?: string
  /** Password of that user; set by withLogin. */
  password?: Secret

  /**
   * Sets the cluster that `deploy`, `rollback`, `uninstall`, `history` and `exec` use.
   *
   * Example: `dagger -m modules/helm call with-cluster --kubeconfig file:kubeconfig.yaml
   * history --release demo --namespace dev --wait 2`
   *
   * @param kubeconfig Kubeconfig with the access to the cluster, for example `file:kubeconfig.yaml`.
   * @param service The cluster, when it is a Dagger service, for example `tcp://127.0.0.1:6443`; by default the address
   * in the kubeconfig has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the kubeconfig, for example `kubernetes`.
   */
  @func({ cache: "session" })
  withCluster(kubeconfig: Secret, service?: Service, serviceName: string = "kubernetes"): Helm {
    this.kubeconfig = kubeconfig
    this.service = service
    this.serviceName = serviceName
    return this
  }

  /**
   * Adds a key to the Kubernetes Secret that `deploy` makes before it deploys the chart (see `secretName` there).
   *
   * Example: `dagger -m modules/helm call with-secret --name db_password --value env:DB_PASSWORD
   * with-cluster --kubeconfig file:kubeconfig.yaml
   * deploy --chart demo-1.2.3.tgz --release demo --namespace dev --secret-name database verdict`
   *
   * @param name Key in the Kubernetes Secret, for example `db_password`.
   * @param value Value of the key, for example `env://DB_PASSWORD`.
   */
  @func({ cache: "session" })
  withSecret(name: string, value: Secret): Helm {
    this.secretNames = [...(this.secretNames ?? []), name]
    this.secretValues = [...(this.secretValues ?? []), value]
    return this
  }

  /**
   * Sets the login that `push` uses.
   *
   * Example: `dagger -m modules/helm call with-login --username ci --password env:REGISTRY_PASSWORD
   * push --chart demo-1.2.3.tgz --registry registry.example.com/charts`
   *
   * @param username User of the registry, for example `ci`.
   * @param password Password of the user, for example `env://REGISTRY_PASSWORD`.
   */
  @func({ cache: "session" })
  withLogin(username: string, password: Secret): Helm {
    this.username = username
    this.password = password
    return this
  }

  /**
   * Returns the container that helm and kubectl run in.
   *
   * Example: `dagger -m modules/helm call base with-exec --args helm,version,--short stdout`
   *
   * @param image Image that contains bash, tar, gzip and perl, for example `debian:bookworm-slim`; helm and kubectl are
   * added to it.
   */
  @func()
  base(image: string = images.debian): Container {
    return toolsIn(dag.container().from(image))
  }

  /**
   * Lints charts with `helm lint --strict`, one after the other, and returns one result with SARIF.
   * Missing dependencies with a `file://` address are built, others are fetched; those that cannot be had are left out,
   * and the reason says so. A `Chart.lock` that does not fit `Chart.yaml` is a finding.
   *
   * Example: `dagger -m modules/helm call lint --source charts
   * --charts shop=shop/values-qa.yaml,shop=shop/values-prod.yaml verdict`
   *
   * @param source Folder that contains the charts and the files of values, for example `.`.
   * @param charts Folders of the charts in `source`, each alone or as `folder=file` with a file of values of `source`,
   * or `folder=file+file` with several, where a later one wins; findings do not name files that begin with a dot. A
   * chart may be named more than once; `.` is `source`
   * itself.
   * @param set Single values for all charts, such as `image.tag=1.2`.
   * @param name Name of the result, for example `charts`.
   * @param timeout Seconds that all charts may take, for example `300`.
   * @param deadline Seconds since 1970 after which an unfinished lint is reported as skipped, for example `1767225600`;
   * 0 waits for its end.
   * @param nonce Any value not used before, for example `$RANDOM`, runs helm again instead of answering from the cache.
   */
  @func({ cache: "session" })
  async lint(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    charts: string[] = ["."],
    set: string[] = [],
    name: string = "charts",
    timeout: number = 600,
    deadline: number = 0,
    nonce: string = "",
  ): Promise<Result> {
    const work = (): Promise<Result> => lintCharts(name, { source, charts, set, timeout, nonce })
    return reportStep(name, work, { deadline })
  }

  /**
   * Returns the manifests of a chart, as `helm template` renders them.
   * An error in the chart fails the call.
   *
   * Example: `dagger -m modules/helm call template --chart test/fixtures/cluster/chart --set text=hello contents`
   *
   * @param chart Folder of the chart, for example `charts/demo`.
   * @param release Name of the release, for example `demo`.
   * @param namespace Namespace of the release, for example `dev`.
   * @param values Files of values, for example `values-dev.yaml`; a later one wins.
   * @param set Single values, such as `image.tag=1.2`.
   */
  @func({ cache: "session" })
  async template(
    chart: Directory,
    release: string = "release",
    namespace: string = "default",
    values: File[] = [],
    set: string[] = [],
  ): Promise<File> {
    checkName("release", release, 53)
    checkName("namespace", namespace)
    const container = withValues(this.base().withMountedDirectory("chart", chart), values)
    const flags = [...valueFlags(values), ...setArguments(set)]
    const command = ["helm", "template", release, "chart", "--namespace", namespace, ...flags]
    return dag.file("manifests.yaml", await outputOf(container.withExec(command, { expect: ReturnType.Any })))
  }

  /**
   * Packs a chart.
   * The same files and versions always make the same bytes.
   *
   * Example: `dagger -m modules/helm call package --chart test/fixtures/cluster/chart --version 1.2.3 name`
   *
   * @param chart Folder of the chart, for example `charts/demo`; its dependencies have to be in its folder charts/.
   * @param version Version of the chart, for example `1.2.3`; empty for that of Chart.yaml.
   * @param appVersion Version of the application, for example `1.2.3`; empty for that of Chart.yaml.
   */
  @func({ cache: "session" })
  async package(chart: Directory, version: string = "", appVersion: string = ""): Promise<File> {
    const container = this.base()
      .withMountedDirectory("chart", chart)
      .withExec(["bash", "-c", packageScript, "package", version, appVersion], { expect: ReturnType.Any })
    const name = (await outputOf(container)).trim()
    return container.file(`/out/${name}`)
  }

  /**
   * Pushes a packed chart to a registry and returns its reference with digest, `host/path/name@sha256:…`.
   * The same chart always has the same digest. A version that the registry has already is not pushed again; if it is
   * another chart there, it is an error. Without `with-login` nobody logs in.
   *
   * Example: `dagger -m modules/helm call
   * push --chart demo-1.2.3.tgz --registry registry:5000/charts --service tcp://127.0.0.1:5000 --insecure`
   *
   * @param chart The packed chart, as `package` returns it.
   * @param registry Host and folder in the registry, such as `registry:5000/charts`; the repository is that folder with
   * the chart's name below it, such as `charts/demo`.
   * @param service The registry, when it is a Dagger service; by default the host in `registry` has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in `registry`.
   * @param insecure Whether the registry speaks plain HTTP, for example `true`.
   * @param timeout Seconds that the push may take, for example `300`.
   */
  @func({ cache: "never" })
  async push(
    chart: File,
    registry: string,
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    timeout: number = 120,
  ): Promise<string> {
    const host = registryHost(registry)
    const address = registry.replace(/^oci:\/\//, "").replace(/\/+$/, "")
    let container = uncached(this.base()).withMountedFile("chart.tgz", chart).withMountedTemp("/run/helm")
    if (service) container = container.withServiceBinding(serviceName, service)
    if (this.password) container = container.withMountedSecret("/run/password", this.password)
    const args = [String(timeout), host, address, this.username ?? "", ...(insecure ? ["--plain-http"] : [])]
    const ran = container.withExec(["bash", "-c", pushScript, "push", ...args], { expect: ReturnType.Any })
    return pushed(await outputOf(ran))
  }

  /**
   * Deploys a packed chart, as `helm upgrade --install` does, and watches the rollout.
   *
   * Passed: every deployment, stateful set and daemon set of the release is rolled out with all replicas ready. Failed, within
   * seconds: a container of the new revision crashes repeatedly, an image cannot be pulled, or a Secret or ConfigMap is missing.
   * The release is then marked as `failed`, and the reports contain pods, events and logs. The result's `details` have the
   * release's `revision`; 0 when there is none, and the revision that this call has `created`: 0 if it has deployed nothing,
   * none if the cluster could not say it. Exit codes: 0 passed, 1 failed, 6 another deployment holds the release, 7 the
   * cluster does not answer, 124 not ready in time.
   *
   * The lock of a release is a Lease `helm-<release>`, renewed every 2 seconds. A second deployment is refused as long as the
   * Lease is renewed. When it was not renewed for 15 seconds, its holder was killed; the next deployment takes over and repairs
   * a pending release first.
   *
   * Example: `dagger -m modules/helm call with-cluster --kubeconfig file:kubeconfig.yaml
   * deploy --chart demo-1.2.3.tgz --release demo --namespace dev --wait 2 reason`
   *
   * @param chart The packed chart, as `package` returns it.
   * @param release Name of the release, for example `demo`.
   * @param namespace Namespace of the release, for example `dev`; created if it does not exist.
   * @param values Files of values, for example `values-dev.yaml`; a later one wins. They must not contain secrets,
   * because helm stores them in the cluster.
   * @param set Single values, such as `image.tag=1.2`.
   * @param secretName Name of a Kubernetes Secret with the keys of `with-secret`; empty for none.
   * @param holder Owner of the lock, for example `build 7`; shown to anyone whose deployment is refused.
   * @param timeout Seconds until everything has to be ready, for example `300`.
   * @param wait Seconds until the cluster has to answer, for example `60`.
   * @param name Name of the result, for example `deploy`.
   * @param nonce Any value not used before, for example `$RANDOM`, deploys again instead of returning the result of
   * this session.
   * @param args More arguments of `helm upgrade`.
   * @param container Container that contains bash, gzip and perl, for example `debian:bookworm-slim`, instead of the
   * default image; helm and kubectl are added.
   */
  @func({ cache: "session" })
  async deploy(
    chart: File,
    release: string,
    namespace: string,
    values: File[] = [],
    set: string[] = [],
    secretName: string = "",
    holder: string = "",
    timeout: number = 300,
    wait: number = 60,
    name: string = "deploy",
    nonce: string = "",
    args: string[] = [],
    container?: Container,
  ): Promise<Result> {
    return releaseStep(name, wait + timeout, () => {
      const keys = this.secretNames ?? []
      checkSecret(secretName, keys)
      const tools = container ? toolsIn(container) : this.base()
      let ready = withValues(onRelease(connected(tools, this, nonce), release, namespace), values)
        .withMountedFile("chart.tgz", chart)
        .withEnvVariable("SECRET", secretName)
      for (const [i, key] of keys.entries())
        ready = ready.withMountedSecret(`/run/secrets/deploy/${key}`, this.secretValues![i]!)
      const flags = [...valueFlags(values), ...setArguments(set), ...args]
      const command = ["bash", "-c", deployScript, "deploy", String(wait), String(timeout), holder, ...flags]
      return { container: ready, command }
    })
  }

  /**
   * Rolls a release back to an earlier revision and watches it as `deploy` does.
   * Pods, events and logs are saved before (`before/` in the reports).
   *
   * Example: `dagger -m modules/helm call with-cluster --kubeconfig file:kubeconfig.yaml
   * rollback --release demo --namespace dev --wait 2 reason`
   *
   * @param release Name of the release, for example `demo`.
   * @param namespace Namespace of the release, for example `dev`.
   * @param revision Revision to return to, for example `3`; 0 for the last one before the current that was deployed
   * successfully; a rollback counts as the revision that it returned to.
   * @param holder Owner of the lock, for example `build 7`; shown to anyone whose deployment is refused.
   * @param timeout Seconds until everything has to be ready, for example `300`.
   * @param wait Seconds until the cluster has to answer, for example `60`.
   * @param name Name of the result, for example `rollback`.
   * @param nonce Any value not used before, for example `$RANDOM`, rolls back again instead of returning the result of
   * this session.
   * @param from Revision that has to be the last one, for example `4`; if another came after it, nothing is rolled back.
   * 0 for any.
   */
  @func({ cache: "session" })
  async rollback(
    release: string,
    namespace: string,
    revision: number = 0,
    holder: string = "",
    timeout: number = 300,
    wait: number = 60,
    name: string = "rollback",
    nonce: string = "",
    from: number = 0,
  ): Promise<Result> {
    return releaseStep(name, wait + timeout, () => {
      if (!Number.isInteger(revision) || revision < 0)
        throw new Error(`revision: ${revision} is not a revision; 0 is the one before the current`)
      if (!Number.isInteger(from) || from < 0) throw new Error(`from: ${from} is not a revision; 0 is any`)
      const args = [String(wait), String(timeout), holder, String(revision), String(from)]
      const container = onRelease(connected(this.base(), this, nonce), release, namespace)
      return { container, command: ["bash", "-c", rollbackScript, "rollback", ...args] }
    })
  }

  /**
   * Removes a release and everything that belongs to it.
   * A release that does not exist is no error. Pods, events and logs are saved before; the namespace and the Secret of
   * `deploy` are not removed.
   *
   * Example: `dagger -m modules/helm call with-cluster --kubeconfig file:kubeconfig.yaml
   * uninstall --release demo --namespace dev --wait 2 reason`
   *
   * @param release Name of the release, for example `demo`.
   * @param namespace Namespace of the release, for example `dev`.
   * @param holder Owner of the lock, for example `build 7`; shown to anyone whose deployment is refused.
   * @param timeout Seconds until everything has to be gone, for example `300`.
   * @param wait Seconds until the cluster has to answer, for example `60`.
   * @param name Name of the result, for example `uninstall`.
   * @param nonce Any value not used before, for example `$RANDOM`, removes again instead of returning the result of
   * this session.
   */
  @func({ cache: "session" })
  async uninstall(
    release: string,
    namespace: string,
    holder: string = "",
    timeout: number = 120,
    wait: number = 60,
    name: string = "uninstall",
    nonce: string = "",
  ): Promise<Result> {
    return releaseStep(name, wait + timeout, () => {
      const args = [String(wait), String(timeout), holder]
      const container = onRelease(connected(this.base(), this, nonce), release, namespace)
      return { container, command: ["bash", "-c", uninstallScript, "uninstall", ...args] }
    })
  }

  /**
   * Returns the revisions of a release as JSON, oldest first, as `helm history` does, with their `labels`.
   * Without such a release it is `[]`. A cluster that does not answer is an error.
   *
   * Example: `dagger -m modules/helm call with-cluster --kubeconfig file:kubeconfig.yaml
   * history --release demo --namespace dev --wait 2`
   *
   * @param release Name of the release, for example `demo`.
   * @param namespace Namespace of the release, for example `dev`.
   * @param wait Seconds until the cluster has to answer, for example `60`.
   */
  @func({ cache: "never" })
  async history(release: string, namespace: string, wait: number = 60): Promise<string> {
    const container = onRelease(connected(this.base(), this), release, namespace)
    const command = ["bash", "-c", historyScript, "history", String(wait)]
    return historyWithLabels(await outputOf(container.withExec(command, { expect: ReturnType.Any })))
  }

  /**
   * Runs helm with any arguments and returns its standard output: for what this module has no function for.
   * It takes no lock and runs in every call. What needs a cluster needs `with-cluster` before.
   *
   * Example: `dagger -m modules/helm call exec --args=version,--short`
   *
   * @param args Arguments of helm, for example `list,--all-namespaces`.
   * @param timeout Seconds that helm may take, for example `300`.
   */
  @func({ cache: "never" })
  async exec(args: string[], timeout: number = 300): Promise<string> {
    const container = uncached(withClusterAccess(this.base(), this))
    return outputOf(container.withExec(["timeout", String(timeout), "helm", ...args], { expect: ReturnType.Any }))
  }
}

/** helm's arguments for the files of values that withValues() mounts. */
function valueFlags(values: File[]): string[] {
  return values.flatMap((_, i) => ["--values", `/values/${i}.yaml`])
}

/** What a container has printed; an error in helm's own words when it failed. */
async function outputOf(container: Container): Promise<string> {
  const [code, stdout, stderr] = [await container.exitCode(), await container.stdout(), await container.stderr()]
  if (code !== 0) throw new Error(trouble(`${stdout}\n${stderr}`) || `exit code ${code}`)
  return stdout
}
