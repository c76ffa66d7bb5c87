// The report's files for people: index.html and summary.md. Self-contained, nothing loaded from anywhere.
import type { Link } from "./links"
import type { FailedTest, Finding } from "./merge"
import { isRed, numberText, oneLine, verdictOf, type FileCoverage, type Stage, type Status } from "./stages"

/** Files of each stage's report folder, by the stage's name. */
export type Files = Record<string, string[]>

/** The folder of a stage's reports: `api:test` has `api/test`. */
export function folderOf(stage: string): string {
  return stage.replace(":", "/")
}

/** summary.md: fits a pull request's comment. Places of failing tests and of findings of red stages stand below the table, as links where the repository is hosted. */
export function summaryMarkdown(
  stages: Stage[],
  { failed = [], found = [], link = () => undefined }: Pick<Details, "failed" | "found" | "link"> = {},
): string {
  const cell = (text: string) => oneLine(text, 200).replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("`", "'")
  const red = new Set(stages.filter(isRed).map(({ name }) => name))
  const place = (file: string, line?: number) => {
    const [name, address] = [`${cell(file).replace(/[[\]]/g, "\\$&")}${line ? `:${line}` : ""}`, link(file, line)]
    return address ? `[${name}](${address})` : name
  }
  const places = [
    ...failed.map(({ name, file, line }) => `- ${file ? `${place(file, line)} ` : ""}${cell(name)}`),
    ...found
      .filter(({ stage }) => red.has(stage))
      .map(({ file, line, text }) => `- ${place(file, line)} ${cell(text)}`),
  ]
  const listed = places.length
    ? ["", ...places.slice(0, 20), ...(places.length > 20 ? [`- … and ${places.length - 20} more`] : [])]
    : []
  const rows = stages.map(
    (stage) =>
      `| ${stage.name} | ${words[stage.status]} | ${numberText(stage)} | ${stage.seconds.toFixed(1)}${stage.cached ? " (cached)" : ""} | ${cell(stage.reason)} |`,
  )
  return [
    `**${verdictOf(stages).line}**`,
    "",
    "| stage | verdict | number | seconds | |",
    "|---|---|---|---|---|",
    ...rows,
    ...listed,
    "",
  ].join("\n")
}

const words: Record<Status, string> = {
  passed: "✅ passed",
  failed: "❌ failed",
  inconclusive: "⚠️ inconclusive",
  notApplicable: "not applicable",
  skipped: "skipped",
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}

/** What a report shows beside its stages. */
export interface Details {
  files: Files
  failed?: FailedTest[]
  /** Findings, each with some lines of its file, of which the first has the number `from`. */
  found?: (Finding & { excerpt?: { from: number; lines: string[] } })[]
  coverage?: Pick<FileCoverage, "file" | "statements" | "covered">[]
  /** Where the repository's files are hosted. */
  link?: Link
  /** The stages of an earlier run, to compare with. */
  before?: Stage[]
}

/** index.html: the verdict, what to look at first, when each part ran, failing tests, findings, one row a stage, coverage by file, and links to every raw file. */
export function indexHtml(title: string, stages: Stage[], details: Details): string {
  const verdict = verdictOf(stages)
  const groups = [...new Set(stages.map((stage) => stage.name.split(":")[0]!))]
  const red = new Set(stages.filter(isRed).map(({ name }) => name))
  const [counted, others] = [true, false].map((counts) =>
    (details.found ?? []).filter(({ stage }) => red.has(stage) === counts),
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}: ${verdict.passed ? "green" : "red"}</title>
<style>${style}</style></head>
<body><header class="${verdict.passed ? "green" : "red"}"><p>${escape(title)}</p><h1>${escape(verdict.line)}</h1></header>
<main>${[lookFirst(stages), failedTestsHtml(details.failed ?? [], details.link), findingsHtml(counted!, "of red stages", true, details.link), timelineHtml(stages), ...groups.map((group) => stagesHtml(group, stages, details)), findingsHtml(others!, "that turned nothing red", false, details.link), coverageHtml(details.coverage ?? [], details.link)].filter((part) => part !== "").join("\n")}
<footer>${["result.json", "summary.md", "junit.xml", "findings.sarif", "dagger.log"].map((file) => `<a href="${file}">${file}</a>`).join(" ")}</footer></main></body></html>
`
}

/** The stages that made the verdict red, with links to their rows. */
export function lookFirst(stages: Stage[], link = (stage: Stage) => `#${stage.name}`): string {
  const red = stages.filter(isRed)
  if (!red.length) return ""
  return `<section class="first"><h2>Look here first</h2><ul>${red.map((stage) => `<li><a href="${escape(link(stage))}">${escape(stage.name)}</a> ${escape(oneLine(stage.reason, 400))}</li>`).join("")}</ul></section>`
}

/** A section that is folded where it is long. */
function folded(heading: string, body: string, open: boolean): string {
  return `<section><details${open ? " open" : ""}><summary><h2>${escape(heading)}</h2></summary>${body}</details></section>`
}

/** Text that leads to a file where that is hosted, and is text elsewhere. */
function linked(text: string, address: string | undefined): string {
  return address ? `<a href="${escape(address)}">${text}</a>` : text
}

function failedTestsHtml(failed: FailedTest[], link: Link = () => undefined): string {
  if (!failed.length) return ""
  const place = ({ file, line }: FailedTest) =>
    file ? ` <small>${linked(`<code>${escape(file)}:${line}</code>`, link(file, line))}</small>` : ""
  const one = ({ stage, name, output, ...at }: FailedTest) =>
    `<h3><a href="#${escape(stage)}">${escape(stage)}</a> ${escape(name)}${place({ stage, name, output, ...at })}</h3><pre>${escape(clipped(output, 40))}</pre>`
  return folded(
    `${failed.length} failing ${failed.length === 1 ? "test" : "tests"}`,
    failed.slice(0, most).map(one).join("") + andMore(failed.length),
    true,
  )
}

function findingsHtml(
  found: NonNullable<Details["found"]>,
  which: string,
  open: boolean,
  link: Link = () => undefined,
): string {
  if (!found.length) return ""
  const line = (text: string, at: number, marked: number) =>
    `<span${at === marked ? ' class="here"' : ""}><b>${at}</b> ${escape(text)}\n</span>`
  const one = ({ tool, rule, text, file, line: at, excerpt }: NonNullable<Details["found"]>[number]) =>
    `<h3>${linked(`<code>${escape(file)}${at ? `:${at}` : ""}</code>`, link(file, at))} ${escape(oneLine(text, 300))} <small>${escape([...new Set([tool, rule])].join(" "))}</small></h3>${excerpt ? `<pre class="code">${excerpt.lines.map((code, i) => line(code, excerpt.from + i, at)).join("")}</pre>` : ""}`
  return folded(
    `${found.length} ${found.length === 1 ? "finding" : "findings"} ${which}`,
    found.slice(0, most).map(one).join("") + andMore(found.length),
    open,
  )
}

/** How many failing tests and findings are shown; all stand in the raw files. */
const most = 50
const andMore = (count: number): string =>
  count > most ? `<p>… and ${count - most} more in the raw files below</p>` : ""

function clipped(text: string, lines: number): string {
  const all = text.trim().split("\n")
  return all.length > lines ? [...all.slice(0, lines), `… ${all.length - lines} more lines`].join("\n") : all.join("\n")
}

/** A bar for each part of the pipeline from its start to its end: what ran beside what. What came from the cache has none. */
function timelineHtml(stages: Stage[]): string {
  const parts = new Map<string, { names: string[]; from: number; to: number }>()
  for (const { name, from, to } of stages) {
    if (from === undefined || to === undefined) continue
    const key = `${name.split(":")[0]} ${from}`
    const part = parts.get(key) ?? { names: [], from, to }
    parts.set(key, { ...part, names: [...part.names, name] })
  }
  const cached = stages.filter((stage) => stage.cached).length
  if (!parts.size) return ""
  const end = Math.max(...[...parts.values()].map(({ to }) => to))
  const percent = (seconds: number) => ((100 * seconds) / Math.max(end, 0.1)).toFixed(2)
  const rows = [...parts.values()].map(({ names, from, to }) => {
    const group = names[0]!.split(":")[0]!
    const label = names.length === 1 ? names[0]! : `${group}: ${names.map((name) => name.split(":")[1]).join(", ")}`
    return `<li><span>${escape(label)}</span><i><b style="margin-left:${percent(from)}%;width:${percent(to - from)}%"></b></i><small>${from.toFixed(0)}–${to.toFixed(0)} s</small></li>`
  })
  return `<section class="timeline"><h2>When it ran</h2><ol>${rows.join("")}</ol><p>${end.toFixed(0)} s in all${cached ? `; ${cached} ${cached === 1 ? "stage" : "stages"} came from the cache` : ""}</p></section>`
}

function stagesHtml(group: string, stages: Stage[], { files, before = [] }: Details): string {
  const longest = Math.max(1, ...stages.map((stage) => stage.seconds))
  const row = (stage: Stage) => {
    const links = linksTo(folderOf(stage.name), files[stage.name] ?? [])
    const meter =
      stage.value !== undefined && stage.unit === "%"
        ? `<span class="meter" aria-hidden="true"><i style="width:${Math.min(100, stage.value)}%"></i>${stage.limit === undefined ? "" : `<b style="left:${stage.limit}%"></b>`}</span>`
        : ""
    return `<tr class="${stage.status}" id="${escape(stage.name)}">
<th scope="row">${escape(stage.name.split(":")[1] ?? stage.name)}</th>
<td><span class="pill">${escape(label[stage.status])}</span></td>
<td class="number">${escape(numberText(stage))}${meter}${trend(stage, before)}</td>
<td class="time"><span class="bar" aria-hidden="true"><i style="width:${((stage.seconds / longest) * 100).toFixed(1)}%"></i></span>${stage.seconds.toFixed(1)} s${stage.cached ? " <small>cached</small>" : ""}</td>
<td class="reason">${escape(oneLine(stage.reason, 400))}${links ? `<small class="files">${links}</small>` : ""}</td>
</tr>`
  }
  return `<section><h2>${escape(group)}</h2>
<div class="scroll"><table><thead><tr><th scope="col">stage</th><th scope="col">verdict</th><th scope="col">number</th><th scope="col">time</th><th scope="col">what was found</th></tr></thead>
<tbody>${stages
    .filter((stage) => stage.name.split(":")[0] === group)
    .map(row)
    .join("\n")}</tbody></table></div></section>`
}

/** How a stage differs from its earlier run: its number, and its verdict where that is another. */
function trend(stage: Stage, before: Stage[]): string {
  const earlier = before.find(({ name }) => name === stage.name)
  if (!earlier) return ""
  const verdict = earlier.status === stage.status ? [] : [`was ${label[earlier.status]}`]
  const by =
    stage.value === undefined || earlier.value === undefined ? 0 : Math.round((stage.value - earlier.value) * 10) / 10
  const parts = [
    ...verdict,
    ...(by === 0 ? [] : [`${by > 0 ? "▲" : "▼"} ${Math.abs(by)}${stage.unit ? ` ${stage.unit}` : ""}`]),
  ]
  return parts.length ? `<small class="trend">${escape(parts.join(", "))}</small>` : ""
}

function coverageHtml(files: NonNullable<Details["coverage"]>, link: Link = () => undefined): string {
  if (!files.length) return ""
  const percent = ({ statements, covered }: (typeof files)[number]) =>
    statements === 0 ? 100 : (100 * covered) / statements
  const row = (file: (typeof files)[number]) =>
    `<tr><th scope="row">${linked(escape(file.file), link(file.file))}</th><td class="number">${percent(file).toFixed(1)} %<span class="meter" aria-hidden="true"><i style="width:${percent(file).toFixed(1)}%"></i></span></td><td class="number">${file.covered} of ${file.statements}</td></tr>`
  const sorted = [...files].sort((a, b) => percent(a) - percent(b) || a.file.localeCompare(b.file))
  return folded(
    `Coverage of ${files.length} files`,
    `<div class="scroll"><table class="coverage"><thead><tr><th scope="col">file</th><th scope="col">covered</th><th scope="col">statements</th></tr></thead><tbody>${sorted.map(row).join("\n")}</tbody></table></div>`,
    false,
  )
}

/** Links to raw files, folded where there are many. A folder that is a site of its own is one link, to its first page. */
function linksTo(folder: string, files: string[]): string {
  const sites = files.filter((file) => file.endsWith("/index.html")).map((file) => file.slice(0, -"index.html".length))
  const shown = files.filter((file) => !sites.some((site) => file.startsWith(site) && file !== `${site}index.html`))
  const links = shown.map((file) => `<a href="${escape(encodeURI(`${folder}/${file}`))}">${escape(file)}</a>`).join(" ")
  return shown.length > 8 ? `<details><summary>${shown.length} files</summary>${links}</details>` : links
}

const label: Record<Status, string> = {
  passed: "passed",
  failed: "failed",
  inconclusive: "inconclusive",
  notApplicable: "not applicable",
  skipped: "skipped",
}

export const style = `:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#1a1f27;--soft:#5b6573;--line:#dfe3e8;--green:#12703f;--red:#b3231b;--amber:#8a5a00;--fill:#c9d2dd;--blue:#3b76c4;--mark:#fff3c4}
@media(prefers-color-scheme:dark){:root{--ground:#12161b;--card:#1a2027;--ink:#e8ecf1;--soft:#9aa6b4;--line:#2c343e;--green:#4cc38a;--red:#ff8b80;--amber:#e5b567;--fill:#3a4552;--blue:#6ea8fe;--mark:#4a3f12}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{padding:1.4rem max(1rem,calc(50vw - 34rem));background:var(--card);border-bottom:4px solid}header.green{border-color:var(--green)}header.red{border-color:var(--red)}
header p{margin:0;color:var(--soft)}h1{margin:.1rem 0 0;font-size:1.5rem}main{max-width:70rem;margin:0 auto;padding:1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:0 0 1rem;padding:.8rem 1rem}h2{font-size:1.05rem;margin:0 0 .4rem}
.first{border-left:4px solid var(--red)}.first ul{margin:0;padding-left:1.2rem;overflow-wrap:anywhere}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}thead th{color:var(--soft);font-weight:500;font-size:.8rem}th,td{text-align:left;padding:.35rem .6rem .35rem 0;vertical-align:top}tbody tr{border-top:1px solid var(--line)}
table{table-layout:fixed;min-width:40rem}th:nth-child(1){width:7rem}th:nth-child(2){width:8rem}th:nth-child(3){width:9.5rem}th:nth-child(4){width:9.5rem}
@media(max-width:640px){table{min-width:0}table,tbody,tr,th,td{display:block}thead{display:none}tbody tr{padding:.5rem 0}th,td{padding:.05rem 0}td:empty{display:none}th[scope=row],td:nth-child(2){display:inline-block;width:auto!important;margin-right:.6rem}}
th[scope=row]{font-weight:600;white-space:nowrap}.time{white-space:nowrap}.number,.time{font-variant-numeric:tabular-nums}.reason{min-width:14rem;overflow-wrap:anywhere}
.pill{font-size:.8rem;padding:.05rem .5rem;border-radius:99px;border:1px solid;white-space:nowrap}.passed .pill{color:var(--green)}.failed .pill{color:var(--red)}.inconclusive .pill{color:var(--amber)}.skipped .pill,.notApplicable .pill{color:var(--soft)}
.bar,.meter{display:block;position:relative;width:6.5rem;height:6px;background:var(--line);border-radius:3px;margin:.15rem 0}.bar i,.meter i{display:block;height:100%;background:var(--fill);border-radius:3px}.meter i{background:var(--green)}.failed .meter i{background:var(--red)}.meter b{position:absolute;top:-3px;width:2px;height:12px;background:var(--ink)}
details>summary h2{display:inline}h3{font-size:.95rem;margin:.7rem 0 .2rem;overflow-wrap:anywhere}pre{margin:.2rem 0;padding:.5rem .7rem;background:var(--ground);border:1px solid var(--line);border-radius:6px;overflow-x:auto;font-size:.82rem;line-height:1.45;tab-size:4}
.code b{display:inline-block;min-width:2.5rem;color:var(--soft);font-weight:400}.code .here{display:block;background:var(--mark)}.code .here b{color:var(--ink);font-weight:700}.trend{display:block}
.timeline ol{list-style:none;margin:0;padding:0}.timeline li{display:grid;grid-template-columns:minmax(9rem,17rem) 1fr 5.5rem;gap:.6rem;align-items:center;padding:.1rem 0}.timeline span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.timeline i{height:10px;background:var(--line);border-radius:5px}.timeline b{display:block;height:100%;min-width:3px;background:var(--blue);border-radius:5px}.timeline small{text-align:right;font-variant-numeric:tabular-nums}.timeline p{margin:.3rem 0 0;color:var(--soft)}
.coverage th:nth-child(1){width:auto}.coverage th:nth-child(2),.coverage th:nth-child(3){width:9rem}.coverage th[scope=row]{font-weight:400;white-space:normal;overflow-wrap:anywhere}
@media(max-width:640px){.timeline li{grid-template-columns:7.5rem 1fr 4.5rem}}
.files{display:block}summary{cursor:pointer}a{color:inherit}footer a{margin-right:1rem}small{color:var(--soft)}@media(max-width:640px){.bar{display:none}}`
