// Sends messages to Slack.
import { Secret, Service, dag } from "@dagger.io/dagger"
import type { Config, Step } from "../config/config"
import { messageOf, type Message } from "./message"
import { errorText, type Part } from "./parts"
import { oneLine } from "./stages"
import { unique } from "./unique"

/** A step that has ended. */
export interface EndedStep {
  step: Step
  parts: Part[]
  /** The full hash of the commit; empty if it is unknown. */
  commit: string
}

/** Where messages go. */
export interface Slack {
  webhook?: Secret
  /** A stand-in of Slack. */
  standIn?: Service
}

/**
 * Reports a step to Slack if delivery.yaml lists it and there is a webhook. Returns why Slack has not taken the message,
 * undefined if it has; no verdict changes.
 */
export async function notify(
  { step, parts, commit }: EndedStep,
  config: Config,
  slack: Slack,
): Promise<string | undefined> {
  const settings = config.notifications.slack
  if (!slack.webhook || !settings?.on.includes(step)) return undefined
  const stages = parts.flatMap((part) => part.stages)
  const why = await post(messageOf(step, stages, commit, settings.channel), slack.webhook, slack.standIn)
  return why === undefined ? undefined : `Slack was not notified: ${oneLine(why, 160)}`
}

/** Posts a message; returns the error, which is no error of the pipeline. */
async function post(message: Message, webhook: Secret, standIn?: Service): Promise<string | undefined> {
  const file = dag.directory().withNewFile("message.json", JSON.stringify(message)).file("message.json")
  try {
    const sent = dag.slack().post(file, {
      webhook,
      channel: "",
      api: "https://slack.com/api",
      service: standIn,
      serviceName: "slack",
      timeout: 10,
      attempts: 3,
      name: "slack",
      nonce: unique(),
    })
    const [status, reason] = await Promise.all([sent.status(), sent.reason()])
    return status === "passed" ? undefined : reason
  } catch (error) {
    return errorText(error)
  }
}
