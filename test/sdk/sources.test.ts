// inputs: test/sdk/modules
/** Faulty sources: the error names the place and says what to do. */
import { afterAll, describe, expect, test } from "vitest"
import { call, dagger, failing, moduleFiles, workspace } from "./dagger.js"

const space = workspace()
afterAll(() => space.remove())

let counter = 0
/** Calls a module named `broken…` that must fail; returns what `dagger call` printed. */
async function broken(source: (name: string) => string, pkg?: object): Promise<string> {
  const n = ++counter
  const name = `Broken${"abcdefghijklmnopqrstuvwxyz"[n]}`
  const files = moduleFiles(name.toLowerCase(), { "src/index.ts": source(name) })
  if (pkg) files["package.json"] = JSON.stringify(pkg)
  return await failing(space.write(name, files), "hello")
}
const inClass =
  (body: string, head = ""): ((name: string) => string) =>
  (name) =>
    `import { dag, object, func, Container } from "@dagger.io/dagger"\n${head}\n@object()\nexport class ${name} {\n${body}\n}\n`

describe.concurrent("sources", () => {
  test("a syntax error", async () =>
    expect(await broken(inClass("  @func()\n  hello(: string {\n  }"))).toMatch(/src\/index\.ts:6:\d+: syntax error: /))
  test("a type that cannot be exposed", async () => {
    const said = await broken(
      inClass("  @func()\n  hello(map: Map<string, string>): string {\n    return String(map)\n  }"),
    )
    expect(said).toMatch(/src\/index\.ts:6:\d+: .*Map/)
  })
  test("a union", async () =>
    expect(
      await broken(inClass("  @func()\n  hello(text: string | number): string {\n    return String(text)\n  }")),
    ).toMatch(
      /src\/index\.ts:6:\d+: the type `string \| number` cannot be part of a module's API; allowed are string, number/,
    ))
  test("a result that only a package could tell", async () =>
    expect(await broken(inClass("  @func()\n  hello() {\n    return ms(1000)\n  }", 'import ms from "ms"'))).toMatch(
      /src\/index\.ts:6:\d+: the type `any` cannot be part .* must be written out/,
    ))
  test("String for string", async () =>
    expect(await broken(inClass("  @func()\n  hello(text: String): string {\n    return String(text)\n  }"))).toMatch(
      /src\/index\.ts:6:\d+: .*write `string`/,
    ))
  test("a class without @object()", async () =>
    expect(
      await broken(inClass("  @func()\n  hello(): Other {\n    return new Other()\n  }", "export class Other {}")),
    ).toMatch(/src\/index\.ts:2:\d+: class Other is used by the module but not exposed/))
  test("no class with @object()", async () =>
    expect(await broken(() => "export class Another {}\n")).toMatch(
      /needs a class named Broken\w: .*no class with @object\(\) was found/,
    ))
  test("the main class without its decorator", async () =>
    expect(
      await broken(
        (name) =>
          `import { func } from "@dagger.io/dagger"\nexport class ${name} {\n  @func() hello(): string { return "x" }\n}\n`,
      ),
    ).toMatch(/src\/index\.ts:2: class Broken\w is the module's main class and lacks the decorator @object\(\)/))
  test("an import that does not exist", async () =>
    expect(
      await broken(
        inClass("  @func()\n  hello(): string {\n    return missing\n  }", 'import { missing } from "./missing.js"'),
      ),
    ).toMatch(/src\/index\.ts:2:\d+: .*missing\.js/))
  test("no source at all", async () => {
    const module = space.write("empty", { ...moduleFiles("empty", {}), "src/readme.txt": "" })
    expect(await failing(module, "hello")).toMatch(/the module "empty" has no TypeScript file in src\//)
  })
})

describe.concurrent("settings", () => {
  test("deno", async () =>
    expect(await broken(inClass(""), { dagger: { runtime: "deno" } })).toMatch(
      /wants deno, which this runtime does not support: set .*"bun"/,
    ))
  test("an unknown runtime", async () =>
    expect(await broken(inClass(""), { dagger: { runtime: "python" } })).toMatch(/unknown runtime "python"/))
  test("package.json that is not JSON", async () => {
    const module = space.write("badjson", {
      ...moduleFiles("badjson", { "src/index.ts": inClass("")("Badjson") }),
      "package.json": "{ nonsense",
    })
    expect(await failing(module, "hello")).toMatch(/package\.json of module "badjson" is not valid JSON/)
  })
  test("a lockfile that disagrees with package.json", async () => {
    const module = space.write("disagree", {
      ...moduleFiles("disagree", {
        "src/index.ts": inClass("  @func()\n  hello(): string {\n    return 'x'\n  }")("Disagree"),
      }),
      "package.json": JSON.stringify({ name: "disagree", type: "module", dependencies: { ms: "2.1.3" } }),
      "package-lock.json": JSON.stringify({
        name: "disagree",
        lockfileVersion: 3,
        requires: true,
        packages: { "": { name: "disagree", dependencies: { ms: "2.1.2" } } },
      }),
    })
    expect(await failing(module, "hello")).toMatch(
      /npm ci.*can only install packages when your package\.json and package-lock\.json.*in sync/s,
    )
  })
  test("no lockfile: the newest versions, and a word about it", async () => {
    const module = space.write("unlocked", {
      ...moduleFiles("unlocked", {
        "src/index.ts": inClass(
          "  @func()\n  hello(): string {\n    return ms(1000)\n  }",
          `import ms from "ms" // ${Date.now()}`,
        )("Unlocked"),
      }),
      "package.json": JSON.stringify({ type: "module", dependencies: { ms: "2.1.3" }, dagger: { runtime: "bun" } }),
    })
    const { stdout, stderr } = await dagger(["call", "--progress=plain", "hello"], { cwd: module })
    expect(stdout.trim()).toBe("1s")
    expect(stderr).toMatch(/there is no lockfile: the newest versions/)
  })
  test("a bun lockfile chooses bun", async () => {
    const module = space.write("bunlock", {
      ...moduleFiles("bunlock", {
        "src/index.ts": inClass(
          "  @func()\n  hello(): string {\n    return process.versions.bun ? 'bun' : 'node'\n  }",
        )("Bunlock"),
      }),
      "package.json": JSON.stringify({ type: "module" }),
      "bun.lock": "{}",
    })
    expect(await call(module, "hello")).toBe("bun")
  })
  test("a class that is not exported, a tsconfig.json of its own, files in folders", async () => {
    const module = space.write(
      "own",
      moduleFiles("own", {
        "tsconfig.json": '{ // a comment\n "compilerOptions": { "paths": { "lib/*": ["./src/lib/*"] } } }',
        "src/lib/deep.ts": "export const deep = 'deep'\n",
        "src/index.ts": `import { object, func, argument, Directory } from "@dagger.io/dagger"
import { deep } from "lib/deep"
@object()
class Own {
  @func()
  async hello(@argument({ defaultPath: "." }) source: Directory): Promise<string> {
    return deep + (await source.entries()).includes("dagger.json")
  }
}
`,
      }),
    )
    expect(await call(module, "hello")).toBe("deeptrue")
  })
})
