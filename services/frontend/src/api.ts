// What the page asks the restaurant service for. Amounts are euro cents.

export interface Restaurant {
  id: string
  name: string
}

export interface MenuName {
  id: string
  name: string
}

export interface Dish {
  id: string
  name: string
  priceMinor: number
  costMinor: number | null
  marginMinor: number | null
  marginPercent: number | null
  orderable: boolean
}

export interface Menu extends MenuName {
  dishes: Dish[]
  /** True when costs could not be had, so that margins are missing. */
  degraded: boolean
}

/** Where the services are; the ingress or the dev server routes by the first part of the path. */
const base = "/api/restaurant"

/** Gives what `path` answers. Throws an Error with the problem's detail, or the status, when it is not a 2xx. */
async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(base + path, { headers: { Accept: "application/json" }, signal })
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string }
    throw new Error(problem.detail ?? `the service answered ${answer.status}`)
  }
  return (await answer.json()) as T
}

/** All restaurants of the group. */
export async function restaurants(signal?: AbortSignal): Promise<Restaurant[]> {
  return (await get<{ items: Restaurant[] }>("/restaurants", signal)).items
}

/** A restaurant's menus, without their dishes. */
export async function menus(restaurantId: string, signal?: AbortSignal): Promise<MenuName[]> {
  return (await get<{ items: MenuName[] }>(`/restaurants/${encodeURIComponent(restaurantId)}/menus`, signal)).items
}

/** A menu with its dishes and their margins. */
export function menu(id: string, signal?: AbortSignal): Promise<Menu> {
  return get<Menu>(`/menus/${encodeURIComponent(id)}`, signal)
}
