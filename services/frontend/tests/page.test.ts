import { enableAutoUnmount } from "@vue/test-utils"
import { afterEach, describe, expect, it, vi } from "vitest"
import {
  answers,
  basil,
  cream,
  flour,
  lunch,
  openPage,
  pizza,
  problem,
  running,
  serve,
  settle,
  soup,
  tomatoes,
} from "./world"

enableAutoUnmount(afterEach)
afterEach(() => vi.unstubAllGlobals())

describe("the page", () => {
  it("has one first-level heading, a way past the header, and marks where one is", async () => {
    serve(answers())
    const { page } = await openPage("/")
    expect(page.findAll("h1")).toHaveLength(1)
    expect(page.get("a.skip").attributes("href")).toBe("#content")
    expect(page.find("main#content").exists()).toBe(true)
    expect(page.get("nav [aria-current=page]").text()).toBe("Menus")
  })

  it("says what is running, with a banner unless it is production", async () => {
    const table = answers()
    serve(table)
    const { page } = await openPage("/")
    expect(page.get("footer").text()).toMatch(/^Version 0123456 of 2 Jan 2026.* · mode qa$/)
    expect(page.get("footer time").attributes("datetime")).toBe(running.commitTime)
    expect(page.get(".mode").text()).toBe("qa environment")

    table["GET /api/restaurant/version"] = { sha: "unknown", appMode: "production" }
    const other = await openPage("/")
    expect(other.page.get("footer").text()).toBe("Version unknown · mode production")
    expect(other.page.find(".mode").exists()).toBe(false)
  })

  it("says why the version is missing and tries again", async () => {
    const table = answers()
    table["GET /api/restaurant/version"] = new TypeError("no connection")
    serve(table)
    const { page } = await openPage("/")
    expect(page.get("footer").text()).toContain("cannot be shown: the service cannot be reached.")
    table["GET /api/restaurant/version"] = running
    await page.get("footer button").trigger("click")
    await settle()
    expect(page.get("footer").text()).toContain("0123456")
  })

  it("moves the focus to the heading and changes the title with the view", async () => {
    serve(answers())
    const { page, router } = await openPage("/")
    expect(document.title).toBe("Menus · Menu planner")
    expect(document.activeElement?.tagName).not.toBe("H1")
    await page.findAll("nav a")[1]!.trigger("click")
    await settle()
    expect(page.get("h1").text()).toBe("Suppliers")
    expect(document.activeElement).toBe(page.get("h1").element)
    expect(document.title).toBe("Suppliers · Menu planner")
    router.back()
    await settle()
    expect(page.get("h1").text()).toBe("Menus")
  })

  it("says that an address is none of its own", async () => {
    serve(answers())
    const { page } = await openPage("/nowhere/at/all")
    expect(page.get("h1").text()).toBe("There is no such page")
    expect(page.get("main a").attributes("href")).toBe("/")
  })
})

describe("the menus", () => {
  it("show dishes with margins, and by name what cannot be had", async () => {
    serve(answers())
    const { page } = await openPage("/")
    expect(page.get("h2").text()).toBe("Harbour")
    const [first, second] = page.findAll("tbody tr").map((row) => row.text())
    expect(first).toMatch(/Soup.*€5\.90.*€0\.98.*€4\.92.*83\.4 %/)
    expect(first).not.toContain("unavailable")
    expect(second).toContain("Basil unavailable")
    expect(page.findAll(".loss")).toHaveLength(1)
    expect(page.find("article .warn").exists()).toBe(false)
    expect(page.get("tbody a").attributes("href")).toBe("/dishes/d1")
  })

  it("mark what cannot be had also when its name is not known", async () => {
    const table = answers()
    table["GET /api/suppliers/prices?ingredient=basil"] = problem(503, "starting or draining")
    serve(table)
    const { page } = await openPage("/")
    expect(page.findAll("tbody tr")[1]!.text()).toContain("ingredient unavailable")
    expect(page.find("[role=alert]").exists()).toBe(false)
  })

  it("say when costs cannot be had", async () => {
    const table = answers()
    const unknown = { ...soup, costMinor: null, marginMinor: null, marginPercent: null }
    table["GET /api/restaurant/menus/m1"] = { ...lunch, dishes: [unknown], degraded: true }
    serve(table)
    const { page } = await openPage("/")
    expect(page.get("article .warn").text()).toContain("Costs cannot be had")
    expect(page.get("tbody tr").text()).toMatch(/^Soup\s*€5\.90\s*–\s*–$/)
    table["GET /api/restaurant/menus/m1"] = lunch
    await page.get("article .warn button").trigger("click")
    await settle()
    expect(page.find("article .warn").exists()).toBe(false)
    expect(page.get("tbody tr").text()).toContain("€4.92")
  })

  it("say when there is no restaurant, no menu, no dish", async () => {
    const table = answers()
    table["GET /api/restaurant/restaurants?limit=200"] = { items: [] }
    serve(table)
    expect((await openPage("/")).page.get("main").text()).toContain("There is no restaurant yet.")
    Object.assign(table, answers(), { "GET /api/restaurant/restaurants/h1/menus?limit=200": { items: [] } })
    expect((await openPage("/")).page.get("main").text()).toContain("No menu yet.")
    Object.assign(table, answers(), { "GET /api/restaurant/menus/m1": { ...lunch, dishes: [] } })
    expect((await openPage("/")).page.get("main").text()).toContain("No dish yet.")
  })

  it.each([
    ["GET /api/restaurant/restaurants?limit=200", "The restaurants cannot be shown: starting or draining."],
    ["GET /api/restaurant/restaurants/h1/menus?limit=200", "The menus cannot be shown: starting or draining."],
    ["GET /api/restaurant/menus/m1", "This menu cannot be shown: starting or draining."],
  ])("say why they failed and try again: %s", async (failing, said) => {
    const table = answers()
    table[failing] = problem(503, "starting or draining.")
    serve(table)
    const { page } = await openPage("/")
    expect(page.get("main [role=alert]").text()).toContain(said)
    table[failing] = answers()[failing]!
    await page.get("main [role=alert] button").trigger("click")
    await settle()
    expect(page.get("tbody tr").text()).toContain("Soup")
  })

  it("are those of the restaurant that is chosen, and that is in the address", async () => {
    const table = answers()
    table["GET /api/restaurant/restaurants?limit=200"] = {
      items: [
        { id: "h1", name: "Harbour" },
        { id: "h2", name: "Hill" },
      ],
    }
    table["GET /api/restaurant/restaurants/h2/menus?limit=200"] = { items: [{ id: "m2", name: "Brunch" }] }
    table["GET /api/restaurant/menus/m2"] = { ...lunch, id: "m2", dishes: [pizza] }
    serve(table)
    const { page, router } = await openPage("/")
    await page.get("#restaurant").setValue("h2")
    await settle()
    expect(router.currentRoute.value.query).toEqual({ restaurant: "h2" })
    expect(page.get("h2").text()).toBe("Hill")
    expect(page.get("h3").text()).toBe("Brunch")
    expect((await openPage("/?restaurant=h2")).page.get("h2").text()).toBe("Hill")
  })

  it("are asked for ten at a time", async () => {
    const table = answers()
    table["GET /api/restaurant/restaurants/h1/menus?limit=200"] = {
      items: Array.from({ length: 12 }, (_, n) => ({ id: `m${n + 1}`, name: `Menu ${n + 1}` })),
    }
    const asked = serve(table)
    const { page } = await openPage("/")
    expect(page.findAll("article")).toHaveLength(10)
    expect(asked.filter(({ path }) => path.startsWith("/api/restaurant/menus/"))).toHaveLength(10)
    const more = page.findAll("main button").at(-1)!
    expect(more.text()).toBe("Show more menus (2 left)")
    await more.trigger("click")
    expect(page.findAll("article")).toHaveLength(12)
  })

  it("end their requests when they go away", async () => {
    const table = answers()
    table["GET /api/restaurant/menus/m1"] = ({ init }) =>
      new Promise((_, reject) => init.signal!.addEventListener("abort", () => reject(new Error("aborted"))))
    const asked = serve(table)
    const { page, router } = await openPage("/")
    expect(page.get("article [role=status]").text()).toBe("Loading Lunch…")
    await router.push("/nowhere")
    await settle()
    expect(asked.find(({ path }) => path.endsWith("/menus/m1"))!.init.signal!.aborted).toBe(true)
  })
})

describe("the suppliers", () => {
  it("show every ingredient with what it costs", async () => {
    serve(answers())
    const { page } = await openPage("/suppliers")
    expect(page.get("[role=status]").text()).toBe("4 ingredients")
    const rows = page.findAll("tbody tr").map((row) => row.text())
    expect(rows[0]).toMatch(/Flour.*Stone Mill.*1,000 g.*€1\.19.*€1\.19 \/ kg.*available/)
    expect(rows[2]).toMatch(/Basil.*unavailable.*Green Farm.*30 g.*€1\.49.*€49\.67 \/ kg/)
  })

  it("are filtered by the address, and back shows all again", async () => {
    const table = answers()
    table["GET /api/suppliers/ingredients?supplier=mill&limit=200"] = { items: [flour] }
    serve(table)
    const { page, router } = await openPage("/suppliers")
    await page.get("#supplier").setValue("mill")
    await settle()
    expect(router.currentRoute.value.query).toEqual({ supplier: "mill" })
    expect(page.get("[role=status]").text()).toBe("1 ingredient")
    router.back()
    await settle()
    expect(page.findAll("tbody tr")).toHaveLength(4)
    await page.get("#supplier").setValue("")
    await settle()
    expect(router.currentRoute.value.query).toEqual({})
  })

  it("keep the old list, marked as such, while the new one is loaded", async () => {
    const table = answers()
    let arrive: (answer: object) => void = () => {}
    table["GET /api/suppliers/ingredients?supplier=farm&limit=200"] = () => new Promise((resolve) => (arrive = resolve))
    serve(table)
    const { page, router } = await openPage("/suppliers")
    await router.push("/suppliers?supplier=farm")
    await settle()
    expect(page.get(".card").attributes("aria-busy")).toBe("true")
    expect(page.findAll("tbody tr")).toHaveLength(4)
    arrive({ items: [tomatoes, basil, cream] })
    await settle()
    expect(page.get(".card").attributes("aria-busy")).toBe("false")
    expect(page.findAll("tbody tr")).toHaveLength(3)
  })

  it("say when there is nothing, and why they failed", async () => {
    const table = answers()
    table["GET /api/suppliers/ingredients?limit=200"] = { items: [] }
    serve(table)
    expect((await openPage("/suppliers")).page.get("main").text()).toContain("Nothing can be bought here yet.")
    table["GET /api/suppliers/ingredients?limit=200"] = new TypeError("no")
    table["GET /api/suppliers/suppliers?limit=200"] = problem(500, "an unexpected error; see the service's log")
    const { page } = await openPage("/suppliers")
    const [names, list] = page.findAll("[role=alert]")
    expect(names!.text()).toContain("The suppliers' names cannot be shown: an unexpected error")
    expect(list!.text()).toContain("The ingredients cannot be shown: the service cannot be reached.")
    Object.assign(table, answers())
    await list!.get("button").trigger("click")
    await page.get("[role=alert] button").trigger("click")
    await settle()
    expect(page.find("[role=alert]").exists()).toBe(false)
    expect(page.get("tbody tr").text()).toContain("Stone Mill")
  })
})
