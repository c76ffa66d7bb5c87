import assert from "node:assert/strict"
import { describe } from "node:test"
import { desktop, inBrowser } from "../lib/browser.js"
import { reports, resolve, version } from "../lib/service.js"

describe("feedback", () => {
  const test = inBrowser(desktop)

  test("feedback is checked, sent once however often the button is pressed, and listed", async (browser) => {
    const { sha } = await version()
    await browser.open("/feedback")
    await browser.view("Feedback")
    await browser.until("the version to be filled in", async () => (await browser.value("#version")) === sha)

    await browser.click("button[type=submit]")
    await browser.see("#text-note", "Say what you have seen.")
    await browser.see("#severity-note", "Choose how bad it is.")
    await browser.until("the first faulty field to have the focus", async () => (await browser.focused()).id === "text")
    await browser.type("#version", "not a version")
    await browser.click("button[type=submit]")
    await browser.see("#version-note", "without blanks")
    await browser.picture("feedback-with-faulty-fields")

    const text = `A test was here: ${new Date().toISOString()}`
    await browser.type("#version", sha)
    await browser.type("#text", text)
    await browser.click("input[value=minor]")
    const send = await browser.see("button[type=submit]")
    await browser.driver.actions().doubleClick(send).perform()
    await browser.see("[role=status]", "Thank you, it is reported.")
    await browser.see(".reports li", text)
    assert.equal(await browser.value("#text"), "")
    const listed = (await browser.texts(".reports li")).filter((one) => one.includes(text))
    assert.equal(listed.length, 1)
    assert.match(listed[0], /minor\s+open/)
    await browser.picture("feedback-sent")

    const made = await reports(sha, text)
    for (const one of made) await resolve(one)
    assert.deepEqual(
      made.map(({ severity, status }) => ({ severity, status })),
      [{ severity: "minor", status: "open" }],
      "one report was made",
    )
    await browser.open("/feedback")
    await browser.see(".reports li", text)
    assert.match(
      (await browser.texts(".reports li")).find((one) => one.includes(text)),
      /minor\s+resolved/,
    )
  })
})
