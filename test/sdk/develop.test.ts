/** `dagger develop` and `dagger init`: the files that an editor needs. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, expect, test } from "vitest"
import { call, dagger, workspace } from "./dagger.js"

const space = workspace()
afterAll(() => space.remove())
const tsc = path.resolve(import.meta.dirname, "../../node_modules/typescript/bin/tsc")

function typecheck(folder: string): string {
  try {
    // The types of node and of packages are the module author's; here they are the repository's.
    return execFileSync(
      process.execPath,
      [tsc, "--noEmit", "-p", folder, "--typeRoots", path.resolve(import.meta.dirname, "../../node_modules/@types")],
      { encoding: "utf8" },
    )
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

test("develop makes a folder that the type checker accepts and git ignores", async () => {
  const module = space.module("caller")
  const { code, stderr } = await dagger(["develop", "--silent"], { cwd: module })
  expect(stderr).toBe("")
  expect(code).toBe(0)
  expect(fs.readdirSync(path.join(module, "sdk")).sort()).toEqual([
    "client.gen.ts",
    "core.d.ts",
    "core.js",
    "index.ts",
    "telemetry.ts",
  ])
  expect(typecheck(module)).toBe("")
  expect(
    execFileSync("git", ["status", "--porcelain", "--untracked-files=all", "--", module], {
      cwd: space.root,
      encoding: "utf8",
    }),
  ).not.toMatch(/sdk\//)
  expect(fs.readFileSync(path.join(module, ".gitattributes"), "utf8")).toContain("/sdk/** linguist-generated")
})

test("develop leaves package.json and a complete tsconfig.json as they are", async () => {
  const module = space.module("greeter")
  const tsconfig = `{
  // mine
  "compilerOptions": {
    "strict": true, "skipLibCheck": true, "target": "ES2022", "moduleResolution": "Node",
    "experimentalDecorators": true,
    "paths": { "@dagger.io/dagger": ["./sdk/index.ts"], "@dagger.io/dagger/telemetry": ["./sdk/telemetry.ts"] }
  }
}
`
  fs.writeFileSync(path.join(module, "tsconfig.json"), tsconfig)
  const before = fs.readFileSync(path.join(module, "package.json"), "utf8")
  await dagger(["develop", "--silent"], { cwd: module })
  expect(fs.readFileSync(path.join(module, "tsconfig.json"), "utf8")).toBe(tsconfig)
  expect(fs.readFileSync(path.join(module, "package.json"), "utf8")).toBe(before)
  expect(typecheck(module)).toBe("")
  expect(await call(module, "greet", "--name", "you")).toBe("Hello, you!")
})

test("develop adds to a tsconfig.json only what is missing", async () => {
  const module = space.module("bare")
  fs.writeFileSync(
    path.join(module, "tsconfig.json"),
    '{ "compilerOptions": { "strict": false, "paths": { "mine/*": ["./src/*"] } } }',
  )
  await dagger(["develop", "--silent"], { cwd: module })
  expect(JSON.parse(fs.readFileSync(path.join(module, "tsconfig.json"), "utf8"))).toEqual({
    compilerOptions: {
      strict: false,
      experimentalDecorators: true,
      paths: {
        "@dagger.io/dagger": ["./sdk/index.ts"],
        "@dagger.io/dagger/telemetry": ["./sdk/telemetry.ts"],
        "mine/*": ["./src/*"],
      },
    },
  })
})

test("init gives a module that works", async () => {
  const folder = path.join(space.root, "fresh")
  fs.mkdirSync(folder)
  const { code, stderr } = await dagger(["init", "--silent", "--sdk=typescript", "--name=my-first", "--license="], {
    cwd: folder,
  })
  expect(stderr.trim()).toBe("")
  expect(code).toBe(0)
  const source = fs.existsSync(path.join(folder, ".dagger")) ? path.join(folder, ".dagger") : folder
  expect(fs.readFileSync(path.join(source, "src/index.ts"), "utf8")).toContain("export class MyFirst")
  expect(JSON.parse(fs.readFileSync(path.join(source, "package.json"), "utf8"))).toMatchObject({
    dagger: { runtime: "bun" },
  })
  expect(typecheck(source)).toBe("")
  expect(await call(folder, "echo", "--text", "hello", "stdout")).toBe("hello\n")
})
