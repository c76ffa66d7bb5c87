import { firstLine } from "./shared/clock"
import type { Finding } from "./shared/sarif"

// Reads what the scripts and helm have written, and what callers give as text: pure functions.

/** What a script has found: the lines `key=value` of /report/outcome. */
export interface Outcome {
  /** Why, in one line. */
  reason: string
  /** The revision that is there now; undefined when none is. */
  revision?: number
}

export function outcome(text: string): Outcome {
  const found = new Map(
    text
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  )
  const revision = Number(found.get("revision") || NaN)
  return { reason: firstLine(found.get("reason") ?? ""), revision: Number.isInteger(revision) ? revision : undefined }
}

/** `--set` arguments of lines such as `image.tag=1.2`. One that has no name is an error. */
export function setArguments(lines: string[]): string[] {
  for (const line of lines)
    if (!/^[^=\s]+=/.test(line)) throw new Error(`set: ${JSON.stringify(line.split("=")[0])} is not NAME=value`)
  return lines.flatMap((line) => ["--set", line])
}

/** Refuses a name that Kubernetes or helm would refuse later, in words that say which argument it was. */
export function checkName(argument: string, value: string, longest = 63): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value) || value.length > longest) {
    throw new Error(
      `${argument}: ${JSON.stringify(value)} must be lower-case letters, digits and dashes, begin and end with a letter or digit, and have at most ${longest} characters`,
    )
  }
}

/** Refuses keys that a Kubernetes Secret cannot have, and a number of keys that is not that of the values. */
export function checkSecret(name: string, keys: string[], values: number): void {
  if (name === "" && keys.length === 0 && values === 0) return
  checkName("secretName", name, 253)
  if (keys.length !== values)
    throw new Error(`secretKeys: ${keys.length} keys for ${values} secrets; each secret needs its key`)
  if (keys.length === 0) throw new Error("secretKeys: a secret without keys holds nothing")
  for (const key of keys)
    if (!/^[-._A-Za-z0-9]+$/.test(key))
      throw new Error(`secretKeys: ${JSON.stringify(key)} must be letters, digits, dots, dashes and underscores`)
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice !== undefined) throw new Error(`secretKeys: ${twice} is given twice`)
}

/** The host and the folder of an OCI address such as `registry:5000/charts`. */
export function registryHost(address: string): string {
  const [, host] = /^(?:oci:\/\/)?([A-Za-z0-9.-]+(?::\d+)?)(\/[a-z0-9._/-]+)?$/.exec(address) ?? []
  if (host === undefined)
    throw new Error(`registry: ${JSON.stringify(address)} is not host/path such as registry:5000/charts`)
  return host
}

/** The reference with digest of what `helm push` has pushed. */
export function pushed(output: string): string {
  const reference = /^Pushed: (\S+?)(:[^:/\s]+)?$/m.exec(output)?.[1]
  const digest = /^Digest: (sha256:[0-9a-f]{64})$/m.exec(output)?.[1]
  if (!reference || !digest) throw new Error(`helm push named no digest: ${trouble(output)}`)
  return `${reference}@${digest}`
}

/** The line of helm's output that says why it failed, without its label. */
export function trouble(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(WARNING|\S+\.go:\d+:|time=)/.test(line))
  return firstLine(
    (
      lines.find((line) => /^Error: /.test(line)) ??
      lines.find((line) => /\[ERROR\]/.test(line)) ??
      lines.at(-1) ??
      ""
    ).replace(/^(Error|\[ERROR\]):? /, ""),
  )
}

/** What `helm lint` has found in the chart at `path`, with files from the source's root. Its notes are left out. */
export function lintFindings(output: string, path: string): Finding[] {
  return output.split(/^(?=\[(?:INFO|WARNING|ERROR)\] |==> |Error: )/m).flatMap((block) => {
    const [, level, part, words] = /^\[(ERROR|WARNING)\] ([^:\s]*):? ?([\s\S]*)$/.exec(block.trim()) ?? []
    if (!level) return []
    const text = words!.replace(/\s+/g, " ").trim()
    // A template is named from the chart's own name: demo/templates/web.yaml:3. What is rendered has lines of its own, which the file does not have.
    const template = /\b[\w.-]+\/((?:charts\/[\w.-]+\/)*templates\/[^\s:()"]+):(\d+)/.exec(text)
    const own = part!.replace(/\/$/, "")
    const line = template
      ? Number(template[2])
      : own.startsWith("templates")
        ? 0
        : Number(/\bline (\d+)/.exec(text)?.[1] ?? 0)
    const said = text.replace(/ at \(\S+:\d+\)/, "").replace(/^template: \S+?:\d+(?::\d+)?: (executing "[^"]*" )?/, "")
    return [
      {
        tool: "helm",
        rule: template || own.startsWith("templates") ? "template" : own || "chart",
        text: said,
        file: under(path, template?.[1] ?? own),
        line,
        column: 0,
        level: level === "ERROR" ? "error" : "warning",
      },
    ]
  })
}

/** The findings of several runs, each once, with the values of the first run that has it. */
export function mergedFindings(runs: { findings: Finding[]; values: string[] }[]): Finding[] {
  const seen = new Set<string>()
  return runs.flatMap(({ findings, values }) =>
    findings.flatMap((finding) => {
      const key = JSON.stringify(finding)
      if (seen.has(key)) return []
      seen.add(key)
      return [values.length ? { ...finding, text: `${finding.text} (with ${values.join(", ")})` } : finding]
    }),
  )
}

/** One line on findings: the first, and how many more. */
export function describeLint(findings: Finding[]): string {
  const [first] = findings
  if (!first) return ""
  const rest = findings.length - 1
  return `${first.file}${first.line ? `:${first.line}` : ""} ${firstLine(first.text)}${rest ? `, and ${rest} more` : ""}`
}

/** `rest` of `path`, where path is a folder ("." for the root). */
function under(path: string, rest: string): string {
  return path === "." ? rest || "." : `${path}${rest ? `/${rest}` : ""}`
}
