// Names of images, and what the scripts print: pure.
import { describe, expect, it } from "vitest"
import { notRoot, pairs, versionText } from "../../modules/image/src/settings"
import { nameOf, parsePushed, trouble } from "../../modules/registry/src/read"

describe("a reference", () => {
  it("has a host, a path and a tag", () => expect(nameOf("registry:5000/shop/api:6a57497")).toBe("registry:5000/shop/api"))
  it.each(["api:1", "registry:5000/api", "registry:5000/Shop/api:1", "registry/api@sha256:1", "registry/api:", "registry/a b:1"])("%s is refused", (reference) => expect(() => nameOf(reference)).toThrow(`references: ${JSON.stringify(reference)} is not allowed`))
  it("never is latest", () => expect(() => nameOf("registry:5000/api:latest")).toThrow("the tag latest is not allowed"))
})

describe("registry", () => {
  const digest = `sha256:${"a".repeat(64)}`
  it("reads what was pushed and what was there", () =>
    expect(parsePushed(`noise\npushed ${digest} r:5000/a/b:1\nthere ${digest} r:5000/a/c:1\n`)).toEqual([
      { reference: "r:5000/a/b:1", byDigest: `r:5000/a/b@${digest}`, digest, pushed: true },
      { reference: "r:5000/a/c:1", byDigest: `r:5000/a/c@${digest}`, digest, pushed: false },
    ]))
  it("says what the registry said", () => {
    expect(trouble("2026 retrying\nError: GET https://r/v2/: UNAUTHORIZED: authentication required\n")).toContain("the registry refuses the user or password")
    expect(trouble("error: r/a:1 is sha256:1 already")).toBe("r/a:1 is sha256:1 already")
    expect(trouble("")).toBe("")
  })
})

describe("image", () => {
  const sha = "6a57497bcae011ae584da337ef8feb7ba971aace"
  it("writes a version", () => expect(versionText(`${sha}-dirty`, "2026-01-31T12:00:00Z")).toBe(`{"sha":"${sha}-dirty","commitTime":"2026-01-31T12:00:00Z"}`))
  it("refuses a short hash, and what is no time", () => {
    expect(() => versionText("6a57", "2026-01-31T12:00:00Z")).toThrow('sha: "6a57" is not a commit')
    expect(() => versionText(sha, "soon")).toThrow('commitTime: "soon" is not a time')
  })
  it.each(["0", "root", "0:0", "", "-1"])("refuses the user %j", (user) => expect(() => notRoot(user)).toThrow("a numeric user above 0"))
  it("takes a user and a group", () => expect(notRoot("101:101")).toBe("101:101"))
  it("reads pairs, and says which argument is wrong", () => {
    expect(pairs("env", ["A=1=2"], /^[A-Z]+$/)).toEqual([["A", "1=2"]])
    expect(() => pairs("labels", ["A"], /^[a-z]+$/)).toThrow('labels: "A" is not NAME=value')
    expect(() => pairs("env", ["A=1", "A=2"], /^[A-Z]+$/)).toThrow("env: A is given twice")
  })
})
