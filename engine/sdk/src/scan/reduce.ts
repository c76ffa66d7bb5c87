/** Matches a method of a class of the client: its name and what it returns. */
const METHOD = /^ {2}(\w+) = (?:async )?\((?:[^]*?)\)(?:: (.+?))? => \{$/

/**
 * Reduces the generated client to what the scanner needs: the names of types, the members of enums, and the methods of
 * classes with their results, which TypeScript infers types from. Parameters and code are left out.
 */
export function reduceClient(source: string): string {
  const reduced: string[] = []
  const lines = source.split("\n")
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    const declared = /^export (class|enum|type|interface) (\w+)/.exec(line)
    if (line.startsWith("export const dag")) reduced.push("export declare const dag: Client")
    if (!declared) continue
    const [, kind, name] = declared as unknown as [string, string, string]
    // A declaration ends with its closing brace at the line's beginning.
    const body = (): string[] => {
      const from = i + 1
      while (i < lines.length - 1 && lines[i] !== "}") i++
      return lines.slice(from, i)
    }
    if (kind === "class") reduced.push(...reduceClass(name, line.endsWith("}") ? [] : body()))
    else if (kind === "enum") reduced.push(line, ...(line.includes("}") ? [] : [...body(), "}"]))
    else if (kind === "type" && line.includes("=") && !line.trimEnd().endsWith("{")) reduced.push(line)
    else if (kind === "type") reduced.push(`export type ${name} = { _?: string }`)
  }
  return reduced.join("\n") + "\n"
}

/** The private member keeps TypeScript from taking two classes with the same methods for one. */
function reduceClass(name: string, body: string[]): string[] {
  const methods: string[] = []
  for (let i = 0; i < body.length; i++) {
    if (!/^ {2}\w+ = (async )?\(/.test(body[i]!)) continue
    let head = body[i]!
    while (!head.endsWith("=> {") && i < body.length - 1) head += "\n" + body[++i]!
    const [, method, result = name] = METHOD.exec(head) ?? []
    if (method) methods.push(`  ${method}: (...args: any[]) => ${result}`)
  }
  return [`export declare class ${name} {`, "  private readonly _: never", ...methods, "}"]
}
