/**
 * Charts: checks, packs and pushes them, and deploys them so that a failure is seen in seconds, says where to look, keeps its evidence, and never blocks the next deploy.
 *
 * What changes a cluster runs each time, also when nothing has changed, and once in a session however much of its result is read.
 */
import {
  Container,
  Directory,
  File,
  ReturnType,
  Secret,
  Service,
  argument,
  dag,
  float,
  func,
  object,
} from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import {
  checkName,
  checkSecret,
  describeLint,
  lintFindings,
  mergedFindings,
  outcome,
  pushed,
  registryHost,
  setArguments,
  trouble,
} from "./read"
import { sarif } from "./shared/sarif"
import {
  deployScript,
  historyScript,
  lintScript,
  packageScript,
  pushScript,
  rollbackScript,
  uninstallScript,
} from "./scripts"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

/** What a deploy, a rollback or an uninstall has come to. */
@object()
export class Result {
  /** The name of the result, such as `deploy`. */
  @func() name: string
  /** `passed` or `failed`. */
  @func() status: string
  /** For a failure what to look at first: pod, container, and its last log line or the event; else what is running now. */
  @func() reason: string
  /** The exit code: 0 all well, 1 failed, 6 another deploy holds the release, 7 the cluster does not answer, 124 time-out, -1 when nothing ran. */
  @func() exitCode: number
  /** How long it took. */
  @func() seconds: float
  /** Always false: it runs each time. */
  @func() cached: boolean
  /** The release's revision, also of a failed deploy; 0 when there is none. */
  @func() revision: number
  /** `result.json` with these fields, `output.txt`, helm's own output `helm.txt`, `history.json`, and `pods.txt`, `workloads.txt`, `events.txt`, `describe.txt`, `logs/`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    reports: Directory,
    revision?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = false
    this.revision = revision ?? 0
    this.reports = reports
  }

  /** The reason; an error when it did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

/** What `helm lint` has found in charts. */
@object()
export class Linted {
  /** The name of the result, `charts` if no other was given. */
  @func() name: string
  /** `passed` without a finding, `failed`, or `skipped` when the call was interrupted before it ended. */
  @func() status: string
  /** For a failure the first finding as `file:line text`, with the values that bring it about; else how much was looked at. */
  @func() reason: string
  /** The exit code: 0 when helm came to its end, whatever it found; 124 time-out, -1 when nothing ran, anything else an error. */
  @func() exitCode: number
  /** How long helm took when it really ran. */
  @func() seconds: float
  /** Whether it came from the cache. */
  @func() cached: boolean
  /** How many findings there are. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `helm.sarif`, and `output.txt` with what helm says of each chart. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    cached: boolean,
    reports: Directory,
    findings?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = cached
    this.value = findings
    this.unit = findings === undefined ? "" : "findings"
    this.reports = reports
  }

  /** The reason; an error when there is a finding, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Helm {
  /**
   * The container that helm and kubectl run in.
   *
   * Example: `dagger -m modules/helm call base with-exec --args helm,version,--short stdout`
   *
   * @param image Another image with bash, tar, gzip and perl in it, instead of the pinned one; helm and kubectl are put into it.
   */
  @func()
  base(image: string = images.debian): Container {
    return withTools(dag.container().from(image))
  }

  /**
   * Checks a chart as `helm lint --strict` does, and gives what it prints. What lint finds is an error of the call.
   *
   * Example: `dagger -m modules/helm call lint --chart test/fixtures/cluster/chart`
   *
   * @param chart The chart's folder.
   * @param values Files of values; a later one wins.
   * @param set Single values, such as `image.tag=1.2`.
   */
  @func()
  async lint(chart: Directory, values: File[] = [], set: string[] = []): Promise<string> {
    const { container, flags } = withValues(this.base().withMountedDirectory("chart", chart), values, set)
    return ran(container.withExec(["helm", "lint", "--strict", "chart", ...flags], { expect: ReturnType.Any }))
  }

  /**
   * Checks charts as `helm lint --strict` does, one after the other, as one result with SARIF. A chart may be named several times, each time with other values.
   *
   * Example: `dagger -m modules/helm call lint-all --source charts --charts restaurant,restaurant --values restaurant/values-qa.yaml,restaurant/values-prod.yaml verdict`
   *
   * @param source The folder that holds the charts and the files of values.
   * @param charts The charts' folders in it.
   * @param values For each of the charts, in the same order, its file of values; several are joined by `+`, a later one wins, and an empty text is none. Without this argument each chart has its own alone.
   * @param name What the result is called by.
   * @param timeout Seconds for all of them.
   * @param until Seconds since 1970: a run that takes longer is given as skipped. 0 waits for it.
   * @param again Another value than before runs helm again, whatever is in the cache.
   */
  @func({ cache: "session" })
  async lintAll(
    @argument({ ignore: ["**/.git", "**/node_modules"] }) source: Directory,
    charts: string[],
    values: string[] = [],
    name: string = "charts",
    timeout: number = 600,
    until: number = 0,
    again: string = "",
  ): Promise<Linted> {
    return reportedLint(name, until, async () => {
      if (charts.length === 0) throw new Error("charts: none given")
      if (values.length && values.length !== charts.length)
        throw new Error(
          `${charts.length} charts, but ${values.length} values: each chart has one of both, or there are no values`,
        )
      const runs = charts.map((chart, i) => ({
        chart,
        values: (values[i] ?? "").split("+").filter((file) => file !== ""),
      }))
      for (const { chart, values } of runs)
        for (const file of [`${chart}/Chart.yaml`, ...values])
          if (!(await source.exists(file))) throw new Error(`there is no ${file} in the source`)
      // helm alone: a lint needs no kubectl.
      const container = dag
        .container()
        .from(images.debian)
        .withFile("/usr/local/bin/helm", dag.container().from(images.helm).file("/usr/bin/helm"))
        .withMountedDirectory("/src", source)
        .withWorkdir("/src")
      const list = runs.map(({ chart, values }) => `${chart}\t${values.join(",")}`).join("\n")
      return lintResult(
        name,
        await runStep(
          again ? container.withEnvVariable("STEP_AGAIN", again) : container,
          ["bash", "-c", lintScript, "lint", list],
          timeout,
        ),
        runs,
      )
    })
  }

  /**
   * The manifests of a chart, as `helm template` renders them. An error of the chart is an error of the call.
   *
   * Example: `dagger -m modules/helm call template --chart test/fixtures/cluster/chart --set text=hello contents`
   *
   * @param chart The chart's folder.
   * @param release The release's name.
   * @param namespace The namespace that the release would be in.
   * @param values Files of values; a later one wins.
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
    const { container, flags } = withValues(this.base().withMountedDirectory("chart", chart), values, set)
    return dag.file(
      "manifests.yaml",
      await ran(
        container.withExec(["helm", "template", release, "chart", "--namespace", namespace, ...flags], {
          expect: ReturnType.Any,
        }),
      ),
    )
  }

  /**
   * Packs a chart. The same files and versions give the same bytes, at any time.
   *
   * Example: `dagger -m modules/helm call package --chart test/fixtures/cluster/chart --version 1.2.3 name`
   *
   * @param chart The chart's folder; charts it depends on are in its folder charts/.
   * @param version The chart's version; that of Chart.yaml if not given.
   * @param appVersion The version of what it deploys; that of Chart.yaml if not given.
   */
  @func({ cache: "session" })
  async package(chart: Directory, version: string = "", appVersion: string = ""): Promise<File> {
    const container = this.base()
      .withMountedDirectory("chart", chart)
      .withExec(["bash", "-c", packageScript, "package", version, appVersion], { expect: ReturnType.Any })
    const name = (await ran(container)).trim()
    return container.file(`/out/${name}`)
  }

  /**
   * Pushes a packed chart to a registry and gives its reference with digest, `host/path/name@sha256:…`. The same chart has the same digest, however often it is pushed.
   *
   * Example: `dagger -m modules/helm call push --chart demo-1.2.3.tgz --registry registry:5000/charts --target tcp://127.0.0.1:5000 --insecure`
   *
   * @param chart The packed chart.
   * @param registry Host and folder, such as `registry:5000/charts`.
   * @param target The registry, when it is a service.
   * @param targetName The host name of that service, as it stands in `registry`.
   * @param insecure Plain HTTP.
   * @param username To log in with; without one nobody logs in.
   * @param password Of that user.
   * @param timeout Seconds for the push.
   */
  @func({ cache: "never" })
  async push(
    chart: File,
    registry: string,
    target?: Service,
    targetName: string = "registry",
    insecure: boolean = false,
    username: string = "",
    password?: Secret,
    timeout: number = 120,
  ): Promise<string> {
    const server = registryHost(registry)
    if ((username === "") !== (password === undefined)) throw new Error("username, password: give both or none")
    let container = asked(this.base(), "").withMountedFile("chart.tgz", chart).withMountedTemp("/run/helm")
    if (target) container = container.withServiceBinding(targetName, target)
    if (password) container = container.withMountedSecret("/run/password", password)
    const command = [
      "bash",
      "-c",
      pushScript,
      "push",
      String(timeout),
      server,
      registry.replace(/^oci:\/\//, "").replace(/\/+$/, ""),
      username,
      ...(insecure ? ["--plain-http"] : []),
    ]
    return pushed(await ran(container.withExec(command, { expect: ReturnType.Any })))
  }

  /**
   * Deploys a packed chart, as `helm upgrade --install` does, and watches what comes up.
   *
   * Green: every deployment, stateful set and daemon set of the release is rolled out with all its replicas ready. Red, within seconds: a container of the new revision that
   * crashes again and again, an image that cannot be pulled, a configuration that is not there. The release then ends as `failed`, and pods, events and logs are in the reports.
   *
   * A Lease `helm-<release>` says who deploys, and is renewed every two seconds. A second deploy is refused as long as it is renewed; when it has not been for 15 seconds the
   * deploy before was killed, and what it left pending is mended first.
   *
   * Example: `dagger -m modules/helm call deploy --chart demo-1.2.3.tgz --release demo --namespace dev --kubeconfig file:kubeconfig.yaml --wait 2 reason`
   *
   * @param chart The packed chart.
   * @param release The release's name.
   * @param namespace Its namespace; made when it is not there.
   * @param kubeconfig Of the cluster.
   * @param cluster The cluster, when it is a service.
   * @param clusterName The host name of that service, as it stands in the kubeconfig.
   * @param values Files of values; a later one wins. No secret belongs there: helm keeps values in the cluster.
   * @param set Single values, such as `image.tag=1.2`.
   * @param secretName A Kubernetes Secret that is made or brought up to date before, for the chart to refer to.
   * @param secretKeys Its keys.
   * @param secrets The value of each key.
   * @param holder Who deploys, for whoever is refused meanwhile: a person, a run's address.
   * @param timeout Seconds until all is ready.
   * @param wait Seconds until the cluster has to answer.
   * @param name What the result is called by.
   * @param again In one session the same call runs once; another value here runs it again.
   * @param args More arguments for `helm upgrade`.
   * @param container Another container with bash, gzip and perl in it, instead of the pinned image; helm and kubectl are put into it.
   */
  @func({ cache: "session" })
  async deploy(
    chart: File,
    release: string,
    namespace: string,
    kubeconfig: Secret,
    cluster?: Service,
    clusterName: string = "kubernetes",
    values: File[] = [],
    set: string[] = [],
    secretName: string = "",
    secretKeys: string[] = [],
    secrets: Secret[] = [],
    holder: string = "",
    timeout: number = 300,
    wait: number = 60,
    name: string = "deploy",
    again: string = "",
    args: string[] = [],
    container?: Container,
  ): Promise<Result> {
    return reported(name, async () => {
      checkSecret(secretName, secretKeys, secrets.length)
      const tools = container ? withTools(container) : this.base()
      const prepared = withValues(
        connected(tools, release, namespace, kubeconfig, cluster, clusterName, again).withMountedFile(
          "chart.tgz",
          chart,
        ),
        values,
        set,
      )
      let ready = prepared.container.withEnvVariable("SECRET", secretName)
      for (const [i, key] of secretKeys.entries())
        ready = ready.withMountedSecret(`/run/secrets/deploy/${key}`, secrets[i]!)
      return runStep(
        ready,
        ["bash", "-c", deployScript, "deploy", String(wait), String(timeout), holder, ...prepared.flags, ...args],
        limit(wait, timeout),
      )
    })
  }

  /**
   * Goes back to an earlier revision and watches it as a deploy does. What the pods, events and logs say is saved before.
   *
   * Example: `dagger -m modules/helm call rollback --release demo --namespace dev --kubeconfig file:kubeconfig.yaml --wait 2 reason`
   *
   * @param release The release's name.
   * @param namespace Its namespace.
   * @param kubeconfig Of the cluster.
   * @param cluster The cluster, when it is a service.
   * @param clusterName The host name of that service, as it stands in the kubeconfig.
   * @param revision The revision to go back to; 0 is the last one before the current that was deployed well.
   * @param holder Who rolls back, for whoever is refused meanwhile.
   * @param timeout Seconds until all is ready.
   * @param wait Seconds until the cluster has to answer.
   * @param name What the result is called by.
   * @param again In one session the same call runs once; another value here runs it again.
   */
  @func({ cache: "session" })
  async rollback(
    release: string,
    namespace: string,
    kubeconfig: Secret,
    cluster?: Service,
    clusterName: string = "kubernetes",
    revision: number = 0,
    holder: string = "",
    timeout: number = 300,
    wait: number = 60,
    name: string = "rollback",
    again: string = "",
  ): Promise<Result> {
    return reported(name, async () => {
      if (!Number.isInteger(revision) || revision < 0)
        throw new Error(`revision: ${revision} is not a revision; 0 is the one before`)
      const container = connected(this.base(), release, namespace, kubeconfig, cluster, clusterName, again)
      return runStep(
        container,
        ["bash", "-c", rollbackScript, "rollback", String(wait), String(timeout), holder, String(revision)],
        limit(wait, timeout),
      )
    })
  }

  /**
   * Removes a release and what belongs to it. One that is not there is no error. Its evidence is saved before; the namespace and a Secret that `deploy` made stay.
   *
   * Example: `dagger -m modules/helm call uninstall --release demo --namespace dev --kubeconfig file:kubeconfig.yaml --wait 2 reason`
   *
   * @param release The release's name.
   * @param namespace Its namespace.
   * @param kubeconfig Of the cluster.
   * @param cluster The cluster, when it is a service.
   * @param clusterName The host name of that service, as it stands in the kubeconfig.
   * @param holder Who does it, for whoever is refused meanwhile.
   * @param timeout Seconds until all is gone.
   * @param wait Seconds until the cluster has to answer.
   * @param name What the result is called by.
   * @param again In one session the same call runs once; another value here runs it again.
   */
  @func({ cache: "session" })
  async uninstall(
    release: string,
    namespace: string,
    kubeconfig: Secret,
    cluster?: Service,
    clusterName: string = "kubernetes",
    holder: string = "",
    timeout: number = 120,
    wait: number = 60,
    name: string = "uninstall",
    again: string = "",
  ): Promise<Result> {
    return reported(name, async () => {
      const container = connected(this.base(), release, namespace, kubeconfig, cluster, clusterName, again)
      return runStep(
        container,
        ["bash", "-c", uninstallScript, "uninstall", String(wait), String(timeout), holder],
        limit(wait, timeout),
      )
    })
  }

  /**
   * The revisions of a release as JSON, oldest first, as `helm history` gives them; `[]` when there is no such release. A cluster that does not answer is an error.
   *
   * Example: `dagger -m modules/helm call history --release demo --namespace dev --kubeconfig file:kubeconfig.yaml --wait 2`
   *
   * @param release The release's name.
   * @param namespace Its namespace.
   * @param kubeconfig Of the cluster.
   * @param cluster The cluster, when it is a service.
   * @param clusterName The host name of that service, as it stands in the kubeconfig.
   * @param wait Seconds until the cluster has to answer.
   */
  @func({ cache: "never" })
  async history(
    release: string,
    namespace: string,
    kubeconfig: Secret,
    cluster?: Service,
    clusterName: string = "kubernetes",
    wait: number = 60,
  ): Promise<string> {
    const container = connected(this.base(), release, namespace, kubeconfig, cluster, clusterName, "")
    return (
      await ran(container.withExec(["bash", "-c", historyScript, "history", String(wait)], { expect: ReturnType.Any }))
    ).trim()
  }

  /**
   * Runs helm with any arguments on a cluster and gives what it prints: the way to what this module has no function for. It takes no lock. It is run each time.
   *
   * Example: `dagger -m modules/helm call helm --args=version,--short`
   *
   * @param args The arguments of helm.
   * @param kubeconfig Of the cluster, for what needs one.
   * @param cluster The cluster, when it is a service.
   * @param clusterName The host name of that service, as it stands in the kubeconfig.
   * @param timeout Seconds for helm.
   */
  @func({ cache: "never" })
  async helm(
    args: string[],
    kubeconfig?: Secret,
    cluster?: Service,
    clusterName: string = "kubernetes",
    timeout: number = 300,
  ): Promise<string> {
    let container = asked(this.base(), "")
    if (kubeconfig)
      container = container
        .withMountedSecret("/run/kubeconfig", kubeconfig)
        .withEnvVariable("KUBECONFIG", "/run/kubeconfig")
    if (cluster) container = container.withServiceBinding(clusterName, cluster)
    return ran(container.withExec(["timeout", String(timeout), "helm", ...args], { expect: ReturnType.Any }))
  }
}

/** The container with helm and kubectl in it. */
function withTools(container: Container): Container {
  const helm = dag.container().from(images.helm)
  return (
    container
      .withFile("/usr/local/bin/helm", helm.file("/usr/bin/helm"))
      .withFile("/usr/local/bin/kubectl", dag.container().from(images.kubectl).file("/bin/kubectl"))
      // The authorities that registries are known by: Debian's slim image has none.
      .withFile("/etc/ssl/certs/ca-certificates.crt", helm.file("/etc/ssl/certs/ca-certificates.crt"))
      .withWorkdir("/work")
  )
}

/** The whole of a script in seconds: waiting for the cluster, for an earlier holder, the work, mending, and the evidence. */
function limit(wait: number, timeout: number): number {
  return wait + timeout + 240
}

/** The container with the way to the cluster and the names of the release; different from that of any other call. */
function connected(
  tools: Container,
  release: string,
  namespace: string,
  kubeconfig: Secret,
  cluster: Service | undefined,
  clusterName: string,
  again: string,
): Container {
  checkName("release", release, 53)
  checkName("namespace", namespace)
  let container = tools
    .withMountedSecret("/run/kubeconfig", kubeconfig)
    .withEnvVariable("KUBECONFIG", "/run/kubeconfig")
  if (cluster) container = container.withServiceBinding(clusterName, cluster)
  return asked(container, again).withEnvVariable("RELEASE", release).withEnvVariable("NAMESPACE", namespace)
}

/** The container, different from that of any other call: something live is changed, so that no layer may come from the cache. */
function asked(container: Container, again: string): Container {
  return container.withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
}

/** The container with the files of values, and helm's arguments for them. */
function withValues(container: Container, values: File[], set: string[]): { container: Container; flags: string[] } {
  const flags = values.flatMap((_, i) => ["--values", `/values/${i}.yaml`])
  return {
    container: values.reduce((one, file, i) => one.withMountedFile(`/values/${i}.yaml`, file), container),
    flags: [...flags, ...setArguments(set)],
  }
}

/** What a container has printed; an error with helm's own words when it failed. */
async function ran(container: Container): Promise<string> {
  const [code, stdout, stderr] = [await container.exitCode(), await container.stdout(), await container.stderr()]
  if (code !== 0) throw new Error(trouble(`${stdout}\n${stderr}`) || `exit code ${code}`)
  return stdout
}

/** Prints a line when the work starts and one when it ends; what goes wrong around it is a failed result too. */
async function reported(name: string, work: () => Promise<Ran>): Promise<Result> {
  const without = (status: string, reason: string, reports: Directory): Result =>
    new Result(name, status, reason.replace(/ \[traceparent:[^\]]*\]/, ""), -1, 0, reports)
  return withResult(await told(name, 0, async () => result(name, await work()), without))
}

async function result(name: string, ran: Ran): Promise<Result> {
  const { reason, revision } = outcome(await readReport(ran.reports, "outcome"))
  const status = ran.exitCode === 0 && reason !== "" ? "passed" : "failed"
  const why =
    reason ||
    (ran.timedOut
      ? `timed out after ${Math.round(ran.seconds)} s`
      : firstLine(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`)
  return new Result(name, status, why, ran.exitCode, ran.seconds, ran.reports.withoutFile("outcome"), revision)
}

/** What the runs of `helm lint` have found. What two runs find in the same place is one finding. */
async function lintResult(name: string, ran: Ran, runs: { chart: string; values: string[] }[]): Promise<Linted> {
  const outputs = await Promise.all(runs.map((_, i) => readReport(ran.reports, `lint-${i}.txt`)))
  const findings = mergedFindings(
    runs.map(({ chart, values }, i) => ({ findings: lintFindings(outputs[i]!, chart), values })),
  )
  const alone = [
    ...new Set(runs.filter((_, i) => /^without its dependencies/m.test(outputs[i]!)).map(({ chart }) => chart)),
  ]
  // helm says how many charts it has linted; one that it did not come to is no clean one.
  const unread = runs.findIndex((_, i) => !/^(Error: )?1 chart\(s\) linted/m.test(outputs[i]!))
  const broken = ran.timedOut
    ? `timed out after ${Math.round(ran.seconds)} s`
    : unread >= 0
      ? `${runs[unread]!.chart}: ${trouble(outputs[unread]!)}`
      : ran.exitCode !== 0 && findings.length === 0
        ? firstLine(await readReport(ran.reports, "output.txt"))
        : ""
  const reason =
    broken ||
    describeLint(findings) ||
    `no finding in ${new Set(runs.map(({ chart }) => chart)).size} charts${runs.some(({ values }) => values.length) ? `, with ${runs.filter(({ values }) => values.length).length} sets of values` : ""}${alone.length ? `; ${alone.join(", ")} without the dependencies, which are not there` : ""}`
  const reports = runs
    .reduce((folder, _, i) => folder.withoutFile(`lint-${i}.txt`), ran.reports)
    .withNewFile("helm.sarif", sarif(["helm"], findings))
  return new Linted(
    name,
    broken || findings.length ? "failed" : "passed",
    reason,
    broken ? ran.exitCode || 1 : 0,
    ran.seconds,
    ran.cached,
    reports,
    findings.length,
  )
}

/** Prints a line when the lint starts and one when it ends; what goes wrong around helm is a failed result too. */
async function reportedLint(name: string, until: number, work: () => Promise<Linted>): Promise<Linted> {
  return withResult(
    await told(name, until, work, (status, reason, reports) => new Linted(name, status, reason, -1, 0, false, reports)),
  )
}
