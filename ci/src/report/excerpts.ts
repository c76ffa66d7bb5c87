// The lines of source around each finding, as the page shows them.
import type { Finding } from "./sarif"

/** A finding with some lines of its file, the first of which has the number `from`. */
export type FindingWithExcerpt = Finding & { excerpt?: { from: number; lines: string[] } }

const order = ["error", "warning", "note"]
const mostFiles = 20

/** Stands where a line holds a secret: other tools find faults in such lines too. */
const hidden = "[hidden: this line holds a secret]"

/** Returns the files whose lines the page shows, the gravest findings' first. */
export function filesToShow(found: Finding[]): string[] {
  const shown = sorted(found).filter(isShown)
  return [...new Set(shown.map(({ file }) => file))].slice(0, mostFiles)
}

/**
 * Returns the findings, the gravest first, with the lines around each in the files whose texts are there. A line in which
 * gitleaks has found a secret is never shown.
 */
export function excerptsOf(found: Finding[], texts: ReadonlyMap<string, string>): FindingWithExcerpt[] {
  const secrets = found.filter(({ tool }) => tool === "gitleaks")
  const holdsSecret = (file: string, at: number): boolean =>
    secrets.some((one) => one.file === file && at >= one.line && at <= (one.endLine ?? one.line))
  return sorted(found).map((finding) => {
    const { file, line } = finding
    const lines = isShown(finding) ? texts.get(file)?.split("\n") : undefined
    if (!lines) return finding
    const from = Math.max(1, line - 2)
    const around = lines.slice(from - 1, line + 2)
    const shown = around.map((text, i) => (holdsSecret(file, from + i) ? hidden : text.slice(0, 200)))
    return { ...finding, excerpt: { from, lines: shown } }
  })
}

/** Whether lines are shown with a finding: those of a secret never are. */
function isShown({ tool, line }: Finding): boolean {
  return tool !== "gitleaks" && line > 0
}

function sorted(found: Finding[]): Finding[] {
  return [...found].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
}
