import { enableAutoUnmount, type VueWrapper } from "@vue/test-utils"
import { afterEach, describe, expect, it, vi } from "vitest"
import { answers, basil, lunch, openPage, problem, serve, settle, soup, soupRecipe, tagged } from "./world"

enableAutoUnmount(afterEach)
afterEach(() => vi.unstubAllGlobals())

const menu = "GET /api/restaurant/menus/m1"
const read = "GET /api/recipes/recipes/r1"
const put = "PUT /api/recipes/recipes/r1"

/** The recipe's view of the soup, with what was asked. */
async function open(changes: ReturnType<typeof answers> = {}) {
  const table = { ...answers(), ...changes }
  const asked = serve(table)
  return { table, asked, ...(await openPage("/dishes/d1")) }
}

const quantity = (page: VueWrapper, id: string) => page.get<HTMLInputElement>(`[id="quantity-${id}"]`)
const margin = (page: VueWrapper) => page.get(".result").text()

async function save(page: VueWrapper) {
  await page.get("form").trigger("submit")
  await settle()
}

describe("a recipe", () => {
  it("shows its lines with supplier, price and cost, and what the service says the dish earns", async () => {
    const { page, asked } = await open()
    expect(asked.find((one) => one.path.endsWith("/menus/m1"))!.headers["Cache-Control"], "as new as the recipe").toBe(
      "no-cache",
    )
    expect(page.get("h1").text()).toBe("Soup")
    expect(document.title).toBe("Recipe of Soup · Menu planner")
    expect(page.get(".lead").text()).toBe("Recipe “Tomato Soup”, on the menu Lunch")
    const line = page.get(".lines li")
    expect(line.text()).toMatch(/Tomatoes.*Green Farm · €3\.29 \/ kg.*g.*€4\.94/)
    expect(quantity(page, "tomatoes").element.value).toBe("1500")
    expect(margin(page)).toMatch(/€4\.92.*83\.4 %/)
    expect(page.get(".source").text()).toBe("With the saved recipe.")
    expect(page.get(".back a").attributes("href")).toBe("/?restaurant=h1")
  })

  it("moves the margin while typing, and shows none while a field makes no sense", async () => {
    const { page, asked } = await open()
    const before = asked.length
    await quantity(page, "tomatoes").setValue("3000")
    expect(margin(page)).toMatch(/€4\.10.*69\.5 %/)
    expect(page.get(".source").text()).toContain("Not saved yet.")
    await page.get("#portions").setValue("")
    expect(margin(page)).toMatch(/–/)
    await page.get("#portions").setValue("1")
    expect(page.get(".result").classes()).toContain("loss")
    expect(asked).toHaveLength(before)
    await page
      .findAll("button")
      .find((one) => one.text() === "Discard changes")!
      .trigger("click")
    expect(margin(page)).toMatch(/€4\.92/)
  })

  it("is saved with the ETag that was read; then the service's margin counts, past its caches", async () => {
    const { page, table, asked } = await open()
    table[put] = tagged({ ...soupRecipe, portions: 7 }, '"2"')
    table[menu] = { ...lunch, dishes: [{ ...soup, costMinor: 85, marginMinor: 505, marginPercent: 85.6 }] }
    await page.get("#portions").setValue("7")
    await save(page)
    const sent = asked.find((one) => one.method === "PUT")!
    expect(sent.headers["If-Match"]).toBe('"1"')
    expect(sent.body).toEqual({ name: "Tomato Soup", portions: 7, lines: soupRecipe.lines })
    expect(asked.at(-1)).toMatchObject({ path: "/api/restaurant/menus/m1", headers: { "Cache-Control": "no-cache" } })
    expect(page.get(".figures [role=status]").text()).toBe("Saved.")
    expect(margin(page)).toMatch(/€5\.05.*85\.6 %/)
    expect(page.get(".source").text()).toBe("With the saved recipe.")

    await save(page)
    expect(page.get(".figures [role=status]").text()).toBe("There is nothing to save.")
    await page.get("#portions").setValue("8")
    await save(page)
    expect(asked.filter((one) => one.method === "PUT").map((one) => one.headers["If-Match"])).toEqual(['"1"', '"2"'])
  })

  it("is sent once though saving is pressed twice, and keeps what is typed meanwhile", async () => {
    let arrive: (answer: Response) => void = () => {}
    const { page, asked } = await open({ [put]: () => new Promise<Response>((resolve) => (arrive = resolve)) })
    await page.get("#portions").setValue("7")
    await save(page)
    expect(page.get("[type=submit]").text()).toBe("Saving…")
    await save(page)
    await quantity(page, "cream").setValue("250")
    arrive(tagged({ ...soupRecipe, portions: 7 }, '"2"'))
    await settle()
    expect(asked.filter((one) => one.method === "PUT")).toHaveLength(1)
    expect(page.get<HTMLInputElement>("#portions").element.value).toBe("7")
    expect(quantity(page, "cream").element.value).toBe("250")
    expect(page.get(".source").text()).toContain("Not saved yet.")
  })

  it("calculates here while the restaurant service does not answer", async () => {
    const { page } = await open({ [menu]: problem(503, "down"), [put]: tagged({ ...soupRecipe, portions: 7 }, '"2"') })
    expect(page.get(".lead").text()).toBe("Recipe “Tomato Soup”")
    expect(margin(page)).toMatch(/€4\.92/)
    expect(page.get(".source").text()).toBe("Calculated on this page.")
    await page.get("#portions").setValue("7")
    await save(page)
    expect(page.get(".figures [role=status]").text()).toBe("Saved.")
    expect(page.get(".source").text()).toBe("Calculated on this page.")
  })

  it("can be seen without prices, and says that they are missing", async () => {
    const unknown = { ...soup, costMinor: null, marginMinor: null, marginPercent: null }
    const { page, table } = await open({
      "GET /api/suppliers/ingredients?limit=200": problem(503, "starting or draining"),
      [menu]: { ...lunch, dishes: [unknown], degraded: true },
    })
    expect(page.get("main [role=alert]").text()).toContain(
      "Ingredients and prices cannot be had, so costs and margins are missing: starting or draining.",
    )
    expect(page.get(".lines li").text()).toMatch(/^Ingredient .*–$/)
    expect(page.get(".source").text()).toBe("The costs are not known at the moment.")
    Object.assign(table, answers())
    await page.get("main [role=alert] button").trigger("click")
    await settle()
    expect(page.get(".lines li").text()).toContain("Tomatoes")
    expect(margin(page)).toMatch(/€4\.92/)
  })

  it("says that no supplier has an ingredient, and marks what is unavailable", async () => {
    const { page } = await open({
      [read]: tagged(
        {
          ...soupRecipe,
          lines: [
            { ingredientId: "gold", quantity: 1 },
            { ingredientId: "basil", quantity: 3 },
          ],
        },
        '"1"',
      ),
    })
    const lines = page.findAll(".lines li").map((line) => line.text())
    expect(lines[0]).toContain("no supplier has it")
    expect(lines[1]).toMatch(/Basil.*unavailable/)
  })

  it("says why it cannot be shown and tries again", async () => {
    const { page, table } = await open({ [read]: problem(404, "there is no such recipe") })
    expect(page.get("main [role=alert]").text()).toContain("The recipe cannot be shown: there is no such recipe.")
    table[read] = answers()[read]!
    await page.get("main [role=alert] button").trigger("click")
    await settle()
    expect(page.get("h1").text()).toBe("Soup")
  })
})

describe("the lines of a recipe", () => {
  it("are taken from what suppliers have and the recipe has not", async () => {
    const { page, asked, table } = await open()
    expect(page.findAll("#add optgroup").map((group) => group.attributes("label"))).toEqual([
      "Stone Mill",
      "Green Farm",
    ])
    expect(page.findAll("#add option").map((option) => option.text())).toEqual([
      "Choose…",
      "Flour, €1.19 for 1,000 g",
      `Basil, €1.49 for 30 g (unavailable)`,
    ])
    await page.get(".add button").trigger("click")
    expect(page.findAll(".lines li")).toHaveLength(2)
    await page.get("#add").setValue("basil")
    await page.get(".add button").trigger("click")
    await settle()
    expect(document.activeElement?.id).toBe("quantity-basil")
    expect(margin(page)).toContain("–")
    await quantity(page, "basil").setValue("30")
    expect(margin(page)).toMatch(/€4\.68/)
    table[put] = tagged(
      { ...soupRecipe, lines: [...soupRecipe.lines, { ingredientId: basil.id, quantity: 30 }] },
      '"2"',
    )
    await save(page)
    expect(asked.find((one) => one.method === "PUT")!.body).toMatchObject({
      lines: [...soupRecipe.lines, { ingredientId: "basil", quantity: 30 }],
    })
  })

  it("can be removed, down to none, which is not saved", async () => {
    const { page, asked } = await open()
    await page.get("[aria-label='Remove Tomatoes']").trigger("click")
    await settle()
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Remove Cream")
    expect(margin(page)).toMatch(/€5\.75/)
    await page.get("[aria-label='Remove Cream']").trigger("click")
    await settle()
    expect(document.activeElement?.id).toBe("add")
    await save(page)
    expect(page.get(".figures [role=alert]").text()).toContain("Not saved.")
    expect(page.get(".wrong").text()).toBe("A recipe needs at least one ingredient.")
    expect(asked.some((one) => one.method === "PUT")).toBe(false)
  })
})

describe("a recipe that is refused", () => {
  it("for what was typed: at the field, which gets the focus, and nothing is sent", async () => {
    const { page, asked } = await open()
    await quantity(page, "cream").setValue("a little")
    await save(page)
    expect(quantity(page, "cream").attributes()).toMatchObject({
      "aria-invalid": "true",
      "aria-describedby": "unit-cream note-cream",
    })
    expect(page.get("#note-cream").text()).toContain("whole number")
    expect(document.activeElement).toBe(quantity(page, "cream").element)
    expect(asked.some((one) => one.method === "PUT")).toBe(false)
  })

  it("by the service: its errors at their fields, and what was typed stays", async () => {
    const { page, table } = await open({
      [put]: problem(422, "the request's content is not valid", [
        { field: "portions", detail: "is not between 1 and 10000" },
        { field: "lines.1.quantity", detail: "is too much" },
      ]),
    })
    await page.get("#portions").setValue("9999")
    await save(page)
    expect(page.get("#portions-note").text()).toBe("is not between 1 and 10000")
    expect(page.get("#note-cream").text()).toBe("is too much")
    expect(document.activeElement?.id).toBe("portions")
    expect(page.get<HTMLInputElement>("#portions").element.value).toBe("9999")
    table[put] = problem(422, "the request's content is not valid", [{ field: "name", detail: "is empty" }])
    await save(page)
    expect(page.get(".figures [role=alert]").text()).toBe("Not saved. name: is empty")
  })

  it("because the service fails: said, and tried again", async () => {
    const { page, table } = await open({ [put]: problem(502, "the service cannot be reached") })
    await page.get("#portions").setValue("7")
    await save(page)
    expect(page.get(".figures [role=alert]").text()).toContain(
      "The recipe is not saved: the service cannot be reached.",
    )
    table[put] = tagged({ ...soupRecipe, portions: 7 }, '"2"')
    await page.get(".figures [role=alert] button").trigger("click")
    await settle()
    expect(page.get(".figures [role=status]").text()).toBe("Saved.")
  })

  it("because someone else changed it: theirs is loaded and what was typed is kept", async () => {
    const { page, table, asked } = await open({
      [put]: problem(412, "it has been changed since it was read; read it again"),
    })
    await page.get("#portions").setValue("7")
    await quantity(page, "cream").setValue("250")
    await save(page)
    const alert = () => page.get(".figures [role=alert]")
    expect(alert().text()).toContain("Someone else has changed this recipe")
    expect(page.get<HTMLInputElement>("#portions").element.value).toBe("7")

    table[read] = problem(503, "starting or draining")
    await alert().get("button").trigger("click")
    await settle()
    expect(alert().text()).toContain("theirs cannot be read: starting or draining")

    table[read] = tagged(
      { ...soupRecipe, portions: 10, lines: [{ ingredientId: "tomatoes", quantity: 1400 }, soupRecipe.lines[1]!] },
      '"5"',
    )
    await alert().get("button").trigger("click")
    await settle()
    expect(page.get(".figures [role=status]").text()).toContain("Their version is loaded and what you typed is kept.")
    expect(page.get<HTMLInputElement>("#portions").element.value).toBe("7")
    expect(page.get("#portions-note").text()).toBe("The other person saved 10.")
    expect(quantity(page, "tomatoes").element.value).toBe("1400")
    expect(quantity(page, "cream").element.value).toBe("250")

    table[put] = tagged({ ...soupRecipe, portions: 7 }, '"6"')
    await save(page)
    expect(asked.filter((one) => one.method === "PUT").at(-1)!.headers["If-Match"]).toBe('"5"')
    expect(page.find("#portions-note").exists()).toBe(false)
  })

  it("because it was saved already leaves nothing to save", async () => {
    const { page, table } = await open({ [put]: problem(412, "changed") })
    await page.get("#portions").setValue("7")
    await save(page)
    table[read] = tagged({ ...soupRecipe, portions: 7 }, '"2"')
    await page.get(".figures [role=alert] button").trigger("click")
    await settle()
    expect(page.get(".figures [role=status]").text()).toBe(
      "Their version is loaded. There is nothing left of yours to save.",
    )
  })
})

describe("leaving a recipe", () => {
  const button = (page: VueWrapper, text: string) => page.findAll("dialog button").find((one) => one.text() === text)!

  it("is free when nothing was typed", async () => {
    const { page, router } = await open()
    await router.push("/suppliers")
    await settle()
    expect(page.get("h1").text()).toBe("Suppliers")
  })

  it("with something unsaved is asked about", async () => {
    const { page, router } = await open()
    await page.get("#portions").setValue("7")
    void router.push("/suppliers")
    await settle()
    expect(page.get<HTMLDialogElement>("dialog").element.open).toBe(true)
    await button(page, "Keep editing").trigger("click")
    await settle()
    expect(page.get<HTMLDialogElement>("dialog").element.open).toBe(false)
    expect(router.currentRoute.value.path).toBe("/dishes/d1")
    expect(page.get<HTMLInputElement>("#portions").element.value).toBe("7")

    void router.push("/dishes/d2")
    await settle()
    await page.get("dialog").trigger("cancel")
    await settle()
    expect(router.currentRoute.value.path).toBe("/dishes/d1")

    void router.push("/suppliers")
    await settle()
    await button(page, "Discard the changes").trigger("click")
    await settle()
    expect(page.get("h1").text()).toBe("Suppliers")
  })

  it("by closing the window is asked about by the browser", async () => {
    const { page } = await open()
    const close = () => window.dispatchEvent(new Event("beforeunload", { cancelable: true }))
    expect(close()).toBe(true)
    await page.get("#portions").setValue("7")
    expect(close()).toBe(false)
    page.unmount()
    expect(close()).toBe(true)
  })
})
