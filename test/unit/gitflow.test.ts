// Git Flow without an engine: which pipeline, which version, and names that mean harm.
import { describe, expect, it } from "vitest"
import { deliveredPaths } from "../../modules/gitflow/src/checkout"
import { decide, explained, shown } from "../../modules/gitflow/src/flow"
import { nextVersion } from "../../modules/gitflow/src/version"

const names = { master: "master", develop: "develop" }
const push = (branch: string) => decide(branch, "push", "", names)

describe("the pipeline", () => {
  it.each([
    ["develop", "pr", "dev", ""],
    ["release/1.4", "pr", "stage", "merge into master; fixes go back to develop"],
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
    expect(push("refs/heads/release/2").next).toBe("stage")
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
    expect(name).toBe("pr")
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
