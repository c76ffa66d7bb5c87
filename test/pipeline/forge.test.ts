// `pr` shows its verdict on a pull request: to the stand-in of a forge, through the engine.
// inputs: ci modules dagger.json test/pipeline/shop.ts
import { afterAll, beforeAll, expect, it } from "vitest"
import { bringUp, freePort, type Up } from "../lib/up"
import { dagger } from "../sdk/dagger"
import { Shop, repository } from "./shop"

let shop: Shop
let up: Up
let port: number

beforeAll(async () => {
  shop = new Shop()
  port = await freePort()
  shop.remove("services/frontend")
  shop.write(
    "delivery.yaml",
    [
      "services:\n  api: { path: services/api, kind: go }",
      "repository: https://git.example.com/shop/web",
      `notifications: { forge: { kind: gitea, api: "http://forge:${port}" } }\n`,
    ].join("\n"),
  )
  shop.write("broken.yaml", "a: [\n")
  shop.commit("Add a file that is no YAML")
  const head = shop.git("rev-parse", "HEAD").trim()
  const call = ["--silent", "-m", "modules/forge", "call", "stand-in", "--kind=gitea", `--head=${head}`]
  up = await bringUp([...call, "up", "--ports", `${port}:8080`], repository)
})
afterAll(async () => {
  shop?.close()
  await up?.stop()
})

it("a red verdict is a status and a comment with the table, and the token is seen nowhere", async () => {
  const { code, stdout, stderr } = await dagger(
    [
      ...["call", "--progress=plain", `--source=${shop.root}`],
      ...["with-forge", "--token=env://FORGE", "--pull=7", `--service=tcp://127.0.0.1:${port}`],
      ...["pr", "--only=lint:yaml", "verdict"],
    ],
    { cwd: repository, seconds: 400, env: { FORGE: "forge-good" } },
  )
  expect(code).not.toBe(0)
  // The stand-in's source, which the progress shows, names its tokens.
  const said = (stdout + stderr).replace(/.*A stand-in of a forge.*/g, "")
  expect(said).not.toContain("the verdict is not shown there")
  expect(said).not.toContain("forge-good")
  const { comments, statuses } = (await (await fetch(`http://127.0.0.1:${port}/_log`)).json()) as {
    comments: { body: string }[]
    statuses: { state: string; description: string }[]
  }
  expect(statuses).toMatchObject([
    { state: "pending", context: "delivery/pr" },
    { state: "failure", description: expect.stringMatching(/^RED .*1 failed/) as string },
  ])
  expect(comments).toHaveLength(1)
  expect(comments[0]!.body).toContain("| lint:yaml | ❌ failed |")
  expect(comments[0]!.body).toContain("broken.yaml")
})
