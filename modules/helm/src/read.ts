import { assignments } from "./shared/arguments"
import { firstLine } from "./shared/clock"
import type { Finding, Reading } from "./shared/sarif"
import { couldNotRun, crashIn, plainText, type Ended } from "./shared/words"

// Reads what the scripts and helm have written, and arguments that callers give as text: pure functions.

/** The outcome that a script writes to /report/outcome. */
export interface Outcome {
  /** The result's reason, in one line. */
  reason: string
  /** The release's last revision; undefined when there is none. */
  revision?: number
  /** The revision that the script has created, 0 for none; undefined if the cluster could not say it. */
  created?: number
}

/** Reads the lines `key=value` of /report/outcome. */
export function outcome(text: string): Outcome {
  const found = new Map(
    text
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  )
  return {
    reason: firstLine(found.get("reason") ?? ""),
    revision: numberOf(found.get("revision")),
    created: numberOf(found.get("created")),
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text && /^\d+$/.test(text) ? Number(text) : undefined
}

/** Adds to each revision of helm's history its labels, from the output of historyScript; helm's own labels are left out. */
export function historyWithLabels(output: string): string {
  const [history = "[]", ...lines] = output.trim().split("\n")
  const labels = new Map(
    lines.map((line) => {
      const [revision, ...pairs] = line.split(" ")
      const named = pairs.map((pair) => pair.split("=") as [string, string])
      return [Number(revision), Object.fromEntries(named.filter(([name]) => !helmsOwn.includes(name)))]
    }),
  )
  const revisions = JSON.parse(history) as { revision: number }[]
  return JSON.stringify(revisions.map((one) => ({ ...one, labels: labels.get(one.revision) ?? {} })))
}

/** The labels that helm gives each of its records. */
const helmsOwn = ["name", "owner", "status", "version", "createdAt", "modifiedAt"]

/** The `--set` arguments for values such as `image.tag=1.2`. A value without a name is an error. */
export function setArguments(lines: string[]): string[] {
  return assignments("set", lines).flatMap(([name, value]) => ["--set", `${name}=${value}`])
}

/** Refuses a name that Kubernetes or helm would refuse later, with an error that names the argument. */
export function checkName(argument: string, value: string, longest = 63): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value) || value.length > longest) {
    throw new Error(
      `${argument}: ${JSON.stringify(value)} must consist of lower-case letters, digits and dashes, ` +
        `begin and end with a letter or digit, and have at most ${longest} characters`,
    )
  }
}

/** Refuses keys that a Kubernetes Secret cannot have, keys without a Secret, and a Secret without keys. */
export function checkSecret(name: string, keys: string[]): void {
  if (name === "" && keys.length === 0) return
  checkName("secretName", name, 253)
  if (keys.length === 0) throw new Error(`secretName: ${name} has no keys: call with-secret for each of them`)
  for (const key of keys)
    if (!/^[-._A-Za-z0-9]+$/.test(key))
      throw new Error(
        `with-secret: ${JSON.stringify(key)} must consist of letters, digits, dots, dashes and underscores`,
      )
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice !== undefined) throw new Error(`with-secret: ${twice} is given twice`)
}

/** The host of an OCI address such as `registry:5000/charts`. */
export function registryHost(address: string): string {
  const [, host] = /^(?:oci:\/\/)?([A-Za-z0-9.-]+(?::\d+)?)(\/[a-z0-9._/-]+)?$/.exec(address) ?? []
  if (host === undefined)
    throw new Error(`registry: ${JSON.stringify(address)} is not host/path such as registry:5000/charts`)
  return host
}

/** The reference with digest of a chart, from the output of `helm push`. */
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
  const error = lines.find((line) => /^Error: /.test(line)) ?? lines.find((line) => /\[ERROR\]/.test(line))
  return firstLine((error ?? lines.at(-1) ?? "").replace(/^(Error|\[ERROR\]):? /, ""))
}

/** Why a run of `helm lint` did not look at its chart; "" if it did. helm says how many charts it has linted. */
export function unlinted(output: string, chart: string): string {
  if (/^(?:Error: )?1 chart\(s\) linted/m.test(output)) return ""
  const words = crashIn(output) ?? trouble(plainText(output))
  return `could not run: helm lint on ${chart}: ${words || "it said nothing"}`
}

/** Reads the runs of lintScript: an output for each of them. What two runs find in the same place is one finding. */
export function readRuns(ended: Ended, runs: LintRun[], { outputs, log }: { outputs: string[]; log: string }): Reading {
  const findings = mergedFindings(
    runs.map(({ chart, values }, i) => ({ findings: lintFindings(outputs[i]!, chart), values })),
  )
  return { findings, broken: brokenReason(ended, runs, { outputs, log, findings }), clean: cleanReason(runs, outputs) }
}

/** Why the charts were not linted completely; empty when they were. */
function brokenReason(
  ended: Ended,
  runs: LintRun[],
  { outputs, log, findings }: { outputs: string[]; log: string; findings: Finding[] },
): string {
  if (ended.timedOut) return couldNotRun("helm lint", ended, log)
  const unread = runs.map(({ chart }, i) => unlinted(outputs[i]!, chart)).find((reason) => reason !== "")
  if (unread !== undefined) return unread
  return ended.exitCode !== 0 && findings.length === 0 ? couldNotRun("helm lint", ended, log) : ""
}

/** What was linted, when there is no finding. */
function cleanReason(runs: LintRun[], outputs: string[]): string {
  const charts = new Set(runs.map(({ chart }) => chart))
  const sets = runs.filter(({ values }) => values.length).length
  const incomplete = runs.filter((_, i) => /^without its dependencies/m.test(outputs[i]!)).map(({ chart }) => chart)
  const names = [...new Set(incomplete)].join(", ")
  return (
    `no finding in ${counted(charts.size, "chart")}` +
    (sets ? `, with ${counted(sets, "set")} of values` : "") +
    (names
      ? `; ${names} without the dependencies, which are not in the source and cannot be fetched: ` +
        "commit them in charts/ to lint with them"
      : "")
  )
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`
}

/** One run of `helm lint`: a chart, and files of values from the source's root. */
export interface LintRun {
  chart: string
  values: string[]
}

/** Reads the charts to lint, `folder` or `folder=file+file`. */
export function lintRuns(charts: string[]): LintRun[] {
  if (charts.length === 0) throw new Error("charts: give at least one, such as charts/shop")
  return charts.map((text) => {
    const [folder, files = "", ...rest] = text.split("=")
    const chart = folder!.replace(/^(\.\/)+/, "").replace(/\/+$/, "") || "."
    if (folder === "" || rest.length > 0 || /[\t\n]/.test(text))
      throw new Error(`charts: ${JSON.stringify(text)} is not folder, folder=file or folder=file+file`)
    return { chart, values: files.split("+").filter((file) => file !== "") }
  })
}

/** The findings of `helm lint` in the chart at `path`, with files from the source's root. Its [INFO] lines are left out. */
export function lintFindings(output: string, path: string): Finding[] {
  return output
    .split(/^(?=\[(?:INFO|WARNING|ERROR)\] |==> |Error: )/m)
    .map((block) => /^\[(ERROR|WARNING)\] ([^:\s]*):? ?([\s\S]*)$/.exec(block.trim()))
    .filter((match) => match !== null)
    .map(([, level, part, words]) =>
      // Of dependencies that are missing helm names the chart by its absolute path.
      lintFinding(
        path,
        level === "ERROR" ? "error" : "warning",
        part!.startsWith("/") ? "Chart.yaml" : part!.replace(/\/$/, ""),
        words!,
      ),
    )
}

/** One finding of helm, which names a part of the chart (a file or a folder) and describes the problem. */
function lintFinding(path: string, level: "error" | "warning", part: string, words: string): Finding {
  const text = words.replace(/\s+/g, " ").trim()
  // A template is named from the chart's own name: demo/templates/web.yaml:3.
  const template = /\b[\w.-]+\/((?:charts\/[\w.-]+\/)*templates\/[^\s:()"]+):(\d+)/.exec(text)
  const rendered = part.startsWith("templates")
  // Rendered manifests have lines of their own, which the template does not have.
  const line = Number(template?.[2] ?? (rendered ? 0 : (/\bline (\d+)/.exec(text)?.[1] ?? 0)))
  const preamble = /^template: \S+?:\d+(?::\d+)?: (executing "[^"]*" )?/
  return {
    tool: "helm",
    rule: template || rendered ? "template" : part || "chart",
    text: text.replace(/ at \(\S+:\d+\)/, "").replace(preamble, ""),
    file: under(path, template?.[1] ?? part),
    line,
    column: 0,
    level,
  }
}

/** The findings of several runs, each once, with the values of the first run that has it, without hidden files. */
export function mergedFindings(runs: { findings: Finding[]; values: string[] }[]): Finding[] {
  const seen = new Set<string>()
  return runs.flatMap(({ findings, values }) =>
    findings.flatMap((finding) => {
      const key = JSON.stringify(finding)
      if (seen.has(key)) return []
      seen.add(key)
      const told = values.filter((file) => !file.startsWith("."))
      return [told.length ? { ...finding, text: `${finding.text} (with ${told.join(", ")})` } : finding]
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
