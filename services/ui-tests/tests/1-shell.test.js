import assert from "node:assert/strict"
import { describe } from "node:test"
import { By, desktop, inBrowser } from "../lib/browser.js"
import { version } from "../lib/service.js"

describe("the page's frame and the suppliers", () => {
  const test = inBrowser(desktop)

  test("the footer shows the running version and mode", async (browser) => {
    const running = await version()
    await browser.open("/")
    await browser.see("footer", running.sha.slice(0, 7))
    const footer = await browser.text("footer")
    assert.ok(footer.includes(`mode ${running.appMode}`), footer)
    if (running.commitTime)
      assert.equal(await (await browser.see("footer time")).getAttribute("datetime"), running.commitTime)
    const banners = await browser.texts(".mode")
    assert.deepEqual(banners, running.appMode === "production" ? [] : [`${running.appMode} environment`])
    await browser.view("Menus")
    await browser.picture("menus")
  })

  test("views have titles, the heading gets the focus, and back works", async (browser) => {
    await browser.open("/")
    await browser.click("nav a", "Suppliers")
    await browser.view("Suppliers")
    assert.equal(await browser.driver.getTitle(), "Suppliers · Menu planner")
    assert.equal((await browser.focused()).tag, "H1")
    await browser.click("nav a", "Feedback")
    await browser.view("Feedback")
    assert.equal(await browser.driver.getTitle(), "Feedback · Menu planner")
    await browser.driver.navigate().back()
    await browser.view("Suppliers")
    await browser.driver.navigate().back()
    await browser.view("Menus")
    assert.equal(await browser.driver.getTitle(), "Menus · Menu planner")
    assert.equal((await browser.focused()).tag, "H1")
  })

  test("an unknown address is said to be one", async (browser) => {
    await browser.open("/nowhere/at/all")
    await browser.view("There is no such page")
    await browser.picture("no-such-page")
    await browser.click("main a", "Go to the menus")
    await browser.view("Menus")
  })

  test("ingredients can be had of one supplier only", async (browser) => {
    await browser.open("/suppliers")
    await browser.view("Suppliers")
    await browser.picture("suppliers")
    const everything = await browser.texts("tbody tr")
    const names = (await browser.texts("#supplier option")).slice(1)
    assert.ok(names.length >= 2, `there are suppliers to choose from: ${names}`)
    const chosen = names[1]
    await browser.driver.findElement(By.css("#supplier option:nth-child(3)")).click()
    await browser.until("the list to be filtered", async () => {
      const suppliers = await browser.texts("tbody td:nth-of-type(1)")
      return suppliers.length > 0 && suppliers.length < everything.length && suppliers.every((one) => one === chosen)
    })
    assert.match(await browser.driver.getCurrentUrl(), /supplier=/)
    await browser.picture("suppliers-filtered")
    const filtered = await browser.texts("tbody tr")
    await browser.driver.navigate().back()
    // Not as many as before: others may add and remove ingredients meanwhile, as the API suite does, which runs beside.
    await browser.until(
      "the whole list to be back",
      async () => (await browser.texts("tbody tr")).length > filtered.length,
    )
  })
})
