// Generated from modules/shared/go-output.ts by `npm run sync`; do not edit.
// What Go's commands say on standard error: which lines are errors, and what to do about the ones that are known.
import { firstLine } from "./clock"
import { refusal } from "./refusal"

/** What Go reports of its own work: nothing is wrong. */
const progress = [
  /^go: (?:downloading|extracting|finding|found|trying|copying|creating|updating|warning) ?/,
  /^go: (?:added|upgraded|downgraded|removed) ?/,
  /^(?:go: )?warning: /,
]

/** Warnings of the C compiler and what it prints around them; its errors stay. */
const compiler = /^\S+:\d+(?::\d+)?: (?:warning|note): |^\S+: In (?:member )?function |^In file included from /

/**
 * The errors in the output of a Go command, one line each: indented lines continue a message; progress, warnings and the
 * names of packages above their messages are left out.
 */
export function goErrors(output: string): string[] {
  return output
    .replace(/\n[ \t]+(?=\S)/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== "" && !line.startsWith("# ") && !progress.some((known) => known.test(line)) && !compiler.test(line),
    )
}

/** Why a Go command failed, in one line that says what to do where that is known; empty if the output has no error. */
export function goReason(output: string): string {
  return knownTrouble(output) || firstLine(goErrors(output).join("\n"))
}

/** What to do about an error of Go that users cannot act on as it is; empty for any other. */
export function knownTrouble(output: string): string {
  return vendoring(output) || toolchain(output) || olderTool(output) || refusal(output)
}

function vendoring(output: string): string {
  const [, first] = /go: inconsistent vendoring in [^\n]*:\n\s+(\S[^\n]*)/.exec(output) ?? []
  if (first === undefined) return ""
  const command = output.includes("go work vendor") ? "go work vendor" : "go mod vendor"
  return `vendor/modules.txt does not fit go.mod (${first.trim()}): run \`${command}\` and commit the folder vendor`
}

/** golangci-lint reads no module for a newer Go than it was built with. */
function olderTool(output: string): string {
  const pattern =
    /the Go language version \(go([\w.]+)\) used to build ([\w-]+) is lower than the targeted Go version \(([\w.]+)\)/
  const [, own, tool, wanted] = pattern.exec(output) ?? []
  if (own === undefined) return ""
  return (
    `Go ${wanted} is required and ${tool} was built with ${own}: ` +
    `pass an image of it that was built with Go ${wanted}, or lower the go line`
  )
}

function toolchain(output: string): string {
  const wanted = / requires go >= (\d[\w.]*) \(running go ([\w.]+)/.exec(output)
  if (wanted)
    return `Go ${wanted[1]} is required and the image has ${wanted[2]}: pass an image with it, or lower the go line`
  const [, version, why = ""] = /go: download go([\w.]+)(?: for [\w/]+)?: ([^\n]*)/.exec(output) ?? []
  if (version === undefined) return ""
  const reason = why.replace(/^golang\.org\/toolchain@\S+: /, "")
  return (
    `Go ${version} is required and could not be downloaded (${firstLine(reason)}): ` +
    "pass an image with it, let GOPROXY be reached, or lower the go and toolchain lines"
  )
}
