// A page with services that are not there: every request is answered from a table, and written down.
import { flushPromises, mount } from "@vue/test-utils"
import { vi } from "vitest"
import { createMemoryHistory } from "vue-router"
import App from "../src/App.vue"
import { pages } from "../src/router"

export const soup = {
  id: "d1",
  menuId: "m1",
  recipeId: "r1",
  name: "Soup",
  priceMinor: 590,
  costMinor: 98,
  marginMinor: 492,
  marginPercent: 83.4,
  orderable: true,
  unavailable: [] as string[],
}
export const pizza = {
  id: "d2",
  menuId: "m1",
  recipeId: "r2",
  name: "Pizza",
  priceMinor: 100,
  costMinor: 150,
  marginMinor: -50,
  marginPercent: -50,
  orderable: false,
  unavailable: ["basil"],
}
export const lunch = { id: "m1", restaurantId: "h1", name: "Lunch", dishes: [soup, pizza], degraded: false }
export const soupRecipe = {
  id: "r1",
  name: "Tomato Soup",
  portions: 6,
  lines: [
    { ingredientId: "tomatoes", quantity: 1500 },
    { ingredientId: "cream", quantity: 200 },
  ],
}
export const tomatoes = {
  id: "tomatoes",
  supplierId: "farm",
  name: "Tomatoes",
  unit: "g",
  packSize: 1000,
  priceMinor: 329,
  available: true,
} as const
export const cream = {
  id: "cream",
  supplierId: "farm",
  name: "Cream",
  unit: "ml",
  packSize: 500,
  priceMinor: 229,
  available: true,
} as const
export const basil = {
  id: "basil",
  supplierId: "farm",
  name: "Basil",
  unit: "g",
  packSize: 30,
  priceMinor: 149,
  available: false,
} as const
export const flour = {
  id: "flour",
  supplierId: "mill",
  name: "Flour",
  unit: "g",
  packSize: 1000,
  priceMinor: 119,
  available: true,
} as const
export const running = {
  sha: "0123456789abcdef0123456789abcdef01234567",
  commitTime: "2026-01-02T03:04:05Z",
  appMode: "qa",
}

/** What a request is answered: a body for a 200, or a Response; an Error is a connection that fails. */
export type Answer = object | Response | Error

export interface Request {
  method: string
  path: string
  headers: Record<string, string>
  body: unknown
  init: RequestInit
}

/** Everything that the page asks for when all is well. */
export function answers(): Record<string, Answer | ((request: Request) => Answer | Promise<Answer>)> {
  return {
    "GET /api/restaurant/version": running,
    "GET /api/restaurant/restaurants?limit=200": { items: [{ id: "h1", name: "Harbour" }] },
    "GET /api/restaurant/restaurants/h1/menus?limit=200": { items: [{ id: "m1", name: "Lunch" }] },
    "GET /api/restaurant/menus/m1": lunch,
    "GET /api/restaurant/dishes/d1": { id: "d1", menuId: "m1", recipeId: "r1", name: "Soup", priceMinor: 590 },
    "GET /api/recipes/recipes/r1": tagged(soupRecipe, '"1"'),
    "GET /api/suppliers/suppliers?limit=200": {
      items: [
        { id: "mill", name: "Stone Mill" },
        { id: "farm", name: "Green Farm" },
      ],
    },
    "GET /api/suppliers/ingredients?limit=200": { items: [flour, tomatoes, basil, cream] },
    "GET /api/suppliers/prices?ingredient=basil": { items: [basil], unknown: [] },
    [`GET /api/restaurant/feedback?version=${running.sha}&limit=200`]: { items: [] },
  }
}

export const tagged = (body: object, etag: string, status = 200) =>
  Response.json(body, { status, headers: { ETag: etag } })

export const problem = (status: number, detail: string, errors?: { field: string; detail: string }[]) =>
  Response.json(
    { type: "about:blank", title: "", status, detail, errors },
    { status, headers: { "Content-Type": "application/problem+json" } },
  )

/** Answers by method and path; gives the list of what was asked. */
export function serve(table: ReturnType<typeof answers>): Request[] {
  const asked: Request[] = []
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const request = {
      method: init.method ?? "GET",
      path,
      headers: init.headers as Record<string, string>,
      body: init.body ? (JSON.parse(init.body as string) as unknown) : undefined,
      init,
    }
    asked.push(request)
    const entry = table[`${request.method} ${path}`] ?? problem(404, "there is no such route")
    const answer = typeof entry === "function" ? await entry(request) : entry
    if (answer instanceof Error) throw answer
    return answer instanceof Response ? answer.clone() : Response.json(answer)
  })
  return asked
}

/** Lets requests and what follows from them come to rest. */
export async function settle() {
  for (let round = 0; round < 6; round++) await flushPromises()
}

/** The whole page at an address, in the document so that the focus can be followed. */
export async function openPage(path: string) {
  const router = pages(createMemoryHistory())
  await router.push(path)
  const page = mount(App, { global: { plugins: [router] }, attachTo: document.body })
  await settle()
  return { page, router }
}
