// Reads steps and scripts of a package.json and the output of linters and compilers: pure functions over text.
import { usefulLine } from "./failures"
import { programCommand, scriptCommand, type ManagerName } from "./managers"
import { dependenciesOf, readManifest } from "./shared/lockfiles"
import type { Finding } from "./shared/sarif"
import { plainLines } from "./shared/words"

/** The names of the steps. */
export const stepNames = ["lint", "typecheck", "test", "build"] as const
export type StepName = (typeof stepNames)[number]

/** Reads `STEP=SCRIPT` pairs, for example `test=test:unit`. An unknown step or an empty script is an error. */
export function readScripts(given: string[]): Partial<Record<StepName, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const [, step, script] = /^([^=]+)=(.+)$/s.exec(text) ?? []
      const name = stepNames.find((one) => one === step)
      if (!name || !script) throw new Error(`scripts: ${text} is not STEP=SCRIPT; steps: ${stepNames.join(", ")}`)
      return [name, script]
    }),
  )
}

/** The problems in eslint's default format: a line for each file, then a line for each problem in it. */
export function lintProblems(output: string, workdir: string): Finding[] {
  const problems: Finding[] = []
  let file = ""
  for (const line of plainLines(output)) {
    if (line.startsWith("/")) file = line.replace(`${workdir}/`, "")
    const [, at, column, text, rule] = /^(\d+):(\d+)\s+(?:error|warning)\s+(.*?)(?:\s{2,}(\S+))?$/.exec(line) ?? []
    if (at && file)
      problems.push({
        tool: "eslint",
        rule: rule ?? "eslint",
        text: text!,
        file,
        line: Number(at),
        column: Number(column),
      })
  }
  return problems
}

/** The first problem as `file:line:column text (rule)`; without one, the first line that mentions an error. */
export function lintFailure(output: string, workdir: string): string {
  const [first] = lintProblems(output, workdir)
  return first
    ? `${first.file}:${first.line}:${first.column} ${first.text}${first.rule === "eslint" ? "" : ` (${first.rule})`}`
    : firstError(output)
}

/** The first error of the TypeScript compiler, as `file:line:column text`. */
export function typeFailure(output: string): string {
  const line = plainLines(output).find((l) => /\(\d+,\d+\): error /.test(l) || /:\d+:\d+ - error /.test(l))
  return line?.replace(/\((\d+),(\d+)\): error /, ":$1:$2 ") ?? firstError(output)
}

/** The first line that mentions an error, without the package manager's own lines and headings. */
export function firstError(output: string): string {
  const lines = plainLines(output).filter(
    (l) =>
      !/^(?:> |\$ |npm |yarn run v|error Command failed|info Visit|error: script )|ELIFECYCLE/.test(l) &&
      !/^(✗ )?(error during build|build failed( with \d+ errors?| in \S+)?):?$/i.test(l),
  )
  const found = lines.find((l) => /\berror\b|\bfailed\b|cannot|could not|not found|missing script/i.test(l))
  return usefulLine(found ?? "") || usefulLine(output)
}

/** The scripts of a package.json. */
export function scriptsIn(packageJson: string): Record<string, string> {
  return readManifest(packageJson).scripts ?? {}
}

/**
 * The commands that fix what the project's own tools can fix: eslint with `--fix`, through the lint script where that
 * script is a single eslint command, else on everything; then prettier. Empty when the project has neither.
 */
export function fixCommands(packageJson: string, manager: ManagerName = "npm"): string[][] {
  const manifest = readManifest(packageJson)
  const installed = dependenciesOf(manifest)
  const commands: string[][] = []
  if (/^eslint\b[^&|;]*$/.test(manifest.scripts?.lint ?? "")) commands.push(scriptCommand(manager, "lint", ["--fix"]))
  else if ("eslint" in installed) commands.push(programCommand(manager, "eslint", ["--fix", "."]))
  if ("prettier" in installed) commands.push(programCommand(manager, "prettier", ["--write", "."]))
  return commands
}
