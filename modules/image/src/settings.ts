// Reads arguments that callers give as text: pure functions.

/** `NAME=value` lines as pairs. A line without a name, or a name that occurs twice, is an error that names the argument. */
export function pairs(argument: string, lines: string[], name: RegExp): [string, string][] {
  const seen = new Set<string>()
  return lines.map((line) => {
    const at = line.indexOf("=")
    const key = line.slice(0, Math.max(0, at))
    if (!name.test(key)) throw new Error(`${argument}: ${JSON.stringify(at < 0 ? line : key)} is not NAME=value`)
    if (seen.has(key)) throw new Error(`${argument}: ${key} is given twice`)
    seen.add(key)
    return [key, line.slice(at + 1)]
  })
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
