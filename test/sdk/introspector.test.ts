// inputs: modules ci/src ci/dagger.json dagger.json engine/sdk test/sdk/introspect.ts test/sdk/registry.ts
/**
 * The vendor's own introspector, as far as npm has it, and ours register the same for every module and for ci/: objects,
 * functions, arguments, types, defaults, what is optional, texts, enums, cache settings and places.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { moduleFiles, workspace } from "./dagger.js"
import { clientOf, differences, lay, layClient, ours, vendors, type Module, type Result } from "./introspect.js"

const repository = path.resolve(import.meta.dirname, "../..")
const space = workspace()
afterAll(() => space.remove())

const names = fs
  .readdirSync(path.join(repository, "modules"))
  .filter((name) => fs.existsSync(path.join(repository, "modules", name, "dagger.json")))
let modules: Module[]
let theirs: Map<string, Result>

beforeAll(async () => {
  const core = layClient(
    path.join(space.root, "core"),
    await clientOf(space.write("empty", moduleFiles("empty", { "src/index.ts": "export {}\n" }))),
  )
  // The root's module has all others as dependencies, so its client has their types.
  const copy = path.join(space.root, "repository")
  for (const part of ["dagger.json", "ci", "modules"])
    fs.cpSync(path.join(repository, part), path.join(copy, part), {
      recursive: true,
      filter: (file) => !/\/(node_modules|sdk)$/.test(file),
    })
  const whole = layClient(path.join(space.root, "whole"), await clientOf(copy, path.join(copy, "ci")))
  modules = [
    ...names.map((name) => lay(name, path.join(repository, "modules", name, "src"), core)),
    lay("delivery", path.join(repository, "ci/src"), whole),
  ]
  theirs = await vendors(modules)
})

test.each([...names, "delivery"])("%s", async (name) => {
  const vendor = theirs.get(name)!
  expect(vendor.error).toBeUndefined()
  const own = await ours(modules.find((module) => module.name === name)!)
  expect(differences(own, vendor)).toEqual([])
  expect(Object.keys(vendor.registered!.objects as object).length).toBeGreaterThan(0)
})
