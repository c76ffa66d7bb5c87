import { describe } from "node:test"
import { desktop, inBrowser } from "../lib/browser.js"
import { views } from "../lib/views.js"

describe("accessibility", () => {
  const test = inBrowser(desktop)

  for (const scheme of ["light", "dark"]) {
    test(`no view violates WCAG 2 A or AA in the ${scheme} scheme`, async (browser) => {
      await browser.prefer(scheme)
      for (const { name, path, heading, prepare } of await views()) {
        await browser.open(path)
        await browser.view(heading)
        await prepare?.(browser)
        await browser.picture(`${name}-${scheme}`)
        await browser.accessible(`${name}-${scheme}`)
      }
    })
  }
})
