// The pull request pipeline on this repository, as `npm start` runs it.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { stageNames } from "../../ci/src/checks/selection"
import { filesIn, repository, type Stage } from "./shop"

// A commit may change no line that tests can run; no Go service here configures golangci-lint; whether a vulnerability database
// answers depends on the machine.
const others: Record<string, unknown> = {
  "coverage:changed": expect.stringMatching(/^(passed|notApplicable)$/),
  "lint:golangci": "notApplicable",
  // The scripts are run as they are: there is nothing to build.
  "pipeline:build": "notApplicable",
  dependencies: expect.stringMatching(/^(passed|inconclusive)$/),
}
const verdict = (name: string): unknown => others[name] ?? "passed"

// Long enough for empty caches: every tool and every service is compiled then.
it("is green here: every stage of delivery.yaml passed, with its reports", () => {
  const reports = mkdtempSync(join(tmpdir(), "self-"))
  try {
    const {
      status: code,
      stdout,
      stderr,
    } = spawnSync(process.execPath, [join(repository, "engine/run.mjs"), "pipeline", "pr", `--reports=${reports}`], {
      cwd: repository,
      encoding: "utf8",
    })
    expect(code, stdout + stderr).toBe(0)
    const { stages } = JSON.parse(readFileSync(join(reports, "result.json"), "utf8")) as { stages: Stage[] }
    expect(stages.map(({ name, status }) => [name, status])).toEqual(
      stageNames(parseConfig(readFileSync(join(repository, "delivery.yaml"), "utf8"))).map((name) => [
        name,
        verdict(name),
      ]),
    )
    expect(filesIn(reports)).toEqual(
      expect.arrayContaining([
        "index.html",
        "summary.md",
        "restaurant/test/junit.xml",
        "restaurant/test/coverage.out",
        "frontend/test/junit.xml",
      ]),
    )
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}, 1_800_000)
