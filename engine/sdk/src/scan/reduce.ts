/** The generated client's names without its code: all that the scanner asks of it. */
export function reduceClient(source: string): string {
  const out: string[] = []
  let inEnum = false
  for (const line of source.split("\n")) {
    if (inEnum) {
      out.push(line)
      inEnum = line !== "}"
      continue
    }
    const declared = /^export (class|enum|type|interface) (\w+)/.exec(line)
    if (!declared) continue
    const [, kind, name] = declared
    if (kind === "class") out.push(`export class ${name} {}`)
    else if (kind === "enum") {
      out.push(line)
      inEnum = !line.includes("}")
    } else if (kind === "type" && line.includes("=") && !line.trimEnd().endsWith("{")) out.push(line)
    else if (kind === "type") out.push(`export type ${name} = { _?: string }`)
  }
  return out.join("\n") + "\n"
}
