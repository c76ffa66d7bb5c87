import { describe, expect, it } from "vitest"
import type { Ingredient } from "../src/api"
import { check, draftOf, lineCost, merge, notesOf, portionCost, recipeOf, same } from "../src/recipe"
import { basil, cream, flour, soupRecipe, tomatoes } from "./world"

const salt = { ...flour, id: "salt", priceMinor: 100 }
const stock = new Map<string, Ingredient>([flour, tomatoes, cream, basil, salt].map((one) => [one.id, one]))
const draft = (portions: string, ...lines: [string, string][]) => ({
  portions,
  lines: lines.map(([ingredientId, quantity]) => ({ ingredientId, quantity })),
  note: "",
})

describe("the cost of a portion", () => {
  // The cases of the recipes service's own test.
  it.each([
    ["part of a pack", draft("4", ["flour", "500"]), 15],
    ["half a cent is rounded up", draft("1", ["salt", "5"]), 1],
    ["less than half is rounded down", draft("1", ["salt", "4"]), 0],
    ["rounded once, not a line at a time", draft("1", ["salt", "4"], ["flour", "4"]), 1],
    ["unavailable still has a price", draft("1", ["basil", "30"]), 149],
    ["a missing price makes the cost unknown", draft("1", ["flour", "1000"], ["gold", "1"]), null],
    ["the largest recipe", draft("1", ["flour", "1000000"]), 119_000],
    ["as the demonstration has it", draftOf(soupRecipe), 98],
    ["no portions", draft("0", ["flour", "1"]), null],
    ["a quantity that is being typed", draft("1", ["flour", ""]), null],
    ["nothing in it", draft("1"), null],
  ])("%s", (_name, typed, cost) => {
    expect(portionCost(typed, stock)).toBe(cost)
  })

  it("is the sum of its lines", () => {
    expect(lineCost({ ingredientId: "flour", quantity: "500" }, stock)).toBe(59.5)
    expect(lineCost({ ingredientId: "flour", quantity: "1.5" }, stock)).toBeNull()
  })
})

describe("what was typed", () => {
  it("is valid within the service's limits only", () => {
    expect(check(draft("10000", ["flour", " 1000000 "]))).toEqual({})
    expect(check(draft("10001", ["flour", "1000001"]))).toEqual({
      portions: expect.stringContaining("10,000"),
      flour: expect.stringContaining("1,000,000"),
    })
    expect(check(draft("1.5", ["flour", "-1"], ["salt", "ten"]))).toMatchObject({
      portions: expect.any(String),
      flour: expect.any(String),
      salt: expect.any(String),
    })
    expect(check({ ...draft("1", ["flour", "1"]), note: "🍅".repeat(2000) })).toEqual({})
    expect(check({ ...draft("1", ["flour", "1"]), note: "🍅".repeat(2001) })).toEqual({
      note: "That is 2001 characters; 2000 are possible.",
    })
    expect(check(draft("1"))).toEqual({ lines: expect.stringContaining("at least one") })
    expect(check(draft("1", ...Array.from({ length: 101 }, (_, n): [string, string] => [String(n), "1"])))).toEqual({
      lines: expect.stringContaining("100"),
    })
  })

  it("goes to the service and back unchanged", () => {
    expect({ id: "r1", ...recipeOf(soupRecipe, draftOf(soupRecipe)) }).toEqual(soupRecipe)
    expect(same(draftOf(soupRecipe), draftOf(soupRecipe))).toBe(true)
    expect(same(draftOf(soupRecipe), draft("6", ["tomatoes", "1500"]))).toBe(false)
  })
})

describe("the service's field errors", () => {
  it("find their fields, in both notations", () => {
    const fields = [
      { field: "portions", detail: "a" },
      { field: "lines[1].quantity", detail: "b" },
      { field: "lines.0.quantity", detail: "c" },
      { field: "name", detail: "d" },
      { field: "note", detail: "g" },
    ]
    expect(notesOf(fields, draftOf(soupRecipe))).toEqual({
      portions: "a",
      cream: "b",
      tomatoes: "c",
      "": "name: d",
      note: "g",
    })
    expect(
      notesOf(
        [
          { field: "lines", detail: "e" },
          { field: "lines[7].quantity", detail: "f" },
        ],
        draftOf(soupRecipe),
      ),
    ).toEqual({ lines: "e", "": "lines[7].quantity: f" })
  })
})

describe("a change by someone else", () => {
  const base = soupRecipe
  const mine = draft("8", ["tomatoes", "1500"], ["cream", "250"], ["basil", "5"])

  it("comes in where nothing was typed, and what was typed stays", () => {
    const theirs = {
      ...base,
      lines: [
        { ingredientId: "tomatoes", quantity: 1400 },
        { ingredientId: "cream", quantity: 200 },
        { ingredientId: "flour", quantity: 20 },
      ],
    }
    expect(merge(base, mine, theirs)).toEqual({
      draft: draft("8", ["tomatoes", "1400"], ["cream", "250"], ["basil", "5"], ["flour", "20"]),
      notes: {},
    })
  })

  it("is told where both changed the same", () => {
    const theirs = {
      ...base,
      portions: 10,
      lines: [
        { ingredientId: "tomatoes", quantity: 1500 },
        { ingredientId: "basil", quantity: 9 },
      ],
    }
    expect(merge(base, mine, theirs)).toEqual({
      draft: draft("8", ["tomatoes", "1500"], ["cream", "250"], ["basil", "5"]),
      notes: {
        portions: "The other person saved 10.",
        cream: "Removed by the other person.",
        basil: "The other person saved 9.",
      },
    })
  })

  it("to the note comes in, or is told where both have changed it", () => {
    const noted = { ...base, note: "Old." }
    const kept = { ...draftOf(noted), portions: "8" }
    expect(merge(noted, kept, { ...noted, note: "Theirs." })).toEqual({ draft: { ...kept, note: "Theirs." }, notes: {} })
    expect(merge(noted, kept, base)).toEqual({ draft: { ...kept, note: "" }, notes: {} })
    const mineToo = { ...kept, note: "Mine." }
    expect(merge(noted, mineToo, { ...noted, note: "Theirs." })).toEqual({
      draft: mineToo,
      notes: { note: "The other person saved “Theirs.”." },
    })
    expect(merge(noted, mineToo, base).notes).toEqual({ note: "Removed by the other person." })
  })

  it("takes lines away that were not touched, and brings none back that were removed", () => {
    const theirs = { ...base, lines: [{ ingredientId: "cream", quantity: 200 }] }
    expect(merge(base, draft("6", ["tomatoes", "1500"]), theirs).draft).toEqual(draft("6"))
  })

  it("that is the same as what was typed leaves nothing to save", () => {
    const theirs = { ...base, portions: 8 }
    const merged = merge(base, draft("8", ["tomatoes", "1500"], ["cream", "200"]), theirs)
    expect(merged.notes).toEqual({})
    expect(same(merged.draft, draftOf(theirs))).toBe(true)
  })
})
