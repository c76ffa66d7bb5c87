// How a pull request's page is found, and that a forge that refuses changes no verdict.
import { describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { forgePage, shownChecks, type Show } from "../../ci/src/report/forge"
import type { Outcome } from "../../ci/src/report/outcome"

describe("the page of a pull request", () => {
  it.each([
    ["https://github.com/shop/web", { kind: "github", repository: "shop/web" }],
    ["https://gitlab.com/shop/team/web", { kind: "gitlab", repository: "shop/team/web" }],
    ["https://bitbucket.org/shop/web/", { kind: "bitbucket", repository: "shop/web" }],
  ])("of %s is on a hosted forge", (address, page) => expect(forgePage(address)).toEqual(page))
  it("elsewhere is what delivery.yaml says", () => {
    const forge = { kind: "gitea" as const, api: "https://git.example.com/api/v1" }
    expect(forgePage("https://git.example.com/shop/web", forge)).toEqual({ ...forge, repository: "shop/web" })
    expect(() => forgePage("https://git.example.com/shop/web")).toThrow(
      "notifications.forge: missing; git.example.com is no hosted forge that is known " +
        '(github.com, gitlab.com, bitbucket.org): forge: { kind: gitea, api: "https://git.example.com/api/v1" }',
    )
  })
  it("of a repository that has none is an error that says what to set", () =>
    expect(() => forgePage(undefined)).toThrow(
      "set `repository` in delivery.yaml, such as https://github.com/shop/web",
    ))
  it("is configured with what is allowed", () => {
    const text = (forge: string) => `services:\n  api: { path: api, kind: go }\nnotifications: { forge: ${forge} }\n`
    expect(parseConfig(text('{ kind: gitea, api: "https://git.example.com/api/v1" }')).notifications.forge).toEqual({
      kind: "gitea",
      api: "https://git.example.com/api/v1",
    })
    expect(() => parseConfig(text('{ kind: cvs, api: "https://x" }'))).toThrow(
      'notifications.forge.kind, line 3: "cvs" is not allowed; allowed: github, gitlab, gitea, bitbucket',
    )
    expect(() => parseConfig(text("{ kind: gitea, api: git.example.com }"))).toThrow(
      'notifications.forge.api, line 3: "git.example.com" is not allowed; the address of an API',
    )
  })
})

describe("checks that are shown", () => {
  const outcome = (passed: boolean): Outcome => ({
    passed,
    table: `stage  verdict\n${passed ? "GREEN" : "RED"} (1 stage)`,
    files: { "summary.md": "**table**" },
  })
  function page(...refused: string[]): { show: Show; said: string[] } {
    const said: string[] = []
    const show: Show = (state, description, body) => {
      if (refused.includes(state)) return Promise.reject(new Error("403 the token may not write here"))
      said.push([state, description, ...(body ? [body] : [])].join(" | "))
      return Promise.resolve()
    }
    return { show, said }
  }
  it.each([
    [true, "success | GREEN (1 stage) | **table**"],
    [false, "failure | RED (1 stage) | **table**"],
  ])(
    "have a status from the beginning, and at the end the verdict with its table (green: %s)",
    async (passed, last) => {
      const { show, said } = page()
      expect(await shownChecks(show, () => Promise.resolve(outcome(passed)))).toEqual(outcome(passed))
      expect(said).toEqual(["pending | running", last])
    },
  )
  it("that die leave an error there, not a status that waits for ever", async () => {
    const { show, said } = page()
    await expect(shownChecks(show, () => Promise.reject(new Error("delivery.yaml: no")))).rejects.toThrow(
      "delivery.yaml: no",
    )
    expect(said).toEqual(["pending | running", "error | could not run: delivery.yaml: no"])
  })
  it.each([
    ["the verdict", ["success"]],
    ["the beginning", ["pending"]],
    ["anything", ["pending", "success", "error"]],
  ])("keep their verdict if the forge does not take %s, and say why", async (_, refused) => {
    const { show } = page(...refused)
    const { passed, table, files } = await shownChecks(show, () => Promise.resolve(outcome(true)))
    expect(passed).toBe(true)
    const line = "? pull request: the verdict is not shown there: 403 the token may not write here"
    expect(table).toContain(`\n${line}`)
    expect(files["summary.md"]).toBe(`**table**\n${line}\n`)
    await expect(shownChecks(show, () => Promise.reject(new Error("away")))).rejects.toThrow("away")
  })
  it("whose page is not known run all the same", async () => {
    const { table } = await shownChecks(new Error("no page"), () => Promise.resolve(outcome(true)))
    expect(table).toContain("? pull request: the verdict is not shown there: no page")
  })
})
