/** Errors of the vendor's scanner in a form that a module's author can act on: file, line, and what is allowed. */
import * as path from "node:path"
import ts from "typescript"

/* eslint-disable @typescript-eslint/no-explicit-any */

/** A fault in the module's sources that the module's author has to mend. */
export class SourceError extends Error {}

/** The types that a module's API may have, as the end of an error message. */
export const ALLOWED_TYPES =
  "allowed are string, number (an integer), float, boolean, void, lists of these, the types of @dagger.io/dagger and of " +
  "dependencies, and this module's own enums, interfaces, type aliases of objects, and classes with @object(); " +
  "a type that TypeScript would infer from a package must be written out"

const UNKNOWN_TYPE =
  /(?:could not (?:find|resolve) type reference for|Use of primitive) '?([^']+?)'?(?: at (\S+?))?(?:\.$| type detected.*$)/

/** `src/index.ts:3:5` of a node, with lines and columns as editors count them. */
export function placeOf(node: ts.Node, root: string): string {
  const file = node.getSourceFile()
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart())
  return `${path.relative(root, file.fileName)}:${line + 1}:${character + 1}`
}

/** Whether a class has the decorator @object(). */
export const isDecorated = (node: ts.ClassDeclaration): boolean =>
  (ts.getDecorators(node) ?? []).some((decorator) => /^object\b/.test(decorator.expression.getText()))

/** Turns an error of the scanner into a SourceError. `ast` is the scanner's view of the sources. */
export function explain(error: Error, files: ts.SourceFile[], ast: any, root: string): SourceError {
  // The scanner counts lines and columns from 0.
  const message = error.message.replaceAll(
    /(\/[^\s:]+):(\d+):(\d+)/g,
    (_all, file: string, line: string, column: string) =>
      `${path.relative(root, file)}:${Number(line) + 1}:${Number(column) + 1}`,
  )
  const [, type, place] = UNKNOWN_TYPE.exec(message) ?? []
  if (type) {
    const at = place ?? locate(type, files, ast, root)
    const advice = /^(String|Number|Boolean)$/.test(type) ? `, write \`${type.toLowerCase()}\`` : ""
    return new SourceError(
      `${at ? `${at}: ` : ""}the type \`${type}\` cannot be part of a module's API${advice}; ${ALLOWED_TYPES}`,
    )
  }
  const tuple = error instanceof TypeError ? firstTuple(files) : undefined
  if (tuple)
    return new SourceError(
      `${placeOf(tuple, root)}: the type \`${tuple.getText()}\` cannot be part of a module's API; ${ALLOWED_TYPES}`,
    )
  const at = / (?:at|in) (src\/\S+?:\d+:\d+)[.,]?/.exec(message)
  return new SourceError(at ? `${at[1]}: ${message.replace(at[0], "").trim()}` : message)
}

/** The members of all classes with @object(). */
const membersOf = (files: ts.SourceFile[]): ts.ClassElement[] =>
  files
    .flatMap((file) => file.statements.filter(ts.isClassDeclaration).filter(isDecorated))
    .flatMap((one) => [...one.members])

/** The first tuple in a signature or field, on which the scanner ends without words. */
function firstTuple(files: ts.SourceFile[]): ts.Node | undefined {
  const find = (node: ts.Node): ts.Node | undefined => {
    if (ts.isBlock(node)) return undefined
    return ts.isTupleTypeNode(node) ? node : ts.forEachChild(node, find)
  }
  for (const member of membersOf(files)) {
    const tuple = ts.forEachChild(member, find)
    if (tuple) return tuple
  }
  return undefined
}

/** The place of the first argument, result or field of that type, for errors that name none. */
function locate(type: string, files: ts.SourceFile[], ast: any, root: string): string | undefined {
  for (const member of membersOf(files)) {
    const node = nodeOfType(member, type, ast)
    if (node) return placeOf(node, root)
  }
  return undefined
}

/** The part of a class member that has the type: a parameter, the result, or the field itself. */
function nodeOfType(member: ts.ClassElement, type: string, ast: any): ts.Node | undefined {
  const is = (found: ts.Type): boolean => ast.typeToStringType(found) === type
  if (ts.isPropertyDeclaration(member)) return is(ast.checker.getTypeAtLocation(member)) ? member : undefined
  if (!ts.isConstructorDeclaration(member) && !ts.isMethodDeclaration(member)) return undefined
  if (ts.isMethodDeclaration(member) && !(ts.getDecorators(member) ?? []).length) return undefined
  const parameter = member.parameters.find((one) => is(ast.checker.getTypeAtLocation(one)))
  if (parameter) return parameter
  const signature = ast.checker.getSignatureFromDeclaration(member)
  return ts.isMethodDeclaration(member) && signature && is(signature.getReturnType())
    ? (member.type ?? member.name)
    : undefined
}
