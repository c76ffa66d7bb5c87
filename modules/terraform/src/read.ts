import { firstLine } from "./shared/clock"
import type { Finding, Reading } from "./shared/sarif"
import { couldNotRun, crashIn, plainText, type Ended } from "./shared/words"

// Reads arguments, and the output of terraform fmt, validate and init: pure functions over text.

/** `rest` of `path`, where path is a folder ("." for the root). */
export function under(path: string, rest: string): string {
  return path === "." || path === "" ? rest : `${path}/${rest}`
}

/** A path without a leading `./` and trailing slashes; an error when it leads out of the source. */
export function cleanPath(path: string): string {
  const clean = path.replace(/^(\.\/+)+/, "").replace(/\/+$/, "") || "."
  if (clean.startsWith("/") || clean.split("/").includes(".."))
    throw new Error(
      `path: ${JSON.stringify(path)} leads out of the source; give a folder in it, such as terraform/stack`,
    )
  return clean
}

/** The files of a configuration: Terraform's and OpenTofu's, in their own language and in JSON. */
export const configurationFiles = ["*.tf", "*.tofu", "*.tf.json", "*.tofu.json"]

/** Why a JSON file of a configuration cannot be read; "" if it can. No formatter looks at these. */
export function jsonFault(file: string, text: string): string {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""))
    return typeof value === "object" && value !== null ? "" : `cannot read ${file}: it holds no object`
  } catch (error) {
    return `cannot read ${file}: ${(error as Error).message}`
  }
}

/** The files in the output of `terraform fmt -check -recursive -diff`, each with the first line that would change. */
export function unformattedAt(output: string): Finding[] {
  const findings: Finding[] = []
  const lines = output.split("\n")
  for (const [i, text] of lines.entries()) {
    const file = /^--- old\/(.+)$/.exec(text)?.[1]
    // A line that a file loses can look like the first line of a diff, but the second line is another then.
    if (!file || lines[i + 1] !== `+++ new/${file}`) continue
    if (findings.some((one) => one.file === file)) continue
    const from = Number(/^@@ -(\d+)/.exec(lines[i + 2] ?? "")?.[1] ?? 1)
    const changed = lines.slice(i + 3).findIndex((line) => /^[-+]/.test(line))
    const line = from + Math.max(0, changed)
    findings.push({ tool: "terraform", rule: "fmt", text: "is not formatted", file, line, column: 0 })
  }
  return findings
}

/** Reads a run of fmtScript or hclfmtScript: exit code 3 means that files are not formatted. */
export function readLint(ended: Ended, output: string, tool: string): Reading {
  const findings = unformattedAt(output)
  const error = firstError(output, ".")
  const isTold = ended.exitCode === 0 || (ended.exitCode === 3 && findings.length > 0)
  const isWell = isTold && !ended.timedOut && crashIn(output) === undefined
  const broken = isWell ? "" : error ? `cannot read ${error}` : couldNotRun(tool, ended, output)
  return { findings, broken, clean: "all files are formatted" }
}

/** One line on findings: the first, and how many more. */
export function describeFindings(findings: Finding[]): string {
  return more(
    findings.map(({ file, line, text }) => `${file}:${line} ${text}`),
    "file",
  )
}

/** An error or a warning in Terraform's JSON. */
export interface Diagnostic {
  severity: string
  summary: string
  detail?: string
  range?: { filename: string; start: { line: number } }
}

/** A diagnostic in one line, with its file from the source's root. */
export function inOneLine({ summary, detail, range }: Diagnostic, path: string): string {
  const where = range ? `${under(path, range.filename)}:${range.start.line}: ` : ""
  const parts = [summary, firstLine((detail ?? "").replace(/\s+/g, " "))]
  return `${where}${parts.filter((part) => part !== "").join(": ")}`
}

/** The errors of `terraform validate -json`. */
export function validateErrors(json: string, path: string): string[] {
  if (json.trim() === "") return []
  const { diagnostics } = JSON.parse(json) as { diagnostics: Diagnostic[] }
  return diagnostics.filter(({ severity }) => severity === "error").map((diagnostic) => inOneLine(diagnostic, path))
}

/** The first error in the text that Terraform prints for people, with file and line where it names them. */
export function firstError(output: string, path: string): string {
  const lines = plainText(output)
    .split("\n")
    .map((line) => line.replace(/^[│╷╵ ]+/, "").trim())
  const at = lines.findIndex((line) => line.startsWith("Error: "))
  if (at < 0) return ""
  const rest = lines.slice(at + 1)
  const end = rest.findIndex((line) => line.startsWith("Error: "))
  const block = rest.slice(0, end < 0 ? undefined : end).filter((line) => line !== "")
  const [, file, number] = /^on (\S+) line (\d+)/.exec(block.find((line) => line.startsWith("on ")) ?? "") ?? []
  const detail = block.find((line) => !/^on |^\d+: |^[├└]/.test(line)) ?? ""
  const where = file ? `${under(path, file)}:${number}: ` : ""
  const parts = [lines[at]!.slice("Error: ".length), detail]
  return `${where}${parts.filter((part) => part !== "").join(": ")}`
}

/** A text without the escape codes of colors: `force-unlock` has no -no-color for its errors. */
export function withoutColours(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, "")
}

/** Whether a text is the ID of a lock. */
export function isLockId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

/** The first of several, and how many more. */
export function more(findings: string[], noun: string): string {
  const rest = findings.length - 1
  return rest > 0 ? `${findings[0]} (and ${rest} more ${noun}${rest > 1 ? "s" : ""})` : (findings[0] ?? "")
}
