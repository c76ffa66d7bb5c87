import { flushPromises, mount } from "@vue/test-utils"
import { afterEach, describe, expect, it, vi } from "vitest"
import App from "../src/App.vue"
import MenuCard from "../src/components/MenuCard.vue"

const soup = { id: "d1", name: "Soup", priceMinor: 590, costMinor: 90, marginMinor: 500, marginPercent: 84.7, orderable: true }
const pizza = { id: "d2", name: "Pizza", priceMinor: 100, costMinor: 150, marginMinor: -50, marginPercent: -50, orderable: false }

/** Answers every request by its path; a number is a status with a problem, a string a body that is not JSON. */
function serve(answers: Record<string, unknown>) {
  const fetched = vi.fn(async (path: string) => {
    const answer = answers[path]
    if (answer === undefined) throw new Error("no connection")
    if (typeof answer === "number") return Response.json({ detail: `problem ${answer}` }, { status: answer })
    if (typeof answer === "string") return new Response(answer, { status: 502 })
    return Response.json(answer)
  })
  vi.stubGlobal("fetch", fetched)
  return fetched
}

afterEach(() => vi.unstubAllGlobals())

describe("the page", () => {
  it("shows menus with margins", async () => {
    serve({
      "/api/restaurant/restaurants": { items: [{ id: "r1", name: "Harbour" }] },
      "/api/restaurant/restaurants/r1/menus": { items: [{ id: "m1", name: "Lunch" }] },
      "/api/restaurant/menus/m1": { id: "m1", name: "Lunch", dishes: [soup, pizza], degraded: false },
    })
    const page = mount(App)
    expect(page.get("[role=status]").text()).toBe("Loading menus…")
    await flushPromises()
    await flushPromises()
    expect(page.get("h2").text()).toBe("Harbour")
    const rows = page.findAll("tbody tr").map((row) => row.text())
    expect(rows[0]).toContain("€5.00 (84.7 %)")
    expect(rows[0]).not.toContain("unavailable")
    expect(rows[1]).toContain("ingredient unavailable")
    expect(page.findAll(".loss")).toHaveLength(1)
    expect(page.find(".degraded").exists()).toBe(false)
  })

  it("says when there is nothing", async () => {
    serve({ "/api/restaurant/restaurants": { items: [] } })
    const page = mount(App)
    await flushPromises()
    expect(page.text()).toContain("There is no restaurant yet.")
  })

  it("says why it failed and tries again", async () => {
    const answers: Record<string, unknown> = { "/api/restaurant/restaurants": 503 }
    serve(answers)
    const page = mount(App)
    await flushPromises()
    expect(page.get("[role=alert]").text()).toContain("problem 503")
    answers["/api/restaurant/restaurants"] = { items: [{ id: "r1", name: "Harbour" }] }
    answers["/api/restaurant/restaurants/r1/menus"] = { items: [] }
    await page.get("button").trigger("click")
    await flushPromises()
    expect(page.text()).toContain("No menu yet.")
  })

  it("has one first-level heading and a way past the header", () => {
    serve({})
    const page = mount(App)
    expect(page.findAll("h1")).toHaveLength(1)
    expect(page.get("a.skip").attributes("href")).toBe("#menus")
    expect(page.find("main#menus").exists()).toBe(true)
  })
})

describe("a menu", () => {
  it("says when costs cannot be had", async () => {
    const unknown = { ...soup, costMinor: null, marginMinor: null, marginPercent: null }
    serve({ "/api/restaurant/menus/m1": { id: "m1", name: "Lunch", dishes: [unknown], degraded: true } })
    const card = mount(MenuCard, { props: { id: "m1", name: "Lunch" } })
    await flushPromises()
    expect(card.get(".degraded").text()).toContain("Costs cannot be had")
    expect(card.get("tbody tr").text()).toContain("–")
  })

  it("says when it is empty", async () => {
    serve({ "/api/restaurant/menus/m1": { id: "m1", name: "Lunch", dishes: [], degraded: false } })
    const card = mount(MenuCard, { props: { id: "m1", name: "Lunch" } })
    await flushPromises()
    expect(card.text()).toContain("No dish yet.")
  })

  it("says why it cannot be shown", async () => {
    serve({ "/api/restaurant/menus/m1": "<html>bad gateway</html>" })
    const card = mount(MenuCard, { props: { id: "m1", name: "Lunch" } })
    await flushPromises()
    expect(card.get("[role=alert]").text()).toContain("the service answered 502")
  })

  it("ends its request when it goes away", async () => {
    const fetched = vi.fn((_path: string, init: RequestInit) => new Promise<Response>((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted")))))
    vi.stubGlobal("fetch", fetched)
    const card = mount(MenuCard, { props: { id: "m1", name: "Lunch" } })
    await flushPromises()
    card.unmount()
    await flushPromises()
    expect(fetched.mock.calls[0]?.[1].signal?.aborted).toBe(true)
  })
})
