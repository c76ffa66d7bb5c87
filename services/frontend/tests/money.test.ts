import { describe, expect, it } from "vitest"
import { figuresOf, money, percent, quantity, unitPrice } from "../src/money"
import { cream, flour } from "./world"

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
  it("shows quantities with their unit", () => {
    expect(quantity(1000, "g")).toBe("1,000 g")
    expect(quantity(1, "piece")).toBe("1 piece")
    expect(quantity(10, "piece")).toBe("10 pieces")
  })
  it("shows a price for what people compare", () => {
    expect(unitPrice(flour)).toBe("€1.19 / kg")
    expect(unitPrice(cream)).toBe("€4.58 / l")
    expect(unitPrice({ ...cream, unit: "piece", packSize: 10, priceMinor: 349 })).toBe("€0.35 each")
  })
})

describe("what a dish earns", () => {
  it("is the price less the cost", () => {
    expect(figuresOf(590, 98)).toEqual({ costMinor: 98, marginMinor: 492, marginPercent: 83.4 })
    expect(figuresOf(1150, 210)).toEqual({ costMinor: 210, marginMinor: 940, marginPercent: 81.7 })
  })
  it("can be a loss, with a half rounded away from zero as the service does", () => {
    expect(figuresOf(2000, 2001)).toEqual({ costMinor: 2001, marginMinor: -1, marginPercent: -0.1 })
    expect(figuresOf(2000, 1999)).toEqual({ costMinor: 1999, marginMinor: 1, marginPercent: 0.1 })
  })
  it("is not known without the cost", () => {
    expect(figuresOf(590, null)).toEqual({ costMinor: null, marginMinor: null, marginPercent: null })
  })
})
