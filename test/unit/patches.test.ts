import { describe, expect, it } from "vitest"
import { patched } from "../../engine/src/patches.js"

describe("a patch of Dagger's sources", () => {
  const patch = { file: "core/a.go", before: "\tgo()\n", after: "\tstop()\n" }

  it("replaces the text that it was made for", () =>
    expect(patched("func f() {\n\tgo()\n}\n", patch)).toBe("func f() {\n\tstop()\n}\n"))

  it.each([
    ["no place", "func f() {\n}\n", 0],
    ["two places", "\tgo()\n\tgo()\n", 2],
  ])("is refused for a text with %s to replace", (_, text, places) =>
    expect(() => patched(text, patch)).toThrow(`core/a.go has ${places} places that read "go()", 1 is expected`),
  )
})
