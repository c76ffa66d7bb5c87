// The licences that the module cyclonedx asks a registry for, against a server that is one.
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { licencesScript, readLicences } from "../../modules/cyclonedx/src/licences"

let server: Server | undefined
afterEach(() => {
  server?.close()
  server?.closeAllConnections()
  server = undefined
})

/** Runs the script; `answers` are by the path that it asks for, a number is a status. */
async function ask(wanted: string[], answers: Record<string, object | number>, more: Record<string, string> = {}) {
  const asked: string[] = []
  server = createServer(({ url = "" }, response) => {
    asked.push(url)
    const answer = answers[url] ?? 404
    response.writeHead(typeof answer === "number" ? answer : 200).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve))
  const folder = mkdtempSync(join(tmpdir(), "licences-"))
  writeFileSync(join(folder, "licences.mjs"), licencesScript)
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const code = await new Promise<number>((resolve) => {
    const env = { ...process.env, npm_config_registry: registry, NODE_V8_COVERAGE: "", ...more }
    const child = execFile("node", ["licences.mjs", "."], { cwd: folder, env }, (error) =>
      resolve(typeof error?.code === "number" ? error.code : error ? -1 : 0),
    )
    child.stdin!.end(wanted.map((one) => `${one}\n`).join(""))
  })
  const text = (file: string) => readFileSync(join(folder, file), "utf8")
  return { code, asked, found: JSON.parse(text("licences.json")) as object, unanswered: text("unanswered.txt") }
}

describe("licences", () => {
  it("are those of each version, in whatever form it names them", async () => {
    const { code, found, unanswered } = await ask(
      ["kiln@1.0.0", "@pot/glaze@2.0.0-rc.1", "old@0.1.0", "older@0.1.0", "both@1.0.0", "none@1.0.0", "hidden@1.0.0"],
      {
        "/kiln/1.0.0": { license: "MIT" },
        "/@pot%2fglaze/2.0.0-rc.1": { license: { type: "Apache-2.0", url: "x" } },
        "/old/0.1.0": { licenses: [{ type: "ISC" }] },
        "/older/0.1.0": { licenses: { type: "BSD-2-Clause" } },
        "/both/1.0.0": { licenses: [{ type: "MIT" }, "GPL-2.0"] },
        "/none/1.0.0": {},
        "/hidden/1.0.0": 403,
      },
    )
    expect(found).toEqual({
      "kiln@1.0.0": "MIT",
      "@pot/glaze@2.0.0-rc.1": "Apache-2.0",
      "old@0.1.0": "ISC",
      "older@0.1.0": "BSD-2-Clause",
      "both@1.0.0": "(MIT OR GPL-2.0)",
    })
    expect({ code, unanswered }).toEqual({ code: 0, unanswered: "" })
  })
  it("are asked for three times, and a registry that stays silent is named once", async () => {
    const { code, asked, found, unanswered } = await ask(["kiln@1.0.0", "wheel@1.0.0"], {
      "/kiln/1.0.0": 503,
      "/wheel/1.0.0": { license: "MIT" },
    })
    expect(asked.filter((path) => path === "/kiln/1.0.0")).toHaveLength(3)
    expect(found).toEqual({ "wheel@1.0.0": "MIT" })
    expect({ code, unanswered }).toEqual({
      code: 1,
      unanswered: expect.stringMatching(/^127\.0\.0\.1:\d+ did not answer \(status 503\)$/),
    })
  })
  it("are not known if the script could not run", () => {
    expect(readLicences({ found: "", unanswered: "", output: "a\nnpm: not found\n" })).toEqual({
      found: {},
      unanswered: "the registry could not be asked: npm: not found",
    })
    expect(readLicences({ found: '{"a@1":"MIT"}', unanswered: "", output: "" }).found).toEqual({ "a@1": "MIT" })
  })
})
