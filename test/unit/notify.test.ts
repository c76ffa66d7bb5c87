// What Slack is told of a step: its cause, whose commit it is, and how to see it again; and that nothing of Slack changes
// a verdict.
import { describe, expect, it } from "vitest"
import { causesOf } from "../../ci/src/report/cause"
import {
  detailsMessage,
  errorMessage,
  harmless,
  messageOf,
  runningMessage,
  type Told,
} from "../../ci/src/report/message"
import { telling, tellingErrors, type Post } from "../../ci/src/report/notify"
import { decidedPart, live, type Part } from "../../ci/src/report/parts"
import type { Stage } from "../../ci/src/report/stages"

const stage = (name: string, status: Stage["status"], more: Partial<Stage> = {}): Stage => ({
  name,
  status,
  reason: "",
  seconds: 1,
  cached: false,
  exitCode: 0,
  ...more,
})
const commit = "6a57497bcae0a9d8c7b6a57497bcae0a9d8c7b6a"
type Block = { type: string; text?: { text: string; verbatim?: boolean }; elements?: { text: string }[] }
const blocksOf = (told: Partial<Told>) =>
  messageOf({ step: "pr", stages: [], commit, ...told }, "#deliveries").blocks as Block[]
/** What a reader sees. */
const seen = (text: string) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
const textOf = (told: Partial<Told>) => seen(rawOf(told))
const rawOf = (told: Partial<Told>) =>
  blocksOf(told)
    .map(({ text, elements }) => text?.text ?? elements!.map((one) => one.text).join())
    .join("\n")

const junit = (...cases: string[]) => `<testsuites><testsuite name="api">${cases.join("")}</testsuite></testsuites>`
const failedCase = (name: string, output: string) =>
  `<testcase classname="api" name="${name}"><failure message="Failed"><![CDATA[${output}]]></failure></testcase>`
const sarif = (...results: object[]) =>
  JSON.stringify({ version: "2.1.0", runs: [{ tool: { driver: { name: "gosec", rules: [] } }, results }] })
const found = (file: string, line: number, text: string) => ({
  ruleId: "G404",
  level: "error",
  message: { text },
  locations: [{ physicalLocation: { artifactLocation: { uri: file }, region: { startLine: line } } }],
})

describe("the cause of a red run", () => {
  it("is the first failing test with its file, its line and what it says", () => {
    const files = {
      "api/test/junit.xml": junit(
        failedCase(
          "TestPrice",
          "=== RUN   TestPrice\n    price_test.go:41: got 3, want 4\n--- FAIL: TestPrice (0.00s)\n",
        ),
        '<testcase classname="api" name="TestMenu"/>',
      ),
    }
    const [cause] = causesOf([stage("api:test", "failed", { reason: "1 failed" })], files, () => "services/api")
    expect(cause!.shown).toEqual(["api TestPrice (services/api/api/price_test.go:41): got 3, want 4"])
  })
  it("names three tests, and the number of others", () => {
    const files = {
      "api/test/junit.xml": junit(...["A", "B", "C", "D", "E"].map((name) => failedCase(name, "boom"))),
    }
    expect(causesOf([stage("api:test", "failed")], files)[0]!.shown).toEqual([
      "api A: boom",
      "api B: boom",
      "api C: boom",
      "… and 2 more",
    ])
  })
  it("is a finding with rule and place, of this stage alone, and no known one", () => {
    const files = {
      "sast/go/gosec.sarif": sarif(found("a.go", 7, "weak random"), {
        ...found("b.go", 1, "old"),
        suppressions: [{ kind: "external" }],
      }),
      "sast/js/sonarjs.sarif": sarif(found("c.js", 9, "other")),
    }
    const { shown } = causesOf([stage("sast:go", "failed")], files)[0]!
    expect(shown[0]).toBe("a.go:7 G404: weak random")
    expect(shown.join()).not.toContain("c.js")
  })
  it("is what the crashed container said last, of the run before its restart", () => {
    const log = Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n")
    const files = {
      "stage/deploy/logs/api-7d/api.log": "started",
      "stage/deploy/logs/api-7d/api.previous.log": `${log}\npanic: no \u001b[31mdatabase\u001b[0m\n`,
      "stage/deploy/logs/web-1a/web.log": "error: elsewhere",
    }
    const { shown } = causesOf([stage("stage:deploy", "failed")], files)[0]!
    expect(shown).toHaveLength(11)
    expect(shown[0]).toBe("api in api-7d said last:")
    expect(shown.at(-1)).toMatch(/^panic: no .*database/)
  })
  it("is none of what could not be read", () => {
    const files = {
      "stage/deploy/logs/a/a.previous.log": "unable to retrieve container logs for x",
      "api/test/junit.xml": "<half",
      "sast/go/gosec.sarif": "{",
    }
    for (const name of ["stage:deploy", "api:test", "sast:go"])
      expect(causesOf([stage(name, "failed")], files)[0]!.shown).toEqual([])
  })
  it("explains what is red with it: the same reason, and what follows a red health", () => {
    const causes = causesOf(
      [
        stage("api:lint", "failed", { reason: "the registry is away" }),
        stage("web:lint", "failed", { reason: "the registry is away" }),
        stage("stage:health", "failed", { reason: "503" }),
        stage("stage:api", "failed", { reason: "12 failed" }),
        stage("stage:record", "failed", { reason: "refused" }),
        stage("prod:api", "failed", { reason: "1 failed" }),
      ],
      {},
    )
    expect(causes.map((one) => [one.stage.name, ...one.also])).toEqual([
      ["api:lint", "web:lint"],
      ["stage:health", "stage:api"],
      ["stage:record"],
      ["prod:api"],
    ])
  })
})

describe("a message", () => {
  it("has the verdict, whose commit it is, how long it took, what failed, and the command that repeats it", () => {
    const stages = [stage("api:test", "failed", { reason: "1 failed" }), stage("api:lint", "passed")]
    const facts = { branch: "feature/price", author: "ann@example.com", seconds: 192.4, job: "https://ci.example/7" }
    expect(
      textOf({ stages, ...facts, causes: [{ stage: stages[0]!, also: ["quality"], shown: ["TestPrice: got 3"] }] }),
    ).toBe(`❌ Pull request: red
\`6a57497bcae0\` on feature/price by ann@example.com · 3 min 12 s · <https://ci.example/7|CI job> · RED (1 passed, 1 failed)
• *api:test* 1 failed · correct it, or the settings of the tests ('needs', 'coverage'); again: pr --only api:test
> TestPrice: got 3
> with it: quality
Again on a laptop: \`git checkout 6a57497bcae0 && dagger call pr --only api:test verdict\``)
  })
  it("has a gate's number with its limit, red or green", () => {
    const text = textOf({
      step: "stage",
      stages: [
        stage("stage:load", "failed", { reason: "p95 900 ms", value: 900, limit: 500, unit: "ms", atMost: true }),
        stage("stage:api", "passed", { value: 0, limit: 0, atMost: true }),
      ],
    })
    expect(text).toContain("❌ Deploy to stage: red")
    expect(text).toContain("• *stage:load* 900 ms > 500 ms · p95 900 ms")
    expect(text).toContain("• stage:api 0 ≤ 0")
  })
  it("of a green step has no command, and one of a release that is not a commit checks none out", () => {
    expect(textOf({ stages: [stage("api:test", "passed")] })).not.toContain("Again")
    expect(textOf({ commit: "x; rm -rf /", stages: [stage("api:test", "failed")] })).not.toContain("git checkout")
  })
  it("of a rule that refuses has no command: a laptop has other rules", () =>
    expect(textOf({ step: "stage", stages: [stage("stage:policy", "failed")] })).not.toContain("Again"))
  it("about nothing that is known begins with its verdict", () => {
    expect(textOf({ commit: "", stages: [stage("a:b", "passed")] })).toBe("✅ Pull request: green\nGREEN (1 passed)")
    const running = runningMessage({ step: "pr", stages: [], commit: "" }, "#c").blocks as Block[]
    expect(running[1]!.text!.text).toBe("begins")
  })
  it.each([
    ["an address with a trap", { job: "javascript:alert(1)|<!channel>" }],
    ["a branch", { branch: "x`<!here>`\n*bold*" }],
    ["an author", { author: "<@U1> & co" }],
  ])("takes %s for text", (_, facts) => {
    expect(rawOf({ stages: [stage("a:b", "failed")], ...facts })).not.toMatch(/<[!@j]/)
  })
  const hostile = `<!channel> <@U1> \`rm -rf\` $(id) "'\n${"&".repeat(4000)}`
  it("keeps to Slack's limits, mentions nobody and links to nothing, whatever it is given", () => {
    const stages = Array.from({ length: 40 }, (_, i) => stage(`stage:s${i}`, "failed", { reason: `${i}${hostile}` }))
    const causes = causesOf(stages, {}).map((cause) => ({
      ...cause,
      shown: Array.from({ length: 12 }, () => hostile.slice(0, 240)),
    }))
    const told: Told = { step: "stage", stages, commit: hostile, branch: hostile, author: hostile, causes }
    for (const message of [
      messageOf(told, "#c"),
      runningMessage(told, "#c"),
      detailsMessage(told, "#c"),
      errorMessage(told, hostile, "#c"),
    ]) {
      const blocks = message.blocks as Block[]
      for (const { text } of blocks) expect(text?.text.length ?? 1).toBeLessThanOrEqual(3000)
      expect(JSON.stringify(blocks).length).toBeLessThan(13_200)
      expect(JSON.stringify(message)).not.toMatch(/<[!@]/)
      for (const { type, text } of blocks) if (type === "section") expect(text).toMatchObject({ verbatim: true })
    }
    expect(JSON.stringify(messageOf(told, "#c"))).toContain("more")
  })
  it("escapes what Slack reads as control", () => expect(harmless("a & <b> `c`")).toBe("a &amp; &lt;b&gt; 'c'"))
})

/** A Slack that notes what it is told. `refused` are the numbers of the requests that it does not take. */
function slack(...refused: number[]): { post: Post; said: string[] } {
  const said: string[] = []
  let requests = 0
  const post: Post = (message, { update, thread } = {}) => {
    if (refused.includes(++requests)) return Promise.reject(new Error("is_archived"))
    said.push(`${update ? `update ${update.ts}: ` : thread ? `thread ${thread.ts}: ` : ""}${message.text}`)
    return Promise.resolve({ channel: "C1", ts: update?.ts ?? String(said.length) })
  }
  return { post, said }
}
const about = { step: "dev" as const, commit }
const ended = (name: string, status: Stage["status"] = "passed"): Part =>
  decidedPart(stage(name, status, { reason: "why" }))

describe("a step that is told", () => {
  it("is one message: posted when it begins, replaced when it ends, with all stages in the thread of a red one", async () => {
    const { post, said } = slack()
    const step = telling(about, { channel: "#c", every: 20 }, post)
    expect(await step.end([ended("dev:deploy", "failed")])).toBeUndefined()
    expect(said).toEqual([
      expect.stringMatching(/^Deploy to dev: running/),
      "update 1: Deploy to dev: RED (1 failed) dev:deploy: why",
      "thread 1: All stages",
    ])
  })
  it("has no thread if it is green, and what became known at the end", async () => {
    const texts: string[] = []
    const step = telling(
      about,
      { channel: "#c" },
      (message) => (texts.push(JSON.stringify(message)), Promise.resolve(undefined)),
    )
    await step.end([ended("dev:deploy")], { commit: "f".repeat(40) })
    expect(texts).toHaveLength(2)
    expect(texts[1]).toContain("ffffffffffff")
  })
  it("is brought up to date while it runs, a line a stage, until it has ended", async () => {
    const { post, said } = slack()
    const step = telling(about, { channel: "#c", every: 0 }, post)
    await live("dev:deploy", () => Promise.reject(new Error("no engine here")))
    await step.end([ended("dev:deploy")])
    await live("dev:late", () => Promise.reject(new Error("no engine here")))
    expect(said.filter((text) => text.includes("running"))).toHaveLength(2)
    expect(said.at(-1)).toMatch(/^update 1: Deploy to dev: GREEN/)
  })
  it("is told at its end if its beginning was refused", async () => {
    const { post, said } = slack(1)
    expect(await telling(about, { channel: "#c" }, post).end([ended("dev:deploy")])).toBeUndefined()
    expect(said).toEqual(["Deploy to dev: GREEN (1 passed)"])
  })
  it("keeps its verdict if Slack takes nothing, and says why", async () => {
    const { post } = slack(1, 2)
    expect(await telling(about, { channel: "#c" }, post).end([ended("dev:deploy")])).toBe(
      "Slack was not notified: is_archived",
    )
  })
  it("that ends with an error tells it, and the error stays", async () => {
    const { post, said } = slack()
    const step = telling(about, { channel: "#c", every: 20 }, post)
    await expect(tellingErrors(step.failed, () => Promise.reject(new Error("no cluster")))).rejects.toThrow(
      "no cluster",
    )
    expect(said[1]).toBe("update 1: Deploy to dev: could not run: no cluster")
    const { post: away } = slack(1, 2)
    const silent = telling(about, { channel: "#c" }, away)
    await expect(tellingErrors(silent.failed, () => Promise.reject(new Error("no cluster")))).rejects.toThrow(
      "no cluster",
    )
  })
})
