import assert from "node:assert/strict"
import { describe } from "node:test"
import { desktop, inBrowser, Key } from "../lib/browser.js"
import { freshMenu, recipe, setRecipe, someDish } from "../lib/service.js"

describe("recipes", () => {
  const test = inBrowser(desktop)

  /** Runs `body` with a dish and its recipe, and puts the recipe back, whatever happens. */
  async function withDish(body) {
    const dish = await someDish()
    const before = await recipe(dish.recipeId)
    try {
      await body(dish, before)
    } finally {
      await setRecipe(dish.recipeId, before)
      await freshMenu(dish.menuId)
    }
  }

  /** A quantity that differs, so that the cost does. */
  const other = (quantity) => (quantity > 500_000 ? Math.floor(quantity / 2) : quantity * 2 + 10)

  const quantityField = (id) => `[id="quantity-${id}"]`

  /** The margin in the dish's row of the menus. */
  async function marginOnMenu(browser, dish) {
    await browser.see(`a[href="/dishes/${dish.id}"]`)
    const row = await browser.driver.executeScript(
      'return document.querySelector(arguments[0]).closest("tr").querySelector(".margin b").innerText',
      `a[href="/dishes/${dish.id}"]`,
    )
    return row.trim()
  }

  test("a recipe is edited: the margin moves at once, is saved, and stands on the menu", (browser) =>
    withDish(async (dish, before) => {
      const noted = { ...before, note: "Let it rest.\nThen serve." }
      await setRecipe(dish.recipeId, noted)
      await browser.open("/")
      await browser.view("Menus")
      const first = await marginOnMenu(browser, dish)
      await browser.click(`a[href="/dishes/${dish.id}"]`)
      await browser.view(dish.name)
      assert.equal(await browser.text("#margin"), first)
      assert.equal(await browser.value("#note"), noted.note)
      await browser.picture("recipe")

      const [line] = before.lines
      await browser.type(quantityField(line.ingredientId), other(line.quantity))
      await browser.until("the margin to move", async () => (await browser.text("#margin")) !== first)
      const typed = await browser.text("#margin")
      await browser.see(".source", "Not saved yet")
      await browser.picture("recipe-edited")

      await browser.click("button[type=submit]")
      await browser.see("[role=status]", "Saved.")
      await browser.see(".source", "With the saved recipe.")
      assert.equal(await browser.text("#margin"), typed, "the service comes to the same margin")
      const lines = [{ ...line, quantity: other(line.quantity) }, ...before.lines.slice(1)]
      assert.deepEqual(await recipe(dish.recipeId), { ...noted, lines }, "nothing else has changed")
      await browser.picture("recipe-saved")

      await browser.click(".back a")
      await browser.view("Menus")
      assert.equal(await marginOnMenu(browser, dish), typed)
      await browser.picture("menus-with-new-margin")
    }))

  test("an ingredient is taken out and put in", (browser) =>
    withDish(async (dish, before) => {
      await browser.open(`/dishes/${dish.id}`)
      await browser.view(dish.name)
      const { ingredientId } = before.lines[0]
      await browser.click(".lines li:first-child button")
      await browser.until(
        "the line to be gone",
        async () => (await browser.texts(".lines li")).length === before.lines.length - 1,
      )
      await browser.driver.executeScript("document.querySelector('#add').focus()")
      await browser.driver.findElement({ css: `#add option[value="${ingredientId}"]` }).click()
      await browser.click(".add button", "Add")
      await browser.click("button[type=submit]")
      await browser.see(`[id="note-${ingredientId}"]`, "whole number")
      await browser.until(
        "the faulty field to have the focus",
        async () => (await browser.focused()).id === `quantity-${ingredientId}`,
      )
      await browser.picture("recipe-with-a-faulty-field")
      await browser.type(quantityField(ingredientId), 7)
      await browser.click("button[type=submit]")
      await browser.see("[role=status]", "Saved.")
      const now = await recipe(dish.recipeId)
      assert.deepEqual(now.lines, [...before.lines.slice(1), { ingredientId, quantity: 7 }])
    }))

  test("another person's change is said, and nothing that was typed is lost", (browser) =>
    withDish(async (dish, before) => {
      await browser.open(`/dishes/${dish.id}`)
      await browser.view(dish.name)
      const [line] = before.lines
      const theirs = { ...before, lines: [{ ...line, quantity: other(line.quantity) }, ...before.lines.slice(1)] }
      await browser.type("#portions", before.portions + 1)
      await setRecipe(dish.recipeId, theirs)
      await browser.click("button[type=submit]")
      await browser.see("[role=alert]", "Someone else has changed this recipe")
      assert.equal(await browser.value("#portions"), String(before.portions + 1))
      await browser.picture("conflict")
      await browser.click("[role=alert] button")
      await browser.see("[role=status]", "what you typed is kept")
      assert.equal(await browser.value("#portions"), String(before.portions + 1))
      assert.equal(await browser.value(quantityField(line.ingredientId)), String(other(line.quantity)))
      await browser.picture("conflict-merged")
      await browser.click("button[type=submit]")
      await browser.see("[role=status]", "Saved.")
      assert.deepEqual(await recipe(dish.recipeId), { ...theirs, portions: before.portions + 1 })
    }))

  test("leaving with something unsaved is asked about", (browser) =>
    withDish(async (dish, before) => {
      await browser.open("/")
      await browser.view("Menus")
      await browser.click(`a[href="/dishes/${dish.id}"]`)
      await browser.view(dish.name)
      await browser.type("#portions", before.portions + 1)
      await browser.click("nav a", "Suppliers")
      await browser.see("dialog[open]", "Leave without saving?")
      await browser.picture("unsaved-changes")
      await browser.click("dialog button", "Keep editing")
      assert.equal(await browser.value("#portions"), String(before.portions + 1))
      await browser.driver.navigate().back()
      await browser.see("dialog[open]")
      await browser.press(Key.ESCAPE)
      await browser.until(
        "the dialog to close",
        async () => (await browser.driver.findElements({ css: "dialog[open]" })).length === 0,
      )
      assert.match(await browser.driver.getCurrentUrl(), /\/dishes\//)
      await browser.click("nav a", "Suppliers")
      await browser.click("dialog button", "Discard the changes")
      await browser.view("Suppliers")
      assert.deepEqual(await recipe(dish.recipeId), before)
    }))

  test("the keyboard alone goes from the navigation to a saved recipe", (browser) =>
    withDish(async (dish, before) => {
      await browser.open("/suppliers")
      await browser.view("Suppliers")
      await browser.tabTo("the navigation's Menus", ({ tag, name }) => tag === "A" && name === "Menus")
      await browser.press(Key.ENTER)
      await browser.view("Menus")
      await browser.tabTo("the dish", ({ tag, name }) => tag === "A" && name === dish.name)
      await browser.picture("keyboard-focus-on-a-dish")
      await browser.press(Key.ENTER)
      await browser.view(dish.name)
      await browser.tabTo("the portions", ({ id }) => id === "portions")
      await browser.press(Key.END, ...Key.BACK_SPACE.repeat(6), String(before.portions + 2))
      await browser.tabTo("the save button", ({ tag, name }) => tag === "BUTTON" && name === "Save recipe")
      await browser.picture("keyboard-focus-on-save")
      await browser.press(Key.ENTER)
      await browser.see("[role=status]", "Saved.")
      assert.equal((await recipe(dish.recipeId)).portions, before.portions + 2)
    }))
})
