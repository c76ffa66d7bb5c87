/** What is stored about releases, as functions: who may go where, approvals, holds, and figures. */
import { Directory, Secret, Service, func, object } from "@dagger.io/dagger"
import { noPromotion } from "./admission"
import { approve, hold, may, releaseHold } from "./promotion"
import type { TargetOptions } from "./targets"

/** The source, and access to where its releases are stored. */
type Access = Omit<TargetOptions, "kubeconfig" | "cluster"> & { source: Directory; recordKey?: Secret }

/** What is stored about releases, and what people say of them. */
@object()
export class Evidence {
  source: Directory
  registry?: Service
  registryUser: string = ""
  registryPassword?: Secret
  recordKey?: Secret
  awsAccessKey?: Secret
  awsSecretKey?: Secret
  awsSessionToken?: Secret

  constructor(source: Directory) {
    this.source = source
  }

  /**
   * Returns what each rule of `promote` says of a release in an environment, what is missing, and the earliest time at which it
   * would be allowed. A deployment asks the same rules.
   * Example: `dagger call with-record-key --key env://RECORD_KEY evidence may --environment prod`
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
  const { source, registry, registryUser, registryPassword, recordKey } = access
  const { awsAccessKey, awsSecretKey, awsSessionToken } = access
  return Object.assign(new Evidence(source), {
    ...{ registry, registryUser, registryPassword, recordKey },
    ...{ awsAccessKey, awsSecretKey, awsSessionToken },
  })
}
