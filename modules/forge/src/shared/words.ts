// Generated from modules/shared/words.ts by `npm run sync`; do not edit.
// What a tool said when it could not do its work: pure functions over text.
import { stripVTControlCharacters } from "node:util"
import { firstLine } from "./clock"

/** How a tool's run ended; a Ran of runStep has all of it. */
export interface Ended {
  exitCode: number
  timedOut: boolean
  seconds: number
}

/** A text without colour codes, and without the states of a line that was written over, as progress is. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n/g, "\n")
    .replace(/^.*\r(?=.)/gm, "")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "")
}

/** Lines that are never why a tool ended: downloads, progress, deprecations, logs of what it does, frames of a stack. */
const chatter = [
  /^go: (?:downloading|extracting|finding|added|upgraded|warning:) /,
  /^npm (?:warn|notice|verbose|http|info)\b/i,
  /^npm (?:error|ERR!) (?:A complete log|code |errno |syscall |path )/,
  /^(?:\(node:\d+\)|\(Use `node |Node\.js v\d)/,
  /^(?:\[\S+\] )?(?:[\d:/.TZ -]+ )?\[?(?:INFO|WARN|WARNING|WRN|INF|DEBUG|DBG|NOTICE|TRACE|DEPRECATED)\b/i,
  /\b(?:level=(?:info|warning|debug)|(?:Deprecation|PendingDeprecation|Future|Experimental|User|Runtime|Syntax)Warning)\b/,
  /^\[\w+\] \d{4}\/\d\d\/\d\d /,
  /^(?:at |goroutine \d+ \[|created by |exit status \d+$|File "[^"]*", line \d+|Traceback \(most recent)/,
  /^\S+\.go:\d+ \+0x|^[\^~]+$|[█━]|^#{5,}|^\d+(?:\.\d+)? ?%/,
]

const mention = /\b(?:level=(?:error|fatal)|ERROR|FATAL|ERR|FTL)\b/
const complaint = /^(?:[\w./@-]+: )*\[?(?:error|fatal|panic|failed|failure|cannot|could not|unable)\b/i

/**
 * The line of a tool's output that says why it ended: the message of a panic or an exception without its frames, else the
 * last error, else the last line. Downloads, progress and deprecations are only taken where there is nothing else.
 */
export function lastWords(output: string): string {
  const lines = plainLines(output).filter((line) => !/^ended by signal \d+$/.test(line))
  const own = lines.filter((line) => !chatter.some((pattern) => pattern.test(line)))
  const word =
    crashIn(output) ??
    own.findLast((line) => complaint.test(line) || mention.test(line)) ??
    own.at(-1) ??
    lines.at(-1) ??
    ""
  return firstLine(word.replace(/^(?:error|fatal):\s+/i, "").replace(/ \[recovered[^\]]*\]$/, ""))
}

/** The lines of an output that are not blank, trimmed, as plainText has them. */
export function plainLines(output: string): string[] {
  return plainText(output)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
}

/** The message of a panic of Go, or of an exception of Python, Java or JavaScript; undefined if the output has none. */
export function crashIn(output: string): string | undefined {
  const raw = plainText(output).split("\n")
  const lines = plainLines(output)
  if (lines.some((line) => /^goroutine \d+ \[/.test(line))) {
    const panic = lines.find((line) => /^(?:panic|fatal error): /.test(line))
    if (panic !== undefined) return panic
  }
  const traceback = raw.findLastIndex((line) => line.trim().startsWith("Traceback (most recent call last)"))
  if (traceback >= 0) {
    const after = raw.slice(traceback + 1)
    const indent = /^\s*/.exec(raw[traceback]!)![0]
    const exception = after.find((line) => line.startsWith(indent) && /^\S/.test(line.slice(indent.length)))
    if (exception !== undefined) return exception.trim()
  }
  const isStack = raw.some((line) => /^\s+at \S/.test(line))
  if (!isStack) return undefined
  const cause = lines.findLast((line) => line.startsWith("Caused by: "))?.slice("Caused by: ".length)
  return (
    cause ??
    lines.find((line) =>
      /^(?:Uncaught |Exception in thread "[^"]*" )?(?:\w+\.)*\w*(?:Error|Exception)\b[^:]*(?::|$)/.test(line),
    )
  )
}

/** The reason of a step whose tool could not do its work, which is never a finding. */
export function couldNotRun(tool: string, { exitCode, timedOut, seconds }: Ended, output: string): string {
  if (timedOut) return `timed out after ${Math.round(seconds)} s`
  const said = lastWords(output)
  const words = said.startsWith(`${tool}: `) ? said.slice(tool.length + 2) : said
  const signal = /^ended by signal (\d+)$/m.exec(output)?.[1]
  const end =
    signal === undefined
      ? `ended with exit code ${exitCode}`
      : `was ended by signal ${signal}${signal === "9" ? ", such as for lack of memory," : ""}`
  if (words === "") return `could not run: ${tool} ${end} and ${exitCode === 0 ? "no report" : "said nothing"}`
  return `could not run: ${tool}: ${words}${signal === undefined ? "" : ` (${tool} ${end.replace(/,$/, "")})`}`
}

/**
 * Why a tool did not test an address: the address did not answer, as the wait before the tool says, or the tool could not run.
 * `words` finds the tool's own line, where that is not its last.
 */
export function notTested(tool: string, ended: Ended, output: string, words = lastWords): string {
  const plain = plainText(output)
  const unreachable = plain.split("\n").find((line) => / cannot be reached\b.*: /.test(line))
  if (unreachable !== undefined && !ended.timedOut) return firstLine(unreachable)
  return couldNotRun(tool, ended, crashIn(plain) ?? words(plain))
}

/** Whether a text is whole JSON: a tool that crashes may leave half a report. */
export function isWhole(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}
