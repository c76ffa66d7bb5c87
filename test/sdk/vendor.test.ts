// inputs: test/sdk/modules
/** Sources that are legal on Dagger's own TypeScript runtime: they mean the same on this one. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { call, dagger, failing, moduleFiles, workspace } from "./dagger.js"

const space = workspace()
afterAll(() => space.remove())

/** Makes the sources new to the engine, so that nothing comes from an earlier run's cache. */
const nonce = `\n// ${Date.now()}\n`
const source = (name: string, body: string, imports = "dag, func, object"): string =>
  `import { ${imports} } from "@dagger.io/dagger"\n@object()\nexport class ${name} {\n${body}\n}\n${nonce}`

describe("a module at another path", () => {
  const files = moduleFiles("wanderer", {
    "src/index.ts": source("Wanderer", "  @func()\n  hello(): string {\n    return 'here'\n  }"),
  })

  test("loads when an equal one is at a first path", async () => {
    expect(await call(space.write("first/wanderer", files), "hello")).toBe("here")
    expect(await call(space.write("second/wanderer", files), "hello")).toBe("here")
  })
  test("loads when it was moved", async () => {
    fs.mkdirSync(path.join(space.root, "third"))
    fs.renameSync(path.join(space.root, "first/wanderer"), path.join(space.root, "third/wanderer"))
    fs.rmSync(path.join(space.root, "second"), { recursive: true })
    expect(await call(path.join(space.root, "third/wanderer"), "hello")).toBe("here")
  })
})

describe("the module's own source", () => {
  const module = space.write(
    "reader",
    moduleFiles("reader", {
      "data/list.txt": "one\ntwo\n",
      "src/deep/place.ts": "export const place = [import.meta.dirname, import.meta.filename, import.meta.url]\n",
      "src/index.ts":
        'import { place } from "./deep/place.js"\n' +
        source(
          "Reader",
          `  @func()
  async data(): Promise<string> {
    return await dag.currentModule().source().file("data/list.txt").contents()
  }
  @func()
  async entries(): Promise<string[]> {
    return await dag.currentModule().source().entries()
  }
  @func()
  places(): string[] {
    return place
  }`,
        ),
    }),
  )

  test("holds its files, with those that are generated", async () => {
    expect(await call(module, "data")).toBe("one\ntwo\n")
    const entries = JSON.parse(await call(module, "--json", "entries")) as string[]
    expect(entries).toEqual(expect.arrayContaining(["dagger.json", "data/", "package.json", "sdk/", "src/"]))
  })
  test("is where a nested file says that it is", async () => {
    const [dirname, filename, url] = JSON.parse(await call(module, "--json", "places")) as string[]
    expect(dirname).toMatch(/\/src\/deep$/)
    expect(filename).toBe(`${dirname}/place.ts`)
    expect(url).toBe(`file://${filename}`)
  })
})

describe("types of @dagger.io/dagger", () => {
  const module = space.write(
    "imports",
    moduleFiles("imports", {
      "src/index.ts":
        'import * as dagger from "@dagger.io/dagger"\n' +
        source(
          "Imports",
          `  @func()
  protocol(value: NetworkProtocol = NetworkProtocol.Udp): string {
    return value
  }
  @func()
  untyped(value = NetworkProtocol.Tcp): string {
    return value
  }
  @func()
  maybe(folder: Directory | null): string {
    return folder === null ? "nothing" : "a folder"
  }
  @func()
  space(folder: dagger.Directory): dagger.File {
    return folder.file("a")
  }
  @func()
  renamed(): C {
    return dag.container().withNewFile("/a", "b")
  }
  @func()
  inferred() {
    return dag.directory().withNewFile("a", "inferred")
  }
  @func()
  async inferredText() {
    return await dag.directory().withNewFile("a", "text").file("a").contents()
  }`,
          "Container as C, dag, Directory, func, NetworkProtocol, object",
        ),
    }),
  )

  test("an enum as a default", async () => {
    expect(await call(module, "protocol")).toBe("UDP")
    expect(await call(module, "protocol", "--value", "TCP")).toBe("TCP")
    const { stdout } = await dagger(["call", "--silent", "protocol", "--help"], { cwd: module })
    expect(stdout).toMatch(/--value \S+\s.*\(default "?UDP"?\)/)
  })
  test("an enum as a default of an argument without a type", async () =>
    expect(await call(module, "untyped")).toBe("TCP"))
  test("or null", async () => expect(await call(module, "maybe")).toBe("nothing"))
  test("through a namespace", async () => {
    const folder = space.write("imports/folder", { a: "from a" })
    expect(await call(module, "space", "--folder", folder, "contents")).toBe("from a")
  })
  test("under another name", async () =>
    expect(await call(module, "renamed", "file", "--path", "/a", "contents")).toBe("b"))
  test("inferred from the client", async () => {
    expect(await call(module, "inferred", "file", "--path", "a", "contents")).toBe("inferred")
    expect(await call(module, "inferred-text")).toBe("text")
  })
})

describe("a module without a class of its name", () => {
  const module = space.write(
    "nameless",
    moduleFiles("nameless", {
      "src/index.ts":
        source("One", "  @func()\n  hello(): string {\n    return 'one'\n  }") +
        "@object()\nexport class Two {\n  @func()\n  hello(): string {\n    return 'two'\n  }\n}\n",
    }),
  )

  test("has all its classes; the CLI says what a call lacks", async () => {
    expect(await failing(module, "hello")).toMatch(
      /main object not found, check that your module's name and main object match/,
    )
    const file = path.join(space.root, "objects.graphql")
    fs.writeFileSync(file, '{moduleSource(refString:"."){asModule{objects{asObject{name}}}}}')
    const { stdout } = await dagger(["query", "-M", "--silent", "--doc", file], { cwd: module })
    expect(stdout).toMatch(/NamelessOne[^]*NamelessTwo/)
  })
})

test("a pinned runtime that is not here is a warning", async () => {
  const module = space.write("pinned", {
    ...moduleFiles("pinned", {
      "src/index.ts": source("Pinned", "  @func()\n  hello(): string {\n    return 'runs'\n  }"),
    }),
    "package.json": JSON.stringify({ type: "module", dagger: { runtime: "node@22.4.0" } }),
  })
  const { stdout, stderr } = await dagger(["call", "--progress=plain", "hello"], { cwd: module })
  expect(stdout).toBe("runs")
  expect(stderr).toMatch(/package\.json pins node@22\.4\.0, which this engine does not have: .* runs on node 24\./)
})
