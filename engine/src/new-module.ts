// `npm run new-module NAME`: writes a module with a small example that works, out of engine/module-template.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { repository } from "./paths.js"
import { moduleNames, sync } from "./sync.js"

/** The module that the template is: its name stands in the texts and file names. */
const sample = "sample"

/** Names that a module cannot have: other folders and files of modules/, and words that are no function of `dag`. */
const reserved = ["shared", "examples", "delivery", "container", "directory", "file", "git", "http", "host", "secret"]

const allowedNames =
  "use lower-case letters, digits and single hyphens, begin with a letter, at most 40 characters, for example golangci-lint"

/** Writes the module NAME, and its row into README.md; returns the paths of the files that are new or changed. */
export function newModule(name: string, root = repository): string[] {
  const problem = problemOf(name, root)
  if (problem !== "") throw new Error(problem)
  const template = join(root, "engine/module-template")
  const files = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(template.length + 1))
  const written = files.sort().map((file) => {
    const path = `modules/${name}/${renamed(file, name)}`
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), renamed(readFileSync(join(template, file), "utf8"), name))
    return path
  })
  writeFileSync(join(root, "README.md"), withRow(readFileSync(join(root, "README.md"), "utf8"), name, root))
  return [...written, ...sync(root), "README.md"]
}

/** The command: says what was written, and what to do next. */
export function newModuleCommand(args: string[]): number {
  const [name, ...rest] = args
  if (name === undefined || rest.length > 0) {
    console.error("npm run new-module NAME: one name is expected, for example `npm run new-module shellcheck`")
    return 2
  }
  for (const file of newModule(name)) console.log(file)
  console.log(`
next: replace the example in modules/${name}/src and say in README.md what the module is for (CONTRIBUTING.md, "Add a module")
test: npm run test:unit, then npm test -- test/modules/readme.test.ts`)
  return 0
}

function problemOf(name: string, root: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40)
    return `${JSON.stringify(name)} cannot be a module's name: ${allowedNames}`
  if (reserved.includes(name)) return `${name} is reserved: Dagger or this repository uses that name`
  if (moduleNames(root).includes(name) || existsSync(join(root, "modules", name)))
    return `modules/${name} exists already`
  return ""
}

/** Replaces the sample's name: `sample` by the name, `Sample` by the class's, and `sample()` by the function's. */
function renamed(text: string, name: string): string {
  const pascal = name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const camel = pascal[0]!.toLowerCase() + pascal.slice(1)
  return text
    .replaceAll(`dag.${sample}()`, `dag.${camel}()`)
    .replace(/Sample/g, pascal)
    .replaceAll(sample, name)
}

/** README.md with a row for the module, sorted by name, and with the number of modules. */
function withRow(readme: string, name: string, root: string): string {
  const row = `| [${name}](modules/${name}/README.md) | merge conflict markers in text files |`
  const lines = readme.split("\n")
  const nameOf = (line: string): string | undefined => /^\| \[([a-z0-9-]+)\]\(modules\/\1\/README\.md\)/.exec(line)?.[1]
  const rows = lines.flatMap((line, i) => (nameOf(line) === undefined ? [] : [i]))
  const next = rows.find((i) => nameOf(lines[i]!)! > name) ?? (rows.at(-1) ?? lines.length) + 1
  lines.splice(next, 0, row)
  const before = moduleNames(root).length - 1
  return lines.join("\n").replace(`${before} modules`, `${before + 1} modules`)
}
