// The suppliers service: every operation of its contract.
import {
  folder,
  get,
  ifMatch,
  ingredient,
  nobody,
  paging,
  post,
  put,
  request,
  suppliers,
  withKey,
  wrongBodies,
} from "./requests.mjs"

export default folder(
  "suppliers",
  folder(
    "suppliers",
    post(
      "Add a supplier",
      `${suppliers}/suppliers`,
      { name: "Mill {{run}}" },
      `
      const { id } = api.made("supplier", "/suppliers/", { tagged: false })
      api.holds({ name: "Mill " + api.kept("run") })
      api.keep({ supplierId: id })`,
    ),
    get(
      "Get it",
      `${suppliers}/suppliers/{{supplierId}}`,
      `
      api.is(200, "supplier")
      api.holds({ id: api.kept("supplierId"), name: "Mill " + api.kept("run") })`,
    ),
    post(
      "Add with a key",
      `${suppliers}/suppliers`,
      { name: "Farm {{run}}" },
      `api.keep({ again: api.made("supplier", "/suppliers/", { tagged: false }).id })`,
      withKey("supplier-{{run}}"),
    ),
    post(
      "The same with the same key",
      `${suppliers}/suppliers`,
      { name: "Farm {{run}}" },
      `
      api.made("supplier", "/suppliers/", { tagged: false })
      api.holds({ id: api.kept("again") })`,
      withKey("supplier-{{run}}"),
    ),
    post(
      "Something else with the same key",
      `${suppliers}/suppliers`,
      { name: "Dairy {{run}}" },
      `api.problem(409)`,
      withKey("supplier-{{run}}"),
    ),
    post(
      "A key that is too short",
      `${suppliers}/suppliers`,
      { name: "Farm {{run}}" },
      `api.problem(422, "Idempotency-Key")`,
      withKey("short"),
    ),
    post("Without a name", `${suppliers}/suppliers`, {}, `api.problem(422, "name")`),
    post("A name of blanks", `${suppliers}/suppliers`, { name: "   " }, `api.problem(422, "name")`),
    post(
      "A field that is not known",
      `${suppliers}/suppliers`,
      { name: "Farm {{run}}", colour: "red" },
      `api.problem(422)`,
    ),
    get("One that is not there", `${suppliers}/suppliers/${nobody}`, `api.problem(404)`),
    get("An identifier that is none", `${suppliers}/suppliers/1`, `api.problem(422, "id")`),
    request("A method that is not allowed", "DELETE", `${suppliers}/suppliers/{{supplierId}}`, {
      test: `api.problem(405)`,
    }),
    get("A route that is not there", `${suppliers}/nothing`, `api.problem(404)`),
    ...wrongBodies(`${suppliers}/suppliers`),
  ),
  paging("suppliers", `${suppliers}/suppliers`, "supplier", { name: "One more {{run}}" }),
  folder(
    "ingredients",
    post(
      "Add an ingredient",
      `${suppliers}/suppliers/{{supplierId}}/ingredients`,
      ingredient(),
      `
      const { id } = api.made("ingredient", "/ingredients/", { tagged: true })
      api.holds({ supplierId: api.kept("supplierId"), unit: "g", packSize: 1000, priceMinor: 120, available: true })
      api.keep({ ingredientId: id })`,
    ),
    get(
      "Get it",
      `${suppliers}/ingredients/{{ingredientId}}`,
      `
      api.is(200, "ingredient")
      api.holds({ id: api.kept("ingredientId"), priceMinor: 120 })
      api.keep({ ingredientTag: api.tag() })`,
    ),
    put(
      "Change it",
      `${suppliers}/ingredients/{{ingredientId}}`,
      ingredient({ priceMinor: 240 }),
      `
      api.is(200, "ingredient")
      api.holds({ priceMinor: 240 })
      const tag = api.tag()
      pm.test("the ETag is another one", () => pm.expect(tag).not.to.equal(api.kept("ingredientTag")))
      api.keep({ ingredientNewTag: tag })`,
      ifMatch("{{ingredientTag}}"),
    ),
    put(
      "Change what has changed meanwhile",
      `${suppliers}/ingredients/{{ingredientId}}`,
      ingredient({ priceMinor: 1 }),
      `api.problem(412)`,
      ifMatch("{{ingredientTag}}"),
    ),
    put(
      "Change without If-Match",
      `${suppliers}/ingredients/{{ingredientId}}`,
      ingredient({ priceMinor: 1 }),
      `api.problem(428)`,
    ),
    put(
      "Change to something wrong",
      `${suppliers}/ingredients/{{ingredientId}}`,
      ingredient({ priceMinor: -1 }),
      `api.problem(422, "priceMinor")`,
      ifMatch("{{ingredientNewTag}}"),
    ),
    put(
      "Change one that is not there",
      `${suppliers}/ingredients/${nobody}`,
      ingredient(),
      `api.problem(404)`,
      ifMatch('"1"'),
    ),
    get(
      "No refused change was made",
      `${suppliers}/ingredients/{{ingredientId}}`,
      `
      api.is(200, "ingredient")
      api.holds({ priceMinor: 240 })
      pm.test("the ETag is that of the change", () => pm.response.to.have.header("ETag", api.kept("ingredientNewTag")))`,
    ),
    post(
      "Add one that cannot be ordered, with a key",
      `${suppliers}/suppliers/{{supplierId}}/ingredients`,
      ingredient({ name: "Basil {{run}}", unit: "piece", packSize: 1, priceMinor: 90, available: false }),
      `api.keep({ basilId: api.made("ingredient", "/ingredients/", { tagged: true }).id })`,
      withKey("ingredient-{{run}}"),
    ),
    post(
      "The same with the same key",
      `${suppliers}/suppliers/{{supplierId}}/ingredients`,
      ingredient({ name: "Basil {{run}}", unit: "piece", packSize: 1, priceMinor: 90, available: false }),
      `
      api.made("ingredient", "/ingredients/", { tagged: true })
      api.holds({ id: api.kept("basilId") })`,
      withKey("ingredient-{{run}}"),
    ),
    post(
      "Something else with the same key",
      `${suppliers}/suppliers/{{supplierId}}/ingredients`,
      ingredient({ name: "Basil {{run}}", priceMinor: 91 }),
      `api.problem(409)`,
      withKey("ingredient-{{run}}"),
    ),
    post(
      "Add to a supplier that is not there",
      `${suppliers}/suppliers/${nobody}/ingredients`,
      ingredient(),
      `api.problem(404)`,
    ),
    post(
      "A unit that is not known",
      `${suppliers}/suppliers/{{supplierId}}/ingredients`,
      ingredient({ unit: "pound" }),
      `api.problem(422, "unit")`,
    ),
    post(
      "A pack of nothing, at a price below nothing",
      `${suppliers}/suppliers/{{supplierId}}/ingredients`,
      ingredient({ packSize: 0, priceMinor: -1 }),
      `
      api.problem(422, "packSize")
      pm.test("it names both fields", () =>
        pm.expect(pm.response.json().errors.map((e) => e.field)).to.include.members(["packSize", "priceMinor"]))`,
    ),
    get("One that is not there", `${suppliers}/ingredients/${nobody}`, `api.problem(404)`),
  ),
  folder(
    "pages of one supplier's ingredients",
    ...["Salt", "Yeast", "Oil"].map((name) =>
      post(
        `Add ${name}`,
        `${suppliers}/suppliers/{{supplierId}}/ingredients`,
        ingredient({ name: `${name} {{run}}` }),
        `
      const { id } = api.made("ingredient", "/ingredients/", { tagged: true })
      api.keep({ more: [...JSON.parse(api.kept("more") || "[]"), id] })`,
      ),
    ),
    get(
      "All at once",
      `${suppliers}/ingredients?supplier={{supplierId}}`,
      `
      const { ids, items, next } = api.page("ingredient", 50)
      pm.test("all five, and nothing else", () =>
        pm.expect(ids).to.have.members([api.kept("ingredientId"), api.kept("basilId"), ...JSON.parse(api.kept("more"))]))
      pm.test("all of this supplier", () => items.forEach((one) => pm.expect(one.supplierId).to.equal(api.kept("supplierId"))))
      pm.test("there are no more", () => pm.expect(next).to.equal(undefined))
      api.keep({ all: ids })`,
    ),
    get(
      "First two",
      `${suppliers}/ingredients?supplier={{supplierId}}&limit=2`,
      `
      const { ids, next } = api.page("ingredient", 2)
      pm.test("the first two of all", () => pm.expect(ids).to.eql(JSON.parse(api.kept("all")).slice(0, 2)))
      api.keep({ next })`,
    ),
    get(
      "Second two",
      `${suppliers}/ingredients?supplier={{supplierId}}&limit=2&after={{next}}`,
      `
      const { ids, next } = api.page("ingredient", 2)
      pm.test("the next two of all", () => pm.expect(ids).to.eql(JSON.parse(api.kept("all")).slice(2, 4)))
      api.keep({ next })`,
    ),
    get(
      "The last",
      `${suppliers}/ingredients?supplier={{supplierId}}&limit=2&after={{next}}`,
      `
      const { ids, next } = api.page("ingredient", 2)
      pm.test("the last one of all", () => pm.expect(ids).to.eql(JSON.parse(api.kept("all")).slice(4)))
      pm.test("there are no more", () => pm.expect(next).to.equal(undefined))`,
    ),
    get(
      "A supplier's identifier that is none",
      `${suppliers}/ingredients?supplier=mill`,
      `api.problem(422, "supplier")`,
    ),
    get(
      "A supplier without any",
      `${suppliers}/ingredients?supplier={{again}}`,
      `
      const { ids } = api.page("ingredient", 50)
      pm.test("none", () => pm.expect(ids).to.eql([]))`,
    ),
  ),
  folder(
    "prices",
    get(
      "Of two, and of one that is not there",
      `${suppliers}/prices?ingredient={{ingredientId}}&ingredient={{basilId}}&ingredient=${nobody}`,
      `
      const { items, unknown } = api.is(200, "prices")
      pm.test("the two", () => pm.expect(items.map((one) => one.id)).to.have.members([api.kept("ingredientId"), api.kept("basilId")]))
      pm.test("each is an ingredient", () => items.forEach((one) => api.conforms(one, "ingredient")))
      pm.test("at the present price", () => pm.expect(items.find((one) => one.id === api.kept("ingredientId")).priceMinor).to.equal(240))
      pm.test("and the one that is not known", () => pm.expect(unknown).to.eql(["${nobody}"]))`,
    ),
    get("Of none", `${suppliers}/prices`, `api.problem(422, "ingredient")`),
    get("Of something that is no identifier", `${suppliers}/prices?ingredient=flour`, `api.problem(422)`),
  ),
)
