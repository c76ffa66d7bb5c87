// What a form has read, and what nobody has changed in it, is what it sends: no field is lost on the way.
import { readdirSync, readFileSync } from "node:fs"
import { enableAutoUnmount } from "@vue/test-utils"
import { afterEach, describe, expect, it, vi } from "vitest"
import type { NewFeedback, NewRecipe, Recipe } from "../src/api"
import { draftOf, recipeOf, same } from "../src/recipe"
import { answers, openPage, problem, serve, settle, tagged } from "./world"

enableAutoUnmount(afterEach)
afterEach(() => vi.unstubAllGlobals())

/** A recipe with every field of the contract: a new one does not compile until it stands here, and then it has to come through. */
const content: Required<NewRecipe> = {
  name: " Tomato  Soup ",
  portions: 6,
  lines: [
    { ingredientId: "tomatoes", quantity: 1500 },
    { ingredientId: "cream", quantity: 200 },
  ],
  note: "  Peel the tomatoes.\r\nSimmer — gently\twith 🍅.\n",
}
const full: Required<Recipe> = { id: "r1", ...content }
const bare: Recipe = { id: full.id, name: full.name, portions: full.portions, lines: full.lines }
/** A report with every field of the contract. */
const report: Required<NewFeedback> = {
  text: "  The soup is cold.\n\nSo is the 🍕. ",
  severity: "critical",
  version: "1.2.3-rc.1+build_7",
}

const read = "GET /api/recipes/recipes/r1"
const put = "PUT /api/recipes/recipes/r1"

/** The recipe's view of what the service has; the body of each PUT. */
async function open(recipe: object) {
  const table: ReturnType<typeof answers> = { ...answers(), [read]: tagged(recipe, '"1"') }
  table[put] = ({ body }) => tagged({ id: "r1", ...(body as object) }, '"2"')
  const asked = serve(table)
  const { page } = await openPage("/dishes/d1")
  return {
    page,
    table,
    sent: () => asked.filter(({ method }) => method === "PUT").map(({ body }) => body),
    async save() {
      await page.get("form").trigger("submit")
      await settle()
    },
  }
}

/** Each thing that can be changed in the recipe's form, and what is then sent. */
const changes: { what: string; field: string; value: string; sent: Partial<Recipe> }[] = [
  { what: "the portions", field: "#portions", value: "7", sent: { portions: 7 } },
  {
    what: "a quantity",
    field: "#quantity-cream",
    value: "250",
    sent: { lines: [full.lines[0]!, { ingredientId: "cream", quantity: 250 }] },
  },
  { what: "the note", field: "#note", value: "Serve hot.\nAt once.", sent: { note: "Serve hot.\nAt once." } },
]

describe("a recipe", () => {
  it("that was read is the recipe that is meant, with and without a note", () => {
    for (const recipe of [full, bare]) {
      const meant = recipeOf(recipe, draftOf(recipe))
      expect(JSON.parse(JSON.stringify({ ...meant, id: recipe.id }))).toEqual(recipe)
      expect(same(draftOf({ ...meant }), draftOf(recipe))).toBe(true)
    }
  })

  it.each(changes)("with $what changed keeps everything else", async ({ field, value, sent: changed }) => {
    const { page, sent, save } = await open(full)
    await page.get(field).setValue(value)
    await save()
    expect(sent()).toEqual([{ ...content, ...changed }])
  })

  it.each(changes)("with $what changed and changed back is not sent at all", async ({ field, value }) => {
    const { page, sent, save } = await open(full)
    const control = page.get<HTMLInputElement>(field)
    const before = control.element.value
    await control.setValue(value)
    await control.setValue(before)
    await save()
    // A text area gives every line break as "\n".
    expect(sent()).toEqual(field === "#note" && before !== full.note ? [{ ...content, note: before }] : [])
  })

  it("keeps a field that this page does not know yet", async () => {
    const lines = full.lines.map((line) => ({ ...line, optional: true }))
    const { page, sent, save } = await open({ ...full, lines, allergens: ["milk"] })
    await page.get("#portions").setValue("7")
    await save()
    expect(sent()).toEqual([{ ...content, lines, allergens: ["milk"], portions: 7 }])
  })

  it("sends no note when it has none, as a service that knows no notes wants it", async () => {
    const { page, sent, save } = await open(bare)
    await page.get("#portions").setValue("7")
    await save()
    expect(sent()).toEqual([{ name: full.name, lines: full.lines, portions: 7 }])
  })

  it("loses its note when it is emptied", async () => {
    const { page, sent, save } = await open(full)
    await page.get("#note").setValue("")
    await save()
    expect(sent()).toEqual([{ name: full.name, lines: full.lines, portions: 6 }])
    expect(page.get(".figures [role=status]").text()).toBe("Saved.")
  })

  it("keeps what someone else has saved meanwhile where nothing was typed here", async () => {
    const { page, table, sent, save } = await open(full)
    const accept = table[put]!
    table[put] = problem(412, "changed")
    await page.get("#portions").setValue("7")
    await save()
    table[put] = accept
    table[read] = tagged({ ...full, name: "Soup", note: "Theirs.", allergens: ["milk"] }, '"5"')
    await page.get(".figures [role=alert] button").trigger("click")
    await settle()
    expect(page.get<HTMLTextAreaElement>("#note").element.value).toBe("Theirs.")
    await save()
    expect(sent().at(-1)).toEqual({ ...content, name: "Soup", note: "Theirs.", allergens: ["milk"], portions: 7 })
  })
})

describe("a report", () => {
  it("is sent as it was typed, with every field", async () => {
    const table = { ...answers(), "POST /api/restaurant/feedback": { id: "f1" } }
    const asked = serve(table)
    const { page } = await openPage("/feedback")
    await page.get("#text").setValue(report.text)
    await page.get(`input[value=${report.severity}]`).setValue(true)
    await page.get("#version").setValue(report.version)
    await page.get("form").trigger("submit")
    await settle()
    expect(asked.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([report])
  })
})

it("no form is missing here", () => {
  const folders = ["src/views", "src/components"]
  const files = folders.flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
  const forms = files.filter((file) => /<form\b/.test(readFileSync(file, "utf8")))
  expect(forms).toEqual(["src/views/DishView.vue", "src/views/FeedbackView.vue"])
})
