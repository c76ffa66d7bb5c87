// The parts that the folders of the collection are made of, in Postman's format v2.1.

/** Where each service is below the origin. */
export const suppliers = "/api/suppliers"
export const recipes = "/api/recipes"
export const restaurant = "/api/restaurant"

/** An identifier that nothing has. */
export const nobody = "00000000-0000-4000-8000-00000000dead"

/** Bodies that are right; `over` changes fields. {{run}} is another word in each run. */
export const ingredient = (over = {}) => ({
  name: "Flour {{run}}",
  unit: "g",
  packSize: 1000,
  priceMinor: 120,
  available: true,
  ...over,
})
export const recipe = (over = {}) => ({
  name: "Bread {{run}}",
  portions: 2,
  lines: [{ ingredientId: "{{ingredientId}}", quantity: 500 }],
  ...over,
})
export const dish = (over = {}) => ({ name: "Bread {{run}}", recipeId: "{{recipeId}}", priceMinor: 400, ...over })
export const feedback = (over = {}) => ({
  text: "The soup is cold {{run}}",
  severity: "major",
  version: "api-{{run}}",
  ...over,
})

/** Headers. */
export const ifMatch = (tag) => ({ headers: { "If-Match": tag } })
export const withKey = (key) => ({ headers: { "Idempotency-Key": key } })
export const fresh = { headers: { "Cache-Control": "no-cache" } }

export function folder(name, ...items) {
  return { name, item: items }
}

/** Requests. `test` is the script that checks the answer; `raw` a body that is sent as it stands, `before` a script that runs before. */
export const get = (name, path, test, options = {}) => request(name, "GET", path, { ...options, test })
export const post = (name, path, body, test, options = {}) => request(name, "POST", path, { body, ...options, test })
export const put = (name, path, body, test, options = {}) => request(name, "PUT", path, { body, ...options, test })

export function request(name, method, path, { body, raw, headers = {}, before, test }) {
  const [where, query] = path.split("?")
  const url = { raw: `{{baseUrl}}${path}`, host: ["{{baseUrl}}"], path: where.split("/").slice(1) }
  if (query) url.query = query.split("&").map((pair) => ({ key: pair.split("=")[0], value: pair.split("=")[1] }))
  const sent = raw ?? (body && JSON.stringify(body))
  const header = Object.entries({ ...(sent ? { "Content-Type": "application/json" } : {}), ...headers }).map(
    ([key, value]) => ({ key, value }),
  )
  return {
    name,
    event: [...(before ? [script("prerequest", before)] : []), check(test)],
    request: { method, header, url, ...(sent ? { body: { mode: "raw", raw: sent } } : {}) },
  }
}

/** The script that checks the answer. */
function check(text) {
  const event = script("test", text)
  return { ...event, script: { ...event.script, exec: ["const api = checks(pm)", ...event.script.exec] } }
}

/** An event's script, without the indentation that all its lines have. */
export function script(listen, text) {
  const lines = text.split("\n").filter((line, i, all) => line.trim() !== "" || (i > 0 && i < all.length - 1))
  const indentation = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)))
  return { listen, script: { type: "text/javascript", exec: lines.map((line) => line.slice(indentation)) } }
}

/** What is wrong with a body whatever the route. */
export function wrongBodies(path) {
  return [
    post("A body that is no JSON", path, undefined, `api.problem(400)`, { raw: "{" }),
    post("Another media type", path, undefined, `api.problem(415)`, {
      raw: "name: x",
      headers: { "Content-Type": "text/plain" },
    }),
    post("A body that is too large", path, undefined, `api.problem(413)`, {
      raw: "{}",
      before: `pm.request.body.update({ mode: "raw", raw: JSON.stringify({ name: "x".repeat(1100000) }) })`,
    }),
  ]
}

/** The pages of a list that others fill too, and of which there have to be three things: `another` is the body of one more. */
export function paging(what, path, schema, another) {
  return folder(
    `pages of ${what}`,
    ...(another ? [post("One more", path, another, `api.is(201, "${schema}")`)] : []),
    get(
      "First page",
      `${path}?limit=2`,
      `
      const { ids, next } = api.page("${schema}", 2)
      pm.test("there is one to go on after", () => pm.expect(next).to.be.a("string"))
      api.keep({ seen: ids, next })`,
    ),
    get(
      "Next page",
      `${path}?limit=2&after={{next}}`,
      `
      const { ids } = api.page("${schema}", 2)
      const seen = JSON.parse(api.kept("seen"))
      pm.test("goes on where the first ended", () => ids.forEach((one) => pm.expect(one > seen[seen.length - 1]).to.equal(true)))`,
    ),
    get(
      "Same page again",
      `${path}?limit=2`,
      `
      const { ids } = api.page("${schema}", 2)
      // Another run may have put something before it meanwhile: what was there is there still, in the same order.
      const seen = JSON.parse(api.kept("seen"))
      pm.test("the order is stable", () =>
        pm.expect(ids.filter((one) => seen.includes(one))).to.eql(seen.slice(0, ids.filter((one) => seen.includes(one)).length)))`,
    ),
    get("Limit of none", `${path}?limit=0`, `api.problem(422, "limit")`),
    get("Limit above the highest", `${path}?limit=201`, `api.problem(422, "limit")`),
    get("Limit that is no number", `${path}?limit=many`, `api.problem(422, "limit")`),
    get("After something that is no identifier", `${path}?after=1`, `api.problem(422, "after")`),
  )
}
