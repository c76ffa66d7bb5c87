// The pure parts of modules/sample. The calls of its README run in test/modules/readme.test.ts.
import { describe, expect, it } from "vitest"
import { findingsIn } from "../src/read"

describe("sample", () => {
  it("reads file, line and marker", () =>
    expect(findingsIn("./docs/a b.md:12:<<<<<<< HEAD\n")).toMatchObject([
      { file: "docs/a b.md", line: 12, text: "conflict marker <<<<<<<" },
    ]))
  it("finds nothing in other output", () => expect(findingsIn("grep: ./x: Permission denied\n")).toEqual([]))
})
