// The release that runs today against this source's schema, and what makes that check red.
// inputs: ci modules dagger.json services delivery.yaml
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository, root } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

/** A clone with the whole history, which a test may change. */
let clone: string
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "baseline-"))
  execFileSync("git", ["clone", "--quiet", repository, clone])
})
afterAll(() => rmSync(clone, { recursive: true, force: true }))

async function check(source: string): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await dagger(
    ["call", "--silent", "-m", root, `--source=${source}`, "baseline", "verdict"],
    { cwd: repository, seconds: 600 },
  )
  return { code, output: stdout + stderr }
}

it("the baseline's binaries pass the baseline's API suite on this source's schema", async () => {
  const { code, output } = await check(repository)
  expect(output).toMatch(/baseline:schema +✔ passed/)
  expect(output).toMatch(/baseline:api +✔ passed/)
  expect(code).toBe(0)
})

describe("is red", () => {
  const edits: [string, () => void, RegExp][] = [
    ["without a baseline", () => rmSync(join(clone, "services/baseline")), /services\/baseline is missing/],
    [
      "with a name that is no commit",
      () => writeFileSync(join(clone, "services/baseline"), "v1.0\n"),
      /"v1\.0" is not a commit's full hash/,
    ],
    [
      "with a commit that is not there",
      () => writeFileSync(join(clone, "services/baseline"), `${"0123456789".repeat(4)}\n`),
      /names 012345678901, which is not in the history/,
    ],
    [
      "with no migration between",
      () => writeFileSync(join(clone, "services/baseline"), execFileSync("git", ["rev-parse", "HEAD"], { cwd: clone })),
      /no expand migration lies between/,
    ],
  ]
  it.each(edits)("%s", async (_, edit, reason) => {
    edit()
    const { code, output } = await check(clone)
    expect(output).toMatch(/baseline:schema +✘ failed/)
    expect(output).toMatch(reason)
    expect(code).not.toBe(0)
  })
})
