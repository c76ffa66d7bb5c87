// The chain from publish to rollback: what a step refuses. The rehearsal itself, and what a record opens, are in test/e2e.
import { describe, expect, it } from "vitest"
import { dagger } from "../sdk/dagger"
import { repository } from "./shop"

describe("a step on its own", () => {
  it("says which pipeline a branch has, and runs nothing", async () => {
    const { code, stdout } = await dagger(["--silent", "call", "auto", "--branch=release/1.4", "--explain"], {
      cwd: repository,
      seconds: 300,
    })
    expect(code).toBe(0)
    expect(stdout).toMatch(/release\/\*.*stage/)
  })
  it.each(["stage", "prod", "rollback"])(
    "%s on an ephemeral cluster that is gone says so, and what to do",
    async (step) => {
      const { code, stderr } = await dagger(["--silent", "call", step, "summary"], { cwd: repository, seconds: 300 })
      expect(code).not.toBe(0)
      expect(stderr).toContain(
        "cluster is ephemeral: it is gone with the call that made it, and there is nothing to work on",
      )
      expect(stderr).toContain("npm run rehearse")
    },
  )
  it("with a registry that stays wants the key of the records", async () => {
    const { code, stderr } = await dagger(
      ["--silent", "call", "with-registry", "--service=tcp://127.0.0.1:9", "publish", "summary"],
      {
        cwd: repository,
        seconds: 300,
      },
    )
    expect(code).not.toBe(0)
    expect(stderr).toContain("record-key: missing")
  })
})

it("publish fits a registry as strict as ECR: what is missing is named, and nothing is pushed twice", async () => {
  const { code, stdout, stderr } = await dagger(
    ["--silent", "-m", "test/fixtures/chain", "call", "published", "--source=."],
    { cwd: repository, seconds: 580 },
  )
  expect(code, stderr).toBe(0)
  const said = JSON.parse(stdout) as Record<string, string>
  expect(said.missing).toMatch(
    /✘ failed .*registry:5000 has no repository delivery\/files, and a push does not create it/,
  )
  expect(said.published).toContain("GREEN")
  expect(said.again).toContain("0 images pushed")
  expect(said.again).toContain("GREEN")
})
