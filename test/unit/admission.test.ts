// The policy at work on stored entries: verdicts, approvals, holds and overrides of a store in memory.
import { describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import {
  admittedText,
  checkPromotion,
  holdAfterRollback,
  holdsIn,
  mayTable,
  noPromotion,
  overrideEntry,
  overridesText,
  questionOf,
  rehearsed,
  scopeOf,
  storedOf,
  unpromoted,
  type Promotion,
} from "../../ci/src/release/admission"
import { recorded } from "../../ci/src/release/checks-record"
import type { Promote } from "../../ci/src/config/promote"
import { decide, refusalOf } from "../../ci/src/release/policy"
import { lift, personOf } from "../../ci/src/release/promotion"
import { ownEvidence } from "../../ci/src/release/evidence"
import { Records, referencesOf, verdictEntry, type RecordStore, type ReleaseRecord } from "../../ci/src/release/record"
import type { Stage } from "../../ci/src/report/stages"

const tree = "a".repeat(64)
const sha = "6a57497bcae011ae584da337ef8feb7ba971aace"
const stored = {
  ...{ tree, sha, commitTime: "2026-11-01T00:00:00Z", author: "ann@example.com" },
  ...{ images: { api: "registry:5000/api@sha256:1" }, chart: "c@sha256:2", files: "f@sha256:3" },
}
const record: ReleaseRecord = { ...stored, verdicts: {} }
const stage = (name: string, status: Stage["status"] = "passed"): Stage => ({
  ...{ name, status, reason: `${name} says why`, seconds: 1, cached: false, exitCode: 0 },
})

/** Records in memory, as a registry keeps them. */
async function recordsWith(): Promise<Records> {
  const texts: Record<string, string> = {}
  const store: RecordStore = {
    read: async (prefix) =>
      Object.fromEntries(Object.entries(texts).filter(([name]) => name === prefix || name.startsWith(`${prefix}.`))),
    write: async (name, text) => void (texts[name] = text),
  }
  const records = new Records(store, ownEvidence())
  await records.add(stored)
  return records
}

const config = parseConfig(
  `services:\n  a: { path: a, kind: go }\nenvironments:
  stage: { appMode: qa, appUrl: "https://a.example", namespace: stage, values: v.yaml }
  prod: { extends: stage, namespace: prod, promote: { soak: 1h, windows: ["Mon 08:00-09:00 UTC"], approvals: { count: 1 } } }
`,
)
/** The rules without a clock, so that the tests have one answer on every day. */
const prod: { name: "stage" | "prod"; promote: Promote } = {
  name: "prod",
  promote: { ...config.environments.prod!.promote, windows: [], soak: undefined },
}
const simple: typeof prod = {
  ...prod,
  promote: { ...prod.promote, approvals: { count: 0, notAuthor: true, ttl: "24h" } },
}

const ask = async (records: Records, where = simple, promotion: Promotion = noPromotion) =>
  decide(questionOf(where, record, await storedOf(records, record, where.name), { promotion, now: Date.now() / 1000 }))
const checked = (records: Records, ...stages: Stage[]) =>
  recorded(stages, async () => ({ identity: { sha, tree, dirty: false }, isEphemeral: false, records }))
const approved = (by: string) => ({ kind: "approval", tree, at: Date.now() / 1000, environment: "prod", by })
const held = { kind: "hold", tree: scopeOf("prod"), environment: "prod", by: "bob", reason: "the till is down" }

describe("a release", () => {
  it("without a verdict of pr goes nowhere, with one to stage, and with one of stage to prod", async () => {
    const records = await recordsWith()
    const toStage = { ...simple, name: "stage" as const, promote: config.environments.stage!.promote }
    expect(refusalOf(await ask(records, toStage))).toContain("6a57497bcae0 has no pr verdict")
    expect((await checked(records, stage("api:test"))).reason).toBe("green verdict of pr on the tree aaaaaaaaaaaa")
    expect((await ask(records, toStage)).allowed).toBe(true)
    expect(refusalOf(await ask(records))).toBe(
      "requires stage: 6a57497bcae0 has no stage verdict: it was never tested there; run stage first",
    )
    await records.judge(record, "stage", [stage("stage:api")])
    expect((await ask(records)).allowed).toBe(true)
  })
  it("that became red is refused with what was red", async () => {
    const records = await recordsWith()
    await checked(records, stage("api:test"))
    await records.append(verdictEntry(record, "stage", [stage("stage:api")], 1000), referencesOf(record))
    const red = [stage("stage:api"), stage("stage:load", "failed")]
    await records.append(verdictEntry(record, "stage", red, 2000), referencesOf(record))
    expect(refusalOf(await ask(records))).toBe(
      "requires stage: 6a57497bcae0 has a red stage verdict of 1970-01-01T00:33:20Z: " +
        "stage:load: stage:load says why; correct it and run stage again",
    )
  })
  it("whose stage verdict is of other digests is refused", async () => {
    const records = await recordsWith()
    await checked(records, stage("api:test"))
    await records.append(verdictEntry(record, "stage", [stage("stage:api")]), ["registry:5000/api@sha256:9"])
    expect(refusalOf(await ask(records))).toContain("no stage verdict")
  })
})

describe("the verdict of pr", () => {
  it("is red as well", async () => {
    const records = await recordsWith()
    expect((await checked(records, stage("api:test", "failed"))).reason).toContain("red verdict of pr")
    expect(refusalOf(await ask(records))).toContain("red pr verdict")
  })
  it("is not recorded of a part of the checks, or of uncommitted changes, and that is no failure", async () => {
    const records = await recordsWith()
    const part = await checked(records, stage("api:test"), stage("api:lint", "skipped"))
    expect(part).toMatchObject({
      status: "notApplicable",
      reason: "not recorded: a verdict needs all checks, and api:lint did not run",
    })
    const identity = { sha, tree: `${tree}-dirty`, dirty: true }
    const dirty = await recorded([stage("api:test")], async () => ({ identity, isEphemeral: false, records }))
    expect(dirty.status).toBe("notApplicable")
    expect((await records.entries(tree)).map(({ kind }) => kind)).toEqual(["published"])
    expect(await records.entries(`${tree}-dirty`)).toEqual([])
  })
  it("that cannot be stored is a red stage, and the checks keep theirs", async () =>
    expect(
      await recorded([stage("api:test")], () => Promise.reject(new Error("503 Service Unavailable"))),
    ).toMatchObject({ name: "record", status: "failed", reason: "503 Service Unavailable", exitCode: 1 }))
})

describe("people", () => {
  it("approve digests, and the author does not", async () => {
    const records = await recordsWith()
    await checked(records, stage("api:test"))
    await records.judge(record, "stage", [stage("stage:api")])
    await records.append(approved("ann@example.com"), referencesOf(record))
    await records.append(approved("cid"), ["registry:5000/api@sha256:9"])
    const table = await mayTable({ ...prod, environment: prod }, record, records)
    expect(table).toContain(
      "✘ approvals       0 of 1 approvals; not counted: ann@example.com is the author, cid's is of other digests",
    )
    expect(table).toContain("6a57497bcae0 → prod: not allowed; somebody has to act first (✘)")
    await records.append(approved("bob"), referencesOf(record))
    expect(await mayTable({ ...prod, environment: prod }, record, records)).toContain(
      "6a57497bcae0 → prod: allowed now",
    )
  })
  it("hold an environment, and lift what stands; a later hold stays", async () => {
    const records = await recordsWith()
    const open = { ...simple, promote: { ...simple.promote, requires: [] } }
    expect(await lift(records, { environment: "prod", by: "eve", reason: "" })).toBe("prod is not held\n")
    await records.append({ ...held, at: 1000 })
    expect(refusalOf(await ask(records, open))).toContain("hold: held by bob for")
    expect(await lift(records, { environment: "prod", by: "eve", reason: "it works" })).toBe(
      "lifted: bob: the till is down\n",
    )
    expect((await ask(records, open)).allowed).toBe(true)
    await records.append({ ...held, at: 2000 })
    expect((await ask(records, open)).allowed).toBe(false)
    expect(holdsIn(await records.entries(scopeOf("prod"))).map(({ released }) => released)).toEqual([true, false])
  })
  it("have names", () => {
    expect(personOf(" ann@example.com ")).toBe("ann@example.com")
    for (const name of ["", "  ", "a\nb", "x".repeat(101)]) expect(() => personOf(name)).toThrow("by: missing")
  })
  it("override with a reason, which later reports show for 90 days", async () => {
    const records = await recordsWith()
    const promotion = { ticket: "", overrideBy: "eve", overrideReason: "the shop is down" }
    const decision = await ask(records, simple, promotion)
    expect(decision.allowed).toBe(true)
    expect(admittedText(decision, "")).toBe("against the rules (requires pr, requires stage) by eve: the shop is down")
    await records.append(overrideEntry(decision.override!, record), referencesOf(record))
    const { overrides } = await storedOf(records, record, "prod")
    const now = Date.now() / 1000
    expect(overridesText(overrides, now)).toMatch(
      /^1 deployed against the rules in the last 90 days: 6a57497bcae0 on \d{4}-\d\d-\d\d by eve: the shop is down$/,
    )
    expect(overridesText(overrides, now + 91 * 86_400)).toBe("")
    expect(await mayTable({ ...simple, environment: simple }, record, records)).toContain("by eve: the shop is down")
  })
  it("give both, a name and a reason, or neither", () => {
    expect(() => checkPromotion({ ...noPromotion, overrideBy: "eve" })).toThrow(
      "give both, a person and why, or neither",
    )
    expect(() => checkPromotion({ ...noPromotion, overrideReason: "why" })).toThrow("give both")
    expect(() => checkPromotion(noPromotion)).not.toThrow()
  })
})

it("a rollback holds its release and older ones, and lets a newer one pass", async () => {
  const records = await recordsWith()
  const open = { ...simple, promote: { ...simple.promote, requires: [] } }
  await holdAfterRollback(records, "prod", record, "prod:analysis: error rate 50 % > 1 %")
  expect(refusalOf(await ask(records, open))).toContain(
    "6a57497bcae0 was rolled back: prod:analysis: error rate 50 % > 1 %; until `dagger call evidence release-hold`, or a newer release goes out",
  )
  const newer = { ...record, commitTime: "2026-11-02T00:00:00Z" }
  const { holds } = await storedOf(records, record, "prod")
  const question = questionOf(
    open,
    newer,
    { verdicts: [], approvals: [], holds, overrides: [], uncounted: [] },
    { promotion: noPromotion, now: 2e9 },
  )
  expect(decide(question).allowed).toBe(true)
})

it("a rehearsal asks for verdicts alone, and what is not promoted for nothing", () => {
  const none = { windows: [], freezes: [], approvals: { count: 0, notAuthor: true, ttl: "24h" } }
  expect(rehearsed(config).environments.prod!.promote).toEqual({ requires: ["pr", "stage"], ...none })
  expect(unpromoted(config).environments.prod!.promote).toEqual({ requires: [], ...none })
})

it("a release that is allowed says by which rules, and what was overridden before", () =>
  expect(
    admittedText(
      { environment: "prod", commit: sha, allowed: true, answers: [{ rule: "hold", allowed: true, reason: "none" }] },
      "1 deployed against the rules",
    ),
  ).toBe("allowed by hold; 1 deployed against the rules"))
