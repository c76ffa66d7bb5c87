// Reads what callers give as text, and what the check has written: pure functions.

/** An address and what it is called by. */
export interface Address {
  name: string
  url: string
}

/** What was seen of an address. */
export interface Seen extends Address {
  healthy: boolean
  asked: number
  seconds: number
  /** What was wrong with the last answer. */
  fault: string
  /** The version in the last answer's body, where there is one. */
  sha?: string
}

/** The addresses in lines such as `api=http://product:8080/api/version`. None, a wrong one, or a name twice is an error. */
export function addresses(lines: string[]): Address[] {
  if (lines.length === 0) throw new Error("urls: none is given; one or more name=url are expected")
  const known = new Set<string>()
  return lines.map((line) => {
    const [, name, url] = /^([A-Za-z0-9._-]+)=(https?:\/\/\S+)$/.exec(line) ?? []
    if (name === undefined || !URL.canParse(url!))
      throw new Error(`urls: ${JSON.stringify(line)} is not name=url with an http or https address`)
    if (known.has(name)) throw new Error(`urls: ${name} is given twice`)
    known.add(name)
    return { name, url: url! }
  })
}

/** Reads health.json; undefined when there is none. */
export function parseSeen(report: string): Seen[] | undefined {
  return report.trim() === "" ? undefined : (JSON.parse(report) as Seen[])
}

/** What keeps the check from being green: the first address at fault and what is wrong with it; "" when nothing is. */
export function trouble(seen: Seen[], version: string, wait: number): string {
  const sick = seen.filter(({ healthy }) => !healthy)
  const first = sick[0]
  if (first)
    return `${first.name}: ${first.url} ${first.fault} (tried for ${wait} s)${
      sick.length > 1
        ? ` (and ${sick.length - 1} more: ${sick
            .slice(1)
            .map(({ name }) => name)
            .join(", ")})`
        : ""
    }`
  if (version !== "" && seen.every(({ sha }) => sha === undefined))
    return `no address tells a version, expected ${version}`
  return ""
}
