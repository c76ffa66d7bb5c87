// The pure parts of modules/gitleaks: reading its reports and writing them in other formats.
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import * as leaks from "../../modules/gitleaks/src/read"
import { acceptScript, sourcesScript } from "../../modules/gitleaks/src/scripts"

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
  it("counts once what gitleaks names twice in one line of a commit, and twice what two commits brought in", () => {
    const other = { ...finding, commit: "a".repeat(40) }
    expect(leaks.merged([finding, other, { ...finding }], [])).toEqual([finding, other])
    expect(leaks.merged([], [standing, { ...standing }])).toEqual([standing])
  })
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

describe("rules that extend another file", () => {
  it.each([
    [
      'title = "x"\n\n[extend]\npath = "ci/secrets/company.toml"\n\n[[rules]]\npath = "other"\n',
      "ci/secrets/company.toml",
    ],
    ["[extend] # of the company\nuseDefault = true\npath = './base.toml' # here\n", "./base.toml"],
    ['extend.path = "a.toml"\n', "a.toml"],
    ['extend = { useDefault = true, path = "a.toml" }\n', "a.toml"],
    ["[extend]\nuseDefault = true\n\n[allowlist]\npath = 'no'\n", ""],
    ['# [extend]\n# path = "a.toml"\n[[rules]]\npath = "b"\n', ""],
  ])("%j name it: %s", (toml, path) => expect(leaks.extendedFile(toml)).toBe(path))
})

describe("the files of a repository that are scanned", () => {
  it("are what git tracks, in an ignored folder too, and new files that it does not ignore", () => {
    const folder = mkdtempSync(join(tmpdir(), "sources-"))
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: folder })
    try {
      git("init", "--quiet")
      mkdirSync(join(folder, "dist"))
      for (const [file, text] of [
        [".gitignore", "dist/\n*.env\n"],
        ["dist/a b.js", "tracked"],
      ] as const)
        writeFileSync(join(folder, file), text)
      git("add", "--force", ".")
      git("commit", "--quiet", "--message=one")
      for (const file of ["dist/built.js", "local.env", "new.go"]) writeFileSync(join(folder, file), "x")
      rmSync(join(folder, ".git/index"))
      execFileSync("bash", ["-c", sourcesScript], { cwd: folder })
      expect(readdirSync(folder, { recursive: true }).sort()).toEqual([".gitignore", "dist", "dist/a b.js", "new.go"])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe("findings that are accepted with their commit", () => {
  const commit = "e131694105e93cd7d7d28d6d83faeeeddd659b3e"
  const other = "0000000000000000000000000000000000000000"
  const standing = {
    ...{ rule: "generic-api-key", description: "A key.", file: "test/a b:c.env", line: 4, endLine: 4, commit: "" },
    fingerprint: "test/a b:c.env:generic-api-key:4",
  }
  const ignored = `# why\n\n${commit}:test/a b:c.env:generic-api-key:1\r\nconf.txt:github-pat:3\n${other}:x.env:generic-api-key:1\n`
  it("are looked for at the lines that the entries name, in the same file by the same rule", () =>
    expect(leaks.candidates(ignored, [standing, { ...standing, rule: "jwt" }])).toEqual([
      { index: 0, commit, line: 1, file: "test/a b:c.env", start: 4, end: 4 },
    ]))

  const folder = mkdtempSync(join(tmpdir(), "gitleaks-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim()
  const accepted = (candidates: leaks.Candidate[]): string =>
    execFileSync("bash", ["-c", acceptScript], {
      cwd: folder,
      input: leaks.candidateLines(candidates),
      encoding: "utf8",
    })
  it("count where the text is what the commit has, wherever it stands now, and not where it is another", () => {
    git("init", "--quiet")
    writeFileSync(join(folder, "a b.env"), "KEY=one\nlast\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    const first = git("rev-parse", "HEAD")
    writeFileSync(join(folder, "a b.env"), "# a comment\nKEY=one\nKEY=two\n")
    const at = (start: number, more = {}): leaks.Candidate => ({
      ...{ index: start, commit: first, line: 1, file: "a b.env", start, end: start },
      ...more,
    })
    expect(accepted([at(2)])).toBe("2\n")
    expect(accepted([at(3)])).toBe("")
    expect(accepted([at(2, { end: 3 })])).toBe("")
    expect(accepted([at(2, { commit: other })])).toBe("")
    expect(accepted([at(2, { file: "nowhere" })])).toBe("")
    expect(accepted([])).toBe("")
  })
})

describe("a baseline", () => {
  const entry = { RuleID: "k", Description: "d", File: "a b.env", StartLine: 2, Commit: "", Fingerprint: "" }
  const commit = "83cd5c0c65dfa089afea93000b0b097742a524ef"
  it("is accepted like .gitleaksignore, in the commits and in the files", () => {
    const report = JSON.stringify([entry, { ...entry, Commit: commit, StartLine: 5 }])
    expect(leaks.baselineEntries(report, "b.json")).toBe(`a b.env:k:2\n${commit}:a b.env:k:5\n`)
    const [standing] = leaks.findings(JSON.stringify([{ ...entry, StartLine: 7, EndLine: 7 }]))
    expect(leaks.candidates(leaks.baselineEntries(report, "b.json"), [standing!])).toEqual([
      { index: 0, commit, line: 5, file: "a b.env", start: 7, end: 7 },
    ])
  })
  it.each(["", "{", "{}"])("that is %j is an error", (report) =>
    expect(() => leaks.baselineEntries(report, "b.json")).toThrow("baseline: b.json is no JSON report of gitleaks"),
  )
  it("is not looked into", () =>
    expect(leaks.findings(JSON.stringify([entry, { ...entry, File: "b.json" }]), "b.json")).toHaveLength(1))
  it("is a file of the source", () => {
    expect(leaks.ownFile("baseline", "./ci/b.json")).toBe("ci/b.json")
    expect(leaks.ownFile("baseline", "")).toBe("")
    for (const file of ["/b.json", "../b.json", "a/../../b"])
      expect(() => leaks.ownFile("config", file)).toThrow(`config: ${JSON.stringify(file)} leads out of the source`)
  })
})
