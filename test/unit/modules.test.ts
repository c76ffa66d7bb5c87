// What every module keeps to, and the pure parts of each: reading what the tools have written.
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parseClock, stepCommand } from "../../modules/golang/src/clock"

const modules = join(import.meta.dirname, "../../modules")
const names = readdirSync(modules).sort()
const has = (file: string): string[] => names.filter((name) => existsSync(join(modules, name, "src", file)))
const read = (...parts: string[]): string => readFileSync(join(modules, ...parts), "utf8")
const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)

describe("the modules", () => {
  it.each(has("step.ts"))(
    "%s has the same step.ts and clock.ts as golang: copy modules/golang/src/{step,clock}.ts",
    (module) => {
      for (const file of ["step.ts", "clock.ts"]) expect(read(module, "src", file)).toBe(read("golang", "src", file))
    },
  )

  it.each(has("sarif.ts"))("%s has the same sarif.ts as golang: copy modules/golang/src/sarif.ts", (module) =>
    expect(read(module, "src/sarif.ts")).toBe(read("golang", "src/sarif.ts")),
  )

  it.each(has("private.ts"))(
    "%s has the same private.ts and refusal.ts as golang: copy modules/golang/src/{private,refusal}.ts",
    (module) => {
      for (const file of ["private.ts", "refusal.ts"])
        expect(read(module, "src", file)).toBe(read("golang", "src", file))
    },
  )

  it.each(has("turns.ts"))("%s has the same turns.ts as golang: copy modules/golang/src/turns.ts", (module) =>
    expect(read(module, "src/turns.ts")).toBe(read("golang", "src/turns.ts")),
  )

  it.each(has("go.ts"))(
    "%s has the same go.ts as golang, with its image: copy modules/golang/src/go.ts",
    async (module) => {
      const { images } = await import("../../modules/golang/src/images")
      expect(read(module, "src/go.ts")).toBe(read("golang", "src/go.ts"))
      expect(read(module, "src/go.ts")).toContain(`image: string = "${images.golang}"`)
    },
  )

  it.each(has("kept.ts"))("%s has the same kept.ts as golang: copy modules/golang/src/kept.ts", (module) =>
    expect(read(module, "src/kept.ts")).toBe(read("golang", "src/kept.ts")),
  )

  it.each(has("skeleton.ts"))(
    "%s has the same skeleton.ts as cyclonedx: copy modules/cyclonedx/src/skeleton.ts",
    (module) => expect(read(module, "src/skeleton.ts")).toBe(read("cyclonedx", "src/skeleton.ts")),
  )

  it.each(has("wait.ts"))("%s has the same wait.ts as newman: copy modules/newman/src/wait.ts", (module) =>
    expect(read(module, "src/wait.ts")).toBe(read("newman", "src/wait.ts")),
  )

  it.each(has("evidence.ts"))(
    "%s has the same evidence.ts as kubernetes: copy modules/kubernetes/src/evidence.ts",
    (module) => expect(read(module, "src/evidence.ts")).toBe(read("kubernetes", "src/evidence.ts")),
  )

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
        .matchAll(/@func\([^)]*\)\s*(?:@check\(\)\s*)?async (\w+)\(/g),
    ].map(([, name]) => name)
    expect(Object.keys(uses).sort()).toEqual(functions.sort())
    for (const use of Object.values(uses)) {
      expect(known).toEqual(expect.arrayContaining(use.modules))
      expect(Object.keys(images)).toEqual(expect.arrayContaining(use.images))
    }
  })
})
