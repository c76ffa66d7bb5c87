// Whether deployments may begin at a moment, and when next: windows and freezes in their time zones, across daylight saving changes.
import { dayNames, readWindow, type Freeze, type Promote, type Window } from "../config/promote"

const minute = 60
const dayMinutes = 1440
const weekMinutes = 7 * dayMinutes

/** A moment as a clock on a wall shows it. */
interface WallTime {
  /** YYYY-MM-DD. */
  day: string
  /** Minutes since Monday 00:00. */
  ofWeek: number
  /** HH:MM. */
  time: string
  weekday: string
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Returns what a clock in a time zone shows at a moment in seconds since 1970. */
export function wallTime(at: number, zone: string): WallTime {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      weekday: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    })
    formats.set(zone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(at * 1000).map(({ type, value }) => [type, value]))
  const { year, month, day, hour, minute: minutes, weekday } = parts as Record<string, string>
  const ofWeek = dayNames.indexOf(weekday!) * dayMinutes + Number(hour) * 60 + Number(minutes)
  return { day: `${year}-${month}-${day}`, ofWeek, time: `${hour}:${minutes}`, weekday: weekday! }
}

/** Returns a moment as people read it: `Mon 2026-11-30 08:00 Europe/Berlin`. */
export function atText(at: number, zone: string): string {
  const { weekday, day, time } = wallTime(at, zone)
  return `${weekday} ${day} ${time} ${zone}`
}

/** Whether a window is open at a minute of its week. */
function isOpen({ days, from, to }: Window, ofWeek: number): boolean {
  const length = to > from ? to - from : to + dayMinutes - from
  return days.some((day) => (ofWeek - (day * dayMinutes + from) + weekMinutes) % weekMinutes < length)
}

/**
 * Returns the moment from `at` on at which one of the windows is open; `at` itself if one is, or if there is none. Hours are
 * those of the wall clock: an hour that a daylight saving change leaves out never comes, and one that it repeats counts twice.
 */
export function nextOpen(windows: string[], at: number): number | undefined {
  if (!windows.length) return at
  const moments = windows.map((text) => nextOpenOf(readWindow(text), at)).filter((moment) => moment !== undefined)
  return moments.length ? Math.min(...moments) : undefined
}

function nextOpenOf(window: Window, at: number): number | undefined {
  // Fifteen days hold two occurrences of every window, so one that is left out by a daylight saving change is no end.
  const end = at + 15 * dayMinutes * minute
  for (let moment = at; moment <= end;) {
    const { ofWeek } = wallTime(moment, window.zone)
    if (isOpen(window, ofWeek)) return moment
    const wait = Math.min(
      ...window.days.map((day) => (day * dayMinutes + window.from - ofWeek + weekMinutes) % weekMinutes),
    )
    // Long waits end three hours early, so that no change of the clock is jumped over; then every minute is looked at.
    moment = (Math.floor(moment / minute) + (wait > 200 ? wait - 180 : 1)) * minute
  }
  return undefined
}

/** Returns the time zone of a freeze. */
export function zoneOf({ zone }: Pick<Freeze, "zone">, windows: string[]): string {
  return zone ?? (windows[0] === undefined ? "UTC" : readWindow(windows[0]).zone)
}

/** Returns the freeze that a moment is in. */
export function freezeAt({ freezes, windows }: Pick<Promote, "freezes" | "windows">, at: number): Freeze | undefined {
  return freezes.find((freeze) => {
    const { day } = wallTime(at, zoneOf(freeze, windows))
    return freeze.from <= day && day <= freeze.to
  })
}

/** Returns the first moment after the last day of a freeze. */
export function endOf(freeze: Freeze, windows: string[]): number {
  const zone = zoneOf(freeze, windows)
  const step = 15 * minute
  // All offsets of time zones are multiples of 15 minutes, from -12 to +14 hours.
  let at = Date.parse(`${freeze.to}T00:00:00Z`) / 1000 + 9 * 3600
  while (wallTime(at, zone).day <= freeze.to) at += step
  return at
}
