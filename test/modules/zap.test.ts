// Scans by ZAP's automation framework. The stand-in image has no rules: these tests show that such a run never counts as
// a scan, and that it visits the given addresses.
// inputs: modules/zap
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { servePage, type Flawed } from "../lib/flaws"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

let page: Flawed
let folder: string
beforeAll(async () => {
  page = await servePage(false)
  folder = mkdtempSync(join(tmpdir(), "zap-"))
})
afterAll(() => {
  page.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Calls the module, which has to succeed; what it printed. */
async function call(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", "modules/zap", "call", ...args], {
    cwd: repository,
    seconds: 600,
  })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

const scan = (...args: string[]): string[] => [
  "scan",
  `--url=http://product:${page.port}/`,
  `--service=tcp://127.0.0.1:${page.port}`,
  ...args,
]

describe("zap", () => {
  it("without rules is red, although it visited the page", async () => {
    await call(...scan("reports", "export", `--path=${folder}/none`))
    expect(JSON.parse(readFileSync(join(folder, "none/result.json"), "utf8"))).toMatchObject({
      name: "zap",
      status: "failed",
      reason: "no scan rules loaded: ZAP looked for nothing",
      value: 0,
      limit: 1,
      unit: "rules",
      urls: 3,
      rules: 0,
    })
    expect(JSON.parse(readFileSync(join(folder, "none/zap.json"), "utf8")).version).toBe("2.17.0")
    expect(
      JSON.parse(readFileSync(join(folder, "none/plan.yaml"), "utf8")).jobs.map(({ type }: { type: string }) => type),
    ).toEqual(["spider"])
    expect(readFileSync(join(folder, "none/output.txt"), "utf8")).toContain("Job spider found")
  })
  it("says that it only visited, where no rule is wanted", async () => {
    expect(await call(...scan("--min-rules=0", "--start=/greeting?name=more", "verdict"))).toBe(
      "4 URLs visited; no scan rules loaded: ZAP looked for nothing",
    )
  })
  it("is red with fewer URLs than wanted", async () => {
    expect(await call(...scan("--min-rules=0", "--min-urls=9", "reason"))).toBe("3 URLs visited, at least 9 required")
  })
  it("is red within the limit when nothing answers", async () => {
    expect(await call("scan", "--url=http://nowhere:8099/", "--wait=3", "reason")).toMatch(
      /^http:\/\/nowhere:8099\/ cannot be reached: .+ \(tried for 3 s\)$/,
    )
  })
})
