// The sources of ci/: rooms import in one direction, names are exported once, and the catalogue is what runs and what README says.
// inputs: ci/src docs/architecture.md README.md
import { readFileSync, readdirSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import ts from "typescript"
import { describe, expect, it } from "vitest"
import { catalogue, catalogueTable, checkFunctions, reservedNames, stageNamesOf } from "../../ci/src/catalogue"

const root = join(import.meta.dirname, "../..")
const src = join(root, "ci/src")
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
const sources = files.map((file) =>
  ts.createSourceFile(file, readFileSync(join(src, file), "utf8"), ts.ScriptTarget.ES2022, true),
)

/** The room of a file: its folder, or `index`. Plain data beside it (images, catalogue) and shared code are no rooms. */
const roomOf = (file: string): string | undefined => {
  if (file === "index.ts") return "index"
  const folder = dirname(file)
  return folder === "." || folder.startsWith("shared") ? undefined : folder.split("/")[0]
}

/** The imports of one room by another, each as `room --> room`, with the files that have them. */
const edges = new Map<string, string[]>()
for (const source of sources)
  source.forEachChild((node) => {
    const from = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : undefined
    if (!from || !ts.isStringLiteral(from) || !from.text.startsWith(".") || from.text.endsWith(".json")) return
    const target = relative(src, join(src, dirname(source.fileName), `${from.text}.ts`))
    const [one, other] = [roomOf(source.fileName), roomOf(target)]
    if (!one || !other || one === other) return
    const edge = `${one} --> ${other}`
    edges.set(edge, [...(edges.get(edge) ?? []), `${source.fileName} imports ${target}`])
  })

describe("the rooms of ci/src", () => {
  const diagram = /```mermaid\n([\s\S]*?)```/.exec(readFileSync(join(root, "docs/architecture.md"), "utf8"))?.[1] ?? ""
  const drawn = [...diagram.matchAll(/^ *(\w+) --> (\w+)$/gm)].map(([, from, to]) => `${from} --> ${to}`)

  it("import as the diagram in docs/architecture.md shows", () => {
    expect(drawn.length).toBeGreaterThan(0)
    const undrawn = [...edges].filter(([edge]) => !drawn.includes(edge))
    expect(undrawn, "imports that are not in the diagram").toEqual([])
    expect(
      drawn.filter((edge) => !edges.has(edge)),
      "arrows without an import",
    ).toEqual([])
  })
  it("have no circle", () => {
    const targets = (room: string) =>
      drawn.filter((edge) => edge.startsWith(`${room} -->`)).map((edge) => edge.split(" ")[2]!)
    const reaches = (from: string, to: string): boolean =>
      targets(from).some((room) => room === to || reaches(room, to))
    for (const edge of drawn) expect(reaches(edge.split(" ")[2]!, edge.split(" ")[0]!), edge).toBe(false)
  })
})

/** The names that a file exports by declaration; what it passes on from another file is declared there. */
const exportsOf = (source: ts.SourceFile): string[] => {
  const names: string[] = []
  source.forEachChild((node) => {
    const exported =
      ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    if (!exported) return
    if (ts.isVariableStatement(node)) names.push(...node.declarationList.declarations.map(({ name }) => name.getText()))
    else if ("name" in node) names.push((node.name as ts.Identifier).text)
  })
  return names
}

it("no two exported things of ci/src share a name", () => {
  const owners = new Map<string, string[]>()
  for (const source of sources)
    for (const name of new Set(exportsOf(source))) owners.set(name, [...(owners.get(name) ?? []), source.fileName])
  expect(owners.size).toBeGreaterThan(50)
  expect([...owners].filter(([, of]) => of.length > 1)).toEqual([])
})

describe("the catalogue of checks", () => {
  const services = { api: { kind: "go" as const }, web: { kind: "node" as const } }
  it("is README's table", () => {
    const [, table] =
      /<!-- checks -->\n([\s\S]*?)\n<!-- \/checks -->/.exec(readFileSync(join(root, "README.md"), "utf8")) ?? []
    expect(table, `README.md has to hold:\n${catalogueTable()}`).toBe(catalogueTable())
  })
  it("names a stage once", () => {
    const names = stageNamesOf(services)
    expect(new Set(names).size).toBe(names.length)
  })
  it("has the steps of every function of dagger check", () => {
    const words = catalogue.flatMap(({ stage }) => stage.split(":"))
    for (const steps of Object.values(checkFunctions)) expect(words).toEqual(expect.arrayContaining(steps))
  })
  it("has a file for every stage of the repository", () => {
    const named = sources.flatMap((source) =>
      [...source.text.matchAll(/^ {2}name: "([\w:]+)",$/gm)].map(([, name]) => name),
    )
    const others = ["quality", "coverage:total", "coverage:changed"]
    const stages = stageNamesOf({}).filter((stage) => !others.includes(stage))
    expect(named.filter((name) => stages.includes(name!)).sort()).toEqual([...stages].sort())
  })
  it("reserves the names that would select a stage of the repository", () =>
    expect(Object.keys(reservedNames())).toEqual(["secrets", "lint", "sast", "dependencies", "quality", "coverage"]))
})

describe("index.ts", () => {
  const text = readFileSync(join(src, "index.ts"), "utf8")
  it("has at most 475 lines", () => expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(475))
  it("has no help of an argument more than twice, and one list of ignored paths", () => {
    const helps = [...text.matchAll(/@param (.*)$/gm)].map(([, help]) => help!)
    expect(helps.length).toBeGreaterThan(20)
    expect(helps.filter((help) => helps.filter((other) => other === help).length > 2)).toEqual([])
    expect(text.match(/ignore: \[/g)).toHaveLength(1)
  })
})
