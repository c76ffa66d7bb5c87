// The restaurant service: every operation of its contract but feedback. It uses the recipes that the recipes folder has made.
import {
  dish,
  folder,
  fresh,
  get,
  ifMatch,
  ingredient,
  nobody,
  paging,
  post,
  put,
  recipe,
  recipes,
  restaurant,
  suppliers,
  withKey,
  wrongBodies,
} from "./requests.mjs"

export default folder(
  "restaurant",
  folder(
    "restaurants and menus",
    post(
      "Add a restaurant",
      `${restaurant}/restaurants`,
      { name: "Harbour {{run}}" },
      `api.keep({ restaurantId: api.made("restaurant", "/restaurants/", { tagged: false }).id })`,
      withKey("restaurant-{{run}}"),
    ),
    post(
      "The same with the same key",
      `${restaurant}/restaurants`,
      { name: "Harbour {{run}}" },
      `
      api.made("restaurant", "/restaurants/", { tagged: false })
      api.holds({ id: api.kept("restaurantId") })`,
      withKey("restaurant-{{run}}"),
    ),
    post(
      "Something else with the same key",
      `${restaurant}/restaurants`,
      { name: "Hill {{run}}" },
      `api.problem(409)`,
      withKey("restaurant-{{run}}"),
    ),
    post(
      "Add another one",
      `${restaurant}/restaurants`,
      { name: "Hill {{run}}" },
      `api.made("restaurant", "/restaurants/", { tagged: false })`,
    ),
    get(
      "Get it",
      `${restaurant}/restaurants/{{restaurantId}}`,
      `
      api.is(200, "restaurant")
      api.holds({ id: api.kept("restaurantId"), name: "Harbour " + api.kept("run") })`,
    ),
    get("One that is not there", `${restaurant}/restaurants/${nobody}`, `api.problem(404)`),
    post("Without a name", `${restaurant}/restaurants`, { name: "" }, `api.problem(422, "name")`),
    ...["Lunch", "Dinner", "Late"].map((name) =>
      post(
        `Add the menu ${name}`,
        `${restaurant}/restaurants/{{restaurantId}}/menus`,
        { name: `${name} {{run}}` },
        `
      const { id } = api.made("menu", "/menus/", { tagged: false })
      api.holds({ restaurantId: api.kept("restaurantId"), name: "${name} " + api.kept("run") })
      api.keep({ menuId: id, menus: [...JSON.parse(api.kept("menus") || "[]"), id] })`,
      ),
    ),
    get(
      "All menus",
      `${restaurant}/restaurants/{{restaurantId}}/menus`,
      `
      const { ids, next } = api.page("menu", 50)
      pm.test("all three, and nothing else", () => pm.expect(ids).to.have.members(JSON.parse(api.kept("menus"))))
      pm.test("there are no more", () => pm.expect(next).to.equal(undefined))
      api.keep({ menus: ids })`,
    ),
    get(
      "First two menus",
      `${restaurant}/restaurants/{{restaurantId}}/menus?limit=2`,
      `
      const { ids, next } = api.page("menu", 2)
      pm.test("the first two", () => pm.expect(ids).to.eql(JSON.parse(api.kept("menus")).slice(0, 2)))
      api.keep({ next })`,
    ),
    get(
      "The last menu",
      `${restaurant}/restaurants/{{restaurantId}}/menus?limit=2&after={{next}}`,
      `
      const { ids } = api.page("menu", 2)
      pm.test("the last one", () => pm.expect(ids).to.eql(JSON.parse(api.kept("menus")).slice(2)))`,
    ),
    post(
      "Add a menu with a key",
      `${restaurant}/restaurants/{{restaurantId}}/menus`,
      { name: "Brunch {{run}}" },
      `api.keep({ brunchId: api.made("menu", "/menus/", { tagged: false }).id })`,
      withKey("menu-{{run}}"),
    ),
    post(
      "The same menu with the same key",
      `${restaurant}/restaurants/{{restaurantId}}/menus`,
      { name: "Brunch {{run}}" },
      `
      api.made("menu", "/menus/", { tagged: false })
      api.holds({ id: api.kept("brunchId") })`,
      withKey("menu-{{run}}"),
    ),
    post(
      "Another menu with the same key",
      `${restaurant}/restaurants/{{restaurantId}}/menus`,
      { name: "Tea {{run}}" },
      `api.problem(409)`,
      withKey("menu-{{run}}"),
    ),
    post(
      "Add a menu to a restaurant that is not there",
      `${restaurant}/restaurants/${nobody}/menus`,
      { name: "Lunch {{run}}" },
      `api.problem(404)`,
    ),
    get("The menus of one that is not there", `${restaurant}/restaurants/${nobody}/menus`, `api.problem(404)`),
    ...wrongBodies(`${restaurant}/restaurants`),
  ),
  paging("restaurants", `${restaurant}/restaurants`, "restaurant", { name: "One more {{run}}" }),
  folder(
    "dishes and margins",
    get(
      "A menu without dishes",
      `${restaurant}/menus/{{menuId}}`,
      `
      api.is(200, "menuWithDishes")
      api.holds({ id: api.kept("menuId"), restaurantId: api.kept("restaurantId"), dishes: [], degraded: false })`,
    ),
    get("A menu that is not there", `${restaurant}/menus/${nobody}`, `api.problem(404)`),
    post(
      "Add a dish",
      `${restaurant}/menus/{{menuId}}/dishes`,
      dish(),
      `
      const { id } = api.made("dish", "/dishes/", { tagged: true })
      api.holds({ menuId: api.kept("menuId"), recipeId: api.kept("recipeId"), priceMinor: 400 })
      api.keep({ dishId: id })`,
      withKey("dish-{{run}}"),
    ),
    post(
      "The same with the same key",
      `${restaurant}/menus/{{menuId}}/dishes`,
      dish(),
      `
      api.made("dish", "/dishes/", { tagged: true })
      api.holds({ id: api.kept("dishId") })`,
      withKey("dish-{{run}}"),
    ),
    post(
      "Something else with the same key",
      `${restaurant}/menus/{{menuId}}/dishes`,
      dish({ priceMinor: 401 }),
      `api.problem(409)`,
      withKey("dish-{{run}}"),
    ),
    get(
      "Get it",
      `${restaurant}/dishes/{{dishId}}`,
      `
      api.is(200, "dish")
      api.holds({ id: api.kept("dishId"), priceMinor: 400 })
      api.keep({ dishTag: api.tag() })`,
    ),
    put(
      "Change its price",
      `${restaurant}/dishes/{{dishId}}`,
      dish({ priceMinor: 300 }),
      `
      api.is(200, "dish")
      api.holds({ priceMinor: 300 })
      const tag = api.tag()
      pm.test("the ETag is another one", () => pm.expect(tag).not.to.equal(api.kept("dishTag")))`,
      ifMatch("{{dishTag}}"),
    ),
    put(
      "Change what has changed meanwhile",
      `${restaurant}/dishes/{{dishId}}`,
      dish({ priceMinor: 1 }),
      `api.problem(412)`,
      ifMatch("{{dishTag}}"),
    ),
    put("Change without If-Match", `${restaurant}/dishes/{{dishId}}`, dish({ priceMinor: 1 }), `api.problem(428)`),
    put("Change one that is not there", `${restaurant}/dishes/${nobody}`, dish(), `api.problem(404)`, ifMatch('"1"')),
    post(
      "A dish for nothing",
      `${restaurant}/menus/{{menuId}}/dishes`,
      dish({ priceMinor: 0 }),
      `api.problem(422, "priceMinor")`,
    ),
    post("Add to a menu that is not there", `${restaurant}/menus/${nobody}/dishes`, dish(), `api.problem(404)`),
    get("A dish that is not there", `${restaurant}/dishes/${nobody}`, `api.problem(404)`),
    post(
      "Add a dish that cannot be ordered",
      `${restaurant}/menus/{{menuId}}/dishes`,
      dish({ name: "Pesto {{run}}", recipeId: "{{pestoId}}", priceMinor: 150 }),
      `api.keep({ pestoDishId: api.made("dish", "/dishes/", { tagged: true }).id })`,
    ),
    post(
      "Add a dish whose cost is not known",
      `${restaurant}/menus/{{menuId}}/dishes`,
      dish({ name: "Ambrosia {{run}}", recipeId: "{{ambrosiaId}}" }),
      `api.keep({ ambrosiaDishId: api.made("dish", "/dishes/", { tagged: true }).id })`,
    ),
    get(
      "The menu with its margins",
      `${restaurant}/menus/{{menuId}}`,
      `
      const { dishes, degraded } = api.is(200, "menuWithDishes")
      const of = (name) => dishes.find((one) => one.id === api.kept(name))
      pm.test("three dishes, costs could be had", () => pm.expect([dishes.length, degraded]).to.eql([3, false]))
      pm.test("a margin", () =>
        pm.expect(of("dishId")).to.deep.include({ priceMinor: 300, costMinor: 30, marginMinor: 270,
          marginPercent: 90, orderable: true, unavailable: [] }))
      pm.test("a loss, and it cannot be ordered", () =>
        pm.expect(of("pestoDishId")).to.deep.include({ costMinor: 181, marginMinor: -31,
          marginPercent: -20.7, orderable: false, unavailable: [api.kept("basilId")] }))
      pm.test("no margin without a cost", () =>
        pm.expect(of("ambrosiaDishId")).to.deep.include({ costMinor: null, marginMinor: null, marginPercent: null }))`,
      fresh,
    ),
  ),
  folder(
    "margins that move at once",
    get(
      "Read the recipe",
      `${recipes}/recipes/{{recipeId}}`,
      `
      api.is(200, "recipe")
      api.keep({ recipeTag: api.tag() })`,
    ),
    put(
      "Take twice as much",
      `${recipes}/recipes/{{recipeId}}`,
      recipe({ portions: 4, lines: [{ ingredientId: "{{ingredientId}}", quantity: 1000 }] }),
      `api.is(200, "recipe")`,
      ifMatch("{{recipeTag}}"),
    ),
    get(
      "The margin follows the recipe",
      `${restaurant}/menus/{{menuId}}`,
      `
      const { dishes } = api.is(200, "menuWithDishes")
      pm.test("the cost is twice as high", () =>
        pm.expect(dishes.find((one) => one.id === api.kept("dishId"))).to.deep.include({ costMinor: 60, marginMinor: 240, marginPercent: 80 }))`,
      fresh,
    ),
    get(
      "Read the ingredient",
      `${suppliers}/ingredients/{{ingredientId}}`,
      `
      api.is(200, "ingredient")
      api.keep({ ingredientTag: api.tag() })`,
    ),
    put(
      "Its price is halved",
      `${suppliers}/ingredients/{{ingredientId}}`,
      ingredient({ priceMinor: 120 }),
      `api.is(200, "ingredient")`,
      ifMatch("{{ingredientTag}}"),
    ),
    get(
      "The cost follows the price",
      `${recipes}/costs?recipe={{recipeId}}`,
      `
      const { items } = api.is(200, "costs")
      pm.test("half of it", () => pm.expect(items[0].portionCostMinor).to.equal(30))`,
      { headers: { "Cache-Control": "max-age=0" } },
    ),
    get(
      "The margin follows the price",
      `${restaurant}/menus/{{menuId}}`,
      `
      const { dishes } = api.is(200, "menuWithDishes")
      pm.test("half of it", () =>
        pm.expect(dishes.find((one) => one.id === api.kept("dishId"))).to.deep.include({ costMinor: 30, marginMinor: 270 }))`,
      fresh,
    ),
    get(
      "What was refreshed stays",
      `${restaurant}/menus/{{menuId}}`,
      `
      const { dishes } = api.is(200, "menuWithDishes")
      pm.test("the same without the header", () =>
        pm.expect(dishes.find((one) => one.id === api.kept("dishId"))).to.deep.include({ costMinor: 30, marginMinor: 270 }))`,
    ),
  ),
)
