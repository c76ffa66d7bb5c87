// What the page asks the services for. The types are those of their contracts (`npm run generate`). Amounts are euro cents,
// quantities g, ml or pieces.
import type { NewRecipe, Recipe } from "./contracts/recipes.gen"
import {
  severityValues,
  type Dish,
  type DishWithMargin,
  type Feedback,
  type MenuWithDishes,
  type NewFeedback,
  type Menu as NamedMenu,
  type Problem,
  type Restaurant,
} from "./contracts/restaurant.gen"
import type { Ingredient, Prices, Supplier } from "./contracts/suppliers.gen"

export type { Dish, DishWithMargin, Feedback, Ingredient, NewFeedback, NewRecipe, Recipe }

/** A menu with its dishes. */
export type Menu = MenuWithDishes

/** What a dish costs and earns; null where the cost is not known. */
export type Figures = Pick<DishWithMargin, "costMinor" | "marginMinor" | "marginPercent">

export type Unit = Ingredient["unit"]

/** A field that a service refused, with the reason. */
export type FieldError = NonNullable<Problem["errors"]>[number]

export const severities = severityValues

/** What every service answers on /version; it is in no contract. */
export interface Version {
  /** The git commit, "unknown" where the image does not say. */
  sha: string
  commitTime?: string
  appMode: string
}

/** Something with the ETag that it was read with. */
export interface Tagged<T> {
  value: T
  etag: string
}

/** A request that did not give what was asked for. The message is for a person. */
export class Failed extends Error {
  /** `status` is 0 when there was no answer; `fields` are the inputs that the service refused. */
  constructor(
    message: string,
    readonly status = 0,
    readonly fields: FieldError[] = [],
  ) {
    super(message)
  }
}

interface Ask {
  method?: "GET" | "POST" | "PUT"
  body?: unknown
  headers?: Record<string, string>
  /** Passes over what the services keep in their caches. */
  fresh?: boolean
  signal?: AbortSignal
}

/** Longer than nginx waits for a service, so that its words arrive. */
const patienceMs = 20_000

/** Gives what `/api/<service>/…` answers. Throws Failed for anything but a 2xx, and an AbortError when `signal` ends it. */
async function ask<T>(
  path: string,
  { method = "GET", body, headers = {}, fresh = false, signal }: Ask = {},
): Promise<Tagged<T>> {
  const patience = AbortSignal.timeout(patienceMs)
  let answer: Response
  try {
    answer = await fetch(`/api${path}`, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(fresh ? { "Cache-Control": "no-cache" } : {}),
        ...headers,
      },
      // Any mode but these two makes the browser send no-cache by itself, which would pass over the services' caches every time.
      cache: fresh ? "reload" : "default",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Failed(patience.aborted ? "the service did not answer in time" : "the service cannot be reached")
  }
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as Partial<Problem>
    throw new Failed(problem.detail ?? `the service answered ${answer.status}`, answer.status, problem.errors)
  }
  // A proxy that compresses makes the tag weak, though the content is the same; If-Match needs what the service gave.
  return { value: (await answer.json()) as T, etag: (answer.headers.get("ETag") ?? "").replace(/^W\//, "") }
}

async function get<T>(path: string, options: Ask = {}): Promise<T> {
  return (await ask<T>(path, options)).value
}

/** All items of a list, page by page. */
async function all<T>(path: string, filter: Record<string, string> = {}, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const query = new URLSearchParams({ ...filter, limit: "200", ...(after ? { after } : {}) })
    const page = await get<{ items: T[]; next?: string }>(`${path}?${query}`, { signal })
    items.push(...page.items)
    after = page.next
  } while (after)
  return items
}

const id = encodeURIComponent

export const restaurants = (signal?: AbortSignal) => all<Restaurant>("/restaurant/restaurants", {}, signal)

/** A restaurant's menus, without their dishes. */
export const menus = (restaurantId: string, signal?: AbortSignal) =>
  all<NamedMenu>(`/restaurant/restaurants/${id(restaurantId)}/menus`, {}, signal)

/** Until when what the services keep may be older than an edit made here, in milliseconds since 1970. They keep nothing for longer than 30 s. */
let staleUntil = 0

/** A menu with its dishes and their margins; fresh after an edit made here, or when asked for. */
export const menu = (menuId: string, signal?: AbortSignal, fresh = Date.now() < staleUntil) =>
  get<Menu>(`/restaurant/menus/${id(menuId)}`, { signal, fresh })

export const dish = (dishId: string, signal?: AbortSignal) => get<Dish>(`/restaurant/dishes/${id(dishId)}`, { signal })

export const recipe = (recipeId: string, signal?: AbortSignal) =>
  ask<Recipe>(`/recipes/recipes/${id(recipeId)}`, { signal })

/** Changes a recipe that still has the ETag; a Failed with status 412 when it has not. */
export async function putRecipe(recipeId: string, etag: string, body: NewRecipe): Promise<Tagged<Recipe>> {
  const saved = await ask<Recipe>(`/recipes/recipes/${id(recipeId)}`, {
    method: "PUT",
    body,
    headers: { "If-Match": etag },
  })
  staleUntil = Date.now() + 35_000
  return saved
}

export const suppliers = (signal?: AbortSignal) => all<Supplier>("/suppliers/suppliers", {}, signal)

/** All ingredients, or one supplier's. */
export const ingredients = (supplierId = "", signal?: AbortSignal) =>
  all<Ingredient>("/suppliers/ingredients", supplierId ? { supplier: supplierId } : {}, signal)

/** The ingredients with these identifiers, at most the first 200, as far as they are known. */
export async function ingredientsNamed(ids: string[], signal?: AbortSignal): Promise<Ingredient[]> {
  const query = new URLSearchParams(ids.slice(0, 200).map((one) => ["ingredient", one]))
  return (await get<Prices>(`/suppliers/prices?${query}`, { signal })).items
}

/** Reports something; the same key with the same content makes one report, however often it is sent. */
export const addFeedback = (key: string, body: NewFeedback) =>
  get<Feedback>("/restaurant/feedback", { method: "POST", body, headers: { "Idempotency-Key": key } })

/** What was reported for a version. */
export const feedbackFor = (version: string, signal?: AbortSignal) =>
  all<Feedback>("/restaurant/feedback", { version }, signal)

/** What is running. */
export const version = (signal?: AbortSignal) => get<Version>("/restaurant/version", { signal })
