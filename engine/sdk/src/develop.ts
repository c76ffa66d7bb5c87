/**
 * Writes what people need to work in a module's folder: sdk/, and package.json, tsconfig.json and a first class where
 * they are missing.
 *
 *   bun develop.js <module name> <module folder> <prepared folder> <out>
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { sourceFiles } from "./scan/files.js"
import { convertToPascalCase } from "dagger-scanner/case_convertor.js"
import { completeTsconfig } from "./tsconfig.js"

const [name, root, prepared, out] = process.argv.slice(2) as [string, string, string, string]
const template = path.join(path.dirname(process.argv[1]!), "template")
const exists = (file: string): boolean => fs.existsSync(path.join(root, file))
const write = (file: string, content: string): void => {
  fs.mkdirSync(path.dirname(path.join(out, file)), { recursive: true })
  fs.writeFileSync(path.join(out, file), content)
}
const fromTemplate = (file: string): string => fs.readFileSync(path.join(template, file), "utf8")

fs.mkdirSync(out, { recursive: true })
fs.cpSync(path.join(prepared, "sdk"), path.join(out, "sdk"), { recursive: true })
if (!exists("package.json") && !exists("deno.json")) write("package.json", fromTemplate("package.json"))
if (!exists("tsconfig.json")) write("tsconfig.json", fromTemplate("tsconfig.json"))
else {
  const completed = completeTsconfig(fs.readFileSync(path.join(root, "tsconfig.json"), "utf8"))
  if (completed !== undefined) write("tsconfig.json", completed)
}
if (sourceFiles(path.join(root, "src")).length === 0) {
  write("src/index.ts", fromTemplate("src/index.ts").replaceAll("NewModule", convertToPascalCase(name)))
}
