// What the ecr module checks before it asks, and how it says what AWS answers.
import { describe, expect, it } from "vitest"
import * as words from "../../modules/ecr/src/words"
import * as aws from "../../modules/ecr/src/shared/aws"

describe("arguments", () => {
  it.each(["eu-central-1", "us-gov-west-1", "ap-southeast-5", "cn-north-1"])("the region %s is taken", (region) =>
    expect(aws.checkedRegion(region)).toBe(region),
  )
  it.each(["", "Frankfurt", "eu-central", "eu central 1", "eu-central-1.evil.com"])("the region %j is not", (region) =>
    expect(() => aws.checkedRegion(region)).toThrow(
      `region: ${JSON.stringify(region)} is not an AWS region such as eu-central-1`,
    ),
  )
  it("repositories are taken by ECR's rule, each once", () =>
    expect(words.checkedRepositories(["team/api", "web", "a_b/c.d-e", "web"])).toEqual([
      "team/api",
      "web",
      "a_b/c.d-e",
    ]))
  it.each(["a", "Team/api", "team//api", "/api", "api/", "a..b", "a b", "x".repeat(257), "team/$(id)"])(
    "the repository %j is not",
    (name) => expect(() => words.checkedRepositories([name])).toThrow(/^repositories: ".*" is not a repository name/),
  )
  it("none is an error", () => expect(() => words.checkedRepositories([])).toThrow("repositories: give at least one"))
  it("tags and endpoints", () => {
    expect([
      words.checkedTag("1.4.0"),
      words.checkedEndpoint("https://x.example.com/"),
      words.checkedEndpoint(""),
    ]).toEqual(["1.4.0", "https://x.example.com", ""])
    for (const tag of ["", "-x", "a b", "x".repeat(129)]) expect(() => words.checkedTag(tag)).toThrow(/^tag: /)
    expect(() => words.checkedEndpoint("ftp://x")).toThrow('endpoint: "ftp://x" is not an address')
  })
  it("keys are trimmed, and never repeated", () => {
    expect(aws.checkedKey("secretKey", " abc\n")).toBe("abc")
    expect(() => aws.checkedKey("secretKey", "CANARY x")).toThrow(/^secretKey: the secret contains blanks(?!.*CANARY)/)
    expect(() => aws.checkedKey("accessKey", "\n")).toThrow("accessKey: the secret is empty")
  })
  it("the services' addresses", () =>
    expect([aws.addressOf("ecr", "eu-central-1"), aws.addressOf("sts", "cn-north-1")]).toEqual([
      "https://api.ecr.eu-central-1.amazonaws.com",
      "https://sts.cn-north-1.amazonaws.com.cn",
    ]))
})

describe("errors in plain words", () => {
  const said = (error: words.Failure): string =>
    words.explain(error, {
      action: "ecr:GetAuthorizationToken",
      region: "eu-central-1",
      address: "https://api.ecr.eu-central-1.amazonaws.com",
      secrets: ["CANARY"],
    })
  it.each([
    [
      { name: "ExpiredTokenException", message: "The security token included in the request is expired" },
      "the credentials have expired: get new ones",
    ],
    [{ name: "ExpiredToken", message: "x" }, "the credentials have expired"],
    [
      { name: "InvalidSignatureException", message: "should have been x-amz-security-token:CANARY" },
      "wrong signature: the secret key does not belong to the access key",
    ],
    [{ name: "SignatureDoesNotMatch", message: "x" }, "wrong signature"],
    [{ name: "UnrecognizedClientException", message: "x" }, "AWS does not know these credentials"],
    [{ name: "InvalidClientTokenId", message: "x" }, "AWS does not know these credentials"],
    [
      {
        name: "AccessDeniedException",
        message: "User: arn:aws:iam::1:user/ci is not authorized to perform: ecr:GetAuthorizationToken",
      },
      "access denied: User: arn:aws:iam::1:user/ci is not authorized to perform: ecr:GetAuthorizationToken",
    ],
    [
      { name: "Error", code: "ENOTFOUND", message: "getaddrinfo ENOTFOUND x" },
      "api.ecr.eu-central-1.amazonaws.com cannot be resolved: does the region eu-central-1 exist",
    ],
    [
      { name: "Error", code: "ECONNREFUSED", message: "x" },
      "api.ecr.eu-central-1.amazonaws.com cannot be reached (ECONNREFUSED)",
    ],
    [{ name: "TimeoutError", message: "x" }, "api.ecr.eu-central-1.amazonaws.com did not answer in time"],
    [
      { name: "LimitExceededException", message: "too many\nmore", $metadata: { httpStatusCode: 400 } },
      "LimitExceededException (HTTP 400): too many",
    ],
  ])("%j", (error, message) => {
    expect(said(error)).toContain(`ecr:GetAuthorizationToken: ${message}`)
    expect(said(error)).not.toContain("CANARY")
  })
  it("an unknown error does not repeat a secret", () =>
    expect(said({ name: "X", message: "bad key CANARY" })).toBe("ecr:GetAuthorizationToken: X: bad key ***"))
})

describe("an authorization token", () => {
  it("is a user and a password, which may hold colons", () =>
    expect(words.readToken(Buffer.from("AWS:a:b").toString("base64"))).toEqual({ user: "AWS", password: "a:b" }))
  it("that is none is an error", () =>
    expect(() => words.readToken("eA==")).toThrow("the token is not a user and a password"))
})
