// `dagger check` on another repository that has the pipeline's module in it: green, and red with what was found.
// inputs: ci modules dagger.json test/pipeline/shop.ts
import { cpSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { dagger, type Result } from "../sdk/dagger"
import { Shop, repository } from "./shop"

let shop: Shop

beforeAll(() => {
  shop = new Shop()
  shop.remove("services/frontend")
  shop.write("delivery.yaml", "services:\n  api: { path: services/api, kind: go }\n")
  const kept = (from: string): boolean => !/\/(sdk|node_modules|tsconfig\.json)$/.test(from)
  for (const folder of ["ci", "modules"])
    cpSync(join(repository, folder), join(shop.root, folder), { recursive: true, filter: kept })
  shop.commit("Take the pipeline's module")
})
afterAll(() => shop?.close())

const check = (...args: string[]): Promise<Result> =>
  dagger(["check", "--progress=plain", "-m", "ci", ...args], { cwd: shop.root, seconds: 500 })

it("lists the checks", async () => {
  const { code, stdout, stderr } = await check("-l")
  expect(code, stdout + stderr).toBe(0)
  for (const name of ["secrets", "lint", "typecheck", "test", "build", "coverage", "sast", "quality"])
    expect(stdout).toMatch(new RegExp(`^${name} +\\S`, "m"))
})

it("is green, and red with a fault, which it names", async () => {
  const green = await check("lint")
  expect(green.code, green.stdout + green.stderr).toBe(0)
  shop.write(
    "services/api/price/price.go",
    shop.read("services/api/price/price.go").replace("return cents", "return  cents"),
  )
  const red = await check("lint")
  expect(red.code).not.toBe(0)
  expect(red.stdout + red.stderr).toContain("services/api/price/price.go is not formatted")
})

it("fetches with the access that it is given", async () => {
  shop.write("services/api/go.mod", `${shop.read("services/api/go.mod")}\nrequire example.invalid/private v1.0.0\n`)
  const { code, stdout, stderr } = await dagger(
    ["call", "--progress=plain", "-m", "ci", "with-private", "--goproxy=env://GOPROXY_URL", "build"],
    { cwd: shop.root, seconds: 300, env: { GOPROXY_URL: "http://127.0.0.1:9" } },
  )
  expect(code).not.toBe(0)
  expect(stdout + stderr).toContain("http://127.0.0.1:9/example.invalid/private")
})
