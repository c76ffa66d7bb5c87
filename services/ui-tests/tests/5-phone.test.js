import assert from "node:assert/strict"
import { describe } from "node:test"
import { inBrowser, phone } from "../lib/browser.js"
import { views } from "../lib/views.js"

describe("a phone", () => {
  const test = inBrowser(phone)

  test("every view fits a phone: no sideways scrolling, targets of 44 px, nothing against WCAG", async (browser) => {
    for (const { name, path, heading, prepare } of await views()) {
      await browser.open(path)
      await browser.view(heading)
      await prepare?.(browser)
      await browser.picture(`${name}-phone`)
      const seen = await browser.driver.executeScript(`
        const page = document.scrollingElement
        const small = [...document.querySelectorAll("nav a, .brand, .back a, button, select, input:not([type=radio]), .choice")]
          .map((one) => ({ one, box: one.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0 && (box.height < 43.9 || box.width < 43.9))
          .map(({ one, box }) => one.tagName + " " + (one.innerText || one.id) + " " + box.width.toFixed(1) + "x" + box.height.toFixed(1))
        return { width: innerWidth, over: page.scrollWidth - page.clientWidth, small, targets: document.querySelectorAll("nav a").length }`)
      assert.equal(seen.width, phone.width)
      assert.equal(seen.over, 0, `${name} does not scroll sideways`)
      assert.equal(seen.targets, 3)
      assert.deepEqual(seen.small, [], `targets of ${name} that are too small`)
      await browser.accessible(`${name}-phone`)
    }
  })
})
