// The lines of source that the page shows: never one with a secret.
import { describe, expect, it } from "vitest"
import { excerptsOf, filesToShow } from "../../ci/src/report/excerpts"
import type { Finding } from "../../ci/src/report/sarif"

const finding = (tool: string, line: number, change: Partial<Finding> = {}): Finding => ({
  stage: tool === "gitleaks" ? "secrets" : "sast:go",
  tool,
  rule: "r",
  level: "error",
  text: "t",
  file: "main.go",
  line,
  ...change,
})
const texts = new Map([["main.go", "one\ntwo\nthree\nfour\nfive\nsix\n"]])
const hidden = "[hidden: this line holds a secret]"

describe("excerpts", () => {
  it("are two lines before a finding and two after", () => {
    expect(excerptsOf([finding("gosec", 3)], texts)[0]!.excerpt).toEqual({
      from: 1,
      lines: ["one", "two", "three", "four", "five"],
    })
    expect(excerptsOf([finding("gosec", 1)], texts)[0]!.excerpt).toEqual({ from: 1, lines: ["one", "two", "three"] })
  })

  it("hide each line of a secret, also around another tool's finding", () => {
    const shown = excerptsOf([finding("gosec", 2), finding("gitleaks", 3, { endLine: 4 })], texts)
    expect(shown[0]!.excerpt).toEqual({ from: 1, lines: ["one", "two", hidden, hidden] })
    expect(shown[1]!.excerpt).toBeUndefined()
  })

  it("hide nothing of another file", () => {
    const [shown] = excerptsOf([finding("gosec", 2), finding("gitleaks", 2, { file: "other.go" })], texts)
    expect(shown!.excerpt!.lines).toContain("two")
  })

  it("are read of files with findings in lines, errors first", () => {
    const found = [
      finding("gosec", 2, { level: "note", file: "note.go" }),
      finding("gosec", 2, { file: "error.go" }),
      finding("helm", 0, { file: "Chart.yaml" }),
      finding("gitleaks", 1, { file: "token.txt" }),
    ]
    expect(filesToShow(found)).toEqual(["error.go", "note.go"])
  })
})
