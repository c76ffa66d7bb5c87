// The whole chain on parts that live as long as the call: what a release goes through on its way to production, and back out of it.
import { Directory, dag } from "@dagger.io/dagger"
import type { ChainStep } from "../report/chain-page"
import type { Config, EnvironmentName } from "../config/config"
import { deploy, health, addressOf, analysis, rollback, runEnvironment, type Place } from "./environment"
import { tell } from "../report/notify"
import { allPassed, live, notRun, step, type Part } from "../report/parts"
import { lost, type ProbeLog } from "./probe"
import type { Access } from "../checks/private"
import { identify, pushChart, pushFiles, pushImages, readRecord, writeRecord, type Identity } from "./publish"
import { withVerdict, type ReleaseRecord } from "./release"
import { verdictOf, type Stage } from "../report/stages"
import {
  clusterHost,
  ephemeralCluster,
  ephemeralRegistry,
  installPrometheus,
  randomSecret,
  seed,
  type Cluster,
  type Registry,
} from "./targets"
import { unique } from "../report/unique"

/** A step with what its calls gave. */
export interface Ended extends ChainStep {
  parts: Part[]
}

/** A step's verdict goes into the record. */
export async function judged(
  record: ReleaseRecord,
  name: EnvironmentName | "pr",
  stages: Stage[],
  registry: Registry,
  key: string,
): Promise<ReleaseRecord> {
  const next = withVerdict(record, name, stages, verdictOf(stages).passed, new Date())
  await writeRecord(next, registry, key)
  return next
}

/** Builds and pushes a release; its record, if all went well. */
export async function publish(
  source: Directory,
  config: Config,
  identity: Identity,
  registry: Registry,
  key: string,
  access: Access = {},
): Promise<{ part: Part; record?: ReleaseRecord }> {
  let record: ReleaseRecord | undefined
  const part = await live("publish", async () => {
    if (identity.dirty && !registry.ephemeral)
      throw new Error(
        `the source has changes that are not committed (${identity.sha}): what is published to a real registry is a commit`,
      )
    const [pushed, chart, files] = await Promise.all([
      pushImages(source, config, identity, registry, access),
      pushChart(source, config, identity, registry),
      pushFiles(source, config, identity, registry),
    ])
    const result = JSON.parse(await pushed.file("result.json").contents()) as Stage
    if (result.status !== "passed") return pushed
    const references = JSON.parse(await pushed.file("pushed.json").contents()) as {
      reference: string
      byDigest: string
    }[]
    const images = Object.fromEntries(
      references.map(({ reference, byDigest }) => [/([^/:]+):[^/]*$/.exec(reference)![1]!, byDigest]),
    )
    const found = await readRecord(identity.tree, registry, key).catch(() => undefined)
    record = {
      format: 1,
      tree: identity.tree,
      sha: identity.sha,
      commitTime: identity.commitTime,
      images,
      chart,
      files,
      verdicts: found?.sha === identity.sha ? found.verdicts : {},
    }
    await writeRecord(record, registry, key)
    return pushed.withNewFile("release.json", `${JSON.stringify(record, null, 1)}\n`)
  })
  return { part, record }
}

export interface Rehearsal {
  steps: Ended[]
  record?: ReleaseRecord
  /** What the stand-in of Slack has accepted, as JSON. */
  told: string
  commit: string
}

/** Runs the chain. A red step ends it: what would come after is listed as skipped. */
export async function rehearseChain(
  source: Directory,
  config: Config,
  checks: () => Promise<Part[]>,
  faults: string[],
  access: Access,
): Promise<Rehearsal> {
  const instance = unique()
  const key = unique()
  const identity = await identify(source, config)
  const steps: Ended[] = []
  const slack = await dag.slack().standIn({ fault: "", instance }).start()
  const webhook = dag.setSecret("rehearsal-webhook", "http://slack:8080/services/T1/B1/good")
  const ended = async (one: Ended): Promise<boolean> => {
    steps.push(one)
    if (one.step !== "targets" && one.step !== "bad")
      await tell(one.step, one.parts, identity.sha, config, webhook, slack)
    return allPassed(one.parts)
  }
  let registry: Registry | undefined
  let cluster: Cluster | undefined
  let record: ReleaseRecord | undefined

  const run = async (): Promise<void> => {
    // The parts come up while the checks run.
    const targets = step("targets", async () => {
      registry = await ephemeralRegistry(instance)
      ;[cluster] = await Promise.all([ephemeralCluster(registry, instance), seed(registry)])
      await installPrometheus(source, cluster)
      return { reason: "registry, Kubernetes, Prometheus and a stand-in of Slack are up" }
    })
    const pr = checks()
    const checked = await ended({ step: "pr", title: "Pull request", parts: await pr })
    const up = await ended({ step: "targets", title: "Ephemeral targets", parts: [await targets] })
    if (!checked || !up) return
    const published = await publish(source, config, identity, registry!, key, access)
    record = published.record
    if (!(await ended({ step: "publish", title: "Publish", parts: [published.part] }))) return

    const place = (name: EnvironmentName): Place => ({
      ...{
        name,
        config,
        environment: config.environments[name]!,
        registry: registry!,
        cluster: cluster!,
        demo: true,
        faults: [],
        holder: `rehearsal ${instance}`,
      },
      dbUser: dag.setSecret(`db-user-${name}-${instance}`, "postgres"),
      dbPassword: randomSecret(`db-password-${name}`),
    })
    for (const name of ["dev", "stage"] as const) {
      const parts = await runEnvironment(place(name), record!)
      record = await judged(
        record!,
        name,
        parts.flatMap(({ stages }) => stages),
        registry!,
        key,
      )
      if (!(await ended({ step: name, title: name === "dev" ? "Development" : "Stage", parts }))) return
    }

    // Production has users: requests come in from here on, and each is counted.
    const prod = place("prod")
    const users = await dag
      .health()
      .probe(`${addressOf(prod)}/api/restaurant/restaurants?limit=1`, {
        target: cluster!.service,
        targetName: clusterHost,
        every: 100,
        timeout: 5000,
        instance,
      })
      .start()
    const parts = await runEnvironment(prod, record!)
    record = await judged(
      record!,
      "prod",
      parts.flatMap(({ stages }) => stages),
      registry!,
      key,
    )
    if (!(await ended({ step: "prod", title: "Production", parts }))) return

    // The same release with a fault in it: the analysis has to see it, and then it has to go.
    const bad: Place = { ...prod, faults }
    const released = Date.now() / 1000
    const deployed = await deploy(bad, record!, "bad:deploy")
    const [watched] = await analysis(bad, "bad:analysis")
    const noticed = await step("bad:noticed", async () => {
      const [stage] = watched!.stages
      if (!allPassed([deployed])) throw new Error(`the bad release was not deployed: ${deployed.stages[0]!.reason}`)
      if (stage!.status !== "failed")
        throw new Error(`the analysis did not see the fault ${faults.join(", ")}: ${stage!.status}: ${stage!.reason}`)
      return {
        reason: stage!.reason,
        reports: dag
          .directory()
          .withDirectory("deploy", deployed.directory!)
          .withDirectory("analysis", watched!.directory!),
      }
    })
    if (!(await ended({ step: "bad", title: "A bad release", parts: [noticed] }))) return
    const back = await rollback(prod, "rollback:helm")
    const healthy = await health(prod, record!.sha, "rollback:health")
    const counted = await step("rollback:requests", async () => {
      await new Promise((wait) => setTimeout(wait, 3000))
      const log = JSON.parse(await dag.health().probed(users)) as ProbeLog
      const reports = dag.directory().withNewFile("requests.json", `${JSON.stringify(log, null, 1)}\n`)
      return { ...lost(log, released), reports }
    })
    await ended({ step: "rollback", title: "Rollback", parts: [back, healthy, counted] })
  }
  await run()
  const all: ChainStep["step"][] = ["pr", "targets", "publish", "dev", "stage", "prod", "bad", "rollback"]
  for (const missing of all.filter((name) => !steps.some(({ step }) => step === name)))
    steps.push({ step: missing, title: missing, parts: [notRun([missing], "a step before it is red")] })
  const told = await dag
    .slack()
    .accepted(slack)
    .catch((error: unknown) => JSON.stringify({ error: String(error) }))
  await Promise.all(
    [slack.stop(), cluster?.service?.stop(), registry?.service?.stop()].map((end) => end?.catch(() => undefined)),
  )
  return { steps, record, told, commit: identity.sha }
}
