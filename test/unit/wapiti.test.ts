// Wapiti's report and output, as text.
import { describe, expect, it } from "vitest"
import { incomplete, judge, limitFault, outcome, sarif, trouble, type Limits } from "../../modules/wapiti/src/read"
import { startUrls } from "../../modules/shared/scan"

const limits: Limits = { maxHigh: 0, maxMedium: 0, maxLow: -1, minUrls: 1 }
const one = (level: number, more = {}) => ({
  method: "GET",
  path: "/search",
  info: "found it",
  level,
  parameter: "name",
  ...more,
})
const found = (vulnerabilities: Record<string, unknown[]>, urls = 3) =>
  outcome(
    JSON.stringify({
      classifications: { "SQL Injection": { desc: "Bad.", sol: "Bind." } },
      vulnerabilities,
      anomalies: { "Internal Server Error": [{}] },
      infos: { target: "http://product:1/", crawled_pages_nbr: urls },
    }),
  )!

describe("wapiti's report", () => {
  it("is read with one finding for each place, the worst first", () => {
    const { findings, urls, anomalies } = found({
      "Content Security Policy Configuration": [one(1, { path: "/", parameter: "", info: "CSP is not set" })],
      "SQL Injection": [one(4), one(4, { info: "again" }), one(4, { parameter: "id" })],
    })
    expect(findings.map(({ category, level, parameter }) => [category, level, parameter])).toEqual([
      ["SQL Injection", 4, "name"],
      ["SQL Injection", 4, "id"],
      ["Content Security Policy Configuration", 1, ""],
    ])
    expect([urls, anomalies]).toEqual([3, 1])
  })
  it("that is not there is none", () => expect(outcome("")).toBeUndefined())
  it("keeps apart what has no parameter by what is said of it", () =>
    expect(
      found({ Headers: [one(1, { parameter: "", info: "a" }), one(1, { parameter: "", info: "b" })] }).findings,
    ).toHaveLength(2))
})

describe("the verdict on a scan", () => {
  it("is red with a finding above its limit, and names the worst", () => {
    const two = found({
      "Cross Site Scripting": [one(2, { path: "/greeting" })],
      "SQL Injection": [one(4), one(3, { method: "POST" })],
      "HTTP Secure Headers": [one(1)],
    })
    expect(judge(two, limits)).toEqual({
      passed: false,
      reason: "SQL Injection in GET /search?name= (2 more)",
      value: 3,
      limit: 0,
      unit: "findings",
    })
    expect(judge(two, { ...limits, maxHigh: 2 })).toMatchObject({
      passed: false,
      reason: "Cross Site Scripting in GET /greeting?name=",
      value: 1,
      limit: 0,
    })
    expect(judge(two, { ...limits, maxHigh: -1, maxMedium: -1, maxLow: 0 }).reason).toBe(
      "HTTP Secure Headers in GET /search?name=",
    )
  })
  it("says where it is when there is no parameter, or no GET", () => {
    expect(judge(found({ "Command execution": [one(4, { method: "POST" })] }), limits).reason).toBe(
      "Command execution in POST /search (name)",
    )
    expect(
      judge(found({ Headers: [one(1, { parameter: "", info: "X is not set\nmore" })] }), { ...limits, maxLow: 0 })
        .reason,
    ).toBe("Headers in GET /search: X is not set")
  })
  it("is red with too few URLs, whatever was found in them", () =>
    expect(judge(found({}, 0), limits)).toEqual({
      passed: false,
      reason: "0 URLs and forms found, at least 1 required",
      value: 0,
      limit: 1,
      unit: "URLs",
    }))
  it("is green within the limits, with its figures", () =>
    expect(judge(found({ Headers: [one(1)], "Cross Site Scripting": [one(2)] }), { ...limits, maxMedium: 2 })).toEqual({
      passed: true,
      reason: "3 URLs and forms, findings: 0 high, 1 medium, 1 low",
      value: 1,
      limit: 2,
      unit: "findings",
    }))
  it.each([
    [{ maxHigh: -2 }, "maxHigh: -2 is not a number of findings, or -1 for no limit"],
    [{ minUrls: 0 }, "minUrls: 0 is less than 1"],
  ])("has limits that make sense: %j", (wrong, message) =>
    expect(limitFault({ ...limits, ...wrong })).toContain(message),
  )
})

describe("wapiti's output", () => {
  const ran = "[*] Launching module xss\n\u001b[32m[*] Launching module sql\u001b[0m\n"
  it("tells a whole scan", () => expect(incomplete(ran, ["xss", "sql"])).toBe(""))
  it("tells one that was cut short", () => {
    expect(incomplete(`Max scan time was reached, stopping.\n${ran}`, ["xss"])).toBe(
      "scan incomplete: the crawl did not end within scanTime",
    )
    expect(incomplete(`${ran}Max attack time was reached for module sql, stopping.\n`, ["xss"])).toBe(
      "scan incomplete: sql did not end within scanTime",
    )
  })
  it("tells a module that did not run", () =>
    expect(incomplete(`${ran}[!] Unable to find a module named xsss\n`, ["sql", "xsss"])).toBe(
      "xsss did not run: [!] Unable to find a module named xsss",
    ))
  it("says why there is no report", () =>
    expect(trouble("  __  __\nhttp://app:1 cannot be reached: x (tried for 3 s)\n")).toBe(
      "http://app:1 cannot be reached: x (tried for 3 s)",
    ))
})

describe("what a scan begins with", () => {
  it("is a path or an address of the same origin", () =>
    expect(startUrls("http://product:1/shop/", ["/api/x?name=y", "http://product:1/z"])).toEqual([
      "http://product:1/api/x?name=y",
      "http://product:1/z",
    ]))
  it.each(["api/x", "http://elsewhere/"])("is nothing else: %s", (wrong) =>
    expect(() => startUrls("http://product:1/", [wrong])).toThrow(
      "is neither a path that begins with a slash nor an address of http://product:1",
    ),
  )
})

describe("SARIF", () => {
  it("has a rule for each category and a place for each finding", () => {
    const { runs } = JSON.parse(
      sarif(found({ "SQL Injection": [one(4)], Headers: [one(1, { parameter: "", info: "X is not set" })] })),
    )
    expect(runs[0].tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(["SQL Injection", "Headers"])
    expect(runs[0].tool.driver.rules[0]).toMatchObject({ fullDescription: { text: "Bad." }, help: { text: "Bind." } })
    expect(
      runs[0].results.map((result: { level: string; ruleIndex: number }) => [result.level, result.ruleIndex]),
    ).toEqual([
      ["error", 0],
      ["note", 1],
    ])
    expect(runs[0].results[0]).toMatchObject({
      message: { text: "SQL Injection in GET /search?name=: found it" },
      locations: [{ physicalLocation: { artifactLocation: { uri: "http://product:1/search" } } }],
      properties: { severity: "critical" },
    })
  })
})
