// Reads arguments that callers give as text: pure functions.
import { assignments } from "./shared/arguments"

/** `NAME=value` lines as pairs. A name of another form, or one that occurs twice, is an error that names the argument. */
export function pairs(argument: string, lines: string[], form: RegExp): [string, string][] {
  const all = assignments(argument, lines)
  for (const [i, [name]] of all.entries()) {
    if (!form.test(name)) throw new Error(`${argument}: ${JSON.stringify(name)} is not NAME=value`)
    if (all.findIndex(([other]) => other === name) < i) throw new Error(`${argument}: ${name} is given twice`)
  }
  return all
}

/** The content of version.json: a commit and its time. */
export function versionText(sha: string, commitTime: string): string {
  if (!/^[0-9a-f]{40}(-dirty(-[0-9a-f]{12})?)?$/.test(sha))
    throw new Error(
      `sha: ${JSON.stringify(sha)} is not a commit's full hash: 40 hexadecimal digits, ` +
        "then nothing, -dirty, or -dirty- and 12 hexadecimal digits",
    )
  if (Number.isNaN(Date.parse(commitTime)))
    throw new Error(`commitTime: ${JSON.stringify(commitTime)} is not a time in RFC 3339, such as 2026-01-31T12:00:00Z`)
  return JSON.stringify({ sha, commitTime })
}

/** The user, if it is not root: a number above 0, with or without a group. */
export function notRoot(user: string): string {
  if (!/^[1-9]\d*(:\d+)?$/.test(user))
    throw new Error(
      `user: ${JSON.stringify(user)} is not a numeric user above 0, such as 65532 or 65532:65532: ` +
        "a cluster refuses an image whose user may be root",
    )
  return user
}
