import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { baseUrl } from "../lib/settings.js"

// What every answer carries: the page, its files, the services' answers, and the errors that nginx makes itself.
describe("the headers of answers", () => {
  const ask = (path, headers = {}) =>
    fetch(baseUrl + path, { headers, redirect: "manual", signal: AbortSignal.timeout(10_000) })

  /** Paths by what answers, with the status. */
  async function answers() {
    const html = await (await ask("/")).text()
    const asset = /(?:src|href)="(\/assets\/[^"]+)"/.exec(html)
    assert.ok(asset, "the page names a file of its own")
    return [
      ["/", 200],
      ["/dishes/nothing", 200],
      [asset[1], 200],
      ["/assets/none.js", 404],
      ["/.git/config", 404],
      ["/livez", 200],
      ["/api/nowhere", 404],
      ["/api/restaurant/version", 200],
      ["/api/restaurant/nowhere", 404],
      ["/api/recipes/version", 200],
      ["/api/suppliers/version", 200],
    ]
  }

  const expected = {
    "x-content-type-options": /^nosniff$/,
    "x-frame-options": /^DENY$/,
    "referrer-policy": /^no-referrer$/,
    "cross-origin-opener-policy": /^same-origin$/,
    "permissions-policy": /camera=\(\)/,
    "content-security-policy": /^default-src 'none'; script-src 'self'; style-src 'self'.*frame-ancestors 'none'$/,
    "cache-control": /./,
    "x-request-id": /^[A-Za-z0-9._-]{1,64}$/,
  }

  test("are all there, once, whatever answers", async () => {
    for (const [path, status] of await answers()) {
      const { headers, status: answered } = await ask(path)
      assert.equal(answered, status, path)
      for (const [name, form] of Object.entries(expected))
        assert.match(headers.get(name) ?? "", form, `${path}: ${name}`)
      assert.doesNotMatch(headers.get("content-security-policy"), /unsafe|\*|,/, `${path}: weak, or sent twice`)
      assert.doesNotMatch(headers.get("server") ?? "", /\d/, `${path}: the server tells its version`)
    }
  })

  test("keep browsers on https where a proxy ends TLS, and say nothing of it elsewhere", async () => {
    const year = /^max-age=(3[1-9]|[4-9]\d)\d{6}$/
    for (const [path] of await answers()) {
      const secure = (await ask(path, { "X-Forwarded-Proto": "https" })).headers.get("strict-transport-security")
      assert.match(secure ?? "", year, path)
      if (baseUrl.startsWith("https:")) continue
      for (const protocol of [{}, { "X-Forwarded-Proto": "http" }, { "X-Forwarded-Proto": "https evil" }]) {
        const plain = (await ask(path, protocol)).headers.get("strict-transport-security")
        assert.equal(plain, null, `${path} with ${JSON.stringify(protocol)}`)
      }
    }
  })

  test("let the page run: no script and no style stands in its text", async () => {
    const html = await (await ask("/")).text()
    for (const [, attributes, text] of html.matchAll(/<script\b([^>]*)>([^]*?)<\/script>/g)) {
      assert.match(attributes, /\ssrc="\//)
      assert.equal(text.trim(), "")
    }
    assert.doesNotMatch(html, /<style\b|\sstyle=|\son[a-z]+=|javascript:|<base\b|<iframe\b/i)
    for (const [, address] of html.matchAll(/\s(?:src|href)="([^"]+)"/g)) assert.match(address, /^\/[^/]/)
  })
})
