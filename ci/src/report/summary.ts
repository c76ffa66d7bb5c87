// summary.md: the verdict and the table of stages, short enough for a comment on a pull request.
import type { Link } from "./links"
import type { FailedTest } from "./junit"
import type { Finding } from "./sarif"
import { reasonText } from "./next-steps"
import { isRed, numberText, oneLine, verdictOf, type Stage, type Status } from "./stages"

/** How many failing tests and findings are listed. */
const mostPlaces = 20

interface Places {
  failed?: FailedTest[]
  found?: Finding[]
  /** The address of a file in the hosted repository. */
  link?: Link
  /** Lines about the run as a whole. */
  note?: string
}

const marks: Record<Status, string> = {
  passed: "✅ passed",
  failed: "❌ failed",
  inconclusive: "⚠️ inconclusive",
  notApplicable: "not applicable",
  skipped: "skipped",
}

/** Returns summary.md. Failing tests and the findings of red stages are listed below the table, with links if there are any. */
export function summaryMarkdown(stages: Stage[], { failed = [], found = [], link, note }: Places = {}): string {
  const red = new Set(stages.filter(isRed).map(({ name }) => name))
  const places = [
    ...failed.map(({ name, file, line }) => `- ${file ? `${place(link, file, line)} ` : ""}${cell(name)}`),
    ...found
      .filter(({ stage, known }) => !known && red.has(stage))
      .map(({ file, line, text }) => `- ${place(link, file, line)} ${cell(text)}`),
  ]
  const more = places.length > mostPlaces ? [`- … and ${places.length - mostPlaces} more`] : []
  return [
    `**${verdictOf(stages).line}**`,
    "",
    "| stage | verdict | number | seconds | |",
    "|---|---|---|---|---|",
    ...stages.map(row),
    ...(note ? ["", "```text", note.replaceAll("```", "~~~"), "```"] : []),
    ...(places.length ? ["", ...places.slice(0, mostPlaces), ...more] : []),
    "",
  ].join("\n")
}

function row(stage: Stage): string {
  const seconds = `${stage.seconds.toFixed(1)}${stage.cached ? " (cached)" : ""}`
  // The reason has 200 characters, and the next step comes behind it.
  const reason = isRed(stage) ? cell(reasonText(stage, 200), 400) : cell(stage.reason)
  return `| ${stage.name} | ${marks[stage.status]} | ${numberText(stage)} | ${seconds} | ${reason} |`
}

/** Returns a text as one cell of a Markdown table. */
function cell(text: string, most = 200): string {
  return oneLine(text, most).replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("`", "'")
}

function place(link: Link | undefined, file: string, line?: number): string {
  const name = `${cell(file).replace(/[[\]]/g, "\\$&")}${line ? `:${line}` : ""}`
  const address = link?.(file, line)
  return address ? `[${name}](${address})` : name
}
