// The module yamllint without an engine: what yamllint prints is read into findings and one line.
import { describe, expect, it } from "vitest"
import { describe as tell, ordered } from "../../modules/shared/sarif"
import * as yamllint from "../../modules/yamllint/src/read"

describe("yamllint", () => {
  const output = [
    './menu.yaml:4:1: [error] duplication of key "price" in mapping (key-duplicates)',
    "deep/a b.yml:3:1: [error] syntax error: expected ',' or ']', but got '<stream end>' (syntax)",
    './menu.yaml:1:1: [warning] missing document start "---" (document-start)',
    "anything else",
  ].join("\n")
  it("is read line by line, errors first", () =>
    expect(ordered(yamllint.findingsIn(output))).toEqual([
      {
        tool: "yamllint",
        rule: "syntax",
        text: "expected ',' or ']', but got '<stream end>'",
        file: "deep/a b.yml",
        line: 3,
        column: 1,
        level: "error",
      },
      {
        tool: "yamllint",
        rule: "key-duplicates",
        text: 'duplication of key "price" in mapping',
        file: "menu.yaml",
        line: 4,
        column: 1,
        level: "error",
      },
      {
        tool: "yamllint",
        rule: "document-start",
        text: 'missing document start "---"',
        file: "menu.yaml",
        line: 1,
        column: 1,
        level: "warning",
      },
    ]))
  it("names the first, and how many more", () =>
    expect(tell(yamllint.findingsIn(output))).toBe(
      'menu.yaml:4 duplication of key "price" in mapping (key-duplicates), and 2 more',
    ))
  it("has nothing to say of nothing", () => expect(tell(yamllint.findingsIn(""))).toBe(""))
})
