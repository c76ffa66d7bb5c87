/**
 * Reads a module's signatures with the vendor's own scanner, over a program of ours: no
 * DOM, no @types, one small declaration file instead of the standard library's many, and
 * the generated client reduced to its names. What it finds becomes plain data.
 */
import * as path from "node:path"
import ts from "typescript"
import { AST } from "dagger-scanner/typescript_module/index.js"
import { DaggerModule } from "dagger-scanner/dagger_module/index.js"
import { convertToPascalCase } from "dagger-scanner/case_convertor.js"
import type {
  ArgumentSig,
  EnumSig,
  FunctionSig,
  InterfaceSig,
  Location,
  ModuleSig,
  ObjectSig,
  PropertySig,
  TypeSig,
} from "../signature.js"

/* eslint-disable @typescript-eslint/no-explicit-any */

export interface ScanInput {
  /** The module's name, as in dagger.json. */
  name: string
  /** The folder of package.json and src/. */
  root: string
  /** Every .ts and .mts file below src/. */
  files: string[]
  /** The reduced client.gen.ts. */
  client: string
  /** The standard library's declarations. */
  lib: string
}

export interface Scan {
  signature: ModuleSig
  /** Files that declare what is used at a call, relative to the root. */
  used: string[]
  warnings: string[]
}

/** Something in the module's sources that the module's author has to change. */
export class SourceError extends Error {}

const ALLOWED =
  "allowed are string, number (an integer), float, boolean, void, lists of these, the types of @dagger.io/dagger and of dependencies, " +
  "and this module's own enums, interfaces, type aliases of objects, and classes with @object(); a type must be written out where TypeScript would infer it from the client"

export function scan(input: ScanInput): Scan {
  const options: ts.CompilerOptions = {
    experimentalDecorators: true,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    target: ts.ScriptTarget.ES2022,
    types: [],
    lib: [path.basename(input.lib)],
  }
  const host = ts.createCompilerHost(options)
  host.getDefaultLibLocation = () => path.dirname(input.lib)
  host.getDefaultLibFileName = () => input.lib
  // Packages are not looked into: an exposed type cannot come from one.
  host.resolveModuleNameLiterals = (literals, file, _redirected, opts) =>
    literals.map(({ text }) =>
      text.startsWith(".") ? ts.resolveModuleName(text, file, opts, host) : { resolvedModule: undefined },
    )
  const program = ts.createProgram([...input.files, input.client], options, host)
  const relative = (file: string): string => path.relative(input.root, file)
  const own = program.getSourceFiles().filter((f) => input.files.includes(path.resolve(f.fileName)))

  for (const file of own) {
    const [first] = program.getSyntacticDiagnostics(file)
    if (first) {
      const { line, character } = file.getLineAndCharacterOfPosition(first.start)
      throw new SourceError(
        `${relative(file.fileName)}:${line + 1}:${character + 1}: syntax error: ${ts.flattenDiagnosticMessageText(first.messageText, "\n")}`,
      )
    }
  }

  const checker = program.getTypeChecker()
  const ast: any = Object.assign(Object.create(AST.prototype), {
    files: [...input.files, input.client].map((f) => path.resolve(f)),
    userModule: [],
    checker,
    sourceFiles: program.getSourceFiles().filter((f) => !f.isDeclarationFile),
  })

  const expected = convertToPascalCase(input.name)
  requireMainClass(own, expected, input.name, relative)

  const warnings: string[] = []
  const restore = captureWarnings(warnings)
  let module: any
  try {
    module = new DaggerModule(expected, [], ast)
  } catch (error) {
    throw explain(error as Error, own, ast, input.root)
  } finally {
    restore()
  }
  const complete = new Completeness(relative)
  const signature = complete.module(module)
  const declaring = Object.values<any>(module.objects).map((o) => relative(o.node.getSourceFile().fileName))
  return {
    signature,
    used: [...new Set(declaring)],
    warnings: [
      ...warnings.map((w) => w.replaceAll(input.root + "/", "")),
      ...initialValues(module.objects[expected], relative),
    ],
  }
}

/** Without a constructor the engine makes no object: what the class sets at the start is never run. */
function initialValues(main: any, relative: (f: string) => string): string[] {
  if (!main || main._constructor) return []
  const node: ts.ClassDeclaration = main.node
  const file = node.getSourceFile()
  return node.members
    .filter(ts.isPropertyDeclaration)
    .filter((p) => p.initializer && !(ts.getCombinedModifierFlags(p) & ts.ModifierFlags.Static))
    .map(
      (p) =>
        `${relative(file.fileName)}:${file.getLineAndCharacterOfPosition(p.name.getStart()).line + 1}: the initial value of ${p.name.getText()} is not applied: ${node.name!.text} has no constructor, add \`constructor() {}\``,
    )
}

function captureWarnings(into: string[]): () => void {
  const { warn, debug } = console
  console.warn = (message: unknown) => void into.push(String(message).replace(/\s+/g, " "))
  console.debug = () => {}
  return () => Object.assign(console, { warn, debug })
}

const decorated = (node: ts.ClassDeclaration): boolean =>
  (ts.getDecorators(node) ?? []).some((d) => /^object\b/.test(d.expression.getText()))

function requireMainClass(
  files: ts.SourceFile[],
  expected: string,
  name: string,
  relative: (f: string) => string,
): void {
  const classes = files.flatMap((file) => file.statements.filter(ts.isClassDeclaration).map((node) => ({ file, node })))
  const place = ({ file, node }: (typeof classes)[number]): string =>
    `${relative(file.fileName)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
  const main = classes.find(({ node }) => node.name?.text === expected)
  if (main && decorated(main.node)) return
  if (main)
    throw new SourceError(
      `${place(main)}: class ${expected} is the module's main class and lacks the decorator @object()`,
    )
  const found = classes
    .filter(({ node }) => node.name && decorated(node))
    .map((c) => `${c.node.name!.text} (${place(c)})`)
  throw new SourceError(
    `the module "${name}" needs a class named ${expected}: \`@object() export class ${expected} { … }\` in ${files[0] ? path.dirname(relative(files[0].fileName)) || "src" : "src"}/; ` +
      (found.length > 0 ? `found ${found.join(", ")}` : "no class with @object() was found"),
  )
}

/** The scanner's errors, with file and line as editors count them, and with what is allowed. */
function explain(error: Error, files: ts.SourceFile[], ast: any, root: string): Error {
  let message = error.message.replaceAll(
    /(\/[^\s:]+):(\d+):(\d+)/g,
    (_all, file: string, line: string, column: string) =>
      `${path.relative(root, file)}:${Number(line) + 1}:${Number(column) + 1}`,
  )
  const reference =
    /(?:could not (?:find|resolve) type reference for|Use of primitive) '?([^']+?)'?(?: at (\S+?))?(?:\.$| type detected.*$)/.exec(
      message,
    )
  if (reference) {
    const place = reference[2] ?? locate(reference[1]!, files, ast, root)
    const primitive = /^(String|Number|Boolean)$/.test(reference[1]!)
    message = `${place ? place + ": " : ""}the type \`${reference[1]}\` cannot be part of a module's API${primitive ? `, write \`${reference[1]!.toLowerCase()}\`` : ""}; ${ALLOWED}`
  } else {
    const at = / (?:at|in) (src\/\S+?:\d+:\d+)[.,]?/.exec(message)
    if (at) message = `${at[1]}: ${message.replace(at[0], "").trim()}`
  }
  return new SourceError(message)
}

function locate(reference: string, files: ts.SourceFile[], ast: any, root: string): string | undefined {
  const position = (node: ts.Node): string => {
    const file = node.getSourceFile()
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart())
    return `${path.relative(root, file.fileName)}:${line + 1}:${character + 1}`
  }
  const is = (type: ts.Type): boolean => ast.typeToStringType(type) === reference
  for (const file of files) {
    for (const node of file.statements.filter(ts.isClassDeclaration).filter(decorated)) {
      for (const member of node.members) {
        if (ts.isMethodDeclaration(member) || ts.isConstructorDeclaration(member)) {
          if (ts.isMethodDeclaration(member) && !(ts.getDecorators(member) ?? []).length) continue
          for (const parameter of member.parameters)
            if (is(ast.checker.getTypeAtLocation(parameter))) return position(parameter)
          const signature = ast.checker.getSignatureFromDeclaration(member)
          if (ts.isMethodDeclaration(member) && signature && is(signature.getReturnType()))
            return position(member.type ?? member.name)
        } else if (ts.isPropertyDeclaration(member) && is(ast.checker.getTypeAtLocation(member))) {
          return position(member)
        }
      }
    }
  }
  return undefined
}

/** The scanner's objects as plain data; a type that it left open is an error. */
class Completeness {
  constructor(private readonly relative: (file: string) => string) {}

  private place(from: any): Location {
    return from.getLocation() as Location
  }

  private type(type: any, from: any, what: string): TypeSig {
    const open = (t: any): boolean => !t || (t.kind === "LIST_KIND" && open(t.typeDef))
    if (open(type)) {
      const { filepath, line, column } = this.place(from)
      throw new SourceError(
        `${filepath}:${line}:${column}: the type of ${what} cannot be part of a module's API; ${ALLOWED}`,
      )
    }
    return type as TypeSig
  }

  private doc(from: any): { description?: string; deprecated?: string } {
    return {
      ...(from.description ? { description: from.description as string } : {}),
      ...(from.deprecated === undefined ? {} : { deprecated: from.deprecated as string }),
    }
  }

  private argument(arg: any): ArgumentSig {
    const out: ArgumentSig = {
      name: arg.name,
      type: this.type(arg.type, arg, `argument ${arg.name}`),
      ...this.doc(arg),
      location: this.place(arg),
    }
    if (arg.isVariadic) out.variadic = true
    if (arg.isNullable) out.nullable = true
    if (arg.isOptional) out.optional = true
    if (arg.defaultValue !== undefined)
      out.defaultValue = arg.type?.kind === "FLOAT_KIND" ? exact(arg) : arg.defaultValue
    if (arg.defaultPath !== undefined) out.defaultPath = arg.defaultPath
    if (arg.ignore !== undefined) out.ignore = arg.ignore
    return out
  }

  private function(fn: any): FunctionSig {
    const out: FunctionSig = {
      name: fn.name,
      ...this.doc(fn),
      location: this.place(fn),
      args: Object.values<any>(fn.arguments).map((a) => this.argument(a)),
      returns: this.type(fn.returnType, fn, `the result of ${fn.name}`),
    }
    if (fn.cache) out.cache = fn.cache
    if (fn.isCheck) out.check = true
    return out
  }

  private table<T, U>(of: Record<string, T>, map: (value: T) => U): Record<string, U> {
    return Object.fromEntries(Object.entries(of).map(([k, v]) => [k, map(v)]))
  }

  private object(object: any): ObjectSig {
    return {
      name: object.name,
      kind: object.kind(),
      ...this.doc(object),
      location: this.place(object),
      ...(object._constructor
        ? { constructorArgs: Object.values<any>(object._constructor.arguments).map((a) => this.argument(a)) }
        : {}),
      methods: this.table<any, FunctionSig>(object.methods, (m) => this.function(m)),
      properties: this.table<any, PropertySig>(object.properties, (p) => ({
        name: p.name,
        type: this.type(p.type, p, `field ${p.name}`),
        ...this.doc(p),
        location: this.place(p),
        exposed: p.isExposed,
      })),
    }
  }

  module(module: any): ModuleSig {
    return {
      name: module.name,
      ...(module.description ? { description: module.description } : {}),
      objects: this.table<any, ObjectSig>(module.objects, (o) => this.object(o)),
      enums: this.table<any, EnumSig>(module.enums, (e) => ({
        name: e.name,
        ...this.doc(e),
        location: this.place(e),
        members: this.table<any, EnumSig["members"][string]>(e.values, (v) => ({
          value: v.value,
          ...this.doc(v),
          location: this.place(v),
        })),
      })),
      interfaces: this.table<any, InterfaceSig>(module.interfaces, (i) => ({
        name: i.name,
        ...this.doc(i),
        functions: this.table<any, FunctionSig>(i.functions, (f) => this.function(f)),
      })),
    }
  }
}

/** The scanner reads a number's default with parseInt, which turns 0.5 into 0. */
function exact(arg: any): unknown {
  const text: string | undefined = arg.node.initializer?.getText()
  return text !== undefined && /^[\d._]+(e[+-]?\d+)?$/i.test(text) ? Number(text.replaceAll("_", "")) : arg.defaultValue
}
