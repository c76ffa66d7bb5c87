// CircleCI's expressions, such as `pipeline.git.branch == "main" and not pipeline.parameters.quick`, and its logic statements.
import { isMap } from "./faults"

/** Returns the value of a name such as `pipeline.git.branch`; throws if there is none. */
export type Lookup = (name: string) => unknown

/** Falsy in CircleCI: false, null, 0, NaN and the empty string. */
export const isTruthy = (value: unknown): boolean => Boolean(value)

const tokenForm =
  /\s*(?:("(?:[^"\\]|\\.)*")|(\/(?:[^/\\]|\\.)+\/)|(==|!=|>=|<=|[<>()])|(-?\d+(?:\.\d+)?)(?![\w.-])|([A-Za-z][\w.-]*))/y

/** Evaluates an expression; throws with what is wrong. */
export function evaluate(text: string, lookup: Lookup): unknown {
  const tokens = tokensOf(text)
  const parser = new Parser(tokens, lookup)
  const value = parser.or()
  if (parser.rest.length) throw new Error(`${parser.rest[0]} is not expected there`)
  return value
}

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  tokenForm.lastIndex = 0
  const trimmed = text.trimEnd()
  while (tokenForm.lastIndex < trimmed.length) {
    const at = tokenForm.lastIndex
    const match = tokenForm.exec(trimmed)
    if (!match) throw new Error(`no expression begins with ${trimmed.slice(at, at + 20).trim()}`)
    tokens.push(match[0].trim())
  }
  if (!tokens.length) throw new Error("it is empty")
  return tokens
}

class Parser {
  constructor(
    readonly rest: string[],
    private readonly lookup: Lookup,
  ) {}

  or(): unknown {
    let value = this.and()
    while (this.take("or")) {
      const other = this.and()
      value = isTruthy(value) ? value : other
    }
    return value
  }

  private and(): unknown {
    let value = this.comparison()
    while (this.take("and")) {
      const other = this.comparison()
      value = isTruthy(value) ? other : value
    }
    return value
  }

  private comparison(): unknown {
    const left = this.unary()
    const operator = ["==", "!=", "starts-with", "matches", ">=", "<=", ">", "<"].find((one) => this.take(one))
    if (!operator) return left
    const right = this.unary()
    if (operator === "==") return left === right
    if (operator === "!=") return left !== right
    const type = operator === "starts-with" || operator === "matches" ? "string" : "number"
    for (const side of [left, right])
      if (typeof side !== type && !(side instanceof RegExp))
        throw new Error(`${operator} compares values of type ${type}, not ${JSON.stringify(side)}`)
    if (operator === "starts-with") return (left as string).startsWith(right as string)
    if (operator === "matches")
      return matchesWhole(right instanceof RegExp ? right.source : (right as string), left as string)
    const [a, b] = [left as number, right as number]
    return operator === ">=" ? a >= b : operator === "<=" ? a <= b : operator === ">" ? a > b : a < b
  }

  private unary(): unknown {
    if (this.take("not")) return !isTruthy(this.unary())
    if (this.take("(")) {
      const value = this.or()
      if (!this.take(")")) throw new Error("a ) is missing")
      return value
    }
    const token = this.rest.shift()
    if (token === undefined) throw new Error("it ends too early")
    if (token.startsWith('"')) return JSON.parse(token) as string
    if (token.startsWith("/")) return new RegExp(token.slice(1, -1))
    if (/^-?\d/.test(token)) return Number(token)
    if (token === "true" || token === "false") return token === "true"
    if (!/^[A-Za-z]/.test(token) || ["and", "or"].includes(token)) throw new Error(`${token} is not expected there`)
    return this.lookup(token)
  }

  private take(token: string): boolean {
    if (this.rest[0] !== token) return false
    this.rest.shift()
    return true
  }
}

/** Whether a pattern matches a whole text: CircleCI's filters and `matches` match no part of it. */
export function matchesWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text)
}

/** Evaluates a logic statement whose parameters are filled in; throws with what is wrong. */
export function holds(statement: unknown): boolean {
  if (!isMap(statement)) {
    if (Array.isArray(statement)) throw new Error("a list is no logic statement")
    return isTruthy(statement)
  }
  const [[kind, argument] = [], ...others] = Object.entries(statement)
  if (kind === undefined || others.length) throw new Error("one of and, or, not, equal, matches")
  const many = (): unknown[] => {
    if (!Array.isArray(argument) || !argument.length) throw new Error(`${kind} takes a list that is not empty`)
    return argument
  }
  if (kind === "and") return many().every(holds)
  if (kind === "or") return many().some(holds)
  if (kind === "not") return !holds(argument)
  if (kind === "equal") return many().every((one) => JSON.stringify(one) === JSON.stringify(many()[0]))
  if (kind === "matches" && isMap(argument) && typeof argument.pattern === "string")
    return matchesWhole(argument.pattern, String(argument.value))
  throw new Error(
    kind === "matches" ? "matches takes pattern and value" : `${kind}: one of and, or, not, equal, matches`,
  )
}
