// The whole chain on targets that live as long as the call: a release's way to production, and a bad release's way
// back.
import { Directory, Service, dag } from "@dagger.io/dagger"
import type { Access } from "../checks/private"
import type { Config, EnvironmentName } from "../config/config"
import type { ChainStep } from "../report/chain-page"
import { tell, type Slack } from "../report/notify"
import { admission, noPromotion, rehearsed } from "./admission"
import { allPassed, errorText, notRun, step, type Part } from "../report/parts"
import type { Stage } from "../report/stages"
import { unique } from "../report/unique"
import { deliverTo, environmentOf, deliveryPlace } from "./deliver"
import { addressOf, analysis, deploy, type Place } from "./environment"
import { ephemeralCluster, ephemeralRegistry, installPrometheus, seed } from "./ephemeral"
import { claiming, ownEvidence } from "./evidence"
import { evidenceOn } from "./evidence-commands"
import { exported } from "./evidence-report"
import { lost, type ProbeLog } from "./probe"
import { publish } from "./publish"
import { rollbackByEvidence } from "./rollback"
import { identify, recordsIn, verdictEntry, type Identity, type Records, type ReleaseRecord } from "./record"
import { clusterHost, type Cluster, type Registry } from "./targets"

/** A step of the chain that has ended, with the results of its calls. */
export interface Ended extends ChainStep {
  parts: Part[]
}

/** What a rehearsal is of. */
export interface RehearsalOptions {
  /** The folder that the caller gives, with .git. */
  checkout: Directory
  source: Directory
  config: Config
  /** Runs the checks of the pull request. */
  checks: () => Promise<Part[]>
  /** What is wrong with the bad release; without a fault there is no bad release. */
  faults: string[]
  access: Access
}

export interface RehearsalResult {
  steps: Ended[]
  record?: ReleaseRecord
  /** The messages that the stand-in of Slack has accepted, as JSON. */
  told: string
  commit: string
  /** What was stored about the release, as files: bundles, keys, and a table. */
  evidence: Record<string, string>
}

const titles = {
  pr: "Pull request",
  targets: "Ephemeral targets",
  publish: "Publish",
  dev: "Development",
  stage: "Stage",
  prod: "Production",
  bad: "A bad release",
  rollback: "Rollback",
}
type StepName = keyof typeof titles

/** Runs the chain. A red step ends it: the steps after it are listed as skipped. */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalResult> {
  for (const name of ["dev", "stage", "prod"]) environmentOf(options.config, name)
  const identity = await identify(options.checkout, options.source, options.config)
  const instance = unique()
  const slack = await dag
    .slack()
    .standIn({ fault: "", instance, channel: options.config.notifications.slack?.channel ?? "deploys" })
    .start()
  const rehearsal = new Rehearsal(options, identity, instance, slack)
  await rehearsal.run()
  const { steps, record } = rehearsal
  for (const missing of (Object.keys(titles) as StepName[]).filter((name) => !steps.some((one) => one.step === name)))
    steps.push({ step: missing, title: missing, parts: [notRun([missing], "a step before it is red")] })
  const told = await dag
    .slack()
    .accepted(slack)
    .catch((error: unknown) => JSON.stringify({ error: String(error) }))
  const evidence = await rehearsal.evidence()
  await rehearsal.stop()
  return { steps, record, told, commit: identity.sha, evidence }
}

/** The targets of a rehearsal once they are up. */
interface Targets {
  registry: Registry
  cluster: Cluster
  records: Records
}

class Rehearsal {
  readonly steps: Ended[] = []
  record?: ReleaseRecord
  private readonly keys = ownEvidence()
  private up: Partial<Targets> = {}
  private checked: Stage[] = []
  private readonly told: Slack

  constructor(
    private readonly options: RehearsalOptions,
    private readonly identity: Identity,
    private readonly instance: string,
    private readonly slack: Service,
  ) {
    this.told = { token: dag.setSecret("rehearsal-token", "xoxb-good"), standIn: slack }
  }

  async run(): Promise<void> {
    // The targets come up while the checks run.
    const starting = step("targets", () => this.start())
    const checks = await this.telling("pr", this.options.checks)
    this.checked = checks.flatMap(({ stages }) => stages)
    const checked = this.ended("pr", checks)
    const ready = this.ended("targets", [await starting])
    if (!checked || !ready) return
    const targets = this.up as Targets
    if (!(await this.publish(targets))) return
    if (!(await this.deliver(this.place("dev", targets), targets))) return
    const before = [await step("stage:foreign-key", () => this.foreignKey(targets))]
    if (!(await this.deliver(this.place("stage", targets), targets, before))) return
    // Production has users: from here on requests come in, and each is counted.
    const prod = this.place("prod", targets)
    const users = await this.probe(prod)
    if (!(await this.deliver(prod, targets))) return
    if (!this.options.faults.length) return this.leaveOut(["bad", "rollback"], "delivery.yaml has no rehearsal.faults")
    const released = Date.now() / 1000
    if (await this.badRelease(prod)) await this.back(prod, targets, { users, released })
  }

  async stop(): Promise<void> {
    const services = [this.slack, this.up.cluster?.service, this.up.registry?.service]
    await Promise.all(services.map(async (service) => service?.stop().catch(() => undefined)))
  }

  /** Takes a step that has ended into the list; returns whether it is green. */
  private ended(name: StepName, parts: Part[]): boolean {
    this.steps.push({ step: name, title: titles[name], parts })
    return allPassed(parts)
  }

  /** Runs a step that is told to Slack. Environments tell themselves (deliverTo). */
  private async telling(name: "pr" | "publish" | "rollback", run: () => Promise<Part[]>): Promise<Part[]> {
    const { sha: commit, branch, author } = this.identity
    const telling = tell(name, { commit, branch, author }, this.options.config, this.told)
    const parts = await run()
    const why = await telling.end(parts)
    if (why) console.log(`? slack ${why}`)
    return parts
  }

  private leaveOut(names: StepName[], reason: string): void {
    for (const name of names) {
      const stage = { name, status: "notApplicable" as const, reason, seconds: 0, cached: false, exitCode: 0 }
      this.steps.push({ step: name, title: titles[name], parts: [{ ...notRun([], ""), stages: [stage] }] })
    }
  }

  private async start(): Promise<{ reason: string }> {
    const { source, config } = this.options
    const registry = await ephemeralRegistry(this.instance)
    this.up = { registry, records: recordsIn(registry, this.keys) }
    const [cluster] = await Promise.all([ephemeralCluster(registry, config, this.instance), seed(registry, config)])
    this.up.cluster = cluster
    await installPrometheus(source, config, cluster)
    return { reason: "registry, Kubernetes, Prometheus and a stand-in of Slack are up" }
  }

  private async publish({ registry, records }: Targets): Promise<boolean> {
    const { source, config, access } = this.options
    const parts = await this.telling("publish", async () => {
      const { part, record } = await publish({ source, config, identity: this.identity, registry, records, access })
      if (record) await records.append(verdictEntry(this.identity, "pr", this.checked))
      this.record = record
      return [part]
    })
    return this.ended("publish", parts)
  }

  private place(name: EnvironmentName, targets: Targets): Place {
    const { config } = this.options
    const holder = `rehearsal ${this.instance}`
    return deliveryPlace(name, rehearsed(config), targets, { ...noPromotion, faults: [], secrets: {}, holder })
  }

  private async deliver(place: Place, { records }: Targets, before: Part[] = []): Promise<boolean> {
    const { parts, record } = await deliverTo(place, this.record!, records, this.told)
    this.record = record
    return this.ended(place.name, [...before, ...parts])
  }

  /** Stores a green verdict of stage that production's key has signed, and asks production's policy, which must not count it. */
  private async foreignKey(targets: Targets): Promise<{ status?: "failed" | "notApplicable"; reason: string }> {
    const prod = this.place("prod", targets)
    if (!prod.environment.promote.requires.includes("stage"))
      return { status: "notApplicable", reason: "prod requires no verdict of stage" }
    const forged = {
      name: "stage:forged",
      status: "passed" as const,
      reason: "",
      seconds: 0,
      cached: false,
      exitCode: 0,
    }
    await recordsIn(targets.registry, claiming(this.keys, "prod")).judge(this.record!, "stage", [forged])
    const [{ status, reason }] = (await admission(prod, this.record!, targets.records)).stages as [Stage]
    if (status === "failed") return { reason: `production refuses it: ${reason}` }
    return { status: "failed", reason: `a verdict of stage that prod's key has signed was let in: ${reason}` }
  }

  /** Returns what was stored about the release, as files; why it could not be read, if that is so. */
  async evidence(): Promise<Record<string, string>> {
    const { records } = this.up
    if (!records || !this.record) return {}
    try {
      const found = await evidenceOn(records, this.record.tree, Object.keys(this.options.config.environments))
      return exported(found, records.trust)
    } catch (error) {
      return { "table.txt": `the evidence could not be read: ${errorText(error)}\n` }
    }
  }

  private probe(place: Place): Promise<Service> {
    return dag
      .health()
      .probe(`${addressOf(place)}${this.options.config.rehearsal.probe}`, {
        service: place.cluster.service,
        serviceName: clusterHost,
        every: 100,
        timeout: 5000,
        instance: this.instance,
      })
      .start()
  }

  /** Deploys the same release with a fault in it: the analysis must notice. */
  private async badRelease(prod: Place): Promise<boolean> {
    const bad: Place = { ...prod, faults: this.options.faults }
    const deployed = await deploy(bad, this.record!, { id: unique(), name: "bad:deploy" })
    const [watched] = await analysis(bad, "bad:analysis")
    const noticed = await step("bad:noticed", async () => {
      if (!allPassed([deployed])) throw new Error(`the bad release was not deployed: ${deployed.stages[0]!.reason}`)
      if (!watched) throw new Error("environments.prod.gates.analysis is missing: nothing notices a bad release")
      const { status, reason } = watched.stages[0]!
      if (status !== "failed")
        throw new Error(`the analysis did not notice the fault ${bad.faults.join(", ")}: ${status}: ${reason}`)
      const reports = dag
        .directory()
        .withDirectory("deploy", deployed.directory!)
        .withDirectory("analysis", watched.directory!)
      return { reason, reports }
    })
    return this.ended("bad", [noticed])
  }

  /** Goes back, and counts what the bad release cost from `released` on (seconds since 1970). */
  private async back(
    prod: Place,
    { records }: Targets,
    { users, released }: { users: Service; released: number },
  ): Promise<void> {
    const names = { name: "rollback:helm", after: "rollback:health" }
    const parts = await this.telling("rollback", async () => {
      const { parts: back } = await rollbackByEvidence(prod, records, names)
      const counted = await step("rollback:requests", async () => {
        await new Promise((wait) => setTimeout(wait, 3000))
        const log = JSON.parse(await dag.health().probed(users)) as ProbeLog
        const reports = dag.directory().withNewFile("requests.json", `${JSON.stringify(log, null, 1)}\n`)
        return { ...lost(log, released), reports }
      })
      return [...back, counted]
    })
    this.ended("rollback", parts)
  }
}

/** Makes a rehearsal short; returns a sentence about what that leaves out. */
export function shorten({ environments: { dev, stage, prod } }: Config): string {
  stage!.tests = stage!.tests.filter((test) => test !== "ui")
  if (stage!.gates.load) stage!.gates.load.duration = 10
  if (stage!.gates.dast) stage!.gates.dast.seconds = 45
  if (prod!.gates.analysis) prod!.gates.analysis.window = 15
  const journeys = dev!.tests.includes("ui") ? "the browser's journeys run in dev only, " : ""
  return `short: ${journeys}load takes 10 s, the scan at most 45 s, the analysis 15 s`
}
