// The pages of a chain: one that shows it from pull request to rollback, and one an environment. Self-contained, nothing loaded from anywhere.
import type { Step } from "../config/config"
import { escape, folderOf, indexHtml, lookFirst, style, type Files } from "./page"
import { numberText, oneLine, verdictOf, type Stage } from "./stages"

/** A step of the chain, in the order of promotion: what it is called, and its stages. */
export interface ChainStep {
  step: Step | "targets" | "bad"
  title: string
  parts: { stages: Stage[] }[]
}

const targetsOnly = new Set(["pr", "targets"])

/** Where a step's own page is. */
function pageOf({ step }: ChainStep): string | undefined {
  return step === "pr" ? "pr/index.html" : targetsOnly.has(step) ? undefined : `${step}.html`
}

function stagesOf({ parts }: ChainStep): Stage[] {
  return parts.flatMap(({ stages }) => stages)
}

/** index.html of a chain: its verdict, a card a step in the order of promotion, what the bad release cost, and what Slack was told. */
export function chainHtml(commit: string, steps: ChainStep[], told: string): string {
  const all = steps.flatMap(stagesOf)
  const verdict = verdictOf(all)
  const seconds = all.reduce((sum, stage) => sum + stage.seconds, 0)
  const page = (stage: Stage) => pageOf(steps.find((one) => stagesOf(one).includes(stage))!) ?? ""
  const card = (one: ChainStep) => {
    const stages = stagesOf(one)
    const { passed } = verdictOf(stages)
    const ran = stages.some(({ status }) => status !== "skipped" && status !== "notApplicable")
    const page = pageOf(one)
    const rows = stages.map(
      (stage) =>
        `<li class="${stage.status}"><span class="dot" aria-hidden="true"></span><span class="what">${escape(stage.name.split(":")[1] ?? stage.name)}</span><span class="number">${escape(numberText(stage))}</span><span class="time">${stage.seconds ? `${stage.seconds.toFixed(1)} s` : ""}</span><p>${escape(oneLine(stage.reason, 220))}</p></li>`,
    )
    return `<article class="card ${ran ? (passed ? "passed" : "failed") : "skipped"}"><h2>${page && ran ? `<a href="${page}">${escape(one.title)}</a>` : escape(one.title)} <span class="pill">${ran ? (passed ? "green" : "red") : "not run"}</span></h2><ul>${rows.join("")}</ul></article>`
  }
  const messages = acceptedBySlack(told)
  const slack = messages.length
    ? `<section><h2>What Slack was told <small>a stand-in, over HTTP</small></h2><ol class="slack">${messages.map(({ title, body }) => `<li><b>${escape(title)}</b><pre>${escape(body).replace(/`([^`]+)`/g, "<code>$1</code>")}</pre></li>`).join("")}</ol></section>`
    : ""
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Chain: ${verdict.passed ? "green" : "red"}</title>
<style>${style}${chainStyle}</style></head>
<body><header class="${verdict.passed ? "green" : "red"}"><p>From pull request to production, and back · <code>${escape(commit.slice(0, 12))}</code> · ${Math.round(seconds)} s in stages</p><h1>${escape(verdict.line)}</h1></header>
<main>${lookFirst(all, (stage) => `${page(stage)}#${stage.name}`)}<div class="chain">${steps.map(card).join("\n")}</div>${slack}
<footer><a href="result.json">result.json</a> <a href="summary.md">summary.md</a> <a href="release.json">release.json</a> <a href="slack.json">slack.json</a></footer></main></body></html>
`
}

/** A step's page: every stage with its reports, and its pictures. */
export function environmentHtml(one: ChainStep, files: Files): string {
  const stages = stagesOf(one)
  const pictures = stages.flatMap(({ name }) =>
    (files[name] ?? []).filter((file) => file.endsWith(".png")).map((file) => `${folderOf(name)}/${file}`),
  )
  const gallery = pictures.length
    ? `<section><h2>What the browser saw</h2><div class="gallery">${pictures.map((path) => `<a href="${escape(encodeURI(path))}"><img loading="lazy" src="${escape(encodeURI(path))}" alt="${escape(path.replace(/^.*\/|\.png$/g, ""))}"></a>`).join("")}</div></section>`
    : ""
  const listed = Object.fromEntries(
    Object.entries(files).map(([name, all]) => [name, all.filter((file) => !file.endsWith(".png"))]),
  )
  return indexHtml(one.title, stages, { files: listed })
    .replace("</main>", `${gallery}<footer><a href="index.html">the whole chain</a></footer></main>`)
    .replace("</style>", `${galleryStyle}</style>`)
}

/** Title and text of each message that the stand-in has accepted. */
function acceptedBySlack(told: string): { title: string; body: string }[] {
  let messages: unknown
  try {
    messages = JSON.parse(told)
  } catch {
    return []
  }
  if (!Array.isArray(messages)) return []
  return (messages as { text?: string; blocks?: { type: string; text?: { text: string } }[] }[]).map(
    ({ text = "", blocks = [] }) => ({
      title: blocks.find(({ type }) => type === "header")?.text?.text ?? text,
      body: blocks
        .filter(({ type }) => type === "section")
        .map((block) => block.text?.text ?? "")
        .join("\n"),
    }),
  )
}

const chainStyle = `.chain{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem;margin-bottom:1rem}.card{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--soft);border-radius:10px;padding:.8rem 1rem}
.card.passed{border-top-color:var(--green)}.card.failed{border-top-color:var(--red)}.card h2{display:flex;justify-content:space-between;align-items:center}.card ul{list-style:none;margin:0;padding:0}
.card li{display:grid;grid-template-columns:1rem auto minmax(0,1fr) auto;gap:0 .5rem;padding:.35rem 0;border-top:1px solid var(--line);align-items:baseline}.card li p{grid-column:2/-1;margin:0;color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
.dot{width:.6rem;height:.6rem;border-radius:50%;background:var(--soft)}.passed .dot{background:var(--green)}.failed .dot{background:var(--red)}.inconclusive .dot{background:var(--amber)}.what{font-weight:600}.card .number,.card .time{font-size:.85rem;color:var(--soft)}.card .number{text-align:right;white-space:normal}
li.skipped .dot,li.notApplicable .dot{background:var(--line)}.slack{margin:0;padding-left:1.2rem}.slack pre{white-space:pre-wrap;margin:.2rem 0 .8rem;font:inherit;color:var(--soft);overflow-wrap:anywhere}`

const galleryStyle = `.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:.6rem}.gallery img{width:100%;height:9rem;object-fit:cover;object-position:top;border:1px solid var(--line);border-radius:6px}`
