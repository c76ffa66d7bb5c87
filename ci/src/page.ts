// The report's files for people: index.html and summary.md. Self-contained, nothing loaded from anywhere.
import { isRed, numberText, oneLine, verdictOf, type Stage, type Status } from "./stages"

/** Files of each stage's report folder, by the stage's name. */
export type Files = Record<string, string[]>

/** The folder of a stage's reports: `restaurant:test` has `restaurant/test`. */
export function folderOf(stage: string): string {
  return stage.replace(":", "/")
}

/** summary.md: fits a pull request's comment. */
export function summaryMarkdown(stages: Stage[]): string {
  const cell = (text: string) => oneLine(text, 200).replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("`", "'")
  const rows = stages.map((stage) => `| ${stage.name} | ${words[stage.status]} | ${numberText(stage)} | ${stage.seconds.toFixed(1)}${stage.cached ? " (cached)" : ""} | ${cell(stage.reason)} |`)
  return [`**${verdictOf(stages).line}**`, "", "| stage | verdict | number | seconds | |", "|---|---|---|---|---|", ...rows, ""].join("\n")
}

const words: Record<Status, string> = { passed: "✅ passed", failed: "❌ failed", inconclusive: "⚠️ inconclusive", notApplicable: "not applicable", skipped: "skipped" }

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}

/** index.html: the verdict, one row a stage with its bar of seconds, and links to every raw file. */
export function indexHtml(title: string, stages: Stage[], files: Files): string {
  const verdict = verdictOf(stages)
  const longest = Math.max(1, ...stages.map((stage) => stage.seconds))
  const failures = stages.filter(isRed)
  const groups = [...new Set(stages.map((stage) => stage.name.split(":")[0]!))]
  const row = (stage: Stage) => {
    const links = linksTo(folderOf(stage.name), files[stage.name] ?? [])
    const meter = stage.value !== undefined && stage.unit === "%" ? `<span class="meter" aria-hidden="true"><i style="width:${Math.min(100, stage.value)}%"></i>${stage.limit === undefined ? "" : `<b style="left:${stage.limit}%"></b>`}</span>` : ""
    return `<tr class="${stage.status}" id="${escape(stage.name)}">
<th scope="row">${escape(stage.name.split(":")[1] ?? stage.name)}</th>
<td><span class="pill">${escape(label[stage.status])}</span></td>
<td class="number">${escape(numberText(stage))}${meter}</td>
<td class="time"><span class="bar" aria-hidden="true"><i style="width:${((stage.seconds / longest) * 100).toFixed(1)}%"></i></span>${stage.seconds.toFixed(1)} s${stage.cached ? ' <small>cached</small>' : ""}</td>
<td class="reason">${escape(oneLine(stage.reason, 400))}${links ? `<small class="files">${links}</small>` : ""}</td>
</tr>`
  }
  const section = (group: string) => `<section><h2>${escape(group)}</h2>
<div class="scroll"><table><thead><tr><th scope="col">stage</th><th scope="col">verdict</th><th scope="col">number</th><th scope="col">time</th><th scope="col">what was found</th></tr></thead>
<tbody>${stages.filter((stage) => stage.name.split(":")[0] === group).map(row).join("\n")}</tbody></table></div></section>`
  const first = failures.length
    ? `<section class="first"><h2>Look here first</h2><ul>${failures.map((stage) => `<li><a href="#${escape(stage.name)}">${escape(stage.name)}</a> ${escape(oneLine(stage.reason, 400))}</li>`).join("")}</ul></section>`
    : ""
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}: ${verdict.passed ? "green" : "red"}</title>
<style>${style}</style></head>
<body><header class="${verdict.passed ? "green" : "red"}"><p>${escape(title)}</p><h1>${escape(verdict.line)}</h1></header>
<main>${first}${groups.map(section).join("\n")}
<footer><a href="result.json">result.json</a> <a href="summary.md">summary.md</a> <a href="dagger.log">dagger.log</a></footer></main></body></html>
`
}

/** Links to raw files, folded where there are many. A folder that is a site of its own is one link, to its first page. */
function linksTo(folder: string, files: string[]): string {
  const sites = files.filter((file) => file.endsWith("/index.html")).map((file) => file.slice(0, -"index.html".length))
  const shown = files.filter((file) => !sites.some((site) => file.startsWith(site) && file !== `${site}index.html`))
  const links = shown.map((file) => `<a href="${escape(encodeURI(`${folder}/${file}`))}">${escape(file)}</a>`).join(" ")
  return shown.length > 8 ? `<details><summary>${shown.length} files</summary>${links}</details>` : links
}

const label: Record<Status, string> = { passed: "passed", failed: "failed", inconclusive: "inconclusive", notApplicable: "not applicable", skipped: "skipped" }

export const style = `:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#1a1f27;--soft:#5b6573;--line:#dfe3e8;--green:#12703f;--red:#b3231b;--amber:#8a5a00;--fill:#c9d2dd}
@media(prefers-color-scheme:dark){:root{--ground:#12161b;--card:#1a2027;--ink:#e8ecf1;--soft:#9aa6b4;--line:#2c343e;--green:#4cc38a;--red:#ff8b80;--amber:#e5b567;--fill:#3a4552}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{padding:1.4rem max(1rem,calc(50vw - 34rem));background:var(--card);border-bottom:4px solid}header.green{border-color:var(--green)}header.red{border-color:var(--red)}
header p{margin:0;color:var(--soft)}h1{margin:.1rem 0 0;font-size:1.5rem}main{max-width:70rem;margin:0 auto;padding:1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:0 0 1rem;padding:.8rem 1rem}h2{font-size:1.05rem;margin:0 0 .4rem}
.first{border-left:4px solid var(--red)}.first ul{margin:0;padding-left:1.2rem;overflow-wrap:anywhere}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}thead th{color:var(--soft);font-weight:500;font-size:.8rem}th,td{text-align:left;padding:.35rem .6rem .35rem 0;vertical-align:top}tbody tr{border-top:1px solid var(--line)}
table{table-layout:fixed;min-width:40rem}th:nth-child(1){width:7rem}th:nth-child(2){width:8rem}th:nth-child(3){width:9.5rem}th:nth-child(4){width:9.5rem}
@media(max-width:640px){table{min-width:0}table,tbody,tr,th,td{display:block}thead{display:none}tbody tr{padding:.5rem 0}th,td{padding:.05rem 0}td:empty{display:none}th[scope=row],td:nth-child(2){display:inline-block;width:auto!important;margin-right:.6rem}.bar{display:none}}
th[scope=row]{font-weight:600;white-space:nowrap}.time{white-space:nowrap}.number,.time{font-variant-numeric:tabular-nums}.reason{min-width:14rem;overflow-wrap:anywhere}
.pill{font-size:.8rem;padding:.05rem .5rem;border-radius:99px;border:1px solid;white-space:nowrap}.passed .pill{color:var(--green)}.failed .pill{color:var(--red)}.inconclusive .pill{color:var(--amber)}.skipped .pill,.notApplicable .pill{color:var(--soft)}
.bar,.meter{display:block;position:relative;width:6.5rem;height:6px;background:var(--line);border-radius:3px;margin:.15rem 0}.bar i,.meter i{display:block;height:100%;background:var(--fill);border-radius:3px}.meter i{background:var(--green)}.failed .meter i{background:var(--red)}.meter b{position:absolute;top:-3px;width:2px;height:12px;background:var(--ink)}
.files{display:block}summary{cursor:pointer}a{color:inherit}footer a{margin-right:1rem}small{color:var(--soft)}`
