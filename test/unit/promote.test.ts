// `promote` of an environment: what it fills in, what it takes from another environment, and what it says of each fault.
import { describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { effectiveConfig } from "../../ci/src/config/effective"
import { readWindow, secondsOf } from "../../ci/src/config/promote"
import { faultsOf } from "../lib/faults"

const environment = (name: string, more: string, extended = "") =>
  extended
    ? `  ${name}: { extends: ${extended}, namespace: ${name}${more} }\n`
    : `  ${name}: { appMode: qa, appUrl: "https://a.example", namespace: ${name}, values: v.yaml${more} }\n`
/** A file with stage and prod. The settings of prod are in line 5. */
const file = (prod: string, { stage = "", extended = "" } = {}) =>
  `services:\n  a: { path: a, kind: go }\nenvironments:\n${environment("stage", stage)}${environment("prod", prod, extended)}`
const promote = (rules: string) => file(`, promote: { ${rules} }`)

describe("what a release needs", () => {
  it("is by default a green pr for stage, and green pr and stage for prod", () => {
    const { stage, prod } = parseConfig(file("")).environments
    const none = { windows: [], freezes: [], approvals: { count: 0, notAuthor: true, ttl: "24h" } }
    expect(stage!.promote).toEqual({ requires: ["pr"], ...none })
    expect(prod!.promote).toEqual({ requires: ["pr", "stage"], ...none })
  })
  it("is no verdict of an environment that the file does not have, and none for dev", () => {
    const text = `services:\n  a: { path: a, kind: go }\nenvironments:\n${environment("dev", "")}${environment("prod", "")}`
    const { dev, prod } = parseConfig(text).environments
    expect(dev!.promote.requires).toEqual([])
    expect(prod!.promote.requires).toEqual(["pr"])
  })
  it("may be nothing, if the file says so", () =>
    expect(parseConfig(promote("requires: []")).environments.prod!.promote.requires).toEqual([]))
  it("is in the order of promotion, however it is written", () =>
    expect(parseConfig(promote("requires: [stage, pr]")).environments.prod!.promote.requires).toEqual(["pr", "stage"]))
  it("is taken from the extended environment rule by rule, but not what that one requires", () => {
    const stage = ", promote: { requires: [pr], maxAge: 7d, approvals: { count: 2, ttl: 1h } }"
    const { prod } = parseConfig(
      file(", promote: { approvals: { ttl: 2h } }", { stage, extended: "stage" }),
    ).environments
    expect(prod!.promote).toMatchObject({
      requires: ["pr", "stage"],
      maxAge: "7d",
      approvals: { count: 2, notAuthor: true, ttl: "2h" },
    })
  })
  it("is printed with where it comes from", () => {
    const stage = ", promote: { requires: [pr], maxAge: 7d }"
    const lines = effectiveConfig(file("", { stage, extended: "stage" })).split("\n")
    const prod = lines.slice(lines.findIndex((line) => line === "  prod:")).map((line) => line.replace(/ +#/, " #"))
    expect(prod).toContain("      requires: [ pr, stage ] # default")
    expect(prod).toContain("      maxAge: 7d # environments.stage, line 4")
  })
})

describe("a fault in it", () => {
  it.each([
    [
      'windows: ["Mon-Fry 08:00-16:00 UTC"]',
      '.windows.0, line 5: "Mon-Fry 08:00-16:00 UTC": "Mon-Fry" is no day; allowed: Mon, Tue, Wed',
    ],
    [
      'windows: ["always"]',
      '"always": allowed: days, hours and a time zone, such as Mon-Thu 08:00-16:00 Europe/Berlin',
    ],
    ['windows: ["Mon 8:00-16:00 UTC"]', "allowed: days, hours and a time zone"],
    ['windows: ["Mon 08:00-24:01 UTC"]', "the hours are not a time of day; allowed: 00:00 to 24:00"],
    ['windows: ["Mon 08:60-12:00 UTC"]', "the hours are not a time of day"],
    ['windows: ["Mon 08:00-08:00 UTC"]', "the window has no length; a whole day is 00:00-24:00"],
    [
      'windows: ["Mon 08:00-09:00 Berlin/Europe"]',
      '"Berlin/Europe" is no time zone; allowed: names of the IANA database',
    ],
    ['windows: ["Mon 08:00-09:00 +01:00"]', '"+01:00" is no time zone'],
    [
      "freezes: [{ from: 2026-12-20, to: 2026-12-01, reason: x }]",
      ".freezes.0.to, line 5: 2026-12-01 is before from (2026-12-20)",
    ],
    ["freezes: [{ from: 2026-02-29, to: 2026-03-01, reason: x }]", '"2026-02-29" is no day of the calendar'],
    ["freezes: [{ from: 2026-12-20, to: 2026-12-21 }]", "reason is missing"],
    ["freezes: [{ from: soon, to: 2026-12-21, reason: x }]", '"soon" is not allowed; a day such as 2026-12-20'],
    ["freezes: [{ from: 2026-12-20, to: 2026-12-21, reason: x, zone: Mars }]", '.zone, line 5: "Mars" is no time zone'],
    ["maxAge: 14", "14 is not a text"],
    ["maxAge: 2 weeks", '"2 weeks" is not allowed; a number of 4 digits at most and s, m, h or d'],
    ["maxAge: 1h, requires: []", "1h is the age of no verdict; name steps in requires"],
    [
      "soak: 1h, requires: [pr]",
      ".soak, line 5: 1h has nothing to count from; name an environment in requires, such as stage",
    ],
    ["soak: 2h, maxAge: 120m", "2h is not shorter than maxAge (120m)"],
    ["requires: [dev]", '.requires, line 5: "dev" is not allowed: delivery.yaml does not have it; allowed: pr, stage'],
    ["requires: [prod]", '"prod" is not allowed; allowed: pr, dev, stage'],
    ["approvals: { count: -1 }", "-1 is out of range; it must be >= 0"],
    ["approvals: { cuont: 1 }", "the key cuont is not known (did you mean count?)"],
    ['ticket: { pattern: "CHG-(" }', '.ticket.pattern, line 5: "CHG-(" is no regular expression'],
    ["ticket: {}", "pattern is missing"],
  ])("%s: %s", (rules, fault) => expect(faultsOf(promote(rules)).join("\n")).toContain(fault))
  it("is named for stage too, which nothing but dev and pr come before", () =>
    expect(faultsOf(file("", { stage: ", promote: { requires: [stage] }" }))).toEqual([
      'environments.stage.promote.requires, line 4: "stage" is not allowed: it does not come before stage; allowed: pr',
    ]))
  it("is approval, which nothing read: the error says what to write", () =>
    expect(faultsOf(file(", approval: true"))).toEqual([
      "environments.prod.approval, line 5: the key approval was removed: nothing read it; " +
        "write `promote: { approvals: { count: 1 } }`",
    ]))
})

it.each([
  ["90s", 90],
  ["30m", 1800],
  ["2h", 7200],
  ["14d", 1_209_600],
])("%s are %d seconds", (text, seconds) => expect(secondsOf(text)).toBe(seconds))

it.each([
  ["Mon-Thu 08:00-16:00 Europe/Berlin", { days: [0, 1, 2, 3], from: 480, to: 960, zone: "Europe/Berlin" }],
  ["Sat-Mon,Wed 22:00-02:00 UTC", { days: [0, 2, 5, 6], from: 1320, to: 120, zone: "UTC" }],
  ["Sun 00:00-24:00 UTC", { days: [6], from: 0, to: 1440, zone: "UTC" }],
])("the window %s is read", (text, window) => expect(readWindow(text)).toEqual(window))
