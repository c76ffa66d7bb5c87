// Patterns of files, as SonarQube reads them.
import { describe, expect, it } from "vitest"
import { matchesPattern } from "../../ci/src/checks/paths"

describe("a pattern", () => {
  it.each([
    ["**/*.gen.go", "a/b/x.gen.go", true],
    ["**/*.gen.go", "x.gen.go", true],
    ["**/*.gen.go", "x.gengo", false],
    ["test/**", "test/unit/a.test.ts", true],
    ["test/**", "services/test/a.ts", false],
    ["a/*.ts", "a/b/c.ts", false],
    ["a/?.ts", "a/b.ts", true],
    ["a (1)/**", "a (1)/b.ts", true],
  ])("%s matches %s: %s", (pattern, file, matches) => expect(matchesPattern(pattern, file)).toBe(matches))
})
