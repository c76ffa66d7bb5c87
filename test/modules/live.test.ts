// The modules that bring servers up or test something live: it really runs each time, and what has tested nothing is red.
// inputs: modules/newman modules/postgres modules/redis modules/selenium test/fixtures/page test/fixtures/caller test/fixtures/browser
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { serveFolder, type Served } from "../lib/serve"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

let page: Served
let broken: Served
let folder: string
beforeAll(async () => {
  page = await serveFolder(join(repository, "test/fixtures/page"))
  broken = await serveFolder(join(repository, "test/fixtures/page"), 0, 503)
  folder = mkdtempSync(join(tmpdir(), "live-"))
})
afterAll(() => {
  page.close()
  broken.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Calls a module, which has to succeed; what it printed. */
async function call(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", module, "call", ...args], {
    cwd: repository,
    seconds: 300,
  })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

/** Calls a module, which has to fail; what it said. */
async function failing(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", module, "call", ...args], {
    cwd: repository,
    seconds: 300,
  })
  expect(code, stdout).not.toBe(0)
  return stderr
}

const caller = "test/fixtures/caller"

describe.concurrent("postgres and redis", () => {
  it("init scripts of both kinds run before the port opens, with their variables", async () => {
    expect(await call(caller, "initialised", `--init=${caller}/init`, "--env=SHOP_PASSWORD=canary-7")).toBe("shop|soup")
  })
  it("an init script that fails ends the server, and its own words are the error", async () => {
    const said = await failing(caller, "initialised", `--init=${caller}/init`, "--env=OTHER=1")
    expect(said).toContain("SHOP_PASSWORD: set SHOP_PASSWORD")
    expect(said).toContain("the init script /docker-entrypoint-initdb.d/10-roles.sh failed")
  })
  it("a server keeps what was written in a session, another instance has its own, and SQL is run each time", async () => {
    expect(await call(caller, "kept")).toBe("1 2 1")
    expect(await call(caller, "kept")).toBe("1 2 1")
    expect(await call(caller, "counted")).toBe("42")
  })
  it("an error of the SQL, of a command or of a variable is an error of the call", async () => {
    expect(await failing("modules/postgres", "query-sql", "--sql=table nothing")).toContain(
      'ERROR:  relation "nothing" does not exist',
    )
    expect(await failing("modules/redis", "exec", "--args=incr")).toContain("wrong number of arguments")
    expect(await failing("modules/postgres", "server", "--env=canary", "ports", "port")).toContain(
      'env: "canary" is not NAME=value',
    )
  })
})

describe("newman", () => {
  const run = (served: Served, ...args: string[]): string[] => [
    "run",
    "--collection=test/fixtures/page/page.postman_collection.json",
    `--url=http://product:${served.port}`,
    `--service=tcp://127.0.0.1:${served.port}`,
    ...args,
  ]
  const asked = (): number => page.requests.filter((path) => path === "/greeting.json").length

  it("asks again although nothing has changed", async () => {
    const before = asked()
    for (const times of [1, 2]) {
      expect(await call("modules/newman", ...run(page, "--folders=good", "reason"))).toBe("2 assertions in 1 requests")
      expect(asked()).toBe(before + times)
    }
  })
  it("runs once in a session, however much of its result another module reads", async () => {
    const before = asked()
    const all = await call(
      caller,
      "once",
      "--collection=test/fixtures/page/page.postman_collection.json",
      `--url=http://product:${page.port}`,
      `--service=tcp://127.0.0.1:${page.port}`,
    )
    expect(all).toBe(
      "api, passed, 2 assertions in 1 requests, 2, assertions, junit.xml newman.json output.txt result.json, true; again passed",
    )
    expect(asked()).toBe(before + 2)
  })
  it("a red run says where, and its reports are complete", async () => {
    expect(await failing("modules/newman", ...run(page, "verdict"))).toContain(
      "api failed: bad: Farewell: status 200: expected response to have status code 200 but got 404",
    )
    await call("modules/newman", ...run(page, "reports", "export", `--path=${folder}/api`))
    expect(readFileSync(join(folder, "api/junit.xml"), "utf8")).toMatch(/<failure[\s\S]*but got 404/)
    expect(readFileSync(join(folder, "api/output.txt"), "utf8")).toContain("Farewell")
    const report = JSON.parse(readFileSync(join(folder, "api/newman.json"), "utf8"))
    expect(report.run.executions.map((one: { response: { code: number } }) => one.response.code)).toEqual([
      200, 404, 200,
    ])
    expect(JSON.stringify(report)).not.toContain('"stream"')
  })
  it.each([
    ["no assertion", "unchecked", "nothing was tested: 0 assertions in 1 requests"],
    ["no request", "empty", "nothing was tested: 0 assertions in 0 requests"],
    ["a folder that is not there", "nope", 'Unable to find a folder or request: "nope"'],
  ])("is red with %s", async (_, name, why) =>
    expect(await failing("modules/newman", ...run(page, `--folders=${name}`, "verdict"))).toContain(why),
  )
  it("is red within the limit when nothing answers, and says so first", async () => {
    const free = await serveFolder(folder)
    free.close()
    expect(await call("modules/newman", ...run(free, "--wait=3", "reason"))).toMatch(
      /^http:\/\/product:\d+ cannot be reached: .* \(tried for 3 s\)$/,
    )
    expect(await call("modules/newman", ...run(broken, "--wait=3", "reason"))).toBe(
      `http://product:${broken.port} cannot be reached: answers 503 (tried for 3 s)`,
    )
    expect(await call("modules/newman", ...run(free, "--wait=3", "exit-code"))).toBe("7")
  })
})

describe("selenium", () => {
  const run = (...args: string[]): string[] => [
    "run",
    "--source=test/fixtures/browser",
    `--url=http://product:${page.port}`,
    `--service=tcp://127.0.0.1:${page.port}`,
    ...args,
  ]
  const opened = (): number => page.requests.filter((path) => path === "/greeting.json").length

  it("opens the page again although nothing has changed", async () => {
    const before = opened()
    for (const times of [1, 2]) {
      expect(await call("modules/selenium", ...run("reason"))).toBe("1 tests")
      expect(opened()).toBe(before + times)
    }
  })
  it("a red run says which test, and keeps the screenshot as it is", async () => {
    expect(await failing("modules/selenium", ...run("--args=Goodbye", "verdict"))).toContain(
      "ui failed: page: greets: Waiting until element text is",
    )
    await call("modules/selenium", ...run("--args=Goodbye", "reports", "export", `--path=${folder}/ui`))
    expect(readFileSync(join(folder, "ui/page.png")).subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a")
    expect(readFileSync(join(folder, "ui/junit.xml"), "utf8")).toContain("<failure")
  })
  it.each([
    ["no test in junit.xml", "nothing", "no test ran (0 tests)"],
    ["no junit.xml", "silent", "the tests wrote no junit.xml to OUT_DIR"],
    ["a script that is not there", "missing", 'Missing script: "missing"'],
  ])("is red with %s", async (_, script, why) =>
    expect(await failing("modules/selenium", ...run(`--script=${script}`, "verdict"))).toContain(why),
  )
  it("ends a hang, and does not wait long for what does not answer", async () => {
    expect(await call("modules/selenium", ...run("--script=hang", "--timeout=5", "reason"))).toBe("timed out after 5 s")
    expect(
      await call(
        "modules/selenium",
        "run",
        "--source=test/fixtures/browser",
        "--url=http://nowhere:8099",
        "--wait=3",
        "reason",
      ),
    ).toMatch(/^the page http:\/\/nowhere:8099 cannot be reached: .* \(tried for 3 s\)$/)
    expect(
      await call("modules/selenium", "run", "--source=test/fixtures/browser", "--url=http://app:8099", "reason"),
    ).toContain("browsers use https only for hosts that end in app")
  })
})
