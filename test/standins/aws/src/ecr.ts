// What ECR refuses, as a state machine without input or output: the proxy shows it all requests to AWS with their
// answers (`learn`), and asks it about each request to the registry (`refusal`). It learns repositories with the
// mutability of their tags, and the policies of users and roles with their access keys, from the requests that make them.

/** A request to the registry, or to an API of AWS. */
export interface Question {
  method: string
  /** Path and query. */
  url: string
  headers: Record<string, string | string[] | undefined>
  /** The body of a request to an API; a request to the registry is judged without its body. */
  body?: string
}

/** The answer that ECR gives instead of doing what was asked. */
export interface Refusal {
  status: number
  code: string
  message: string
  /** Whether the connection is closed without an answer. */
  hangsUp?: boolean
}

interface Repository {
  arn: string
  immutable: boolean
  tags: Set<string>
}

/** Who has a password: `user/ci` or `role/publisher`; undefined for the key that may do everything. */
interface Password {
  principal?: string
  /** Milliseconds since 1970. */
  end: number
  /** Requests after which it ends all the same. */
  uses: number
}

type OneOrMore = string | string[]

interface Statement {
  Effect: string
  Action?: OneOrMore
  Resource?: OneOrMore
  [other: string]: unknown
}

/** How long a password lives, as ECR's do. */
const lifetime = 12 * 3600 * 1000

const account = "000000000000"

/** The right and the repository that a request to the registry needs; undefined for /v2/ itself. */
export function needed(method: string, url: string): { action: string; repository: string; tag?: string } | undefined {
  const { pathname } = new URL(url, "http://ecr")
  if (/^\/v2\/?$/.test(pathname)) return undefined
  const match = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.+)$/.exec(pathname)
  if (!match) return { action: "ecr:Unknown", repository: pathname.replace(/^\/v2\//, "") }
  const [, repository, what, rest] = match as unknown as [string, string, string, string]
  const reads = method === "GET" || method === "HEAD"
  if (what === "tags") return { action: "ecr:ListImages", repository }
  if (what === "referrers") return { action: "ecr:BatchGetImage", repository }
  if (method === "DELETE") return { action: "ecr:BatchDeleteImage", repository }
  if (what === "manifests") {
    if (reads) return { action: "ecr:BatchGetImage", repository }
    return { action: "ecr:PutImage", repository, tag: rest.startsWith("sha256:") ? undefined : rest }
  }
  if (!rest.startsWith("uploads")) {
    return { action: method === "HEAD" ? "ecr:BatchCheckLayerAvailability" : "ecr:GetDownloadUrlForLayer", repository }
  }
  const uploads: Record<string, string> = { POST: "ecr:InitiateLayerUpload", PUT: "ecr:CompleteLayerUpload" }
  return { action: uploads[method] ?? "ecr:UploadLayerPart", repository }
}

/** Whether policies allow an action on a resource. A statement that this stand-in cannot judge is an error. */
export function isAllowed(policies: string[], action: string, resource: string): boolean {
  const statements = policies.flatMap((text) => {
    const { Statement } = JSON.parse(text) as { Statement: Statement | Statement[] }
    return [Statement].flat()
  })
  const matching = statements.filter((statement) => {
    const unknown = Object.keys(statement).filter((key) => !["Sid", "Effect", "Action", "Resource"].includes(key))
    if (unknown.length) throw new Error(`the stand-in of ECR does not know ${unknown.join(", ")} of a policy`)
    return anyMatches(statement.Action, action, "i") && anyMatches(statement.Resource, resource)
  })
  return matching.length > 0 && matching.every(({ Effect }) => Effect === "Allow")
}

function anyMatches(patterns: OneOrMore | undefined, text: string, flags = ""): boolean {
  return [patterns ?? []].flat().some((pattern) => {
    const expression = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")
    return new RegExp(`^${expression}$`, flags).test(text)
  })
}

/** The access key that signed a request; empty if none did. */
function signer({ headers }: Question): string {
  return /Credential=([^/,\s]+)\//.exec(String(headers.authorization ?? ""))?.[1] ?? ""
}

/** ECR and what it has to know of IAM and STS. */
export class Ecr {
  private readonly repositories = new Map<string, Repository>()
  private readonly passwords = new Map<string, Password>()
  /** The principal of each access key. */
  private readonly keys = new Map<string, string>()
  /** The policies of each principal by their names. */
  private readonly policies = new Map<string, Map<string, string>>()

  private readonly now: () => number

  // Node strips types, and takes no parameter properties.
  constructor(now: () => number = Date.now) {
    this.now = now
  }

  /** Takes note of what a request to AWS has done. */
  learn(question: Question, answer: { status: number; body: string }): void {
    if (answer.status !== 200) return
    const target = String(question.headers["x-amz-target"] ?? "")
    if (target.startsWith("AmazonEC2ContainerRegistry")) this.learnRepository(target, question.body ?? "", answer.body)
    else if (!target) this.learnIdentity(new URLSearchParams(question.body ?? ""), answer.body)
  }

  private learnRepository(target: string, asked: string, answered: string): void {
    const action = target.split(".").at(-1)!
    const question = JSON.parse(asked || "{}") as { repositoryName?: string; imageTagMutability?: string }
    const name = question.repositoryName ?? ""
    const immutable = question.imageTagMutability === "IMMUTABLE"
    if (action === "CreateRepository") {
      const { repository } = JSON.parse(answered) as { repository: { repositoryArn: string } }
      this.repositories.set(name, { arn: repository.repositoryArn, immutable, tags: new Set() })
    }
    if (action === "PutImageTagMutability") this.repositories.get(name)!.immutable = immutable
    if (action === "DeleteRepository") this.repositories.delete(name)
  }

  private learnIdentity(form: URLSearchParams, answered: string): void {
    const action = form.get("Action") ?? ""
    const user = form.get("UserName")
    const role = form.get("RoleName") ?? /role\/(?:.*\/)?([^/]+)$/.exec(form.get("RoleArn") ?? "")?.[1]
    const principal = user ? `user/${user}` : role ? `role/${role}` : undefined
    if (!principal) return
    if (/^(CreateAccessKey|AssumeRole)/.test(action)) {
      const key = /<AccessKeyId>([^<]+)</.exec(answered)?.[1]
      if (key) this.keys.set(key, principal)
    }
    const own = this.policies.get(principal) ?? new Map<string, string>()
    this.policies.set(principal, own)
    const name = form.get("PolicyName") ?? ""
    if (/^Put(User|Role)Policy$/.test(action)) own.set(name, form.get("PolicyDocument") ?? "")
    if (/^Delete(User|Role)Policy$/.test(action)) own.delete(name)
  }

  /** Gives a password to whoever signed the request; returns when it ends, in milliseconds since 1970. */
  issue(password: string, question: Question): number {
    const end = this.now() + lifetime
    this.passwords.set(password, { principal: this.keys.get(signer(question)), end, uses: Infinity })
    return end
  }

  /** Lets all passwords end after a number of requests. */
  expire(uses = 0): void {
    for (const password of this.passwords.values()) password.uses = uses
  }

  /** Returns why ECR refuses a request to the registry; undefined if it does not. */
  refusal(question: Question): Refusal | undefined {
    const [user, secret] = Buffer.from(String(question.headers.authorization ?? "").replace(/^Basic /, ""), "base64")
      .toString()
      .split(":")
    const password = this.passwords.get(secret ?? "")
    if (user !== "AWS" || !password) return { status: 401, code: "UNAUTHORIZED", message: "Not Authorized" }
    const message = "Your authorization token has expired. Reauthenticate and try again."
    if (password.end < this.now() || password.uses-- <= 0) return { status: 403, code: "DENIED", message }
    const wanted = needed(question.method, question.url)
    return wanted && (this.denied(password.principal, wanted) ?? this.impossible(question.method, wanted))
  }

  private denied(
    principal: string | undefined,
    { action, repository }: { action: string; repository: string },
  ): Refusal | undefined {
    if (principal === undefined) return undefined
    const region = "eu-central-1"
    const arn = this.repositories.get(repository)?.arn ?? `arn:aws:ecr:${region}:${account}:repository/${repository}`
    if (isAllowed([...(this.policies.get(principal)?.values() ?? [])], action, arn)) return undefined
    const who = `arn:aws:iam::${account}:${principal}`
    const message = `User: ${who} is not authorized to perform: ${action} on resource: ${arn}`
    return { status: 403, code: "DENIED", message: `${message} because no identity-based policy allows it` }
  }

  private impossible(
    method: string,
    { repository, tag }: { action: string; repository: string; tag?: string },
  ): Refusal | undefined {
    const found = this.repositories.get(repository)
    if (!found) {
      const message = `The repository with name '${repository}' does not exist in the registry with id '${account}'`
      // The real one closes the connection of an upload (helm/helm#11017).
      return { status: 404, code: "NAME_UNKNOWN", message, hangsUp: method === "POST" }
    }
    if (tag === undefined) return undefined
    if (found.immutable && found.tags.has(tag)) {
      const message =
        `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten ` +
        "because the tag is immutable."
      return { status: 400, code: "TAG_INVALID", message }
    }
    // At once, so that of two writers one is refused.
    found.tags.add(tag)
    return undefined
  }

  /** Takes note of the registry's answer to a request that was not refused. */
  answered(question: Question, status: number): void {
    const wanted = needed(question.method, question.url)
    if (wanted?.tag !== undefined && status >= 300) this.repositories.get(wanted.repository)?.tags.delete(wanted.tag)
  }
}
