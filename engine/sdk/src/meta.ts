/** In a bundle `import.meta` is the bundle's: where a source file lies is written into the code instead. */
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import ts from "typescript"

/** Replaces `import.meta.dirname`, `.filename`, `.url` and bun's `.dir`, `.path`, `.file` by the file's own values. */
export function placeMeta(code: string, file: string): string {
  if (!code.includes("import.meta")) return code
  const dirname = path.dirname(file)
  const values: Record<string, string> = {
    dirname,
    dir: dirname,
    filename: file,
    path: file,
    file: path.basename(file),
    url: pathToFileURL(file).href,
  }
  const edits: { start: number; end: number; text: string }[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isMetaProperty(node.expression) && values[node.name.text]) {
      const text = JSON.stringify(values[node.name.text])
      edits.push({ start: node.getStart(source), end: node.getEnd(), text })
    }
    ts.forEachChild(node, visit)
  }
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2022)
  visit(source)
  return edits.reduceRight((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), code)
}
