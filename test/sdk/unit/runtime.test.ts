/** The parts of the runtime that need no engine. */
import { describe, expect, test } from "vitest"
import { Context, buildQuery, flatten, literal } from "../../../engine/sdk/src/core/context.js"
import { encodeSpans } from "../../../engine/sdk/src/core/otlp.js"
import { register } from "../../../engine/sdk/src/call/register.js"
import {
  dumpObject,
  dumpValue,
  loadArgs,
  loadObject,
  loadValue,
  type Surroundings,
} from "../../../engine/sdk/src/call/values.js"
import { placeMeta } from "../../../engine/sdk/src/meta.js"
import { reduceClient } from "../../../engine/sdk/src/scan/reduce.js"
import { typeToString, type ArgumentSig, type ModuleSig, type TypeSig } from "../../../engine/sdk/src/signature.js"
import { completeTsconfig } from "../../../engine/sdk/src/tsconfig.js"
import { pinWarning } from "../../../engine/sdk/src/version.js"

const location = { filepath: "src/index.ts", line: 1, column: 1 }
const string: TypeSig = { kind: "STRING_KIND" }
const object = (name: string): TypeSig => ({ kind: "OBJECT_KIND", name })
const list = (typeDef: TypeSig): TypeSig => ({ kind: "LIST_KIND", typeDef })
const level: TypeSig = { kind: "ENUM_KIND", name: "Level" }

class Leaf {
  constructor(
    public name = "",
    public folder?: unknown,
  ) {}
  shout(): string {
    return this.name.toUpperCase()
  }
}
class Main {
  leaves: Leaf[] = []
}
class Directory {
  _ctx = {}
  constructor(readonly value: string) {}
  async id(): Promise<string> {
    return this.value
  }
}
class Container extends Directory {}

const field = (name: string, type: TypeSig): ModuleSig["objects"][string]["properties"][string] => ({
  name,
  type,
  location,
  exposed: true,
})
const module: ModuleSig = {
  name: "Main",
  objects: {
    Main: {
      name: "Main",
      kind: "class",
      location,
      methods: {},
      properties: { leaves: field("leaves", list(object("Leaf"))), renamed: field("level", level) },
    },
    Leaf: {
      name: "Leaf",
      kind: "class",
      location,
      methods: {},
      properties: { name: field("name", string), folder: field("folder", object("Directory")) },
    },
    Point: {
      name: "Point",
      kind: "object",
      location,
      methods: {},
      properties: { x: field("x", { kind: "INTEGER_KIND" }) },
    },
  },
  enums: {
    Level: {
      name: "Level",
      location,
      members: { VeryHigh: { value: "very-high", location }, Low: { value: "low", location } },
    },
  },
  interfaces: {},
}
const env: Surroundings = {
  module,
  classOf: (name) => ({ Main, Leaf })[name] as { prototype: object },
  load: (_type, id) => new Directory(String(id)),
  loadInterface: () => undefined,
  generated: (name) => ({ Directory, Container })[name],
}

describe("values from the engine", () => {
  test("nested objects keep their class, and ids become objects", () => {
    const main = loadObject(env, module.objects.Main!, {
      leaves: [{ name: "oak", folder: "id-1" }],
      renamed: "VeryHigh",
    }) as Main & { level: string }
    expect(main).toBeInstanceOf(Main)
    expect(main.leaves[0]!.shout()).toBe("OAK")
    expect((main.leaves[0]!.folder as Directory).value).toBe("id-1")
    expect(main.level).toBe("very-high")
  })
  test("an enum's member, also as the API spells it", () => {
    expect(loadValue(env, level, "VeryHigh")).toBe("very-high")
    expect(loadValue(env, level, "VERY_HIGH")).toBe("very-high")
    expect(() => loadValue(env, level, "Middle")).toThrow("Level has no member Middle; it has VeryHigh, Low")
  })
  test("arguments: order, variadic, nullable, left out", () => {
    const arg = (name: string, more: Partial<ArgumentSig> = {}): ArgumentSig => ({
      name,
      type: string,
      location,
      ...more,
    })
    expect(loadArgs(env, [arg("a"), arg("b")], { b: "2", a: "1" })).toEqual(["1", "2"])
    expect(loadArgs(env, [arg("a", { nullable: true }), arg("b", { optional: true })], {})).toEqual([null, undefined])
    expect(
      loadArgs(env, [arg("a"), arg("rest", { type: list(string), variadic: true })], { a: "1", rest: ["2", "3"] }),
    ).toEqual(["1", "2", "3"])
    expect(loadArgs(env, [arg("rest", { type: list(string), variadic: true })], {})).toEqual([])
    expect(loadArgs(env, [arg("1"), arg("0")], { 0: "zero", 1: "one" })).toEqual(["one", "zero"])
  })
})

describe("values to the engine", () => {
  test("a round trip", async () => {
    const main = Object.assign(new Main(), { leaves: [new Leaf("oak", new Directory("id-1"))], level: "low" })
    const state = await dumpObject(env, module.objects.Main!, main as never, "it")
    expect(state).toEqual({ leaves: [{ name: "oak", folder: "id-1" }], renamed: "Low" })
    expect(loadObject(env, module.objects.Main!, state)).toEqual(main)
  })
  test("promises in lists, plain objects for type aliases, null for nothing", async () => {
    expect(await dumpValue(env, list(string), [Promise.resolve("a"), "b"], "it")).toEqual(["a", "b"])
    expect(await dumpValue(env, object("Point"), { x: 1 }, "it")).toEqual({ x: 1 })
    expect(await dumpValue(env, object("Leaf"), undefined, "it")).toBeNull()
    expect(await dumpValue(env, { kind: "VOID_KIND" }, "ignored", "it")).toBeNull()
  })
  test.each<[TypeSig, unknown, RegExp]>([
    [string, 5, /^it is declared as string but is the number 5$/],
    [string, undefined, /is declared as string but is undefined/],
    [{ kind: "BOOLEAN_KIND" }, "true", /boolean but is the string "true"/],
    [{ kind: "INTEGER_KIND" }, 1.5, /is 1\.5, but `number` is an integer to Dagger/],
    [{ kind: "FLOAT_KIND" }, NaN, /float but is the number NaN/],
    [list(string), ["a", 1], /^it\[1\] is declared as string but is the number 1$/],
    [level, "middle", /is declared as Level but is the string "middle"; its values are "very-high", "low"/],
    [object("Container"), new Directory("x"), /declared as Container but is a Directory/],
    [object("Container"), "text", /declared as Container but is the string "text"/],
    [object("Leaf"), { name: "x", extra: 1 }, /has "extra", which Leaf \(src\/index\.ts:1\) does not declare/],
  ])("%j given %j is refused", async (type, value, message) => {
    await expect(dumpValue(env, type, value, "it")).rejects.toThrow(message)
  })
})

describe("queries", () => {
  test("literals", () => {
    expect(literal({ a: [1, 'x\n"y"'], b: undefined, c: null, d: { e: true } })).toBe(
      '{a:[1,"x\\n\\"y\\""],c:null,d:{e:true}}',
    )
  })
  test("chains, enums, arguments left out", () => {
    const enums = { __metadata: { mode: { is_enum: true, value_to_name: (v: unknown) => String(v).toUpperCase() } } }
    expect(
      buildQuery([{ operation: "a", args: { x: 1, y: undefined, mode: "fast", ...enums } }, { operation: "b" }]),
    ).toBe("{a(x:1,mode:FAST){b}}")
    expect(flatten({ a: { b: [1, 2] } })).toEqual([1, 2])
    expect(() => flatten({ a: { b: 1, c: 2 } })).toThrow("Too many nested objects")
  })
  test("the id of an object that many calls take is requested once", async () => {
    const sent: string[] = []
    const client = {
      request: async (q: string): Promise<unknown> => (
        sent.push(q),
        q.endsWith("{id}}") ? { d: { id: "ID" } } : { ok: "yes" }
      ),
    } as never
    const root = new Context([], client)
    const directory = { _ctx: root.select("directory") }
    await Promise.all([
      root.select("one", { d: directory }).execute(),
      root.select("two", { ds: [directory, directory] }).execute(),
    ])
    expect(sent.sort()).toEqual(["{directory{id}}", '{one(d:"ID")}', '{two(ds:["ID","ID"])}'])
  })
})

describe("registration", () => {
  test("requests the ids in layers, however many functions there are", async () => {
    const many: ModuleSig = {
      ...module,
      objects: {
        Main: {
          ...module.objects.Main!,
          constructorArgs: [{ name: "p", type: string, location, defaultValue: "x" }],
          methods: Object.fromEntries(
            Array.from({ length: 50 }, (_, i) => [
              `f${i}`,
              {
                name: `f${i}`,
                location,
                returns: list(list(string)),
                args: [{ name: "a", type: level, location, defaultValue: "low" }],
                cache: i === 0 ? "never" : undefined,
              } as never,
            ]),
          ),
        },
      },
    }
    const sent: string[] = []
    let n = 0
    const id = await register(many, async (query) => {
      sent.push(query)
      return Object.fromEntries([...query.matchAll(/(?:^\{|\n)(q\d+):/g)].map((m) => [m[1], { x: { id: `id${n++}` } }]))
    })
    expect(sent).toHaveLength(6) // two layers more for the lists of lists, then functions, objects, the module
    expect(id).toBe(`id${n - 1}`)
    expect(sent[3]).toContain('withArg(name:"a",typeDef:"id')
    expect(sent[3]).toContain('defaultValue:"\\"Low\\""')
    expect(sent[3]).toContain("withCachePolicy(policy:Never)")
    expect(sent[3]).toContain('function(name:"",returnType:')
  })
})

test("the client reduced to its names and the results of its methods", () => {
  const reduced = reduceClient(
    [
      "export type A = string & {__A: never}",
      "export type B = {",
      "  x?: string",
      "}",
      "export enum C {",
      '  D = "D",',
      "}",
      "export class E extends BaseClient { // x",
      "  private readonly _id?: A = undefined",
      "",
      "  f = async (x: (y: A) => B, ",
      "    opts?: B): Promise<string[]> => {",
      "    const g = () => {",
      "    }",
      "  }",
      "  with = (arg: (param: E) => E) => {",
      "    return arg(this)",
      "  }",
      "}",
      "export const dag = new E()",
    ].join("\n"),
  )
  expect(reduced).toBe(
    [
      "export type A = string & {__A: never}",
      "export type B = { _?: string }",
      "export enum C {",
      '  D = "D",',
      "}",
      "export declare class E {",
      "  private readonly _: never",
      "  f: (...args: any[]) => Promise<string[]>",
      "  with: (...args: any[]) => E",
      "}",
      "export declare const dag: Client",
      "",
    ].join("\n"),
  )
})

describe("import.meta in a bundle", () => {
  test.each([
    ["import.meta.dirname", '"/m/src/deep"'],
    ["import.meta.dir", '"/m/src/deep"'],
    ["import.meta.filename", '"/m/src/deep/a.ts"'],
    ["import.meta.path", '"/m/src/deep/a.ts"'],
    ["import.meta.file", '"a.ts"'],
    ["new URL('./b', import.meta.url)", "new URL('./b', \"file:///m/src/deep/a.ts\")"],
    ["import.meta.env", "import.meta.env"],
    ["'import.meta.url' // import.meta.url", "'import.meta.url' // import.meta.url"],
    ["f(import.meta.file, import.meta.dir)", 'f("a.ts", "/m/src/deep")'],
  ])("%s is %s", (code, placed) => expect(placeMeta(code, "/m/src/deep/a.ts")).toBe(placed))
})

describe("a pinned runtime", () => {
  test.each(["24", "24.21", "24.21.0", "v24", "24-alpine", "latest"])("%s is 24.21.0", (pinned) =>
    expect(pinWarning("node", pinned, "24.21.0")).toEqual([]),
  )
  test.each(["22.4.0", "2", "24.21.1", "lts"])("%s is not 24.21.0", (pinned) =>
    expect(pinWarning("node", pinned, "24.21.0")).toEqual([
      expect.stringContaining(`pins node@${pinned}, which this engine does not have: the module runs on node 24.21.0`),
    ]),
  )
})

test("types as people write them", () => expect(typeToString(list(list(object("Leaf"))))).toBe("Leaf[][]"))

test("a span in OTLP's protobuf", () => {
  const bytes = Buffer.from(
    encodeSpans("service", [
      {
        scope: "s",
        name: "n",
        traceId: "0".repeat(31) + "1",
        spanId: "0".repeat(15) + "2",
        start: 1n,
        end: 2n,
        attributes: { a: 1 },
        events: [],
      },
    ]),
  )
  // resource_spans { resource { attributes } scope_spans { scope span } }, each with its length.
  expect(bytes[0]).toBe(0x0a)
  expect(bytes[1]).toBe(bytes.length - 2)
  expect(bytes.includes("service.name")).toBe(true)
})

describe("tsconfig.json", () => {
  test("a complete one stays", () => {
    expect(
      completeTsconfig(
        '{ // mine\n "compilerOptions": { "experimentalDecorators": true, "paths": ' +
          '{ "@dagger.io/dagger": ["./x"], "@dagger.io/dagger/telemetry": ["./y"] } } }',
      ),
    ).toBeUndefined()
  })
  test("missing settings are added, the others stay", () => {
    expect(
      JSON.parse(
        completeTsconfig('{ "compilerOptions": { "strict": false, "paths": { "@dagger.io/dagger": ["./mine"] } } }')!,
      ),
    ).toEqual({
      compilerOptions: {
        strict: false,
        experimentalDecorators: true,
        paths: { "@dagger.io/dagger": ["./mine"], "@dagger.io/dagger/telemetry": ["./sdk/telemetry.ts"] },
      },
    })
  })
  test("one that cannot be read is an error", () =>
    expect(() => completeTsconfig("{ nonsense")).toThrow(/tsconfig\.json/))
})
