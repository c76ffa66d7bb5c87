// Reads variables that callers pass, and psql's errors: pure functions over text.
import { assignments } from "./shared/arguments"

/** The variables in lines such as `NAME=value`. Throws for a name that a shell cannot have, and for a duplicate. */
export function variables(lines: string[]): [name: string, value: string][] {
  const known = new Set<string>()
  const pairs = assignments("env", lines)
  for (const [name] of pairs) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`env: ${JSON.stringify(name)} is not NAME=value`)
    if (known.has(name)) throw new Error(`env: duplicate variable ${name}`)
    known.add(name)
  }
  return pairs
}

/** The line of psql's output that says why it failed, without psql's name and the line number. */
export function sqlError(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  return (lines.find((line) => /\b(ERROR|FATAL|error):/.test(line)) ?? lines[0] ?? "").replace(
    /^psql:(\S*?:\d+:)?\s*/,
    "",
  )
}
