// inputs: test/sdk/modules
/** Each function of the fixture module, called through the CLI. */
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { call as callIn, dagger, failing as failingIn, moduleFiles, workspace } from "./dagger.js"

const space = workspace()
/** A cached call prints no logs: calls whose logs are checked carry this. */
const nonce = String(Date.now())
const fixture = space.module("fixture")
const call = (...args: string[]): Promise<string> => callIn(fixture, ...args)
const failing = (...args: string[]): Promise<string> => failingIn(fixture, ...args)
const json = async (...args: string[]): Promise<unknown> => JSON.parse(await call("--json", ...args)) as unknown

// The first call of a machine compiles the runtime.
beforeAll(async () => {
  await dagger(["functions", "--silent"], { cwd: fixture, seconds: 600 })
}, 600_000)
afterAll(() => space.remove())

describe.concurrent("primitives", () => {
  test("string", async () => expect(await call("text", "--text", 'a "b" \\ ü\n$x')).toBe('> a "b" \\ ü\n$x'))
  test("integer", async () => expect(await call("whole", "--value", "41")).toBe("42"))
  test("float", async () => expect(await call("fraction", "--value", "1.5")).toBe("0.75"))
  test("boolean", async () => expect(await call("truth", "--value=false")).toBe("true"))
  test("void", async () => expect((await call("nothing")).trim()).toBe(""))
  test("scalar", async () => expect(await call("platform", "--value", "linux/amd64")).toBe("linux/amd64"))
  test("a result of a megabyte", async () => expect((await call("big", "--size", "1000000")).length).toBe(1_000_000))
})

describe.concurrent("enums", () => {
  test("an own one, both ways", async () => expect((await call("level", "--value", "Low")).trim()).toBe("HIGH"))
  test("the code gets the value", async () => expect(await call("level-value", "--value", "High")).toBe("very-high"))
  test("a default", async () => expect(await call("level-value")).toBe("very-high"))
  test("one of the API", async () => expect(await call("core-enum", "--value", "UDP")).toBe("udp"))
  test("a list", async () => expect(await json("all-levels")).toEqual(["HIGH", "LOW"]))
  test("an unknown member is refused", async () =>
    expect(await failing("level", "--value", "Middle")).toMatch(/Middle/))
})

describe.concurrent("lists", () => {
  test("of strings", async () => expect(await call("join", "--values", "a,b,c")).toBe("a+b+c"))
  test("variadic", async () => expect(await call("sum", "--values", "1,2,3")).toBe("6"))
  test("variadic, none given", async () => expect(await call("sum")).toBe("0"))
  // The engine (v0.19.10) prints ids instead of the values of a nested list: only its shape can be checked.
  test("nested, returned", async () =>
    expect(((await json("table")) as unknown[][]).map((row) => row.length)).toEqual([2, 1]))
  test("nested, given", async () => {
    const { stdout } = await query(`{fixture{flat(values:[["a"],["b","c"]])}}`)
    expect(JSON.parse(stdout)).toEqual({ fixture: { flat: ["a", "b", "c"] } })
  })
})

describe.concurrent("optional and default arguments", () => {
  test("left out", async () => expect(JSON.parse(await call("optional"))).toEqual([true, true, true, null, null, null]))
  test("given, also the boolean (dagger/dagger#13170)", async () =>
    expect(JSON.parse(await call("optional", "--text", "t", "--flag=false", "--value", "0"))).toEqual([
      false,
      false,
      false,
      "t",
      false,
      0,
    ]))
  test("nullable is null when left out", async () => expect(await call("nullable")).toBe("null"))
  test("defaults", async () =>
    expect(JSON.parse(await call("defaults"))).toEqual({
      text: "from a constant",
      flag: true,
      value: 7,
      rate: 0.25,
      list: ["a", "b"],
      level: "very-high",
    }))
  test("defaults overridden", async () =>
    expect(
      JSON.parse(
        await call(
          "defaults",
          "--text",
          "t",
          "--flag=false",
          "--value",
          "1",
          "--rate",
          "0.5",
          "--list",
          "z",
          "--level",
          "Low",
        ),
      ),
    ).toEqual({ text: "t", flag: false, value: 1, rate: 0.5, list: ["z"], level: "low" }))
  test("false for a default of true", async () => expect(await call("off", "--flag=false")).toBe("false"))
})

describe.concurrent("constructors and state", () => {
  test("with arguments", async () => expect(await call("--prefix", "!", "text", "--text", "x")).toBe("! x"))
  test("with a default", async () => expect(await call("prefix")).toBe(">"))
  test("without arguments, on node", async () => {
    expect(await callIn(space.module("bare"), "state")).toBe("made")
    expect(await callIn(space.module("bare"), "runtime")).toBe("node")
  })
  test("none at all", async () =>
    expect(await callIn(space.module("greeter"), "greet", "--name", "you")).toBe("Hello, you!"))
  test("none at all: initial values are not applied, as on the vendor's engine, and the call says so", async () => {
    const module = space.write(
      "initial",
      moduleFiles("initial", {
        "src/index.ts":
          'import { object, func } from "@dagger.io/dagger"\n@object()\nexport class Initial {\n  text: string = "set"\n' +
          `  @func()\n  read(): string {\n    return String(this.text)\n  }\n}\n// ${nonce}`,
      }),
    )
    const { stdout, stderr } = await dagger(["call", "--progress=plain", "read"], { cwd: module })
    expect(stdout).toBe("undefined")
    expect(stderr).toMatch(/src\/index\.ts:4: the initial value of text is not applied: Initial has no constructor/)
  })
  test("fields survive a chain", async () =>
    expect(
      JSON.parse(
        await call(
          "with-prefix",
          "--prefix",
          "p",
          "with-folder",
          "--folder",
          "data",
          "with-leaf",
          "--name",
          "oak",
          "with-level",
          "--level",
          "High",
          "with-level",
          "--level",
          "Low",
          "summary",
        ),
      ),
    ).toEqual({
      prefix: "p",
      files: ["ignored.log", "kept.txt"],
      leaf: "OAK",
      levels: ["very-high", "low"],
    }))
  test("a private field, too", async () => expect(await call("--start", "5", "more", "more", "counted")).toBe("7"))
  test("a field that is not exposed is not in the API", async () => expect(await failing("hidden")).toMatch(/hidden/))
})

describe.concurrent("objects of the module", () => {
  test("in each other, with their classes (dagger/dagger#7446)", async () => {
    expect(await json("branch", "--names", "oak,elm", "shouts")).toEqual(["OAK", "ELM"])
    expect(await call("branch", "--names", "oak,elm", "best-shout")).toBe("OAK")
  })
  test("enum, float and alias in a nested object", async () => {
    expect((await call("branch", "--names", "oak", "level")).trim()).toBe("HIGH")
    expect(await call("branch", "--names", "oak", "weight")).toBe("0.5")
    expect(await call("branch", "--names", "oak", "renamed")).toBe("alias")
  })
  test("a directory in a nested object", async () =>
    expect(await call("branch", "--names", "oak", "best", "folder", "file", "--path", "oak", "contents")).toBe("oak"))
  test("a list", async () =>
    expect(await json("leaves", "--names", "oak,elm", "shout")).toEqual([{ shout: "OAK" }, { shout: "ELM" }]))
  test("a type alias", async () => expect(await call("point", "--x", "1", "--y", "2", "y")).toBe("2"))
  test("a list of a type alias", async () => expect(await json("points", "x")).toEqual([{ x: 1 }, { x: 3 }]))
})

describe.concurrent("interfaces and dependencies", () => {
  test("an interface, its chains and the API's objects", async () =>
    expect(await callIn(space.module("caller"), "speak")).toBe("Hi, one! Hi, two! Bye, three! Hi"))
  test("the generated client of a dependency", async () =>
    expect(await call("greet", "--name", "you")).toBe("Good morning, you!"))
  test("a dependency's other object", async () => expect(await call("card-of", "--name", "you")).toBe("HELLO, YOU!"))
})

describe.concurrent("objects of the API", () => {
  test("Directory in", async () =>
    expect(await json("entries", "--source", "data")).toEqual(["ignored.log", "kept.txt"]))
  test("Directory out", async () => {
    await call("make-directory", "export", "--path", "made")
    expect(fs.readFileSync(path.join(fixture, "made/b/c.txt"), "utf8")).toBe("C")
  })
  test("Directory list", async () => {
    const { stdout } = await query(
      `{a:directory{withNewFile(path:"a",contents:""){id}} b:directory{withNewFile(path:"b",contents:""){id}}}`,
    )
    const ids = JSON.parse(stdout) as Record<string, { withNewFile: { id: string } }>
    const sources = [ids.a!.withNewFile.id, ids.b!.withNewFile.id]
    const result = await query(`{fixture{directories(sources:${JSON.stringify(sources)})}}`)
    expect(JSON.parse(result.stdout)).toEqual({ fixture: { directories: ["a", "b"] } })
  })
  test("File in", async () => expect(await call("contents", "--file", "data/kept.txt")).toBe("kept\n"))
  test("File out", async () => expect(await call("make-file", "--text", "made", "contents")).toBe("made"))
  test("Container out", async () =>
    expect(await call("container", "env-variable", "--name", "MADE_BY")).toBe("fixture"))
  test("Container in", async () =>
    expect(await call("run", "--container", "debian:bookworm-slim", "--args", "echo,hello")).toBe("hello\n"))
  test("CacheVolume out", async () => expect((await query("{fixture{cache{id}}}")).stdout).toMatch(/"id": "\S+"/))
  test("Secret in", async () => {
    const { stdout } = await dagger(["call", "--silent", "secret-length", "--token", "env://FIXTURE_TOKEN"], {
      cwd: fixture,
      env: { FIXTURE_TOKEN: "12345" },
    })
    expect(stdout).toBe("5")
  })
  test("Secret out", async () => expect(await call("make-secret", "--text", "made", "plaintext")).toBe("made"))
  test("Service in", async () => {
    const server = net.createServer((socket) => socket.end("from the host\n"))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as net.AddressInfo
    try {
      expect(await call("ask-service", "--service", `tcp://127.0.0.1:${port}`, "--port", String(port))).toBe(
        "from the host\n",
      )
    } finally {
      server.close()
    }
  })
  test("Service out", async () => expect(await json("make-service", "ports", "port")).toEqual([{ port: 7000 }]))
  test("Service, both", async () => expect(await call("ask-own-service")).toBe("served\n"))
  test("Socket in", async () => {
    const address = path.join(space.root, "s.sock")
    const server = net.createServer((socket) => socket.end("from the socket\n"))
    await new Promise<void>((resolve) => server.listen(address, resolve))
    try {
      expect(await call("ask-socket", "--socket", address)).toBe("from the socket\n")
    } finally {
      server.close()
    }
  })
})

describe.concurrent("context directory", () => {
  test("defaultPath with ignore", async () => expect(await json("data")).toEqual(["kept.txt"]))
  test("ignore for a given directory", async () => {
    space.write("fixture/mixed", { "a.go": "", "b.md": "" })
    const found = (await json("ignored", "--source", "mixed")) as string[]
    expect(found).toEqual(["a.go"])
  })
  test("defaultPath from the repository's root", async () => expect(await call("readme")).toBe("the root's readme\n"))
})

describe.concurrent("checks", () => {
  test("are listed", async () => {
    const { stdout } = await dagger(["check", "-l", "--silent"], { cwd: fixture })
    expect(stdout).toMatch(/passes/)
    expect(stdout).toMatch(/fails/)
  })
  test("run: one that passes, one that fails", async () => {
    expect((await dagger(["check", "--progress=plain", "passes"], { cwd: fixture })).code).toBe(0)
    const red = await dagger(["check", "--progress=plain", "fails"], { cwd: fixture })
    expect(red.code).not.toBe(0)
    expect(red.stdout + red.stderr).toMatch(/this check fails/)
  })
})

describe.concurrent("caching", () => {
  const twice = async (name: string): Promise<boolean> => (await call(name)) === (await call(name))
  test("by default a result is cached", async () => expect(await twice("stable")).toBe(true))
  test("for minutes", async () => expect(await twice("minutes")).toBe(true))
  test("never", async () => expect(await twice("now")).toBe(false))
  test("for a session", async () => expect(await twice("session")).toBe(false))
})

describe.concurrent("documentation", () => {
  test("functions, arguments, module", async () => {
    const { stdout } = await dagger(["functions", "--silent"], { cwd: fixture })
    expect(stdout).toMatch(/text +Gives a text back\./)
    const help = await dagger(["call", "--silent", "text", "--help"], { cwd: fixture })
    expect(help.stdout).toMatch(/--text string +the text/)
    const top = await dagger(["call", "--silent", "--help"], { cwd: fixture })
    expect(top.stdout).toMatch(/--prefix string\s+what every text begins with\s+\(default ">"\)/)
    const described = await query('{moduleSource(refString:"."){asModule{description}}}')
    expect(described.stdout).toMatch(/Every shape that a function of a module can have\./)
  })
  test("an alias", async () => expect(await call("other-name")).toBe("called by its other name"))
})

describe.concurrent("failures", () => {
  test("a thrown Error", async () =>
    expect(await failing("throws")).toContain('thrown on purpose: äöü "quoted" \\ back\nsecond line'))
  test("a thrown text", async () => expect(await failing("throws-text")).toContain("only a text"))
  test("an exec error: exit code, stdout and stderr reach the caller", async () => {
    const said = await failing("exec")
    expect(said).toMatch(/exit code: 42/)
    expect(said).toMatch(/to-stdout/)
    expect(said).toMatch(/to-stderr/)
    const { code } = await dagger(["call", "--silent", "exec"], { cwd: fixture })
    expect(code).toBe(42)
  })
  test("an exec error, caught", async () =>
    expect(JSON.parse(await call("caught-exec"))).toEqual({
      exitCode: 42,
      stdout: "to-stdout",
      stderr: "to-stderr",
      cmd: "sh",
    }))
  test("an exit code that is expected", async () => expect(await call("any-exit")).toBe("7"))
  test("a Promise<void> with Promise.all and a service (dagger/dagger#11998)", async () =>
    expect(await failing("void-all")).toMatch(/exit code: 9/))
  test("an unhandled rejection", async () => expect(await failing("forgotten")).toContain("nobody awaited this"))
  test("a promise that never settles", async () =>
    expect(await failing("never")).toContain("awaits a promise that never settles"))
})

describe.concurrent("a result that is not what is declared", () => {
  const at = String.raw`\(src/index\.ts:\d+\)`
  test("text", async () =>
    expect(await failing("wrong-text")).toMatch(
      new RegExp(`the result of Fixture.wrongText ${at} is declared as string but is the number 5`),
    ))
  test("a fraction", async () =>
    expect(await failing("wrong-number")).toMatch(
      /wrongNumber .* is 0\.5, but `number` is an integer to Dagger: declare it as `float`/,
    ))
  test("another object", async () =>
    expect(await failing("wrong-object")).toMatch(/wrongObject .* is declared as Container but is a Directory/))
  test("no list", async () =>
    expect(await failing("wrong-list")).toMatch(/wrongList .* is declared as string\[\] but is the string "text"/))
  test("an undeclared field", async () =>
    expect(await failing("undeclared", "name")).toMatch(
      /has "extra", which Leaf \(src\/shapes\.ts:\d+\) does not declare/,
    ))
  test("no member", async () =>
    expect(await failing("wrong-enum")).toMatch(
      /is declared as Level but is the string "middle"; its values are "low", "very-high"/,
    ))
})

describe.concurrent("telemetry", () => {
  test("a span of the module's own is shown", async () => {
    const { stderr } = await dagger(["call", "--progress=plain", "traced", "--nonce", nonce], { cwd: fixture })
    expect(stderr).toMatch(/┆ a span of our own\n/)
    expect(stderr).toMatch(/┆ a span of our own DONE/)
    expect(stderr).toMatch(/withExec echo inside/)
  })
})

describe.concurrent("packages and files", () => {
  test("an npm dependency", async () => expect(await call("milliseconds", "--text", "2s")).toBe("2000"))
  test("development dependencies are left out", async () => expect(await call("has-dev-dependency")).toBe("false"))
  test("a file beside the source", async () => expect(await call("beside")).toBe("beside the source\n"))
  test("bun, because package.json says so", async () => expect(await call("runtime")).toBe("bun"))
})

async function query(text: string): Promise<{ stdout: string }> {
  const file = path.join(space.root, `query-${Math.random()}.graphql`)
  fs.writeFileSync(file, text)
  const result = await dagger(["query", "--silent", "--doc", file], { cwd: fixture })
  if (result.code !== 0) throw new Error(result.stderr)
  return result
}
