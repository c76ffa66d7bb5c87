// Reads what the tool has written: pure functions over text.
import type { Finding } from "./shared/sarif"

/** The findings in lines of `grep -n`: `./docs/a.md:12:<<<<<<< HEAD`. */
export function findingsIn(output: string): Finding[] {
  return [...output.matchAll(/^\.\/(.+?):(\d+):(.*)$/gm)].map(([, file, line, text]) => ({
    tool: "sample",
    rule: "conflict-marker",
    text: `conflict marker ${text!.slice(0, 7)}`,
    file: file!,
    line: Number(line),
    column: 1,
    about: "A merge conflict was committed instead of resolved.",
  }))
}
