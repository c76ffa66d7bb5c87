// gates.scope: new. Which findings the base of a change has too: those are known and hold nobody.
import type { Finding } from "../report/sarif"
import { oneLine, type Compared } from "../report/stages"
import { isIn } from "../shared/folders"
import type { Change } from "./changed"
import { lineBefore, readChanges, type FileChange } from "./diff"

/** What a source changes, to tell known findings from new ones. */
export interface Comparison {
  /** Name of the base, such as `develop (1a2b3c4d5e)`. */
  base: string
  changes: Map<string, FileChange>
  /** Commits that the base does not have. */
  commits: Set<string>
}

/** What says that two findings are the same: their place, or the package that they are about. */
export type SameBy = "place" | "package"

/** Returns the comparison for a diff. */
export function comparisonOf(base: string, diff: string, commits: string[]): Comparison {
  return { base, changes: readChanges(diff), commits: new Set(commits) }
}

/**
 * Whether the base has a finding too. `before` are the findings of the same tool there; undefined if it could not run there.
 *
 * A finding on a changed line is new, even if the line had it before. On an unchanged line it is known if the base has it: what a
 * change elsewhere causes there is new. Without the findings of the base, or outside of the `folders` that were looked at there,
 * all that stands on unchanged lines is known. A finding without a place is never known.
 */
export function isKnown(
  finding: Finding,
  { changes, commits }: Comparison,
  { before, identity, folders }: { before?: Finding[]; identity: SameBy; folders?: string[] },
): boolean {
  const commit = commitOf(finding)
  if (commit) return !commits.has(commit)
  const file = changes.get(finding.file)?.from ?? finding.file
  const isCovered = !folders || folders.some((folder) => isIn(file, folder))
  if (identity === "package" && before && isCovered) {
    const key = packageKey(finding, file)
    return before.some((one) => packageKey(one, one.file) === key)
  }
  const place = placeBefore(finding, changes)
  if (!place) return false
  if (!before || !isCovered) return true
  const { tool, rule } = finding
  return before.some(
    (one) => one.tool === tool && one.rule === rule && one.file === place.file && one.line === place.line,
  )
}

/** Returns the place that a finding had in the base; undefined if it is changed or there is none. */
function placeBefore(
  { file, line }: Finding,
  changes: Map<string, FileChange>,
): { file: string; line: number } | undefined {
  if (file === "" || file === ".") return undefined
  const change = changes.get(file)
  if (line > 0 && change) {
    const before = lineBefore(change, line)
    return before === undefined ? undefined : { file: change.from, line: before }
  }
  // About a file or a folder as a whole.
  const isChanged = change
    ? change.isWhole || change.hunks.length > 0
    : line === 0 && [...changes.keys()].some((one) => one.startsWith(`${file}/`))
  return isChanged ? undefined : { file: change?.from ?? file, line }
}

/** Returns the commit that a finding of gitleaks is about; undefined for one in the files as they are. */
function commitOf({ tool, text }: Finding): string | undefined {
  return tool === "gitleaks" ? / In commit ([0-9a-f]{40,64})\.$/.exec(text)?.[1] : undefined
}

/** Names a finding of a dependency by its rule, manifest and package: `lodash@4.17.20: …`. Versions and lines change. */
function packageKey({ tool, rule, text }: Finding, file: string): string {
  return JSON.stringify([tool, rule, file, /^(@?[^@\s]+)@/.exec(text)?.[1] ?? text])
}

/** Returns why a change cannot be compared with a base, so that all findings count; undefined if it can. */
export function whyAllCount(change: Change, branches: string[]): string | undefined {
  if ("fault" in change) return `all findings count: could not tell what has changed: ${oneLine(change.fault, 120)}`
  if ("none" in change) return `all findings count: ${change.none}`
  if (change.ofBranch) return undefined
  const missing = `there is no branch ${branches.join(" or ")} to compare with`
  return `all findings count: ${missing}; fetch it, or name another in \`branches\` or --base`
}

/** Returns known and new findings in words: `12 known findings (14 at develop), 0 new`. `earlier` is the number at the base. */
export function knownText(known: number, fresh: number, { base, note }: Compared, earlier?: number): string {
  const name = base.replace(/ \([0-9a-f]+\)$/, "")
  const trend = earlier === undefined ? "" : ` (${earlier} at ${name})`
  const since = earlier === undefined ? ` since ${name}` : ""
  return `${known} known ${known === 1 ? "finding" : "findings"}${trend}, ${fresh} new${since}${note ? `; ${note}` : ""}`
}
