// Generated from modules/shared/refusal.ts by `npm run sync`; do not edit.
// Why private modules could not be fetched: pure functions over text.

const ifPrivate = "if it is private, pass goproxy, or goprivate with its path and netrc with a login"

/** Which server refused which module, and what to pass; empty when the output shows no refusal. */
export function refusal(output: string): string {
  const [, what = "a module", address = "", code = "", words = ""] =
    /(?:([\w.~/-]+@[\w.+-]+)\S*:[^\n]*?)?reading (https?:\/\/\S+): (401|403|404|410) ([A-Z][\w ]*)/.exec(output) ?? []
  if (code === "401" || code === "403")
    return `${hostOf(address)} refuses ${what} (${code} ${words.trim()}): ${pass(hostOf(address))}`
  const [, refused = ""] =
    /fatal: (?:could not read (?:Username|Password) for|Authentication failed for|unable to access) '(https?:\/\/[^']+)'/.exec(
      output,
    ) ?? []
  if (refused)
    return `${hostOf(refused)} refuses ${moduleOf(output)} (git has no login): ${pass(hostOf(refused).replace(/:\d+$/, ""))}`
  if (code) return `${hostOf(address)} has no ${what} (${code} ${words.trim()}): ${ifPrivate}`
  return ""
}

/** Go takes a port into account where it looks into netrc, git does not. */
const pass = (host: string): string => `pass netrc with a login for ${host}, or goproxy with one in the address`

function hostOf(address: string): string {
  return address
    .replace(/^https?:\/\/(?:[^/@]*@)?/, "")
    .replace(/[/?:'"]*$/, "")
    .split(/[/?]/)[0]!
}

function moduleOf(output: string): string {
  return /([\w-]+(?:\.[\w-]+)+\/[\w.~/-]+@[\w.+-]+)/.exec(output)?.[1] ?? "a module"
}
