/**
 * Amazon ECR through AWS's own SDK: a password for the registry, missing repositories, and what a tag holds.
 *
 * The SDK runs in the module itself, not in a container: a password that a container prints would stay in the engine's
 * cache (docs/decisions/0024-aws-sdk.md).
 */
import type { ECRClient } from "@aws-sdk/client-ecr"
import type { STSClient } from "@aws-sdk/client-sts"
import { Secret, Service, dag, func, object } from "@dagger.io/dagger"
import { addressOf, checkedKey, checkedRegion } from "./shared/aws"
import { Failure, checkedEndpoint, checkedRepositories, checkedTag, explain, readToken } from "./words"

/** Seconds for one call, with the SDK's own retries. */
const patience = 30

/** What a tag holds. */
@object()
export class Image {
  /** Whether the repository has the tag. If not, the other fields are empty. */
  @func() exists: boolean
  /** Digest of the image, `sha256:…`. */
  @func() digest: string
  /** Time of the push, such as `2026-01-31T12:00:00.000Z`. */
  @func() pushedAt: string
  /** Compressed size in bytes. */
  @func() size: number

  constructor(exists: boolean, digest: string, pushedAt: string, size: number) {
    this.exists = exists
    this.digest = digest
    this.pushedAt = pushedAt
    this.size = size
  }
}

/** The identity behind credentials. */
@object()
export class Identity {
  /** Number of the AWS account. */
  @func() account: string
  /** ARN of the user or role. */
  @func() arn: string
  /** AWS's own id of the user or role. */
  @func() userId: string

  constructor(account: string, arn: string, userId: string) {
    this.account = account
    this.arn = arn
    this.userId = userId
  }
}

/** What every request needs. */
interface Access {
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  /** An endpoint other than AWS's own. */
  endpoint?: string
}

@object()
export class Ecr {
  /** Id of the access key; set by withAccess. */
  accessKey?: Secret
  /** Secret access key; set by withAccess. */
  secretKey?: Secret
  /** Session token of temporary credentials; set by withAccess. */
  sessionToken?: Secret

  /**
   * Sets the AWS credentials that all other functions use.
   *
   * Example: `dagger -m modules/ecr call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY whoami --region eu-central-1 arn`
   *
   * @param accessKey Id of the access key, for example `env://AWS_ACCESS_KEY_ID`.
   * @param secretKey Secret access key, for example `env://AWS_SECRET_ACCESS_KEY`.
   * @param sessionToken Session token, for example `env://AWS_SESSION_TOKEN`; only temporary credentials have one.
   */
  @func({ cache: "session" })
  withAccess(accessKey: Secret, secretKey: Secret, sessionToken?: Secret): Ecr {
    this.accessKey = accessKey
    this.secretKey = secretKey
    this.sessionToken = sessionToken
    return this
  }

  /**
   * Returns the password for the account's registry; the user name is `AWS`.
   * The password is valid for 12 hours. It is tried on the registry: if the registry rejects it (401 or 403), a second
   * one is fetched; if that is rejected too, it is an error.
   *
   * Example: `dagger -m modules/ecr call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY login --region eu-central-1 plaintext`
   *
   * @param region AWS region of the registry, such as `eu-central-1`.
   * @param endpoint Address of the ECR API, such as that of a VPC endpoint, for example
   * `https://vpce-1.api.ecr.eu-central-1.vpce.amazonaws.com`; AWS's public one by default.
   * @param service An emulator of AWS to send requests to, such as `tcp://127.0.0.1:4566`, instead of `endpoint`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks AWS again instead of returning the answer of
   * this session.
   */
  @func({ cache: "session" })
  async login(region: string, endpoint?: string, service?: Service, nonce: string = ""): Promise<Secret> {
    const access = await accessOf(this, region, endpoint, service)
    for (let attempt = 1; ; attempt++) {
      const { address, token } = await authorization(access)
      const { user, password } = readToken(token)
      const rejection = await rejected(service ? access.endpoint! : address, user, password)
      if (!rejection) return dag.setSecret(`ecr-password-${region}-${nonce}-${Date.now()}`, password)
      if (attempt === 2)
        throw new Error(`${hostOf(address)} rejected two passwords that AWS had just issued: ${rejection}`)
    }
  }

  /**
   * Returns the host name of the account's registry, such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com`.
   *
   * Example: `dagger -m modules/ecr call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY registry --region eu-central-1`
   *
   * @param region AWS region of the registry, such as `eu-central-1`.
   * @param endpoint Address of the ECR API, such as that of a VPC endpoint, for example
   * `https://vpce-1.api.ecr.eu-central-1.vpce.amazonaws.com`; AWS's public one by default.
   * @param service An emulator of AWS to send requests to, such as `tcp://127.0.0.1:4566`, instead of `endpoint`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks AWS again instead of returning the answer of
   * this session.
   */
  @func({ cache: "session" })
  async registry(region: string, endpoint?: string, service?: Service, nonce: string = ""): Promise<string> {
    void nonce
    return hostOf((await authorization(await accessOf(this, region, endpoint, service))).address)
  }

  /**
   * Creates the repositories that do not exist, with immutable tags and a scan of each push.
   * Existing repositories are not changed. Returns one line for each: `created team/api` or `exists team/api`, with a
   * remark when its tags are mutable.
   *
   * Example: `dagger -m modules/ecr call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY ensure --repositories team/api,team/web --region eu-central-1`
   *
   * @param repositories Names of the repositories, such as `team/api`.
   * @param region AWS region of the registry, such as `eu-central-1`.
   * @param endpoint Address of the ECR API, such as that of a VPC endpoint, for example
   * `https://vpce-1.api.ecr.eu-central-1.vpce.amazonaws.com`; AWS's public one by default.
   * @param service An emulator of AWS to send requests to, such as `tcp://127.0.0.1:4566`, instead of `endpoint`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks AWS again instead of returning the answer of
   * this session.
   */
  @func({ cache: "session" })
  async ensure(
    repositories: string[],
    region: string,
    endpoint?: string,
    service?: Service,
    nonce: string = "",
  ): Promise<string[]> {
    void nonce
    const names = checkedRepositories(repositories)
    const access = await accessOf(this, region, endpoint, service)
    const lines: string[] = []
    for (const name of names) {
      const mutability = await tagMutability(access, name)
      if (mutability === undefined) await createRepository(access, name)
      const remark = mutability === "MUTABLE" ? " (its tags can be overwritten)" : ""
      lines.push(mutability === undefined ? `created ${name}` : `exists ${name}${remark}`)
    }
    return lines
  }

  /**
   * Returns what a tag holds: digest, time of the push, and size.
   * If the tag does not exist, `exists` is false; if the repository does not exist, it is an error.
   *
   * Example: `dagger -m modules/ecr call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY describe --repository team/api --tag 1.4.0 --region eu-central-1 digest`
   *
   * @param repository Name of the repository, such as `team/api`.
   * @param tag Tag of the image, for example `1.4.0`.
   * @param region AWS region of the registry, such as `eu-central-1`.
   * @param endpoint Address of the ECR API, such as that of a VPC endpoint, for example
   * `https://vpce-1.api.ecr.eu-central-1.vpce.amazonaws.com`; AWS's public one by default.
   * @param service An emulator of AWS to send requests to, such as `tcp://127.0.0.1:4566`, instead of `endpoint`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks AWS again instead of returning the answer of
   * this session.
   */
  @func({ cache: "session" })
  async describe(
    repository: string,
    tag: string,
    region: string,
    endpoint?: string,
    service?: Service,
    nonce: string = "",
  ): Promise<Image> {
    void nonce
    const [repositoryName] = checkedRepositories([repository])
    const imageTag = checkedTag(tag)
    const access = await accessOf(this, region, endpoint, service)
    const answer = await ecr(access, "DescribeImages", async (client, { DescribeImagesCommand }, options) =>
      client
        .send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }), options)
        .catch(unless("ImageNotFoundException")),
    )
    const found = answer?.imageDetails?.[0]
    const pushedAt = found?.imagePushedAt?.toISOString() ?? ""
    return new Image(found !== undefined, found?.imageDigest ?? "", pushedAt, found?.imageSizeInBytes ?? 0)
  }

  /**
   * Returns the identity behind the credentials: the first thing to check when access is denied.
   *
   * Example: `dagger -m modules/ecr call with-access --access-key env://AWS_ACCESS_KEY_ID
   * --secret-key env://AWS_SECRET_ACCESS_KEY whoami --region eu-central-1 arn`
   *
   * @param region AWS region whose security token service is asked, such as `eu-central-1`.
   * @param endpoint Address of the security token service, for example
   * `https://vpce-1.api.ecr.eu-central-1.vpce.amazonaws.com`; AWS's public one by default.
   * @param service An emulator of AWS to send requests to, such as `tcp://127.0.0.1:4566`, instead of `endpoint`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks AWS again instead of returning the answer of
   * this session.
   */
  @func({ cache: "session" })
  async whoami(region: string, endpoint?: string, service?: Service, nonce: string = ""): Promise<Identity> {
    void nonce
    const access = await accessOf(this, region, endpoint, service)
    const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts")
    const client: STSClient = new STSClient(access)
    const { Account, Arn, UserId } = await explained(access, "sts", "GetCallerIdentity", () =>
      client.send(new GetCallerIdentityCommand({}), { abortSignal: AbortSignal.timeout(1000 * patience) }),
    )
    return new Identity(Account ?? "", Arn ?? "", UserId ?? "")
  }
}

/** Checks the arguments that all functions have, and reads the secrets. */
async function accessOf(
  { accessKey, secretKey, sessionToken }: Ecr,
  region: string,
  endpoint?: string,
  service?: Service,
): Promise<Access> {
  const access: Access = { region: checkedRegion(region), credentials: { accessKeyId: "", secretAccessKey: "" } }
  const given = checkedEndpoint(endpoint ?? "")
  if (service && given) throw new Error("endpoint: service is given as well; give one of the two")
  if (!accessKey || !secretKey) throw new Error("no credentials: call with-access first")
  if (service) access.endpoint = await (await service.start()).endpoint({ scheme: "http" })
  else if (given) access.endpoint = given
  access.credentials.accessKeyId = checkedKey("accessKey", await accessKey.plaintext())
  access.credentials.secretAccessKey = checkedKey("secretKey", await secretKey.plaintext())
  if (sessionToken) access.credentials.sessionToken = checkedKey("sessionToken", await sessionToken.plaintext())
  return access
}

type EcrModule = typeof import("@aws-sdk/client-ecr")

/** Makes one call of ECR. The SDK is loaded here, so that functions that do not need it do not wait for it. */
async function ecr<T>(
  access: Access,
  action: string,
  call: (client: ECRClient, module: EcrModule, options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const module = await import("@aws-sdk/client-ecr")
  const client = new module.ECRClient(access)
  const options = { abortSignal: AbortSignal.timeout(1000 * patience) }
  return explained(access, "ecr", action, () => call(client, module, options))
}

/** Whether a repository's tags are `MUTABLE` or `IMMUTABLE`; undefined when there is no such repository. */
async function tagMutability(access: Access, name: string): Promise<string | undefined> {
  const answer = await ecr(access, "DescribeRepositories", (client, { DescribeRepositoriesCommand }, options) =>
    client
      .send(new DescribeRepositoriesCommand({ repositoryNames: [name] }), options)
      .catch(unless("RepositoryNotFoundException")),
  )
  const found = answer?.repositories?.[0]
  return found && (found.imageTagMutability ?? "")
}

/** Creates a repository; another caller may have created it meanwhile. */
async function createRepository(access: Access, repositoryName: string): Promise<void> {
  await ecr(access, "CreateRepository", (client, { CreateRepositoryCommand }, options) =>
    client
      .send(
        new CreateRepositoryCommand({
          repositoryName,
          imageTagMutability: "IMMUTABLE",
          imageScanningConfiguration: { scanOnPush: true },
        }),
        options,
      )
      .catch(unless("RepositoryAlreadyExistsException")),
  )
}

/** A token for the registry, and the registry's address. */
async function authorization(access: Access): Promise<{ address: string; token: string }> {
  const { authorizationData } = await ecr(
    access,
    "GetAuthorizationToken",
    async (client, { GetAuthorizationTokenCommand }, options) =>
      client.send(new GetAuthorizationTokenCommand({}), options),
  )
  const { authorizationToken: token, proxyEndpoint: address } = authorizationData?.[0] ?? {}
  if (!token || !address) throw new Error("ecr:GetAuthorizationToken: AWS returned no token")
  return { address, token }
}

const hostOf = (address: string): string => new URL(address).host

/** Runs a call, and says in plain words why it failed. */
async function explained<T>(
  { region, endpoint, credentials }: Access,
  service: string,
  action: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const secrets = [credentials.secretAccessKey, credentials.sessionToken ?? "", credentials.accessKeyId]
    const address = endpoint ?? addressOf(service, region)
    throw new Error(explain(error as Failure, { action: `${service}:${action}`, region, address, secrets }))
  }
}

/** For catch(): an error of this name means that there is no answer, and is no failure. */
function unless(name: string): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error) || error.name !== name) throw error
    return undefined
  }
}

/** Why the registry rejects a password; undefined when it accepts it, or when the registry cannot be reached from here. */
async function rejected(registry: string, user: string, password: string): Promise<string | undefined> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
  const answer = await fetch(`${registry}/v2/`, {
    headers: { authorization },
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined)
  if (!answer || ![401, 403].includes(answer.status)) return undefined
  return `${answer.status} ${(await answer.text()).split("\n")[0]!.slice(0, 200)}`
}
