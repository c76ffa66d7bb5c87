// What runs again, and what does not: judged by each stage's `cached`, which says that its tools ended before the call began.
// inputs: ci modules dagger.json test/pipeline/shop.ts services/frontend
import { cpSync, renameSync, rmSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Shop, filesIn, ranIn, stageNames, type Run } from "./shop"

let shop: Shop
const runs: Run[] = []

beforeAll(async () => {
  shop = new Shop()
  // A price of its own, so that nothing of this shop is in the cache yet.
  shop.write(
    "services/api/price/shop.go",
    `package price\n\n// Shop is this shop's number.\nconst Shop = ${Date.now()}\n`,
  )
  shop.commit("Give the shop a number")
  runs.push(await shop.pr())
})
afterAll(() => {
  shop.close()
  for (const run of runs) rmSync(run.reports, { recursive: true, force: true })
})

async function pr(...args: string[]): Promise<Run> {
  const run = await shop.pr(...args)
  runs.push(run)
  return run
}

describe("a second run", () => {
  it("the first one ran the shop's own stages", () => {
    expect(runs[0]!.table).toMatch(/^GREEN/m)
    expect(ranIn(runs[0]!)).toEqual(expect.arrayContaining(["secrets", "api:lint", "api:test", "api:build"]))
  })

  it("with nothing changed runs nothing, and has all reports", async () => {
    const again = await pr()
    expect(Object.keys(again.stages)).toEqual(stageNames)
    expect(ranIn(again)).toEqual([])
    expect(filesIn(again.reports).filter((file) => !/^(index\.html|result\.json|summary\.md)$/.test(file))).toEqual(
      filesIn(runs[0]!.reports).filter((file) => !/^(index\.html|result\.json|summary\.md)$/.test(file)),
    )
  })

  it("after git has rewritten its index runs nothing", async () => {
    shop.git("update-index", "--force-write-index")
    expect(ranIn(await pr())).toEqual([])
  })

  it("in another clone with the same content, when the first one is gone, runs nothing and has all reports", async () => {
    const other = new Shop()
    other.close()
    cpSync(shop.root, other.root, { recursive: true, preserveTimestamps: true })
    renameSync(shop.root, `${shop.root}-gone`)
    try {
      const run = await other.pr()
      runs.push(run)
      expect(ranIn(run), run.output.slice(-2000)).toEqual([])
      expect(filesIn(run.reports)).toContain("api/test/junit.xml")
    } finally {
      renameSync(`${shop.root}-gone`, shop.root)
      other.close()
    }
  })

  it("with an edited README at the root runs no service's stage, only the scan", async () => {
    shop.write("README.md", `A shop with a sign ${Date.now()}.\n`)
    expect(ranIn(await pr()).filter((name) => name !== "secrets")).toEqual([])
  })

  it("with an edited service runs that service only", async () => {
    shop.write(
      "services/api/price/shop.go",
      `package price\n\n// Shop is this shop's number.\nconst Shop = ${Date.now()}\n`,
    )
    expect(ranIn(await pr()).filter((name) => name !== "secrets")).toEqual([
      "api:lint",
      "api:test",
      "api:build",
      "sast:go",
    ])
  })

  it("with an edited README inside a service runs none of its tools", async () => {
    shop.write("services/api/README.md", `What things cost, ${Date.now()}.\n`)
    shop.write("services/api/price/README.md", `What things cost, ${Date.now()}.\n`)
    const first = await pr()
    expect(first.table).toMatch(/^GREEN/m)
    shop.write("services/api/README.md", `What things cost, and why, ${Date.now()}.\n`)
    shop.write("services/api/price/README.md", `What things cost, and why, ${Date.now()}.\n`)
    expect(ranIn(await pr()).filter((name) => name !== "secrets")).toEqual([])
  })

  it("with Markdown that a program embeds, runs again when it changes", async () => {
    shop.write(
      "services/api/price/about.go",
      'package price\n\nimport _ "embed"\n\n// About is what is said of prices.\n//\n//go:embed README.md\nvar About string\n',
    )
    expect((await pr("--only=api")).table).toMatch(/^GREEN/m)
    shop.write("services/api/price/README.md", `What things cost now, ${Date.now()}.\n`)
    expect(ranIn(await pr("--only=api"))).toEqual(expect.arrayContaining(["api:test", "api:build"]))
  })
})

describe("an interrupted run", () => {
  it("says what had not ended, keeps what had, and is not green", async () => {
    shop.write(
      "services/api/price/slow_test.go",
      `package price\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestSlow${Date.now()}(t *testing.T) { time.Sleep(60 * time.Second) }\n`,
    )
    const run = await pr("--only=secrets", "--only=api:test", "--grace=20")
    expect(run.stages["api:test"]).toMatchObject({ status: "skipped", reason: expect.stringMatching(/^interrupted/) })
    expect(run.stages.secrets).toMatchObject({ status: "passed" })
    expect(run.passed).toBe(false)
    expect(run.table.split("\n").at(-1)).toMatch(/^RED/)
  })
})
