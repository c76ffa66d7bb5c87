// What CircleCI would refuse, each with its path, its value and what is allowed.

/** A configuration that CircleCI does not compile. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(faults.join("\n"))
  }
}

/** Collects faults, so that all of them are shown at once. */
export class Faults {
  readonly list: string[] = []

  /** Notes that a value is not allowed, and what is. */
  add(path: string, value: unknown, allowed: string): void {
    const text = typeof value === "string" && value.length > 160 ? `${value.slice(0, 160)}…` : value
    const line = `${path}: ${JSON.stringify(text) ?? "nothing"} is not allowed; ${allowed}`
    if (!this.list.includes(line)) this.list.push(line)
  }

  /** Notes each key of a map that is not among these. */
  keys(path: string, map: object, allowed: readonly string[]): void {
    for (const key of Object.keys(map)) if (!allowed.includes(key)) this.add(path, key, allowed.join(", "))
  }

  throwAny(): void {
    if (this.list.length) throw new ConfigError(this.list)
  }
}

export type Json = Record<string, unknown>

export const isMap = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
