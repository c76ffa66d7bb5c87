// What every module keeps to, and the pure parts of each: reading what the tools have written.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { moduleNames } from "../../engine/src/sync"
import { parseClock, stepCommand } from "../../modules/shared/clock"

const modules = join(import.meta.dirname, "../../modules")
const names = moduleNames()
const has = (file: string): string[] => names.filter((name) => existsSync(join(modules, name, "src", file)))
const read = (...parts: string[]): string => readFileSync(join(modules, ...parts), "utf8")
const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)

describe("the modules", () => {
  it.each(names)("%s shows an example call with every function", (module) => {
    const source = read(module, "src/index.ts")
    const main = source.slice(source.lastIndexOf("@object()\nexport class"))
    const functions = [...main.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*@func\([^)]*\)\s*(?:async )?(\w+)\(/g)]
    expect(functions.length).toBe(main.match(/@func\(/g)!.length)
    for (const [, comment, name] of functions)
      expect(comment!.replace(/\n\s*\*/g, ""), name).toMatch(
        new RegExp(`Example: \`dagger -m modules/${module} call (?:[^\`]* )?${kebab(name!)} `),
      )
  })

  it.each(names)(
    "%s gives the fields of its object no value: without a constructor the runtime does not set it",
    (module) => {
      const source = read(module, "src/index.ts")
      const main = source.slice(source.lastIndexOf("@object()\nexport class"))
      expect(/\n  constructor\(/.test(main) ? [] : (main.match(/^  \w+\??: [^=(\n]+ = .*$/gm) ?? [])).toEqual([])
    },
  )

  it.each(has("images.ts"))("%s names its images by tag, never latest", async (module) => {
    const { images } = (await import(`../../modules/${module}/src/images.ts`)) as { images: Record<string, string> }
    expect(Object.values(images).length).toBeGreaterThan(0)
    for (const image of Object.values(images))
      expect(image).toMatch(/^[a-z0-9./-]+:(v?\d+(\.\d+)*(-[a-z0-9.-]+)?|bookworm-slim)$/)
  })
})

describe("a step", () => {
  it("is limited to whole seconds, at least one", () => {
    expect(stepCommand(["go", "vet"], 0.2).slice(3)).toEqual(["step", "1", "go", "vet"])
    expect(stepCommand(["go", "vet"], 90).slice(3)).toEqual(["step", "90", "go", "vet"])
  })
  it("tells when it ran", () =>
    expect(parseClock("1700000000.5 1700000002.75\n")).toEqual({ start: 1700000000.5, end: 1700000002.75 }))
  it.each(["", "5", "x y", "9 3"])("that printed %j as its times is an error", (text) =>
    expect(() => parseClock(text)).toThrow("printed no times"),
  )
})

describe("the pipelines' images", () => {
  it("say what each function uses, and nothing that is not there", async () => {
    const { images, uses } = await import("../../ci/src/images")
    const root = JSON.parse(readFileSync(join(modules, "../dagger.json"), "utf8")) as {
      dependencies: { name: string }[]
    }
    const known = root.dependencies.map(({ name }) => name)
    const functions = [
      ...readFileSync(join(modules, "../ci/src/index.ts"), "utf8")
        .split("export class Delivery")[1]!
        .matchAll(/@func\([^)]*\)\s*(?:@check\(\)\s*)?(?:async )?((?!with)\w+)\(/g),
    ].map(([, name]) => name)
    expect(Object.keys(uses).sort()).toEqual(functions.sort())
    for (const use of Object.values(uses)) {
      expect(known).toEqual(expect.arrayContaining(use.modules))
      expect(Object.keys(images)).toEqual(expect.arrayContaining(use.images))
    }
  })
})
