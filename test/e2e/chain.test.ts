// The full rehearsal, and the faults that stage has to notice. The faults of one tool are tests of its module (test/modules).
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

it("a full rehearsal is green", () => {
  const reports = mkdtempSync(join(tmpdir(), "rehearsal-"))
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(repository, "engine/run.mjs"), "pipeline", "rehearse", `--reports=${reports}`],
      { cwd: repository, encoding: "utf8" },
    )
    expect(status, stdout + stderr).toBe(0)
    const { stages } = JSON.parse(readFileSync(join(reports, "result.json"), "utf8")) as {
      stages: { name: string; status: string }[]
    }
    expect(stages.map(({ name, status }) => `${name} ${status}`)).toEqual(stages.map(({ name }) => `${name} passed`))
    expect(stages.map(({ name }) => name)).toContain("stage:ui")
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
})

it("stage holds what it has to hold, each time with the right first line, and prod believes it", async () => {
  const { code, stdout, stderr } = await dagger(
    ["--silent", "-m", "test/fixtures/chain", "call", "staged", "--source=."],
    { cwd: repository, seconds: 2400 },
  )
  expect(code, stderr).toBe(0)
  const said = JSON.parse(stdout) as Record<string, string>
  expect(said.good, "Slack was down").toContain("GREEN")
  expect(said.blocked).toMatch(
    /stage:feedback +✘ failed .*1 open blocker on this version, 0 allowed: "the menu is empty"/,
  )
  expect(said.prod).toContain("has a red stage verdict")
  expect(said.prod).toContain("stage:feedback: 1 open blocker")
  expect(said.slow).toMatch(/stage:load +✘ failed .*p95 \d+ ms > 1 ms/)
  expect(said.broken).toMatch(/stage:api +✘ failed .*299/)
  expect(said.flawed).toMatch(/stage:dast +✘ failed .*Cross Site Scripting/)
  for (const text of Object.values(said)) expect(text).not.toContain("canary")
})
