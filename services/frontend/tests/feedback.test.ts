import { enableAutoUnmount, type VueWrapper } from "@vue/test-utils"
import { afterEach, describe, expect, it, vi } from "vitest"
import { answers, openPage, problem, running, serve, settle, type Answer } from "./world"

enableAutoUnmount(afterEach)
afterEach(() => vi.unstubAllGlobals())

const list = `GET /api/restaurant/feedback?version=${running.sha}&limit=200`
const post = "POST /api/restaurant/feedback"
const old = {
  id: "f1",
  text: "Old",
  severity: "blocker",
  status: "resolved",
  version: running.sha,
  createdAt: "2026-01-01T10:00:00Z",
}
const recent = {
  id: "f2",
  text: "Recent\nwith a second line",
  severity: "major",
  status: "open",
  version: running.sha,
  createdAt: "2026-01-02T10:00:00Z",
}

async function open(changes: Record<string, Answer> = {}) {
  const table: ReturnType<typeof answers> = { ...answers(), ...changes }
  const asked = serve(table)
  return { table, asked, posted: () => asked.filter((one) => one.method === "POST"), ...(await openPage("/feedback")) }
}

async function fill(page: VueWrapper) {
  await page.get("#text").setValue("The soup is cold")
  await page.get("input[value=major]").setValue(true)
}

async function send(page: VueWrapper) {
  await page.get("form").trigger("submit")
  await settle()
}

describe("what was reported", () => {
  it("for the running version is listed with its status, the newest first", async () => {
    const { page } = await open({ [list]: { items: [old, recent] } })
    const items = page.findAll(".reports li").map((item) => item.text())
    expect(items[0]).toMatch(/^major\s*open.*2 Jan 2026[^]*Recent\nwith a second line$/)
    expect(items[1]).toMatch(/^blocker\s*resolved[^]*Old$/)
  })

  it("can be nothing", async () => {
    expect((await open()).page.get("[aria-labelledby=reported]").text()).toContain("Nothing yet.")
  })

  it("that cannot be shown is said, and tried again", async () => {
    const { page, table } = await open({ [list]: problem(503, "starting or draining") })
    expect(page.get("[role=alert]").text()).toContain("The reports cannot be shown: starting or draining.")
    table[list] = { items: [old] }
    await page.get("[role=alert] button").trigger("click")
    await settle()
    expect(page.findAll(".reports li")).toHaveLength(1)
  })

  it("waits for the version to be known", async () => {
    const { page, table } = await open({ "GET /api/restaurant/version": problem(502, "the service cannot be reached") })
    expect(page.get("main [role=alert]").text()).toContain("The running version is not known")
    Object.assign(table, answers(), { [list]: { items: [old] } })
    await page.get("main [role=alert] button").trigger("click")
    await settle()
    expect(page.get<HTMLInputElement>("#version").element.value).toBe(running.sha)
    expect(page.findAll(".reports li")).toHaveLength(1)
  })
})

describe("a report", () => {
  it("is sent with the running version and a key, thanked for, and listed", async () => {
    const { page, table, posted } = await open()
    expect(page.get<HTMLInputElement>("#version").element.value).toBe(running.sha)
    table[post] = recent
    table[list] = { items: [recent] }
    await fill(page)
    await send(page)
    expect(posted()).toHaveLength(1)
    expect(posted()[0]!.body).toEqual({ text: "The soup is cold", severity: "major", version: running.sha })
    expect(posted()[0]!.headers["Idempotency-Key"]).toMatch(/^[0-9a-f]{32}$/)
    expect(page.get("form [role=status]").text()).toBe("Thank you, it is reported.")
    expect(page.get<HTMLTextAreaElement>("#text").element.value).toBe("")
    expect(page.findAll(".reports li")).toHaveLength(1)
  })

  it("is sent once though the button is pressed twice", async () => {
    let arrive: (answer: object) => void = () => {}
    const { page, table, posted } = await open()
    table[post] = () => new Promise((resolve) => (arrive = resolve))
    await fill(page)
    void page.get("form").trigger("submit")
    void page.get("form").trigger("submit")
    await settle()
    expect(page.get("[type=submit]").text()).toBe("Sending…")
    arrive(recent)
    await settle()
    expect(posted()).toHaveLength(1)
  })

  it("has the same key when it is tried again, and a new one when it says something else", async () => {
    const { page, table, posted } = await open({ [post]: new TypeError("no connection") })
    await fill(page)
    await send(page)
    expect(page.get("form [role=alert]").text()).toContain("The report is not sent: the service cannot be reached.")
    await page.get("form [role=alert] button").trigger("click")
    await settle()
    await page.get("#text").setValue("The soup is very cold")
    await send(page)
    table[post] = recent
    await send(page)
    await page.get("#text").setValue("The soup is very cold")
    await page.get("input[value=major]").setValue(true)
    await send(page)
    const keys = posted().map((one) => one.headers["Idempotency-Key"])
    expect(keys).toHaveLength(5)
    expect(keys[1]).toBe(keys[0])
    expect(keys[2]).not.toBe(keys[1])
    expect(keys[3]).toBe(keys[2])
    expect(keys[4], "a report that was thanked for is done with").not.toBe(keys[3])
  })

  it("is checked at its fields before it is sent", async () => {
    const { page, posted } = await open()
    await page.get("#version").setValue("not a version")
    await page.get("#text").setValue("   ")
    await send(page)
    expect(page.get("#text-note").text()).toBe("Say what you have seen.")
    expect(page.get("#severity-note").text()).toBe("Choose how bad it is.")
    expect(page.get("#version-note").text()).toContain("without blanks")
    expect(page.get("#text").attributes()).toMatchObject({ "aria-invalid": "true", "aria-describedby": "text-note" })
    expect(document.activeElement?.id).toBe("text")
    await page.get("#text").setValue("🍲".repeat(2001))
    await send(page)
    expect(page.get("#text-note").text()).toBe("That is 2001 characters; 2000 are possible.")
    expect(posted()).toHaveLength(0)
  })

  it("that the service refuses has its errors at the fields", async () => {
    const { page, table } = await open({
      [post]: problem(422, "not valid", [
        { field: "text", detail: "is too rude" },
        { field: "severity", detail: "is unheard of" },
      ]),
    })
    await fill(page)
    await send(page)
    expect(page.get("#text-note").text()).toBe("is too rude")
    expect(page.get("#severity-note").text()).toBe("is unheard of")
    expect(page.get("form [role=alert]").text()).toBe("Not sent. Some fields need another look.")
    table[post] = problem(422, "not valid", [{ field: "Idempotency-Key", detail: "has another form" }])
    await send(page)
    expect(page.get("form [role=alert]").text()).toBe("Not sent. Idempotency-Key: has another form")
    expect(page.get<HTMLTextAreaElement>("#text").element.value).toBe("The soup is cold")
  })
})
