// Which files the coverage of unit tests is measured for: vitest.config.ts.
import { describe, expect, it } from "vitest"
import { leading, logicFiles } from "../../vitest.config.js"

describe("files that lead calls of the engine", () => {
  const all = logicFiles([])
  const measured = new Set(logicFiles(leading))
  // One pattern may name several files of a folder: each of them counts.
  const entries = leading.flatMap((pattern) => {
    const [, folder, names] = /^(.*\/)\(([^)]*)\)$/.exec(pattern) ?? []
    return names === undefined ? [pattern] : names.split("|").map((name) => `${folder}${name}`)
  })

  it.each(entries)("%s is there and would be measured otherwise", (entry) => expect(all).toContain(`${entry}.ts`))
  it("are the only ones that the list leaves out", () =>
    expect(all.filter((file) => !measured.has(file)).sort()).toEqual(entries.map((entry) => `${entry}.ts`).sort()))
})
