// A browser on the page under test: what a person does, with explicit waits, and the evidence of it.
import assert from "node:assert/strict"
import { readFileSync, readdirSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { Builder, By, Key, logging, until } from "selenium-webdriver"
import chrome from "selenium-webdriver/chrome.js"
import { baseUrl, outDir, remoteUrl } from "./settings.js"

export { By, Key, until }

/** How long something may take to appear, in milliseconds. */
const limit = 10_000

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

export const desktop = { width: 1280, height: 900 }
export const phone = { width: 390, height: 844 }

export class Browser {
  /** @param {import("selenium-webdriver/chrome.js").Driver} driver */
  constructor(driver) {
    this.driver = driver
  }

  /** Opens a path of the page and waits for its heading. */
  async open(path) {
    await this.driver.get(baseUrl + path)
    await this.see("h1")
  }

  /** The first visible element, as soon as there is one. @param {string} css @param {string} [text] that it has to contain */
  async see(css, text = "") {
    let found
    await this.until(`"${css}"${text && ` with "${text}"`} to be seen`, async () => {
      for (const one of await this.driver.findElements(By.css(css))) {
        if ((await one.isDisplayed()) && (await one.getText()).includes(text)) return (found = one)
      }
    })
    return found
  }

  /** Waits until `holds` gives something true; an element that has just been replaced is looked for again. */
  async until(what, holds) {
    await this.driver.wait(
      async () => {
        try {
          return await holds()
        } catch (error) {
          if (error.name === "StaleElementReferenceError") return false
          throw error
        }
      },
      limit,
      `waited ${limit / 1000} s for ${what}`,
    )
  }

  /** Waits for the view with this heading, and that nothing of it is still loading. */
  async view(heading) {
    await this.see("h1", heading)
    await this.settled()
  }

  async settled() {
    await this.until(
      "everything to be loaded",
      async () => (await this.driver.findElements(By.css(".loading, [aria-busy=true]"))).length === 0,
    )
  }

  async click(css, text = "") {
    await (await this.see(css, text)).click()
  }

  async text(css) {
    return (await this.see(css)).getText()
  }

  async texts(css) {
    return this.driver.executeScript(
      "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim())",
      css,
    )
  }

  /** Replaces what is in a field by typing. */
  async type(css, value) {
    const field = await this.see(css)
    await field.sendKeys(Key.chord(Key.CONTROL, "a"), Key.DELETE, String(value))
  }

  async value(css) {
    return (await this.see(css)).getAttribute("value")
  }

  /** The element with the focus: its tag, its text or label, and the width of its outline in pixels. */
  async focused() {
    return this.driver.executeScript(`
      const one = document.activeElement, style = getComputedStyle(one)
      return { tag: one.tagName, id: one.id, name: one.getAttribute("aria-label") ?? one.innerText ?? "", outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth) }`)
  }

  async press(...keys) {
    await this.driver
      .actions()
      .sendKeys(...keys)
      .perform()
  }

  /** Presses Tab until `wanted` takes what has the focus, which must be seen to have it at each stop. */
  async tabTo(what, wanted) {
    for (let presses = 0; presses < 60; presses++) {
      await this.press(Key.TAB)
      const now = await this.focused()
      if (now.tag === "BODY") continue
      assert.ok(now.outline >= 2, `the focus can be seen on ${now.tag} "${now.name}"`)
      if (wanted(now)) return
    }
    assert.fail(`${what} is not reached with the Tab key`)
  }

  /** Saves what is seen as NN-name.png. */
  async picture(name) {
    const number = readdirSync(outDir).filter((file) => /^\d+-.*\.png$/.test(file)).length + 1
    writeFileSync(
      join(outDir, `${String(number).padStart(2, "0")}-${name}.png`),
      await this.driver.takeScreenshot(),
      "base64",
    )
  }

  /** Checks the present view against WCAG 2 A and AA, saves the result as axe-name.json, and fails with what is violated. */
  async accessible(name) {
    await this.driver.executeScript(axeSource)
    const result = await this.driver.executeAsyncScript(`
      const done = arguments[arguments.length - 1]
      axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }).then(
        ({ url, violations, incomplete, passes }) => done({ url, violations, incomplete, passes: passes.map(({ id, nodes }) => ({ id, nodes: nodes.length })) }),
        (error) => done({ error: String(error) }))`)
    writeFileSync(join(outDir, `axe-${name}.json`), `${JSON.stringify(result, null, 1)}\n`)
    assert.equal(result.error, undefined)
    assert.ok(result.passes.length >= 10, `axe looked at a page: ${result.passes.length} rules passed`)
    assert.deepEqual(
      result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(", ")}`),
      [],
      `${name} violates no rule`,
    )
  }

  /** Lets the page believe that a dark (or light) scheme is preferred. */
  async prefer(scheme) {
    await this.driver.sendDevToolsCommand("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: scheme }],
    })
  }

  /** What the browser's console has said since the last call, a line each. */
  async console() {
    return (await this.driver.manage().logs().get(logging.Type.BROWSER)).map(
      (entry) => `${entry.level.name} ${entry.message}`,
    )
  }
}

/** @param {{ width: number, height: number }} size */
async function start(size) {
  const options = new chrome.Options()
  options.addArguments(
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    `--window-size=${size.width},${size.height}`,
  )
  // A desktop window cannot be as narrow as a phone.
  if (size === phone)
    options.setMobileEmulation({ deviceMetrics: { ...phone, pixelRatio: 2, touch: true, mobile: true } })
  const log = new logging.Preferences()
  log.setLevel(logging.Type.BROWSER, logging.Level.ALL)
  options.setLoggingPrefs(log)
  const driver = await new Builder().usingServer(remoteUrl).forBrowser("chrome").setChromeOptions(options).build()
  await driver.manage().setTimeouts({ implicit: 0, pageLoad: 20_000, script: 30_000 })
  return new Browser(driver)
}

/**
 * Gives `test` for a suite: its tests share one browser of a size. A test that fails leaves a picture and the console's log; one in
 * which a script breaks, or in which the browser refuses something by the page's security policy, fails.
 * @param {{ width: number, height: number }} size
 */
export function inBrowser(size) {
  /** @type {Browser} */
  let browser
  before(async () => {
    browser = await start(size)
  })
  after(() => browser?.driver.quit())
  return (name, body) =>
    test(name, async (t) => {
      await browser.console()
      const said = []
      try {
        await body(browser, t)
        said.push(...(await browser.console()))
        assert.deepEqual(
          said.filter((line) => /Content Security Policy|Uncaught|Unhandled/.test(line)),
          [],
          "the console has no such error",
        )
      } catch (error) {
        const file = `failed-${name.replace(/[^A-Za-z0-9]+/g, "-")}`
        // The evidence must not hide the failure.
        await browser.picture(file).catch((e) => t.diagnostic(`no picture: ${e.message}`))
        said.push(...(await browser.console().catch((e) => [`no console: ${e.message}`])))
        writeFileSync(join(outDir, `${file}.console.txt`), `${said.join("\n")}\n`)
        throw error
      }
    })
}
