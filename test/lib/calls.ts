/** Checks `dagger call` command lines against what a module offers, without an engine. */
import { kebab, type Argument, type Member, type ModuleApi } from "./module-api"

/** The `dagger … call …` commands of a shell script or README; a line that ends with a backslash continues. Those with `…` are left out. */
export function callsIn(script: string): string[] {
  return script
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^dagger .*\bcall\b/.test(line) && !line.includes("…"))
}

/** The module that a command names with `-m modules/NAME`; undefined for any other. */
export function moduleOf(command: string): string | undefined {
  return /(?:^|\s)-m modules\/([\w-]+)(?:\s|$)/.exec(command)?.[1]
}

/**
 * What is wrong with the functions and flags of a command; empty when all exist and none that is required is missing.
 * What follows a type of Dagger's own (`stdout`, `export --path out`) is not checked.
 */
export function problemsOf(command: string, api: ModuleApi): string[] {
  const words = wordsOf(command)
  const problems: string[] = []
  let members = api.objects.get(api.main)
  let current = members?.find(({ name }) => name === "constructor")
  let given: string[] = []
  const missing = (): string[] =>
    (current?.args ?? [])
      .filter(({ name, optional }) => !optional && !given.includes(kebab(name)))
      .map(({ name }) => `${kebab(current!.name)} needs --${kebab(name)}`)

  for (let rest = words.slice(words.indexOf("call") + 1); rest.length > 0; rest = rest.slice(1)) {
    const word = rest[0]!
    const [, flag, value] = /^--([^=]+)(=.*)?$/s.exec(word) ?? []
    if (flag !== undefined) {
      if (flag === "help") return problems
      if (/^(silent|progress)$/.test(flag)) continue
      const argument = current?.args?.find(({ name }) => kebab(name) === flag)
      if (!argument) return [...problems, unknownFlag(flag, current)]
      given.push(flag)
      if (value === undefined && argument.type !== "boolean") rest = rest.slice(1)
      continue
    }
    problems.push(...missing())
    const next: Member | undefined = members?.find(({ name }) => kebab(name) === word)
    if (!next)
      return [...problems, `there is no ${word}; there is ${(members ?? []).map((m) => kebab(m.name)).join(", ")}`]
    ;[current, given] = [next, []]
    members = api.objects.get(next.type.replace("[]", ""))
    // The rest belongs to a type of Dagger's own, after the flags of this function.
    if (!members) {
      const end = rest.findIndex((one, i) => i > 0 && !isFlagOrValue(rest, i, next))
      if (end > 0) rest = rest.slice(0, end)
    }
  }
  return [...problems, ...missing()]
}

/** Whether the word at `i` is a flag of the function, or the value of the flag before it. */
function isFlagOrValue(words: string[], i: number, { args = [] }: Member): boolean {
  if (words[i]!.startsWith("--")) return true
  const before = words[i - 1]!
  const isBoolean = args.some(({ name, type }) => `--${kebab(name)}` === before && type === "boolean")
  return before.startsWith("--") && !before.includes("=") && !isBoolean
}

/** Splits a command line into its words, up to a pipe or redirection; quotes are taken away. */
function wordsOf(command: string): string[] {
  const [line = ""] = command.match(/^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'|>;&])*/) ?? []
  const words = line.match(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g) ?? []
  return words.map((word) =>
    word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, a?: string, b?: string) => a ?? b ?? ""),
  )
}

function unknownFlag(flag: string, current: Member | undefined): string {
  const known = (current?.args ?? []).map(({ name }: Argument) => `--${kebab(name)}`).join(", ")
  return `${current?.name ?? "the module"} has no --${flag}; it has ${known || "none"}`
}
