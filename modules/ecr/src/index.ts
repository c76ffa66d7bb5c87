/**
 * Amazon's container registry, by AWS's own SDK: logs in, makes sure that repositories are there, and tells what a tag holds.
 *
 * The SDK runs in the module itself, not in a container: a token that a container printed would stay in the engine's cache. Why it may: decision 24.
 */
import type { ECRClient } from "@aws-sdk/client-ecr"
import type { STSClient } from "@aws-sdk/client-sts"
import { Secret, Service, dag, func, object } from "@dagger.io/dagger"
import {
  Failure,
  addressOf,
  checkedEndpoint,
  checkedKey,
  checkedRegion,
  checkedRepositories,
  checkedTag,
  explain,
  readToken,
} from "./words"

/** Seconds for one call, with the SDK's own retries. */
const patience = 30

/** What a tag holds. */
@object()
export class Image {
  /** Whether the repository has the tag. If not, the other fields are empty. */
  @func() exists: boolean
  /** The digest, `sha256:…`. */
  @func() digest: string
  /** When it was pushed, as in `2026-01-31T12:00:00.000Z`. */
  @func() pushedAt: string
  /** Its compressed size in bytes. */
  @func() size: number

  constructor(exists: boolean, digest: string, pushedAt: string, size: number) {
    this.exists = exists
    this.digest = digest
    this.pushedAt = pushedAt
    this.size = size
  }
}

/** Whose the credentials are. */
@object()
export class Identity {
  /** The account's number. */
  @func() account: string
  /** The user or role. */
  @func() arn: string
  /** AWS's own name for it. */
  @func() userId: string

  constructor(account: string, arn: string, userId: string) {
    this.account = account
    this.arn = arn
    this.userId = userId
  }
}

/** What every call needs. */
interface Access {
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  /** An endpoint other than AWS's own. */
  endpoint?: string
}

@object()
export class Ecr {
  /**
   * The password for the registry of the account; the user is `AWS`. It is good for 12 hours. The registry is asked whether it takes the password; if it does
   * not (401 or 403), a new one is fetched once, and then it is an error.
   *
   * Example: `dagger -m modules/ecr call login --region eu-central-1 --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY plaintext`
   *
   * @param region The registry's region.
   * @param accessKey The access key's id.
   * @param secretKey The secret access key.
   * @param sessionToken For temporary credentials.
   * @param endpoint Another address of the API, such as a VPC's; AWS's own if not given.
   * @param target A stand-in of AWS, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:4566`); instead of `endpoint`.
   * @param again In one session the same call runs once; another value here runs it again, as when a push was refused because the password is too old.
   */
  @func({ cache: "session" })
  async login(
    region: string,
    accessKey: Secret,
    secretKey: Secret,
    sessionToken?: Secret,
    endpoint?: string,
    target?: Service,
    again?: string,
  ): Promise<Secret> {
    const access = await accessOf(region, accessKey, secretKey, sessionToken, endpoint, target)
    for (let attempt = 1; ; attempt++) {
      const { address, token } = await authorization(access)
      const { user, password } = readToken(token)
      const refusal = await refused(target ? access.endpoint! : address, user, password)
      if (!refusal) return dag.setSecret(`ecr-password-${region}-${again ?? ""}-${Date.now()}`, password)
      if (attempt === 2)
        throw new Error(`${hostOf(address)} refuses the password that AWS has just given, a second one too: ${refusal}`)
    }
  }

  /**
   * The address of the account's registry, such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com`.
   *
   * Example: `dagger -m modules/ecr call registry --region eu-central-1 --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY`
   *
   * @param region As for `login`, and so are the others.
   */
  @func({ cache: "session" })
  async registry(
    region: string,
    accessKey: Secret,
    secretKey: Secret,
    sessionToken?: Secret,
    endpoint?: string,
    target?: Service,
    again?: string,
  ): Promise<string> {
    return hostOf(
      (await authorization(await accessOf(region, accessKey, secretKey, sessionToken, endpoint, target))).address,
    )
  }

  /**
   * Makes sure that repositories are there: makes what is missing, with tags that cannot be overwritten and a scan of each push. What is there is left as it
   * is. One line for each: `created team/api`, or `exists team/api`, with a remark when its tags can be overwritten.
   *
   * Example: `dagger -m modules/ecr call ensure --repositories team/api,team/web --region eu-central-1 --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY`
   *
   * @param repositories Their names, such as `team/api`.
   * @param region As for `login`, and so are the others.
   */
  @func({ cache: "session" })
  async ensure(
    repositories: string[],
    region: string,
    accessKey: Secret,
    secretKey: Secret,
    sessionToken?: Secret,
    endpoint?: string,
    target?: Service,
    again?: string,
  ): Promise<string[]> {
    const names = checkedRepositories(repositories)
    const access = await accessOf(region, accessKey, secretKey, sessionToken, endpoint, target)
    const lines: string[] = []
    for (const repositoryName of names) {
      const there = await ecr(
        access,
        "DescribeRepositories",
        async (client, { DescribeRepositoriesCommand }, options) =>
          client
            .send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }), options)
            .catch(unless("RepositoryNotFoundException")),
      )
      const found = there?.repositories?.[0]
      if (!found)
        await ecr(access, "CreateRepository", async (client, { CreateRepositoryCommand }, options) =>
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
      lines.push(
        found
          ? `exists ${repositoryName}${found.imageTagMutability === "MUTABLE" ? " (its tags can be overwritten)" : ""}`
          : `created ${repositoryName}`,
      )
    }
    return lines
  }

  /**
   * What a tag holds: the digest, when it was pushed, and its size. A tag that is not there is no error: `exists` is false. A repository that is not there is.
   *
   * Example: `dagger -m modules/ecr call describe --repository team/api --tag 1.4.0 --region eu-central-1 --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY digest`
   *
   * @param repository Its name, such as `team/api`.
   * @param tag The tag.
   * @param region As for `login`, and so are the others.
   */
  @func({ cache: "session" })
  async describe(
    repository: string,
    tag: string,
    region: string,
    accessKey: Secret,
    secretKey: Secret,
    sessionToken?: Secret,
    endpoint?: string,
    target?: Service,
    again?: string,
  ): Promise<Image> {
    const [repositoryName] = checkedRepositories([repository])
    const imageTag = checkedTag(tag)
    const access = await accessOf(region, accessKey, secretKey, sessionToken, endpoint, target)
    const answer = await ecr(access, "DescribeImages", async (client, { DescribeImagesCommand }, options) =>
      client
        .send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }), options)
        .catch(unless("ImageNotFoundException")),
    )
    const found = answer?.imageDetails?.[0]
    return new Image(
      found !== undefined,
      found?.imageDigest ?? "",
      found?.imagePushedAt?.toISOString() ?? "",
      found?.imageSizeInBytes ?? 0,
    )
  }

  /**
   * Whose the credentials are, by AWS's security token service: the first thing to ask when access is denied.
   *
   * Example: `dagger -m modules/ecr call whoami --region eu-central-1 --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY arn`
   *
   * @param region As for `login`, and so are the others; `endpoint` is that of the security token service.
   */
  @func({ cache: "session" })
  async whoami(
    region: string,
    accessKey: Secret,
    secretKey: Secret,
    sessionToken?: Secret,
    endpoint?: string,
    target?: Service,
    again?: string,
  ): Promise<Identity> {
    const access = await accessOf(region, accessKey, secretKey, sessionToken, endpoint, target)
    const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts")
    const client: STSClient = new STSClient(access)
    const { Account, Arn, UserId } = await explained(access, "sts", "GetCallerIdentity", () =>
      client.send(new GetCallerIdentityCommand({}), { abortSignal: AbortSignal.timeout(1000 * patience) }),
    )
    return new Identity(Account ?? "", Arn ?? "", UserId ?? "")
  }
}

/** Checks the arguments that all calls have, and reads the secrets. */
async function accessOf(
  region: string,
  accessKey: Secret,
  secretKey: Secret,
  sessionToken: Secret | undefined,
  endpoint: string | undefined,
  target: Service | undefined,
): Promise<Access> {
  const access: Access = { region: checkedRegion(region), credentials: { accessKeyId: "", secretAccessKey: "" } }
  const given = checkedEndpoint(endpoint ?? "")
  if (target && given) throw new Error("endpoint: a target is given as well; one of them is wanted")
  if (target) access.endpoint = await (await target.start()).endpoint({ scheme: "http" })
  else if (given) access.endpoint = given
  access.credentials.accessKeyId = checkedKey("accessKey", await accessKey.plaintext())
  access.credentials.secretAccessKey = checkedKey("secretKey", await secretKey.plaintext())
  if (sessionToken) access.credentials.sessionToken = checkedKey("sessionToken", await sessionToken.plaintext())
  return access
}

type EcrModule = typeof import("@aws-sdk/client-ecr")

/** Makes one call of ECR's. The SDK is loaded here, so that a call of the module that needs none of it does not wait for it. */
async function ecr<T>(
  access: Access,
  action: string,
  call: (client: ECRClient, module: EcrModule, options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const module = await import("@aws-sdk/client-ecr")
  const client = new module.ECRClient(access)
  return explained(access, "ecr", action, () =>
    call(client, module, { abortSignal: AbortSignal.timeout(1000 * patience) }),
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
  if (!token || !address) throw new Error("ecr:GetAuthorizationToken: AWS gave no token")
  return { address, token }
}

const hostOf = (address: string): string => new URL(address).host

/** Says in plain words why a call has failed. */
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
    throw new Error(
      explain(error as Failure, `${service}:${action}`, region, endpoint ?? addressOf(service, region), secrets),
    )
  }
}

/** For catch(): an error of this name is no error but no answer. */
function unless(name: string): (error: Failure) => undefined {
  return (error) => {
    if (error.name !== name) throw error
    return undefined
  }
}

/** Why the registry does not take a password; undefined when it does. A registry that cannot be reached from here is not asked: the engine may reach it. */
async function refused(registry: string, user: string, password: string): Promise<string | undefined> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
  const answer = await fetch(`${registry}/v2/`, {
    headers: { authorization },
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined)
  return answer && [401, 403].includes(answer.status)
    ? `${answer.status} ${(await answer.text()).split("\n")[0]!.slice(0, 200)}`
    : undefined
}
