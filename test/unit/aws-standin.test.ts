// The strict stand-in of ECR (test/standins/aws): what it refuses, and its proxy before a registry that refuses nothing.
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { Ecr, isAllowed, needed, type Question } from "../standins/aws/src/ecr"
import { serve } from "../standins/aws/src/proxy"

const arn = (name: string) => `arn:aws:ecr:eu-central-1:000000000000:repository/${name}`
const push = [
  ...["ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"],
  ...["ecr:PutImage", "ecr:BatchGetImage"],
]
const policy = (Action: string | string[], Resource: string | string[], Effect = "Allow") =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect, Action, Resource }] })

/** A request to an API of AWS that the access key has signed. */
function api(body: string, { target = "", key = "test" } = {}): Question {
  const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261130/eu-central-1/x/aws4_request` }
  return { method: "POST", url: "/", headers: target ? { ...headers, "x-amz-target": target } : headers, body }
}
const ecrTarget = "AmazonEC2ContainerRegistry_V20150921"

/** An ECR with the repositories, and roles with these policies. */
function account(repositories: Record<string, string>, roles: Record<string, string> = {}, now?: () => number): Ecr {
  const ecr = new Ecr(now)
  for (const [repositoryName, imageTagMutability] of Object.entries(repositories)) {
    const body = JSON.stringify({ repository: { repositoryArn: arn(repositoryName) } })
    const question = api(JSON.stringify({ repositoryName, imageTagMutability }), {
      target: `${ecrTarget}.CreateRepository`,
    })
    ecr.learn(question, { status: 200, body })
  }
  for (const [role, PolicyDocument] of Object.entries(roles)) {
    const put = { Action: "PutRolePolicy", RoleName: role, PolicyName: "least", PolicyDocument }
    ecr.learn(api(String(new URLSearchParams(put))), { status: 200, body: "" })
    const assume = { Action: "AssumeRoleWithWebIdentity", RoleArn: `arn:aws:iam::000000000000:role/${role}` }
    const body = `<Credentials><AccessKeyId>KEY-${role}</AccessKeyId></Credentials>`
    ecr.learn(api(String(new URLSearchParams(assume))), { status: 200, body })
  }
  return ecr
}
/** A request to the registry with a password. */
function registry(method: string, url: string, password = "secret"): Question {
  const authorization = `Basic ${Buffer.from(`AWS:${password}`).toString("base64")}`
  return { method, url, headers: { authorization } }
}
const refused = (ecr: Ecr, method: string, url: string): string => {
  const refusal = ecr.refusal(registry(method, url))
  return refusal ? `${refusal.status} ${refusal.code}${refusal.hangsUp ? " (hangs up)" : ""}` : "passed"
}

describe("what a request to the registry needs", () => {
  it.each([
    ["HEAD", "/v2/a/b/manifests/1", "ecr:BatchGetImage"],
    ["PUT", "/v2/a/b/manifests/1", "ecr:PutImage"],
    ["HEAD", "/v2/a/b/blobs/sha256:1", "ecr:BatchCheckLayerAvailability"],
    ["GET", "/v2/a/b/blobs/sha256:1", "ecr:GetDownloadUrlForLayer"],
    ["POST", "/v2/a/b/blobs/uploads/", "ecr:InitiateLayerUpload"],
    ["PATCH", "/v2/a/b/blobs/uploads/1?x=y", "ecr:UploadLayerPart"],
    ["PUT", "/v2/a/b/blobs/uploads/1?digest=sha256:1", "ecr:CompleteLayerUpload"],
    ["GET", "/v2/a/b/tags/list?n=100", "ecr:ListImages"],
    ["GET", "/v2/a/b/referrers/sha256:1", "ecr:BatchGetImage"],
    ["DELETE", "/v2/a/b/manifests/sha256:1", "ecr:BatchDeleteImage"],
    ["GET", "/v2/a/b", "ecr:Unknown"],
  ])("%s %s: %s", (method, url, action) => expect(needed(method, url)).toMatchObject({ action, repository: "a/b" }))
  it("is nothing to see that it is there", () => expect(needed("GET", "/v2/")).toBeUndefined())
})

describe("policies", () => {
  it("allow what a statement allows and none denies", () => {
    const all = policy("ecr:*", arn("delivery/*"))
    expect(isAllowed([all], "ecr:PutImage", arn("delivery/api"))).toBe(true)
    expect(isAllowed([all], "ecr:PutImage", arn("other/api"))).toBe(false)
    expect(isAllowed([all, policy("ecr:PutImage", "*", "Deny")], "ecr:PutImage", arn("delivery/api"))).toBe(false)
    expect(isAllowed([], "ecr:PutImage", arn("delivery/api"))).toBe(false)
  })
  it("with a condition are an error: the stand-in would be kinder than AWS", () => {
    const text = JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: "*", Condition: {} } })
    expect(() => isAllowed([text], "ecr:PutImage", "x")).toThrow("does not know Condition of a policy")
  })
})

describe("the strict ECR", () => {
  const repositories = { "delivery/api": "IMMUTABLE", "delivery/cache": "MUTABLE" }
  const manifest = "/v2/delivery/api/manifests/1"

  it("wants a password that it has given, and that has not ended", () => {
    let now = 0
    const ecr = account(repositories, {}, () => now)
    expect(refused(ecr, "GET", "/v2/")).toBe("401 UNAUTHORIZED")
    ecr.issue("secret", api(""))
    expect(refused(ecr, "GET", "/v2/")).toBe("passed")
    now += 12 * 3600 * 1000 + 1
    expect(refused(ecr, "GET", "/v2/")).toBe("403 DENIED")
    ecr.issue("secret", api(""))
    ecr.expire(2)
    expect([1, 2, 3].map(() => refused(ecr, "GET", "/v2/"))).toEqual(["passed", "passed", "403 DENIED"])
  })
  it("has the repositories that were created, and closes the connection of an upload to another", () => {
    const ecr = account(repositories)
    ecr.issue("secret", api(""))
    expect(refused(ecr, "POST", "/v2/delivery/files/blobs/uploads/")).toBe("404 NAME_UNKNOWN (hangs up)")
    expect(refused(ecr, "GET", "/v2/delivery/files/tags/list")).toBe("404 NAME_UNKNOWN")
    expect(ecr.refusal(registry("HEAD", "/v2/delivery/files/manifests/1"))!.message).toBe(
      "The repository with name 'delivery/files' does not exist in the registry with id '000000000000'",
    )
    const remove = api('{"repositoryName":"delivery/api"}', { target: `${ecrTarget}.DeleteRepository` })
    ecr.learn(remove, { status: 400, body: "" })
    expect(refused(ecr, "POST", "/v2/delivery/api/blobs/uploads/")).toBe("passed")
    ecr.learn(remove, { status: 200, body: "{}" })
    expect(refused(ecr, "POST", "/v2/delivery/api/blobs/uploads/")).toBe("404 NAME_UNKNOWN (hangs up)")
  })
  it("takes a tag once, whatever its digest; again only where the push did not end well, or where tags are mutable", () => {
    const ecr = account(repositories)
    ecr.issue("secret", api(""))
    expect([1, 2].map(() => refused(ecr, "PUT", manifest))).toEqual(["passed", "400 TAG_INVALID"])
    expect(refused(ecr, "PUT", "/v2/delivery/api/manifests/sha256:1")).toBe("passed")
    expect(refused(ecr, "HEAD", manifest)).toBe("passed")
    ecr.answered(registry("PUT", manifest), 500)
    expect([1, 2].map(() => refused(ecr, "PUT", manifest))).toEqual(["passed", "400 TAG_INVALID"])
    ecr.answered(registry("PUT", manifest), 201)
    expect(refused(ecr, "PUT", manifest)).toBe("400 TAG_INVALID")
    const cache = "/v2/delivery/cache/manifests/1"
    expect([1, 2].map(() => refused(ecr, "PUT", cache))).toEqual(["passed", "passed"])
    const body = JSON.stringify({ repositoryName: "delivery/cache", imageTagMutability: "IMMUTABLE" })
    ecr.learn(api(body, { target: `${ecrTarget}.PutImageTagMutability` }), { status: 200, body: "{}" })
    expect(refused(ecr, "PUT", cache)).toBe("400 TAG_INVALID")
  })
  it("lets a role do what its policy allows, and names the right that is missing", () => {
    const ecr = account(repositories, { publisher: policy(push, arn("delivery/api")), reader: policy("s3:*", "*") })
    ecr.issue("secret", api("", { key: "KEY-publisher" }))
    expect(refused(ecr, "PUT", manifest)).toBe("passed")
    expect(refused(ecr, "PUT", "/v2/delivery/cache/manifests/1")).toBe("403 DENIED")
    expect(refused(ecr, "GET", "/v2/delivery/api/tags/list")).toBe("403 DENIED")
    ecr.issue("secret", api("", { key: "KEY-reader" }))
    expect(ecr.refusal(registry("POST", "/v2/delivery/api/blobs/uploads/"))!.message).toMatch(
      /^User: arn:aws:iam::000000000000:role\/reader is not authorized to perform: ecr:InitiateLayerUpload on resource: /,
    )
    const remove = { Action: "DeleteRolePolicy", RoleName: "publisher", PolicyName: "least" }
    ecr.learn(api(String(new URLSearchParams(remove))), { status: 200, body: "" })
    ecr.issue("secret", api("", { key: "KEY-publisher" }))
    expect(refused(ecr, "PUT", manifest)).toBe("403 DENIED")
  })
  it("knows users as well", () => {
    const ecr = account(repositories)
    const form = (fields: Record<string, string>) => api(String(new URLSearchParams({ UserName: "ci", ...fields })))
    const document = policy(push, "*")
    ecr.learn(form({ Action: "PutUserPolicy", PolicyName: "may", PolicyDocument: document }), { status: 200, body: "" })
    ecr.learn(form({ Action: "CreateAccessKey" }), { status: 200, body: "<AccessKeyId>KEY</AccessKeyId>" })
    ecr.issue("secret", api("", { key: "KEY" }))
    expect([refused(ecr, "PUT", manifest), refused(ecr, "DELETE", manifest)]).toEqual(["passed", "403 DENIED"])
  })
})

describe("the proxy", () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close()
      server.closeAllConnections()
    }
  })
  const listening = async (server: Server): Promise<number> => {
    servers.push(server)
    if (!server.listening) await new Promise((done) => server.once("listening", done))
    return (server.address() as AddressInfo).port
  }

  it("gives passwords, refuses as ECR does, and passes the rest on", async () => {
    const seen: string[] = []
    const behind = createServer((question, answer) => {
      const target = String(question.headers["x-amz-target"] ?? "")
      seen.push(`${question.method} ${question.url} ${question.headers.authorization ? "with" : "without"} credentials`)
      question.resume()
      question.on("end", () => {
        if (target.endsWith("GetAuthorizationToken")) answer.end('{"authorizationData":[{}]}')
        else if (target) answer.end(JSON.stringify({ repository: { repositoryArn: arn("delivery/api") } }))
        else answer.writeHead(201).end()
      })
    })
    const port = await listening(behind.listen(0))
    const address = `http://127.0.0.1:${await listening(serve([0], { host: "127.0.0.1", port })[0]!)}`
    const call = (action: string, body: object) => {
      const headers = { ...api("").headers, "x-amz-target": `${ecrTarget}.${action}` } as Record<string, string>
      return fetch(address, { method: "POST", headers, body: JSON.stringify(body) }).then((answer) => answer.json())
    }
    await call("CreateRepository", { repositoryName: "delivery/api", imageTagMutability: "IMMUTABLE" })
    const given = (await call("GetAuthorizationToken", {})) as { authorizationData: { authorizationToken: string }[] }
    const authorization = `Basic ${given.authorizationData[0]!.authorizationToken}`
    const put = (path: string, method = "PUT") => fetch(`${address}/v2/${path}`, { method, headers: { authorization } })
    const answer = await fetch(`${address}/v2/`)
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
      401,
      `Basic realm="${address}/",service="ecr.amazonaws.com"`,
    ])
    expect((await put("delivery/api/manifests/1")).status).toBe(201)
    const again = await put("delivery/api/manifests/1")
    expect([again.status, await again.json()]).toMatchObject([400, { errors: [{ code: "TAG_INVALID" }] }])
    await expect(put("delivery/files/blobs/uploads/", "POST")).rejects.toThrow("fetch failed")
    expect((await put("delivery/api/blobs/uploads/?mount=sha256:1&from=x", "POST")).status).toBe(201)
    expect(await (await fetch(`${address}/_tokens?expire`)).json()).toEqual({ given: 1 })
    expect((await put("delivery/api/manifests/2")).status).toBe(403)
    expect(seen.slice(2)).toEqual([
      "PUT /v2/delivery/api/manifests/1 without credentials",
      "POST /v2/delivery/api/blobs/uploads/ without credentials",
    ])
  })
})
