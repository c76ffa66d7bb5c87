// Links from reports to files where the repository is hosted.
import { describe, expect, it } from "vitest"
import { ConfigError, parseConfig } from "../../ci/src/config/config"
import { commitOf, linksTo, originIn, pageOf } from "../../ci/src/report/links"
import { failedTests } from "../../ci/src/report/junit"
import { indexHtml } from "../../ci/src/report/page"
import { summaryMarkdown } from "../../ci/src/report/summary"

const commit = "0123456789abcdef0123456789abcdef01234567"

describe("the page of a remote", () => {
  it.each([
    ["https://github.com/shop/delivery.git", "https://github.com/shop/delivery"],
    ["https://github.com/shop/delivery", "https://github.com/shop/delivery"],
    ["git@github.com:shop/delivery.git", "https://github.com/shop/delivery"],
    ["github.com:shop/delivery.git", "https://github.com/shop/delivery"],
    ["ssh://git@gitlab.example.com:2222/shop/back/delivery.git", "https://gitlab.example.com/shop/back/delivery"],
    ["https://gitlab.example.com:8443/shop/delivery.git/", "https://gitlab.example.com:8443/shop/delivery"],
    ["git@bitbucket.org:shop/delivery.git", "https://bitbucket.org/shop/delivery"],
    // A login is in no link.
    ["https://ci:canary@github.com/shop/delivery.git", "https://github.com/shop/delivery"],
    ["https://canary@github.com/shop/delivery.git", "https://github.com/shop/delivery"],
    ["https://github.com/shop/delivery.git?token=canary#x", "https://github.com/shop/delivery"],
  ])("%s is %s", (remote, page) => expect(pageOf(remote)).toBe(page))
  it.each([
    "",
    " ",
    "/srv/git/shop.git",
    "../shop",
    "file:///srv/git/shop.git",
    "javascript:alert(1)//github.com/a/b",
    "javascript://github.com/a/b%0aalert(1)",
    "data:text/html,x",
    "https://github.com/",
    "https://github.com/shop",
    'https://github.com/shop/"><script>alert(1)</script>',
    "https://github.com/shop/../../x",
    "https://git hub.com/a/b",
    "git@github.com:shop",
    "ext::sh -c x",
    "C:\\shop\\delivery",
    "https://github.com/a/b\nhttps://x",
  ])("%j has none", (remote) => expect(pageOf(remote)).toBeUndefined())
})

describe("a file at a commit", () => {
  it.each([
    ["https://github.com/shop/delivery", `https://github.com/shop/delivery/blob/${commit}/services/api/a.go#L7`],
    [
      "https://gitlab.example.com/shop/back/delivery",
      `https://gitlab.example.com/shop/back/delivery/-/blob/${commit}/services/api/a.go#L7`,
    ],
    [
      "https://bitbucket.org/shop/delivery",
      `https://bitbucket.org/shop/delivery/src/${commit}/services/api/a.go#lines-7`,
    ],
    [
      "https://bitbucket.example.com/scm/shop/delivery",
      `https://bitbucket.example.com/projects/shop/repos/delivery/browse/services/api/a.go?at=${commit}#7`,
    ],
  ])("of %s", (page, address) => expect(linksTo(page, commit)("services/api/a.go", 7)).toBe(address))
  it("has no line where none is known", () =>
    expect(linksTo("https://github.com/a/b", commit)("a.go")).toBe(`https://github.com/a/b/blob/${commit}/a.go`))
  it("is spelled for addresses and for Markdown", () =>
    expect(linksTo("https://github.com/a/b", commit)('a b/"<x>(1)#?.go')).toBe(
      `https://github.com/a/b/blob/${commit}/a%20b/%22%3Cx%3E%281%29%23%3F.go`,
    ))
  it.each(["", "/etc/passwd", "../x", "a/../../x", "./a.go", "a//b"])("%j has none", (file) =>
    expect(linksTo("https://github.com/a/b", commit)(file)).toBeUndefined(),
  )
  it("of an unknown host has one only where delivery.yaml names the page", () => {
    expect(linksTo("https://git.example.com/a/b", commit)("a.go")).toBeUndefined()
    expect(linksTo("https://git.example.com/a/b", commit, true)("a.go", 3)).toBe(
      `https://git.example.com/a/b/blob/${commit}/a.go#L3`,
    )
    // A name that only looks like a known one is another host.
    expect(linksTo("https://notgithub.com/a/b", commit)("a.go")).toBeUndefined()
  })
  it.each(["", "main", `${commit}-dirty`, "javascript:alert(1)"])("has none at %j, which is no commit", (at) =>
    expect(linksTo("https://github.com/a/b", at)("a.go")).toBeUndefined(),
  )
  it("has none without a page", () => expect(linksTo(undefined, commit)("a.go")).toBeUndefined())
})

describe("git's own files", () => {
  const config =
    '[core]\n\tbare = false\n[remote "upstream"]\n\turl = https://github.com/other/x.git\n[remote "origin"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n\turl = git@github.com:shop/delivery.git\n[branch "main"]\n\tremote = origin\n'
  it("name the remote origin", () => {
    expect(originIn(config)).toBe("git@github.com:shop/delivery.git")
    expect(originIn("[core]\n\tbare = false\n")).toBe("")
  })
  it("name the commit: on a branch, packed, detached, none", async () => {
    const read = async (file: string) =>
      ({ "refs/heads/main": `${commit}\n`, "packed-refs": `# pack-refs\n${"a".repeat(40)} refs/heads/old\n` })[file]
    expect(await commitOf("ref: refs/heads/main\n", read)).toBe(commit)
    expect(await commitOf("ref: refs/heads/old\n", read)).toBe("a".repeat(40))
    expect(await commitOf(`${commit}\n`, read)).toBe(commit)
    expect(await commitOf("ref: refs/heads/none\n", async () => undefined)).toBe("")
  })
})

describe("repository in delivery.yaml", () => {
  const faultsOf = (value: string): string[] => {
    try {
      parseConfig(`repository: ${value}\nservices:\n  api: { path: api, kind: go }\n`)
      return []
    } catch (error) {
      return (error as ConfigError).faults
    }
  }
  it("is an address of a page", () => expect(faultsOf("https://git.example.com:8443/shop/delivery")).toEqual([]))
  it.each([
    "javascript:alert(1)",
    "git@github.com:a/b",
    "https://ci:canary@github.com/a/b",
    "https://github.com",
    "'https://github.com/a/\"b'",
  ])("%s is refused", (value) =>
    expect(faultsOf(value)).toEqual([
      expect.stringMatching(
        /^repository, line 1: .* is not allowed; the http or https address of the repository's page, without a login in it$/,
      ),
    ]),
  )
})

describe("places in the reports", () => {
  const test = (classname: string, output: string) =>
    `<testsuites><testsuite name="x"><testcase classname="${classname}" name="T"><failure ` +
    `message="no">${output}</failure></testcase></testsuite></testsuites>`
  it.each([
    [
      "internal/menu",
      "=== RUN T\n    menu_test.go:31: margin 500, want 480",
      "services/api/internal/menu/menu_test.go",
      31,
    ],
    [".", "    main_test.go:5: no", "services/api/main_test.go", 5],
    ["tests/money.test.ts", "AssertionError: no\n ❯ tests/money.test.ts:12:3", "services/api/tests/money.test.ts", 12],
  ])("of a failing test in %s", (group, output, file, line) =>
    expect(failedTests([{ stage: "api:test", text: test(group, output), path: "services/api" }])).toMatchObject([
      { file, line },
    ]),
  )
  it("of a failing test are left out where its output names none", () =>
    expect(
      failedTests([{ stage: "api:test", text: test("x", "exit status 1"), path: "services/api" }])[0],
    ).not.toHaveProperty("file"))

  const stages = [{ name: "api:lint", status: "failed" as const, reason: "no", seconds: 1, cached: false, exitCode: 1 }]
  const details = {
    files: {},
    failed: [{ stage: "api:test", name: "menu T", output: "no", file: "api/menu_test.go", line: 31 }],
    found: [
      { stage: "api:lint", tool: "vet", rule: "vet", level: "error", text: "no | good", file: "api/a.go", line: 4 },
    ],
    coverage: [{ file: "api/b.go", statements: 2, covered: 1 }],
  }
  const link = linksTo("https://github.com/a/b", commit)
  it("are links in index.html and in summary.md", () => {
    const page = indexHtml("x", stages, { ...details, link })
    for (const path of ["api/menu_test.go#L31", "api/a.go#L4", "api/b.go"])
      expect(page).toContain(`<a href="https://github.com/a/b/blob/${commit}/${path}">`)
    expect(summaryMarkdown(stages, { ...details, link })).toContain(
      `- [api/menu_test.go:31](https://github.com/a/b/blob/${commit}/api/menu_test.go#L31) menu T\n- [api/a.go:4](https://github.com/a/b/blob/${commit}/api/a.go#L4) no \\| good\n`,
    )
  })
  it("are text where the repository is hosted nowhere", () => {
    expect(indexHtml("x", stages, details)).not.toContain("https://")
    expect(summaryMarkdown(stages, details)).toContain("- api/menu_test.go:31 menu T\n- api/a.go:4 no \\| good\n")
  })
})
