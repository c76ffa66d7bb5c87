const euros = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" })

/** The text of an amount of euro cents, "–" when the amount is not known. */
export function money(minor: number | null): string {
  return minor === null ? "–" : euros.format(minor / 100)
}

/** The text of a percentage with one decimal, "–" when it is not known. */
export function percent(value: number | null): string {
  return value === null ? "–" : `${value.toFixed(1)} %`
}
