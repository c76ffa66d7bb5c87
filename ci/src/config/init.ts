// The delivery.yaml that `init` writes: services that were found, gates that begin at what there is. Plain text in and out.
import type { Detected } from "./detect"

/** What is read of the result.json of an earlier run of `pr`. */
export interface Measured {
  stages: { name: string; status: string; reason?: string; value?: number; unit?: string; known?: number }[]
}

/** What `init` knows beside the services. */
export interface Beginning {
  /** The result of an earlier run; undefined if there is none. */
  measured?: Measured
  /** The branch that changes are merged into, if it is known. */
  branch?: string
}

/** The error of `init` in a repository that has a delivery.yaml. */
export const isThere = "there is a delivery.yaml already, and init does not overwrite it: edit it, or remove it first"

/** Stages whose findings may be old. */
const withFindings = /^(secrets|lint:.*|.*:lint|sast:.*|dependencies)$/

/** Returns the text of a delivery.yaml with comments. */
export function initText({ services, leftOut }: Detected, { measured, branch }: Beginning = {}): string {
  const gateOf = (stage: string): number => {
    const found = measured?.stages.find(({ name, unit }) => name === stage && unit === "%")
    return Math.floor(found?.value ?? 0)
  }
  const red = (measured?.stages ?? []).filter(
    ({ name, status, known }) => withFindings.test(name) && (status === "failed" || known),
  )
  const lines = [
    "# What the delivery pipeline checks and delivers. Every setting: docs/configuration.md of the pipeline.",
    ...(services.length
      ? ["services:"]
      : ["# No service was found. The least is one folder with a go.mod or a package.json:", "services: {}"]),
    ...services.flatMap(({ name, path, kind, why, exclude }) => {
      const gate = kind === "docker" ? "" : `, coverage: ${gateOf(`${name}:test`)}`
      const more = `${exclude.length ? `, exclude: ${flow(exclude)}` : ""}${gate}`
      return [`  # ${why}`, `  ${name}: { path: ${scalar(path)}, kind: ${kind}${more} }`]
    }),
    ...(leftOut.length
      ? ["# Left out; name a folder above to check it, too:", ...leftOut.map(({ path, why }) => `#   ${path}: ${why}`)]
      : []),
    "gates:",
    ...scopeLines(
      red.map(({ name }) => name),
      measured !== undefined,
    ),
    ...coverageLines(gateOf("coverage:total"), measured !== undefined),
    ...branchLines(branch),
    "# Accepted findings, each with a reason and a last day:",
    "# suppressions:",
    '#   - { rule: G404, path: services/api/jitter.go, reason: "jitter of a retry, no secret", until: 2027-01-31 }',
  ]
  return `${lines.join("\n")}\n`
}

function scopeLines(red: string[], isMeasured: boolean): string[] {
  if (red.length) {
    const some = `${red.slice(0, 6).join(", ")}${red.length > 6 ? ", …" : ""}`
    return [
      `  # \`new\`: findings that the base branch has too are known and hold nobody (${some}`,
      "  # had some). `all`: every finding counts.",
      "  scope: new",
    ]
  }
  const why = isMeasured ? "the last run had no finding" : "no run has looked for findings yet"
  return [
    `  # \`all\`: every finding counts (${why}). \`new\`: only those that the base branch does not have.`,
    "  scope: all",
  ]
}

function coverageLines(total: number, isMeasured: boolean): string[] {
  const what = isMeasured
    ? "what the tests reached in the last run, rounded down: raise it as they grow"
    : "no run has measured it yet: run `pr`, remove this file, and run `init` again, or write it by hand"
  return [
    `  # Coverage in percent, here and of each service: ${what}.`,
    `  # 0 is no gate. \`changedLines\` is for lines that a change adds or edits.`,
    `  coverage: { service: 0, total: ${total}, changedLines: ${isMeasured && total ? 80 : 0} }`,
  ]
}

function branchLines(branch: string | undefined): string[] {
  const comment =
    "# Changes are compared with the first of these branches that exists; `master` is the one that production runs."
  const line = `branches: { develop: ${scalar(branch ?? "main")} }`
  return [comment, branch === undefined || branch === "develop" ? `# ${line}` : line]
}

function flow(list: string[]): string {
  return `[${list.map(scalar).join(", ")}]`
}

/** Returns a text as a YAML scalar in a flow mapping. */
function scalar(text: string): string {
  return /^[A-Za-z_./][A-Za-z0-9_./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n|\.)$/i.test(text)
    ? text
    : JSON.stringify(text)
}
