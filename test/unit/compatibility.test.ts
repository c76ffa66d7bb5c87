/** Rules that keep the modules usable on newer versions of Dagger: docs/compatibility.md says why. */
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { daggerVersion } from "../../engine/src/paths"
import { moduleNames } from "../../engine/src/sync"

const repository = join(import.meta.dirname, "../..")
const modules = [".", "ci", ...moduleNames().map((name) => `modules/${name}`)]
const text = (file: string): string => readFileSync(join(repository, file), "utf8")

interface Config {
  name: string
  source?: string
  engineVersion: string
  sdk: { source: string }
  dependencies?: { name: string; source: string }[]
}

/** Keys of dagger.json that 0.19.10 writes and 1.0 still reads as they are. The others move to dagger.toml. */
const keys = ["name", "engineVersion", "sdk", "include", "dependencies", "source", "disableDefaultFunctionCaching"]

describe.each(modules)("%s", (folder) => {
  const config = JSON.parse(text(`${folder}/dagger.json`)) as Config
  const source = join(folder, config.source ?? ".", "src")
  const files = readdirSync(join(repository, source), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(source, file))

  test("dagger.json has the engine's version and no key of a workspace", () => {
    expect(config.engineVersion).toBe(daggerVersion)
    expect(config.sdk).toEqual({ source: "typescript" })
    expect(Object.keys(config).filter((key) => !keys.includes(key))).toEqual([])
  })
  test("dependencies are local, so that a tag of this repository fixes all of them", () => {
    const places = (config.dependencies ?? []).map((one) => one.source)
    expect(places.filter((place) => !/^(\.\.\/)?modules\//.test(place))).toEqual([])
  })

  /** Lines of the sources that a pattern finds, without comments. */
  const lines = (pattern: RegExp): string[] =>
    files.flatMap((file) =>
      text(file)
        .split("\n")
        .flatMap((line, i) => (pattern.test(line.replace(/^\s*(\/\/|\/?\*).*/, "")) ? [`${file}:${i + 1}`] : [])),
    )

  test("no tree of a git reference without tags (0.20.1)", () =>
    expect(lines(/\.tree\((?!.*includeTags)/).filter((place) => mentionsGit(place))).toEqual([]))
  test("no object is loaded by its id (0.21.1)", () => expect(lines(/\.load\w+FromID\(|\bid\(\) as /)).toEqual([]))
  test("no check's source, the one name that the client of 0.21.9 lacks", () =>
    expect(files.filter((file) => /\bCheck\b[^]*\.source\(/.test(text(file)))).toEqual([]))
  test("no error is told apart by the words of a failed command (bun before 0.21.5)", () =>
    expect(
      lines(/instanceof (ExecError|GraphQLRequestError|UnknownDaggerError)|exit code: \$?\{?\d|did not complete/),
    ).toEqual([]))
  test("a Workspace is no argument", () => expect(lines(/:\s*Workspace\b/)).toEqual([]))
})

/** Whether the file of a place calls git through Dagger. */
function mentionsGit(place: string): boolean {
  return /\bdag\s*\.git\(|\.asGit\(|\bGitRef\b/.test(text(place.replace(/:\d+$/, "")))
}

test("scripts name the module of each call, because 1.0 does not load the root's by itself", () => {
  const files = readdirSync(join(repository, "engine/src")).filter((file) => file.endsWith(".ts"))
  const calls = files.flatMap((file) => [
    ...text(`engine/src/${file}`).matchAll(/\["(call|functions|develop)", "-[^\]]*/g),
  ])
  expect(calls.length).toBeGreaterThan(3)
  expect(calls.map(([call]) => call).filter((call) => !call.includes('"-m"'))).toEqual([])
})

test("what modules mend of bun stands on the page, with its pull requests", () => {
  const page = text("docs/compatibility.md")
  for (const [pull] of text("modules/shared/bun.ts").matchAll(/#\d+/g)) expect(page).toContain(pull)
})
