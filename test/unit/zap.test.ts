// What is read of a ZAP run, as text.
import { describe, expect, it } from "vitest"
import { judge, limitFault, outcome, trouble, type Limits } from "../../modules/zap/src/read"
import { startUrls } from "../../modules/shared/scan"

const limits: Limits = { maxHigh: 0, maxMedium: 0, maxLow: -1, minUrls: 1, minRules: 1 }
const alert = (risk: string, more = {}) => ({
  name: "SQL Injection",
  risk,
  confidence: "Medium",
  method: "GET",
  url: "http://product:1/search?name=x",
  param: "name",
  ...more,
})
const urls = [
  { url: "http://product:1/", status: 200 },
  { url: "http://product:1/", status: 200 },
  { url: "http://product:1/robots.txt", status: 404 },
  { url: "http://product:1/gone", status: 0 },
]
const found = ({
  alerts = [] as unknown[],
  rules = { active: 2, passive: 1 },
  visited = urls,
  info = [] as string[],
  error = [] as string[],
} = {}) => outcome(JSON.stringify({ rules, plan: { info, warn: [], error }, urls: visited, alerts }))!
const verdict = (of: Parameters<typeof found>[0], more: Partial<Limits> = {}) =>
  judge(found(of), { ...limits, ...more }, 5)

describe("a run of ZAP", () => {
  it("is counted by URLs that were answered, and by kinds of findings", () => {
    const { urls, rules, findings } = found({
      alerts: [
        alert("Low"),
        alert("High"),
        alert("High", { url: "http://product:1/other?name=y" }),
        alert("High", { confidence: "False Positive", param: "id" }),
      ],
    })
    expect([urls, rules]).toEqual([1, 3])
    expect(findings.map(({ risk }) => risk)).toEqual([3, 1])
  })
  it("without a report is none", () => expect(outcome("")).toBeUndefined())
  it("with a risk that is not known is an error", () =>
    expect(() => found({ alerts: [alert("Huge")] })).toThrow('zap.json: the risk "Huge" is not one of'))
})

describe("the verdict on a run of ZAP", () => {
  it("is red without rules, however much was visited", () => {
    expect(verdict({ rules: { active: 0, passive: 0 } })).toEqual({
      passed: false,
      reason: "no scan rules loaded: ZAP looked for nothing",
      value: 0,
      limit: 1,
      unit: "rules",
    })
    expect(verdict({}, { minRules: 50 }).reason).toBe("3 scan rules loaded, at least 50 required")
  })
  it("does not claim a scan when no rules were wanted and none were there", () =>
    expect(verdict({ rules: { active: 0, passive: 0 } }, { minRules: 0 })).toMatchObject({
      passed: true,
      reason: "1 URLs visited; no scan rules loaded: ZAP looked for nothing",
    }))
  it("is red with too few URLs", () =>
    expect(verdict({ visited: [{ url: "http://product:1/", status: 404 }] })).toMatchObject({
      passed: false,
      reason: "0 URLs visited, at least 1 required",
      unit: "URLs",
    }))
  it("is red with a finding above its limit, and names the worst", () => {
    const alerts = [
      alert("Medium", { name: "CSP Header Not Set", param: "", url: "http://product:1/" }),
      alert("High"),
      alert("Informational", { name: "Modern Page" }),
    ]
    expect(verdict({ alerts })).toEqual({
      passed: false,
      reason: "SQL Injection in GET /search?name= (1 more)",
      value: 2,
      limit: 0,
      unit: "findings",
    })
    expect(verdict({ alerts }, { maxHigh: 1 }).reason).toBe("CSP Header Not Set in GET /")
    expect(verdict({ alerts }, { maxHigh: 1, maxMedium: 1 })).toMatchObject({
      passed: true,
      reason: "1 URLs, 3 rules, findings: 1 high, 1 medium, 1 low",
      value: 2,
      limit: 2,
    })
    expect(verdict({ alerts: [alert("High", { method: "POST", url: "http://product:1/search" })] }).reason).toBe(
      "SQL Injection in POST /search (name)",
    )
  })
  it("is red when the plan failed or was cut short", () => {
    expect(verdict({ error: ["Job spider failed: no"] }).reason).toBe("ZAP's plan failed: Job spider failed: no")
    expect(
      verdict({ info: ["Job spider finished, time taken: 00:00:07", "Job activeScan finished, time taken: 00:05:00"] })
        .reason,
    ).toBe("scan incomplete: activeScan did not end within scanTime")
    expect(verdict({ info: ["Job activeScan finished, time taken: 00:04:59"] }).passed).toBe(true)
  })
  it.each([
    [{ maxLow: -2 }, "maxLow: -2 is not a number of findings, or -1 for no limit"],
    [{ minRules: -1 }, "minRules: -1 is less than 0"],
    [{ minUrls: 0 }, "minUrls: 0 is less than 1"],
  ])("has limits that make sense: %j", (wrong, message) =>
    expect(limitFault({ ...limits, ...wrong })).toContain(message),
  )
})

describe("around a run of ZAP", () => {
  it("takes more addresses of the same origin only", () => {
    expect(startUrls("http://product:1/", ["/a?b=c"])).toEqual(["http://product:1/a?b=c"])
    expect(() => startUrls("http://product:1/", ["http://elsewhere/"])).toThrow(
      "is neither a path that begins with a slash nor an address of http://product:1",
    )
  })
  it("says why there is no report", () => {
    expect(trouble("http://app:1 cannot be reached: x (tried for 3 s)\n")).toBe(
      "http://app:1 cannot be reached: x (tried for 3 s)",
    )
    expect(
      trouble(
        "12 [main] INFO  org.x.Y - z\nFailed to start ZAP. The mandatory add-on was not found: network\nZAP ended with 1 before it answered\n",
      ),
    ).toBe("Failed to start ZAP. The mandatory add-on was not found: network")
  })
})
