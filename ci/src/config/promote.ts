// What a release needs before it may go to an environment: `promote` of delivery.yaml, its defaults, and its faults.
import type { Fault } from "./cross-check"
import type { EnvironmentName } from "./types"

/** A step whose green verdict a promotion may require. */
export type RequiredStep = "pr" | EnvironmentName

/** The rules of a promotion. Durations are texts such as `2h`; `secondsOf` reads them. */
export interface Promote {
  /** Steps with a green verdict for the very tree. */
  requires: RequiredStep[]
  /** How old the newest of these verdicts may be. */
  maxAge?: string
  /** How long the last environment of `requires` must have been green. */
  soak?: string
  /** When deployments may begin; none is always. */
  windows: string[]
  freezes: Freeze[]
  approvals: { count: number; notAuthor: boolean; ttl: string }
  ticket?: { pattern: string; required: boolean }
}

/** Days on which no deployment may begin, as YYYY-MM-DD, the last one included. */
export interface Freeze {
  from: string
  to: string
  reason: string
  /** An IANA time zone; that of the first window if it is missing, or else UTC. */
  zone?: string
}

/** What the file has after validation: the schema has filled in all defaults but that of `requires`. */
export type WrittenPromote = Omit<Promote, "requires"> & Partial<Pick<Promote, "requires">>

/** A window in parts: days from Monday (0) on, minutes since midnight, a time zone. */
export interface Window {
  days: number[]
  from: number
  /** At or before `from` in a window that ends on the next day. */
  to: number
  zone: string
}

const order: RequiredStep[] = ["pr", "dev", "stage", "prod"]
/** The days of the week, Monday first, as windows name them. */
export const dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

/** Returns the rules of an environment; `requires` is by default pr, and for prod stage too. */
export function fullPromote(
  name: EnvironmentName,
  written: WrittenPromote,
  environments: Partial<Record<EnvironmentName, unknown>>,
): Promote {
  const usual: Record<EnvironmentName, RequiredStep[]> = { dev: [], stage: ["pr"], prod: ["pr", "stage"] }
  const required = written.requires ?? usual[name].filter((step) => step === "pr" || environments[step])
  return { ...written, requires: [...required].sort((a, b) => order.indexOf(a) - order.indexOf(b)) }
}

/** Returns the seconds of a duration such as `30m`. */
export function secondsOf(duration: string): number {
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }
  return Number(duration.slice(0, -1)) * units[duration.at(-1)!]!
}

/** Reads a window such as `Mon-Thu 08:00-16:00 Europe/Berlin`; throws an Error that says what is wrong with it. */
export function readWindow(text: string): Window {
  const match = /^(\S+) (\d\d):(\d\d)-(\d\d):(\d\d) (\S+)$/.exec(text.trim())
  if (!match) throw new Error("allowed: days, hours and a time zone, such as Mon-Thu 08:00-16:00 Europe/Berlin")
  const [, days, ...rest] = match
  const zone = rest.pop()!
  const [fromHour, fromMinute, toHour, toMinute] = rest.map(Number) as [number, number, number, number]
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute]
  if (fromMinute > 59 || toMinute > 59 || from >= 1440 || to > 1440)
    throw new Error("the hours are not a time of day; allowed: 00:00 to 24:00")
  if (from === to) throw new Error("the window has no length; a whole day is 00:00-24:00")
  if (!isZone(zone)) throw new Error(noZone(zone))
  return { days: [...new Set(days!.split(",").flatMap(readDays))].sort(), from, to, zone }
}

/** Reads a day or a range of days, `Fri` or `Sat-Mon`. */
function readDays(text: string): number[] {
  const ends = text.split("-").map((name) => dayNames.indexOf(name))
  if (ends.length > 2 || ends.includes(-1))
    throw new Error(`${JSON.stringify(text)} is no day; allowed: ${dayNames.join(", ")}, ranges and lists of them`)
  const [first, last = first] = ends as [number, number?]
  const count = ((last - first + 7) % 7) + 1
  return Array.from({ length: count }, (_, i) => (first + i) % 7)
}

/** Whether a text names a time zone of the IANA database. An offset such as +01:00 has no daylight saving, and is none. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone })
    return true
  } catch {
    return false
  }
}

const noZone = (zone: string): string =>
  `${JSON.stringify(zone)} is no time zone; allowed: names of the IANA database, such as UTC or Europe/Berlin`

/** Whether a text is a day of the calendar, YYYY-MM-DD. */
function isDay(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day)
}

/** Returns what does not fit together in an environment's rules. */
export function promoteFaults(
  name: string,
  { requires, windows, freezes, soak, maxAge, ticket }: Promote,
  environments: Partial<Record<EnvironmentName, unknown>>,
): Fault[] {
  const faults: Fault[] = []
  const add = (fault: string, ...keys: string[]) =>
    faults.push({ path: ["environments", name, "promote", ...keys], fault })
  const before = order.slice(0, order.indexOf(name as RequiredStep))
  const allowed = before.filter((step) => step === "pr" || environments[step])
  for (const step of requires.filter((one) => !allowed.includes(one))) {
    const why = before.includes(step) ? "delivery.yaml does not have it" : `it does not come before ${name}`
    add(`${JSON.stringify(step)} is not allowed: ${why}; allowed: ${allowed.join(", ")}`, "requires")
  }
  if (soak && !requires.some((step) => step !== "pr"))
    add(`${soak} has nothing to count from; name an environment in requires, such as stage`, "soak")
  if (maxAge && !requires.length) add(`${maxAge} is the age of no verdict; name steps in requires`, "maxAge")
  if (soak && maxAge && requires.length && secondsOf(soak) >= secondsOf(maxAge))
    add(`${soak} is not shorter than maxAge (${maxAge}): a release would be too old once it has soaked`, "soak")
  windows.forEach((text, i) => {
    const fault = errorOf(() => readWindow(text))
    if (fault) add(`${JSON.stringify(text)}: ${fault}`, "windows", String(i))
  })
  freezes.forEach(({ from, to, zone }, i) => {
    const at = (key: string) => ["freezes", String(i), key]
    for (const [key, day] of Object.entries({ from, to }))
      if (!isDay(day)) add(`${JSON.stringify(day)} is no day of the calendar`, ...at(key))
    if (from > to) add(`${to} is before from (${from})`, ...at("to"))
    if (zone !== undefined && !isZone(zone)) add(noZone(zone), ...at("zone"))
  })
  const pattern = ticket && errorOf(() => new RegExp(ticket.pattern, "u"))
  if (pattern) add(`${JSON.stringify(ticket.pattern)} is no regular expression: ${pattern}`, "ticket", "pattern")
  return faults
}

function errorOf(call: () => unknown): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
