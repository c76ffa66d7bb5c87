// The copies of the code that modules share, and what `npm run sync` says about a wrong one.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { drift, explain, moduleNames, sync } from "../../engine/src/sync"
import { images } from "../../modules/golang/src/images"

const modules = join(import.meta.dirname, "../../modules")

describe("the copies of modules/shared", () => {
  it("are equal to their sources", () =>
    expect(drift().map(({ file, problem }) => `${file}: ${explain(problem)}`)).toEqual([]))
  it("are taken by a module for every shared file", () => {
    const taken = new Set(
      moduleNames().flatMap((module) => {
        const folder = join(modules, module, "src/shared")
        return existsSync(folder) ? readdirSync(folder) : []
      }),
    )
    expect(readdirSync(join(modules, "shared")).filter((file) => !taken.has(file))).toEqual([])
  })
  it("are hidden in a review", () =>
    expect(readFileSync(join(modules, "../.gitattributes"), "utf8")).toContain(
      "modules/*/src/shared/** linguist-generated",
    ))
  it("name the Go image that the module golang uses", () =>
    expect(readFileSync(join(modules, "shared/go.ts"), "utf8")).toContain(`image: string = "${images.golang}"`))
})

describe("npm run sync", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sync-"))
    write("modules/shared/clock.ts", "export const clock = 1\n")
    write("modules/shared/step.ts", 'import { clock } from "./clock"\nexport const step = clock\n')
    write("modules/tool/dagger.json", "{}")
    write("modules/tool/package.json", '{"delivery":{"shared":["step"]}}')
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const write = (file: string, text: string): void => {
    mkdirSync(join(folder, file, ".."), { recursive: true })
    writeFileSync(join(folder, file), text)
  }

  it("copies what is named and what that imports, once", () => {
    expect(sync(folder)).toEqual(["modules/tool/src/shared/clock.ts", "modules/tool/src/shared/step.ts"])
    expect(readFileSync(join(folder, "modules/tool/src/shared/clock.ts"), "utf8")).toBe(
      "// Generated from modules/shared/clock.ts by `npm run sync`; do not edit.\nexport const clock = 1\n",
    )
    expect(sync(folder)).toEqual([])
  })
  it("finds a copy that was edited, and writes it again", () => {
    sync(folder)
    write("modules/tool/src/shared/clock.ts", "export const clock = 2\n")
    expect(drift(folder)).toMatchObject([{ file: "modules/tool/src/shared/clock.ts", problem: "differs" }])
    sync(folder)
    expect(drift(folder)).toEqual([])
  })
  it("finds a copy that is missing, and one that is no longer named, and removes that", () => {
    sync(folder)
    rmSync(join(folder, "modules/tool/src/shared/step.ts"))
    expect(drift(folder)).toMatchObject([{ file: "modules/tool/src/shared/step.ts", problem: "missing" }])
    write("modules/tool/package.json", '{"delivery":{"shared":["clock"]}}')
    write("modules/tool/src/shared/old.ts", "")
    expect(drift(folder)).toEqual([{ file: "modules/tool/src/shared/old.ts", problem: "not named" }])
    expect(explain("not named")).toBe(
      "no longer named in package.json (delivery.shared): add the name, or run `npm run sync` to remove the copy",
    )
    sync(folder)
    expect(readdirSync(join(folder, "modules/tool/src/shared"))).toEqual(["clock.ts"])
  })
  it("refuses a name that is not there, with those that are", () => {
    write("modules/tool/package.json", '{"delivery":{"shared":["steps"]}}')
    expect(() => sync(folder)).toThrow(
      "modules/tool/package.json, delivery.shared: there is no modules/shared/steps.ts; the shared files are clock, step",
    )
    write("modules/shared/step.ts", 'import { x } from "./gone"\n')
    write("modules/tool/package.json", '{"delivery":{"shared":["step"]}}')
    expect(() => sync(folder)).toThrow("modules/shared/step.ts: there is no modules/shared/gone.ts")
  })
  it("copies into ci/ too", () => {
    sync(folder)
    write("ci/package.json", '{"delivery":{"shared":["clock"]}}')
    expect(sync(folder)).toEqual(["ci/src/shared/clock.ts"])
  })
  it("refuses what is no list of names", () => {
    write("modules/tool/package.json", '{"delivery":{"shared":"step"}}')
    expect(() => drift(folder)).toThrow("modules/tool/package.json: delivery.shared must be a list of names")
  })
  it("takes nothing for a module that names nothing, and leaves folders without dagger.json alone", () => {
    write("modules/tool/package.json", "{}")
    expect(drift(folder)).toEqual([])
    expect(moduleNames(folder)).toEqual(["tool"])
  })

  it("writes the table of checks into README.md", () => {
    sync(folder)
    writeFileSync(join(folder, "README.md"), "before\n<!-- checks -->\nold\n<!-- /checks -->\nafter\n")
    expect(drift(folder)).toMatchObject([{ file: "README.md", problem: "old table" }])
    expect(explain("old table")).toContain("ci/src/catalogue.ts")
    sync(folder)
    expect(drift(folder)).toEqual([])
    const text = readFileSync(join(folder, "README.md"), "utf8")
    expect(text).toMatch(
      /^before\n<!-- checks -->\n\| stage \|[\s\S]*\| `secrets` \|[\s\S]*<!-- \/checks -->\nafter\n$/,
    )
  })
})
