// index.html: the report for people. Self-contained, nothing is loaded from anywhere.
import type { FindingWithExcerpt } from "./excerpts"
import type { Link } from "./links"
import type { FailedTest } from "./junit"
import { reasonText } from "./next-steps"
import { folderOf, isRed, numberText, oneLine, verdictOf, type FileCoverage, type Stage, type Status } from "./stages"
import { style } from "./style"

/** Files of each stage's report folder, by the stage's name. */
export type Files = Record<string, string[]>

/** What a report shows beside its stages. */
export interface Details {
  files: Files
  failed?: FailedTest[]
  found?: FindingWithExcerpt[]
  coverage?: Pick<FileCoverage, "file" | "statements" | "covered">[]
  /** The address of a file in the hosted repository. */
  link?: Link
  /** The stages of an earlier run, to compare with. */
  before?: Stage[]
  /** Lines about the run as a whole. */
  note?: string
}

const noLink: Link = () => undefined

/** Returns a text as HTML. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}

/** What a page consists of; `heading` and `main` are HTML. */
interface Page {
  title: string
  passed: boolean
  /** The line above the verdict. */
  heading: string
  verdict: string
  main: string
  style: string
}

/** Returns a whole page. */
export function pageHtml({ title, passed, heading, verdict, main, style }: Page): string {
  const viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
  const color = passed ? "green" : "red"
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">${viewport}<title>${escape(title)}: ${color}</title>
<style>${style}</style></head>
<body><header class="${color}"><p>${heading}</p><h1>${escape(verdict)}</h1></header>
<main>${main}</main></body></html>
`
}

/**
 * Returns index.html: the verdict, what to look at first, when each part ran, failing tests, findings, a row per stage, coverage by
 * file, and links to every raw file.
 */
export function indexHtml(title: string, stages: Stage[], details: Details): string {
  const { passed, line } = verdictOf(stages)
  const groups = [...new Set(stages.map((stage) => stage.name.split(":")[0]!))]
  const red = new Set(stages.filter(isRed).map(({ name }) => name))
  const { found = [], link = noLink } = details
  const ofRed = (wanted: boolean) => found.filter(({ stage, known }) => !known && red.has(stage) === wanted)
  const sections = [
    lookFirst(stages),
    details.note ? folded("Services that were found", `<pre>${escape(details.note)}</pre>`, true) : "",
    failedTestsHtml(details.failed ?? [], link),
    findingsHtml(ofRed(true), "of red stages", true, link),
    timelineHtml(stages),
    ...groups.map((group) => stagesHtml(group, stages, details)),
    findingsHtml(
      found.filter(({ known }) => known),
      "that the base has too",
      false,
      link,
    ),
    findingsHtml(ofRed(false), "that turned nothing red", false, link),
    coverageHtml(details.coverage ?? [], link),
  ]
  const raw = ["result.json", "summary.md", "junit.xml", "findings.sarif", "dagger.log"]
  const footer = `<footer>${raw.map((file) => `<a href="${file}">${file}</a>`).join(" ")}</footer>`
  const main = `${sections.filter((section) => section !== "").join("\n")}\n${footer}`
  return pageHtml({ title, passed, heading: escape(title), verdict: line, main, style })
}

/** Returns the section with the stages that made the verdict red, each with a link to its row. */
export function lookFirst(stages: Stage[], link = (stage: Stage) => `#${stage.name}`): string {
  const red = stages.filter(isRed)
  if (!red.length) return ""
  const item = (stage: Stage) => {
    const anchor = `<a href="${escape(link(stage))}">${escape(stage.name)}</a>`
    return `<li>${anchor} ${escape(reasonText(stage, 400))}</li>`
  }
  return `<section class="first"><h2>Look here first</h2><ul>${red.map(item).join("")}</ul></section>`
}

/** Returns a section that can be folded. */
function folded(heading: string, body: string, open: boolean): string {
  const summary = `<summary><h2>${escape(heading)}</h2></summary>`
  return `<section><details${open ? " open" : ""}>${summary}${body}</details></section>`
}

/** Returns HTML as a link if there is an address. */
function linked(html: string, address: string | undefined): string {
  return address ? `<a href="${escape(address)}">${html}</a>` : html
}

/** How many failing tests and findings are shown; the raw files have all. */
const mostShown = 50

function shownHtml<T>(all: T[], one: (item: T) => string): string {
  const more = all.length - mostShown
  const rest = more > 0 ? `<p>… and ${more} more in the raw files below</p>` : ""
  return all.slice(0, mostShown).map(one).join("") + rest
}

function failedTestsHtml(failed: FailedTest[], link: Link): string {
  if (!failed.length) return ""
  const one = ({ stage, name, output, file, line }: FailedTest) => {
    const place = file ? ` <small>${linked(`<code>${escape(file)}:${line}</code>`, link(file, line))}</small>` : ""
    const heading = `<a href="#${escape(stage)}">${escape(stage)}</a> ${escape(name)}${place}`
    return `<h3>${heading}</h3><pre>${escape(clipped(output, 40))}</pre>`
  }
  const heading = `${failed.length} failing ${failed.length === 1 ? "test" : "tests"}`
  return folded(heading, shownHtml(failed, one), true)
}

function findingsHtml(found: FindingWithExcerpt[], which: string, open: boolean, link: Link): string {
  if (!found.length) return ""
  const one = (finding: FindingWithExcerpt) => {
    const { tool, rule, text, file, line } = finding
    const place = linked(`<code>${escape(file)}${line ? `:${line}` : ""}</code>`, link(file, line))
    const source = `<small>${escape([...new Set([tool, rule])].join(" "))}</small>`
    return `<h3>${place} ${escape(oneLine(text, 300))} ${source}</h3>${excerptHtml(finding)}`
  }
  const heading = `${found.length} ${found.length === 1 ? "finding" : "findings"} ${which}`
  return folded(heading, shownHtml(found, one), open)
}

function excerptHtml({ excerpt, line }: FindingWithExcerpt): string {
  if (!excerpt) return ""
  const lines = excerpt.lines.map((code, i) => {
    const at = excerpt.from + i
    return `<span${at === line ? ' class="here"' : ""}><b>${at}</b> ${escape(code)}\n</span>`
  })
  return `<pre class="code">${lines.join("")}</pre>`
}

function clipped(text: string, lines: number): string {
  const all = text.trim().split("\n")
  return all.length > lines ? [...all.slice(0, lines), `… ${all.length - lines} more lines`].join("\n") : all.join("\n")
}

/** Stages that ran together, from start to end in seconds. */
interface Bar {
  names: string[]
  from: number
  to: number
}

/** Returns a bar for each part of the pipeline, to see what ran beside what. Cached stages have none. */
function timelineHtml(stages: Stage[]): string {
  const bars = barsOf(stages)
  if (!bars.length) return ""
  const end = Math.max(...bars.map(({ to }) => to))
  const percent = (seconds: number) => ((100 * seconds) / Math.max(end, 0.1)).toFixed(2)
  const rows = bars.map(({ names, from, to }) => {
    const bar = `<i><b style="margin-left:${percent(from)}%;width:${percent(to - from)}%"></b></i>`
    const time = `<small>${from.toFixed(0)}–${to.toFixed(0)} s</small>`
    return `<li><span>${escape(barLabel(names))}</span>${bar}${time}</li>`
  })
  const cached = stages.filter((stage) => stage.cached).length
  const rest = cached ? `; ${cached} ${cached === 1 ? "stage" : "stages"} came from the cache` : ""
  const total = `<p>${end.toFixed(0)} s in all${rest}</p>`
  return `<section class="timeline"><h2>When it ran</h2><ol>${rows.join("")}</ol>${total}</section>`
}

function barsOf(stages: Stage[]): Bar[] {
  const bars = new Map<string, Bar>()
  for (const { name, from, to } of stages) {
    if (from === undefined || to === undefined) continue
    const key = `${name.split(":")[0]} ${from}`
    const bar = bars.get(key) ?? { names: [], from, to }
    bars.set(key, { ...bar, names: [...bar.names, name] })
  }
  return [...bars.values()]
}

function barLabel(names: string[]): string {
  if (names.length === 1) return names[0]!
  return `${names[0]!.split(":")[0]!}: ${names.map((name) => name.split(":")[1]).join(", ")}`
}

/** Returns the table of the stages of a group, such as a service. */
function stagesHtml(group: string, stages: Stage[], details: Details): string {
  const longest = Math.max(1, ...stages.map((stage) => stage.seconds))
  const columns = ["stage", "verdict", "number", "time", "what was found"]
  const head = columns.map((column) => `<th scope="col">${column}</th>`).join("")
  const rows = stages
    .filter((stage) => stage.name.split(":")[0] === group)
    .map((stage) => stageRow(stage, longest, details))
  return `<section><h2>${escape(group)}</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div></section>`
}

function stageRow(stage: Stage, longest: number, { files, before = [] }: Details): string {
  const links = fileLinks(folderOf(stage.name), files[stage.name] ?? [])
  const width = ((stage.seconds / longest) * 100).toFixed(1)
  const bar = `<span class="bar" aria-hidden="true"><i style="width:${width}%"></i></span>`
  const reason = `${escape(reasonText(stage, 400))}${links ? `<small class="files">${links}</small>` : ""}`
  return `<tr class="${stage.status}" id="${escape(stage.name)}">
<th scope="row">${escape(stage.name.split(":")[1] ?? stage.name)}</th>
<td><span class="pill">${escape(labels[stage.status])}</span></td>
<td class="number">${escape(numberText(stage))}${meter(stage)}${trend(stage, before)}</td>
<td class="time">${bar}${stage.seconds.toFixed(1)} s${stage.cached ? " <small>cached</small>" : ""}</td>
<td class="reason">${reason}</td>
</tr>`
}

/** Returns a percentage as a meter with a mark at its limit. */
function meter({ value, limit, unit }: Stage): string {
  if (value === undefined || unit !== "%") return ""
  const mark = limit === undefined ? "" : `<b style="left:${limit}%"></b>`
  return `<span class="meter" aria-hidden="true"><i style="width:${Math.min(100, value)}%"></i>${mark}</span>`
}

/** Returns how a stage differs from the earlier run: in its verdict and its number. */
function trend(stage: Stage, before: Stage[]): string {
  const earlier = before.find(({ name }) => name === stage.name)
  if (!earlier) return ""
  const verdict = earlier.status === stage.status ? [] : [`was ${labels[earlier.status]}`]
  const known = stage.value !== undefined && earlier.value !== undefined
  const by = known ? Math.round((stage.value! - earlier.value!) * 10) / 10 : 0
  const unit = stage.unit ? ` ${stage.unit}` : ""
  const parts = [...verdict, ...(by === 0 ? [] : [`${by > 0 ? "▲" : "▼"} ${Math.abs(by)}${unit}`])]
  return parts.length ? `<small class="trend">${escape(parts.join(", "))}</small>` : ""
}

function coverageHtml(files: NonNullable<Details["coverage"]>, link: Link): string {
  if (!files.length) return ""
  type File = (typeof files)[number]
  const percent = ({ statements, covered }: File) => (statements === 0 ? 100 : (100 * covered) / statements)
  const row = (file: File) => {
    const text = percent(file).toFixed(1)
    const bar = `<span class="meter" aria-hidden="true"><i style="width:${text}%"></i></span>`
    const name = `<th scope="row">${linked(escape(file.file), link(file.file))}</th>`
    const counts = `<td class="number">${file.covered} of ${file.statements}</td>`
    return `<tr>${name}<td class="number">${text} %${bar}</td>${counts}</tr>`
  }
  const head = ["file", "covered", "statements"].map((column) => `<th scope="col">${column}</th>`).join("")
  const sorted = [...files].sort((a, b) => percent(a) - percent(b) || a.file.localeCompare(b.file))
  const table = `<table class="coverage"><thead><tr>${head}</tr></thead><tbody>${sorted.map(row).join("\n")}</tbody></table>`
  return folded(`Coverage of ${files.length} files`, `<div class="scroll">${table}</div>`, false)
}

/** Returns links to raw files, folded if they are many. A folder that is a site of its own is one link, to its first page. */
function fileLinks(folder: string, files: string[]): string {
  const sites = files.filter((file) => file.endsWith("/index.html")).map((file) => file.slice(0, -"index.html".length))
  const shown = files.filter((file) => !sites.some((site) => file.startsWith(site) && file !== `${site}index.html`))
  const links = shown.map((file) => `<a href="${escape(encodeURI(`${folder}/${file}`))}">${escape(file)}</a>`).join(" ")
  return shown.length > 8 ? `<details><summary>${shown.length} files</summary>${links}</details>` : links
}

const labels: Record<Status, string> = {
  passed: "passed",
  failed: "failed",
  inconclusive: "inconclusive",
  notApplicable: "not applicable",
  skipped: "skipped",
}
