// Sends messages to Slack, and lives with it when that cannot be.
import { Secret, Service, dag } from "@dagger.io/dagger"
import type { Config, Step } from "../config/config"
import { messageOf, type Message } from "./message"
import type { Part } from "./parts"
import { oneLine } from "./stages"
import { unique } from "./unique"

/** Tells Slack of a step, where delivery.yaml wants that and a webhook is given. A Slack that is down changes no verdict. */
export async function tell(
  step: Step,
  parts: Part[],
  commit: string,
  config: Config,
  webhook: Secret | undefined,
  standIn?: Service,
): Promise<void> {
  const { slack } = config.notifications
  if (webhook && slack?.on.includes(step))
    await post(
      messageOf(
        step,
        parts.flatMap(({ stages }) => stages),
        commit,
        slack.channel,
      ),
      webhook,
      standIn,
    )
}

/** Posts a message; what goes wrong is a line of the log, and no verdict. */
async function post(message: Message, webhook: Secret, standIn?: Service): Promise<void> {
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
    if (status !== "passed") console.log(`? slack was not told: ${oneLine(reason, 160)}`)
  } catch (error) {
    console.log(`? slack was not told: ${oneLine(String(error), 160)}`)
  }
}
