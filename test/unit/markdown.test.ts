// Which Markdown no tool reads, so that an edit of it runs nothing again.
import { describe, expect, it } from "vitest"
import { documents, embeddedFiles, mentionOf } from "../../ci/src/checks/markdown"

describe("documents by their names", () => {
  it("are the usual ones, in any folder and language", () => {
    const files = [
      "README.md",
      "docs/readme.md",
      "CHANGELOG.md",
      "a/README.de.md",
      "CODE_OF_CONDUCT.md",
      "LICENSE-MIT.md",
    ]
    expect(documents(files)).toEqual(files)
  })
  it("are not Markdown that a program may read without naming it, nor test data", () => {
    expect(
      documents(["content/hello.md", "answers/address.md", "testdata/README.md", "a/testdata/b/CHANGES.md"]),
    ).toEqual([])
  })
})

describe("a mention", () => {
  const mentions = (text: string) => new RegExp(mentionOf(["docs/README.md", "a/CHANGELOG.de.md"])).test(text)
  it.each([
    'import text from "./README.md?raw"',
    "os.ReadFile(`../README.md`)",
    '"files": ["README.md"]',
    'filepath.Glob("*.md")',
    'if (extname(file) === ".md")',
    "/\\.md$/.test(file)",
    "see CHANGELOG.de.md",
  ])("is %j", (text) => expect(mentions(text)).toBe(true))
  it.each(["cmd.md5()", "go.mdx", "OTHER-README.md", "guide.md", "README.mdx", "CHANGELOGxde.md"])(
    "is not %j",
    (text) => expect(mentions(text)).toBe(false),
  )
})

describe("files that Go programs embed", () => {
  const files = [
    "README.md",
    "faq/README.md",
    "faq/deep/README.md",
    "faq/b c/README.md",
    "web/[x]/README.md",
    "CHANGES.md",
  ]
  const embedded = (file: string, directive: string) =>
    embeddedFiles([{ file, text: `//go:embed ${directive}` }], files)
  it.each([
    ["main.go", "faq", ["faq/README.md", "faq/deep/README.md", "faq/b c/README.md"]],
    ["main.go", "all:faq", ["faq/README.md", "faq/deep/README.md", "faq/b c/README.md"]],
    ["main.go", "faq/*", ["faq/README.md", "faq/deep/README.md", "faq/b c/README.md"]],
    ["main.go", "faq/deep other.txt", ["faq/deep/README.md"]],
    ["main.go", "*.md", ["README.md", "CHANGES.md"]],
    ["main.go", "README.md CHANGES.md", ["README.md", "CHANGES.md"]],
    ["main.go", '"faq/b c"', ["faq/b c/README.md"]],
    ["main.go", "`faq/b c/README.md`", ["faq/b c/README.md"]],
    ["main.go", "[A-D]*.md", ["CHANGES.md"]],
    ["main.go", "[^A-D]*.md", ["README.md"]],
    ["main.go", "READM?.md", ["README.md"]],
    ["main.go", "web/\\[x]", ["web/[x]/README.md"]],
    ["faq/faq.go", "*", ["faq/README.md", "faq/deep/README.md", "faq/b c/README.md"]],
    ["faq/faq.go", "all:.", ["faq/README.md", "faq/deep/README.md", "faq/b c/README.md"]],
    ["faq/deep/a.go", "README.md\t", ["faq/deep/README.md"]],
    ["main.go", "fa", []],
    ["other/main.go", "faq", []],
  ])("by %s with %j are %j", (file, directive, found) => expect(embedded(file, directive)).toEqual(found))
  it("are none by another comment", () => {
    expect(embeddedFiles([{ file: "a.go", text: "// go:embed *.md" }], files)).toEqual([])
    expect(embeddedFiles([{ file: "a.go", text: "//go:embedded *.md" }], files)).toEqual([])
  })
})
