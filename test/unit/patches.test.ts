import { describe, expect, it } from "vitest"
import { patched } from "../../engine/src/patches.js"

describe("a patch of Dagger's sources", () => {
  const patch = { file: "core/a.go", before: "\tgo()\n", after: "\tstop()\n" }

  it("takes the place of the text that it was made for", () =>
    expect(patched("func f() {\n\tgo()\n}\n", patch)).toBe("func f() {\n\tstop()\n}\n"))

  it.each([
    ["has not", "func f() {\n}\n", 0],
    ["has twice", "\tgo()\n\tgo()\n", 2],
  ])("is refused by a text that %s what it looks for", (_, text, places) =>
    expect(() => patched(text, patch)).toThrow(`core/a.go has ${places} places that read "go()", 1 is expected`),
  )
})
