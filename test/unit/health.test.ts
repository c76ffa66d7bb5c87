// What a check concludes from what it saw: the pure parts of modules/health.
import { describe, expect, it } from "vitest"
import { addresses, parseSeen, trouble, type Seen } from "../../modules/health/src/read"

const seen = (name: string, fault = "", sha?: string): Seen => ({
  name,
  url: `http://x/${name}`,
  healthy: fault === "",
  requests: 3,
  seconds: 1,
  fault,
  ...(sha ? { sha } : {}),
})

describe("health", () => {
  it("reads addresses", () =>
    expect(addresses(["a=http://x:8080/api/a/version?x=1", "b-2=https://y"])).toEqual([
      { name: "a", url: "http://x:8080/api/a/version?x=1" },
      { name: "b-2", url: "https://y" },
    ]))
  it.each([
    [[], "urls: missing"],
    [["http://x/"], "is not name=url"],
    [["a=x:8080"], "is not name=url"],
    [["a b=http://x/"], "is not name=url"],
    [["a=http://"], "is not name=url"],
    [["a=http://x", "a=http://y"], "urls: duplicate name a"],
  ])("refuses %j", (lines, why) => expect(() => addresses(lines)).toThrow(why))

  it("is content with what is well", () => {
    expect(trouble([seen("a"), seen("b")], "", 5)).toBe("")
    expect(trouble([seen("page"), seen("b", "", "abc")], "abc", 5)).toBe("")
  })
  it("names the first that is not, and the others", () => {
    expect(trouble([seen("a"), seen("b", "answers 502, expected 200")], "", 5)).toBe(
      "b: http://x/b answers 502, expected 200 (tried for 5 s)",
    )
    expect(trouble([seen("a", "cannot be reached: ECONNREFUSED"), seen("b", "x"), seen("c", "y")], "", 5)).toBe(
      "a: http://x/a cannot be reached: ECONNREFUSED (tried for 5 s) (and 2 more: b, c)",
    )
  })
  it("is not content when no address tells a version", () =>
    expect(trouble([seen("page")], "abc", 5)).toBe("no address reports a version, expected abc"))
  it("knows that there is nothing", () => expect(parseSeen("")).toBeUndefined())
})
