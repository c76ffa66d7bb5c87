// Generated from modules/shared/arguments.ts by `npm run sync`; do not edit.
// Validates arguments that callers pass as text or numbers: pure functions.
import "./bun"

/**
 * The pairs in lines such as `NAME=value`; the value may hold any characters.
 * Throws if a line has no name. The error does not repeat the value, which may be a secret.
 */
export function assignments(argument: string, lines: string[]): [name: string, value: string][] {
  return lines.map((line) => {
    const [, name, value] = /^([^=\s]+)=([\s\S]*)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`${argument}: ${JSON.stringify(line.split("=")[0])} is not NAME=value`)
    return [name, value!]
  })
}

/** The number; throws if it is less than `least` or not a number. */
export function atLeast(argument: string, value: number, least: number): number {
  if (!(value >= least)) throw new Error(`${argument}: ${value} is less than ${least}`)
  return value
}

/** Throws if the number is not between 1 and `most`. */
export function fromOneTo(argument: string, value: number, most: number): void {
  if (!(value >= 1 && value <= most)) throw new Error(`${argument}: ${value} is not allowed; 1 to ${most} is`)
}

/** Throws if the text is none of the allowed ones. */
export function oneOf(argument: string, value: string, allowed: string[]): void {
  if (allowed.includes(value)) return
  const names = allowed.map((one) => one || '""').join(", ")
  throw new Error(`${argument}: unknown value ${JSON.stringify(value)}; allowed: ${names}`)
}

/** The address without slashes at its end, so that a path can be appended. */
export function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, "")
}
