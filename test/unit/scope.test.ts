// gates.scope: new. Which findings are known: diffs, places before a change, commits, packages, and what the stage then says.
import { describe, expect, it } from "vitest"
import { judgeFindings, judgeLint } from "../../ci/src/checks/findings"
import { lineBefore, readChanges } from "../../ci/src/checks/diff"
import { comparisonOf, isKnown, whyAllCount } from "../../ci/src/checks/scope"
import { markedSarif, mergedSarif, type Finding } from "../../ci/src/report/sarif"
import type { Compared, Stage } from "../../ci/src/report/stages"

const diff = `diff --git a/shop/old.go b/shop/old.go
index 1..2 100644
--- a/shop/old.go
+++ b/shop/old.go
@@ -3 +3,2 @@ func a
-three
+3
+3b
@@ -10,2 +10,0 @@
-ten
-eleven
diff --git a/shop/new.go b/shop/new.go
new file mode 100644
index 0..1
--- /dev/null
+++ b/shop/new.go
@@ -0,0 +1,2 @@
+one
+two
diff --git a/shop/gone.go b/shop/gone.go
deleted file mode 100644
--- a/shop/gone.go
+++ /dev/null
@@ -1 +0,0 @@
-one
diff --git a/shop/here.go b/shop/there.go
similarity index 100%
rename from shop/here.go
rename to shop/there.go
diff --git a/a b.go b/sub/a b.go
similarity index 90%
rename from a b.go
rename to sub/a b.go
--- a/a b.go\t
+++ b/sub/a b.go\t
@@ -5 +5 @@
-x
+y
diff --git "a/caf\\303\\251.txt" "b/caf\\303\\251.txt"
--- "a/caf\\303\\251.txt"
+++ "b/caf\\303\\251.txt"
@@ -1 +1 @@
-a
+b
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
diff --git a/logo.png b/logo.png
index 1..2 100644
Binary files a/logo.png and b/logo.png differ
`

describe("a diff", () => {
  const changes = readChanges(diff)
  it("names each file that is there afterwards, with its name before", () =>
    expect([...changes].map(([file, { from, isWhole }]) => [file, from, isWhole])).toEqual([
      ["shop/old.go", "shop/old.go", false],
      ["shop/new.go", "shop/new.go", true],
      ["shop/there.go", "shop/here.go", false],
      ["sub/a b.go", "a b.go", false],
      ["café.txt", "café.txt", false],
      ["run.sh", "run.sh", false],
      ["logo.png", "logo.png", true],
    ]))
  it("says where a line was before, and which lines are new", () => {
    const lines = (file: string, ...some: number[]) => some.map((line) => lineBefore(changes.get(file)!, line))
    expect(lines("shop/old.go", 1, 2, 3, 4, 5, 10, 11, 12, 20)).toEqual([1, 2, undefined, undefined, 4, 9, 12, 13, 21])
    expect(lines("shop/new.go", 1, 2)).toEqual([undefined, undefined])
    expect(lines("shop/there.go", 1, 7)).toEqual([1, 7])
    expect(lines("logo.png", 1)).toEqual([undefined])
  })
})

const base = "develop (1a2b3c4d5e)"
const commits = ["a".repeat(40)]
const comparison = comparisonOf(base, diff, commits)
const at = (file: string, line: number, rest: Partial<Finding> = {}): Finding => ({
  stage: "sast:go",
  tool: "gosec",
  rule: "G1",
  level: "error",
  text: "what G1 says",
  file,
  line,
  ...rest,
})

describe("a finding", () => {
  const known = (finding: Finding, before?: Finding[], folders?: string[]) =>
    isKnown(finding, comparison, { before, identity: "place", folders })
  it("on a changed line is new, even if the line had it before", () => {
    expect(known(at("shop/old.go", 3), [at("shop/old.go", 3)])).toBe(false)
    expect(known(at("shop/new.go", 1))).toBe(false)
  })
  it("on an unchanged line is known if the base has it, wherever the line was", () => {
    expect(known(at("shop/old.go", 5), [at("shop/old.go", 4)])).toBe(true)
    expect(known(at("other.go", 5), [at("other.go", 5)])).toBe(true)
  })
  it("on an unchanged line that the base does not have is new: a change elsewhere has caused it", () => {
    expect(known(at("shop/old.go", 5), [])).toBe(false)
    expect(known(at("shop/old.go", 5), [at("shop/old.go", 4, { rule: "G2" })])).toBe(false)
    expect(known(at("shop/old.go", 5), [at("shop/old.go", 5)])).toBe(false)
  })
  it("in a moved file is known by its old name", () => {
    expect(known(at("shop/there.go", 7), [at("shop/here.go", 7)])).toBe(true)
    expect(known(at("sub/a b.go", 5), [at("a b.go", 5)])).toBe(false)
    expect(known(at("sub/a b.go", 6), [at("a b.go", 6)])).toBe(true)
  })
  it("is judged by its line alone without the findings of the base, or outside of the folders that were looked at", () => {
    expect([known(at("shop/old.go", 5)), known(at("shop/old.go", 3))]).toEqual([true, false])
    expect(known(at("shop/there.go", 7), [], ["tools"])).toBe(true)
    expect(known(at("shop/there.go", 7), [], ["shop"])).toBe(false)
  })
  it("about a whole file or folder is new if that has changed", () => {
    expect(known(at("shop/old.go", 0), [at("shop/old.go", 0)])).toBe(false)
    expect(known(at("shop", 0), [at("shop", 0)])).toBe(false)
    expect(known(at("run.sh", 0), [at("run.sh", 0)])).toBe(true)
    expect(known(at("shop/there.go", 0), [at("shop/here.go", 0)])).toBe(true)
    expect(known(at("charts/shop/templates", 0), [at("charts/shop/templates", 0)])).toBe(true)
  })
  it("without a place is never known", () =>
    expect([known(at("", 0), [at("", 0)]), known(at(".", 0), [at(".", 0)]), known(at(".", 0))]).toEqual([
      false,
      false,
      false,
    ]))
  it("in a commit is known if the base has the commit", () => {
    const secret = (commit: string) => at("notes.txt", 1, { tool: "gitleaks", text: `A key. In commit ${commit}.` })
    expect([known(secret(commits[0]!)), known(secret("b".repeat(40)))]).toEqual([false, true])
  })
  it("of a dependency is known if the base has it for the same package, whatever the version and the line", () => {
    const of = (text: string, file = "shop/go.mod", rule = "GO-1") => at(file, 1, { tool: "govulncheck", rule, text })
    const isOld = (finding: Finding, before: Finding[]) => isKnown(finding, comparison, { before, identity: "package" })
    expect(isOld(of("x.org/a@v1.2.0: bad"), [of("x.org/a@v1.1.0: bad")])).toBe(true)
    expect(isOld(of("@scope/a@2: bad"), [of("@scope/a@1: bad")])).toBe(true)
    expect(isOld(of("x.org/a@v1.2.0: bad"), [of("x.org/b@v1.2.0: bad")])).toBe(false)
    expect(isOld(of("x.org/a@v1.2.0: bad"), [of("x.org/a@v1.2.0: bad", "tools/go.mod")])).toBe(false)
    expect(isOld(of("x.org/a@v1.2.0: bad"), [of("x.org/a@v1.2.0: bad", "shop/go.mod", "GO-2")])).toBe(false)
  })
})

describe("without a base", () => {
  it("all findings count, in words", () => {
    const same = { diff: "", base, commits: [] }
    expect(whyAllCount({ ...same, ofBranch: true }, ["develop"])).toBeUndefined()
    expect(whyAllCount({ ...same, ofBranch: false }, ["develop", "trunk"])).toBe(
      "all findings count: there is no branch develop or trunk to compare with; fetch it, or name another in `branches` or --base",
    )
    expect(whyAllCount({ none: "there is no commit before HEAD to compare with" }, [])).toBe(
      "all findings count: there is no commit before HEAD to compare with",
    )
    expect(whyAllCount({ fault: "git failed" }, [])).toMatch(/all findings count: could not tell .*: git failed/)
  })
})

const stage: Stage = { name: "sast:go", status: "passed", reason: "9 files", seconds: 1, cached: false, exitCode: 0 }
const old = (n: number) => Array.from({ length: n }, (_, i) => at("a.go", i + 1, { known: true }))

describe("a stage", () => {
  const judge = (found: Finding[], compared: Compared, change: object = {}) =>
    judgeFindings(stage, found, { severity: "medium", suppressions: [], today: "2026-01-01", compared, ...change })
  const withBase: Compared = { base, before: old(14), note: "" }
  it("with known findings only has passed, with their number and that of the base", () => {
    expect(judge(old(12), withBase)).toMatchObject({
      status: "passed",
      value: 0,
      limit: 0,
      known: 12,
      reason: "12 known findings (14 at develop), 0 new",
    })
    expect(judge(old(1), { base, note: "by lines alone, because it did not run" }).reason).toBe(
      "1 known finding, 0 new since develop; by lines alone, because it did not run",
    )
  })
  it("with a new finding fails for that alone", () =>
    expect(judge([...old(2), at("b.go", 3)], withBase)).toMatchObject({
      status: "failed",
      value: 1,
      known: 2,
      reason: "b.go:3 what G1 says [G1]; 2 known",
    }))
  it("without a base fails, and says why", () =>
    expect(judge([at("b.go", 3)], { base: "", note: "all findings count: no branch" })).toMatchObject({
      status: "failed",
      reason: "b.go:3 what G1 says [G1]; all findings count: no branch",
    }))
  it("counts neither suppressed findings nor those below the severity as known", () => {
    const suppressions = [{ rule: "G1", path: "a.go", reason: "it is accepted", until: "2026-02-01" }]
    expect(judge(old(2), withBase, { suppressions })).toMatchObject({ reason: "no finding that counts: 2 suppressed" })
    const low = old(1).map((one) => ({ ...one, level: "note" }))
    expect(judge([...old(2), ...low], withBase)).toMatchObject({
      known: 2,
      reason: "2 known findings (14 at develop), 0 new; 1 below medium",
    })
  })
})

describe("a service's lint", () => {
  const failed: Stage = {
    ...stage,
    name: "a:lint",
    status: "failed",
    reason: "gofmt: a.go is not formatted",
    exitCode: 1,
  }
  const compared: Compared = { base, before: old(2), note: "" }
  it("has passed if all findings are known", () =>
    expect(judgeLint(failed, old(2), compared)).toMatchObject({
      status: "passed",
      exitCode: 0,
      known: 2,
      reason: "2 known findings (2 at develop), 0 new",
    }))
  it("fails for the new ones", () =>
    expect(judgeLint(failed, [...old(2), at("b.go", 3)], compared)).toMatchObject({
      status: "failed",
      value: 1,
      reason: "b.go:3 what G1 says [G1]; 2 known",
    }))
  it("names the file of a finding once, and does not propose the scope that is set", () => {
    const text = "b.go is not formatted"
    const { reason, next } = judgeLint(failed, [...old(2), at("b.go", 0, { text, rule: "gofmt" })], compared)
    expect(reason).toBe("b.go is not formatted [gofmt]; 2 known")
    expect(next).toBe("`dagger call fix --auto-apply` mends layout")
    expect(judgeLint(failed, [at("b.go", 3)], compared).next).toBe(next)
    expect(judgeLint(failed, [at("b.go", 3)], { base: "", note: "no branch" }).next).toBeUndefined()
  })
  it("stays as it is without a comparison: it passed, crashed, or scope is all", () => {
    expect(judgeLint(failed, old(2), undefined)).toBe(failed)
    expect(judgeLint({ ...failed, status: "passed" }, old(2), compared).status).toBe("passed")
  })
  it("fails for all without a base, in words", () =>
    expect(judgeLint(failed, [at("a.go", 1)], { base: "", note: "all findings count: no branch" })).toMatchObject({
      status: "failed",
      reason: "gofmt: a.go is not formatted; all findings count: no branch",
    }))
  it("does not count new warnings beside errors, which alone make it fail", () =>
    expect(judgeLint(failed, [...old(2), at("b.go", 3, { level: "warning" })], compared).status).toBe("passed"))
})

describe("SARIF", () => {
  const result = (uri: string, startLine: number) => ({
    ruleId: "r",
    message: { text: uri },
    locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine } } }],
  })
  const log = JSON.stringify({
    version: "2.1.0",
    runs: [{ tool: { driver: { name: "eslint" } }, results: [result("src/a%20b.ts", 1), result("src/c.ts", 2)] }],
  })
  it("keeps known findings, marked", () => {
    const seen: string[] = []
    const marked = markedSarif({ stage: "web:lint", text: log, folder: "web" }, ({ file }) => {
      seen.push(file)
      return file === "web/src/a b.ts"
    })
    expect(seen).toEqual(["web/src/a b.ts", "web/src/c.ts"])
    const { runs } = JSON.parse(marked) as { runs: { results: { baselineState: string }[] }[] }
    expect(runs[0]!.results.map(({ baselineState }) => baselineState)).toEqual(["unchanged", "new"])
    const merged = mergedSarif([{ stage: "web:lint", text: marked, folder: "web" }])
    expect(merged.found.map(({ file, known }) => [file, known])).toEqual([
      ["web/src/a b.ts", true],
      ["web/src/c.ts", undefined],
    ])
    expect(merged.log).toContain('"baselineState": "unchanged"')
  })
})
