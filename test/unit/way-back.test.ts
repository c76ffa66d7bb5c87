// What follows from a deployment: what is rolled back, to which release, and what waits for a person. Pure.
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { ReleaseRecord } from "../../ci/src/release/record"
import {
  consequenceOf,
  deploymentLabels,
  deploymentOf,
  isKnownGood,
  lastGood,
  notBack,
  type Revision,
} from "../../ci/src/release/way-back"
import { messageOf } from "../../ci/src/report/message"
import { verdictOf, type Stage } from "../../ci/src/report/stages"

const stage = (name: string, status: Stage["status"], more: Partial<Stage> = {}): Stage => ({
  ...{ name, status, reason: `${name} is ${status}`, seconds: 1, cached: false },
  exitCode: status === "passed" ? 0 : 1,
  ...more,
})
const deployed = stage("prod:deploy", "passed")
const healthy = stage("prod:health", "passed")
const skipped = stage("prod:health", "skipped", { exitCode: -1, reason: "the deployment is red" })

describe("a deployment to production", () => {
  it.each<[string, Stage[], number | undefined, string, RegExp]>([
    ["is green", [deployed, healthy], 5, "keep", /^$/],
    [
      "is green with a result that is tolerated",
      [deployed, stage("a", "inconclusive", { tolerated: true })],
      5,
      "keep",
      /^$/,
    ],
    [
      "is judged red",
      [deployed, healthy, stage("prod:analysis", "failed")],
      5,
      "back",
      /^prod:analysis failed: prod:analysis is/,
    ],
    ["does not answer", [deployed, stage("prod:health", "failed", { exitCode: 7 })], 5, "back", /^prod:health failed/],
    ["crashes", [stage("prod:deploy", "failed"), skipped], 5, "back", /^prod:deploy failed/],
    ["is late", [stage("prod:deploy", "failed", { exitCode: 124 }), skipped], 5, "back", /^prod:deploy failed/],
    [
      "has no cluster",
      [stage("prod:deploy", "failed", { exitCode: 7 }), skipped],
      0,
      "nothing",
      /nothing was deployed.*prod:deploy failed/,
    ],
    ["is refused its secret", [stage("prod:deploy", "failed"), skipped], 0, "nothing", /so nothing is rolled back/],
    [
      "meets another's helm",
      [stage("prod:deploy", "failed", { exitCode: 6 }), skipped],
      0,
      "nothing",
      /so nothing is rolled back/,
    ],
    [
      "ended nobody knows how",
      [stage("prod:deploy", "failed", { exitCode: -1 }), skipped],
      undefined,
      "hold",
      /^it is not known whether/,
    ],
    [
      "could not be measured",
      [deployed, healthy, stage("prod:analysis", "inconclusive")],
      5,
      "hold",
      /could not be judged, and stays: prod:analysis/,
    ],
    [
      "was not measured because a tool broke",
      [deployed, stage("prod:analysis", "failed", { exitCode: -1 })],
      5,
      "hold",
      /could not be judged/,
    ],
    [
      "was not tested because the registry was away",
      [deployed, healthy, stage("prod:files", "failed", { exitCode: -1 }), skipped],
      5,
      "hold",
      /prod:files failed/,
    ],
    [
      "is red beside what could not be measured",
      [deployed, stage("a", "inconclusive"), stage("b", "failed")],
      5,
      "back",
      /^b failed/,
    ],
  ])("that %s", (_, stages, created, action, reason) => {
    const found = consequenceOf(stages, created)
    expect(found.action).toBe(action)
    expect(found.reason).toMatch(reason)
  })
  it("that is held says that a person decides: in the verdict, in its row, in Slack", () => {
    const stages = [deployed, healthy, stage("prod:analysis", "inconclusive", { reason: "no data" })]
    const held = [...stages, notBack("prod:rollback", consequenceOf(stages, 5))]
    expect(verdictOf(held)).toEqual({ passed: false, line: "RED: a person decides (2 passed, 2 inconclusive)" })
    const { blocks } = messageOf({ step: "prod", stages: held, commit: "a".repeat(40) }, "#x")
    const text = JSON.stringify(blocks)
    expect(text).toContain("✋ Deploy to prod: a person decides")
    expect(text).toContain("the release could not be judged, and stays: prod:analysis inconclusive: no data")
    expect(text).toContain("run 'rollback' to go back")
  })
  it("that has deployed nothing says so in Slack, and asks nobody", () => {
    const stages = [stage("prod:deploy", "failed", { reason: "the cluster does not answer" }), skipped]
    const red = [...stages, notBack("prod:rollback", consequenceOf(stages, 0))]
    expect(verdictOf(red).line).toBe("RED (1 failed, 1 skipped)")
    const text = JSON.stringify(messageOf({ step: "prod", stages: red, commit: "" }, "#x").blocks)
    expect(text).toContain("❌ Deploy to prod: red")
    expect(text).toContain(
      "nothing was deployed, so nothing is rolled back: prod:deploy failed: the cluster does not answer",
    )
  })
  it("that is rolled back says in Slack which release is back", () => {
    const back = stage("prod:rollback", "passed", { reason: "the release abc is back: revision 3" })
    const text = JSON.stringify(
      messageOf({ step: "prod", stages: [stage("prod:analysis", "failed"), back], commit: "" }, "#x").blocks,
    )
    expect(text).toContain("the release abc is back: revision 3")
  })
})

/** A history of revisions, each "<status> <release>/<id>" or "<status> back <number>" or "<status>" with no label. */
function history(...revisions: string[]): Revision[] {
  const made: Revision[] = []
  for (const [i, text] of revisions.entries()) {
    const [status, what = "", number] = text.split(" ")
    const [release, deployment] = what.split("/")
    const target = what === "back" ? made[Number(number) - 1] : undefined
    const labels = target?.labels ?? (deployment ? { release: release!, deployment } : {})
    const description = what === "back" ? `Rollback to ${number}` : "Upgrade complete"
    made.push({ revision: i + 1, status: status!, description, labels })
  }
  return made
}
const target = (found: Revision[], ...good: string[]) => lastGood(found, ({ id }) => Promise.resolve(good.includes(id)))

describe("the target of a rollback", () => {
  it("is the last release that is known to be good", async () => {
    expect(await target(history("superseded a/1", "deployed b/2"), "1")).toEqual({
      revision: 1,
      release: "a",
      runs: false,
    })
    expect(await target(history("superseded a/1", "superseded b/2", "deployed c/3"), "1", "2")).toMatchObject({
      revision: 2,
    })
  })
  it("after a rollback is what runs already, never the bad one", async () =>
    expect(await target(history("superseded a/1", "superseded b/2", "deployed back 1"), "1")).toEqual({
      ...{ revision: 3, release: "a", runs: true },
    }))
  it("is the same release's earlier deployment if its second one is bad", async () =>
    expect(await target(history("superseded a/1", "deployed a/2"), "1")).toMatchObject({ revision: 1, runs: false }))
  it("is gone back to although it was deployed last, if a failed upgrade lies over it", async () =>
    expect(await target(history("deployed a/1", "failed b/2"), "1")).toMatchObject({ revision: 1, runs: false }))
  it.each([
    ["there is no history", history(), ["1"]],
    ["nobody judged them", history("superseded a/1", "deployed b/2"), []],
    ["they are from before, or a person's", history("superseded", "deployed"), ["1"]],
    ["it never ran", history("failed a/1"), ["1"]],
  ])("is none if %s", async (_, found, good) => expect(await target(found, ...good)).toBeUndefined())
  it("is not a person's upgrade, to which helm copies the labels", async () => {
    const found = history("superseded a/1", "superseded a/1", "deployed back 2")
    expect(await target(found, "1")).toMatchObject({ revision: 1, runs: false })
    expect(deploymentOf(found, found[2]!)).toBeUndefined()
  })
  it("is known by its original, whatever labels a rollback has", () => {
    const [first, second, back] = history("superseded a/1", "superseded b/2", "deployed back 1")
    const found = [first!, second!, { ...back!, labels: {} }]
    expect(deploymentOf(found, found[2]!)).toEqual({ release: "a", id: "1" })
  })
  it("may be a rollback whose original helm no longer keeps", () => {
    const [, , back] = history("superseded a/1", "superseded b/2", "deployed back 1")
    expect(deploymentOf([back!], back!)).toEqual({ release: "a", id: "1" })
  })
})

it("a deployment is known by labels that helm accepts, and is good by its record's word in that environment alone", () => {
  const release = `${"a".repeat(40)}-dirty-${"b".repeat(12)}`
  const [flag, labels] = deploymentLabels({ release, id: "0123456789abcdef" })
  expect(flag).toBe("--labels")
  for (const pair of labels!.split(",")) expect(pair).toMatch(/^[a-z]+=[A-Za-z0-9._-]{1,63}$/)
  const record = parse("verdicts: { prod: { deployments: [x] }, stage: { deployments: [y] } }") as ReleaseRecord
  expect(["x", "y"].map((id) => isKnownGood(record, "prod", id))).toEqual([true, false])
  expect(isKnownGood(record, "dev", "x")).toBe(false)
})
