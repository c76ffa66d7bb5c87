// Git Flow without an engine: which pipeline, which version, and names that mean harm.
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { execFileSync } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { deliveredPaths, readDiff, readState } from "../../modules/gitflow/src/checkout"
import { decide, explained, shown } from "../../modules/gitflow/src/flow"
import { diffScript, stateScript } from "../../modules/gitflow/src/scripts"
import { nextVersion } from "../../modules/gitflow/src/version"

const names = { master: "master", develop: "develop" }
const push = (branch: string) => decide(branch, "push", "", names)

describe("the pipeline", () => {
  it.each([
    ["develop", "dev", "", ""],
    ["release/1.4", "stage", "", "merge into master; fixes go back to develop"],
    ["master", "prod", "", "tag the version; merge back to develop"],
    ["hotfix/login", "pr", "stage", "merge into master and develop"],
    ["feature/menu", "pr", "", "pull request into develop"],
    ["", "none", "", ""],
  ])("of a push to %s is %s, then %s", (branch, name, next, afterwards) =>
    expect(push(branch)).toMatchObject({ name, next, afterwards }),
  )
  it.each(["develop", "master", "release/1.4", "feature/other"])(
    "of a pull request into %s is pr, whatever its branch is called",
    (base) => {
      for (const branch of ["feature/menu", "master", "develop", "release/1.4", "hotfix/x", ""])
        expect(decide(branch, "pull_request", base, names)).toMatchObject({ name: "pr", next: "", afterwards: "" })
    },
  )
  it("takes git's own prefix, and other names of the long-lived branches", () => {
    expect(push("refs/heads/release/2").name).toBe("stage")
    expect(decide("main", "push", "", { master: "main", develop: "trunk" }).name).toBe("prod")
    expect(decide("master", "push", "", { master: "main", develop: "trunk" }).name).toBe("pr")
  })
  it.each([
    "release/",
    "release",
    "Release/1",
    "releases/1",
    "feature/release/1",
    "origin/master",
    "master ",
    " master",
    "MASTER",
    "mаster",
    "master\n",
    "hotfix",
    "pull/7/head",
    "refs/tags/master",
  ])("of %j is that of any other branch", (branch) => expect(push(branch)).toMatchObject({ name: "pr", next: "" }))
  it.each([
    ["an event", () => decide("x", "deploy", "", names), "event: deploy is not one of push, pull_request"],
    [
      "one name for both branches",
      () => decide("x", "push", "", { master: "main", develop: "main" }),
      "master and develop are both main",
    ],
    [
      "no name",
      () => decide("x", "push", "", { master: "", develop: "develop" }),
      "master: the name of a branch is missing",
    ],
  ])("refuses %s", (_, call, message) => expect(call).toThrow(message))
  it("says why, and from where to where", () => {
    expect(push("release/1.4").reason).toBe("release/1.4 is a release in preparation")
    expect(decide("feature/menu", "pull_request", "develop", names).reason).toBe(
      "a pull request from feature/menu into develop is checked, and nothing is deployed",
    )
  })
})

describe("hostile names", () => {
  const hostile = [
    "release/$(touch x)",
    "release/`id`",
    "release/'\"; rm -rf /",
    "release/a\nprod",
    "release/\u001b[2J\u202Eevil",
    `release/${"x".repeat(4000)}`,
  ]
  it.each(hostile)("%j decides as any release, and is shown in one short line without control characters", (branch) => {
    const { name, reason } = push(branch)
    expect(name).toBe("stage")
    expect(reason).not.toMatch(/[\u0000-\u001f\u202e]/)
    expect(reason.length).toBeLessThan(200)
    expect(explained(branch, "push", "", names).split("\n")).toHaveLength(10)
  })
  it("are cut between characters", () => expect(shown("🚀".repeat(101))).toBe(`${"🚀".repeat(99)}…`))
})

describe("the table", () => {
  it("marks one row", () => {
    const table = explained("hotfix/login", "push", "", names)
    expect(table.split("\n").filter((line) => line.startsWith(">"))).toEqual([
      ">  hotfix/*      pr, then stage  merge into master and develop",
    ])
    expect(table).toContain("hotfix/login is checked first, then staged")
    expect(explained("x", "pull_request", "develop", names)).toContain(">  pull request  pr")
  })
})

describe("the next version", () => {
  const next = (branch: string, tags: string[], merged = "", bump = "") =>
    nextVersion({ branch, tags, merged, bump, names })
  it.each([
    ["master", [], "", "v0.1.0"],
    ["master", ["v1.3.0", "v1.10.0", "v1.9.7"], "", "v1.11.0"],
    ["master", ["v1.3.2"], "hotfix/login", "v1.4.0"],
    ["master", ["v1.3.2"], "release/2.0", "v2.0.0"],
    ["master", ["v1.3.2"], "refs/heads/release/v1.5.1", "v1.5.1"],
    ["release/1.4", ["v1.3.2"], "", "v1.4.0"],
    ["release/2", ["v1.3.2"], "", "v2.0.0"],
    ["release/spring", ["v1.3.2"], "", "v1.4.0"],
    ["hotfix/1.3.3", ["v1.3.2"], "", "v1.3.3"],
    ["hotfix/login", ["1.3.2", "modules/x/v9.0.0", "v2", "v01.2.3", "v3.0.0-rc.1", "chart-7.0.0"], "", "1.4.0"],
    ["master", ["refs/tags/v1.3.2"], "", "v1.4.0"],
  ])("on %s after %j, merged %j, is %s", (branch, tags, merged, version) =>
    expect(next(branch, tags, merged)).toBe(version),
  )
  it.each([
    ["major", "v2.0.0"],
    ["minor", "v1.4.0"],
    ["patch", "v1.3.3"],
  ])("with bump %s is %s, whatever the branch is named by", (bump, version) =>
    expect(next("release/7.0", ["v1.3.2"], "", bump)).toBe(version),
  )
  it.each([
    ["release/1.3.2", "", "", "release/1.3.2: 1.3.2 is not above the highest tag v1.3.2"],
    ["release/1.2", "", "", "release/1.2: 1.2.0 is not above the highest tag v1.3.2"],
    ["master", "release/1.3", "", "release/1.3: 1.3.0 is not above the highest tag v1.3.2"],
    ["develop", "", "", "branch: develop gets no version; master, release/* and hotfix/* do"],
    ["feature/x", "", "", "branch: feature/x gets no version"],
    ["master", "", "huge", 'bump: huge is not one of "", major, minor, patch'],
  ])("on %s (merged %j, bump %j) is an error", (branch, merged, bump, message) =>
    expect(() => next(branch, ["v1.3.2"], merged, bump)).toThrow(message),
  )
})

describe("versions that are not of the form 1.2.3", () => {
  const next = (branch: string, tags: string[], bump = "") => nextVersion({ branch, tags, merged: "", bump, names })
  it.each([
    ["hotfix/pay", ["v1.4.0+build.7", "v1.3.0+build.2"], "v1.5.0"],
    ["release/1.6.0+build.1", ["v1.4.0+build.7"], "v1.6.0"],
    ["release/2026.10", ["2026.08.0", "2026.09.0"], "2026.10.0"],
    ["release/1.0", ["v1.0.0-rc.1"], "v1.0.0"],
    // Tags that follow the releases of a major or minor version are common beside those of the releases.
    ["master", ["v1.3.2", "v1", "v1.3", "v2"], "v1.4.0"],
    ["release/2026-spring", ["v1.3.2"], "v1.4.0"],
  ])("on %s after %j are understood: %s", (branch, tags, version) => expect(next(branch, tags)).toBe(version))
  it.each([
    ["release/2027.01", ["v2026.11.0"], "release/2027.01: 2027.01 is not a version of the form 1.2.3"],
    ["hotfix/1.3.3.1", ["v1.3.2"], "hotfix/1.3.3.1: 1.3.3.1 is not a version of the form 1.2.3"],
    ["release/1.4.0-rc.1", ["v1.3.2"], "release/1.4.0-rc.1: 1.4.0-rc.1 is not a version of the form 1.2.3"],
    ["master", ["2026.08.0", "2026.09.0"], "tags: 2026.09.0, 2026.08.0 are not versions of the form 1.2.3"],
    ["master", ["v1.3.2", "2026.09"], "tags: 2026.09 is not a version of the form 1.2.3"],
    ["master", ["v1.3.2", "v1.4.0.1"], "tags: v1.4.0.1 is not a version of the form 1.2.3"],
    ["master", ["20260801"], "tags: 20260801 is not a version"],
    ["hotfix/pay", ["v1.0.0-rc.1"], "tags: v1.0.0-rc.1 is not a version"],
    ["release/1.0", ["2026.08.0"], "release/1.0: 1.0.0 is not above the highest tag 2026.08.0"],
  ])("on %s after %j are refused", (branch, tags, message) => expect(() => next(branch, tags)).toThrow(message))
  it("do not matter where the caller says which number to raise of a version that is known", () =>
    expect(next("release/2027.01", ["v1.3.2"], "patch")).toBe("v1.3.3"))
})

describe("delivered paths", () => {
  it("have one form, whatever their order and number", () =>
    expect(deliveredPaths(["b/", "./a//c", "b", "."])).toEqual([".", "a/c", "b"]))
  it.each([
    [[], "paths: give at least one"],
    [["/etc"], "paths: /etc is not a path inside the repository"],
    [["a/../.."], "paths: a/../.. is not"],
    [[""], 'paths: "" is not'],
    [["a\nb"], "paths: a?b is not"],
  ])("%j are refused", (paths, message) => expect(() => deliveredPaths(paths)).toThrow(message))
})

describe("a checkout, by the script that the container runs", () => {
  let folder: string
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim()
  const state = (kind: string, ...paths: string[]) =>
    readState(
      execFileSync("bash", ["-c", stateScript, "gitflow", kind, ...paths], {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    )
  const write = (file: string, text: string): void => {
    mkdirSync(join(folder, file, ".."), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gitflow-"))
    git("init", "--quiet", "--initial-branch=develop")
    write("services/api/main.go", "package main\n")
    write("docs/a b.md", "one\n")
    write(".gitignore", "*.log\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    git("tag", "v0.1.0")
    git("tag", "-a", "v0.1.1", "-m", "annotated")
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("that is clean", () => {
    const found = state("all", ".")
    expect(found).toMatchObject({
      branch: "develop",
      commit: git("rev-parse", "HEAD"),
      changed: [],
      tags: ["v0.1.0", "v0.1.1"],
      tagsHere: ["v0.1.0", "v0.1.1"],
      shallow: false,
      tree: state("tree", ".").tree,
    })
    expect(found.time).toMatch(/^\d{4}-\d\d-\d\dT/)
  })
  it("that is dirty says where, of the given paths only, and its hash is that of its content, whether it is committed or not", () => {
    const { tree } = state("all", "services", "docs")
    write("docs/a b.md", "two\n")
    write("services/api/new'$(x).go", "package main\n")
    write("debug.log", "ignored\n")
    expect(state("all", ".").changed).toEqual(["docs/a b.md", "services/api/new'$(x).go"])
    expect(state("all", "docs").changed).toEqual(["docs/a b.md"])
    const changed = state("all", "services", "docs").tree
    expect(changed).not.toBe(tree)
    expect(state("tree", "services", "docs").tree).toBe(tree)
    write("docs/a b.md", "three\n")
    expect(state("all", "services", "docs").tree).not.toBe(changed)
    expect(state("all", "services").tree).not.toBe(changed)
    write("docs/a b.md", "two\n")
    const objects = git("count-objects")
    expect(state("all", "services", "docs").tree).toBe(changed)
    expect(git("count-objects"), "the repository got nothing new").toBe(objects)
    git("add", ".")
    git("commit", "--quiet", "-m", "second")
    expect(state("tree", "services", "docs").tree).toBe(changed)
    git("reset", "--quiet", "--hard", "HEAD^")
    expect(state("all", ".").changed).toEqual([])
  })
  it("has the same hash after a merge without changes of the paths, and another one with", () => {
    const before = state("tree", "services").tree
    git("checkout", "--quiet", "-b", "release/1.0")
    write("docs/a b.md", "three\n")
    git("commit", "--quiet", "-am", "docs")
    git("checkout", "--quiet", "-b", "master", "develop")
    git("merge", "--quiet", "--no-ff", "-m", "merge", "release/1.0")
    expect(state("tree", "services").tree).toBe(before)
    const staged = state("tree", ".").tree
    git("checkout", "--quiet", "release/1.0")
    expect(state("tree", ".").tree).toBe(staged)
    write("services/api/main.go", "package main // changed\n")
    git("commit", "--quiet", "-am", "change")
    expect(state("tree", "services").tree).not.toBe(before)
  })
  it("of a commit by itself has no branch; a path that is not there and a repository without commits are errors", () => {
    git("checkout", "--quiet", "--detach")
    expect(state("all", ".").branch).toBe("")
    expect(() => state("tree", "services/none")).toThrow(/paths: services\/none is not in commit [0-9a-f]{40}/)
    expect(() =>
      execFileSync("bash", ["-c", stateScript, "gitflow", "tree", "."], { cwd: tmpdir(), stdio: "pipe" }),
    ).toThrow("HEAD names no commit")
  })
})

describe("what a checkout changes", () => {
  let folder: string
  let files = ""
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim()
  const diff = (...branches: string[]) =>
    readDiff(
      execFileSync("bash", ["-c", diffScript, "gitflow", files, ...branches], {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    )
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gitflow-diff-"))
    git("init", "--quiet", "--initial-branch=develop")
    writeFileSync(join(folder, ".gitignore"), "*.log\n")
    writeFileSync(join(folder, "a.go"), "one\ntwo\nthree\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
  })
  beforeEach(() => rmSync("/tmp/index", { force: true }))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("is nothing to compare with on the first commit", () =>
    expect(diff("develop")).toEqual({ base: "", reason: "there is no commit before HEAD to compare with", text: "" }))
  it("is what differs from where it left the branch: commits, edits, new files; not what is ignored, nor what the branch has since", () => {
    const left = git("rev-parse", "HEAD").slice(0, 10)
    git("checkout", "--quiet", "-b", "feature/x")
    writeFileSync(join(folder, "a.go"), "one\n2\nthree\n")
    git("commit", "--quiet", "-am", "second")
    writeFileSync(join(folder, "b.go"), "new\n")
    writeFileSync(join(folder, "c.log"), "noise\n")
    git("checkout", "--quiet", "develop")
    git("commit", "--quiet", "--allow-empty", "-m", "elsewhere")
    git("checkout", "--quiet", "feature/x")
    const { base, text } = diff("main", "develop")
    expect(base).toBe(`develop (${left})`)
    expect(
      text
        .split("\n")
        .filter((line) => /^(@@|\+|-)/.test(line))
        .map((line) => line.replace(/^(@@.*@@).*/, "$1")),
    ).toEqual([
      "--- a/a.go",
      "+++ b/a.go",
      "@@ -2 +2 @@",
      "-two",
      "+2",
      "--- /dev/null",
      "+++ b/b.go",
      "@@ -0,0 +1 @@",
      "+new",
    ])
  })
  it("has the files that it is compared with, where they are asked for", () => {
    files = mkdtempSync(join(tmpdir(), "gitflow-before-"))
    try {
      diff("main", "develop")
      expect([readdirSync(files), readFileSync(join(files, "a.go"), "utf8")]).toEqual([
        [".gitignore", "a.go"],
        "one\ntwo\nthree\n",
      ])
    } finally {
      rmSync(files, { recursive: true })
      files = ""
    }
  })
  it("is compared with the commit before on a branch that it has not left", () => {
    rmSync(join(folder, "b.go"))
    git("checkout", "--quiet", "-b", "develop2", "feature/x")
    expect(diff("feature/x").base).toMatch(/^the commit before \([0-9a-f]{10}\)$/)
  })
  it("is what is not committed on a branch that has no commit of its own yet", () => {
    writeFileSync(join(folder, "d.go"), "new\n")
    rmSync("/tmp/index", { force: true })
    const { base, text } = diff("feature/x")
    expect([base.slice(0, 9), text.includes("+++ b/d.go"), text.includes("a.go")]).toEqual(["feature/x", true, false])
  })
})
