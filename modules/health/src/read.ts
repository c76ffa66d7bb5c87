// Reads the addresses that callers name and the report that the check writes: pure functions over text.
import { isWhole } from "./shared/words"

/** A named address. */
export interface Address {
  name: string
  url: string
}

/** What the check observed at one address. */
export interface Seen extends Address {
  healthy: boolean
  /** Number of requests that were sent. */
  requests: number
  /** Seconds until the address was healthy or the check gave up. */
  seconds: number
  /** What was wrong with the last response; "" if nothing was. */
  fault: string
  /** The version in the body of the last response, if it has one. */
  sha?: string
}

/**
 * Parses lines such as `page=http://product:8080/version.json`.
 * Throws if there is no line, if a line is not `name=url`, or if a name occurs twice.
 */
export function addresses(lines: string[]): Address[] {
  if (lines.length === 0) throw new Error("urls: missing; expected one or more name=url")
  const known = new Set<string>()
  return lines.map((line) => {
    const [, name, url] = /^([A-Za-z0-9._-]+)=(https?:\/\/\S+)$/.exec(line) ?? []
    if (name === undefined || !URL.canParse(url!))
      throw new Error(`urls: ${JSON.stringify(line)} is not name=url with an http or https URL`)
    if (known.has(name)) throw new Error(`urls: duplicate name ${name}`)
    known.add(name)
    return { name, url: url! }
  })
}

/** Reads health.json; undefined if the file is missing, or half of it. */
export function parseSeen(report: string): Seen[] | undefined {
  return isWhole(report) ? (JSON.parse(report) as Seen[]) : undefined
}

/**
 * Why the check fails: the first unhealthy address with its fault, then the names of the others; "" if all is well.
 * `wait` is the number of seconds that the addresses had.
 */
export function trouble(seen: Seen[], version: string, wait: number): string {
  const [first, ...others] = seen.filter(({ healthy }) => !healthy)
  if (first) {
    const more = others.length ? ` (and ${others.length} more: ${others.map(({ name }) => name).join(", ")})` : ""
    return `${first.name}: ${first.url} ${first.fault} (tried for ${wait} s)${more}`
  }
  if (version !== "" && seen.every(({ sha }) => sha === undefined))
    return `no address reports a version, expected ${version}`
  return ""
}
