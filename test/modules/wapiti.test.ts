// Wapiti on something live: it ends with 0 whatever it found, so a page with a hole is shown red, the same page without it green.
// inputs: modules/wapiti
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { servePage, type Flawed } from "../lib/flaws"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

let flawed: Flawed
let clean: Flawed
let folder: string
beforeAll(async () => {
  flawed = await servePage(true)
  clean = await servePage(false)
  folder = mkdtempSync(join(tmpdir(), "wapiti-"))
})
afterAll(() => {
  flawed.close()
  clean.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Calls the module, which has to succeed; what it printed. */
async function call(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", "modules/wapiti", "call", ...args], {
    cwd: repository,
    seconds: 600,
  })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

const scan = (page: Flawed, ...args: string[]): string[] => [
  "scan",
  `--url=http://product:${page.port}/`,
  `--service=tcp://127.0.0.1:${page.port}`,
  ...args,
]

describe("wapiti", () => {
  it("is red with a hole, names it, and its reports are complete", async () => {
    await call(...scan(flawed, "reports", "export", `--path=${folder}/flawed`))
    const result = JSON.parse(readFileSync(join(folder, "flawed/result.json"), "utf8"))
    expect(result).toMatchObject({
      name: "dast",
      status: "failed",
      exitCode: 0,
      value: 1,
      limit: 0,
      unit: "findings",
      urls: 4,
    })
    expect(result.reason).toBe("Reflected Cross Site Scripting in GET /greeting?name=")
    expect(JSON.parse(readFileSync(join(folder, "flawed/wapiti.json"), "utf8")).infos.crawled_pages_nbr).toBe(4)
    const { runs } = JSON.parse(readFileSync(join(folder, "flawed/wapiti.sarif"), "utf8"))
    expect(runs[0].results[0]).toMatchObject({
      ruleId: "Reflected Cross Site Scripting",
      locations: [{ physicalLocation: { artifactLocation: { uri: `http://product:${flawed.port}/greeting` } } }],
    })
    expect(readFileSync(join(folder, "flawed/output.txt"), "utf8")).toContain("Launching module xss")
  })
  it("is green without it, with what was looked at", async () => {
    expect(await call(...scan(clean, "--max-low=0", "verdict"))).toBe(
      "4 URLs and forms, findings: 0 high, 0 medium, 0 low",
    )
  })
})

describe.concurrent("wapiti is red", () => {
  it("with a missing header when low findings are limited too", async () => {
    expect(await call(...scan(flawed, "--modules=http_headers", "--max-low=0", "reason"))).toBe(
      "Clickjacking Protection in GET /: X-Frame-Options is not set (1 more)",
    )
  })
  it("in what nothing links to, when it is told where to begin", async () => {
    await call(
      ...scan(flawed, "--modules=xss", "--start=/unlinked?name=a", "reports", "export", `--path=${folder}/unlinked`),
    )
    const { runs } = JSON.parse(readFileSync(join(folder, "unlinked/wapiti.sarif"), "utf8"))
    expect(
      runs[0].results.map(({ message }: { message: { text: string } }) => message.text.split(":")[0]).sort(),
    ).toEqual(["greeting", "unlinked"].map((page) => `Reflected Cross Site Scripting in GET /${page}?name=`))
  })
  it("with fewer URLs than wanted", async () => {
    expect(await call(...scan(clean, "--modules=csp", "--min-urls=5", "reason"))).toBe(
      "4 URLs and forms found, at least 5 required",
    )
  })
  it("within the limit when nothing answers", async () => {
    expect(await call("scan", "--url=http://nowhere:8099/", "--wait=3", "reason")).toMatch(
      /^http:\/\/nowhere:8099\/ cannot be reached: .+ \(tried for 3 s\)$/,
    )
    expect(await call("scan", "--url=http://nowhere:8099/", "--wait=3", "exit-code")).toBe("7")
  })
  it("with a module that there is none of, instead of scanning without it", async () => {
    expect(await call(...scan(clean, "--modules=xsss", "reason"))).toContain("xsss")
  })
  it("when its time is over", async () => {
    expect(await call(...scan(clean, "--timeout=2", "reason"))).toBe("timed out after 2 s")
  })
})
