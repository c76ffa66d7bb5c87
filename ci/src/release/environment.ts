// A release in an environment: deployed by digest, then tested and measured against every gate that delivery.yaml
// names.
import { dirname } from "node:path"
import { Directory, Secret, dag } from "@dagger.io/dagger"
import { deploymentSettings } from "../config/chart-settings"
import type { Config, Environment, EnvironmentName } from "../config/config"
import type { Chart } from "../config/product"
import { allPassed, couldNotRun, errorText, live, notRun, step, type Part } from "../report/parts"
import { unique } from "../report/unique"
import { openFeedback } from "./feedback"
import type { Promotion } from "./admission"
import type { ReleaseRecord } from "./record"
import { clusterHost, helmOn, prometheusPort, pullFiles, type Cluster, type Registry } from "./targets"
import { deploymentLabels } from "./way-back"

/** Where a release is deployed, and with which access. */
export interface Place {
  name: EnvironmentName
  config: Config
  environment: Environment
  registry: Registry
  cluster: Cluster
  /** The values of the environment's Kubernetes Secret, by key. */
  secrets: Record<string, Secret>
  /** Faults to switch on, `<service>.<VARIABLE>=<value>`: on an ephemeral cluster only. */
  faults: string[]
  /** Owner of the deployment's lock; shown to anyone whose deployment is refused meanwhile. */
  holder: string
  /** What the caller says of the promotion. */
  promotion?: Promotion
}

/**
 * Runs the steps of an environment in order. What needs a red step before it is skipped: it would test a product that
 * is not there. `id` names this deployment in the cluster.
 */
export async function runEnvironment(place: Place, record: ReleaseRecord, id: string): Promise<Part[]> {
  const { name, registry } = place
  const { tests, gates } = place.environment
  const later = [...tests, ...(["load", "dast", "feedback", "analysis"] as const).filter((gate) => gates[gate])].map(
    (part) => `${name}:${part}`,
  )
  const deployed = await deploy(place, record, { id })
  if (!allPassed([deployed])) return [deployed, notRun([`${name}:health`, ...later], "the deployment is red")]
  const healthy = await health(place, record.sha)
  if (!allPassed([healthy])) return [deployed, healthy, notRun(later, "the product does not answer as this release")]
  // A registry that is away now takes no result of the deployment with it.
  const files = await pullFiles(record.files, registry).catch((error: unknown) => new Error(errorText(error)))
  if (files instanceof Error) {
    const missing = await step(`${name}:files`, () => Promise.reject(files))
    return [deployed, healthy, couldNotRun(missing), notRun(later, "the suites of the release could not be fetched")]
  }
  const tested = await suites(place, files)
  // Load runs alone, so that it measures nothing but itself; the gates after it only read.
  const loaded = await load(place, files)
  const gated = (await Promise.all([dast(place), feedback(place, record.sha), analysis(place)])).flat()
  return [deployed, healthy, ...tested, ...loaded, ...gated]
}

/** Returns the product's address in an environment. */
export function addressOf({ environment, cluster }: Pick<Place, "environment" | "cluster">): string {
  return cluster.ephemeral ? `http://${clusterHost}:${environment.port}` : environment.appUrl
}

/** Options that every module takes which asks the running product. */
function product({ cluster }: Place) {
  return { service: cluster.service, serviceName: clusterHost, nonce: unique() }
}

/** Deploys a release: its chart and its images, by digest. Never answered from a cache. */
export async function deploy(
  place: Place,
  record: ReleaseRecord,
  { id, name = `${place.name}:deploy` }: { id: string; name?: string },
): Promise<Part> {
  let begun = false
  const part = await live(name, async () => {
    const { environment, registry, cluster, secrets } = place
    // The chart comes as its folder, which has the chart's own name.
    const artefact = await pullFiles(record.chart, registry)
    const folder = artefact.directory((await artefact.entries())[0]!.replace(/\/$/, ""))
    const { ephemeral } = place.config.chart
    const values = [environment.values, ...(cluster.ephemeral && ephemeral ? [ephemeral] : [])]
    let helm = helmOn(cluster)
    for (const [key, value] of Object.entries(secrets)) helm = helm.withSecret(key, value)
    begun = true
    return helm
      .deploy(dag.helm().package_(folder), environment.namespace, environment.namespace, {
        values: values.map((file) => folder.file(file)),
        set: chartSettings(place, record.images),
        secretName: Object.keys(environment.secrets)[0] ?? "",
        holder: place.holder,
        timeout: 300,
        wait: 60,
        name,
        nonce: unique(),
        args: deploymentLabels({ release: record.sha, id }),
      })
      .reports()
  })
  return begun ? part : { ...part, details: { created: 0 } }
}

/** Returns the revision that a deployment has created: 0 for none, undefined if it is unknown. */
export function createdBy({ details = {} }: Part): number | undefined {
  return typeof details.created === "number" ? details.created : undefined
}

/** Returns the chart values that a deployment sets, as `path=value`. */
export function chartSettings(
  { config: { chart }, environment, cluster, faults }: Pick<Place, "config" | "environment" | "cluster" | "faults">,
  images: Record<string, string>,
): string[] {
  return [
    ...deploymentSettings({ chart }, environment, { images, ephemeral: cluster.ephemeral }),
    ...faultSettings(faults, cluster.ephemeral, chart),
  ]
}

/**
 * Returns the chart values that switch faults on (`<service>.<VARIABLE>=<value>`). Throws on anything else, and on a
 * real cluster.
 */
export function faultSettings(faults: string[], ephemeral: boolean, chart: Pick<Chart, "values" | "faults">): string[] {
  if (!faults.length) return []
  if (!ephemeral) throw new Error("faults: they are allowed on ephemeral clusters only; this one is real")
  const settings = faults.map((fault) => {
    const match = /^([a-z][a-z0-9-]*)\.(FAULT_[A-Z_]+)=([^,]*)$/.exec(fault)
    if (!match)
      throw new Error(
        `faults: ${JSON.stringify(fault)} is not allowed; <service>.<VARIABLE>=<value>, such as api.FAULT_ERROR_RATE=0.5`,
      )
    const [, service, variable, value] = match
    return `${chart.values.fault.replace("<service>", service!).replace("<variable>", variable!)}=${value}`
  })
  return [...settings, ...Object.entries(chart.faults).map(([path, value]) => `${path}=${value}`)]
}

/** Checks that the product answers, and that it is this release. */
export async function health(place: Place, sha: string, name = `${place.name}:health`): Promise<Part> {
  const urls = place.config.health.map((one) => `${one.name}=${addressOf(place)}${one.path}`)
  return live(name, () =>
    dag
      .health()
      .check(urls, { ...product(place), version: sha, wait: 60, times: 3, timeout: 0, name, deadline: 0 })
      .reports(),
  )
}

/** Runs the suites of the release against the environment. */
export async function suites(place: Place, files: Directory): Promise<Part[]> {
  const { api, ui } = place.config.suites
  const url = addressOf(place)
  const run = {
    api: (name: string) =>
      dag
        .newman()
        .run(files.file(api!.collection), url, {
          ...product(place),
          folders: api!.folders,
          environment: [],
          timeout: 300,
          requestTimeout: 15,
          wait: 30,
          name,
          args: [],
          deadline: 0,
        })
        .reports(),
    ui: (name: string) =>
      dag
        .selenium()
        .run(files.directory(ui!), url, {
          ...product(place),
          script: "test",
          timeout: 300,
          wait: 30,
          name,
          args: [],
          deadline: 0,
        })
        .reports(),
  }
  return Promise.all(
    place.environment.tests.map((test) => {
      const name = `${place.name}:${test}`
      return live(name, () => run[test](name))
    }),
  )
}

/** Runs JMeter's plan and compares its numbers with the gate. */
export async function load(place: Place, files: Directory): Promise<Part[]> {
  const gate = place.environment.gates.load
  if (!gate) return []
  const name = `${place.name}:load`
  const plan = place.config.suites.load!
  const rampup = Math.max(1, Math.round(gate.duration / 10))
  return [
    await live(name, () =>
      dag
        .jmeter()
        .run(files.file(plan), addressOf(place), {
          ...product(place),
          data: files.directory(dirname(plan)),
          properties: [`users=${gate.users}`, `duration=${gate.duration}`, `rampup=${rampup}`],
          maxP95: gate.p95,
          maxErrors: gate.errors,
          minSamples: 1,
          timeout: gate.duration + 120,
          wait: 30,
          name,
          args: [],
          deadline: 0,
        })
        .reports(),
    ),
  ]
}

/** Scans the running product and compares the findings with the gate. */
export async function dast(place: Place): Promise<Part[]> {
  const gate = place.environment.gates.dast
  if (!gate) return []
  const name = `${place.name}:dast`
  const url = addressOf(place)
  return [
    await live(name, () =>
      dag
        .wapiti()
        .scan(url, {
          ...product(place),
          start: gate.seeds.map((path) => `${url}${path}`),
          maxHigh: gate.high,
          maxMedium: gate.medium,
          maxLow: gate.low,
          minUrls: gate.urls,
          timeout: gate.seconds + 120,
          scanTime: gate.seconds,
          image: "",
          wait: 30,
          name,
          deadline: 0,
        })
        .reports(),
    ),
  ]
}

/** Compares the open feedback of beta users on this release with the gate. */
export async function feedback(place: Place, sha: string): Promise<Part[]> {
  const gate = place.environment.gates.feedback
  if (!gate) return []
  const running = { service: place.cluster.service, serviceName: clusterHost }
  return [await step(`${place.name}:feedback`, () => openFeedback(addressOf(place), running, sha, gate))]
}

/** Returns the PromQL for the share of 5xx responses in percent and for the 95th percentile in milliseconds. */
export function analysisQueries(
  { interval, requests, durations }: NonNullable<Environment["gates"]["analysis"]>,
  namespace: string,
): { errorRate: string; p95: string } {
  const range = `${Math.max(10, 4 * interval)}s`
  const rate = (metric: string, more = "") => `rate(${metric}{namespace="${namespace}"${more}}[${range}])`
  const errors = `sum(${rate(requests, ',status=~"5.."')}) or vector(0)`
  return {
    errorRate: `100 * (${errors}) / sum(${rate(requests)})`,
    p95: `1000 * histogram_quantile(0.95, sum by (le) (${rate(`${durations}_bucket`)}))`,
  }
}

/** Watches the product in Prometheus for a while and compares its numbers with the gate. */
export async function analysis(place: Place, name = `${place.name}:analysis`): Promise<Part[]> {
  const { gates, namespace, prometheus } = place.environment
  const gate = gates.analysis
  if (!gate) return []
  const url = place.cluster.ephemeral ? `http://${clusterHost}:${prometheusPort}` : prometheus!
  const { errorRate, p95 } = analysisQueries(gate, namespace)
  return [
    await live(name, () =>
      dag
        .prometheus()
        .withQuery("error rate", errorRate, String(gate.errors), { unit: "%" })
        .withQuery("p95", p95, String(gate.p95), { unit: "ms" })
        .analyze(url, {
          ...product(place),
          window: gate.window,
          interval: gate.interval,
          failures: 2,
          wait: 30,
          timeout: 0,
          name,
          deadline: 0,
        })
        .reports(),
    ),
  ]
}
