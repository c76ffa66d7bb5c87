/**
 * Reads a module's signatures with the vendor's own scanner, over a program of ours: no DOM, no @types, one small
 * declaration file instead of the standard library's many, and the generated client reduced to what types follow from.
 */
import * as path from "node:path"
import ts from "typescript"
import { AST } from "dagger-scanner/typescript_module/index.js"
import { DaggerModule } from "dagger-scanner/dagger_module/index.js"
import { convertToPascalCase } from "dagger-scanner/case_convertor.js"
import type { ModuleSig } from "../signature.js"
import { explain, isDecorated, placeOf, SourceError } from "./errors.js"
import { plainModule } from "./plain.js"

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
  /** Files that declare what a call uses, relative to the root. */
  used: string[]
  warnings: string[]
}

/** Reads the signatures of a module. Throws a SourceError for a fault in the module's sources. */
export function scan(input: ScanInput): Scan {
  const program = createProgram(input)
  const own = program.getSourceFiles().filter((file) => input.files.includes(path.resolve(file.fileName)))
  refuseSyntaxErrors(program, own, input.root)
  const others = program.getSourceFiles().filter((file) => !file.isDeclarationFile && !own.includes(file))
  const ast: any = Object.assign(Object.create(AST.prototype), {
    files: [...input.files, input.client].map((file) => path.resolve(file)),
    userModule: [],
    checker: program.getTypeChecker(),
    // The scanner takes the first declaration of a name. As with the vendor, a name of the API is the API's.
    sourceFiles: [...others, ...own],
  })

  const expected = convertToPascalCase(input.name)
  requireObjects(own, expected, input)
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
  const declaring = Object.values<any>(module.objects).map((object) => object.node.getSourceFile().fileName as string)
  return {
    signature: plainModule(module),
    used: [...new Set(declaring)].map((file) => path.relative(input.root, file)),
    warnings: [
      ...warnings.map((warning) => warning.replaceAll(input.root + "/", "")),
      ...unappliedValues(module.objects[expected], input.root),
    ],
  }
}

/** The program that the scanner reads: `@dagger.io/dagger` is the reduced client, other packages are not read. */
function createProgram({ files, client, lib }: ScanInput): ts.Program {
  const options: ts.CompilerOptions = {
    experimentalDecorators: true,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    target: ts.ScriptTarget.ES2022,
    types: [],
    lib: [path.basename(lib)],
  }
  const host = ts.createCompilerHost(options)
  host.getDefaultLibLocation = () => path.dirname(lib)
  host.getDefaultLibFileName = () => lib
  host.resolveModuleNameLiterals = (literals, file, _redirected, opts) =>
    literals.map(({ text }) => {
      if (text.startsWith(".")) return ts.resolveModuleName(text, file, opts, host)
      if (text !== "@dagger.io/dagger") return { resolvedModule: undefined }
      return { resolvedModule: { resolvedFileName: client, extension: ts.Extension.Ts } }
    })
  // The last of two declarations counts: in the vendor's order that is the one in the first file.
  return ts.createProgram([...[...files].reverse(), client], options, host)
}

function refuseSyntaxErrors(program: ts.Program, files: ts.SourceFile[], root: string): void {
  for (const file of files) {
    const [first] = program.getSyntacticDiagnostics(file)
    if (!first) continue
    const { line, character } = file.getLineAndCharacterOfPosition(first.start)
    const text = ts.flattenDiagnosticMessageText(first.messageText, "\n")
    throw new SourceError(`${path.relative(root, file.fileName)}:${line + 1}:${character + 1}: syntax error: ${text}`)
  }
}

/**
 * Refuses sources that have no class to register. Where none is named like the module, the scanner registers all classes
 * with @object(); the CLI then says that it finds no main object.
 */
function requireObjects(files: ts.SourceFile[], expected: string, { name, root }: ScanInput): void {
  const classes = files.flatMap((file) => file.statements.filter(ts.isClassDeclaration))
  const main = classes.find((node) => node.name?.text === expected)
  if (main && !isDecorated(main)) {
    const place = placeOf(main, root).replace(/:\d+$/, "")
    throw new SourceError(`${place}: class ${expected} is the module's main class and lacks the decorator @object()`)
  }
  if (classes.some((node) => node.name && isDecorated(node))) return
  const folder = files[0] ? path.dirname(path.relative(root, files[0].fileName)) : "src"
  const wanted = `\`@object() export class ${expected} { … }\` in ${folder}/`
  throw new SourceError(
    `the module "${name}" needs a class named ${expected}: ${wanted}; no class with @object() was found`,
  )
}

/** Without a constructor the engine makes no object, so initial values of fields are never set. */
function unappliedValues(main: any, root: string): string[] {
  if (!main || main._constructor) return []
  const node: ts.ClassDeclaration = main.node
  return node.members
    .filter(ts.isPropertyDeclaration)
    .filter((field) => field.initializer && !(ts.getCombinedModifierFlags(field) & ts.ModifierFlags.Static))
    .map(({ name }) => {
      const place = placeOf(name, root).replace(/:\d+$/, "")
      const reason = `${node.name!.text} has no constructor, add \`constructor() {}\``
      return `${place}: the initial value of ${name.getText()} is not applied: ${reason}`
    })
}

/** Takes what the scanner prints as warnings; the result ends that. */
function captureWarnings(into: string[]): () => void {
  const { warn, debug } = console
  console.warn = (message: unknown) => void into.push(String(message).replace(/\s+/g, " "))
  console.debug = () => {}
  return () => Object.assign(console, { warn, debug })
}
