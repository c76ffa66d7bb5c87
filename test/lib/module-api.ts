/** What a module offers its callers, read from its sources with the TypeScript compiler: no engine is needed. */
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"

const repository = join(import.meta.dirname, "../..")

export interface Argument {
  name: string
  type: string
  /** Whether a caller can leave it out. */
  optional: boolean
  /** The text of its `@param`. */
  help: string
}

export interface Member {
  name: string
  /** As written, without `Promise<…>`. */
  type: string
  help: string
  /** Missing for a field. */
  args?: Argument[]
  /** `modules/gitleaks/src/index.ts:38`. */
  place: string
}

export interface ModuleApi {
  /** As in dagger.json. */
  name: string
  /** Name of the class that a call begins with. */
  main: string
  /** Members of every class with `@object()` by the class's name, a constructor under the name `constructor`. */
  objects: Map<string, Member[]>
}

/** The functions and fields of a module of this repository. */
export function readApi(module: string, root = repository): ModuleApi {
  const folder = join(root, "modules", module)
  const { name } = JSON.parse(readFileSync(join(folder, "dagger.json"), "utf8")) as { name: string }
  const files = readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".ts"))
  const objects = new Map<string, Member[]>()
  for (const file of files.sort()) {
    const path = `modules/${module}/src/${file}`
    const source = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true)
    source.forEachChild((node) => {
      if (ts.isClassDeclaration(node) && hasDecorator(node, "object"))
        objects.set(node.name!.text, node.members.flatMap(membersOf))
    })
  }
  return { name, main: pascal(name), objects }
}

/** A name as the `dagger` command writes it: `maxP95` is `max-p-95`. */
export const kebab = (name: string): string =>
  (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []).join("-").toLowerCase()
export const pascal = (name: string): string =>
  name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())

function membersOf(node: ts.ClassElement): Member[] {
  if (ts.isConstructorDeclaration(node)) return [functionOf(node, "constructor", "")]
  if (!hasDecorator(node, "func") || !node.name) return []
  const name = node.name.getText()
  if (ts.isPropertyDeclaration(node))
    return [{ name, type: typeOf(node.type), help: helpOf(node), place: placeOf(node) }]
  return ts.isMethodDeclaration(node) ? [functionOf(node, name, typeOf(node.type))] : []
}

function functionOf(node: ts.MethodDeclaration | ts.ConstructorDeclaration, name: string, type: string): Member {
  const args = node.parameters.map((parameter) => ({
    name: parameter.name.getText(),
    type: typeOf(parameter.type),
    optional: parameter.initializer !== undefined || parameter.questionToken !== undefined,
    help: ts
      .getJSDocParameterTags(parameter)
      .map(({ comment }) => textOf(comment))
      .join(" "),
  }))
  return { name, type, help: helpOf(node), args, place: placeOf(node) }
}

function hasDecorator(node: ts.Node, name: string): boolean {
  const decorators = ts.canHaveDecorators(node) ? (ts.getDecorators(node) ?? []) : []
  return decorators.some(
    ({ expression }) => ts.isCallExpression(expression) && expression.expression.getText() === name,
  )
}

function typeOf(node: ts.TypeNode | undefined): string {
  return (node?.getText() ?? "").replace(/\s+/g, " ").replace(/^Promise<(.*)>$/, "$1")
}

function helpOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map(({ comment }) => textOf(comment))
    .join("\n")
}

function textOf(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  return ts.getTextOfJSDocComment(comment) ?? ""
}

function placeOf(node: ts.Node): string {
  const source = node.getSourceFile()
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}
