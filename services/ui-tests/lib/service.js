// The services behind the page, for preparing, checking and tidying up.
import assert from "node:assert/strict"
import { baseUrl } from "./settings.js"

/** What `/api/<path>` answers, with its ETag; throws when it is no 2xx. */
async function ask(path, options = {}) {
  const answer = await fetch(`${baseUrl}/api/${path}`, { ...options, signal: AbortSignal.timeout(10_000) })
  const text = await answer.text()
  if (!answer.ok)
    throw new Error(`${options.method ?? "GET"} /api/${path} answered ${answer.status}: ${text.slice(0, 300)}`)
  return { value: JSON.parse(text), etag: answer.headers.get("ETag") }
}

const put = (path, etag, body) =>
  ask(path, {
    method: "PUT",
    headers: { "Content-Type": "application/json", "If-Match": etag },
    body: JSON.stringify(body),
  })

/** What is running: sha, commitTime, appMode. */
export const version = async () => (await ask("restaurant/version")).value

/** A menu as it is now; what the services keep in their caches is made new by it. */
export const freshMenu = async (id) =>
  (await ask(`restaurant/menus/${id}`, { headers: { "Cache-Control": "no-cache" } })).value

/** A dish that tests may play with: the first with a known cost and two ingredients or more, on the restaurant that the page shows first. */
export async function someDish() {
  const [house] = (await ask("restaurant/restaurants?limit=1")).value.items
  assert.ok(house, "there is a restaurant: start the services with demonstration data")
  for (const { id } of (await ask(`restaurant/restaurants/${house.id}/menus?limit=10`)).value.items) {
    for (const dish of (await freshMenu(id)).dishes) {
      if (dish.costMinor > 0 && (await ask(`recipes/recipes/${dish.recipeId}`)).value.lines.length > 1) return dish
    }
  }
  assert.fail("no dish of the first restaurant has a known cost")
}

/** A recipe as NewRecipe, without its identifier. */
export async function recipe(id) {
  const { id: _, ...content } = (await ask(`recipes/recipes/${id}`)).value
  return content
}

/** Makes a recipe what is given, whatever it is now. */
export async function setRecipe(id, content) {
  await put(`recipes/recipes/${id}`, (await ask(`recipes/recipes/${id}`)).etag, content)
}

/** What was reported for a version with this text; pages are followed. */
export async function reports(of, text) {
  const found = []
  let after = ""
  do {
    const page = (
      await ask(`restaurant/feedback?version=${encodeURIComponent(of)}&limit=200${after && `&after=${after}`}`)
    ).value
    found.push(...page.items.filter((one) => one.text === text))
    after = page.next ?? ""
  } while (after)
  return found
}

/** Closes a report, so that it holds up no release. */
export async function resolve(report) {
  const { etag } = await ask(`restaurant/feedback/${report.id}`)
  await put(`restaurant/feedback/${report.id}`, etag, { status: "resolved", severity: report.severity })
}
