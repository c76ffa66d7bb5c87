// The recipes service: every operation of its contract. It uses the ingredients that the suppliers folder has made.
import {
  folder,
  fresh,
  get,
  ifMatch,
  nobody,
  paging,
  post,
  put,
  recipe,
  recipes,
  withKey,
  wrongBodies,
} from "./requests.mjs"

/** Long enough that a proxy compresses it, which must leave its ETag as it is. */
const long = (over = {}) =>
  recipe({
    name: "Everything {{run}}",
    lines: Array.from({ length: 40 }, (_, n) => ({
      ingredientId: nobody.replace(/.{2}$/, String(n + 10)),
      quantity: n + 1,
    })),
    ...over,
  })

export default folder(
  "recipes",
  folder(
    "recipes",
    post(
      "Add a recipe",
      `${recipes}/recipes`,
      recipe(),
      `
      const { id } = api.made("recipe", "/recipes/", { tagged: true })
      api.holds({ portions: 2, lines: [{ ingredientId: api.kept("ingredientId"), quantity: 500 }] })
      api.keep({ recipeId: id })`,
    ),
    get(
      "Get it",
      `${recipes}/recipes/{{recipeId}}`,
      `
      api.is(200, "recipe")
      api.holds({ id: api.kept("recipeId"), name: "Bread " + api.kept("run") })
      api.keep({ recipeTag: api.tag() })`,
    ),
    post(
      "Add with a key",
      `${recipes}/recipes`,
      recipe({
        name: "Pesto {{run}}",
        lines: [
          { ingredientId: "{{ingredientId}}", quantity: 10 },
          { ingredientId: "{{basilId}}", quantity: 4 },
        ],
      }),
      `api.keep({ pestoId: api.made("recipe", "/recipes/", { tagged: true }).id })`,
      withKey("recipe-{{run}}"),
    ),
    post(
      "The same with the same key",
      `${recipes}/recipes`,
      recipe({
        name: "Pesto {{run}}",
        lines: [
          { ingredientId: "{{ingredientId}}", quantity: 10 },
          { ingredientId: "{{basilId}}", quantity: 4 },
        ],
      }),
      `
      api.made("recipe", "/recipes/", { tagged: true })
      api.holds({ id: api.kept("pestoId") })`,
      withKey("recipe-{{run}}"),
    ),
    post(
      "Something else with the same key",
      `${recipes}/recipes`,
      recipe({ portions: 3 }),
      `api.problem(409)`,
      withKey("recipe-{{run}}"),
    ),
    put(
      "Change it",
      `${recipes}/recipes/{{recipeId}}`,
      recipe({ portions: 4 }),
      `
      api.is(200, "recipe")
      api.holds({ portions: 4 })
      const tag = api.tag()
      pm.test("the ETag is another one", () => pm.expect(tag).not.to.equal(api.kept("recipeTag")))
      api.keep({ recipeNewTag: tag })`,
      ifMatch("{{recipeTag}}"),
    ),
    put(
      "Change what has changed meanwhile",
      `${recipes}/recipes/{{recipeId}}`,
      recipe({ portions: 9 }),
      `api.problem(412)`,
      ifMatch("{{recipeTag}}"),
    ),
    put(
      "Change with a tag that is none",
      `${recipes}/recipes/{{recipeId}}`,
      recipe({ portions: 9 }),
      `api.problem(412)`,
      ifMatch("W/x"),
    ),
    put("Change without If-Match", `${recipes}/recipes/{{recipeId}}`, recipe({ portions: 9 }), `api.problem(428)`),
    put(
      "Change to something wrong",
      `${recipes}/recipes/{{recipeId}}`,
      recipe({ portions: 0 }),
      `api.problem(422, "portions")`,
      ifMatch("{{recipeNewTag}}"),
    ),
    get(
      "No refused change was made",
      `${recipes}/recipes/{{recipeId}}`,
      `
      api.is(200, "recipe")
      api.holds({ portions: 4 })
      pm.test("the ETag is that of the change", () => pm.response.to.have.header("ETag", api.kept("recipeNewTag")))`,
    ),
    post(
      "Add a long one",
      `${recipes}/recipes`,
      long(),
      `
      const { id } = api.made("recipe", "/recipes/", { tagged: true })
      api.keep({ longId: id, longTag: api.tag() })`,
    ),
    put(
      "Change the long one by the ETag that was just given",
      `${recipes}/recipes/{{longId}}`,
      long({ portions: 7 }),
      `api.is(200, "recipe")`,
      ifMatch("{{longTag}}"),
    ),
    get(
      "Get the long one",
      `${recipes}/recipes/{{longId}}`,
      `
      api.is(200, "recipe")
      api.keep({ longTag: api.tag() })`,
    ),
    put(
      "Change the long one by the ETag that was read",
      `${recipes}/recipes/{{longId}}`,
      long({ portions: 8 }),
      `api.is(200, "recipe")`,
      ifMatch("{{longTag}}"),
    ),
    post("Without ingredients", `${recipes}/recipes`, recipe({ lines: [] }), `api.problem(422, "lines")`),
    post(
      "An ingredient twice",
      `${recipes}/recipes`,
      recipe({
        lines: [
          { ingredientId: "{{ingredientId}}", quantity: 1 },
          { ingredientId: "{{ingredientId}}", quantity: 2 },
        ],
      }),
      `api.problem(422, "lines[1].ingredientId")`,
    ),
    get("One that is not there", `${recipes}/recipes/${nobody}`, `api.problem(404)`),
    ...wrongBodies(`${recipes}/recipes`),
  ),
  paging("recipes", `${recipes}/recipes`, "recipe"),
  folder(
    "costs",
    get(
      "Of two, and of one that is not there",
      `${recipes}/costs?recipe={{recipeId}}&recipe={{pestoId}}&recipe=${nobody}`,
      `
      const { items, unknown, degraded } = api.is(200, "costs")
      const of = (id) => items.find((one) => one.recipeId === id)
      pm.test("prices could be had", () => pm.expect(degraded).to.equal(false))
      pm.test("500 g at 2.40 a kg for 4 are 30 cents each", () => pm.expect(of(api.kept("recipeId")).portionCostMinor).to.equal(30))
      pm.test("10 g and 4 pieces at 0.90 for 2 are 181.2 cents, rounded", () =>
        pm.expect(of(api.kept("pestoId")).portionCostMinor).to.equal(181))
      pm.test("basil cannot be ordered", () => pm.expect(of(api.kept("pestoId")).unavailable).to.eql([api.kept("basilId")]))
      pm.test("and the one that is not known", () => pm.expect(unknown).to.eql(["${nobody}"]))`,
      fresh,
    ),
    post(
      "Add a recipe with an ingredient that nobody sells",
      `${recipes}/recipes`,
      recipe({ name: "Ambrosia {{run}}", lines: [{ ingredientId: nobody, quantity: 1 }] }),
      `api.keep({ ambrosiaId: api.made("recipe", "/recipes/", { tagged: true }).id })`,
    ),
    get(
      "Its cost is not known",
      `${recipes}/costs?recipe={{ambrosiaId}}`,
      `
      const { items, degraded } = api.is(200, "costs")
      pm.test("null, because of that ingredient", () =>
        pm.expect(items[0]).to.deep.include({ portionCostMinor: null, unpriced: ["${nobody}"] }))
      pm.test("prices could be had", () => pm.expect(degraded).to.equal(false))`,
    ),
    get("Of none", `${recipes}/costs`, `api.problem(422, "recipe")`),
    get(
      "Of more than a hundred",
      `${recipes}/costs?${Array(101).fill(`recipe=${nobody}`).join("&")}`,
      `api.problem(422, "recipe")`,
    ),
  ),
)
