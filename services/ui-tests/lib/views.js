// Every view of the page, for the checks that hold everywhere.
import { someDish } from "./service.js"

/** The views as name, address and heading, with what has to be done to see them in full. */
export async function views() {
  const dish = await someDish()
  return [
    { name: "menus", path: "/", heading: "Menus" },
    { name: "recipe", path: `/dishes/${dish.id}`, heading: dish.name },
    {
      name: "recipe-with-errors",
      path: `/dishes/${dish.id}`,
      heading: dish.name,
      async prepare(browser) {
        await browser.type("#portions", "0")
        await browser.click("button[type=submit]")
        await browser.see("#portions-note")
      },
    },
    { name: "suppliers", path: "/suppliers", heading: "Suppliers" },
    { name: "feedback", path: "/feedback", heading: "Feedback" },
    {
      name: "feedback-with-errors",
      path: "/feedback",
      heading: "Feedback",
      async prepare(browser) {
        await browser.click("button[type=submit]")
        await browser.see("#text-note")
      },
    },
    { name: "no-such-page", path: "/nowhere", heading: "There is no such page" },
  ]
}
