// Who may go where, and when: clock x policy as one table, and the words of a refusal.
import { describe, expect, it } from "vitest"
import type { Promote } from "../../ci/src/config/promote"
import { atText, endOf, nextOpen, wallTime } from "../../ci/src/release/clock"
import {
  decide,
  decisionTable,
  refusalOf,
  type ApprovalFact,
  type HoldFact,
  type Question,
  type VerdictFact,
} from "../../ci/src/release/policy"

const seconds = (iso: string) => Date.parse(iso) / 1000
const hour = 3600
const day = 24 * hour
const tree = "a".repeat(64)
const commit = "6a57497bcae011ae584da337ef8feb7ba971aace"
const release = {
  tree,
  commit,
  commitTime: seconds("2026-11-01T00:00:00Z"),
  author: "ann@example.com",
  subject: "sha256:1",
}
const none: Promote = {
  requires: [],
  windows: [],
  freezes: [],
  approvals: { count: 0, notAuthor: true, ttl: "24h" },
}
const verdict = (step: VerdictFact["step"], at: string, more: Partial<VerdictFact> = {}): VerdictFact => ({
  step,
  tree,
  commit,
  passed: true,
  at: seconds(at),
  ...more,
})
const approval = (by: string, at: string, more: Partial<ApprovalFact> = {}): ApprovalFact => ({
  environment: "prod",
  subject: release.subject,
  by,
  at: seconds(at),
  ...more,
})
const hold = (at: string, more: Partial<HoldFact> = {}): HoldFact => ({
  id: "1",
  environment: "prod",
  at: seconds(at),
  by: "bob",
  reason: "the till is down",
  ...more,
})
type Rules = Partial<Promote>
type Facts = Partial<Pick<Question, "verdicts" | "approvals" | "holds" | "ticket" | "override" | "release">>
const ask = (now: string, rules: Rules, facts: Facts = {}) =>
  decide({
    environment: "prod",
    policy: { ...none, ...rules },
    release,
    verdicts: [],
    now: seconds(now),
    ...facts,
  })

/** Both steps green on Monday, 30 November 2026: pr at 06:00, stage at 08:00 UTC. */
const green = [verdict("pr", "2026-11-30T06:00:00Z"), verdict("stage", "2026-11-30T08:00:00Z")]
const both: Rules = { requires: ["pr", "stage"] }
const office: Rules = { windows: ["Mon-Thu 08:00-16:00 Europe/Berlin"] }
const night: Rules = { windows: ["Fri 22:00-02:00 Europe/Berlin"] }
const spring: Rules = { windows: ["Sun 02:00-03:00 Europe/Berlin"] }
const yearEnd = { from: "2026-12-20", to: "2027-01-03", reason: "year end" }
const two: Rules = { approvals: { count: 2, notAuthor: true, ttl: "24h" } }

/** A row: name, now, rules, facts, whether it is allowed, the earliest moment (undefined: somebody has to act), words. */
type Row = [string, string, Rules, Facts, boolean, string | undefined, RegExp?]
const now = (row: string): string => row

const rows: Row[] = [
  // Verdicts of the very tree.
  ["nothing required", "2026-11-30T09:00:00Z", {}, {}, true, now("2026-11-30T09:00:00Z")],
  ["pr and stage are green", "2026-11-30T09:00:00Z", both, { verdicts: green }, true, "2026-11-30T09:00:00Z"],
  [
    "no pr verdict",
    "2026-11-30T09:00:00Z",
    both,
    { verdicts: green.slice(1) },
    false,
    undefined,
    /no pr verdict: it was never checked/,
  ],
  [
    "no stage verdict",
    "2026-11-30T09:00:00Z",
    both,
    { verdicts: green.slice(0, 1) },
    false,
    undefined,
    /no stage verdict: it was never tested there/,
  ],
  [
    "red after green",
    "2026-11-30T09:00:00Z",
    both,
    { verdicts: [...green, verdict("stage", "2026-11-30T08:30:00Z", { passed: false, culprit: "stage:load: slow" })] },
    false,
    undefined,
    /red stage verdict of 2026-11-30T08:30:00Z: stage:load: slow/,
  ],
  [
    "green after red",
    "2026-11-30T09:00:00Z",
    both,
    { verdicts: [verdict("stage", "2026-11-30T07:00:00Z", { passed: false }), ...green] },
    true,
    "2026-11-30T09:00:00Z",
  ],
  [
    "green and red at one time",
    "2026-11-30T09:00:00Z",
    both,
    { verdicts: [...green, verdict("stage", "2026-11-30T08:00:00Z", { passed: false })] },
    false,
    undefined,
    /red stage verdict/,
  ],
  [
    "green for another tree of this commit",
    "2026-11-30T09:00:00Z",
    both,
    { verdicts: [green[0]!, verdict("stage", "2026-11-30T08:00:00Z", { tree: "b".repeat(64) })] },
    false,
    undefined,
    /verdict for another tree/,
  ],
  [
    "green for this tree at another commit",
    "2026-11-30T09:00:00Z",
    both,
    { verdicts: green.map((one) => ({ ...one, commit: "0".repeat(40) })) },
    true,
    "2026-11-30T09:00:00Z",
  ],
  // A writer's clock.
  [
    "a green verdict five minutes ahead",
    "2026-11-30T07:55:00Z",
    both,
    { verdicts: green },
    true,
    "2026-11-30T07:55:00Z",
  ],
  [
    "a green verdict an hour ahead",
    "2026-11-30T07:00:00Z",
    both,
    { verdicts: green },
    false,
    "2026-11-30T07:55:00Z",
    /1 h from now: a clock is wrong/,
  ],
  [
    "a green verdict ahead does not hide a red one",
    "2026-11-30T07:00:00Z",
    both,
    { verdicts: [green[0]!, verdict("stage", "2026-11-30T06:30:00Z", { passed: false }), green[1]!] },
    false,
    undefined,
    /red stage verdict of 2026-11-30T06:30:00Z/,
  ],
  [
    "a red verdict ahead counts",
    "2026-11-30T09:00:00Z",
    both,
    { verdicts: [...green, verdict("stage", "2026-11-30T12:00:00Z", { passed: false })] },
    false,
    undefined,
    /red stage verdict of 2026-11-30T12:00:00Z/,
  ],
  // maxAge: of the newest verdict; its edge is allowed.
  [
    "as old as maxAge",
    "2026-12-01T08:00:00Z",
    { ...both, maxAge: "24h" },
    { verdicts: green },
    true,
    "2026-12-01T08:00:00Z",
  ],
  [
    "a second older than maxAge",
    "2026-12-01T08:00:01Z",
    { ...both, maxAge: "24h" },
    { verdicts: green },
    false,
    undefined,
    /the newest verdict, stage, is 1 d 1 s old, at most 24h is allowed; run stage again/,
  ],
  [
    "maxAge without a verdict",
    "2026-12-01T08:00:00Z",
    { ...both, maxAge: "24h" },
    {},
    false,
    undefined,
    /maxAge: there is no green verdict/,
  ],
  // soak: since stage is green without a break; its edge is allowed.
  [
    "soaked to the second",
    "2026-11-30T10:00:00Z",
    { ...both, soak: "2h" },
    { verdicts: green },
    true,
    "2026-11-30T10:00:00Z",
  ],
  [
    "a second too early",
    "2026-11-30T09:59:59Z",
    { ...both, soak: "2h" },
    { verdicts: green },
    false,
    "2026-11-30T10:00:00Z",
    /2h are needed: 1 s are left/,
  ],
  [
    "a second green verdict does not begin anew",
    "2026-11-30T10:00:00Z",
    { ...both, soak: "2h" },
    { verdicts: [...green, verdict("stage", "2026-11-30T09:30:00Z")] },
    true,
    "2026-11-30T10:00:00Z",
  ],
  [
    "a red one between begins anew",
    "2026-11-30T10:00:00Z",
    { ...both, soak: "2h" },
    {
      verdicts: [
        ...green,
        verdict("stage", "2026-11-30T09:00:00Z", { passed: false }),
        verdict("stage", "2026-11-30T09:30:00Z"),
      ],
    },
    false,
    "2026-11-30T11:30:00Z",
  ],
  [
    "soak that ends after maxAge",
    "2026-11-30T08:30:00Z",
    { ...both, soak: "2h", maxAge: "1h" },
    { verdicts: green },
    false,
    undefined,
    /soak/,
  ],
  // Windows, in their own time zone.
  ["the first minute of a window", "2026-11-30T07:00:00Z", office, {}, true, "2026-11-30T07:00:00Z"],
  [
    "a second before a window",
    "2026-11-30T06:59:59Z",
    office,
    {},
    false,
    "2026-11-30T07:00:00Z",
    /the next one opens Mon 2026-11-30 08:00 Europe\/Berlin/,
  ],
  ["the end of a window is outside", "2026-11-30T15:00:00Z", office, {}, false, "2026-12-01T07:00:00Z"],
  ["from Thursday evening to Monday", "2026-12-03T15:00:00Z", office, {}, false, "2026-12-07T07:00:00Z"],
  [
    "in summer the same hours are an hour earlier in UTC",
    "2026-07-06T06:00:00Z",
    office,
    {},
    true,
    "2026-07-06T06:00:00Z",
  ],
  ["over the change to summer time", "2026-03-26T15:00:00Z", office, {}, false, "2026-03-30T06:00:00Z"],
  ["over the change to winter time", "2026-10-22T14:00:00Z", office, {}, false, "2026-10-26T07:00:00Z"],
  ["over midnight, before it", "2026-12-04T22:30:00Z", night, {}, true, "2026-12-04T22:30:00Z"],
  ["over midnight, after it", "2026-12-05T00:59:00Z", night, {}, true, "2026-12-05T00:59:00Z"],
  ["over midnight, its end", "2026-12-05T01:00:00Z", night, {}, false, "2026-12-11T21:00:00Z"],
  ["over midnight, the day before", "2026-12-04T00:30:00Z", night, {}, false, "2026-12-04T21:00:00Z"],
  ["an hour that the clock leaves out", "2026-03-28T12:00:00Z", spring, {}, false, "2026-04-05T00:00:00Z"],
  ["an hour that the clock repeats, the first time", "2026-10-25T00:30:00Z", spring, {}, true, "2026-10-25T00:30:00Z"],
  ["an hour that the clock repeats, the second time", "2026-10-25T01:30:00Z", spring, {}, true, "2026-10-25T01:30:00Z"],
  [
    "half-hour zones",
    "2026-11-30T03:29:00Z",
    { windows: ["Mon 09:00-10:00 Asia/Kolkata"] },
    {},
    false,
    "2026-11-30T03:30:00Z",
  ],
  [
    "the next of several windows",
    "2026-11-30T12:00:00Z",
    { windows: ["Wed 08:00-09:00 UTC", "Mon 20:00-21:00 America/New_York"] },
    {},
    false,
    "2026-12-01T01:00:00Z",
  ],
  // Freezes.
  [
    "a second before a freeze: it is allowed, and ends",
    "2026-12-19T23:59:59Z",
    { freezes: [yearEnd] },
    {},
    true,
    "2026-12-19T23:59:59Z",
  ],
  [
    "the first second of a freeze",
    "2026-12-20T00:00:00Z",
    { freezes: [yearEnd] },
    {},
    false,
    "2027-01-04T00:00:00Z",
    /frozen from 2026-12-20 to 2027-01-03: year end; it ends Mon 2027-01-04 00:00 UTC/,
  ],
  ["the last second of a freeze", "2027-01-03T23:59:59Z", { freezes: [yearEnd] }, {}, false, "2027-01-04T00:00:00Z"],
  [
    "a freeze in the zone of the windows, and the window after it",
    "2026-12-19T23:30:00Z",
    { ...office, freezes: [yearEnd] },
    {},
    false,
    "2027-01-04T07:00:00Z",
  ],
  [
    "a freeze in a zone of its own",
    "2026-12-20T00:00:00Z",
    { freezes: [{ ...yearEnd, zone: "America/New_York" }] },
    {},
    true,
    "2026-12-20T00:00:00Z",
  ],
  [
    "two freezes side by side",
    "2026-12-20T00:00:00Z",
    { freezes: [yearEnd, { from: "2027-01-04", to: "2027-01-04", reason: "stocktaking" }] },
    {},
    false,
    "2027-01-05T00:00:00Z",
  ],
  [
    "soak that ends in a freeze",
    "2026-12-19T23:00:00Z",
    { requires: ["stage"], soak: "2h", freezes: [yearEnd] },
    { verdicts: [verdict("stage", "2026-12-19T22:30:00Z")] },
    false,
    "2027-01-04T00:00:00Z",
  ],
  [
    "maxAge that ends in a freeze",
    "2026-12-20T00:00:00Z",
    { requires: ["stage"], maxAge: "7d", freezes: [yearEnd] },
    { verdicts: [verdict("stage", "2026-12-19T22:30:00Z")] },
    false,
    undefined,
  ],
  // Approvals.
  [
    "two people",
    "2026-11-30T09:00:00Z",
    two,
    { approvals: [approval("bob", "2026-11-30T08:00:00Z"), approval("cid", "2026-11-29T09:00:00Z")] },
    true,
    "2026-11-30T09:00:00Z",
  ],
  [
    "one person twice",
    "2026-11-30T09:00:00Z",
    two,
    { approvals: [approval("bob", "2026-11-30T08:00:00Z"), approval(" Bob", "2026-11-30T08:30:00Z")] },
    false,
    undefined,
    /1 of 2/,
  ],
  [
    "the author and another",
    "2026-11-30T09:00:00Z",
    two,
    { approvals: [approval("Ann@example.com", "2026-11-30T08:00:00Z"), approval("cid", "2026-11-30T08:30:00Z")] },
    false,
    undefined,
    /1 of 2 \(cid\) approvals; not counted: Ann@example.com is the author/,
  ],
  [
    "the author where that is allowed",
    "2026-11-30T09:00:00Z",
    { approvals: { count: 1, notAuthor: false, ttl: "24h" } },
    { approvals: [approval("ann@example.com", "2026-11-30T08:00:00Z")] },
    true,
    "2026-11-30T09:00:00Z",
  ],
  [
    "an author who is not known",
    "2026-11-30T09:00:00Z",
    { approvals: { count: 1, notAuthor: true, ttl: "24h" } },
    { release: { ...release, author: undefined }, approvals: [approval("bob", "2026-11-30T08:00:00Z")] },
    false,
    undefined,
    /the author of the commit is not known/,
  ],
  [
    "one a second too old",
    "2026-11-30T09:00:01Z",
    two,
    { approvals: [approval("bob", "2026-11-30T08:00:00Z"), approval("cid", "2026-11-29T09:00:00Z")] },
    false,
    undefined,
    /cid's is older than 24h/,
  ],
  [
    "one of other digests, one of another environment",
    "2026-11-30T09:00:00Z",
    two,
    {
      approvals: [
        approval("bob", "2026-11-30T08:00:00Z", { subject: "sha256:2" }),
        approval("cid", "2026-11-30T08:00:00Z", { environment: "stage" }),
      ],
    },
    false,
    undefined,
    /0 of 2 approvals; not counted: bob's is of other digests/,
  ],
  [
    "one that ends before the window opens",
    "2026-11-29T20:00:00Z",
    { ...office, approvals: { count: 1, notAuthor: true, ttl: "1h" } },
    { approvals: [approval("bob", "2026-11-29T19:30:00Z")] },
    false,
    undefined,
  ],
  // Tickets and holds.
  [
    "a ticket that is needed",
    "2026-11-30T09:00:00Z",
    { ticket: { pattern: "^CHG-[0-9]+$", required: true } },
    {},
    false,
    undefined,
    /ticket: none given/,
  ],
  [
    "a ticket that fits",
    "2026-11-30T09:00:00Z",
    { ticket: { pattern: "^CHG-[0-9]+$", required: true } },
    { ticket: "CHG-7" },
    true,
    "2026-11-30T09:00:00Z",
  ],
  [
    "a ticket that does not fit, though none is needed",
    "2026-11-30T09:00:00Z",
    { ticket: { pattern: "^CHG-[0-9]+$", required: false } },
    { ticket: "CHG-x" },
    false,
    undefined,
    /"CHG-x" is not like/,
  ],
  [
    "a hold",
    "2026-11-30T09:00:00Z",
    {},
    { holds: [hold("2026-11-30T08:00:00Z")] },
    false,
    undefined,
    /held by bob for 1 h: the till is down; until `dagger call evidence release-hold`$/,
  ],
  [
    "a hold that was lifted, and one of stage",
    "2026-11-30T09:00:00Z",
    {},
    {
      holds: [hold("2026-11-30T08:00:00Z", { released: true }), hold("2026-11-30T08:00:00Z", { environment: "stage" })],
    },
    true,
    "2026-11-30T09:00:00Z",
  ],
  [
    "a rollback's hold stops its release",
    "2026-11-30T09:00:00Z",
    {},
    { holds: [hold("2026-11-30T08:00:00Z", { badCommitTime: release.commitTime })] },
    false,
    undefined,
    /or a newer release goes out/,
  ],
  [
    "a rollback's hold lets a newer release pass",
    "2026-11-30T09:00:00Z",
    {},
    { holds: [hold("2026-11-30T08:00:00Z", { badCommitTime: release.commitTime - 1 })] },
    true,
    "2026-11-30T09:00:00Z",
  ],
]

describe("clock and policy", () => {
  it.each(rows)("%s", (_, at, rules, facts, allowed, earliest, words) => {
    const decision = ask(at, rules, facts)
    expect(decision.allowed, decisionTable(decision)).toBe(allowed)
    expect(decision.earliest === undefined ? undefined : new Date(decision.earliest * 1000).toISOString()).toBe(
      earliest?.replace(/Z$/, ".000Z"),
    )
    if (words) expect(refusalOf(decision)).toMatch(words)
    if (allowed) expect(refusalOf(decision)).toBeUndefined()
  })
  it("has at least forty rows", () => expect(rows.length).toBeGreaterThanOrEqual(40))
  it("gives a moment at which it allows, and none that it refuses: on every row, a second before as well", () => {
    for (const [name, at, rules, facts] of rows) {
      const { earliest } = ask(at, rules, facts)
      if (earliest === undefined) continue
      const then = (moment: number) => ask(new Date(moment * 1000).toISOString(), rules, facts).allowed
      expect(then(earliest), name).toBe(true)
      if (earliest > seconds(at)) expect(then(earliest - 1), name).toBe(false)
    }
  })
})

describe("an override", () => {
  const override = {
    environment: "prod" as const,
    subject: release.subject,
    at: 0,
    by: "eve",
    reason: "the shop is down",
  }
  const held = { holds: [hold("2026-11-30T08:00:00Z")] }
  it("lets a release pass, with person and reason in the table; what the rules say stays in it", () => {
    const decision = ask("2026-11-30T09:00:00Z", both, { ...held, override })
    expect(refusalOf(decision)).toBeUndefined()
    expect(decisionTable(decision)).toContain("✘ requires stage")
    expect(decisionTable(decision)).toContain(
      "6a57497bcae0 → prod: allowed by eve, against the rules: the shop is down",
    )
  })
  it("of other digests or another environment is none", () => {
    for (const other of [
      { ...override, subject: "sha256:2" },
      { ...override, environment: "stage" as const },
    ])
      expect(ask("2026-11-30T09:00:00Z", {}, { ...held, override: other }).allowed).toBe(false)
  })
  it("of a release that may go anyway is not shown", () =>
    expect(ask("2026-11-30T09:00:00Z", {}, { override }).override).toBeUndefined())
})

describe("the words", () => {
  it("of a table have each rule, and when it is allowed", () =>
    expect(
      decisionTable(ask("2026-11-30T09:00:00Z", { ...both, soak: "2h", freezes: [yearEnd] }, { verdicts: green })),
    ).toBe(
      [
        "✔ requires pr     green verdict of 2026-11-30T06:00:00Z",
        "✔ requires stage  green verdict of 2026-11-30T08:00:00Z",
        "✘ soak            stage is green since 2026-11-30T08:00:00Z, and 2h are needed: 1 h are left",
        "✔ freezes         no freeze today",
        "✔ hold            none",
        "6a57497bcae0 → prod: not allowed now; from 2026-11-30T10:00:00Z on if nothing changes",
      ].join("\n"),
    ))
  it("of a refusal are all rules that say no", () =>
    expect(refusalOf(ask("2026-11-30T09:00:00Z", both, { holds: [hold("2026-11-30T08:59:59Z")] }))).toBe(
      "requires pr: 6a57497bcae0 has no pr verdict: it was never checked; run pr with the registry and the record key; " +
        "requires stage: 6a57497bcae0 has no stage verdict: it was never tested there; run stage first; " +
        "hold: held by bob for 1 s: the till is down; until `dagger call evidence release-hold`",
    ))
})

describe("a clock", () => {
  it("shows the time of its zone", () => {
    expect(wallTime(seconds("2026-03-29T00:59:59Z"), "Europe/Berlin").time).toBe("01:59")
    expect(wallTime(seconds("2026-03-29T01:00:00Z"), "Europe/Berlin").time).toBe("03:00")
    expect(atText(seconds("2026-12-31T23:30:00Z"), "Asia/Tokyo")).toBe("Fri 2027-01-01 08:30 Asia/Tokyo")
  })
  it.each(["Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Asia/Kathmandu", "UTC"])(
    "ends a freeze at midnight in %s",
    (zone) => {
      const end = endOf({ from: "2026-03-01", to: "2026-03-08", reason: "x", zone }, [])
      expect(wallTime(end, zone)).toMatchObject({ day: "2026-03-09", time: "00:00" })
      expect(wallTime(end - 1, zone).day).toBe("2026-03-08")
    },
  )
  it("finds the first open moment that a search in steps of a quarter of an hour finds, around each change of the clock", () => {
    const zone = "Europe/Berlin"
    const open = (at: number) => {
      const { ofWeek } = wallTime(at, zone)
      return [1, 5].some((weekday) => ofWeek >= weekday * 1440 + 90 && ofWeek < weekday * 1440 + 195)
    }
    for (const change of ["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"])
      for (
        let at = seconds(`${change}T00:00:00Z`) - 2 * day;
        at < seconds(`${change}T00:00:00Z`) + day;
        at += 7 * hour
      ) {
        let slow = at
        while (!open(slow)) slow += 900
        expect(nextOpen([`Tue,Sat 01:30-03:15 ${zone}`], at), new Date(at * 1000).toISOString()).toBe(slow)
      }
  })
})
