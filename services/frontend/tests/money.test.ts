import { describe, expect, it } from "vitest"
import { money, percent } from "../src/money"

describe("money", () => {
  it("shows cents as euros", () => {
    expect(money(1150)).toBe("€11.50")
    expect(money(-5)).toBe("-€0.05")
  })
  it("shows a dash for what is not known", () => {
    expect(money(null)).toBe("–")
    expect(percent(null)).toBe("–")
  })
  it("shows one decimal of a percentage", () => {
    expect(percent(66.7)).toBe("66.7 %")
    expect(percent(70)).toBe("70.0 %")
  })
})
