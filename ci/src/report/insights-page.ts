// Measures of delivery for people: a table, and a page with a chart for each environment. Self-contained.
import type { Day, Insights, Measures, Span } from "./insights"
import { escape, pageHtml } from "./page"
import { insightsStyle, style } from "./style"

const names = ["deployments", "lead time", "change fail rate", "recovery time", "rework rate"] as const

/** What each measure is, for whoever reads it. */
const meaning: Record<(typeof names)[number], string> = {
  deployments: "releases that went there; one that is judged again counts once",
  "lead time":
    "from the commit that was built to its first green verdict there: the median, and what 9 of 10 do not exceed",
  "change fail rate": "red deployments, of all that were judged",
  "recovery time": "from a red verdict to the next green one, or to the release before, if it went back by itself",
  "rework rate": "deployments that came while the one before was red, of all that were judged",
}

/** Returns a length of time for people. */
export function lengthText(seconds: number): string {
  const [value, unit] =
    seconds < 60
      ? [seconds, "s"]
      : seconds < 3600
        ? [seconds / 60, "min"]
        : seconds < 172_800
          ? [seconds / 3600, "h"]
          : [seconds / 86_400, "days"]
  return `${Math.round(value * 10) / 10} ${unit}`
}

const dayText = (at: number): string => new Date(1000 * at).toISOString().slice(0, 10)
const span = (one: Span | undefined): string =>
  one ? `${lengthText(one.median)} (9 of 10: ${lengthText(one.p90)})` : "none"
const rate = (percent: number | undefined, count: number, all: number): string =>
  percent === undefined ? "none" : `${Math.round(10 * percent) / 10} % (${count} of ${all})`

/** The measures as texts, in the order of `names`. */
function textsOf(one: Measures): string[] {
  const perWeek = Math.round(70 * one.perDay) / 10
  const open =
    one.redSince === undefined ? "" : `; red since ${new Date(1000 * one.redSince).toISOString().slice(0, 16)}Z`
  const recovery = one.recoveryTime || !open ? span(one.recoveryTime) : "not yet"
  const undecided = one.undecided ? `, ${one.undecided} not judged` : ""
  return [
    `${one.deployments} (${perWeek} a week${undecided})`,
    span(one.leadTime),
    rate(one.failRate, one.failed, one.deployments - one.undecided),
    `${recovery}${open}`,
    rate(one.reworkRate, one.rework, one.deployments - one.undecided),
  ]
}

/** Returns the measures as a table, one column per environment. */
export function insightsTable({ from, to, environments }: Insights): string {
  const period = `${dayText(from)} to ${dayText(to)}`
  if (!environments.length) return `${period}: nothing was deployed\n`
  const texts = environments.map(textsOf)
  const rows = [
    ["", ...environments.map(({ environment }) => environment)],
    ...names.map((name, i) => [name, ...texts.map((one) => one[i]!)]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  )
  return `${[period, ...lines].join("\n")}\n`
}

/** Returns the figures for machines: times in seconds, rates in percent. */
export function insightsJson(insights: Insights): string {
  return `${JSON.stringify(insights, null, 1)}\n`
}

/** Returns the page: the measures and a chart of days for each environment, and what the measures mean. */
export function insightsHtml(insights: Insights): string {
  const { from, to, environments } = insights
  const red = environments.filter(({ redSince }) => redSince !== undefined)
  const verdict = !environments.length
    ? "Nothing was deployed"
    : red.length
      ? `${red.map(({ environment }) => environment).join(", ")} red now`
      : "No environment is red"
  const meanings = names.map((name) => `<dt>${name}</dt><dd>${escape(meaning[name])}</dd>`).join("")
  const source = '<a href="https://dora.dev/guides/dora-metrics/">DORA’s measures</a>'
  const notes = `<section><h2>What is measured</h2><p>${source}, from stored verdicts alone:</p><dl>${meanings}</dl></section>`
  const footer = '<footer><a href="insights.json">insights.json</a> <a href="insights.txt">insights.txt</a></footer>'
  return pageHtml({
    title: "Delivery",
    passed: !red.length,
    heading: `How delivery works · ${dayText(from)} to ${dayText(to)}`,
    verdict,
    main: `${[...environments].reverse().map(sectionHtml).join("\n")}\n${notes}\n${footer}`,
    style: style + insightsStyle,
  })
}

function sectionHtml(one: Measures): string {
  const texts = textsOf(one)
  const cell = (name: string, i: number) => {
    const [, number, rest = ""] = /^([\d.]+ ?(?:%|s|min|h|days)?|\S+(?: yet)?)(.*)$/.exec(texts[i]!)!
    return `<div><dt>${name}</dt><dd>${escape(number!.trim())}<small>${escape(
      rest
        .trim()
        .replace(/^\((.*?)\)/, "$1")
        .replace(/^; /, ""),
    )}</small></dd></div>`
  }
  const heading = `<h2>${escape(one.environment)}</h2>`
  return `<section>${heading}<dl class="measures">${names.map(cell).join("")}</dl>${chartHtml(one)}</section>`
}

/** Sizes of a chart, in its own units. */
const [width, height, left, bottom] = [720, 150, 30, 20]

/** Returns deployments per day as stacked bars: green below, red above. */
function chartHtml({ environment, days }: Measures): string {
  const total = ({ green, red, undecided }: Day) => green + red + undecided
  const most = Math.max(1, ...days.map(total))
  const step = (width - left) / days.length
  const thick = Math.max(1, Math.min(24, step - Math.min(2, step / 4)))
  const y = (count: number) => height - bottom - (count / most) * (height - bottom - 10)
  const bars = days.flatMap((one, i) => {
    const x = left + i * step + (step - thick) / 2
    let below = 0
    return (["green", "undecided", "red"] as const).flatMap((kind) => {
      if (!one[kind]) return []
      const [top, base] = [y(below + one[kind]), y(below)]
      below += one[kind]
      const title = `<title>${one.day}: ${one[kind]} ${kind === "undecided" ? "not judged" : kind}</title>`
      const box = `x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${thick.toFixed(1)}" height="${(base - top).toFixed(1)}"`
      return [`<rect class="${kind}" ${box}>${title}</rect>`]
    })
  })
  const every = Math.ceil(days.length / 8)
  const labels = days.map((one, i) =>
    i % every
      ? ""
      : `<text x="${(left + (i + 0.5) * step).toFixed(1)}" y="${height - 4}" text-anchor="middle">${one.day.slice(5)}</text>`,
  )
  const marks = [...new Set([Math.ceil(most / 2), most])].map(
    (count) =>
      `<line x1="${left}" x2="${width}" y1="${y(count).toFixed(1)}" y2="${y(count).toFixed(1)}"/>` +
      `<text x="${left - 6}" y="${(y(count) + 4).toFixed(1)}" text-anchor="end">${count}</text>`,
  )
  const base = `<line x1="${left}" x2="${width}" y1="${height - bottom}" y2="${height - bottom}"/>`
  const name = `Deployments to ${environment} per day, at most ${most}`
  const parts = [...marks, base, ...bars, ...labels].join("")
  const kinds = ["green", "red", "undecided"].map(
    (kind) => `<span class="${kind}">${kind === "undecided" ? "not judged" : kind}</span>`,
  )
  const caption = `<figcaption>Deployments per day: ${kinds.join(" ")}</figcaption>`
  return `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}">${parts}</svg>${caption}</figure>`
}
