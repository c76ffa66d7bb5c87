// Files that node runs as they are, with their types stripped, hold no syntax that needs a compiler, such as parameter
// properties and enums (https://nodejs.org/api/typescript.html): vitest compiles them, so no other test would notice.
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "../..")

/** TypeScript's number for syntax that cannot be erased. */
const notErasable = 1294

function notErasableIn(file: string): string[] {
  const program = ts.createProgram([file], {
    erasableSyntaxOnly: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    types: [],
  })
  const source = program.getSourceFile(file)!
  return program
    .getSemanticDiagnostics(source)
    .filter(({ code }) => code === notErasable)
    .map(({ start = 0 }) => `line ${source.getLineAndCharacterOfPosition(start).line + 1}`)
}

/** Sources of modules that index.ts copies into a container. */
const copied = readdirSync(join(root, "modules"))
  .filter((name) => name !== "shared")
  .flatMap((name) => {
    const index = readFileSync(join(root, "modules", name, "src/index.ts"), "utf8")
    const list = /for \(const file of \[([^\]]*)\]\)/.exec(index)?.[1] ?? ""
    return [...list.matchAll(/"([\w-]+\.ts)"/g)].map(([, file]) => `modules/${name}/src/${file}`)
  })

describe("files that node runs with stripped types", () => {
  it("are known", () =>
    expect(copied).toEqual(expect.arrayContaining(["modules/slack/src/deliver.ts", "modules/forge/src/publish.ts"])))
  it.each(copied)("%s has nothing that needs a compiler", (file) => expect(notErasableIn(join(root, file))).toEqual([]))
  it("a parameter property is found", () => {
    const file = join(import.meta.dirname, "../fixtures/stripped/property.ts")
    expect(notErasableIn(file)).toEqual(["line 3"])
  })
})
