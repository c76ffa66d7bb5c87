// `<< … >>`: how CircleCI 2.1 fills parameters and pipeline values in before anything runs.
import { evaluate } from "./expressions"
import { isMap, type Faults, type Json } from "./faults"

/** What may be named between << and >>. */
export interface Scope {
  /** Values of the parameters of the command, job or executor; undefined where there are none to declare. */
  parameters?: Json
  /** Values of the matrix that makes the job. */
  matrix?: Json
  /** Pipeline values by name, such as `pipeline.git.branch`. */
  values: Json
  /** Values of the pipeline's parameters. */
  pipeline: Json
  faults: Faults
}

/** Returns a value with every `<< … >>` in it filled in. A text that is nothing but one keeps the type of the value. */
export function filled(value: unknown, path: string, scope: Scope): unknown {
  if (typeof value === "string") return filledText(value, path, scope)
  if (Array.isArray(value)) return value.map((one, i) => filled(one, `${path}[${i}]`, scope))
  if (!isMap(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      String(filledText(key, `${path} (key)`, scope)),
      filled(one, `${path}.${key}`, scope),
    ]),
  )
}

function filledText(text: string, path: string, scope: Scope): unknown {
  const parts: unknown[] = []
  let rest = text
  for (;;) {
    const open = /(\\*)<</.exec(rest)
    if (!open) break
    const slashes = open[1]!
    const before = rest.slice(0, open.index) + "\\".repeat(Math.floor(slashes.length / 2))
    rest = rest.slice(open.index + open[0].length)
    if (slashes.length % 2 === 1) {
      parts.push(`${before}<<`)
      continue
    }
    const close = rest.indexOf(">>")
    if (close < 0) {
      scope.faults.add(path, text, "every << begins a parameter and needs its >>; << of the shell is written \\<<")
      return text
    }
    parts.push(before, valueOf(rest.slice(0, close), path, scope))
    rest = rest.slice(close + 2)
  }
  const all = [...parts, rest].filter((part) => part !== "")
  return all.length === 1 ? all[0] : all.map((part) => (isMap(part) ? JSON.stringify(part) : String(part))).join("")
}

function valueOf(content: string, path: string, scope: Scope): unknown {
  try {
    return evaluate(content, (name) => lookedUp(name, scope))
  } catch (error) {
    const why = (error as Error).message
    scope.faults.add(path, `<<${content}>>`, `${why}; a parameter or an expression stands between << and >>`)
    return ""
  }
}

/** Returns the value of a name; throws with the names that there are. */
export function lookedUp(name: string, { parameters, matrix, values, pipeline }: Scope): unknown {
  const [, group, key] = /^(parameters|matrix|pipeline\.parameters)\.(.+)$/.exec(name) ?? []
  const known = group === "parameters" ? parameters : group === "matrix" ? matrix : group ? pipeline : values
  const found = group ? key! : name
  if (known && Object.hasOwn(known, found)) return known[found]
  const names = Object.keys(known ?? {}).map((one) => (group ? `${group}.${one}` : one))
  throw new Error(`${name} is not declared; declared are ${names.join(", ") || "none"}`)
}
