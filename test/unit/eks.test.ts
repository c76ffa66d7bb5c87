// Access to EKS without an engine: the signature by AWS's published examples, the token's form, and what is said when something is wrong.
import { describe, expect, it } from "vitest"
import * as access from "../../modules/eks/src/access"
import * as aws from "../../modules/eks/src/shared/aws"
import { presigned, signedHeaders } from "../../modules/eks/src/sign"

const example = { accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: "" }
const date = new Date("2015-08-30T12:36:00Z")

describe("the signature", () => {
  const request = {
    method: "GET",
    address: "https://example.amazonaws.com",
    path: "/",
    query: {} as Record<string, string>,
    headers: {},
  }
  const scope = { region: "us-east-1", service: "service", date }
  // The cases get-vanilla and get-vanilla-query-order-key-case of AWS's Signature Version 4 test suite.
  it("is that of AWS's own examples", () => {
    expect(signedHeaders(request, example, scope)).toEqual({
      "x-amz-date": "20150830T123600Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    })
    expect(
      signedHeaders({ ...request, query: { Param2: "value2", Param1: "value1" } }, example, scope).authorization,
    ).toContain("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")
  })
  it("sorts parameters by name, also where one begins with another", () => {
    const url = new URL(presigned({ ...request, query: { "A-b": "1", A: "2" } }, example, scope, 60))
    expect([...url.searchParams.keys()].slice(0, 2)).toEqual(["A", "A-b"])
  })
  it("signs a session token, in the query and in a header", () => {
    const keys = { ...example, sessionToken: "a+b/c==" }
    expect(presigned(request, keys, scope, 60)).toContain("X-Amz-Security-Token=a%2Bb%2Fc%3D%3D&")
    expect(signedHeaders(request, keys, scope)).toMatchObject({
      "x-amz-security-token": "a+b/c==",
      authorization: expect.stringContaining("SignedHeaders=host;x-amz-date;x-amz-security-token,"),
    })
  })
})

describe("the token", () => {
  const token = access.tokenFor("shop", aws.addressOf("sts", "eu-central-1"), example, {
    region: "eu-central-1",
    date,
  })
  it("is a signed question, bound to the cluster and good for a minute", () => {
    expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/)
    const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString())
    expect(`${url.origin}${url.pathname}`).toBe("https://sts.eu-central-1.amazonaws.com/")
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{
        Action: "GetCallerIdentity",
        Version: "2011-06-15",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "AKIDEXAMPLE/20150830/eu-central-1/sts/aws4_request",
      },
      ...{
        "X-Amz-Date": "20150830T123600Z",
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
        "X-Amz-Signature": expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    })
  })
  it("is another one for another cluster", () =>
    expect(
      access.tokenFor("other", aws.addressOf("sts", "eu-central-1"), example, { region: "eu-central-1", date }),
    ).not.toBe(token))
  it("asks China's own service there", () =>
    expect(aws.addressOf("sts", "cn-north-1")).toBe("https://sts.cn-north-1.amazonaws.com.cn"))
})

describe("the kubeconfig", () => {
  it("is one cluster, one user and one context", () => {
    const config = JSON.parse(access.kubeconfigFor("shop", "https://abc.eks.amazonaws.com", "Q0E=", "k8s-aws-v1.x"))
    expect(config).toMatchObject({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "shop",
      clusters: [
        { name: "shop", cluster: { server: "https://abc.eks.amazonaws.com", "certificate-authority-data": "Q0E=" } },
      ],
      users: [{ name: "shop", user: { token: "k8s-aws-v1.x" } }],
    })
    expect(config.contexts).toEqual([{ name: "shop", context: { cluster: "shop", user: "shop" } }])
  })
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
  it("takes the certificate authority as PEM and in base64", () => {
    const base64 = Buffer.from(pem).toString("base64")
    expect([access.checkedCa(pem), access.checkedCa(`${base64}\n`)]).toEqual([base64, base64])
  })
})

describe("what is refused before anything is asked", () => {
  it.each([
    ["a cluster", () => access.checkedCluster("shop; rm"), 'cluster: "shop; rm" is not a cluster name'],
    ["a region", () => aws.checkedRegion("Frankfurt"), 'region: "Frankfurt" is not an AWS region such as eu-central-1'],
    ["an endpoint by http", () => access.checkedEndpoint("http://x"), 'endpoint: "http://x" is not an address such as'],
    [
      "a certificate authority",
      () => access.checkedCa("hello"),
      "ca: neither a PEM certificate nor one encoded in base64",
    ],
    ["an empty key", () => aws.checkedKey("secretKey", "\n"), "secretKey: the secret is empty"],
  ])("%s", (_, call, message) => expect(call).toThrow(message))
  it("a key, without repeating it", () => {
    expect(() => aws.checkedKey("secretKey", "two words")).toThrow(
      "secretKey: the secret contains blanks or characters that are not allowed in a key",
    )
    expect(aws.checkedKey("secretKey", "abc\n")).toBe("abc")
  })
  it.each(["eu-central-1", "us-gov-west-1", "ap-southeast-5", "cn-north-1", "us-iso-east-1"])(
    "but not the region %s",
    (region) => expect(aws.checkedRegion(region)).toBe(region),
  )
})

describe("what EKS answers", () => {
  const read = (status: number, body: unknown): access.Described =>
    access.readCluster(status, typeof body === "string" ? body : JSON.stringify(body), "shop", "eu-central-1")
  it("is read", () =>
    expect(
      read(200, {
        cluster: { endpoint: "https://abc", certificateAuthority: { data: "Q0E=" }, status: "ACTIVE", version: "1.34" },
      }),
    ).toEqual({ endpoint: "https://abc", ca: "Q0E=", status: "ACTIVE", version: "1.34" }))
  it.each([
    [
      "a cluster that is being made",
      200,
      { cluster: { status: "CREATING" } },
      "cluster shop has no endpoint and certificate authority yet: its status is CREATING",
    ],
    [
      "no such cluster",
      404,
      { __type: "ResourceNotFoundException", message: "No cluster found" },
      "there is no cluster shop in eu-central-1",
    ],
    [
      "denied",
      403,
      {
        __type: "com.amazon#AccessDeniedException",
        message: "User: arn:x is not authorized to perform: eks:DescribeCluster",
      },
      "access denied: User: arn:x is not authorized to perform: eks:DescribeCluster",
    ],
    [
      "expired",
      403,
      { message: "The security token included in the request is expired" },
      "the credentials have expired",
    ],
    [
      "a wrong key",
      403,
      { message: "The security token included in the request is invalid." },
      "AWS does not know these credentials",
    ],
    [
      "a wrong signature in XML",
      403,
      "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature x-amz-security-token:CANARY</Message></Error>",
      "wrong signature",
    ],
    ["something else", 500, "<html>", "error (HTTP 500)"],
  ])("%s is said in plain words", (_, status, body, message) => expect(() => read(status, body)).toThrow(message))
  it("and no signed header is repeated", () =>
    expect(() =>
      read(403, {
        __type: "InvalidSignatureException",
        message: "The canonical string should have been x-amz-security-token:CANARY",
      }),
    ).toThrow(/^(?!.*CANARY)/))
})
