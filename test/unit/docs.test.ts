// The documents are true to the tree: links lead somewhere, named files exist, decisions have one form, every module and key is listed.
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "../..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

/** The READMEs of a folder and of the folders in it. */
const readmesIn = (folder: string) =>
  [folder, ...readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)]
    .map((path) => `${path}/README.md`)
    .filter((path) => existsSync(join(root, path)))

const decisions = readdirSync(join(root, "docs/decisions"))
  .filter((name) => /^\d/.test(name))
  .sort()
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...["services", "charts", "terraform"].flatMap(readmesIn),
]

/** A document without its code blocks: what they hold is input or output, not a reference. */
const prose = (path: string) => read(path).replace(/^```[\s\S]*?^```$/gm, "")

/** The anchor that a heading has on GitHub. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")

/** The anchors of a document's headings. */
const anchorsOf = (path: string) =>
  [...prose(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!.replaceAll("`", "")))

/** The relative links of a document that lead nowhere. */
function brokenLinks(document: string): string[] {
  const text = prose(document)
  const inline = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
  const references = [...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm)]
  return [...inline, ...references]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path, anchor] = target.split("#") as [string, string | undefined]
      const file = path ? join(dirname(document), path) : document
      if (!existsSync(join(root, file))) return true
      return anchor !== undefined && !anchorsOf(file).includes(anchor)
    })
}

/** The paths of this repository that a document names in backticks and that do not exist. */
function missingPaths(document: string): string[] {
  return [...prose(document).matchAll(/`((?:ci|modules|services|charts|terraform|engine|test|docs)\/[^`\s]*)`/g)]
    .map(([, path]) => path!)
    .filter((path) => !/[<>*{…]|NAME/.test(path))
    .filter((path) => !existsSync(join(root, path)))
}

describe("README", () => {
  it("has at most 150 lines", () => expect(read("README.md").split("\n").length).toBeLessThanOrEqual(150))

  it("lists every module with what it is for", () => {
    const modules = readdirSync(join(root, "modules")).filter((name) =>
      existsSync(join(root, "modules", name, "dagger.json")),
    )
    const rows = [...read("README.md").matchAll(/^\| \[([a-z-]+)\]\(modules\/([a-z-]+)\/README\.md\) \| \S.*\|$/gm)]
    expect(read("README.md")).toContain(`${modules.length} modules`)
    expect(rows.map(([, name, folder]) => (name === folder ? name : `${name} at ${folder}`))).toEqual(modules)
  })

  it("has the table of checks between markers", () => {
    expect(read("README.md")).toMatch(/<!-- checks.*-->\n[\s\S]*\| `secrets` \|[\s\S]*<!-- \/checks -->/)
  })
})

describe.each(documents)("%s", (document) => {
  it("links to what exists", () => expect(brokenLinks(document)).toEqual([]))

  it.skipIf(/^docs\/(measurements|decisions)|^CHANGELOG/.test(document))("names files that exist", () =>
    expect(missingPaths(document)).toEqual([]),
  )

  it("has no line of 150 characters or more", () => {
    const long = read(document)
      .split("\n")
      .map((line, index) => ({ line: index + 1, length: line.length }))
    expect(long.filter(({ length }) => length >= 150)).toEqual([])
  })
})

describe("decisions", () => {
  const index = read("docs/decisions/README.md")

  it.each(decisions)("%s has a title, a status, a date, context, decision and consequences", (name) => {
    const text = read(`docs/decisions/${name}`)
    expect(text).toMatch(
      new RegExp(`^# ${name.slice(0, 4)} \\S.*\n\n- \\*\\*Status:\\*\\* (accepted|superseded by \\d{4})\n`),
    )
    expect(text).toMatch(/\n- \*\*Date:\*\* 20\d\d-\d\d-\d\d\n/)
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      "Context",
      "Decision",
      "Consequences",
    ])
  })

  it.each(decisions)("%s is in the index with its title and status", (name) => {
    const [, title] = /^# \d{4} (.*)$/m.exec(read(`docs/decisions/${name}`))!
    const [, status] = /\*\*Status:\*\* (.*)$/m.exec(read(`docs/decisions/${name}`))!
    expect(index).toContain(`| [${name.slice(0, 4)}] | ${title} | ${status} | `)
    expect(index).toContain(`[${name.slice(0, 4)}]: ${name}\n`)
  })

  it("have numbers of their own", () => {
    const numbers = decisions.map((name) => name.slice(0, 4))
    expect(numbers).toEqual([...new Set(numbers)])
  })
})

describe("docs/configuration.md", () => {
  it("lists the keys of delivery.yaml", () => {
    const schema = JSON.parse(read("ci/delivery.schema.json")) as { properties: Record<string, unknown> }
    const listed = [...read("docs/configuration.md").matchAll(/^\| `([a-zA-Z]+)` \|/gm)].map(([, key]) => key)
    expect(listed.sort()).toEqual(Object.keys(schema.properties).sort())
  })
})

describe("comments in the code", () => {
  it("name decisions that exist", () => {
    const folders = ["ci/src", "engine", "modules", "services", "terraform", "charts", "test"]
    const files = folders.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(ts|mjs|go|md|ya?ml)$/.test(name) && !/node_modules|\/sdk\//.test(name))
        .map((name) => `${folder}/${name}`),
    )
    const named = files.flatMap((file) =>
      [...read(file).matchAll(/docs\/decisions\/(\d{4}[a-z0-9-]*)/g)].map(([, name]) => ({ file, name: name! })),
    )
    const there = (name: string) =>
      decisions.some((file) => file === `${name}.md` || (name.length === 4 && file.startsWith(name)))
    expect(named.filter(({ name }) => !there(name))).toEqual([])
  })
})
