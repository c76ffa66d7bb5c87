// inputs: engine/sdk test/sdk
/**
 * Which sources are legal and what they mean is the same for the vendor's introspector and ours. The exceptions stand here
 * and in docs/decisions/0003.
 */
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { moduleFiles, workspace } from "./dagger.js"
import { clientOf, differences, lay, layClient, ours, vendors, type Module, type Result } from "./introspect.js"
import { cases } from "./legal.js"

const space = workspace()
afterAll(() => space.remove())
let modules: Module[]
let theirs: Map<string, Result>

beforeAll(async () => {
  const core = layClient(
    path.join(space.root, "core"),
    await clientOf(space.write("empty", moduleFiles("empty", { "src/index.ts": "export {}\n" }))),
  )
  modules = [
    ...cases.map(({ name, files }) => lay(name, files, core)),
    ...["fixture", "greeter"].map((name) => lay(name, path.join(import.meta.dirname, "modules", name, "src"), core)),
  ]
  theirs = await vendors(modules)
})

async function both(name: string): Promise<[own: Result, vendor: Result]> {
  return [await ours(modules.find((module) => module.name === name)!), theirs.get(name)!]
}

const exceptions = ["no class at all", "no decorated class", "a default of a float"] as const
const find = (title: (typeof exceptions)[number]): string => cases.find((one) => one.title === title)!.name

describe("the same", () => {
  test.each(cases.filter(({ title }) => !exceptions.includes(title as never)))("$title", async ({ name }) => {
    const [own, vendor] = await both(name)
    // What the vendor refuses is refused here with the place.
    if (vendor.error !== undefined) expect(own.error).toMatch(/src\/\S+:\d+/)
    else expect(differences(own, vendor)).toEqual([])
  })
  test("a module of few shapes", async () => {
    const [own, vendor] = await both("greeter")
    expect(differences(own, vendor)).toEqual([])
  })
  test("a module of all shapes, but for a float's default", async () => {
    const [own, vendor] = await both("fixture")
    expect(differences(own, vendor)).toEqual([
      'registered.objects.Fixture.functions.defaults.arguments.3.defaultValue: ours "0.25", the vendor\'s "0"',
    ])
  })
})

describe("not the same", () => {
  test("a float's default keeps its fraction", async () => {
    const [own, vendor] = await both(find("a default of a float"))
    expect(differences(own, vendor)).toEqual([
      expect.stringMatching(/arguments\.0\.defaultValue: ours "0\.5", the vendor's "0"$/),
    ])
  })
  test.each(["no class at all", "no decorated class"] as const)("%s is refused", async (title) => {
    const [own, vendor] = await both(find(title))
    expect(vendor.registered).toEqual({ objects: {}, enums: {}, interfaces: {} })
    expect(own.error).toMatch(/no class with @object\(\) was found/)
  })
})
