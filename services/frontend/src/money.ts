import type { Figures, Ingredient, Unit } from "./api"

const euros = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" })
const numbers = new Intl.NumberFormat("en-IE")

/** The text of an amount of euro cents, "–" when the amount is not known. */
export function money(minor: number | null): string {
  return minor === null ? "–" : euros.format(minor / 100)
}

/** The text of a percentage with one decimal, "–" when it is not known. */
export function percent(value: number | null): string {
  return value === null ? "–" : `${value.toFixed(1)} %`
}

/** The text of a quantity with its unit. */
export function quantity(value: number, unit: Unit): string {
  return unit === "piece"
    ? `${numbers.format(value)} ${value === 1 ? "piece" : "pieces"}`
    : `${numbers.format(value)} ${unit}`
}

/** The text of an ingredient's price for a kilogram, a litre or a piece. */
export function unitPrice({ unit, packSize, priceMinor }: Ingredient): string {
  const per = (units: number) => money((priceMinor * units) / packSize)
  return { g: `${per(1000)} / kg`, ml: `${per(1000)} / l`, piece: `${per(1)} each` }[unit]
}

/** What a dish earns at a price and a cost of a portion, both in euro cents; rounded as the restaurant service does. */
export function figuresOf(priceMinor: number, costMinor: number | null): Figures {
  if (costMinor === null) return { costMinor, marginMinor: null, marginPercent: null }
  const marginMinor = priceMinor - costMinor
  // A half is rounded away from zero.
  const tenths = Math.sign(marginMinor) * Math.round((Math.abs(marginMinor) * 1000) / priceMinor)
  return { costMinor, marginMinor, marginPercent: tenths / 10 }
}
