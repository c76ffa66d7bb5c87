// What the shell of Go's steps does around the tools. Nothing here is asked of an engine, and nothing is compiled.
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { turns } from "../../modules/golang/src/turns"

describe("modules that are checked side by side", () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "turns-"))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Two modules that work at the same time on one cache, each until the other has had time to begin: what they wrote, in order. */
  async function order(goMods: string[], kinds = ["lint", "lint"], script = turns): Promise<string[]> {
    const log = join(folder, "log")
    writeFileSync(log, "")
    await Promise.all(
      goMods.map((text, i) => {
        const module = join(folder, String(i))
        mkdirSync(module, { recursive: true })
        writeFileSync(join(module, "go.mod"), text)
        const work = `${script}\ntake_turn ${kinds[i]}\necho begin >> '${log}'; sleep 0.5; echo end >> '${log}'\nend_turn`
        return promisify(execFile)("bash", ["-uc", work], {
          cwd: module,
          env: { ...process.env, GOCACHE: join(folder, "cache") },
        })
      }),
    )
    return readFileSync(log, "utf8").trim().split("\n")
  }
  const [inTurn, together] = [
    ["begin", "end", "begin", "end"],
    ["begin", "begin", "end", "end"],
  ]

  it("compile one after the other with an empty cache", async () =>
    expect(await order(["module a", "module b"])).toEqual(inTurn))
  it("wait for nothing that the cache knows", async () => {
    await order(["module a", "module b"])
    expect(await order(["module a", "module b"])).toEqual(together)
  })
  it("wait again where one's go.mod and another's are new", async () => {
    await order(["module a", "module b"])
    expect(await order(["module c", "module d"])).toEqual(inTurn)
  })
  it("do not wait for work of another kind", async () =>
    expect(await order(["module a", "module b"], ["lint", "test"])).toEqual(together))
  it("do not wait in an image without flock", async () =>
    expect(await order(["module a", "module b"], undefined, `flock() { return 127; }\n${turns}`)).toEqual(together))
})
