// Slack messages, within the limits of blocks: a header 150 characters, a section 3,000
// (https://docs.slack.dev/reference/block-kit/blocks).
import type { Step } from "../config/config"
import { reasonText } from "./next-steps"
import { isHeld, isRed, numberText, oneLine, verdictOf, type Stage } from "./stages"

export interface Message {
  channel: string
  text: string
  blocks: object[]
}

const titles: Record<Step, string> = {
  pr: "Pull request",
  publish: "Publish",
  dev: "Deploy to dev",
  stage: "Deploy to stage",
  prod: "Deploy to prod",
  rollback: "Rollback",
}

/** Returns the message of a step that has ended: verdict, commit, failures, then gates. */
export function messageOf(step: Step, stages: Stage[], commit: string, channel: string): Message {
  const { passed, line } = verdictOf(stages)
  const held = isHeld(stages)
  const title = `${passed ? "✅" : held ? "✋" : "❌"} ${titles[step]}: ${passed ? "green" : held ? "a person decides" : "red"}`
  const red = stages.filter(isRed)
  const gates = stages.filter(
    ({ status, value, limit }) => status === "passed" && value !== undefined && limit !== undefined,
  )
  // Whether something was rolled back, and to what, is told whatever it came to.
  const back = stages.filter((stage) => /:rollback$|^rollback:/.test(stage.name) && !isRed(stage))
  const lines = [
    ...back.map((stage) => `• *${harmless(stage.name)}* ${harmless(oneLine(stage.reason, 300))}`),
    ...red.map((stage) => `• *${harmless(stage.name)}* ${harmless(reasonText(stage, 300))}`),
    ...gates.map((stage) => `• ${harmless(stage.name)} ${harmless(numberText(stage))}`),
  ]
  const body = cut([`\`${harmless(commit.slice(0, 12))}\` ${harmless(line)}`, ...lines], 2900)
  return {
    channel,
    text: harmless(oneLine(`${titles[step]}: ${line} ${red[0] ? `${red[0].name}: ${red[0].reason}` : ""}`, 300)),
    blocks: [
      { type: "header", text: { type: "plain_text", text: title } },
      { type: "section", text: { type: "mrkdwn", text: body } },
    ],
  }
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
