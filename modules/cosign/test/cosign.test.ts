// The pure parts of modules/cosign, on what cosign 3.1.3 has written. The calls of its README run in
// test/modules/readme.test.ts.
import { describe, expect, it } from "vitest"
import { checkedPublicKey, checkedType, hostOf, outcomeOf, parseChecks, statementsOf, troubleOf } from "../src/read"

const digest = `sha256:${"a".repeat(64)}`
const image = `r:5000/shop/api@${digest}`
const other = `r:5000/shop/web@${digest}`
const warning = "! WARNING: Skipping tlog verification is an insecure practice that lacks transparency\n"
const failure = (text: string): string => `${warning}! Error: ${text}\n! error during command execution: ${text}\n`
const good = (key: number, reference = image): string =>
  `@@ ${key} 0 ${reference}\n\n[{"critical":{"identity":{}}}]\n${warning}!   - The cosign claims were validated\n`
const bad = (key: number, text: string, reference = image): string => `@@ ${key} 1 ${reference}\n${failure(text)}`
const threshold = "could not verify envelope: accepted signatures do not match threshold, Found: 0, Expected 1"
const outcome = (output: string, references = [image]) => outcomeOf(references, parseChecks(output), ["stage", "prod"])

describe("what is asked of cosign", () => {
  it("is of one registry", () => {
    expect(hostOf([image, "r:5000/shop/web:1"])).toBe("r:5000")
    expect(() => hostOf([image, "other/shop/web:1"])).toThrow("the hosts are r:5000, other; images of one are needed")
    expect(() => hostOf([])).toThrow("the hosts are none")
  })
  it.each(["api:1", "r:5000/api", "r:5000/a@sha256:1", "--output-file=x", "r/a:1 r/b:1"])("is no %j", (reference) =>
    expect(() => hostOf([reference])).toThrow(`references: ${JSON.stringify(reference)} is not host/path`),
  )
  it("has a type that is a URI or a word", () => {
    expect(checkedType("https://example.com/verdict/1")).toBe("https://example.com/verdict/1")
    expect(checkedType("cyclonedx")).toBe("cyclonedx")
    for (const type of ["", "a b", "--policy=x"]) expect(() => checkedType(type)).toThrow("is neither a URI nor a word")
  })
  it("trusts public keys only", () => {
    const key = (kind: string): string => `-----BEGIN ${kind} KEY-----\nMFkw\n-----END ${kind} KEY-----\n`
    expect(checkedPublicKey("ci", key("PUBLIC"))).toBe(key("PUBLIC"))
    expect(() => checkedPublicKey("ci", key("PRIVATE"))).toThrow("the key of ci is a private key")
    expect(() => checkedPublicKey("ci", "a key")).toThrow("the key of ci is not a public key in PEM")
  })
})

describe("what cosign says of an image", () => {
  it("passes with one of the keys, by its name", () => {
    expect(outcome(good(0))).toEqual({ passed: true, reason: "1 of 1 signed by stage", count: 1 })
    expect(outcome(bad(0, `no matching attestations: ${threshold}`) + good(1)).reason).toBe("1 of 1 signed by prod")
  })
  it("passes for all images, or fails with the first that is not signed", () => {
    const both = [image, other]
    expect(outcome(good(0) + good(1, other), both).reason).toBe("2 of 2 signed by stage, prod")
    expect(outcome(good(0) + bad(0, "no signatures found", other), both)).toEqual({
      passed: false,
      reason: `${other} is not signed`,
      count: 1,
    })
    expect(outcome(good(0), both).passed).toBe(false)
  })
  it.each([
    [
      `no matching attestations: failed to verify signature: ${threshold}`,
      "is signed with a key that is not trusted, or its signature was altered; trusted: stage, prod",
    ],
    ["no signatures found", "is not signed"],
    ["no matching attestations: ", "is not signed"],
    [
      `failed to verify signature: ${threshold}\n! failed to verify signature: provided artifact digest does not match any digest in statement`,
      "has a signature of another digest: it was copied from another image",
    ],
    [
      "none of the attestations matched the predicate type: https://e.x/2, found: https://e.x/1,cyclonedx",
      "has no statement of the type https://e.x/2 by stage, prod; of other types: https://e.x/1, cyclonedx",
    ],
    [
      'Get "https://r:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
      'could not be verified: Get "https://r:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
    ],
    ["GET https://r/v2/: UNAUTHORIZED: no", "could not be verified: the registry rejects the user or password"],
  ])("fails for %j", (text, reason) => {
    const found = outcome(bad(0, text))
    expect(found.passed).toBe(false)
    expect(found.reason).toContain(`${image} ${reason}`)
  })
  it("has the statements that a key verified, and whose it is; none that was not", () => {
    const statement = { _type: "https://in-toto.io/Statement/v0.1", predicateType: "t", predicate: { passed: true } }
    const payload = Buffer.from(JSON.stringify(statement)).toString("base64")
    const line = JSON.stringify({ payload, payloadType: "application/vnd.in-toto+json", signatures: [] })
    const output = `@@ 0 1 ${image}\n${line}\n@@ 1 0 ${image}\n${line}\n${line}\n${warning}`
    expect(statementsOf(parseChecks(output), ["stage", "prod"])).toEqual([
      { reference: image, identity: "prod", statement },
      { reference: image, identity: "prod", statement },
    ])
  })
})

describe("why cosign could not work", () => {
  it.each([
    [
      "Error: unsupported private key\nerror during command execution: unsupported private key\n",
      /^unsupported private key$/,
    ],
    ["Error: reading key: decrypt: encrypted: decryption failed\n", /^the passphrase does not open the key \(/],
    ["error: POST https://r: DENIED: no\n", /^the user lacks the permission for this request \(/],
    ["", /^$/],
  ])("%j", (output, words) => expect(troubleOf(output)).toMatch(words))
})
