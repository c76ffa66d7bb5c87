// The state of a checkout and what it changes, by the scripts that the container runs. Needs git.
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { execFileSync } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { readDiff, readState } from "../../modules/gitflow/src/checkout"
import { diffScript, stateScript } from "../../modules/gitflow/src/scripts"

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
      author: git("log", "-1", "--format=%ae"),
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
    expect(diff("develop")).toMatchObject({
      base: "",
      reason: "there is no commit before HEAD to compare with",
      text: "",
    }))
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
  it("has nothing of another repository inside, not even of one without a commit", () => {
    const before = diff("main", "develop").text
    for (const name of ["empty inside", "inside"]) execFileSync("git", ["init", "--quiet", join(folder, name)])
    writeFileSync(join(folder, "inside/a.go"), "a\n")
    execFileSync("bash", ["-c", "git add . && git -c user.name=t -c user.email=t@example.com commit --quiet -m a"], {
      cwd: join(folder, "inside"),
    })
    try {
      expect(diff("main", "develop").text).toBe(before)
    } finally {
      for (const name of ["empty inside", "inside"]) rmSync(join(folder, name), { recursive: true })
    }
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
    // Another repository inside is no change.
    execFileSync("git", ["init", "--quiet", join(folder, "inside")])
    expect(diff("feature/x").base).toMatch(/^the commit before/)
    rmSync(join(folder, "inside"), { recursive: true })
  })
  it("names its branch and the commits that the base does not have", () => {
    const { branch, commits } = diff("develop")
    expect([branch, commits]).toEqual(["develop", [git("rev-parse", "HEAD")]])
  })
  it("is about no branch when none exists, not even a usual one; such as main, which is tried then", () => {
    expect(diff("trunk").branch).toBe("")
    git("branch", "main", "develop")
    try {
      const { base, branch } = diff("trunk")
      expect([base.slice(0, 6), branch]).toEqual(["main (", "main"])
    } finally {
      git("branch", "-D", "main")
    }
  })
  it("names the branch of origin's HEAD where no other exists", () => {
    git("update-ref", "refs/remotes/origin/trunk", "develop")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    try {
      expect(diff("release").base).toMatch(/^trunk \(/)
    } finally {
      git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
      git("update-ref", "-d", "refs/remotes/origin/trunk")
    }
  })
  it("shows a moved file as moved", () => {
    mkdirSync(join(folder, "sub"))
    renameSync(join(folder, "a.go"), join(folder, "sub/a.go"))
    try {
      expect(diff("develop").text).toContain("rename from a.go\nrename to sub/a.go")
    } finally {
      renameSync(join(folder, "sub/a.go"), join(folder, "a.go"))
      rmSync(join(folder, "sub"), { recursive: true })
    }
  })
  it("is what is not committed on a branch that has no commit of its own yet", () => {
    writeFileSync(join(folder, "d.go"), "new\n")
    rmSync("/tmp/index", { force: true })
    const { base, text } = diff("feature/x")
    expect([base.slice(0, 9), text.includes("+++ b/d.go"), text.includes("a.go")]).toEqual(["feature/x", true, false])
  })
})
