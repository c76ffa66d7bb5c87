// The product as a developer runs it: `npm run product`, and the API and UI suites against the address that it prints.
// inputs: engine ci modules dagger.json services delivery.yaml
import { spawn, spawnSync, type ChildProcess } from "node:child_process"
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository } from "../pipeline/shop"

const script = join(repository, "engine/run.mjs")

/** `npm run product` that is up. */
class Dev {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async up(...args: string[]): Promise<Dev> {
    const child = spawn(process.execPath, [script, "product", ...args], { cwd: repository })
    let output = ""
    return new Promise((resolve, reject) => {
      const heard = (chunk: Buffer) => {
        output += chunk.toString()
        const url = /^(http:\/\/\S+)$/m.exec(output)?.[1]
        if (url) resolve(new Dev(child, url))
      }
      child.stdout.on("data", heard)
      child.stderr.on("data", heard)
      child.on("close", (code) => reject(new Error(`npm run product ended with ${code}:\n${output}`)))
    })
  }

  /** Ends it as Ctrl-C does, and gives its exit code. */
  async down(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.on("close", resolve))
    this.child.kill("SIGINT")
    return ended
  }
}

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "product-"))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function suite(name: "api" | "ui", ...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, `test-${name}`, `--reports=${join(folder, name)}`, ...args],
    { cwd: repository, encoding: "utf8" },
  )
  return { code: status, output: stdout + stderr }
}

describe("the product", () => {
  let dev: Dev
  beforeAll(async () => void (dev = await Dev.up()))

  it("serves the page, and says what runs", async () => {
    expect(await (await fetch(dev.url)).text()).toContain('<div id="app">')
    const version = (await (await fetch(`${dev.url}/api/restaurant/version`)).json()) as {
      sha: string
      commitTime: string
      appMode: string
    }
    expect(version.sha).toMatch(
      new RegExp(
        `^${spawnSync("git", ["rev-parse", "HEAD"], { cwd: repository, encoding: "utf8" }).stdout.trim()}(-dirty)?$`,
      ),
    )
    expect(Date.parse(version.commitTime)).toBeGreaterThan(0)
    expect(version.appMode).toBe("development")
  })

  it("passes the API suite", () => {
    const { code, output } = suite("api", `--url=${dev.url}`)
    expect(output).toMatch(/✔ passed  test:api/)
    expect(code).toBe(0)
    expect(readFileSync(join(folder, "api/junit.xml"), "utf8")).toContain("<testcase")
  })

  it("passes the UI suite, which leaves screenshots", () => {
    const { code, output } = suite("ui", `--url=${dev.url}`)
    expect(output).toMatch(/✔ passed  test:ui/)
    expect(code).toBe(0)
    expect(readdirSync(join(folder, "ui")).filter((file) => file.endsWith(".png")).length).toBeGreaterThan(4)
  })

  it("ends with Ctrl-C, and nothing answers any more", async () => {
    expect(await dev.down()).toBe(0)
    await expect(fetch(dev.url)).rejects.toThrow()
  })

  it("that is not there is red, and says so first", () => {
    const { code, output } = suite("api", `--url=${dev.url}`, "--wait=2")
    expect(output).toMatch(/✘ failed  test:api .*(answers|reach|connect)/)
    expect(code).toBe(1)
  })
})

describe("the product whose recipes cannot reach suppliers", () => {
  let dev: Dev
  beforeAll(async () => void (dev = await Dev.up("--unreachable=suppliers")))
  afterAll(async () => void (await dev.down()))

  it("answers degraded, and says so", () => {
    const { code, output } = suite("api", `--url=${dev.url}`, "--folder=degraded")
    expect(output).toMatch(/✔ passed  test:api/)
    expect(code).toBe(0)
  })
})

describe("wrong words", () => {
  it.each([
    ["product", ["--port=99999"], "--port 99999: a number from 1 to 65535 is allowed"],
    ["product", ["--prot=1"], "--prot"],
    ["test-api", [], "--url is missing"],
    ["test-api", ["--url=http://localhost:8080", "--wait=long"], "--wait long: seconds to wait for the product"],
    ["test-ui", ["--url=localhost:8080"], "--url localhost:8080: give the product's address"],
  ])("%s %j are told before anything runs", (command, args, message) => {
    const { status, stderr } = spawnSync(process.execPath, [script, command, ...args], {
      cwd: repository,
      encoding: "utf8",
    })
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })
})
