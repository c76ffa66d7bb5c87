import { ordered, type Finding, type Reading } from "./shared/sarif"
import { couldNotRun, type Ended } from "./shared/words"

// Reads the report of yamllint: pure functions over text.

/**
 * The configuration for a source that has none of its own. It reports what a parser rejects or silently misreads:
 * syntax errors, duplicate keys (the first value is lost), aliases without an anchor. It reports nothing about style,
 * and does not look at test data, which may be broken on purpose, nor at what terraform has fetched.
 */
export const errorsOnly = `ignore: |
  testdata/
  .terraform/
rules:
  key-duplicates: enable
  anchors: enable
`

interface Report {
  files: number
  problems: { file: string; line: number; column: number; level: "error" | "warning"; text: string; rule: string }[]
  crashes: { file: string; error: string }[]
}

/** The files of a run by name, as text: `yamllint.json`, `output.txt`, and `config.txt`, which names the source's own rules. */
export type Files = Record<"yamllint.json" | "output.txt" | "config.txt", string>

/** A reading with the number of findings that fail a run; warnings do not. */
export interface Lint extends Reading {
  errors: Finding[]
}

/** Reads a run of lintScript. */
export function readRun(ended: Ended, files: Files): Lint {
  const config = files["config.txt"].trim()
  const by = config && `, by ${config}`
  const broken = (reason: string): Lint => ({ findings: [], errors: [], clean: "", broken: reason })
  if (ended.timedOut || ended.exitCode !== 0 || files["yamllint.json"].trim() === "")
    return broken(couldNotRun("yamllint", ended, files["output.txt"]))
  const { files: count, problems, crashes } = JSON.parse(files["yamllint.json"]) as Report
  const findings = ordered(problems.map(findingOf))
  const errors = findings.filter(({ level }) => level === "error")
  const warnings = findings.length - errors.length
  const [crash] = crashes
  return {
    findings,
    errors,
    clean: `no error in ${count} files${warnings ? `, ${warnings} warnings` : ""}${by}`,
    broken: crash
      ? `could not run: yamllint on ${crash.file}: ${crash.error}`
      : count === 0
        ? `no file was checked${config && `: ${config} leaves all out`}`
        : "",
  }
}

function findingOf({ text, ...problem }: Report["problems"][number]): Finding {
  // yamllint writes the rule `syntax` into the words too.
  return { tool: "yamllint", ...problem, text: text.replace(/^syntax error: /, "").replace(/ \(syntax\)$/, "") }
}
