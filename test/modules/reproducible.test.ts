// The same content becomes the same bytes, whatever folder it lies in, whenever it was written, and with nothing
// taken from a cache. That the same commit has the same
// image digests is seen in test/pipeline/rehearsal.test.ts.
// inputs: modules/golang test/fixtures/sast/clean
import { createHash } from "node:crypto"
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

const folder = mkdtempSync(join(tmpdir(), "reproducible-"))
const program = (words: string): string =>
  `package main\n\nimport "os"\n\nfunc main() { os.Stdout.WriteString("${words}\\n") }\n`

/** A Go module in a folder of the test's, all its files written at the given time. */
function write(at: string, words: string, time: Date): void {
  cpSync(join(repository, "test/fixtures/sast/clean/go.mod"), join(folder, at, "go.mod"), { recursive: true })
  writeFileSync(join(folder, at, "main.go"), program(words))
  for (const file of readdirSync(join(folder, at))) utimesSync(join(folder, at, file), time, time)
}

/** Builds what lies at `source` below `path`; the hash of the one binary. */
async function built(source: string, path: string, ...args: string[]): Promise<string> {
  const out = mkdtempSync(join(folder, "out-"))
  const { code, stderr } = await dagger(
    [
      "--silent",
      "-m",
      "modules/golang",
      "call",
      "build",
      `--source=${join(folder, source)}`,
      `--path=${path}`,
      ...args,
      "export",
      `--path=${out}`,
    ],
    { cwd: repository, seconds: 500 },
  )
  expect(code, stderr).toBe(0)
  const files = readdirSync(out)
  expect(files).toHaveLength(1)
  return createHash("sha256")
    .update(readFileSync(join(out, files[0]!)))
    .digest("hex")
}

beforeAll(() => {
  write("one", "good day", new Date("2020-02-02T02:02:02Z"))
  write("another/clone/of/it", "good day", new Date())
  write("changed", "good night", new Date("2020-02-02T02:02:02Z"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it("binaries of the same content are the same bytes, and of another content are not", async () => {
  const first = await built("one", ".")
  // -a compiles everything again, the standard library too.
  expect(await built("another", "clone/of/it", "--args=-a")).toBe(first)
  expect(await built("changed", ".")).not.toBe(first)
})
