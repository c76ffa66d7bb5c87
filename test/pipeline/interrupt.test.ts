// Ctrl-C during `npm start`: what was finished is kept, what was not is said to be so.
// inputs: engine ci modules dagger.json test/pipeline/shop.ts services delivery.yaml
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { Shop, repository, type Stage } from "./shop"

let shop: Shop
beforeAll(() => void (shop = new Shop()))
afterAll(() => shop.close())

it("collects what was finished, in the reports and in the table", async () => {
  const marker = `slow${Date.now()}`
  shop.write(
    "services/api/slow_test.go",
    `package main\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestSlow(t *testing.T) { time.Sleep(100 * time.Second); t.Log("${marker}") }\n`,
  )
  const child = spawn(
    process.execPath,
    [
      join(repository, "engine/run.mjs"),
      "pipeline",
      "pr",
      `--source=${shop.root}`,
      "--only=secrets",
      "--only=api:test",
    ],
    { cwd: repository },
  )
  let output = ""
  let interrupted = false
  child.stdout.on("data", (chunk) => (output += chunk))
  child.stderr.on("data", (chunk) => {
    output += chunk
    if (interrupted || !output.includes("✔ secrets") || !output.includes("▶ api:test")) return
    interrupted = true
    child.kill("SIGINT")
  })
  const code = await new Promise((resolve) => child.on("close", resolve))
  expect(output).toContain("interrupted: ending the call, then collecting what is finished")
  expect(code).toBe(130)
  const { passed, stages } = JSON.parse(readFileSync(join(shop.root, "delivery-reports/result.json"), "utf8")) as {
    passed: boolean
    stages: Stage[]
  }
  const stage = (name: string) => stages.find((one) => one.name === name)
  expect(stage("secrets")).toMatchObject({ status: "passed" })
  expect(stage("api:test")).toMatchObject({ status: "skipped", reason: expect.stringContaining("interrupted") })
  expect(passed).toBe(false)
  expect(readFileSync(join(shop.root, "delivery-reports/secrets/secrets.json"), "utf8").trim()).toBe("[]")
  expect(output).toMatch(/RED: not every stage has ended \(1 passed, \d+ skipped\)/)
})
