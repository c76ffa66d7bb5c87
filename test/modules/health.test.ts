// What is served has to answer, and to be what was deployed.
// inputs: modules/health
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

let folder: string
const servers: (() => void)[] = []
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "health-"))))
afterAll(() => {
  for (const close of servers) close()
  rmSync(folder, { recursive: true, force: true })
})

/** Serves at a free port of this machine's loopback until the tests end. */
async function serve(listener: RequestListener): Promise<{ port: number; close: () => void }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  servers.push(close)
  return { port: (server.address() as AddressInfo).port, close }
}

/** Checks the paths of a server; what its result says. */
async function check(
  port: number,
  paths: Record<string, string>,
  ...args: string[]
): Promise<{ status: string; reason: string; value: number; unit: string }> {
  const urls = Object.entries(paths).map(([name, path]) => `--urls=${name}=http://product:${port}${path}`)
  const { code, stdout, stderr } = await dagger(
    [
      "--silent",
      "-m",
      "modules/health",
      "call",
      "check",
      ...urls,
      `--service=tcp://127.0.0.1:${port}`,
      ...args,
      "reports",
      "file",
      "--path=result.json",
      "contents",
    ],
    { cwd: repository, seconds: 300 },
  )
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

/** The product: a page, and versions of two services behind a proxy that answers 502 where there is none. */
const product =
  (versions: Record<string, string | undefined>): RequestListener =>
  (request, answer) => {
    const [, name] = /^\/api\/(\w+)\/version$/.exec(request.url!) ?? []
    if (name === undefined) return void answer.end("<html>")
    const sha = versions[name]
    if (sha === undefined) return void answer.writeHead(502).end()
    answer.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ sha, appMode: "qa" }))
  }
const paths = { page: "/", recipes: "/api/recipes/version", restaurant: "/api/restaurant/version" }

describe.concurrent("health", () => {
  it("is green when all answer at the version that was deployed, and asks again each time", async () => {
    let asked = 0
    const { port } = await serve((request, answer) => {
      asked++
      product({ recipes: "abc1", restaurant: "abc1" })(request, answer)
    })
    for (const times of [1, 2]) {
      expect(await check(port, paths, "--version=abc1")).toMatchObject({
        status: "passed",
        reason: "3 addresses answer at version abc1",
        value: 3,
        unit: "addresses",
      })
      expect(asked).toBe(9 * times)
    }
  })
  it("names the address, what came and what was expected", async () => {
    const { port } = await serve(product({ recipes: "abc1" }))
    expect(await check(port, paths, "--version=abc1", "--wait=20")).toMatchObject({
      status: "failed",
      reason: `restaurant: http://product:${port}/api/restaurant/version answers 502, expected 200 (tried for 20 s)`,
      value: 2,
    })
  })
  it("is red when the old version goes on being served, and fails the call", async () => {
    const { port } = await serve(product({ recipes: "abc1", restaurant: "0ld" }))
    const { code, stderr } = await dagger(
      [
        "--silent",
        "-m",
        "modules/health",
        "call",
        "check",
        `--urls=restaurant=http://product:${port}/api/restaurant/version`,
        `--service=tcp://127.0.0.1:${port}`,
        "--version=abc1",
        "--wait=10",
        "verdict",
      ],
      { cwd: repository, seconds: 300 },
    )
    expect(code).not.toBe(0)
    expect(stderr).toContain(
      `health failed: restaurant: http://product:${port}/api/restaurant/version serves version 0ld, expected abc1 (tried for 10 s)`,
    )
  })
  it("is red when one of two replicas is an old one", async () => {
    let asked = 0
    const { port } = await serve((request, answer) =>
      product({ restaurant: asked++ % 2 ? "abc1" : "0ld" })(request, answer),
    )
    const { status, reason } = await check(
      port,
      { restaurant: "/api/restaurant/version" },
      "--version=abc1",
      "--wait=10",
    )
    expect(status).toBe("failed")
    expect(reason).toMatch(/serves version 0ld, expected abc1|was healthy 1 times in a row, expected 3/)
  })
  it("waits while the new version comes", async () => {
    let asked = 0
    const { port } = await serve((request, answer) =>
      product({ restaurant: ++asked < 4 ? undefined : asked < 7 ? "0ld" : "abc1" })(request, answer),
    )
    expect(await check(port, { restaurant: "/api/restaurant/version" }, "--version=abc1")).toMatchObject({
      status: "passed",
      reason: "1 address answers at version abc1",
    })
    expect(asked).toBe(9)
  })
  it("is red when the page comes where a version is expected, or no address tells one", async () => {
    const { port } = await serve((_, answer) => void answer.end("<html>"))
    expect((await check(port, { page: "/version.json" }, "--version=abc1", "--wait=10")).reason).toContain(
      "/version.json reports no version, expected abc1",
    )
    expect(await check(port, { page: "/" }, "--version=abc1")).toMatchObject({
      status: "failed",
      reason: "no address reports a version, expected abc1",
    })
    expect(await check(port, { page: "/version.json" })).toMatchObject({
      status: "passed",
      reason: "1 address answers",
    })
  })
  it("is red within the limit when nothing listens, or nothing is said", async () => {
    const gone = await serve(() => undefined)
    gone.close()
    const { reason } = await check(gone.port, { page: "/" }, "--wait=3")
    expect(reason).toMatch(/^page: http:\/\/product:\d+\/ cannot be reached: .* \(tried for 3 s\)$/)
    const silent = await serve(() => undefined)
    expect((await check(silent.port, { page: "/" }, "--wait=2")).reason).toMatch(
      /cannot be reached: no answer within .* s \(tried for 2 s\)$/,
    )
  })
  it("keeps what it saw", async () => {
    const { port } = await serve(product({ restaurant: "0ld" }))
    const { code } = await dagger(
      [
        "--silent",
        "-m",
        "modules/health",
        "call",
        "check",
        `--urls=restaurant=http://product:${port}/api/restaurant/version`,
        `--service=tcp://127.0.0.1:${port}`,
        "--version=abc1",
        "--wait=10",
        "reports",
        "export",
        `--path=${folder}/seen`,
      ],
      { cwd: repository, seconds: 300 },
    )
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(join(folder, "seen/health.json"), "utf8"))).toMatchObject([
      { name: "restaurant", healthy: false, sha: "0ld" },
    ])
    expect(readFileSync(join(folder, "seen/output.txt"), "utf8")).toContain("serves version 0ld")
  })
  it.each([
    [["--urls=page"], 'urls: "page" is not name=url'],
    [["--urls=page=ftp://x/"], "is not name=url with an http or https URL"],
    [["--urls=page=http://x/", "--urls=page=http://y/"], "urls: duplicate name page"],
    [["--urls=page=http://x/", "--times=0"], "times: 0 is less than 1"],
  ])("refuses %j before it asks", async (args, why) => {
    const { code, stderr } = await dagger(["--silent", "-m", "modules/health", "call", "check", ...args, "verdict"], {
      cwd: repository,
      seconds: 300,
    })
    expect(code).not.toBe(0)
    expect(stderr).toContain(why)
  })
})
