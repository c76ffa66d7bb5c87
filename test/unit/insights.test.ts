// Measures of delivery: a known history of 200 releases, whose figures the generator counts itself, and small cases by hand.
import { describe, expect, it } from "vitest"
import { ownEvidence } from "../../ci/src/release/evidence"
import { measuredIn } from "../../ci/src/release/evidence-commands"
import { Records, referencesOf, verdictEntry, type StoredRelease } from "../../ci/src/release/record"
import { deploymentsTo, insightsOf, periodOf, spanOf, type History, type Measures } from "../../ci/src/report/insights"
import { insightsHtml, insightsJson, insightsTable, lengthText } from "../../ci/src/report/insights-page"

type Entry = History["entries"][number]

const hour = 3600
const day = 24 * hour
const now = Date.parse("2026-11-30T12:00:00Z") / 1000
type Outcome = "green" | "red" | "undecided" | "nothing" | "back"

let count = 0
/** The verdict of a deployment, `at` seconds before now. */
function verdict(
  environment: string,
  ago: number,
  outcome: Outcome,
  { tree = "t", deployment = `d${count++}` } = {},
): Entry {
  const stage = (name: string, status: string) => ({ name: `${environment}:${name}`, status, reason: "" })
  const stages = {
    green: [stage("deploy", "passed"), stage("health", "passed")],
    red: [stage("deploy", "passed"), stage("health", "failed")],
    back: [stage("deploy", "passed"), stage("analysis", "failed"), stage("rollback", "passed")],
    undecided: [stage("deploy", "passed"), stage("analysis", "inconclusive"), stage("slack", "failed")],
    nothing: [stage("deploy", "failed"), stage("rollback", "notApplicable")],
  }[outcome]
  const fields = { step: environment, commit: "c", passed: outcome === "green", subject: [], stages, deployment }
  return { kind: "verdict", tree, at: now - ago, ...fields }
}
const measured = (entries: Entry[], releases: History["releases"] = [], period = 30 * day): Measures | undefined =>
  insightsOf({ releases, entries }, period, now).environments.find(({ environment }) => environment === "prod")

describe("a small history", () => {
  it("of nothing has no environment", () =>
    expect(insightsOf({ releases: [], entries: [] }, day, now).environments).toEqual([]))
  it.each<[string, [ago: number, outcome: Outcome][], Partial<Measures>]>([
    ["one green", [[hour, "green"]], { deployments: 1, failed: 0, failRate: 0, rework: 0, undecided: 0 }],
    [
      "a red one, and nothing after it",
      [[2 * hour, "red"]],
      { failRate: 100, recoveryTime: undefined, redSince: now - 2 * hour },
    ],
    [
      "a red one and its fix",
      [
        [5 * hour, "red"],
        [2 * hour, "green"],
      ],
      { failRate: 50, rework: 1, reworkRate: 50, recoveryTime: { count: 1, median: 3 * hour, p90: 3 * hour } },
    ],
    [
      "two red ones in a row: one time of red, and rework twice",
      [
        [9 * hour, "red"],
        [6 * hour, "red"],
        [hour, "green"],
      ],
      { failed: 2, rework: 2, recoveryTime: { count: 1, median: 8 * hour, p90: 8 * hour } },
    ],
    [
      "one that went back by itself",
      [
        [5 * hour, "back"],
        [hour, "green"],
      ],
      { failed: 1, rework: 1, redSince: undefined, recoveryTime: { count: 1, median: 0, p90: 0 } },
    ],
    [
      "one that could not be judged",
      [
        [5 * hour, "green"],
        [hour, "undecided"],
      ],
      { deployments: 2, undecided: 1, failRate: 0, redSince: undefined },
    ],
    [
      "one that could not be judged between red and green",
      [
        [5 * hour, "red"],
        [4 * hour, "undecided"],
        [hour, "green"],
      ],
      { deployments: 3, failRate: 50, recoveryTime: { count: 1, median: 4 * hour, p90: 4 * hour } },
    ],
    [
      "one that deployed nothing",
      [
        [5 * hour, "green"],
        [hour, "nothing"],
      ],
      { deployments: 1, failRate: 0 },
    ],
    [
      "a red one before the period and its fix within",
      [
        [40 * day, "red"],
        [hour, "green"],
      ],
      {
        deployments: 1,
        failed: 0,
        rework: 1,
        recoveryTime: { count: 1, median: 40 * day - hour, p90: 40 * day - hour },
      },
    ],
    [
      "all before the period",
      [[40 * day, "green"]],
      { deployments: 0, failRate: undefined, reworkRate: undefined, leadTime: undefined },
    ],
    [
      "a clock that is ahead",
      [
        [hour, "green"],
        [-hour, "red"],
      ],
      { deployments: 1, failed: 0 },
    ],
  ])("%s", (_, deployments, expected) => {
    const found = measured(deployments.map(([ago, outcome]) => verdict("prod", ago, outcome)))
    expect(found).toMatchObject(expected)
  })
  it("counts a deployment once however often it is judged, by its newest verdict", () => {
    const again = { deployment: "same" }
    const entries = [verdict("prod", 9 * hour, "red", again), verdict("prod", hour, "green", again)]
    expect(deploymentsTo("prod", entries)).toEqual([{ tree: "t", at: now - 9 * hour, outcome: "green", isBack: false }])
    expect(measured(entries)).toMatchObject({ deployments: 1, failed: 0 })
  })
  it("takes the lead time to the first green verdict, of releases whose commit is known", () => {
    const at = (ago: number) => new Date(1000 * (now - ago)).toISOString()
    const releases = [
      { tree: "a", commitTime: at(10 * hour) },
      { tree: "b", commitTime: at(3 * day) },
      { tree: "c", commitTime: at(-hour) },
    ]
    const entries = [
      ...[verdict("prod", 8 * hour, "red", { tree: "a" }), verdict("prod", 6 * hour, "green", { tree: "a" })],
      ...[verdict("prod", hour, "green", { tree: "a" }), verdict("prod", 2 * day, "green", { tree: "b" })],
      ...[verdict("prod", hour, "green", { tree: "c" }), verdict("prod", hour, "green", { tree: "unknown" })],
      verdict("stage", 9 * hour, "green", { tree: "a" }),
    ]
    // 4 h, 24 h, and 0 for the commit of a clock that is ahead.
    expect(measured(entries, releases)!.leadTime).toEqual({ count: 3, median: 4 * hour, p90: 24 * hour })
  })
  it.each([
    ["30d", 30 * day],
    ["12h", 12 * hour],
    ["2w", 14 * day],
  ])("%s is a period", (text, seconds) => expect(periodOf(text)).toBe(seconds))
  it.each(["", "30", "0d", "-1d", "1.5d", "30 d", "1y"])("%j is none", (text) =>
    expect(() => periodOf(text)).toThrow(
      `since: ${JSON.stringify(text)} is not allowed; a number with h, d or w, such as 30d`,
    ),
  )
})

/** Random numbers from 0 to 1 that are the same in each run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** What the generator counts while it makes a history. */
interface Known {
  deployments: number
  red: number
  judged: number
  unplanned: number
  undecided: number
  leads: number[]
  outages: number[]
  redSince?: number
}

/** Makes 200 releases, one after the other, over the 60 days before now, and counts what happens in the last 30 as it goes. */
function history(seed: number): { history: History; known: Known } {
  const random = randomFrom(seed)
  const known: Known = { deployments: 0, red: 0, judged: 0, unplanned: 0, undecided: 0, leads: [], outages: [] }
  const releases: History["releases"] = []
  const entries: Entry[] = []
  let ago = 60 * day
  let isDown = false
  let wasRed = false
  let downSince = 0
  for (let i = 0; i < 200; i++) {
    const tree = `tree${i}`
    const committed = ago + Math.floor(random() * 5 * day)
    releases.push({ tree, commitTime: new Date(1000 * (now - committed)).toISOString() })
    entries.push(verdict("stage", ago + 60, random() < 0.8 ? "green" : "red", { tree }))
    entries.push({ kind: "approval", tree, at: now - ago, environment: "prod", by: "ann" })
    const draw = random()
    const outcome: Outcome =
      draw < 0.7 ? "green" : draw < 0.8 ? "red" : draw < 0.9 ? "back" : draw < 0.95 ? "undecided" : "nothing"
    entries.push(verdict("prod", ago, outcome, { tree }))
    const counts = ago <= 30 * day
    if (outcome !== "nothing" && counts) known.deployments++
    if (outcome === "undecided" && counts) known.undecided++
    if (outcome === "green" || outcome === "red" || outcome === "back") {
      if (counts) {
        known.judged++
        if (wasRed) known.unplanned++
        if (outcome !== "green") known.red++
        if (outcome === "green") known.leads.push(committed - ago)
      }
      if (outcome === "red" && !isDown) [isDown, downSince] = [true, ago]
      if (outcome !== "red" && (isDown || outcome === "back")) {
        if (counts) known.outages.push(isDown ? downSince - ago : 0)
        isDown = false
      }
      wasRed = outcome !== "green"
    }
    ago -= Math.max(60, Math.floor(random() * 0.5 * day))
  }
  if (isDown) known.redSince = now - downSince
  return { history: { releases, entries }, known }
}

describe("a known history of 200 releases", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("has the figures that its generator has counted (seed %i)", (seed) => {
    const { history: made, known } = history(seed)
    expect(made.releases.length).toBe(200)
    const found = insightsOf(made, 30 * day, now).environments.find(({ environment }) => environment === "prod")!
    expect(found).toMatchObject({
      deployments: known.deployments,
      perDay: known.deployments / 30,
      failed: known.red,
      failRate: (100 * known.red) / known.judged,
      rework: known.unplanned,
      reworkRate: (100 * known.unplanned) / known.judged,
      undecided: known.undecided,
    })
    expect(found.redSince).toBe(known.redSince)
    for (const [span, values] of [
      [found.leadTime!, known.leads],
      [found.recoveryTime!, known.outages],
    ] as const) {
      const share = (isIn: (one: number) => boolean) => values.filter(isIn).length / values.length
      expect(span.count).toBe(values.length)
      expect(share((one) => one <= span.median)).toBeGreaterThanOrEqual(0.5)
      expect(share((one) => one >= span.median)).toBeGreaterThanOrEqual(0.5)
      expect(share((one) => one <= span.p90)).toBeGreaterThanOrEqual(0.9)
      expect(share((one) => one < span.p90)).toBeLessThan(0.9)
    }
    const days = found.days.map(({ green, red, undecided }) => green + red + undecided)
    expect(days.reduce((sum, one) => sum + one, 0)).toBe(known.deployments)
    expect(found.days.reduce((sum, { red }) => sum + red, 0)).toBe(known.red)
  })
  it("has them in any order, and whatever else is stored", () => {
    const { history: made } = history(11)
    const random = randomFrom(5)
    const shuffled = made.entries
      .map((entry) => ({ entry, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ entry }) => entry)
    const more: Entry[] = [
      { ...verdict("pr", hour, "red"), step: "pr" },
      { kind: "hold", tree: "environment-prod", environment: "prod", at: now - hour, by: "ann", reason: "x" },
    ]
    expect(insightsOf({ ...made, entries: [...more, ...shuffled] }, 30 * day, now)).toEqual(
      insightsOf(made, 30 * day, now),
    )
  })
  it("is computed in less than a second", () => {
    const { history: made } = history(3)
    const many = Array.from({ length: 20 }, (_, i) =>
      made.entries.map((entry) => ({ ...entry, deployment: `${String(entry.deployment)}-${i}` })),
    ).flat()
    const began = performance.now()
    insightsOf({ ...made, entries: many }, 365 * day, now)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})

describe("for people", () => {
  const entries = [
    verdict("prod", 5 * hour, "red"),
    verdict("prod", 2 * hour, "green"),
    verdict("stage", 3 * hour, "red"),
  ]
  const releases = [{ tree: "t", commitTime: new Date(1000 * (now - 50 * hour)).toISOString() }]
  const insights = insightsOf({ releases, entries }, 7 * day, now)
  it("is a table with a column for each environment", () =>
    expect(insightsTable(insights)).toBe(
      `2026-11-23 to 2026-11-30
                  stage                                 prod
deployments       1 (1 a week)                          2 (2 a week)
lead time         none                                  2 days (9 of 10: 2 days)
change fail rate  100 % (1 of 1)                        50 % (1 of 2)
recovery time     not yet; red since 2026-11-30T09:00Z  3 h (9 of 10: 3 h)
rework rate       0 % (0 of 1)                          50 % (1 of 2)
`,
    ))
  it("says that nothing was deployed", () => {
    const nothing = insightsOf({ releases: [], entries: [] }, day, now)
    expect(insightsTable(nothing)).toBe("2026-11-29 to 2026-11-30: nothing was deployed\n")
    expect(insightsHtml(nothing)).toContain("<h1>Nothing was deployed</h1>")
  })
  it("is a page that loads nothing, with a chart for each environment", () => {
    const page = insightsHtml(insights)
    expect(page.match(/<svg /g)).toHaveLength(2)
    expect(page).toContain("<h1>stage red now</h1>")
    expect(page).toContain('<header class="red">')
    expect(page).toContain("<title>2026-11-30: 1 red</title>")
    expect(page).toContain("<dt>recovery time</dt><dd>not yet<small>red since 2026-11-30T09:00Z</small></dd>")
    expect(page).toContain("<dt>lead time</dt><dd>2 days<small>9 of 10: 2 days</small></dd>")
    expect(page).not.toMatch(/<(script|link|img)|src=|url\(/)
  })
  it.each([
    [0, "0 s"],
    [59, "59 s"],
    [90, "1.5 min"],
    [3600, "1 h"],
    [47 * hour, "47 h"],
    [10 * day, "10 days"],
  ])("%i seconds are %s", (seconds, text) => expect(lengthText(seconds)).toBe(text))
  it("has a median and a ninth decile", () => {
    expect(spanOf([])).toBeUndefined()
    expect(spanOf([3, 1])).toEqual({ count: 2, median: 2, p90: 3 })
    expect(spanOf([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])).toEqual({ count: 10, median: 5.5, p90: 9 })
  })
})

describe("signed statements in a registry", () => {
  const releaseOf = (digit: string, ago: number): StoredRelease => ({
    tree: digit.repeat(64),
    sha: digit.repeat(40),
    commitTime: new Date(1000 * (now - ago)).toISOString(),
    images: { api: `registry:5000/api@sha256:${digit.repeat(64)}` },
    chart: `registry:5000/charts/shop@sha256:${digit.repeat(64)}`,
    files: `registry:5000/files@sha256:${digit.repeat(64)}`,
  })
  /** Two releases, the first one red in prod. */
  async function stored(): Promise<{ texts: Record<string, string>; records: Records }> {
    const texts: Record<string, string> = {}
    const read = async (prefix: string) =>
      Object.fromEntries(Object.entries(texts).filter(([name]) => !prefix || name.split(".")[0] === prefix))
    const records = new Records({ read, write: async (name, text) => void (texts[name] = text) }, ownEvidence())
    const said = [
      { release: releaseOf("1", 9 * hour), status: "failed", ago: 5 * hour },
      { release: releaseOf("2", 4 * hour), status: "passed", ago: 2 * hour },
    ] as const
    for (const { release, status, ago } of said) {
      await records.add(release)
      const stages = [{ name: "prod:health", status, reason: "", seconds: 1, cached: false, exitCode: 0 }]
      const entry = verdictEntry({ ...release, deployment: release.sha }, "prod", stages, now - ago)
      await records.append(entry, referencesOf(release))
    }
    await records.append({
      kind: "hold",
      tree: "environment-prod",
      environment: "prod",
      at: now,
      by: "ann",
      reason: "x",
    })
    return { texts, records }
  }
  it("are what insights are of", async () => {
    const { records } = await stored()
    const insights = await measuredIn(records, "1d", now)
    expect(insights.environments).toMatchObject([
      {
        ...{ environment: "prod", deployments: 2, failRate: 50, reworkRate: 50 },
        leadTime: { count: 1, median: 2 * hour, p90: 2 * hour },
        recoveryTime: { count: 1, median: 3 * hour, p90: 3 * hour },
      },
    ])
    expect(JSON.parse(insightsJson(insights))).toMatchObject({ from: now - day, to: now })
  })
  it("are refused if one was altered, or the period is none", async () => {
    const { texts, records } = await stored()
    await expect(measuredIn(records, "month", now)).rejects.toThrow('since: "month" is not allowed')
    const name = Object.keys(texts).find((one) => one.includes(".verdict."))!
    texts[name.replace(".verdict.", ".verdict.9")] = texts[name]!
    await expect(measuredIn(records, "1d", now)).rejects.toThrow()
  })
})
