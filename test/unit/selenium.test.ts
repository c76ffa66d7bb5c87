// Reads JUnit files and npm's output: the pure parts of modules/selenium.
import { describe, expect, it } from "vitest"
import * as selenium from "../../modules/selenium/src/read"

describe("selenium", () => {
  const suite = (cases: string): string =>
    `<?xml version="1.0"?>\n<testsuites name="x" tests="99"><testsuite name="a &gt; b">${cases}</testsuite></testsuites>`
  it("counts cases, not what the file claims", () =>
    expect(
      selenium.outcome(
        suite(
          '<testcase name="a > b" time="1"/><testcase classname="c" name="d"></testcase><testcase name="e"><skipped/></testcase>',
        ),
      ),
    ).toEqual({ tests: 3, skipped: 1, failing: 0, first: "" }))
  it("names the first that failed, and why", () =>
    expect(
      selenium.outcome(
        suite(
          [
            '<testcase name="ok"/><testcase classname="menu" name="shows &quot;all&quot;">',
            '<failure message="expected &lt;b&gt; to be 2" type="x">stack</failure></testcase>',
            '<testcase name="z"><error><![CDATA[boom\n  at y]]></error></testcase>',
          ].join(""),
        ),
      ),
    ).toEqual({ tests: 3, skipped: 0, failing: 2, first: 'menu: shows "all": expected <b> to be 2' }))
  it("takes the text where there is no message", () =>
    expect(
      selenium.outcome(suite("<testcase name='z'><error><![CDATA[boom\n  at y]]></error></testcase>"))?.first,
    ).toBe("z: boom"))
  it("knows an empty suite, and what is no JUnit file", () => {
    expect(selenium.outcome("<testsuites></testsuites>")).toEqual({ tests: 0, skipped: 0, failing: 0, first: "" })
    expect([selenium.outcome(""), selenium.outcome("Error: no")]).toEqual([undefined, undefined])
  })
  it("says why the install or the tests did not run", () => {
    expect(selenium.installFailure("npm error code EUSAGE\nnpm error\nnpm error Missing: a@1 from lock file\n")).toBe(
      "npm ci: Missing: a@1 from lock file",
    )
    expect(selenium.trouble("the browser http://browser:4444/status cannot be reached: x (tried for 1 s)\n")).toBe(
      "the browser http://browser:4444/status cannot be reached: x (tried for 1 s)",
    )
    expect(selenium.trouble('npm error Missing script: "tests"\nnpm error\n')).toBe('npm error Missing script: "tests"')
    expect(selenium.trouble("\n> test\n> node x.js\n\nsetting up\nError: no such session\n")).toBe(
      "Error: no such session",
    )
  })
  it.each([
    ["http://app:8080", true],
    ["http://shop.dev/x", true],
    ["https://app:8080", false],
    ["http://product:8080", false],
    ["http://dev.example.com", false],
    ["http://127.0.0.1:8080", false],
  ])("%s is for https only in a browser: %s", (url, only) => expect(selenium.httpsOnly(url)).toBe(only))
})
