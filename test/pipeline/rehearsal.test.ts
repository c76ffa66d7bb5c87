// The chain as one: a rehearsal that is shortened, and says so; and the release record as the ticket to production.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { dagger } from "../sdk/dagger"
import { filesIn, repository, type Stage } from "./shop"

it("a rehearsal, shortened, is green from pull request to rollback, and its report is complete", () => {
  const reports = mkdtempSync(join(tmpdir(), "rehearsal-"))
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(repository, "engine/run.mjs"), "pipeline", "rehearse", "--short", `--reports=${reports}`],
      { cwd: repository, encoding: "utf8" },
    )
    expect(status, stdout + stderr).toBe(0)
    const { stages } = JSON.parse(readFileSync(join(reports, "result.json"), "utf8")) as { stages: Stage[] }
    const found = Object.fromEntries(stages.map((stage) => [stage.name, stage]))
    const green = [
      "pr",
      "targets",
      "publish",
      "dev:policy",
      "dev:deploy",
      "dev:health",
      "dev:api",
      "dev:ui",
      "stage:foreign-key",
      "stage:policy",
      "stage:deploy",
      "stage:health",
      "stage:api",
      "stage:load",
      "stage:dast",
      "stage:feedback",
      "prod:policy",
      "prod:deploy",
      "prod:health",
      "prod:analysis",
      "bad:noticed",
      "rollback:helm",
      "rollback:health",
      "rollback:requests",
    ]
    expect(
      stages
        .filter(({ status }) => status === "passed")
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...green].sort())
    expect(found.shortened!.reason).toContain("load takes 10 s")
    expect(found["prod:policy"]!.reason).toContain("requires")
    expect(found["stage:foreign-key"]!.reason).toMatch(
      /^production refuses it: requires stage: .*; not counted: verdict a verdict of stage counts with a key of stage; it is signed with \w{12} of prod/,
    )
    const table = readFileSync(join(reports, "evidence/table.txt"), "utf8")
    for (const [what, holder] of Object.entries({
      published: "publisher",
      "pr green": "publisher",
      "stage green": "stage",
    }))
      expect(table).toMatch(new RegExp(`^✔ .*${what}.* ${holder} \\(\\w{12}\\)`, "m"))
    expect(table).toMatch(/^✘ .*stage green.* prod \(/m)
    expect(found["bad:noticed"]!.reason).toContain("error rate")
    expect(found["rollback:requests"]!.value).toBeGreaterThan(0)
    expect(found["rollback:requests"]!.reason).toMatch(
      / s from the first bad answer to lasting good ones; \d+ of \d+ requests lost/,
    )
    const record = JSON.parse(readFileSync(join(reports, "release.json"), "utf8")) as {
      images: Record<string, string>
      verdicts: Record<string, { passed: boolean }>
    }
    expect(Object.values(record.images)).toHaveLength(4)
    for (const image of Object.values(record.images)) expect(image).toMatch(/@sha256:[0-9a-f]{64}$/)
    expect(record.verdicts).toMatchObject({ dev: { passed: true }, stage: { passed: true }, prod: { passed: true } })
    expect((JSON.parse(readFileSync(join(reports, "slack.json"), "utf8")) as unknown[]).length).toBe(6)
    const files = filesIn(reports)
    expect(files).toEqual(
      expect.arrayContaining([
        "index.html",
        "summary.md",
        "dev.html",
        "stage.html",
        "prod.html",
        "rollback.html",
        "pr/index.html",
        "dev/api/junit.xml",
        "stage/load/results.jtl",
        "stage/dast/wapiti.json",
      ]),
    )
    const pictures = files.filter((file) => file.startsWith("dev/ui/") && file.endsWith(".png"))
    expect(pictures.length).toBeGreaterThan(10)
    // A picture that went through a text would be of another size.
    expect(readFileSync(join(reports, pictures[0]!)).subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a")
    expect(statSync(join(reports, "bad/noticed/analysis/samples.json")).size).toBeGreaterThan(0)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}, 3_000_000)

it("a release record is a ticket: without a verdict, altered, of another key or unknown, it opens nothing", async () => {
  const { code, stdout, stderr } = await dagger(
    ["--silent", "-m", "test/fixtures/chain", "call", "records", "--source=."],
    { cwd: repository, seconds: 900 },
  )
  expect(code, stderr).toBe(0)
  const said = JSON.parse(stdout) as Record<string, string>
  expect(said.published).toContain("4 images pushed")
  expect(said.published).toContain("GREEN")
  expect(said.again).toContain("0 images pushed")
  expect(said.untested).toMatch(
    /prod:policy +✘ failed .*requires pr: \w+ has no pr verdict: it was never checked; .*requires stage: \w+ has no stage/,
  )
  expect(said.otherKey).toMatch(
    /there is no release record of .* does not count: signed with the key \w{12}, which is not listed/,
  )
  expect(said.unknown).toContain("there is no release record of 000000000000")
  expect(said.evidence).toMatch(/✔ +\S+ +published from \w{12} +publisher, dev, stage, prod \(\w{12}\) +laptop\n/)
  expect(said.verified).toBe("2 statements verified: signature, signer, subject and name\n")
  expect(said.cosign!.match(/Verified OK/g)).toHaveLength(2)
  expect(said.altered).toContain("the statement does not fit its signature: it was altered")
}, 1_200_000)
