// @vitest-environment node
// The page's types are those of the contracts beside this folder, which are inputs of its checks in delivery.yaml.
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { expect, it } from "vitest"

const names = readdirSync("src/contracts").map((file) => file.replace(/\.gen\.ts$/, ""))
/** Whether this folder was taken out of its repository: without a single contract there is nothing to compare with. */
const isAlone = !names.some((name) => existsSync(`../${name}/openapi.yaml`))

it("the generated types are what the contracts make", ({ skip }) => {
  skip(isAlone, "there is no contract beside this folder")
  const { status, stderr } = spawnSync(process.execPath, ["generate.mjs", "--check"], { encoding: "utf8" })
  expect(stderr).toBe("")
  expect(status).toBe(0)
}, 60_000)
