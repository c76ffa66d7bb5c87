// The pages of a chain: one that shows it from pull request to rollback, and one per environment. Self-contained.
import type { Step } from "../config/config"
import { reasonText } from "./next-steps"
import { escape, indexHtml, lookFirst, pageHtml, type Files } from "./page"
import { folderOf, numberText, verdictOf, type Stage } from "./stages"
import { chainStyle, galleryStyle, style } from "./style"

/** A step of the chain, in the order of promotion: its title and its stages. */
export interface ChainStep {
  step: Step | "targets" | "bad"
  title: string
  parts: { stages: Stage[] }[]
}

/** Returns the address of a step's own page, if it has one. */
function stepPage({ step }: ChainStep): string | undefined {
  if (step === "pr") return "pr/index.html"
  return step === "targets" ? undefined : `${step}.html`
}

function stagesOf({ parts }: ChainStep): Stage[] {
  return parts.flatMap(({ stages }) => stages)
}

/**
 * Returns index.html of a chain: its verdict, a card per step in the order of promotion, what the bad release cost, and the messages
 * to Slack. `accepted` are those that the stand-in of Slack has accepted, as JSON; `evidence` is the table of what was stored.
 */
export function chainHtml(commit: string, steps: ChainStep[], accepted: string, evidence = ""): string {
  const all = steps.flatMap(stagesOf)
  const { passed, line } = verdictOf(all)
  const seconds = Math.round(all.reduce((sum, stage) => sum + stage.seconds, 0))
  const address = (stage: Stage) => {
    const page = stepPage(steps.find((one) => stagesOf(one).includes(stage))!) ?? ""
    return `${page}#${stage.name}`
  }
  const raw = ["result.json", "summary.md", "release.json", "slack.json"]
  const footer = `<footer>${raw.map((file) => `<a href="${file}">${file}</a>`).join(" ")}</footer>`
  const cards = `<div class="chain">${steps.map(cardHtml).join("\n")}</div>`
  const start = `From pull request to production, and back · <code>${escape(commit.slice(0, 12))}</code>`
  return pageHtml({
    title: "Chain",
    passed,
    heading: `${start} · ${seconds} s in stages`,
    verdict: line,
    main: `${lookFirst(all, address)}${cards}${evidenceHtml(evidence)}${slackHtml(accepted)}\n${footer}`,
    style: style + chainStyle,
  })
}

function cardHtml(one: ChainStep): string {
  const stages = stagesOf(one)
  const { passed } = verdictOf(stages)
  const ran = stages.some(({ status }) => status !== "skipped" && status !== "notApplicable")
  const page = stepPage(one)
  const title = page && ran ? `<a href="${page}">${escape(one.title)}</a>` : escape(one.title)
  const [color, verdict] = ran ? (passed ? ["passed", "green"] : ["failed", "red"]) : ["skipped", "not run"]
  const heading = `<h2>${title} <span class="pill">${verdict}</span></h2>`
  return `<article class="card ${color}">${heading}<ul>${stages.map(cardRow).join("")}</ul></article>`
}

function cardRow(stage: Stage): string {
  const name = `<span class="what">${escape(stage.name.split(":")[1] ?? stage.name)}</span>`
  const number = `<span class="number">${escape(numberText(stage))}</span>`
  const time = `<span class="time">${stage.seconds ? `${stage.seconds.toFixed(1)} s` : ""}</span>`
  const dot = '<span class="dot" aria-hidden="true"></span>'
  return `<li class="${stage.status}">${dot}${name}${number}${time}<p>${escape(reasonText(stage, 220))}</p></li>`
}

function evidenceHtml(table: string): string {
  if (!table) return ""
  const heading =
    '<h2>Evidence <small>each statement, and whose key signed it; <a href="evidence/">bundles</a></small></h2>'
  return `<section>${heading}<pre>${escape(table)}</pre></section>`
}

function slackHtml(accepted: string): string {
  const messages = messagesIn(accepted)
  if (!messages.length) return ""
  const items = messages.map(({ title, body }) => {
    const text = escape(body).replace(/`([^`]+)`/g, "<code>$1</code>")
    return `<li><b>${escape(title)}</b><pre>${text}</pre></li>`
  })
  const heading = "<h2>Messages to Slack <small>a stand-in, over HTTP</small></h2>"
  return `<section>${heading}<ol class="slack">${items.join("")}</ol></section>`
}

/** Returns a step's page: every stage with its reports, and its pictures. */
export function environmentHtml(one: ChainStep, files: Files): string {
  const stages = stagesOf(one)
  const isPicture = (file: string) => file.endsWith(".png")
  const pictures = stages.flatMap(({ name }) =>
    (files[name] ?? []).filter(isPicture).map((file) => `${folderOf(name)}/${file}`),
  )
  const listed = Object.fromEntries(
    Object.entries(files).map(([name, all]) => [name, all.filter((file) => !isPicture(file))]),
  )
  const back = '<footer><a href="index.html">the whole chain</a></footer>'
  return indexHtml(one.title, stages, { files: listed })
    .replace("</main>", () => `${galleryHtml(pictures)}${back}</main>`)
    .replace("</style>", () => `${galleryStyle}</style>`)
}

function galleryHtml(pictures: string[]): string {
  if (!pictures.length) return ""
  const items = pictures.map((path) => {
    const [address, name] = [escape(encodeURI(path)), escape(path.replace(/^.*\/|\.png$/g, ""))]
    return `<a href="${address}"><img loading="lazy" src="${address}" alt="${name}"></a>`
  })
  return `<section><h2>What the browser saw</h2><div class="gallery">${items.join("")}</div></section>`
}

/** Returns title and text of each message that the stand-in has accepted. */
function messagesIn(accepted: string): { title: string; body: string }[] {
  let messages: unknown
  try {
    messages = JSON.parse(accepted)
  } catch {
    return []
  }
  if (!Array.isArray(messages)) return []
  return (messages as Accepted[]).map(({ text = "", thread_ts: thread, blocks = [] }) => ({
    title: `${thread ? "↳ " : ""}${blocks.find(({ type }) => type === "header")?.text?.text ?? text}`,
    body: blocks
      .filter(({ type }) => type === "section" || type === "context")
      .map(({ text: own, elements = [] }) => [own, ...elements].map((one) => shown(one?.text ?? "")).join(""))
      .join("\n"),
  }))
}

/** A message as the stand-in has it. */
interface Accepted {
  text?: string
  thread_ts?: string
  blocks?: { type: string; text?: { text: string }; elements?: { text: string }[] }[]
}

/** Returns Slack's markup as its reader sees it: links by their words, and the characters that it escapes. */
function shown(text: string): string {
  return text
    .replace(/<https?:[^|>]*\|([^>]*)>/g, "$1")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
}
