/** What is stored about releases, as functions: the statements, who may go where, approvals, holds, and figures. */
import { Directory, Secret, Service, dag, func, object } from "@dagger.io/dagger"
import { noPromotion } from "./admission"
import { insightsHtml, insightsJson, insightsTable } from "../report/insights-page"
import { evidenceIn, storedInsights, type StoredEvidence } from "./evidence-commands"
import { exported, evidenceJson, evidenceTable, faultsOf, verdictOnEvidence } from "./evidence-report"
import { approve, hold, may, releaseHold } from "./promotion"
import type { TargetOptions } from "./targets"

/** The source, and access to where its releases are stored. */
type Access = Omit<TargetOptions, "kubeconfig" | "cluster"> & {
  source: Directory
  recordKey?: Secret
  slackJob: string
}

/** What is stored about releases, and what people say of them. */
@object()
export class Evidence {
  source: Directory
  registry?: Service
  registryUser: string = ""
  registryPassword?: Secret
  recordKey?: Secret
  slackJob: string = ""
  awsAccessKey?: Secret
  awsSecretKey?: Secret
  awsSessionToken?: Secret

  constructor(source: Directory) {
    this.source = source
  }

  /**
   * Returns all signed statements about a release as a table: when, what, whose key, and where it was said; below it those that do
   * not count. No private key is needed where `evidence.keys` of delivery.yaml lists the public ones.
   * Example: `dagger call evidence show`
   *
   * @param release Full hash of the release's commit or tree, instead of the source's own.
   * @param json Return the statements as JSON.
   */
  @func({ cache: "never" })
  async show(release: string = "", json: boolean = false): Promise<string> {
    const { found, trust } = await this.stored(release)
    return json ? evidenceJson(found, trust) : evidenceTable(found)
  }

  /**
   * Verifies signature, signer, subject and name of every statement about a release; fails if one does not count, or if there is
   * none.
   * Example: `dagger call evidence verify`
   *
   * @param release The release, as for `show`.
   */
  @func({ cache: "never" })
  async verify(release: string = ""): Promise<string> {
    const { found } = await this.stored(release)
    return verdictOnEvidence(found.length, faultsOf(found))
  }

  /**
   * Returns a folder that verifies with stock cosign alone: a bundle for each statement that counts, the public keys, verify.sh.
   * Example: `dagger call evidence bundles export --path evidence`
   *
   * @param release The release, as for `show`.
   */
  @func({ cache: "never" })
  async bundles(release: string = ""): Promise<Directory> {
    const { found, trust } = await this.stored(release)
    return Object.entries(exported(found, trust)).reduce(
      (folder, [path, text]) => folder.withNewFile(path, text, { permissions: path.endsWith(".sh") ? 0o755 : 0o644 }),
      dag.directory(),
    )
  }

  /**
   * Returns how well delivery works, for each environment, from stored verdicts alone: DORA's five measures
   * (https://dora.dev/guides/dora-metrics/). Deployments: releases that went there; one that is judged again counts once. Lead
   * time: from the commit that was built to its first green verdict there. Change fail rate: red deployments, of all that were
   * judged. Recovery time: from a red verdict to the next green one; 0 if it went back by itself. Rework rate: deployments that
   * came while the one before was red, of all that were judged.
   * Example: `dagger call with-record-key --key env://RECORD_KEY evidence insights --since 30d`
   *
   * @param since The period that ends now: a number with `h`, `d` or `w`, for example `30d`.
   * @param json Return the figures as JSON; times are in seconds, rates in percent.
   */
  @func({ cache: "never" })
  async insights(since: string = "30d", json: boolean = false): Promise<string> {
    const insights = await storedInsights(this.source, since, this)
    return json ? insightsJson(insights) : insightsTable(insights)
  }

  /**
   * Returns the same as a page with a chart for each environment, `index.html`, with `insights.json` and `insights.txt` beside it.
   * Example: `dagger call with-record-key --key env://RECORD_KEY evidence insights-page export --path insights`
   *
   * @param since The period, as for `insights`.
   */
  @func({ cache: "never" })
  async insightsPage(since: string = "30d"): Promise<Directory> {
    const insights = await storedInsights(this.source, since, this)
    return dag
      .directory()
      .withNewFile("index.html", insightsHtml(insights))
      .withNewFile("insights.json", insightsJson(insights))
      .withNewFile("insights.txt", insightsTable(insights))
  }

  private stored(release: string): Promise<StoredEvidence> {
    return evidenceIn(this.source, release, this)
  }

  /**
   * Returns what each rule of `promote` says of a release in an environment, what is missing, and the earliest time at which it
   * would be allowed. A deployment asks the same rules.
   * Example: `dagger call evidence may --environment prod`
   *
   * @param environment Where it would go, for example `prod`.
   * @param release Full hash of the release's commit or tree, instead of the source's own.
   * @param ticket The change ticket, as for `stage`.
   */
  @func({ cache: "never" })
  async may(environment: string = "prod", release: string = "", ticket: string = ""): Promise<string> {
    return may(this.source, { ...noPromotion, environment, release, ticket }, this)
  }

  /**
   * Stores a person's approval of a release in an environment, bound to its digests, and returns what the rules say now. The name
   * is what the caller says: whoever has the record key can store any.
   * Example: `dagger call with-record-key --key env://RECORD_KEY evidence approve --by ann@example.com`
   *
   * @param by Name or email address of the person who approves.
   * @param environment Where it may go, for example `prod`.
   * @param release The release, as for `may`.
   */
  @func({ cache: "never" })
  async approve(by: string, environment: string = "prod", release: string = ""): Promise<string> {
    return approve(this.source, { environment, release, by }, this)
  }

  /**
   * Stops all deployments to an environment until `release-hold`.
   * Example: `dagger call with-record-key --key env://RECORD_KEY evidence hold --by ann --reason "the till is down"`
   *
   * @param by Name or email address of the person who holds it.
   * @param reason Why; shown to anyone whose deployment is refused.
   * @param environment The environment, for example `prod`.
   */
  @func({ cache: "never" })
  async hold(by: string, reason: string, environment: string = "prod"): Promise<string> {
    return hold(this.source, { environment, by, reason }, this)
  }

  /**
   * Lifts all holds of an environment that stand now, those of rollbacks too.
   * Example: `dagger call with-record-key --key env://RECORD_KEY evidence release-hold --by ann`
   *
   * @param by Name or email address of the person who lifts them.
   * @param reason Why, for example `the till works`.
   * @param environment The environment, for example `prod`.
   */
  @func({ cache: "never" })
  async releaseHold(by: string, reason: string = "", environment: string = "prod"): Promise<string> {
    return releaseHold(this.source, { environment, by, reason }, this)
  }
}

/** Returns the functions on what is stored where the caller's access leads to. */
export function evidenceOf(access: Access): Evidence {
  const { source, registry, registryUser, registryPassword, recordKey, slackJob } = access
  const { awsAccessKey, awsSecretKey, awsSessionToken } = access
  return Object.assign(new Evidence(source), {
    ...{ registry, registryUser, registryPassword, recordKey, slackJob },
    ...{ awsAccessKey, awsSecretKey, awsSessionToken },
  })
}
