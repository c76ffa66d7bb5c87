// Slack messages, within the limits of blocks: a header 150 characters, a section 3,000, all blocks about 13,200
// (https://docs.slack.dev/reference/block-kit/blocks).
import type { Step } from "../config/config"
import type { Cause } from "./cause"
import { reasonText } from "./next-steps"
import { isHeld, isRed, marks, numberText, oneLine, tableOf, verdictOf, type Stage } from "./stages"

export interface Message {
  channel: string
  text: string
  blocks: object[]
}

/** What a message tells of a step. */
export interface Told {
  step: Step
  /** The stages that have ended. */
  stages: Stage[]
  /** The full hash of the commit; empty if it is unknown. */
  commit: string
  branch?: string
  /** Who wrote the commit. */
  author?: string
  /** Seconds since the step began. */
  seconds?: number
  /** Web page of the CI job. */
  job?: string
  /** Why it is red. */
  causes?: Cause[]
}

const titles: Record<Step, string> = {
  pr: "Pull request",
  publish: "Publish",
  dev: "Deploy to dev",
  stage: "Deploy to stage",
  prod: "Deploy to prod",
  rollback: "Rollback",
}

/** Characters of a section that are used; the rest is for what Slack's own count takes more. */
const mostOfSection = 2900
/** Characters of all sections: Slack counts the JSON of all blocks. */
const mostOfAll = 10_000
/** Causes that have a section of their own. */
const mostCauses = 5

/** Returns the message of a step that has begun: what has ended so far, a line a stage. */
export function runningMessage(told: Told, channel: string): Message {
  const { step, stages } = told
  const lines = stages.map(
    (stage) => `${marks[stage.status][0]} ${harmless(stage.name)} ${harmless(numberText(stage))}`,
  )
  return {
    channel,
    text: harmless(oneLine(`${titles[step]}: running ${facts(told)}`, 300)),
    blocks: [header(`⏳ ${titles[step]}: running`), section([facts(told) || "begins", ...lines])],
  }
}

/** Returns the message of a step that has ended: verdict, whose commit, causes, what went back, gates; then what to run. */
export function messageOf(told: Told, channel: string): Message {
  const { step, stages } = told
  const { passed, line } = verdictOf(stages)
  const held = isHeld(stages)
  const title = `${passed ? "✅" : held ? "✋" : "❌"} ${titles[step]}: ${passed ? "green" : held ? "a person decides" : "red"}`
  const gates = stages.filter(
    ({ status, value, limit }) => status === "passed" && value !== undefined && limit !== undefined,
  )
  // Whether something was rolled back, and to what, is told whatever it came to.
  const back = stages.filter((stage) => /:rollback$|^rollback:/.test(stage.name) && !isRed(stage))
  const causes = told.causes ?? stages.filter(isRed).map((stage): Cause => ({ stage, also: [], shown: [] }))
  const first = causes[0]
  const lines = [
    ...back.map((stage) => `• *${harmless(stage.name)}* ${harmless(oneLine(stage.reason, 300))}`),
    ...gates.map((stage) => `• ${harmless(stage.name)} ${harmless(numberText(stage))}`),
  ]
  const sections = [
    [[facts(told), harmless(line)].filter((text) => text !== "").join(" · ")],
    ...causes.slice(0, mostCauses).map(causeLines),
    ...(causes.length > mostCauses ? [[`… and ${causes.length - mostCauses} more: see the reports`]] : []),
    ...(lines.length ? [lines] : []),
  ]
  const again = first ? commandOf(step, first.stage, told.commit) : undefined
  return {
    channel,
    text: harmless(
      oneLine(`${titles[step]}: ${line} ${first ? `${first.stage.name}: ${first.stage.reason}` : ""}`, 300),
    ),
    blocks: [
      header(title),
      ...fitting(sections),
      ...(again ? [context(`Again on a laptop: \`${harmless(again)}\``)] : []),
    ],
  }
}

/** Returns the message of a step that ended before it had a verdict: what it said, and where to look. */
export function errorMessage(told: Told, reason: string, channel: string): Message {
  const { step, stages } = told
  const title = titles[step]
  const after = stages.at(-1)
  return {
    channel,
    text: harmless(oneLine(`${title}: could not run: ${reason}`, 300)),
    blocks: [
      header(`❌ ${title}: could not run`),
      section([
        ...(facts(told) ? [facts(told)] : []),
        `> ${harmless(oneLine(reason, 1000))}`,
        after ? `It ended after ${harmless(after.name)}.` : "It ended before its first stage.",
      ]),
    ],
  }
}

/** Returns what stands in the thread of a red step: the whole table. */
export function detailsMessage({ stages }: Told, channel: string): Message {
  const text = `\`\`\`\n${cut(harmless(tableOf(stages)).split("\n"), mostOfSection)}\n\`\`\``
  return { channel, text: "All stages", blocks: [{ type: "section", text: { type: "mrkdwn", text, verbatim: true } }] }
}

/** Returns commit, branch, author, duration and CI job, as far as they are known. */
function facts({ commit, branch, author, seconds, job }: Told): string {
  const whose = [
    ...(commit ? [`\`${harmless(commit.slice(0, 12))}\``] : []),
    ...(branch ? [`on ${harmless(oneLine(branch, 80))}`] : []),
    ...(author ? [`by ${harmless(oneLine(author, 80))}`] : []),
  ].join(" ")
  const more = [...(seconds === undefined ? [] : [duration(seconds)]), ...(job ? [link(job, "CI job")] : [])]
  return [...(whose ? [whose] : []), ...more].join(" · ")
}

function duration(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** A link to a web page; the address as text if Slack could read more into it. */
function link(address: string, text: string): string {
  return /^https?:\/\/[^\s|<>]+$/.test(address) ? `<${address.replaceAll("&", "&amp;")}|${text}>` : harmless(address)
}

function causeLines({ stage, also, shown }: Cause): string[] {
  const number = numberText(stage)
  return [
    `• *${harmless(stage.name)}* ${number ? `${harmless(number)} · ` : ""}${harmless(reasonText(stage, 300))}`,
    ...shown.map((line) => `> ${harmless(line)}`),
    ...(also.length ? [`> with it: ${harmless(oneLine(also.join(", "), 300))}`] : []),
  ]
}

/** Returns the command that repeats a red stage on a laptop. An environment is rehearsed in one of its own. */
function commandOf(step: Step, stage: Stage, commit: string): string | undefined {
  // A rule, or what follows a verdict, is not seen again in an environment of one's own.
  if (step === "rollback" || /:(policy|rollback|after|hold|record|slack)$/.test(stage.name)) return undefined
  const call = step === "pr" ? `pr --only ${stage.name}` : step === "publish" ? "publish" : "dev"
  const at = /^[0-9a-f]{40}/.exec(commit)?.[0]
  return `${at ? `git checkout ${at.slice(0, 12)} && ` : ""}dagger call ${call} verdict`
}

function header(text: string): object {
  return { type: "header", text: { type: "plain_text", text } }
}

/** A section whose text Slack shows as it is: no address or name in it becomes a link (`verbatim`). */
function section(lines: string[]): object {
  return { type: "section", text: { type: "mrkdwn", text: cut(lines, mostOfSection), verbatim: true } }
}

function context(text: string): object {
  return { type: "context", elements: [{ type: "mrkdwn", text, verbatim: true }] }
}

/** Returns sections that fit into one message; what comes last matters least. */
function fitting(sections: string[][]): object[] {
  let left = mostOfAll
  const blocks: object[] = []
  for (const lines of sections) {
    const text = cut(lines, Math.min(mostOfSection, left))
    if (text.length > left) break
    blocks.push(section([text]))
    left -= JSON.stringify(text).length
  }
  return blocks
}

/**
 * Returns a text that Slack shows as it is: no mention, no link, no formatting. Slack's control characters are & < >
 * (https://docs.slack.dev/messaging/formatting-message-text).
 */
export function harmless(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("`", "'")
}

function cut(lines: string[], most: number): string {
  let text = ""
  for (const [i, line] of lines.entries()) {
    if (text.length + line.length + 1 > most) return `${text}\n… and ${lines.length - i} more`
    text += `${text ? "\n" : ""}${line}`
  }
  return text
}
