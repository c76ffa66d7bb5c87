// The pure parts of modules/gitleaks: reading its reports and writing them in other formats.
import { describe, expect, it } from "vitest"
import * as leaks from "../../modules/gitleaks/src/read"

describe("gitleaks", () => {
  const finding = {
    rule: "github-pat",
    description: "A token & more.",
    file: "conf.txt",
    line: 3,
    commit: "e131694105e93cd7d7d28d6d83faeeeddd659b3e",
    fingerprint: "e13:conf.txt:github-pat:3",
  }
  const standing = { ...finding, commit: "", fingerprint: "conf.txt:github-pat:3" }
  it("reads its report", () =>
    expect(
      leaks.findings(
        JSON.stringify([
          {
            RuleID: "github-pat",
            Description: "A token & more.",
            StartLine: 3,
            File: "conf.txt",
            Commit: finding.commit,
            Secret: "REDACTED",
            Fingerprint: finding.fingerprint,
          },
        ]),
      ),
    ).toEqual([finding]))
  it("reads an empty and a missing report", () =>
    expect([leaks.findings("[]\n"), leaks.findings("")]).toEqual([[], []]))
  it("counts commits", () => {
    expect(leaks.commitsScanned("8:23PM INF 12 commits scanned.\n")).toBe(12)
    expect(leaks.commitsScanned("nothing")).toBeUndefined()
  })
  it("takes git's errors seriously although the exit code is 0", () =>
    expect(
      leaks.scanErrors(
        '8:23PM ERR [git] fatal: bad object refs/heads/master\n8:23PM ERR error="stderr is not empty"\n8:23PM INF 0 commits scanned.\n',
      ),
    ).toEqual(["[git] fatal: bad object refs/heads/master"]))
  it("lists a secret once, the standing one first", () =>
    expect(leaks.merged([finding, { ...finding, line: 9 }], [standing])).toEqual([standing, { ...finding, line: 9 }]))
  it("says file, line, rule and commit", () => {
    expect(leaks.describe([finding])).toBe("secret in conf.txt:3 github-pat in commit e131694105")
    expect(leaks.describe([standing, finding])).toBe("secret in conf.txt:3 github-pat (and 1 more)")
    expect(leaks.describe([])).toBe("")
  })
  it("writes SARIF with rule, file and line", () => {
    const run = JSON.parse(leaks.sarif([standing])).runs[0]
    expect(run.results[0].ruleId).toBe("github-pat")
    expect(run.results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "conf.txt" },
      region: { startLine: 3 },
    })
    expect(run.tool.driver.rules).toEqual([{ id: "github-pat", shortDescription: { text: "A token & more." } }])
  })
  it("writes JUnit that escapes, and a passing case when there is nothing", () => {
    expect(leaks.junit([standing])).toContain('tests="1" failures="1"')
    expect(leaks.junit([standing])).toContain("A token &#38; more.")
    expect(leaks.junit([])).toContain('tests="1" failures="0"')
  })
})
