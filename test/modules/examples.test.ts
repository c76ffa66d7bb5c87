// Loads the callers of modules/*/examples as one TypeScript and one Go module on the engine, with the modules as their
// dependencies: the Go compiler checks the Go callers, and both SDKs register what a caller offers.
// inputs: modules
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { moduleNames } from "../../engine/src/sync"
import { kebab, pascal } from "../lib/module-api"
import { call, dagger } from "../sdk/dagger"

const modules = join(import.meta.dirname, "../../modules")
const withExample = (file: string): string[] =>
  moduleNames().filter((name) => existsSync(join(modules, name, "examples", file)))

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "examples-"))
  execFileSync("git", ["init", "--quiet", root])
  const isSource = (from: string): boolean => !/\/(sdk|node_modules)$/.test(from)
  cpSync(modules, join(root, "modules"), { recursive: true, filter: isSource })
  mkdirSync(join(root, "clean"))
  writeFileSync(join(root, "clean/a.txt"), "no secret\n")
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Writes the module `examples` in a language, and returns its folder. */
function assemble(language: "typescript" | "go", names: string[], files: Record<string, string>): string {
  const folder = join(root, language)
  mkdirSync(join(folder, "src"), { recursive: true })
  const dependencies = names.map((name) => ({ name, source: `../modules/${name}` }))
  const config = { name: "examples", engineVersion: "v0.19.10", sdk: { source: language }, dependencies }
  for (const [file, text] of Object.entries({ ...files, "dagger.json": JSON.stringify(config) }))
    writeFileSync(join(folder, file), text)
  return folder
}

const functionsOf = async (folder: string, ...args: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await dagger(["functions", "--silent", ...args], { cwd: folder, seconds: 580 })
  expect(code, stderr.slice(-3000)).toBe(0)
  return stdout
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/)[0]!)
}

describe("the callers in TypeScript", () => {
  const names = withExample("typescript.ts")
  let folder: string
  beforeAll(() => {
    const imports = names.map((name) => `import { ${pascal(name)}Example } from "./${name}"\n`)
    const functions = names.map((name) => {
      const type = `${pascal(name)}Example`
      return `  /** Calls the module ${name}. */\n  @func()\n  ${camel(name)}(): ${type} {\n    return new ${type}()\n  }\n`
    })
    folder = assemble("typescript", names, {
      "package.json": JSON.stringify({ type: "module", dagger: { runtime: "bun" } }),
      "src/index.ts": `import { func, object } from "@dagger.io/dagger"\n${imports.join("")}
@object()\nexport class Examples {\n${functions.join("\n")}}\n`,
    })
    for (const name of names) cpSync(join(modules, name, "examples/typescript.ts"), join(folder, `src/${name}.ts`))
  })
  it("load", async () => expect(await functionsOf(folder)).toEqual(expect.arrayContaining(names.map(kebab))))
  it("call a module", async () =>
    expect(await call(folder, "gitleaks", "files", "--source", join(root, "clean"))).toContain("no secret"))
})

describe("the callers in Go", () => {
  const names = withExample("go.go")
  let folder: string
  beforeAll(() => {
    folder = assemble("go", names, {
      "main.go": "// Calls the modules.\npackage main\n\n// Examples calls the modules.\ntype Examples struct{}\n",
    })
    for (const name of names) cpSync(join(modules, name, "examples/go.go"), join(folder, `${name}.go`))
  })
  it("offer their functions", async () => {
    const functions = await functionsOf(folder)
    for (const name of names) expect(functions.filter((one) => one.startsWith(`${name}-`))).not.toEqual([])
  })
  it("compile, and call a module", async () =>
    expect(await call(folder, "gitleaks-files", "--source", join(root, "clean"))).toContain("no secret"))
})

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
