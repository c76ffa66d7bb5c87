// Which live test files need not run; each test has a repository and a state folder of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { pathsBelow } from "../../engine/src/paths.js"
import { noteGreen, notePart, unchangedPart, unchangedTests } from "../../engine/src/unchanged.js"

describe("a live test file that passed", () => {
  const file = "test/modules/tool.test.ts"
  let folder: string
  let paths: ReturnType<typeof pathsBelow>
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const left = () => unchangedTests(folder, paths).map(({ file, tests }) => [file, tests])
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "unchanged-"))
    paths = pathsBelow(join(folder, "state"))
    for (const part of ["sdk", "modules", "pipeline", "engine", "product"])
      mkdirSync(join(folder, "test", part), { recursive: true })
    write(file, "// A tool.\n// inputs: modules/tool services/a.txt\n")
    write("modules/tool/src/index.ts", "one")
    write("modules/tool/node_modules/x", "generated")
    write("services/a.txt", "a")
    write("engine/src/patches.ts", "engine")
    write("engine/sdk/src/index.ts", "sdk")
    write("engine/src/main.ts", "script")
    write("state/images/x.json", "{}")
    noteGreen(file, 3, folder, paths)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it("is left out on the same inputs", () => expect(left()).toEqual([[file, 3]]))
  it.each([
    ["a file below an input", "modules/tool/src/index.ts"],
    ["a new file below an input", "modules/tool/src/more.ts"],
    ["an input that is a file", "services/a.txt"],
    ["what the engine is built from", "engine/src/patches.ts"],
    ["the SDK", "engine/sdk/src/index.ts"],
    ["the images' stamps", "state/images/x.json"],
  ])("runs again after an edit of %s", (_, path) => {
    write(path, "another text")
    expect(left()).toEqual([])
  })
  it("runs again after an edit of itself, but not when the old text is back", () => {
    write(file, "// A tool, differently.\n// inputs: modules/tool services/a.txt\n")
    expect(left()).toEqual([])
    write(file, "// A tool.\n// inputs: modules/tool services/a.txt\n")
    expect(left()).toEqual([[file, 3]])
  })
  it("does not run again after an edit of a generated file, or of one that is not an input", () => {
    write("services/b.txt", "b")
    write("engine/src/main.ts", "another script")
    write("modules/tool/node_modules/x", "generated again")
    expect(left()).toEqual([[file, 3]])
  })
  it("always runs when it does not name its inputs", () => {
    write(file, "// A tool.\n")
    noteGreen(file, 3, folder, paths)
    expect(left()).toEqual([])
  })
  it("is an error when it names what is not there", () => {
    write(file, "// inputs: modules/tol\n")
    expect(left).toThrow("test/modules/tool.test.ts: inputs: there is no modules/tol")
  })

  it("may have parts with inputs of their own", () => {
    const part = (name: string) => unchangedPart({ file, name, inputs: ["modules/tool"] }, folder, paths)
    notePart({ file, name: "a", inputs: ["modules/tool"] }, 2, folder, paths)
    expect(part("a")).toMatchObject({ tests: 2 })
    expect(part("b")).toBeUndefined()
    write("services/a.txt", "of no part")
    expect(part("a")).toMatchObject({ tests: 2 })
    write("modules/tool/src/index.ts", "two")
    expect(part("a")).toBeUndefined()
  })
})
