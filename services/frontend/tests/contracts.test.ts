// @vitest-environment node
// The page's types are those of the contracts beside this folder, which are inputs of its checks in delivery.yaml.
import { spawnSync } from "node:child_process"
import { expect, it } from "vitest"

it("the generated types are what the contracts make", () => {
  const { status, stderr } = spawnSync(process.execPath, ["generate.mjs", "--check"], { encoding: "utf8" })
  expect(stderr).toBe("")
  expect(status).toBe(0)
}, 60_000)
