// Private Go modules and npm packages: what lets a call in, what it says when it is not let in, and who sees the secrets.
// inputs: modules/golang modules/gosec modules/node test/fixtures/private
import { randomBytes } from "node:crypto"
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { goProxy, goSum, npmRegistry, type Registry } from "../fixtures/private/registries"
import { repository } from "../pipeline/shop"
import { dagger, type Result } from "../sdk/dagger"

const folder = mkdtempSync(join(tmpdir(), "private-"))
const secret = randomBytes(12).toString("hex")
let proxy: Registry & { certificate: string }
let registry: Registry & { lockfile: string }

beforeAll(async () => {
  cpSync(join(repository, "test/fixtures/private"), folder, { recursive: true })
  ;[proxy, registry] = await Promise.all([goProxy("goproxy", "ci", secret), npmRegistry("npm", secret)])
  writeFileSync(join(folder, "go/go.sum"), goSum)
  writeFileSync(join(folder, "npm/package-lock.json"), registry.lockfile)
  writeFileSync(join(folder, "ca.crt"), proxy.certificate)
})
afterAll(() => {
  proxy?.close()
  registry?.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (env: Record<string, string>, ...args: string[]): Promise<Result> =>
  dagger(["--progress=plain", ...args], { cwd: repository, seconds: 400, env })

describe("golang and gosec", () => {
  const go = (module: string, given: { netrc?: string }, ...args: string[]): Promise<Result> =>
    run(
      { NETRC: given.netrc ?? "", GOPROXY_URL: `https://goproxy:${proxy.port},off` },
      ...[
        "-m",
        `modules/${module}`,
        "call",
        "with-private",
        "--goproxy=env://GOPROXY_URL",
        `--certificate=${folder}/ca.crt`,
        `--service=tcp://127.0.0.1:${proxy.port}`,
        ...(given.netrc ? ["--netrc=env://NETRC"] : []),
      ],
      ...args,
    )
  const netrc = (): string => `machine goproxy:${proxy.port} login ci password ${secret}\n`
  // The steps that need no tool of the module's own, which would come from this proxy too.
  const check = (given: { netrc?: string }, ...args: string[]) =>
    go("golang", given, "check", `--source=${folder}/go`, "--name=api", "--steps=build", ...args)

  it("build with a login, and what they run sees neither netrc nor GOPROXY", async () => {
    const { code, stdout, stderr } = await check({ netrc: netrc() }, "verdict")
    expect(code, stderr).toBe(0)
    expect(stdout).toContain("passed api:build")
    expect(stdout + stderr).not.toContain(secret)
    expect(proxy.requests.some(({ path, status }) => path.endsWith(".zip") && status === 200)).toBe(true)
    const asked = proxy.requests.length
    expect((await check({ netrc: netrc() }, "results", "cached")).stdout).toMatch(/true/)
    expect(proxy.requests.length).toBe(asked)
    const tests = await go(
      "golang",
      { netrc: netrc() },
      "exec",
      `--source=${folder}/go`,
      "--args=test,-v,./...",
      "stdout",
    )
    expect(tests.code, tests.stderr).toBe(0)
    expect(tests.stdout).toContain("--- PASS: TestSeesNoSecret")
    const scan = await go("gosec", { netrc: netrc() }, "scan", `--source=${folder}/go`, "verdict")
    expect(scan.code, scan.stderr).toBe(0)
  })

  it("name who refused and what to pass without one, although another call was let in", async () => {
    const why =
      `goproxy:${proxy.port} refuses shop.example/greet@v1.0.0 (401 Unauthorized): pass netrc with a ` +
      `login for goproxy:${proxy.port}, or goproxy with one in the address`
    const { code, stderr } = await check({}, "verdict")
    expect(code).not.toBe(0)
    expect(stderr).toContain(`failed api:build`)
    expect(stderr).toContain(why)
    const scan = await go("gosec", {}, "scan", `--source=${folder}/go`, "reason")
    expect(scan.stdout).toContain(why)
  })
})

describe("node", () => {
  const install = (given: { npmrc?: string }, ...args: string[]): Promise<Result> =>
    run(
      { NPMRC: given.npmrc ?? "" },
      ...[
        "-m",
        "modules/node",
        "call",
        "with-private",
        "--npmrc=env://NPMRC",
        `--service=tcp://127.0.0.1:${registry.port}`,
        "install",
        `--source=${folder}/npm`,
      ],
      ...args,
    )
  const npmrc = (): string =>
    `@shop:registry=http://npm:${registry.port}/\n//npm:${registry.port}/:_authToken=${secret}\n`

  it("installs with a login, and neither install scripts nor later commands see it", async () => {
    const { code, stdout, stderr } = await install(
      { npmrc: npmrc() },
      "with-exec",
      "--args=sh,-c,cat node_modules/@shop/greet/seen.json; env; ls /run /root; cat /run/npmrc 2>&1 || true",
      "stdout",
    )
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('"environment":[[')
    expect(stdout).toContain('"file":false')
    expect(stdout).not.toContain("USERCONFIG=/run/npmrc")
    expect(stdout + stderr).not.toContain(secret)
    expect(registry.requests).toContainEqual({ path: "/@shop/greet/-/greet-1.0.0.tgz", status: 200 })
  })

  it("names who refused and what to pass with a wrong one, although another call was let in", async () => {
    const { code, stderr } = await install({ npmrc: "fund=false\n" }, "directory", "--path=.", "entries")
    expect(code).not.toBe(0)
    expect(stderr).toContain(
      `npm:${registry.port} refuses @shop/greet (401): pass npmrc with a login for npm:${registry.port}`,
    )
  })
})
