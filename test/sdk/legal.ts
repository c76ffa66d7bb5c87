/** Small modules, one for each kind of source about which a scanner decides whether it is legal and what it means. */

export interface Case {
  name: string
  title: string
  /** The module's files by path. */
  files: Record<string, string>
}

const IMPORTS =
  "argument, check, dag, enumType, field, float, func, object, Container, Directory, File, NetworkProtocol, Platform, Secret"

interface Parts {
  /** Before the class. */
  head?: string
  /** After the class. */
  tail?: string
  /** What is imported from `@dagger.io/dagger`. */
  imports?: string
  /** More files. */
  files?: Record<string, string>
}

const letters = (n: number): string =>
  (n < 26 ? "" : letters(Math.floor(n / 26) - 1)) + String.fromCharCode(97 + (n % 26))
let counter = 0

/** A module whose class has these members; `CLASS` in them is the name of the class. */
function members(
  title: string,
  body: string,
  { head = "", tail = "", imports = IMPORTS, files = {} }: Parts = {},
): Case {
  const name = `legal${letters(counter++)}`
  const className = `Legal${name.slice("legal".length)}`
  const source =
    `import { ${imports} } from "@dagger.io/dagger"\n${head}\n` +
    `@object()\nexport class CLASS {\n${body}\n}\n${tail}\n`
  return { name, title, files: { "src/index.ts": source.replaceAll("CLASS", className), ...files } }
}

/** A function with this list of arguments and this result. */
const signature = (args: string, result = "string"): string =>
  `  @func()\n  run(${args})${result && `: ${result}`} {\n    throw new Error("never called")\n  }`
const takes = (title: string, args: string, parts: Parts = {}): Case => members(title, signature(args), parts)
const gives = (title: string, result: string, parts: Parts = {}): Case => members(title, signature("", result), parts)
const does = (title: string, code: string, parts: Parts = {}): Case => members(title, `  @func()\n  ${code}`, parts)

const namespace = 'import * as dagger from "@dagger.io/dagger"'

const types: Case[] = [
  ...["string", "number", "float", "boolean", "Directory", "Platform", "NetworkProtocol", "Secret"].flatMap((type) => [
    takes(`an argument: ${type}`, `value: ${type}`),
    gives(`a result: ${type}`, type),
  ]),
  ...[
    "string[]",
    "float[]",
    "Directory[]",
    "string[][]",
    "Array<string>",
    "Array<Directory[]>",
    "readonly string[]",
    "ReadonlyArray<string>",
    "Promise<string>",
    "Promise<Directory[]>",
    "Set<string>",
    "Map<string, string>",
    "Record<string, string>",
    "Partial<Directory>",
    "[string, number]",
    "string | number",
    '"a" | "b"',
    '"a"',
    "7",
    "true",
    "Directory | File",
    "string | null",
    "Directory | null",
    "Directory | undefined",
    "Directory | null | undefined",
    "string[] | null",
    "(string | null)[]",
    "NetworkProtocol | null",
    "float | null",
    "null",
    "undefined",
    "any",
    "unknown",
    "never",
    "void",
    "object",
    "bigint",
    "symbol",
    "Date",
    "Error",
    "String",
    "Number",
    "Boolean",
    "() => string",
    "{ a: string }",
    "Directory & { a: string }",
    "keyof Directory",
    "typeof dag",
    "Missing",
    "`a${string}`",
  ].map((type) => takes(`an argument: ${type}`, `value: ${type}`)),
  ...[
    "string[][]",
    "Promise<Directory[]>",
    "readonly string[]",
    "Map<string, string>",
    "string | number",
    "Directory | undefined",
    "string | null",
    "any",
    "Date",
    "this",
  ].map((type) => gives(`a result: ${type}`, type)),
  gives("a result: the class", "CLASS"),
  gives("a result: a promise of void", "Promise<void>"),
  gives("a result: a promise of a text or null", "Promise<string | null>"),
]

const imported: Case[] = [
  takes("a namespace import", "folder: dagger.Directory", { head: namespace }),
  gives("a namespace import as a result", "dagger.File", { head: namespace }),
  takes("a namespace import of an enum", "value: dagger.NetworkProtocol", { head: namespace }),
  takes("a namespace import in a list", "value: dagger.Directory[]", { head: namespace }),
  takes("a namespace import or null", "value: dagger.Directory | null", { head: namespace }),
  takes("a renamed type", "value: C", { imports: "func, object, Container as C" }),
  takes("a renamed enum", "value: N = N.Udp", { imports: "func, object, NetworkProtocol as N" }),
  takes("a renamed float", "value: f", { imports: "func, object, float as f" }),
  takes("a type-only import", "value: Service", { head: 'import type { Service } from "@dagger.io/dagger"' }),
  takes("an import type", 'value: import("@dagger.io/dagger").Service'),
  takes("a type of another file", "value: Other", {
    head: 'import { Other } from "./deep/other.js"',
    files: {
      "src/deep/other.ts":
        'import { func, object } from "@dagger.io/dagger"\n@object()\nexport class Other {\n  @func()\n  name: string = ""\n}\n',
    },
  }),
  gives("a type that another file exports again", "Other", {
    head: 'import { Other } from "./all.js"',
    files: {
      "src/all.ts": 'export * from "./other.js"\n',
      "src/other.ts":
        'import { func, object } from "@dagger.io/dagger"\n@object()\nexport class Other {\n  @func()\n  name: string = ""\n}\n',
    },
  }),
  gives("a type of a file .mts", "Other", {
    head: 'import { Other } from "./other.mjs"',
    files: {
      "src/other.mts":
        'import { func, object } from "@dagger.io/dagger"\n@object()\nexport class Other {\n  @func()\n  name: string = ""\n}\n',
    },
  }),
  takes("a type of a package", "value: Thing", { head: 'import { Thing } from "some-package"' }),
  takes("a type of node", "value: Stats", { head: 'import { Stats } from "node:fs"' }),
]

const aliases: Case[] = [
  takes("an alias of a text", "value: Name", { head: "export type Name = string" }),
  takes("an alias of an API type", "value: Folder", { head: "export type Folder = Directory" }),
  takes("an alias of a list", "value: Names", { head: "export type Names = string[]" }),
  takes("an alias of a union", "value: Either", { head: "export type Either = string | number" }),
  takes("an alias of a text or null", "value: Maybe", { head: "export type Maybe = string | null" }),
  takes("an alias of an object", "value: Point", { head: "export type Point = { x: number; y?: float }" }),
  gives("an alias of an object as a result", "Point[]", { head: "export type Point = { x: number; name: string }" }),
  gives("an alias of an object with a text", "Point", {
    head: "/** A place. */\nexport type Point = {\n  /** Left to right. */\n  x: number\n}",
  }),
  takes("a generic alias", "value: Box<string>", { head: "export type Box<T> = { value: T }" }),
  takes("an interface", "value: Speaker", {
    head: "/** Speaks. */\nexport interface Speaker {\n  /** Says it. */\n  say(words: string, loud?: boolean): Promise<string>\n}",
  }),
  takes("an interface of properties", "value: Named", { head: "export interface Named {\n  name: string\n}" }),
  takes("an interface that extends another", "value: B", {
    head: "export interface A {\n  a(): Promise<string>\n}\nexport interface B extends A {\n  b(): Promise<string>\n}",
  }),
  takes("a class without @object()", "value: Plain", { head: 'export class Plain {\n  name = ""\n}' }),
  takes("a generic class", "value: Box<string>", {
    head: '@object()\nexport class Box<T> {\n  @func()\n  name: string = ""\n}',
  }),
]

const enums: Case[] = [
  takes("an enum of texts", "value: Level", {
    head: '/** How much. */\nexport enum Level {\n  /** Little. */\n  Low = "low",\n  High = "high",\n}',
  }),
  takes("an enum of numbers", "value: Level", { head: "export enum Level {\n  Low,\n  High = 7,\n}" }),
  takes("an enum's member as a default", "value: Level = Level.High", {
    head: 'export enum Level {\n  Low = "low",\n  High = "high",\n}',
  }),
  takes("an enum's member as a default, without a type", "value = Level.High", {
    head: 'export enum Level {\n  Low = "low",\n  High = "high",\n}',
  }),
  takes("a number's enum as a default", "value: Level = Level.High", {
    head: "export enum Level {\n  Low,\n  High = 7,\n}",
  }),
  takes("an enum with a deprecated member", "value: Level", {
    head: 'export enum Level {\n  /**\n   * Old.\n   * @deprecated use High\n   */\n  Low = "low",\n  High = "high",\n}',
  }),
  takes("a class as an enum", "value: Level", {
    head: '@enumType()\nexport class Level {\n  /** Little. */\n  static readonly Low: string = "low"\n  static readonly High: string = "high"\n}',
  }),
  takes("an enum's member as a type", "value: Level.High", {
    head: 'export enum Level {\n  Low = "low",\n  High = "high",\n}',
  }),
  takes("an API enum as a default", "value: NetworkProtocol = NetworkProtocol.Udp"),
  takes("an API enum as a default, without a type", "value = NetworkProtocol.Tcp"),
  takes("an API enum as a default through a namespace", "value: dagger.NetworkProtocol = dagger.NetworkProtocol.Udp", {
    head: namespace,
  }),
  takes("an API enum through a namespace, without a type", "value = dagger.NetworkProtocol.Udp", { head: namespace }),
]

const defaults: Case[] = [
  ...[
    '"text"',
    "''",
    "`template`",
    "`a${1}`",
    '"a" + "b"',
    "7",
    "-7",
    "0",
    "1e3",
    "0x10",
    "1_000",
    "0.5",
    "true",
    "false",
    "null",
    "undefined",
    "[]",
    '["a", "b"]',
    "[1, 2]",
    "{ a: 1 }",
    "Date.now()",
    "CONSTANT",
    "LIST",
    "OBJECT.key",
  ].map((value) =>
    takes(`a default without a type: ${value}`, `value = ${value}`, {
      head: 'const CONSTANT = "constant"\nconst LIST = ["a"]\nconst OBJECT = { key: "value" } as const',
    }),
  ),
  takes("a default of a list", 'value: string[] = ["a"]'),
  takes("a default of a float", "value: float = 0.5"),
  takes("a default of a float that is whole", "value: float = 2"),
  takes("a default from a constant", "value: string = CONSTANT", { head: 'const CONSTANT = "constant"' }),
  takes("a default from a constant of another file", "value: string = CONSTANT", {
    head: 'import { CONSTANT } from "./constants.js"',
    files: { "src/constants.ts": 'export const CONSTANT = "constant"\n' },
  }),
  takes("a default from an object", "value: string = OBJECT.key", { head: 'const OBJECT = { key: "value" } as const' }),
  takes("a default of null", "value: string | null = null"),
  takes("an optional argument", "value?: string"),
  takes("an optional argument or null", "value?: string | null"),
  takes("an optional API object", "value?: Directory"),
  takes("an optional truth value", "value?: boolean"),
  takes("an argument after an optional one", 'a: string = "x", b?: number, ...rest: string[]'),
  takes("a path as a default", '@argument({ defaultPath: "/", ignore: ["**", "!*.go"] }) source: Directory'),
  takes("a path as a default of a file", '@argument({ defaultPath: "go.mod" }) source: File'),
  takes("a path and a value", '@argument({ defaultPath: "/" }) source: string = "x"'),
  takes("many values", "...values: string[]"),
  takes("many API objects", "...values: Directory[]"),
  takes("many values of no type", "...values"),
  takes("an argument without a type", "value"),
  takes("a pattern", "{ a, b }: { a: string; b: string }"),
  takes("a this argument", "this: CLASS, value: string"),
]

const inferred: Case[] = [
  does("an inferred text", 'run() {\n    return "text"\n  }'),
  does("an inferred number", "run() {\n    return 7\n  }"),
  does("an inferred truth value", "run() {\n    return 1 < 2\n  }"),
  does("inferred texts", 'run() {\n    return ["a"]\n  }'),
  does("an inferred void", "run() {}"),
  does("an inferred promise of void", "async run() {}"),
  does("an inferred null", "run() {\n    return null\n  }"),
  does("an inferred text or null", 'run(value: boolean) {\n    return value ? "text" : null\n  }'),
  does("an inferred API object", 'run() {\n    return dag.directory().withNewFile("a", "b")\n  }'),
  does("an inferred promise", 'async run() {\n    return await dag.container().from("x").stdout()\n  }'),
  does("an inferred promise of a list", "async run() {\n    return await dag.directory().entries()\n  }"),
  does("an inferred synced object", "async run() {\n    return await dag.container().sync()\n  }"),
  does("an inferred union", "run(value: boolean) {\n    return value ? dag.directory() : dag.container()\n  }"),
  does("an inferred list of API objects", "run() {\n    return [dag.directory()]\n  }"),
  does("inferred from an argument", "run(value: Directory) {\n    return value\n  }"),
  does(
    "inferred from another function",
    "run() {\n    return this.other()\n  }\n  private other(): string {\n    return ''\n  }",
  ),
  does("inferred from the class", "run() {\n    return this\n  }"),
  does(
    "inferred from a method that takes a function",
    "run() {\n    return dag.container().with((c) => c.withUser('a'))\n  }",
  ),
  does("inferred from a package", "run() {\n    return ms(1)\n  }", { head: 'import ms from "ms"' }),
]

const functions: Case[] = [
  does("texts", "run(): string {\n    return ''\n  }", { head: "/** Of the module's class. */" }),
  members(
    "texts of a function and its arguments",
    [
      "  /**",
      "   * Runs it.",
      "   *",
      "   * In two paragraphs.",
      "   *",
      "   * @param a the first",
      "   * @param b the second,",
      "   * over two lines",
      "   * @returns nothing",
      "   */",
      "  @func()",
      "  run(a: string, b = 'c'): string {",
      "    return a + b",
      "  }",
    ].join("\n"),
  ),
  members("a text above an argument", signature("/** The value. */ value: string")),
  members("a comment that is no text", `  // Not for callers.\n${signature("")}`),
  members("a deprecated function", `  /**\n   * Old.\n   * @deprecated use another\n   */\n${signature("")}`),
  members("a deprecated argument", signature("/** @deprecated gone */ value?: string")),
  ...['{ cache: "never" }', '{ cache: "session" }', '{ cache: "10m" }', '{ alias: "other" }', '"other"', "{}"].map(
    (options) => members(`@func(${options})`, `  @func(${options})\n  run(): string {\n    return ""\n  }`),
  ),
  members("@check()", `  @check()\n${signature("", "Promise<void>")}`),
  members("@func without brackets", '  @func\n  run(): string {\n    return ""\n  }'),
  members("a private function", '  @func()\n  private run(): string {\n    return ""\n  }'),
  members("a static function", '  @func()\n  static run(): string {\n    return ""\n  }'),
  members("a function in a property", '  @func()\n  run = (): string => ""'),
  members("a getter", '  @func()\n  get run(): string {\n    return ""\n  }'),
  members("a generic function", "  @func()\n  run<T>(value: T): T {\n    return value\n  }"),
  members("a generator", '  @func()\n  *run() {\n    yield ""\n  }'),
  members(
    "overloads",
    "  run(value: string): string\n  run(value: number): string\n  @func()\n  run(value: string | number): string {\n    return String(value)\n  }",
  ),
  members("a name in snake case", '  @func()\n  run_it(some_value: string): string {\n    return ""\n  }'),
  members("a method without a decorator", `${signature("")}\n  other(value: Map<string, string>): void {}`),
  members("renamed decorators", '  @fn()\n  run(): string {\n    return ""\n  }', { imports: "func as fn, object" }),
  members("decorators of a namespace", '  @dagger.func()\n  run(): string {\n    return ""\n  }', { head: namespace }),
]

const objects: Case[] = [
  members(
    "fields",
    "  @func()\n  a: string\n  @func()\n  b?: number\n  @func()\n  readonly c: Directory[]\n  d: string = ''",
  ),
  members("fields with values", '  @func()\n  a = "text"\n  @func()\n  b = 7\n  @func()\n  c = true'),
  members(
    "fields with texts",
    "  /** A name. */\n  @func()\n  name: string\n  /**\n   * Old.\n   * @deprecated gone\n   */\n  @func()\n  old?: string",
  ),
  members("@field()", "  @field()\n  a: string"),
  members('@func("alias") on a field', '  @func("other")\n  a: string'),
  members("a private field of any type", `  private cache: Map<string, string> = new Map()\n${signature("")}`),
  members("a field of a map", `  cache: Map<string, string> = new Map()\n${signature("")}`),
  members(
    "a constructor",
    "  @func()\n  a: string\n  constructor(a: string, b?: Directory, c = 7) {\n    this.a = a\n  }",
  ),
  members("a constructor with fields", "  constructor(readonly a: string, private b: number = 1) {}"),
  members("a constructor with a path", '  constructor(@argument({ defaultPath: "." }) source: Directory) {}'),
  members("a constructor with a union", "  constructor(a: string | number) {}"),
  members("two classes", signature("", "Other"), {
    tail: "/** Another. */\n@object()\nexport class Other {\n  @func()\n  a: string = ''\n  @func()\n  self(): Other {\n    return this\n  }\n}",
  }),
  members("a class that nothing uses", signature(""), {
    tail: "@object()\nexport class Unused {\n  @func()\n  a: string = ''\n}",
  }),
  members("a class that is not exported", signature("", "Other"), {
    tail: "@object()\nclass Other {\n  @func()\n  a: string = ''\n}",
  }),
  members("a class that extends another", signature(""), {
    head: "export class Base {\n  @func()\n  inherited(): string {\n    return ''\n  }\n}",
  }),
  members("a class of an API type's name", signature("value: File", "File"), {
    imports: "func, object",
    tail: "@object()\nexport class File {\n  @func()\n  mine: string = ''\n}",
  }),
  members("a deprecated class", signature("", "Other"), {
    tail: "/**\n * Old.\n * @deprecated gone\n */\n@object()\nexport class Other {\n  @func()\n  a: string = ''\n}",
  }),
]

/** Modules of which no class has the module's name, and the like: their whole source. */
const whole = (title: string, files: Record<string, string>): Case => ({
  name: `legal${letters(counter++)}`,
  title,
  files,
})
const decorated = (name: string, before = "export "): string =>
  `@object()\n${before}class ${name} {\n  @func()\n  run(): string {\n    return ""\n  }\n}\n`
const head = 'import { func, object } from "@dagger.io/dagger"\n'

const modules: Case[] = [
  whole("no class of the module's name", { "src/index.ts": head + decorated("One") + decorated("Two") }),
  whole("no class at all", { "src/index.ts": "export {}\n" }),
  whole("no decorated class", { "src/index.ts": "export class One {}\n" }),
  whole("the same class in two files", {
    "src/index.ts": head + decorated("One"),
    "src/two.ts": head + decorated("One"),
  }),
  whole("a class in a file below", {
    "src/index.ts": 'export * from "./deep/one.js"\n',
    "src/deep/one.ts": head + decorated("One"),
  }),
  whole("an exported default class", { "src/index.ts": head + decorated("One", "export default ") }),
  whole("an abstract class", { "src/index.ts": head + decorated("One", "export abstract ") }),
  whole("a text of the module", { "src/index.ts": `/**\n * What the module is for.\n */\n${head}${decorated("One")}` }),
]

export const cases: Case[] = [
  ...types,
  ...imported,
  ...aliases,
  ...enums,
  ...defaults,
  ...inferred,
  ...functions,
  ...objects,
  ...modules,
]
