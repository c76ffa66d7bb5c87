// A release in an environment: deployed by digest, then looked at from every side that delivery.yaml names.
import { Directory, File, Secret, dag } from "@dagger.io/dagger"
import type { Config, Environment, EnvironmentName } from "../config/config"
import { faultSettings } from "./faults"
import { openFeedback } from "./feedback"
import { allPassed, live, notRun, step, type Part } from "../report/parts"
import { findFiles } from "./publish"
import { refusal, type ReleaseRecord } from "./release"
import { clusterHost, prometheusPort, type Cluster, type Registry } from "./targets"
import { unique } from "../report/unique"

export interface Place {
  name: EnvironmentName
  config: Config
  environment: Environment
  registry: Registry
  cluster: Cluster
  dbUser: Secret
  dbPassword: Secret
  /** Whether demonstration data is added: the suites of an ephemeral database need some. */
  demo: boolean
  /** Faults to switch on, `<service>.<VARIABLE>=<value>`: on an ephemeral cluster only. */
  faults: string[]
  /** Who deploys, for whoever finds the release locked. */
  holder: string
}

/** The address at which the product is found there. */
export function addressOf({ environment, cluster }: Pick<Place, "environment" | "cluster">): string {
  return cluster.ephemeral ? `http://${clusterHost}:${environment.port}` : environment.appUrl
}

/** What the modules that look at the running product take in common. */
function seen({ cluster }: Place) {
  return { target: cluster.service, targetName: clusterHost }
}

/** Deploys a release: its chart, its images, by digest. Never answered from a cache. */
export async function deploy(place: Place, record: ReleaseRecord, name = `${place.name}:deploy`): Promise<Part> {
  return live(name, async () => {
    const { environment, registry, cluster } = place
    const refused = refusal(record, place.name)
    if (refused) throw new Error(refused)
    const faults = faultSettings(place.faults, cluster.ephemeral)
    // The chart comes as its folder, whose name is the chart's own.
    const artefact = await findFiles(record.chart, registry)
    const folder = artefact.directory((await artefact.entries())[0]!.replace(/\/$/, ""))
    const chart: File = dag.helm().package_(folder)
    const values = [
      folder.file(environment.values),
      ...(cluster.ephemeral ? [folder.file("values-ephemeral.yaml")] : []),
    ]
    const set = [
      ...Object.entries(record.images).flatMap(([service, reference]) => {
        const [repository, digest] = reference.split("@") as [string, string]
        return [`images.${service}.repository=${repository}`, `images.${service}.digest=${digest}`]
      }),
      `appMode=${environment.appMode}`,
      `appUrl=${environment.appUrl}`,
      ...(cluster.ephemeral ? [`frontend.service.nodePort=${environment.port}`, `demoData=${place.demo}`] : []),
      ...faults,
    ]
    const secrets = {
      secretName: "database",
      secretKeys: ["db_user", "db_password"],
      secrets: [place.dbUser, place.dbPassword],
    }
    return dag
      .helm()
      .deploy(chart, environment.namespace, environment.namespace, cluster.kubeconfig, {
        cluster: cluster.service,
        clusterName: clusterHost,
        values,
        set,
        ...secrets,
        holder: place.holder,
        timeout: 300,
        wait: 60,
        name,
        again: unique(),
        args: [],
      })
      .reports()
  })
}

/** Whether the product answers, and says that it is this release. */
export async function health(place: Place, sha: string, name = `${place.name}:health`): Promise<Part> {
  const urls = place.config.health.map(
    (path) => `${path === "/version.json" ? "page" : path.split("/")[2]}=${addressOf(place)}${path}`,
  )
  return live(name, () =>
    dag
      .health()
      .check(urls, { version: sha, ...seen(place), wait: 60, times: 3, timeout: 0, name, until: 0, again: unique() })
      .reports(),
  )
}

/** The suites of the release against the environment. */
export async function suites(place: Place, files: Directory): Promise<Part[]> {
  const { api, ui } = place.config.suites
  const url = addressOf(place)
  const run = {
    api: () =>
      live(`${place.name}:api`, () =>
        dag
          .newman()
          .run(files.file(api!), url, {
            ...seen(place),
            folders: ["product"],
            environment: [],
            timeout: 300,
            requestTimeout: 15,
            wait: 30,
            name: `${place.name}:api`,
            args: [],
            until: 0,
            again: unique(),
          })
          .reports(),
      ),
    ui: () =>
      live(`${place.name}:ui`, () =>
        dag
          .selenium()
          .test(files.directory(ui!), url, {
            ...seen(place),
            script: "test",
            timeout: 300,
            wait: 30,
            name: `${place.name}:ui`,
            args: [],
            until: 0,
            again: unique(),
          })
          .reports(),
      ),
  }
  return Promise.all(place.environment.tests.map((test) => run[test]()))
}

/** JMeter's plan; its numbers against the gate. */
export async function load(place: Place, files: Directory): Promise<Part[]> {
  const gate = place.environment.gates.load
  if (!gate) return []
  const name = `${place.name}:load`
  const properties = [
    `users=${gate.users}`,
    `duration=${gate.duration}`,
    `rampup=${Math.max(1, Math.round(gate.duration / 10))}`,
  ]
  return [
    await live(name, () =>
      dag
        .jmeter()
        .run(files.file(place.config.suites.load!), addressOf(place), {
          ...seen(place),
          properties,
          maxP95: gate.p95,
          maxErrors: gate.errors,
          minSamples: 1,
          timeout: gate.duration + 120,
          wait: 30,
          name,
          args: [],
          until: 0,
          again: unique(),
        })
        .reports(),
    ),
  ]
}

/** A scanner's findings against the gate. */
export async function dast(place: Place): Promise<Part[]> {
  const gate = place.environment.gates.dast
  if (!gate) return []
  const name = `${place.name}:dast`
  const url = addressOf(place)
  const start = Object.keys(asked).map((path) => `${url}${path}`)
  return [
    await live(name, () =>
      dag
        .wapiti()
        .scan(url, {
          ...seen(place),
          start,
          maxHigh: gate.high,
          maxMedium: gate.medium,
          maxLow: gate.low,
          minUrls: gate.urls,
          timeout: gate.seconds + 120,
          scanTime: gate.seconds,
          image: "",
          wait: 30,
          name,
          until: 0,
          again: unique(),
        })
        .reports(),
    ),
  ]
}

/** Addresses that a crawler does not find on a page that is made by scripts. */
const asked = {
  "/api/restaurant/restaurants": "",
  "/api/restaurant/feedback?severity=minor": "",
  "/api/recipes/recipes": "",
  "/api/suppliers/suppliers": "",
  "/api/restaurant/flaws/greeting?name=a": "",
  "/api/restaurant/flaws/search?name=a": "",
}

/** What beta users said of this release, and is still open, against the gate. */
export async function feedback(place: Place, sha: string): Promise<Part[]> {
  const gate = place.environment.gates.feedback
  if (!gate) return []
  return [
    await step(`${place.name}:feedback`, () =>
      openFeedback(addressOf(place), place.cluster.service, clusterHost, sha, gate),
    ),
  ]
}

/** What Prometheus sees of the product for a while, against the gate. */
export async function analysis(place: Place, name = `${place.name}:analysis`): Promise<Part[]> {
  const gate = place.environment.gates.analysis
  if (!gate) return []
  const url = place.cluster.ephemeral ? `http://${clusterHost}:${prometheusPort}` : place.environment.prometheus!
  const range = `${Math.max(10, 4 * gate.interval)}s`
  const of = (metric: string, more = "") =>
    `sum(rate(${metric}{namespace="${place.environment.namespace}"${more}}[${range}]))`
  const queries = [
    `100 * (${of("http_requests_total", ',status=~"5.."')} or vector(0)) / ${of("http_requests_total")}`,
    `1000 * histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{namespace="${place.environment.namespace}"}[${range}])))`,
  ]
  return [
    await live(name, () =>
      dag
        .prometheus()
        .analyse(url, ["error rate", "p95"], queries, [String(gate.errors), String(gate.p95)], ["%", "ms"], {
          ...seen(place),
          window: gate.window,
          interval: gate.interval,
          failures: 2,
          wait: 30,
          timeout: 0,
          name,
          until: 0,
          again: unique(),
        })
        .reports(),
    ),
  ]
}

/** Goes back to the revision before; logs and events of the bad one are in the reports, saved before. */
export async function rollback(place: Pick<Place, "environment" | "cluster" | "holder">, name: string): Promise<Part> {
  const { environment, cluster } = place
  return live(name, () =>
    dag
      .helm()
      .rollback(environment.namespace, environment.namespace, cluster.kubeconfig, {
        cluster: cluster.service,
        clusterName: clusterHost,
        revision: 0,
        holder: place.holder,
        timeout: 300,
        wait: 60,
        name,
        again: unique(),
      })
      .reports(),
  )
}

/** The steps of an environment, in order; what follows a red one that it needs is skipped, not run on a product that is not there. */
export async function runEnvironment(place: Place, record: ReleaseRecord): Promise<Part[]> {
  const { name } = place
  const { tests, gates } = place.environment
  const later = [...tests, ...(["load", "dast", "feedback", "analysis"] as const).filter((gate) => gates[gate])].map(
    (part) => `${name}:${part}`,
  )
  const deployed = await deploy(place, record)
  if (!allPassed([deployed])) return [deployed, notRun([`${name}:health`, ...later], "the deployment is red")]
  const healthy = await health(place, record.sha)
  if (!allPassed([healthy])) return [deployed, healthy, notRun(later, "the product does not answer as this release")]
  const files = await findFiles(record.files, place.registry)
  const tested = await suites(place, files)
  // Load alone, so that what it measures is its own; then what only asks.
  const loaded = await load(place, files)
  const looked = (await Promise.all([dast(place), feedback(place, record.sha), analysis(place)])).flat()
  return [deployed, healthy, ...tested, ...loaded, ...looked]
}
