// Reads what callers give as text: pure functions.

/** The variables in lines such as `NAME=value`. A name that a shell could not have, or that is given twice, is an error. */
export function variables(lines: string[]): [name: string, value: string][] {
  const seen = new Set<string>()
  return lines.map((line) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`env: ${JSON.stringify(line.split("=")[0])} is not NAME=value`)
    if (seen.has(name)) throw new Error(`env: ${name} is given twice`)
    seen.add(name)
    return [name, value!]
  })
}

/** Why psql failed, in one line, without its own name and the number of the line. */
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
