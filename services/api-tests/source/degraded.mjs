// For a product whose suppliers service does not answer: all else works, without costs.
import { dish, folder, fresh, get, nobody, post, recipe, recipes, restaurant, suppliers } from "./requests.mjs"

export default folder(
  "degraded",
  get(
    "Precondition: suppliers do not answer",
    `${suppliers}/suppliers?limit=1`,
    `pm.test("no answer of the suppliers service comes through", () => pm.expect(pm.response.code).to.be.within(502, 504))`,
  ),
  post(
    "Add a recipe",
    `${recipes}/recipes`,
    recipe({ lines: [{ ingredientId: "{{$guid}}", quantity: 500 }] }),
    `api.keep({ recipeId: api.made("recipe", "/recipes/", { tagged: true }).id })`,
  ),
  get(
    "Costs are not known",
    `${recipes}/costs?recipe={{recipeId}}`,
    `
      const { items, degraded } = api.is(200, "costs")
      pm.test("it says so", () => pm.expect(degraded).to.equal(true))
      pm.test("no cost", () => pm.expect(items.map((one) => one.portionCostMinor)).to.eql([null]))`,
  ),
  get(
    "Nor when they are asked for anew",
    `${recipes}/costs?recipe={{recipeId}}`,
    `
      const { items, degraded } = api.is(200, "costs")
      pm.test("it says so", () => pm.expect(degraded).to.equal(true))
      pm.test("no cost", () => pm.expect(items.map((one) => one.portionCostMinor)).to.eql([null]))`,
    fresh,
  ),
  post(
    "Add a restaurant",
    `${restaurant}/restaurants`,
    { name: "Harbour {{run}}" },
    `api.keep({ restaurantId: api.made("restaurant", "/restaurants/", { tagged: false }).id })`,
  ),
  post(
    "Add a menu",
    `${restaurant}/restaurants/{{restaurantId}}/menus`,
    { name: "Lunch {{run}}" },
    `api.keep({ menuId: api.made("menu", "/menus/", { tagged: false }).id })`,
  ),
  post("Add a dish", `${restaurant}/menus/{{menuId}}/dishes`, dish(), `api.made("dish", "/dishes/", { tagged: true })`),
  ...[
    ["The menu without margins", {}],
    ["Nor when it is asked for anew", fresh],
  ].map(([name, o]) =>
    get(
      name,
      `${restaurant}/menus/{{menuId}}`,
      `
      const { dishes, degraded } = api.is(200, "menuWithDishes")
      pm.test("it says so", () => pm.expect(degraded).to.equal(true))
      pm.test("no margin, but name and price", () =>
        pm.expect(dishes.map(({ name, priceMinor, costMinor, marginMinor, marginPercent }) => ({ name, priceMinor, costMinor, marginMinor, marginPercent }))).to.eql([{ name: "Bread " + api.kept("run"), priceMinor: 400, costMinor: null, marginMinor: null, marginPercent: null }]))
      pm.test("within 4 s", () => pm.expect(pm.response.responseTime).to.be.below(4000))`,
      o,
    ),
  ),
)
